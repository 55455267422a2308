"""Rules as pure as those of `domain`: creating and importing projects, and the recordings of cameras."""

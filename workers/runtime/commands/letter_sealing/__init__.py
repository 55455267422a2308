"""Dead letters are sealed: each is encrypted with a key of its own, which dies before the letter does."""

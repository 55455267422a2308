"""The recordings of a site that packages may contain."""

"""Administration: what operators may choose from, how the site is set, and who may do what."""

"""What a package of an exported project is made of, how it is sealed, and where it is kept."""

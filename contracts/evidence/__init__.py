"""The form of a package for somebody outside: its bag, its signatures and its documents."""

"""`python -m incidents` is the command line."""

from incidents.cli import main

if __name__ == "__main__":
    main()

"""`python -m publisher` is the command `tiedote`."""

from publisher.cli import main

if __name__ == "__main__":
    main()

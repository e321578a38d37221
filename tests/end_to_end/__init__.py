"""The whole program from outside: the command, its files, and the networks that it speaks to."""

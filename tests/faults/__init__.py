"""Faults of the machine and of the world, one file for each part that they hit; docs/faults.md lists them all."""

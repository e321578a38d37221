"""What `make bench` measures, always beside a floor taken in the same run."""

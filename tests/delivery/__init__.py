"""The delivery worker against the four networks of the sandbox."""

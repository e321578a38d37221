"""Tiedote: announcements from YAML files to four networks, and the answers back."""

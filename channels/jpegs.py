"""The bytes of a JPEG, read no further than libjpeg would not tell: where it is drawn, and where it ends (ITU-T T.81, annex B); pure."""

from __future__ import annotations

from typing import Final

END: Final = b"\xff\xd9"
_START: Final = b"\xff\xd8"
_BASELINE: Final = b"\xff\xc0"
_SCAN: Final = b"\xff\xda"
"""Where a picture is drawn, 255 never stands before this value."""


def first_scan(data: bytes) -> int:
    """Find where the drawing begins, behind all that stands before it."""
    at = len(_START)
    while data[at : at + 1] == b"\xff" and data[at : at + 2] != _SCAN:
        at += 1 if data[at + 1 : at + 2] == b"\xff" else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def end(data: bytes) -> int | None:
    """Find where the first picture ends; None if it does not.

    A copy that broke off can be as long as its original, with zeros at the end, which libjpeg draws as grey.
    """
    found = data.find(END, first_scan(data))
    return None if found < 0 else found + len(END)


def scans(data: bytes) -> int:
    """Count how often it is drawn over."""
    return data.count(_SCAN, 0, end(data))


def is_baseline(data: bytes) -> bool:
    """Tell whether it is of the kind that every program reads."""
    return _BASELINE in data[: first_scan(data)]


def colours_at_once(data: bytes) -> int:
    """Count the colours of the first scan; fewer than there are means that they come one after the other."""
    at = first_scan(data) + len(_SCAN) + 2
    return int.from_bytes(data[at : at + 1], "big")

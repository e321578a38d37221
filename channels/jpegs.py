"""The bytes of a JPEG, read no further than libjpeg would not tell: where it is drawn, and where it ends (ITU-T T.81, annex B); pure."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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


_WAVES: Final = range(64)


def lacks_scans(data: bytes) -> bool:
    """Tell whether a progressive picture ends before each wave of each of its colours was drawn to its last bit (annex G)."""
    stop, at = end(data) or len(data), first_scan(data)
    left: dict[int, list[int]] = {}
    while 0 <= at < stop:
        count = data[at + 4] if at + 4 < stop else 0
        head = data[at + 5 : at + 5 + 2 * count + 3]
        if len(head) < 2 * count + 3:
            return True
        first, last, bits = head[2 * count :]
        for colour in head[: 2 * count : 2]:
            waves = left.setdefault(colour, [1 for _ in _WAVES])
            waves[first : last + 1] = [bits & 15] * len(waves[first : last + 1])
        at = data.find(_SCAN, at + 2)
    return any(any(waves) for waves in left.values())


def is_baseline(data: bytes) -> bool:
    """Tell whether it is of the kind that every program reads."""
    return _BASELINE in data[: first_scan(data)]


def colours_at_once(data: bytes) -> int:
    """Count the colours of the first scan; fewer than there are means that they come one after the other."""
    at = first_scan(data) + len(_SCAN) + 2
    return int.from_bytes(data[at : at + 1], "big")


_MORE: Final = bytes(45 + n * 37 % 200 for n in range(64))
"""Some drawing of anything: no value is 255, which would begin a mark."""

_RESTARTS: Final = tuple(bytes((255, mark)) for mark in range(0xD0, 0xD8))


def drawn_on(data: bytes) -> BufferedReader:
    """Give the first picture with more drawing before its end mark, also behind each of the marks at which a drawing can begin anew.

    A reader that has drawn the whole picture leaves that where it is. `data` must end, and is not copied.
    """
    stop = end(data)
    assert stop is not None  # noqa: S101 - for the reader of types
    return BufferedReader(_Spliced(data, stop - len(END), _MORE + b"".join(mark + _MORE for mark in _RESTARTS) + END))


class _Spliced(RawIOBase):
    """The first `at` bytes of one value, and another behind them."""

    def __init__(self, data: bytes, at: int, rest: bytes) -> None:
        self._parts = (memoryview(data)[:at], memoryview(rest))
        self._length = at + len(rest)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._length)[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        first, second = self._parts
        here = first[self._at :] if self._at < len(first) else second[self._at - len(first) :]
        with memoryview(buffer).cast("B") as into:
            count = min(len(here), len(into))
            into[:count] = here[:count]
        self._at += count
        return count

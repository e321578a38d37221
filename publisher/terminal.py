"""Words of files and people as a terminal takes them: counted in its columns, folded, and with nothing in them that it obeys. Pure."""

from __future__ import annotations

import re
import unicodedata

WIDTH = 80
"""How wide previews and plans are, in columns, however wide the terminal is."""

_OBEYED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Keep control characters away from the terminal, and what is no character (of a name from an old share) from everything."""
    return _OBEYED.sub("\ufffd", text)


def harmless_lines(text: str) -> str:
    """Do the same for words of several lines."""
    return "\n".join(map(harmless, text.split("\n")))


def columns(text: str) -> int:
    """Count a terminal's columns: emoji and CJK take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
        for char in text
    )


def folded(text: str, width: int, first: str, further: str) -> list[str]:
    """Fold a line at spaces; only what has none, such as a link, may be wider. Control characters are shown as signs."""
    lines = [first]
    for piece in re.findall(r"\s*\S+|\s+$", harmless(text)):
        begun = lines[-1] not in {first, further}
        if begun and columns(lines[-1] + piece.rstrip()) > width:
            lines.append(further)
            piece = piece.lstrip()  # noqa: PLW2901 - the space has become the line's end
        lines[-1] += piece
    return [line.rstrip() for line in lines]

"""The chart of a summary: bars as an SVG of our own, drawn into a PNG with a font that came as a package.

The machine's own fonts are never used: a server often has none, and then every word would vanish without an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 400
"""Of the drawing, in its own pixels; a mail shows it at two thirds, a phone at a third."""

_SIDE, _TOP, _FOOT = 24, 64, 60
_TEXT = 30
_LETTER = 0.56
"""About how wide a digit of the font is, in its own size."""
_INK, _MUTED, _BAR, _NOW, _PAPER = "#16202a", "#4a5560", "#7ea6d1", "#0b4a8f", "#ffffff"
_MISSING = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar: what stands below it, its height, and the number above it. `value` None: nothing is known, and no bar is drawn."""

    label: str
    value: int | None
    number: str


def draw(columns: Sequence[Column]) -> bytes:
    """Draw the bars, the last one darker, as a PNG on white paper."""
    # Loaded with the first chart (3 MB): neither the commands nor the daemon's start need it.
    import resvg_py

    return resvg_py.svg_to_bytes(
        svg_string=svg(columns), font_files=[_font()], skip_system_fonts=True, font_family="Lato"
    )


def svg(columns: Sequence[Column]) -> str:
    """Write the same as SVG."""
    wide = (WIDTH - 2 * _SIDE) / len(columns)
    longest = max(len(text) for one in columns for text in (one.label, one.number))
    size = min(_TEXT, wide * 0.94 / (longest * _LETTER))
    tallest = max((one.value or 0 for one in columns), default=0) or 1
    ground = HEIGHT - _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_PAPER}"/>',
    ]
    for place, one in enumerate(columns):
        last = place == len(columns) - 1
        middle = _SIDE + wide * (place + 0.5)
        height = max(0, one.value or 0) / tallest * (ground - _TOP)
        if height:
            fill = _NOW if last else _BAR
            parts.append(
                f'<rect x="{middle - wide * 0.34:.1f}" y="{ground - height:.1f}" width="{wide * 0.68:.1f}" '
                f'height="{height:.1f}" rx="3" fill="{fill}"/>'
            )
        above = _MISSING if one.value is None else one.number
        parts.append(
            _words(above, middle, ground - height - 12, size, _MUTED if one.value is None else _INK, bold=last)
        )
        parts.append(_words(one.label, middle, ground + size + 12, size, _INK if last else _MUTED, bold=last))
    parts.append(f'<path d="M{_SIDE} {ground} H{WIDTH - _SIDE}" stroke="{_INK}" stroke-width="2"/>')
    return "".join([*parts, "</svg>"])


def _words(text: str, middle: float, y: float, size: float, fill: str, *, bold: bool) -> str:
    # Only the regular weight is loaded; a thin outline in the same colour makes it bold.
    outline = f' stroke="{fill}" stroke-width="1"' if bold else ""
    return (
        f'<text x="{middle:.1f}" y="{y:.1f}" font-family="Lato" font-size="{size:.1f}" fill="{fill}"{outline} '
        f'text-anchor="middle">{escape(text)}</text>'
    )


@cache
def _font() -> str:
    return str(files("font_lato") / "files" / "Lato-Regular.ttf")

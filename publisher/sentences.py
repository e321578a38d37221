"""Where a sentence ends, and how a long text becomes several posts; pure.

A text is cut only between words, at the end of a sentence or of a line: so never inside a link, a mention or a hashtag, and not after
"klo", "1.12." or another word that has its full stop for a different reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_LONGEST_TITLE = 150

_END = re.compile(r"(?P<end>[.!?\u2026]+)[\"'\u00bb\u201d\u2019)\]]*(?P<space>[^\S\n]+)(?=\S)|[^\S\n]*\n\s*")
"""A mark and white space, or a line's end."""

_WORD_BEFORE = re.compile(r"([^\s(\"'\u00ab\u201c\u201d]*)[\"'\u00bb\u201d\u2019)\]]*\Z")
_ORDINAL = re.compile(r"\d{1,2}(?:\.(?:0?[1-9]|1[0-2]))?")
"""A number or a day that keeps its full stop: "1. kerros", "1.12. alkaen". A year, a time and a sum do not."""

_ABBREVIATIONS = frozenset(
    {
        # Finnish
        *("klo", "esim", "mm", "ns", "ym", "yms", "jne", "tms", "n", "os", "puh", "p", "s", "ks", "vrt", "vs", "ts", "eli"),
        *("kpl", "milj", "mrd", "alv", "ko", "em", "max", "min", "krs", "prof", "toht", "tri", "hra", "rva", "so", "til"),
        # Swedish
        *("kl", "bl.a", "t.ex", "dvs", "d.v.s", "m.m", "osv", "o.s.v", "fr.o.m", "t.o.m", "tel", "ca", "st", "nr", "resp", "f.d"),
        # English
        *("e.g", "i.e", "etc", "mr", "mrs", "ms", "dr", "no", "approx", "a.m", "p.m"),
    }
)  # fmt: skip
"""Words that mostly stand before something: their full stop ends no sentence."""

_ATTACHED = re.compile(r"(?:https?://\S+|[#\uff03]\w+)(?:\s+(?:https?://\S+|[#\uff03]\w+))*")
"""Links and hashtags alone: they stay with what is before them."""


def first_sentence(text: str) -> str:
    """Give a text's first sentence as a title."""
    paragraph = " ".join(re.split(r"\n\s*\n", text.strip())[0].split())
    sentence = paragraph[: next((end for end, _start in _cuts(paragraph)), len(paragraph))]
    return sentence if len(sentence) <= _LONGEST_TITLE else sentence[: _LONGEST_TITLE - 1].rstrip() + "\u2026"


def split(text: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    """Cut a text into posts, each as long as `fits` allows. What stands between two posts is white space alone.

    A sentence that does not fit by itself is a post all the same, for whoever measures it to complain about.
    """
    posts: list[str] = []
    here = ""
    for between, piece in _pieces(text, fits):
        longer = here + between + piece if here else piece
        if here and not fits(longer):
            posts.append(here)
            here = piece
        else:
            here = longer
    return (*posts, here)


def sentences(text: str) -> tuple[str, ...]:
    """Give the sentences of a text; the end of a line ends one too."""
    return tuple(piece for _between, piece in _sentences(text))


def _pieces(text: str, fits: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Give the sentences, each with the white space before it; links and hashtags that stand alone go with the one before if they fit."""
    held: tuple[str, str] | None = None
    for between, piece in _sentences(text):
        if held and _ATTACHED.fullmatch(piece) and fits(held[1] + between + piece):
            held = (held[0], held[1] + between + piece)
            continue
        if held:
            yield held
        held = (between, piece)
    if held:
        yield held


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    between, at = "", 0
    text = text.strip()
    for end, start in _cuts(text):
        yield between, text[at:end]
        between, at = text[end:start], start
    yield between, text[at:]


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Give the white space at which a text may be cut: where it begins, and where it ends."""
    for found in _END.finditer(text):
        if found["end"] is None:
            yield found.start(), found.end()
        elif not text[found.end()].islower() and not (found["end"] == "." and _goes_on(text[: found.start()])):
            yield found.start("space"), found.end()


def _goes_on(before: str) -> bool:
    """Tell whether a full stop after these words belongs to the last of them: a number, an initial, an abbreviation."""
    found = _WORD_BEFORE.search(before)
    word = found[1].casefold() if found else ""
    initial = len(word) == 1 and word.isalpha()
    return initial or word in _ABBREVIATIONS or _ORDINAL.fullmatch(word) is not None

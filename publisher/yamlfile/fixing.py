"""What can be mended without asking: words in quotation marks, names that are known by another word, indentation, the encoding.

Nothing is mended that could be meant in two ways, and nothing counts as mended until the whole file has been checked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from publisher.model import Problem
from publisher.yamlfile.loading import decode
from publisher.yamlfile.mending import ODD_SPACES

_BREAK = re.compile("(\r\n|[\r\n\x85\u2028\u2029])")
_WANTS_QUOTES = frozenset({"second_colon", "sign", "lost_hashtag", "after_quote"})
_VALUE = re.compile(r"(?P<before>\s*(?:- +)*(?:[\w-]+:\s+)?)(?P<value>\S.*?)(?P<after>\s*)\Z")
_MOST_TURNS = 40

Check = Callable[[bytes], Sequence[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A file's new content, and how many faults fewer it has."""

    content: bytes
    mended: int


def fix(source: bytes, check: Check) -> Fixed | None:
    """Mend what can be mended; None if that is nothing. `check` tells the faults of a content."""
    before = _errors(check(source))
    text, faults = decode(source)
    if "\ufffd" in text:
        return None  # what the bytes say is not known: saving it would lose it
    content = text.encode() if faults else source
    errors = _errors(check(content)) if faults else before
    if faults and any(one.code == "garbled" for one in errors):
        return None
    for _turn in range(_MOST_TURNS):
        better = _one_step(content, errors, check)
        if better is None:
            break
        content, errors = better
    mended = len(before) - len(errors)
    return Fixed(content=content, mended=mended) if mended > 0 else None


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    return [one for one in problems if not one.warning]


def _one_step(content: bytes, errors: list[Problem], check: Check) -> tuple[bytes, list[Problem]] | None:
    text, _faults = decode(content)
    pieces = _BREAK.split(text)
    for problem in errors:
        row = 2 * (problem.position.line - 1)  # every second piece is a line's end
        changed = _mended(pieces, row, problem) if row < len(pieces) else None
        if changed is None or changed == pieces:
            continue
        new = "".join(changed).encode()
        left = _errors(check(new))
        if len(left) < len(errors) or (problem.code == "unknown_field" and _hard(left) <= _hard(errors)):
            return new, left
    return None


def _hard(errors: Sequence[Problem]) -> int:
    """Count what takes a person. A field with its right name shows what is below it, and that may be as easily mended."""
    return sum(one.instead is None and one.code not in _WANTS_QUOTES for one in errors)


def _mended(pieces: list[str], row: int, problem: Problem) -> list[str] | None:
    line, at = pieces[row], problem.position
    new = None
    if problem.instead is not None:
        start = at.column - 1
        new = line[:start] + problem.instead + line[start + at.length :]
    elif problem.code in {"tab", "odd_space"}:
        return [_indentation(piece) if "\t" in piece or piece == line else piece for piece in pieces]
    elif problem.code in _WANTS_QUOTES and not _goes_on(pieces, row):
        new = _quoted(line, problem.code)
    return [*pieces[:row], new, *pieces[row + 1 :]] if new is not None else None


def _indentation(line: str) -> str:
    """Indent with spaces, two for a tab. All lines that have tabs go together: some alone would be another structure."""
    body = line.lstrip(" \t" + _characters(ODD_SPACES))
    indent = line[: len(line) - len(body)].replace("\t", "  ")
    return re.sub("[\u200b\u2060\ufeff]", "", indent).translate({ord(c): " " for c in _characters(ODD_SPACES)}) + body


@cache
def _characters(ranges: str) -> str:
    """Write out what a pattern's class has as a range."""
    found = re.compile(f"[{ranges}]")
    return "".join(char for char in map(chr, range(0x10000)) if found.match(char))


def _goes_on(pieces: Sequence[str], row: int) -> bool:
    """Tell whether the value is longer than its line: then the quotation marks would belong elsewhere."""
    line = pieces[row]
    below = pieces[row + 2] if row + 2 < len(pieces) else ""
    return bool(below.strip()) and _indent(below) > _indent(line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(line: str, code: str) -> str | None:
    found = _VALUE.match(line)
    if not found or not found["before"].strip():
        return None  # a line that goes on with a text above
    value = found["value"]
    if value[0] in "\"'" and (value[-1] == value[0] or code == "lost_hashtag"):
        return None  # are these marks words, or were they meant to hold the text together?
    if '"' not in value and "\\" not in value:
        quoted = f'"{value}"'
    elif "'" not in value:
        quoted = f"'{value}'"
    else:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        quoted = f'"{escaped}"'
    return found["before"] + quoted + found["after"]

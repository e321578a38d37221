"""What a file says, as a tree in which every value is text and knows its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from publisher.model import Position


def _named(plain: str) -> re.Pattern[str]:
    name = r"""(?i)(?:token|secret|password|passwd|key|salasana|lösenord)\w*["']?\s*:\s*"""
    return re.compile(rf"""{name}(?:"(?P<double>[^"]*)|'(?P<single>[^']*)|(?P<plain>{plain}))""")


_NAMED = _named(r"""[^\s"'{].*""")
_NAMED_IN_BRACES = _named(r"""[^\s"'{][^,}]*""")
_IN_ADDRESS = re.compile(r"://[^\s:/@]*:(?P<p>[^\s@]+)@")
_OPAQUE = re.compile(r"(?P<p>[A-Za-z0-9_|=-]{24,})")


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where; lines and columns count from 1, the end column is the first one after."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value. `value` None: nothing, `~` or `null` stands there.

    `written` is what the file itself says, before a reference was replaced and with secrets hidden: the only form that may be shown.
    `unknown`: it has a reference that was not looked up, so nothing can be said about it.
    """

    at: Span
    value: str | None = field(repr=False)
    written: str
    style: str = ""
    """How it is quoted: nothing, a quotation mark, `|` or `>`."""
    unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    at: Span
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and its value."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        """The key's text."""
        return self.key.value or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Keys with values, in the file's order; no key twice. `flow`: written between braces."""

    at: Span
    entries: tuple[Entry, ...]
    flow: bool = False

    def __iter__(self) -> Iterator[Entry]:
        """Go through the entries."""
        return iter(self.entries)

    def get(self, name: str) -> Entry | None:
        """Give the entry of this name."""
        return next((entry for entry in self.entries if entry.name == name), None)


Node = Scalar | Items | Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as it was read. `root` None: it could not be understood. `secretive`: lines are shown with their secrets hidden."""

    file: str
    lines: tuple[str, ...] = field(repr=False)
    root: Block | None
    secretive: bool = False
    blanked: frozenset[int] = frozenset()
    """Lines that a fault made unreadable: what is missing there is no further fault."""

    def position(self, span: Span) -> Position:
        """Give the place of a span; one that goes on over several lines is underlined to the end of its first."""
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        end = span.end_column if span.end_line == span.line else len(line.rstrip()) + 1
        return Position(file=self.file, line=span.line, column=span.column, length=max(1, end - span.column))

    def excerpt(self, line: int) -> str:
        """Give a line as it may be shown."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return hide_secrets(text) if self.secretive else text

    def find(self, words: str, within: Span) -> Span | None:
        """Find where words stand within a span, for a complaint about a part of a value; None: not in one line, or written otherwise."""
        for number in range(within.line, min(within.end_line, len(self.lines)) + 1):
            column = self.lines[number - 1].find(words, within.column - 1 if number == within.line else 0) + 1
            if column:
                return Span(number, column, number, column + len(words))
        return None

    def comment_after(self, node: Scalar) -> Span | None:
        """Find a `#word` that YAML took for a comment behind, or below, a value that it was meant for."""
        if node.style in {"|", ">"}:
            return None
        return self._hash(node.at.end_line, node.at.end_column) or self._hash_below(node.at)

    def _hash(self, line: int, column: int) -> Span | None:
        # A value that is not there, of a key without one at the very end, stands below the last line.
        rest = self.lines[line - 1][column - 1 :] if line <= len(self.lines) else ""
        found = re.match(r"\s+(#[^\s#]\S*)", rest)
        if not found:
            return None
        return Span(line, column + found.start(1), line, column + found.end(1))

    def _hash_below(self, at: Span) -> Span | None:
        if at.end_line >= len(self.lines):
            return None
        below = self.lines[at.end_line]
        indent = len(below) - len(below.lstrip())
        first = self.lines[at.line - 1]
        if indent <= len(first) - len(first.lstrip(" -")) or not re.match(r"\s+#[^\s#:]+(?:\s+#\S+)*\s*$", below):
            return None
        return self._hash(at.end_line + 1, indent)


def hide_secrets(line: str) -> str:
    """Give a line with dots in place of what looks like a secret; its columns stay. `${NAME}` is no secret."""
    references = [range(*found.span()) for found in re.finditer(r"\$\{[^}]*\}?", line)]
    braces = "{" in line.replace("${", "")
    for pattern in (_NAMED_IN_BRACES if braces else _NAMED, _IN_ADDRESS, _OPAQUE):
        for found in pattern.finditer(line):
            start, end = found.span(found.lastgroup or 0)
            if not any(start in reference for reference in references):
                line = line[:start] + "•" * (end - start) + line[end:]
    return line

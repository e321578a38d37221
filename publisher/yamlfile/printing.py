"""Faults as people, terminals and code hosts read them."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.locale import _
from publisher.model import Problem
from publisher.terminal import columns, harmless

_WIDTH = 100


def render(problem: Problem) -> str:
    """Print a fault: place and words, the line with a caret below the spot, what to do."""
    at = problem.position
    word = _("warning") if problem.warning else _("error")
    head = f"{harmless(at.file)}:{at.line}:{at.column}: {word}: {harmless(problem.message)}  [{problem.code}]"
    lines = [head, *_with_caret(problem)]
    if problem.remedy:
        lines.append(f"      = {harmless(problem.remedy)}")
    return "\n".join(lines)


def brief(problems: Iterable[Problem]) -> str:
    """Print faults a line each, for a mail that names the file elsewhere: the line, what is wrong, and what to write instead."""
    return "\n".join(_on_one_line(one) for one in problems)


def _on_one_line(problem: Problem) -> str:
    told = _("line %(line)d: %(message)s") % {"line": problem.position.line, "message": harmless(problem.message)}
    remedy = harmless(problem.remedy)
    ended = told if told.endswith((".", "!", "?", ":")) else f"{told}."
    return f"{ended} {remedy}" if remedy else told


def _with_caret(problem: Problem) -> list[str]:
    if not problem.excerpt.strip():
        return []
    before_it = []
    if problem.first is not None and problem.first[0] != problem.position.line:
        number, words = problem.first
        before_it = [f"{number:>5} | {_cut(harmless(words.expandtabs(1)).rstrip(), 0)[0]}"]
    at = problem.position
    text, column = _cut(harmless(problem.excerpt.expandtabs(1)).rstrip(), at.column - 1)
    length = max(1, min(at.length, len(text) - column))
    before = " " * columns(text[:column])
    return [
        *before_it,
        f"{at.line:>5} | {text}",
        f"      | {before}{'^' * max(1, columns(text[column : column + length]))}",
    ]


def _cut(text: str, column: int) -> tuple[str, int]:
    """Keep a long line to the part around the spot."""
    if len(text) <= _WIDTH:
        return text, column
    start = max(0, min(column - 40, len(text) - _WIDTH))
    part = text[start : start + _WIDTH]
    head, tail = "…" if start else "", "…" if start + _WIDTH < len(text) else ""
    return head + part + tail, column - start + len(head)


def render_github(problem: Problem) -> str:
    """Print a fault as a code host's annotation."""
    at = problem.position
    kind = "warning" if problem.warning else "error"
    place = f"file={_property(at.file)},line={at.line},col={at.column},endColumn={at.column + at.length}"
    words = f"{problem.message}. {problem.remedy}" if problem.remedy else problem.message
    return f"::{kind} {place},title={_property(problem.code)}::{_data(words)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""What a fault of syntax means to somebody who does not know YAML, and how to read on behind it.

PyYAML's scanner and parser name a fault in their own jargon and stop. `diagnose` finds its cause in the line, words it, and gives the lines
with that one cause taken away. Replacements keep every column, so that later faults still point at what people see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import yaml

from publisher.locale import _
from publisher.yamlfile.nodes import Scalar

ODD_SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Characters that look like a space, or like nothing, and are none to YAML. Word and web pages have them."""

_INDENT = re.compile(f"[ \t{ODD_SPACES}]*")
_QUOTES = {'"': "”", "'": "\u2019"}
_CLOSING = {"[": "]", "{": "}"}
_BRACKETS = {"[": "(", "]": ")", "{": "(", "}": ")"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of syntax, with its place."""

    line: int
    column: int
    length: int = 1
    code: str
    message: str
    remedy: str = ""
    instead: str | None = None
    first: int | None = None
    """An earlier line that this one is at odds with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """A fault, and the lines without it. `blanked`: lines that could only be left out."""

    fault: Fault
    lines: list[str]
    blanked: frozenset[int] = frozenset()


def any_sign() -> str:
    """Give the remedy that helps with nearly every fault of signs."""
    return _("Write | there, and the words on the next line, indented: after | every sign is allowed.")


def diagnose(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> Mending:
    """Word a fault and take its cause away."""
    mark = error.problem_mark or error.context_mark
    row = min(mark.line, len(lines) - 1) if mark else 0
    column = mark.column if mark and mark.line < len(lines) else 0
    before = _Place(list(lines), row, column)
    start = error.context_mark
    opened = _Place(list(lines), start.line, start.column) if start and start.line < len(lines) else before
    for rule in _RULES:
        mending = rule(error, before, opened)
        if mending:
            return mending
    return before.left_out("syntax", _("this line cannot be read"), any_sign())


@dataclass(frozen=True, slots=True)
class _Place:
    lines: list[str]
    row: int
    column: int

    @property
    def line(self) -> str:
        return self.lines[self.row]

    @property
    def char(self) -> str:
        return self.line[self.column : self.column + 1]

    @property
    def indent(self) -> str:
        found = _INDENT.match(self.line)
        return found[0] if found else ""

    def fault(self, code: str, message: str, remedy: str, length: int = 1) -> Fault:
        return Fault(
            line=self.row + 1, column=self.column + 1, length=length, code=code, message=message, remedy=remedy
        )

    def with_line(self, line: str) -> list[str]:
        return [*self.lines[: self.row], line, *self.lines[self.row + 1 :]]

    def replaced(self, new: str) -> list[str]:
        """Give the lines with other characters, as many, from here on."""
        return self.with_line(self.line[: self.column] + new + self.line[self.column + len(new) :])

    def left_out(self, code: str, message: str, remedy: str) -> Mending:
        """Leave this line out; nothing less can be done."""
        at = _Place(self.lines, self.row, len(self.indent))
        length = max(1, len(self.line.strip()))
        return Mending(
            fault=at.fault(code, message, remedy, length),
            lines=self.with_line(""),
            blanked=frozenset({self.row + 1}),
        )


def begins_with_odd_space(name: str) -> bool:
    """Tell whether a field's name begins with something that only looks like a space."""
    return bool(re.match(f"[{ODD_SPACES}]", name))


_Rule = Callable[[yaml.MarkedYAMLError, _Place, _Place], Mending | None]


def _tab(_error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    if "\t" not in here.indent:
        return None
    at = _Place(here.lines, here.row, here.indent.index("\t"))
    fault = at.fault(
        "tab", _("this line is indented with a tab"), _("Use spaces instead of the tab: two for each level.")
    )
    # Two columns a tab keep the levels apart; a caret further right in this line then stands off a little.
    lines = [re.sub(r"^[ \t]+", lambda found: found[0].replace("\t", "  "), line) for line in here.lines]
    return Mending(fault=fault, lines=lines)


def _odd_space(_error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    return odd_space(here.lines, here.row)


def odd_space(lines: Sequence[str], row: int) -> Mending | None:
    """Find a no-break space, or its like, in a line's indentation."""
    place = _Place(list(lines), row, 0)
    found = re.search(f"[{ODD_SPACES}]+", place.indent)
    if not found:
        return None
    at = _Place(place.lines, row, found.start())
    fault = at.fault(
        "odd_space",
        _("this line is indented with no-break spaces, which look like spaces but are not"),
        _("Delete what stands before the first word and press the space bar instead."),
        len(found[0]),
    )
    # What takes no room goes without leaving any, so that the line begins where it seems to.
    kept = re.sub("[\u200b\u2060\ufeff]", "", place.indent)
    mended = re.sub(f"[{ODD_SPACES}]", " ", kept) + place.line[len(place.indent) :]
    return Mending(fault=fault, lines=place.with_line(mended))


_GLUED = re.compile(rf"\s*[\w-]+(?::(?!//)(?=[^\s]|[{ODD_SPACES}])|[^\S\n]*(?=[=\uff1a]))")
"""A field's name, and no colon that counts after it: `text:words`, `text:` with a no-break space, `text = words`."""


def _colon_space(error: yaml.MarkedYAMLError, here: _Place, opened: _Place) -> Mending | None:
    """`field:words`: YAML takes it for a text, and complains of the next colon or of none."""
    if not re.search("expected ':'|mapping values are not allowed", _problem(error)):
        return None
    row = opened.row if "could not find expected ':'" in _problem(error) else _row_above(here)
    place = _Place(here.lines, row, 0)
    found = _GLUED.match(place.line)
    if not found or (row != opened.row and place.indent != here.indent):
        return None
    return Mending(fault=_glued(found, row + 1, 0), lines=place.with_line(""), blanked=frozenset({row + 1}))


def _row_above(here: _Place) -> int:
    """Find the line above that says something; this one if there is none."""
    return next((row for row in range(here.row - 1, -1, -1) if here.lines[row].strip()), here.row)


def no_space_after_colon(whole: Scalar) -> Fault | None:
    """`field:words` on every line, so that the whole file is one text: point at its first colon."""
    found = _GLUED.match(whole.written)
    return _glued(found, whole.at.line, whole.at.column - 1) if found and not whole.style else None


def _glued(found: re.Match[str], line: int, before: int) -> Fault:
    column = before + found.end()
    if found[0].endswith(":"):
        message, remedy = _("a space is missing after the colon"), _("Write a space after the colon.")
        if re.match(f"[{ODD_SPACES}]", found.string[found.end() :]):
            message = _("a no-break space stands after the colon, which looks like a space but is none")
            remedy = _("Delete it and press the space bar instead.")
        return Fault(line=line, column=column, code="colon_space", message=message, remedy=remedy, instead=": ")
    message = _("after a field's name stands %(sign)s instead of a colon") % {"sign": found.string[found.end()]}
    remedy = _("Write a colon and a space there.")
    return Fault(line=line, column=column + 1, code="no_colon", message=message, remedy=remedy, instead=": ")


def _line_without_colon(error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    """`publish 1.12.2026` above a field: YAML joins the two lines, and complains of the field's own colon."""
    above = _Place(here.lines, _row_above(here), 0)
    own = re.match(r"\s*[\w-]+:(?=\s|$)", here.line)
    if "mapping values are not allowed" not in _problem(error) or not own or here.column != own.end() - 1:
        return None
    if above.row == here.row or above.indent or here.indent or re.search(r":(\s|$)", above.line):
        return None
    return _no_field(above)


def _second_colon(error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    if here.char != ":" or "mapping values are not allowed" not in _problem(error):
        return None
    remedy, blanked = any_sign(), frozenset[int]()
    if re.fullmatch(r"\s+[\w-]+", here.line[: here.column]):
        # What the two lines say together is said by neither, and nothing else about them is worth telling.
        blanked = frozenset({_row_above(here) + 1, here.row + 1})
        remedy += " " + _("If a new field begins here, begin the line in the same column as the field before.")
    fault = here.fault("second_colon", _("a second colon followed by a space cannot stand in this text"), remedy)
    return Mending(fault=fault, lines=here.replaced(";"), blanked=blanked)


def _first_sign(error: yaml.MarkedYAMLError, here: _Place, opened: _Place) -> Mending | None:
    at = here
    if re.search("alias|anchor|tag", error.context or ""):
        at = opened
    elif not re.search(
        "cannot start any token|entries are not allowed|keys are not allowed|expected the node content", _problem(error)
    ):
        return None
    if at.char not in set("@`%*&!-?,|>]}"):
        return None
    if at.line.startswith("```"):
        return _no_field(at)
    fault = at.fault("sign", _("a value cannot begin with %(sign)s") % {"sign": at.char}, any_sign())
    return Mending(fault=fault, lines=at.replaced("x"))


def _before_field(at: _Place) -> Mending | None:
    """`> text: words`, as mail programs quote a line."""
    found = re.match(r"[>|][>| ]*(?=[\w-]+:(?:\s|$))", at.line[at.column :])
    if not found or at.line[: at.column].strip():
        return None
    fault = at.fault(
        "sign",
        _("a field's name cannot begin with %(sign)s") % {"sign": at.char},
        _("Take away what stands before the name."),
        len(found[0]),
    )
    line = at.indent + at.line[at.column + found.end() :]
    return Mending(fault=replace(fault, instead=""), lines=at.with_line(line))


def _after_bar(error: yaml.MarkedYAMLError, _here: _Place, opened: _Place) -> Mending | None:
    if "block scalar" not in (error.context or "") or opened.char not in {"|", ">"}:
        return None
    if mending := _before_field(opened):
        return mending
    fault = opened.fault(
        "after_bar",
        _("nothing may follow %(sign)s on its line") % {"sign": opened.char},
        _("Put the words on the next line and indent them."),
    )
    return Mending(fault=fault, lines=opened.replaced("x"))


def _backslash(error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    if "double-quoted" not in (error.context or "") and "escape" not in _problem(error):
        return None
    at = here if here.char == "\\" else _Place(here.lines, here.row, max(0, here.line.rfind("\\", 0, here.column + 1)))
    if at.char != "\\":
        return None
    fault = at.fault(
        "backslash",
        _("a backslash has a meaning of its own inside quotation marks"),
        _("Write / in a file's path; elsewhere use ' instead of \"."),
    )
    return Mending(fault=fault, lines=at.replaced("/"))


def _open_quote(error: yaml.MarkedYAMLError, _here: _Place, opened: _Place) -> Mending | None:
    if "quoted scalar" not in (error.context or "") or opened.char not in _QUOTES:
        return None
    fault = opened.fault("open_quote", _("this quotation mark is never closed"), any_sign())
    return Mending(fault=fault, lines=opened.replaced(_QUOTES[opened.char]))


def _missing_colon(error: yaml.MarkedYAMLError, _here: _Place, opened: _Place) -> Mending | None:
    if "could not find expected ':'" not in _problem(error):
        return None
    return _below_bar(opened) or _no_field(opened)


def _no_field(place: _Place) -> Mending:
    return place.left_out(
        "no_colon",
        _("this line is no field: it has no colon"),
        _("If it goes on with the text above, indent it; otherwise write the field's name and a colon before it."),
    )


def _below_bar(place: _Place) -> Mending | None:
    """`text: |` and words below it that are not indented: all of them, up to the next field."""
    above = _Place(place.lines, _row_above(place), 0)
    if above.row == place.row or not re.search(r":\s+[|>][-+]?\s*$", above.line):
        return None
    end = next(
        (row for row in range(place.row, len(place.lines)) if re.match(r"\s*[\w-]+:(\s|$)", place.lines[row])),
        len(place.lines),
    )
    words = [above.indent + "  " + line for line in place.lines[place.row : end]]
    at = _Place(place.lines, place.row, 0)
    fault = at.fault(
        "indentation",
        _("the text after | is not indented"),
        _("Begin each of its lines with two spaces."),
        max(1, len(place.line.rstrip())),
    )
    return Mending(fault=fault, lines=[*place.lines[: place.row], *words, *place.lines[end:]])


def _after_quote(error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    """`"Quoted" words` and `[Square] words`: the value ended, and the text goes on."""
    head = here.line[: here.column].rstrip()
    if "expected <block end>" not in _problem(error) or not head or head[-1] not in "\"'}]":
        return None
    sign = head[-1]
    fault = here.fault(
        "after_quote",
        _("the value has already ended with %(sign)s, and words follow it") % {"sign": sign},
        any_sign(),
        max(1, len(here.line.rstrip()) - here.column),
    )
    softened = "".join({**_QUOTES, **_BRACKETS}.get(char, char) for char in here.line)
    return Mending(fault=fault, lines=here.with_line(softened))


def _hash_in_list(error: yaml.MarkedYAMLError, here: _Place, opened: _Place) -> Mending | None:
    """`[#One, #Two]`: the rest of the line became a comment and the list never ends."""
    place = _unclosed(error, here, opened)
    found = place and re.search(r"[\[{,\s](#)[^\s#]", place.line[place.column :])
    if not place or not found:
        return None
    at = _Place(place.lines, place.row, place.column + found.start(1))
    word = re.match(r"#[^\s,\]}]*", at.line[at.column :])
    fault = at.fault(
        "lost_hashtag",
        _("everything after # is lost: it is read as a note, not as text"),
        _("Write hashtags without #, for example: hashtags: [Kuntalaiset]"),
        len(word[0]) if word else 1,
    )
    fault = replace(fault, instead=word[0][1:] if word else None)
    return Mending(fault=fault, lines=at.with_line(at.line[: at.column] + at.line[at.column :].replace("#", " ")))


def _unclosed(error: yaml.MarkedYAMLError, here: _Place, opened: _Place) -> _Place | None:
    """Find the bracket that is still open: where the parser says, or above a line that begins like a block inside it."""
    if re.search(r"flow (sequence|mapping)", error.context or "") and opened.char in _CLOSING:
        return opened
    inside = re.search("not allowed here|expected the node content", _problem(error))
    if not inside or here.line[: here.column].strip():
        return None
    for row in range(here.row - 1, -1, -1):
        line = re.sub(r"""(?<=[\s\[{,])#.*|"[^"]*"|'[^']*'""", lambda found: " " * len(found[0]), here.lines[row])
        for opening, closing in _CLOSING.items():
            if line.count(opening) > line.count(closing):
                return _Place(here.lines, row, line.index(opening))
    return None


def _open_bracket(error: yaml.MarkedYAMLError, here: _Place, opened: _Place) -> Mending | None:
    place = _unclosed(error, here, opened)
    if place is None:
        return None
    fault = place.fault(
        "open_bracket",
        _("%(opening)s is never closed with %(closing)s, or a comma is missing")
        % {"opening": place.char, "closing": _CLOSING[place.char]},
        _("Put texts inside brackets in quotation marks, and close the bracket."),
    )
    return Mending(fault=fault, lines=place.with_line(place.line[: place.column]), blanked=frozenset({place.row + 1}))


def _indentation(error: yaml.MarkedYAMLError, here: _Place, _opened: _Place) -> Mending | None:
    wrong = "expected <block end>|expected '<document start>'|mapping values are not allowed"
    if not re.search(wrong, _problem(error)):
        return None
    return here.left_out(
        "indentation",
        _("this line is not indented like the lines that belong with it"),
        _("Begin lines that belong together in the same column, with spaces."),
    )


def _problem(error: yaml.MarkedYAMLError) -> str:
    return error.problem or ""


_RULES: Sequence[_Rule] = (
    _tab,
    _odd_space,
    _colon_space,
    _line_without_colon,
    _second_colon,
    _hash_in_list,
    _open_bracket,
    _first_sign,
    _after_bar,
    _backslash,
    _open_quote,
    _missing_colon,
    _after_quote,
    _indentation,
)

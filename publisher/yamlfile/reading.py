"""Typed values out of a tree, and every fault of meaning at its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from publisher.locale import _
from publisher.model import Problem
from publisher.yamlfile.nodes import Block, Document, Entry, Items, Node, Scalar, Span

_T = TypeVar("_T")
_D = TypeVar("_D")

YES = frozenset({"yes", "true", "on", "kyllä", "ja"})
NO = frozenset({"no", "false", "off", "ei", "nej"})
_UNITS = {
    "second": ("s", "sec", "second", "seconds"),
    "minute": ("m", "min", "minute", "minutes"),
    "hour": ("h", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "week", "weeks"),
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
_AND = re.compile(r"\s*[,;&+/]\s*|\s+(?:(?:ja|sekä|och|and)\s+)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
LANGUAGE_NAMES = {
    **dict.fromkeys(("suomi", "suomeksi", "finska", "finnish"), "fi"),
    **dict.fromkeys(("ruotsi", "ruotsiksi", "svenska", "swedish"), "sv"),
    **dict.fromkeys(("englanti", "englanniksi", "engelska", "english"), "en"),
}
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_NAMED_ADDRESS = re.compile(rf"[^<>\r\n]*<{_ADDRESS.pattern}>|{_ADDRESS.pattern}")
_LENGTHS = {word: timedelta(seconds=_SECONDS[unit]) for unit, words in _UNITS.items() for word in words}


MOST_FAULTS = 100
"""Told of one file. Whoever has more has mistaken the file for another, and looking for guesses takes time."""


class Faults:
    """Collects a file's problems; a spot that a fault of syntax blanked brings no second one."""

    def __init__(self, document: Document, problems: Iterable[Problem] = ()) -> None:
        self.document = document
        self.problems = list(problems)
        self._unsaid = False

    def error(
        self, where: Span | Node, code: str, message: str, remedy: str = "", *, instead: str | None = None
    ) -> None:
        """Note something that must be mended. `instead`: what surely belongs there."""
        self._add(where, code, message, remedy, warning=False, instead=instead)

    def warn(self, where: Span | Node, code: str, message: str, remedy: str = "") -> None:
        """Note something worth saying that stops nothing."""
        self._add(where, code, message, remedy, warning=True)

    def sorted(self) -> tuple[Problem, ...]:
        """Give them in the file's order."""
        told = sorted(self.problems, key=lambda problem: (problem.position.line, problem.position.column))
        told = told[:MOST_FAULTS]
        if self._unsaid or len(told) < len(self.problems):
            message = _("there are more faults in this file than these %(count)d") % {"count": len(told)}
            told.append(
                Problem(position=told[-1].position, code="more", message=message, remedy=_("Mend these first."))
            )
        return tuple(told)

    @property
    def full(self) -> bool:
        """Whether so many were noted that nobody wants to read more."""
        return len(self.problems) >= MOST_FAULTS

    @property
    def fatal(self) -> bool:
        """Whether one of them is more than a warning."""
        return self._unsaid or any(not problem.warning for problem in self.problems)

    def within(self, entry: Entry) -> bool:
        """Whether something must be mended in the lines of an entry already."""
        lines = range(entry.key.at.line, entry.value.at.end_line + 1)
        return any(problem.position.line in lines for problem in self.problems if not problem.warning)

    def _add(
        self, where: Span | Node, code: str, message: str, remedy: str, *, warning: bool, instead: str | None = None
    ) -> None:
        span = where if isinstance(where, Span) else where.at
        if span.line in self.document.blanked:
            return
        if self.full:
            self._unsaid = self._unsaid or not warning
            return
        problem = Problem(
            position=self.document.position(span),
            code=code,
            message=message,
            remedy=remedy,
            excerpt=self.document.excerpt(span.line),
            warning=warning,
            instead=instead if span.line == span.end_line else None,
        )
        if problem not in self.problems:
            self.problems.append(problem)


def closest(word: str, known: Iterable[str], synonyms: Mapping[str, str] = {}) -> str | None:
    """Guess what was meant. Words of two letters are never guessed at: `no` is not a slip of `en`."""
    choices = list(known)
    key = word.strip().casefold().replace("-", "_").replace(" ", "_")
    if synonyms.get(key) in choices:
        return synonyms[key]
    if key in choices:
        return key
    if len(key) < 3:
        return None
    meant = {
        **{word: choice for word, choice in synonyms.items() if choice in choices},
        **{one: one for one in choices},
    }
    # In a short word one letter says much: `foo` is no slip of `for`.
    near = difflib.get_close_matches(key, list(meant), n=1, cutoff=0.66 if len(key) > 4 else 0.7)
    return meant[near[0]] if near else None


def is_sure(word: str, guess: str, synonyms: Mapping[str, str] = {}) -> bool:
    """Tell whether a guess is more than one: another word for the same, other capitals, or a single slip."""
    key = word.strip().casefold().replace("-", "_").replace(" ", "_")
    return key == guess or synonyms.get(key) == guess or difflib.SequenceMatcher(None, key, guess).ratio() >= 0.8


class Section:
    """One block while it is read. `finish` refuses the keys that nobody asked for."""

    def __init__(self, block: Block | None, faults: Faults, at: Span, synonyms: Mapping[str, str] = {}) -> None:
        self.faults = faults
        self.at = at
        self._block = block
        self._synonyms = synonyms
        self._asked: set[str] = set()
        self._refused: set[str] = set()

    def __bool__(self) -> bool:
        """Whether the block stands in the file at all."""
        return self._block is not None

    def __iter__(self) -> Iterator[Entry]:
        """Go through all entries, asked for or not."""
        return iter(self._block or ())

    def entry(self, name: str) -> Entry | None:
        """Give an entry, if it is there."""
        self._asked.add(name)
        return self._block.get(name) if self._block else None

    def where(self, name: str) -> Span:
        """Give the best place for a complaint about a key: its value, its name, or the block."""
        found = self._block.get(name) if self._block else None
        if found is None:
            return self.at
        empty = isinstance(found.value, Scalar) and not found.value.written
        return found.key.at if empty or not isinstance(found.value, Scalar) else found.value.at

    def scalar(self, name: str, *, required: bool = False) -> Scalar | None:
        """Give a single value that is not empty."""
        found = self.entry(name)
        if found is None or (isinstance(found.value, Scalar) and found.value.value is None and not found.value.unknown):
            if required:
                self.missing(name)
            return None
        if isinstance(found.value, Scalar):
            return found.value
        message = _("'%(field)s' takes one value, not a list or further fields") % {"field": name}
        self.faults.error(found.key, "not_text", message, _("Write one value on the same line, without - and [ ]."))
        return None

    def missing(self, name: str, remedy: str = "") -> None:
        """Say that a key is missing or empty, unless an unknown one was probably meant to be it."""
        found = self._block.get(name) if self._block else None
        if found:
            message = _("'%(field)s' is empty") % {"field": name}
            self.faults.error(found.key, "missing", message, remedy or _("Write its value after the colon."))
        elif not self.misspelt(name) and not self.faults.document.blanked:
            message = _("'%(field)s' is missing") % {"field": name}
            remedy = remedy or _("Add a line here: %(field)s: and its value.") % {"field": name}
            self.faults.error(self.at, "missing", message, remedy)

    def misspelt(self, name: str) -> bool:
        """Whether a key that nobody has asked for was probably meant to be this one."""
        unknown = (entry.name for entry in self if entry.name not in self._asked)
        return any(closest(word, [name], self._synonyms) for word in unknown)

    def text(self, name: str, default: _T | None = None, *, required: bool = False) -> str | _T | None:
        """Give a value as text."""
        found = self.scalar(name, required=required)
        return default if found is None or found.unknown or found.value is None else found.value

    def parsed(self, name: str, default: _D, parse: Callable[[str], _T], expected: str) -> _T | _D:
        """Give a value through `parse`, which raises ValueError for what is none; `expected` says what belongs there."""
        found = self.scalar(name)
        if found is None or found.unknown or found.value is None:
            return default
        try:
            return parse(found.value)
        except ValueError:
            known = {"value": shown(found), "field": name}
            self.faults.error(found, "value", _("'%(value)s' does not fit '%(field)s'") % known, expected)
            return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Give yes or no."""
        return self.parsed(name, default, truth, _("Write yes or no."))

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Give a whole number between `low` and `high`."""
        expected = _("Write a whole number from %(low)d to %(high)d.") % {"low": low, "high": high}
        return self.parsed(name, default, lambda text: _whole(text, low, high), expected)

    def length(self, name: str, default: timedelta, low: timedelta = timedelta(seconds=1)) -> timedelta:
        """Give a length of time."""
        expected = _("Write a number and a unit, for example 30s, 10m, 6h or 90 days.")
        return self.parsed(name, default, lambda text: length(text, low), expected)

    def choice(self, name: str, default: _T, choices: Mapping[str, _T]) -> _T:
        """Give one of a few values."""
        found = self.scalar(name)
        if found is None or found.unknown or found.value is None:
            return default
        if found.value in choices:
            return choices[found.value]
        self.not_one_of(found, choices)
        return default

    def not_one_of(
        self, node: Scalar, choices: Iterable[str], message: str | None = None, synonyms: Mapping[str, str] = {}
    ) -> None:
        """Say that a value is none of those that are possible. `synonyms`: further words, and which of them is meant."""
        words = list(choices)
        guess = closest(node.value or "", words, {**self._synonyms, **synonyms})
        remedy = did_you_mean(guess) if guess else _("Possible here: %(choices)s.") % {"choices": ", ".join(words)}
        sure = guess if guess and is_sure(node.value or "", guess, {**self._synonyms, **synonyms}) else None
        if message and sure is None:
            # `facebook ja x`: a list that was written as a sentence.
            each = (closest(one, words, {**self._synonyms, **synonyms}) for one in _AND.split(node.value or "", 9))
            if len(several := list(dict.fromkeys(filter(None, each)))) > 1:
                remedy = _("Write several as a list: [%(choices)s].") % {"choices": ", ".join(several)}
        said = message or _("'%(value)s' is not possible here") % {"value": shown(node)}
        self.faults.error(node, "choice", said, remedy, instead=sure)

    def scalars(self, name: str, *, filled: bool = False) -> list[Scalar] | None:
        """Give a list of single values; one value stands for a list of one. None: the key is not there.

        `filled`: an empty list is a fault, since it could be read as none or as all.
        """
        found = self.entry(name)
        if found is None:
            return None
        nodes = found.value.items if isinstance(found.value, Items) else (found.value,)
        values: list[Scalar] = []
        for node in nodes:
            if not isinstance(node, Scalar):
                message = _("'%(field)s' is a list of single values") % {"field": name}
                self.faults.error(node, "not_text", message, _("Write only words, with commas between: [one, two]."))
            elif node.value is not None or node.unknown:
                values.append(node)
        if filled and not nodes:
            self.missing(name)
        return values

    def address(self, name: str, *, named: bool = False, required: bool = False) -> str | None:
        """Give a mail address; `named`: a name may stand before it, the address then in angle brackets."""
        found = self.scalar(name, required=required)
        return address(found, self.faults, named=named) if found else None

    def languages(self, name: str) -> tuple[str, ...] | None:
        """Give a list of language codes. None: the key is not there, or holds nothing."""
        found = self.scalars(name, filled=True)
        codes = [node.value for node in found or () if node.value is not None and is_language(node, self.faults)]
        return tuple(dict.fromkeys(codes)) or None

    def section(self, name: str) -> Section:
        """Give a block below this one; an absent one is empty."""
        found = self.entry(name)
        if found is None:
            return Section(None, self.faults, self.at, self._synonyms)
        return self.below(found)

    def below(self, entry: Entry) -> Section:
        """Give the block under an entry."""
        self._asked.add(entry.name)
        return self.of(entry.value, entry.key.at, entry.name)

    def of(self, node: Node, at: Span, name: str) -> Section:
        """Give a node as a block, or say that it is none. An empty one is a block without keys."""
        if isinstance(node, Block):
            return Section(node, self.faults, at, self._synonyms)
        if not (isinstance(node, Scalar) and node.value is None):
            self.faults.error(
                node,
                "not_fields",
                _("under '%(field)s' belong further fields") % {"field": name},
                _("Write them on the next lines, indented, each with its name and a colon."),
            )
            return Section(None, self.faults, at, self._synonyms)
        return Section(Block(at=at, entries=()), self.faults, at, self._synonyms)

    def not_yet(self, *names: str) -> None:
        """Refuse keys that a later version will know."""
        for name in names:
            message = _("'%(field)s' is not available yet") % {"field": name}
            self._refuse(name, "not_yet", message, _("Leave it out in this version."))

    def misplaced(self, name: str, remedy: str) -> None:
        """Refuse a key that another block knows."""
        self._refuse(name, "misplaced", _("'%(field)s' cannot stand here") % {"field": name}, remedy)

    def _refuse(self, name: str, code: str, message: str, remedy: str) -> None:
        found = self._block.get(name) if self._block else None
        self._refused.add(name)
        if found:
            self.faults.error(found.key, code, message, remedy)

    def finish(self) -> None:
        """Refuse every key that nobody asked for."""
        known = sorted(self._asked)
        for entry in self._block or ():
            if entry.name not in self._asked and entry.name not in self._refused:
                self._unknown(entry, known)

    def _unknown(self, entry: Entry, known: Sequence[str]) -> None:
        if self._block and self._block.flow and isinstance(entry.value, Scalar) and not entry.value.written:
            self.faults.error(
                entry.key,
                "comma",
                _("a comma ends the text inside braces, so this stands alone"),
                _("Put the text in quotation marks."),
            )
            return
        # Whoever has a hundred faults reads no further guess, and each takes a millisecond.
        guess = None if self.faults.full else closest(entry.name, known, self._synonyms)
        remedy = did_you_mean(guess) if guess else _("Possible here: %(choices)s.") % {"choices": ", ".join(known)}
        sure = guess if guess and is_sure(entry.name, guess, self._synonyms) else None
        message = _("there is no field '%(field)s'") % {"field": entry.name}
        self.faults.error(entry.key, "unknown_field", message, remedy, instead=sure)


def address(node: Scalar, faults: Faults, *, named: bool = False) -> str | None:
    """Read a mail address."""
    if node.unknown or node.value is None:
        return None
    value = node.value.strip()
    if (_NAMED_ADDRESS if named else _ADDRESS).fullmatch(value):
        return value
    message = _("'%(value)s' is not a mail address") % {"value": shown(node)}
    faults.error(node, "address", message, _("Write one address, such as viestinta@example.fi."))
    return None


def is_address(text: str) -> bool:
    """Tell whether this is one mail address and nothing else."""
    return bool(_ADDRESS.fullmatch(text))


def is_language(node: Scalar, faults: Faults) -> bool:
    """Tell whether this is the code of a language, and complain if not."""
    if node.value is not None and _LANGUAGE.fullmatch(node.value):
        return True
    if not node.unknown:
        message = _("'%(value)s' is not the code of a language") % {"value": shown(node)}
        word = (node.value or "").strip().casefold()
        code = LANGUAGE_NAMES.get(word, word if _LANGUAGE.fullmatch(word) else None)
        remedy = did_you_mean(code) if code else _("Write two or three small letters, such as fi, sv or en.")
        if code == "se":
            # Sweden's letters, which many write for its language; only the writer knows.
            code, remedy = None, _("Swedish is sv; se is Northern Sami.")
        faults.error(node, "language", message, remedy, instead=code)
    return False


def did_you_mean(word: str) -> str:
    """Word a guess."""
    return _("Did you mean '%(word)s'?") % {"word": word}


def shown(node: Scalar) -> str:
    """Give a value as the file has it, cut short; never what a reference stands for."""
    text = " ".join(node.written.split())
    return text if len(text) <= 40 else text[:39] + "…"


def truth(text: str) -> bool:
    """Read yes or no, in three languages. Raises ValueError."""
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(text)


def length(text: str, low: timedelta = timedelta(0)) -> timedelta:
    """Read a length of time: '30s', '10m', '90 days'. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})\s*([a-z]+)", text.strip().casefold())
    if not found or found[2] not in _LENGTHS:
        raise ValueError(text)
    result = int(found[1]) * _LENGTHS[found[2]]
    if result < low:
        raise ValueError(text)
    return result


def _whole(text: str, low: int, high: int) -> int:
    number = int(text)
    if not low <= number <= high:
        raise ValueError(text)
    return number

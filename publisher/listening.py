"""Sorts a resident's message: a question, an idea, thanks, something inappropriate, several of these or nothing. Pure.

The rules are the data in `cues`; this reads them. No score is kept anywhere: whoever wants to know why a message is shown as a question is
told the rule and the words that it found (`comments --why`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby

from publisher.cues import BREAKS, CUES, LEAD_INS, Cue, Kind, Place

_ADDRESS = re.compile(r"(?<!\S)(?:\S*?://\S+|\S*?www\.\S+|\S+@\S+\.\w+)")
_SENTENCE = re.compile(r"([^.!?:;\n…–—()\[\]\"”“|/]*)([.!?:;\n…–—()\[\]\"”“|/]+|$)")
_WORD = re.compile(r"[^\W_]+(?:['’*-][^\W_]+|\*+[^\W_]*)*")
_CLITIC = re.compile(r"(?P<stem>\w*[aeiouyäönt])k(?P<vowel>[oö])(?:s|han|hän|kaan|kään)?")
_BACK, _FRONT = frozenset("aouå"), frozenset("äöy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that fits, and the words that it found: a resident's, so they are shown and never logged."""

    cue: Cue
    found: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: str
    opening: str
    """The same without lead-ins."""
    end: str


def kinds_of(text: str) -> frozenset[Kind]:
    """Tell what a message looks like; nothing of these: an empty set."""
    return frozenset(finding.cue.kind for finding in listen(text))


def looks_like_question(text: str) -> bool:
    """Tell whether somebody seems to ask something."""
    return Kind.QUESTION in kinds_of(text)


def listen(text: str) -> tuple[Finding, ...]:
    """Return the rules that fit, each once, in the order of the data."""
    plain = _ADDRESS.sub(" ", text.casefold().replace("’", "'"))
    sentences = tuple(_sentences(plain))
    found = ((cue, _find(cue, plain, sentences)) for cue in CUES)
    return tuple(Finding(cue=cue, found=words) for cue, words in found if words is not None)


def _sentences(plain: str) -> Iterator[_Sentence]:
    for words, end in _SENTENCE.findall(plain):
        parts = _broken(_WORD.findall(words.replace(" - ", " mutta ")))
        for n, part in enumerate(parts):
            if part:
                rest = _without_lead_ins(part)
                yield _Sentence(" ".join(part), " ".join(rest), end if n == len(parts) - 1 else "")


def _broken(words: Sequence[str]) -> list[list[str]]:
    return [list(some) for breaks, some in groupby(words, key=BREAKS.__contains__) if not breaks]


def _without_lead_ins(words: Sequence[str]) -> Sequence[str]:
    first = next((n for n, word in enumerate(words) if word not in LEAD_INS), len(words))
    return words[first:]


def _find(cue: Cue, plain: str, sentences: Sequence[_Sentence]) -> str | None:
    if cue.place is Place.SIGN:
        return next((sign for sign in cue.patterns if sign in plain), None)
    found = (_in_sentence(cue, one) for one in sentences)
    return next((words for words in found if words is not None), None)


def _in_sentence(cue: Cue, sentence: _Sentence) -> str | None:
    if cue.calm and "!" in sentence.end:
        return None
    unless = _matcher(cue.unless)
    if cue.place is Place.CLITIC:
        return _clitic(cue, sentence)
    looked_at = (sentence.words, sentence.opening)
    if unless is not None and any(unless.search(one) for one in looked_at):
        return None
    matcher = _matcher(cue.patterns)
    if matcher is None:
        return None
    match cue.place:
        case Place.OPENING:
            # "Kiitos" and its like may also be the beginning itself.
            hit = matcher.match(sentence.opening) or matcher.match(sentence.words)
        case Place.ENDING:
            hit = next((one for one in matcher.finditer(sentence.words) if one.end() == len(sentence.words)), None)
        case _:
            hit = matcher.search(sentence.words)
    return hit[0] if hit else None


def _clitic(cue: Cue, sentence: _Sentence) -> str | None:
    unless, ends = _matcher(cue.unless), _matcher(cue.patterns)
    if unless is not None and unless.search(sentence.words):
        return None
    return next((word for word in sentence.words.split() if _asks(word) and not (ends and ends.fullmatch(word))), None)


def _asks(word: str) -> bool:
    """Tell whether a word has the clitic, in harmony with its vowels: 'saanko' and 'menenkö', but neither 'telefonkö' nor 'Niko'."""
    found = _CLITIC.fullmatch(word)
    if found is None or len(found["stem"]) < 2:
        return False
    colour = next((one for one in reversed(found["stem"]) if one in _BACK or one in _FRONT), "e")
    return (found["vowel"] == "o") == (colour in _BACK)


@cache
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile(rf"(?<![\w'-])(?:{'|'.join(map(_ending, patterns))})(?![\w'-])")


def _ending(pattern: str) -> str:
    """Read a pattern: a star at its end (or before it, for the ends of words) stands for any letters."""
    anchor, rest = ("^", pattern[1:]) if pattern.startswith("^") else ("", pattern)
    if re.fullmatch(r"\*?[\w' -]+\*?", rest):
        rest = rest.replace("*", r"\w*")
    return anchor + rest

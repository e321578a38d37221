"""What is worth saying about words that nothing forbids: these are warnings, and stop nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from channels.base import Post
from channels.text import parts
from publisher.announcements.pictures import looks_like_file_name
from publisher.locale import _
from publisher.model import Plan
from publisher.sentences import sentences
from publisher.yamlfile import Faults, Scalar

LONGEST_ALT = 125
"""Characters after which some screen readers cut an alternative text; the networks take more."""

LONGEST_SENTENCE = 30
"""Words. The Institute for the Languages of Finland advises about 15; what has twice as many is hard for anybody."""

MANY_HASHTAGS = {"instagram": 5}
"""Instagram takes 30, and advises three to five (@creators, 2021); posting services say 5 (reference of 2026-11)."""

_LIST_SIGN = re.compile(r"\s*[-–•*]\s")
_GARBLED = re.compile("Ã[¤¥¶„…–]|â€[“”™œ¢\u009d]|Â[ \u00a0«»°]")
"""ä, å, ö, Ä, Å, Ö and typographic signs whose UTF-8 was once read as something else."""


def of_words(node: Scalar, faults: Faults, *, sentences_too: bool = False) -> None:
    """Look at a text where it stands."""
    if node.value is None:
        return
    found = _GARBLED.search(node.value)
    if found:
        where = faults.document.find(found[0], node.at) or node
        message = _("these letters are broken: '%(letters)s'") % {"letters": found[0]}
        remedy = _("The file was read in one encoding and saved in another: write the words again, or copy them anew.")
        faults.error(where, "garbled", message, remedy)
    if not node.style and node.at.end_line > node.at.line:
        below = faults.document.lines[node.at.line : node.at.end_line]
        told = {problem.position.line for problem in faults.problems}
        lines = range(node.at.line, node.at.end_line + 1)
        if any(_LIST_SIGN.match(line) for line in below) and told.isdisjoint(lines):
            message = _("these lines become one: the list goes out as a single line")
            remedy = _("Write | after the field's name, and the text from the next line on; then its lines stay.")
            faults.warn(node, "joined_lines", message, remedy)
    if sentences_too:
        _sentences(node, faults)


def _sentences(node: Scalar, faults: Faults) -> None:
    for sentence in sentences(node.value or ""):
        count = len(sentence.split())
        if count > LONGEST_SENTENCE:
            message = _("a sentence of %(count)d words is hard to read") % {"count": count}
            where = faults.document.find(" ".join(sentence.split()[:3]), node.at) or node
            faults.warn(where, "long_sentence", message, _("Make two or three of it."))
            return


def of_alt(node: Scalar, text: str, file: str, faults: Faults) -> None:
    """Look at an alternative text; `file`: the picture that it describes."""
    name = PurePath(file.replace("\\", "/"))
    if looks_like_file_name(text) or text.casefold() in {name.name.casefold(), name.stem.casefold()}:
        message = _("this alt text is only the name of a file")
        faults.warn(node, "alt_is_file_name", message, _("Say in a sentence what the picture shows."))
    elif len(text) > LONGEST_ALT:
        message = _("the alt text has %(count)d characters; some screen readers stop after %(most)d")
        remedy = _("Say the most important first, or shorten it.")
        faults.warn(node, "long_alt", message % {"count": len(text), "most": LONGEST_ALT}, remedy)


def wordy(plan: Plan) -> Post:
    """Give the words of a plan as they go out, hashtags included."""
    return Post(text=plan.text, thread=plan.thread, hashtags=plan.hashtags)


def same_on_x(plans: Iterable[Plan]) -> Plan | None:
    """Find a plan whose words another account on X has too: X's rules for programs forbid the same post on several accounts."""
    seen: dict[tuple[int, str], tuple[str, str]] = {}
    for plan in plans:
        if plan.channel == "x":
            account = (plan.organisation, plan.account)
            words = (plan.occurrence, " ".join("\n".join(parts(wordy(plan))).split()))
            if seen.setdefault(words, account) != account:
                return plan
    return None

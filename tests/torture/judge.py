"""What became of every wanted post, read off the networks' ledger and people's mails alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

from tests.torture.place import TOWNS, Wanted

_MARKER = re.compile(r"tiedote-\d{4}")
_WHERE = {"Facebook": "facebook", "Instagram": "instagram", "X": "x", "LinkedIn": "linkedin"}


class Says(StrEnum):
    """What a mail says of a post, by the beginning of its subject."""

    NOT_OUT = "Not published:"
    NOBODY_KNOWS = "Did it go out?"
    NO_COMMENT = "Not wholly published:"
    COMMENT_UNKNOWN = "Did all of it go out?"


_OF_THE_POST = {Says.NOT_OUT, Says.NOBODY_KNOWS}
_SUBJECT = re.compile(rf"({'|'.join(re.escape(one) for one in Says)}) ({_MARKER.pattern}) \(({'|'.join(_WHERE)})\)")
_SEVERAL = {"Not published:": Says.NOT_OUT, "Did they go out?": Says.NOBODY_KNOWS}
_SUBJECT_OF_SEVERAL = re.compile(
    rf"({'|'.join(re.escape(one) for one in _SEVERAL)}) \d+ posts \(({'|'.join(_WHERE)})\)"
)
_LINE = re.compile(rf"- d-\d+: ({_MARKER.pattern}),")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`out` once; `doubled` more often; `lost`: not there, and no mail says so; `told`: a mail says that it needs a person.

    `misled`: a mail says that it is not out, and it is. `comments_lost`: under a post that is out, and no mail says so.
    """

    wanted: int
    out: int
    doubled: tuple[Wanted, ...]
    lost: tuple[Wanted, ...]
    told: tuple[Wanted, ...]
    told_and_out: int
    misled: tuple[Wanted, ...]
    comments: int
    comments_told: int
    comments_doubled: tuple[Wanted, ...]
    comments_lost: tuple[Wanted, ...]

    @property
    def good(self) -> bool:
        return not (self.doubled or self.lost or self.misled or self.comments_doubled or self.comments_lost)


def judge(wanted: Sequence[Wanted], ledger: Sequence[Mapping[str, Any]], mails: Iterable[EmailMessage]) -> Verdict:
    """Compare what was wanted with what residents see and what people were told."""
    there = Counter(_whose(post) for post in ledger)
    said = Counter(_whose(post) for post in ledger for comment in post["comments"] if comment["own"])
    told = {about for mail in mails for about in _about(mail)}
    of_the_post = {one for says, one in told if says in _OF_THE_POST}
    of_the_comment = {one for says, one in told if says not in _OF_THE_POST}
    not_out = {one for says, one in told if says is Says.NOT_OUT}
    commented = [one for one in wanted if one.comment and there[one]]
    return Verdict(
        wanted=len(wanted),
        out=sum(there[one] == 1 for one in wanted),
        doubled=tuple(one for one in wanted if there[one] > 1),
        lost=tuple(one for one in wanted if not there[one] and one not in of_the_post),
        told=tuple(one for one in wanted if one in of_the_post),
        told_and_out=sum(there[one] == 1 for one in wanted if one in of_the_post),
        misled=tuple(one for one in wanted if there[one] and one in not_out),
        comments=sum(said[one] == 1 for one in commented),
        comments_told=sum(one in of_the_comment for one in commented),
        comments_doubled=tuple(one for one in wanted if said[one] > max(1, there[one])),
        comments_lost=tuple(one for one in commented if not said[one] and one not in of_the_comment | of_the_post),
    )


def _whose(post: Mapping[str, Any]) -> Wanted:
    found = _MARKER.search(post["text"])
    return Wanted(found[0] if found else post["text"], post["organisation"], post["network"])


def _about(mail: EmailMessage) -> list[tuple[Says, Wanted]]:
    subject = str(mail["Subject"]).replace("\n", "")
    body = mail.get_body(("plain",))
    words = " ".join(body.get_content().split()) if body else ""
    town = next((key for key, name in TOWNS.items() if name in words), None)
    if town is None:
        return []
    if found := _SUBJECT.search(subject):
        return [(Says(found[1]), Wanted(found[2], town, _WHERE[found[3]]))]
    if found := _SUBJECT_OF_SEVERAL.search(subject):
        return [(_SEVERAL[found[1]], Wanted(marker, town, _WHERE[found[2]])) for marker in _LINE.findall(words)]
    return []

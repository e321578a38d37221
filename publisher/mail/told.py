"""What a notice tells: its parameters, harmless and ready for sentences, and the parts of a mail about it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from publisher.errors import explain
from publisher.locale import _
from publisher.mail import formats
from publisher.model import State
from publisher.remarks import Level, Remark, word

_FAULTS_SHOWN = 10
_DELIVERIES_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line to type, and when."""

    when: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What an alert says, in the language in use. `link` leads to the post, '' where there is none."""

    subject: str
    what: str
    details: tuple[str, ...] = ()
    meaning: str
    remedy: str = ""
    link: str = ""
    network: str = ""
    commands: tuple[Command, ...] = ()


class Told:
    """The parameters of a notice; what is missing is ''."""

    def __init__(
        self,
        params: Mapping[str, str],
        organisations: Mapping[str, str],
        zone: tzinfo,
        also: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """`organisations`: key to name. `also`: what was met by the same cause."""
        self._params = params
        self._also = also
        self._zone = zone
        self._organisations = organisations
        organisation = self["organisation"]
        self.words = {
            "title": self["title"] or self["announcement"],
            "announcement": self["announcement"],
            "delivery": self["delivery"],
            "file": self["file"],
            "argument": shlex.quote(self["file"]),
            "count": str(len(also) + 1) if also else self["count"],
            "missing": self["missing"],
            "known": self["known"],
            "network": formats.network(self["channel"]),
            "where": formats.network(self["channel"], self["account"]),
            "organisation": organisations.get(organisation, organisation),
            "due": self._moment(self["due"], formats.spoken),
            "since": self._moment(self["since"], formats.spoken),
        }
        self.link = formats.weblink(self["url"])

    def __getitem__(self, name: str) -> str:
        return formats.plain(self._params.get(name, ""))

    def _moment(self, written: str, form: Callable[[datetime, tzinfo], str]) -> str:
        return form(datetime.fromisoformat(written), self._zone) if written else ""

    def because(self, kind: str, state: State | None = None) -> tuple[str, str]:
        """Explain the error behind the notice: its sentence and its remedy. `state`: how the delivery stands."""
        known = {"delivery": self["delivery"], "network": self["channel"], "organisation": self["organisation"]}
        told = explain(
            self["error_kind"] or kind,
            self["detail"],
            {name: value for name, value in known.items() if value},
            state=state,
            thread=bool(self["thread"]),
        )
        return _ended(told.message), told.remedy

    @property
    def about(self) -> tuple[str, ...]:
        """Which announcement it is, as its file is named, and when it was to go out."""
        facts = [_("Announcement: %(announcement)s")] if self["announcement"] else []
        facts += [_("Its time: %(due)s")] if self.words["due"] else []
        return tuple(fact % self.words for fact in facts)

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults of a file, a line each."""
        return _cut([formats.plain(line) for line in self._params.get("faults", "").splitlines()], _FAULTS_SHOWN)

    @property
    def drafts(self) -> tuple[str, ...]:
        """The drafts that wait, a line each: title and file."""
        pairs = [line.partition("\t") for line in self._params.get("drafts", "").splitlines()]
        return _cut([f"{formats.plain(title)}: {formats.plain(file)}" for title, _tab, file in pairs], _FAULTS_SHOWN)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was found the day before: where, what, and what to do about it; see `publisher.remarks`."""
        items = [json.loads(line) for line in self._params.get("remarks", "").splitlines()]
        return _cut([self._remark(item) for item in items], _DELIVERIES_SHOWN)

    def _remark(self, item: Mapping[str, Any]) -> str:
        where = formats.plain(item.get("announcement", ""))
        if not where:
            organisation = self._organisations.get(item["organisation"], item["organisation"])
            where = f"{organisation}, {formats.network(item['channel'], item['account'])}"
        params = {key: formats.plain(value) for key, value in item["params"].items()}
        told = word(Remark(code=item["code"], level=Level.WARN, params=params))
        return f"{where}: {told.message} {told.remedy}"

    @property
    def deliveries(self) -> tuple[str, ...]:
        """The deliveries that one cause has met, a line each; none where it is about a single one."""
        if self._also:
            names = ("delivery", "title", "channel", "account", "due")
            return tuple(self._delivery(*(one.get(name, "") for name in names)) for one in (self._params, *self._also))
        items = [line.split("\t") for line in self._params.get("items", "").splitlines()]
        return _cut([self._delivery(*item) for item in items], _DELIVERIES_SHOWN)

    def _delivery(self, name: str, title: str, channel: str, account: str, due: str) -> str:
        parts = (formats.plain(title), formats.network(channel, account), self._moment(due, formats.moment))
        return f"{name}: {', '.join(part for part in parts if part)}"


def _ended(sentence: str) -> str:
    """End with a full stop what a network ended without one: another sentence follows."""
    return sentence if sentence.endswith((".", "!", "?", "…", ")")) else f"{sentence}."


def _cut(lines: Sequence[str], most: int) -> tuple[str, ...]:
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[:most], _("and %(n)d more") % {"n": len(lines) - most})

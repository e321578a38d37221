"""From the file to `Config`, with every fault at its place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels.base import COUNTED_BESIDE
from publisher.config.accounts import SYNONYMS, Holders, read_accounts, read_channel
from publisher.config.apps import read_apps, read_keys
from publisher.config.feeds import read_feeds
from publisher.config.limits import read_limits, read_prices
from publisher.config.mailing import is_private, read_mail, read_recipients
from publisher.config.mentions import read_mentions
from publisher.config.references import References, warn_of_open_secrets
from publisher.config.values import (
    CollectionSettings,
    CommentText,
    Config,
    DeliverySettings,
    NetworkSettings,
    Organisation,
    ReportSettings,
    RetentionSettings,
)
from publisher.locale import LANGUAGES, _
from publisher.model import Approvals, Problem
from publisher.officehours import OfficeHours
from publisher.yamlfile import Block, Entry, Faults, Limits, Scalar, Section, read
from publisher.yamlfile.reading import length

_LIMITS = Limits(aliases=100)
_COMMENT_TEXT: Mapping[str, CommentText] = {"full": "full", "excerpt": "excerpt", "none": "none"}
_DAYS = {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6}
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


class ConfigFaults(Exception):
    """The configuration cannot be used; `problems` has all its faults, warnings too, in the file's order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{at.position.line}: {at.message}" for at in problems if not at.warning))


def load_config(path: Path, *, secrets: bool = True) -> Config:
    """Read the configuration. `secrets` False: a reference that leads nowhere is no fault. Raises ConfigFaults."""
    document, problems = read(path, str(path), _LIMITS, secretive=True)
    faults = Faults(document, problems)
    if document.root is None:
        raise ConfigFaults(faults.sorted())
    folder = path.resolve().parent
    root = References(os.environ, folder, faults, required=secrets).resolve(document.root)
    start = root.entries[0].key.at if root.entries else root.at
    reader = _Reader(path, folder, Section(root, faults, start, SYNONYMS))
    config = reader.read()
    if secrets and not config.sandbox:
        reader.look_around(config, document.root)
        config = replace(config, warnings=faults.sorted())
    if faults.fatal:
        raise ConfigFaults(faults.sorted())
    return config


class _Reader:
    """Reads one file; a method for each part of it."""

    def __init__(self, path: Path, folder: Path, root: Section) -> None:
        self._path = path
        self._folder = folder
        self._root = root
        self._faults = root.faults
        self._language = "en"
        self._sandbox = True
        self._holders = Holders()

    def read(self) -> Config:
        root = self._root
        self._language = root.choice("language", "en", {name: name for name in LANGUAGES})
        # Left out, it is the harmless one: nobody goes live by forgetting a line.
        self._sandbox = root.flag("sandbox", default=True)
        database, var = self._database()
        ca_bundle = root.text("ca_bundle")
        queue, branch = self._queue(root)
        organisations = self._organisations(root.section("organisations"))
        config = Config(
            path=self._path,
            folder=self._folder,
            sandbox=self._sandbox,
            language=self._language,
            timezone=root.parsed(
                "timezone", _zone("Europe/Helsinki"), _zone, _("Write a zone such as Europe/Helsinki.")
            ),
            default_time=self._time(root, "default_time", time(9)),
            queue=queue,
            branch=branch,
            database=database,
            var=var,
            approval=root.choice("approval", "optional", {name: name for name in get_args(Approvals)}),
            delivery=_delivery(root.section("delivery")),
            collection=_collection(root.section("collection"), sandbox=self._sandbox),
            retention=_retention(root.section("retention")),
            mail=read_mail(root.section("mail"), self._folder, self._language),
            networks=self._networks(root.section("networks")),
            proxy=root.parsed("proxy", None, _origin, _("Write an address such as http://proxy.example.fi:8080.")),
            ca_bundle=self._folder / ca_bundle if ca_bundle else None,
            organisations=organisations,
            feeds=read_feeds(root, self._folder, queue, organisations),
            hold_if_link_fails=root.flag("hold_if_link_fails", default=False),
            private_hosts=_hosts(root.section("links")),
            office_hours=_office_hours(root.section("office_hours")),
            mentions=read_mentions(root.section("mentions")),
            apps=read_apps(root.section("apps")),
            token_keys=read_keys(root),
        )
        root.not_yet("web", "log", "metrics")
        root.finish()
        return replace(config, warnings=self._faults.sorted())

    def look_around(self, config: Config, written: Block) -> None:
        """Look for what is wrong on the machine where the configuration is used. `written`: as the file has it, with its references."""
        warn_of_open_secrets(written, self._path, self._faults)
        if config.ca_bundle and not config.ca_bundle.is_file() and (named := self._root.entry("ca_bundle")):
            remedy = _("Name the file with the certificates that are trusted, in the form PEM.")
            self._faults.error(named.value, "no_file", _("there is no such file"), remedy)
        found = self._root.entry("database")
        if found and config.database.startswith("postgresql") and find_spec("psycopg") is None:
            message = _("the driver for PostgreSQL is not installed")
            remedy = _("Install it where Tiedote is: .venv/bin/pip install 'psycopg[binary]'")
            self._faults.error(found.value, "no_driver", message, remedy)

    def _queue(self, root: Section) -> tuple[Path, str | None]:
        """Give the folder of announcements, and the branch of git that it follows."""
        found = root.entry("queue")
        if found is None or isinstance(found.value, Scalar):
            return self._folder / (root.text("queue") or "schedules"), None
        one = root.below(found)
        folder = self._folder / (one.text("folder") or "schedules")
        follows = one.choice("git", "", {"pull": "pull"})
        branch = one.parsed("branch", "main", _branch, _("Write the name of a branch, such as main."))
        one.finish()
        return folder, branch if follows else None

    def _database(self) -> tuple[str, Path]:
        """Give the database's address and the folder for everything else. The sandbox never meets the live database."""
        url = self._root.parsed(
            "database", "sqlite:///var/tiedote.db", _database_url, _("Write sqlite:///FILE or postgresql+psycopg://…")
        )
        found = re.fullmatch(r"sqlite:///(?P<file>[^?]+)(?P<options>\?.*)?", url)
        if not found:
            var = self._folder / "var"
            return (f"sqlite:///{var / 'sandbox' / 'tiedote.db'}" if self._sandbox else url), var
        file = self._folder / found["file"]
        if self._sandbox:
            file = file.parent / "sandbox" / file.name
        return f"sqlite:///{file}{found['options'] or ''}", (file.parent.parent if self._sandbox else file.parent)

    def _time(self, section: Section, name: str, default: time) -> time:
        return section.parsed(name, default, clock_time, _('Write a time such as "09:00".'))

    def _networks(self, section: Section) -> Mapping[str, NetworkSettings]:
        networks: dict[str, NetworkSettings] = {}
        for entry in section:
            channel = read_channel(entry.key, self._faults)
            one = section.below(entry)
            settings = NetworkSettings(
                base_url=one.parsed(
                    "base_url", None, _origin, _("Write a scheme and a host, such as http://127.0.0.1:8101.")
                ),
                version=one.parsed("version", None, _version, _('Write a version such as v25.0 or "202609".')),
                limits=read_limits(one.section("limits"), channel) if channel else {},
                prices=read_prices(one.section("prices"), channel) if channel else {},
                insights=_insights(one.section("insights")),
            )
            one.finish()
            if settings.base_url and not is_private(settings.base_url):
                message = _("tokens travel to %(address)s without encryption") % {"address": settings.base_url}
                self._faults.warn(one.where("base_url"), "unencrypted", message, _("Write https:// if it is possible."))
            if channel and channel in networks:
                message = _("'%(field)s' is given twice") % {"field": channel}
                self._faults.error(entry.key, "duplicate", message, _("Remove one of the two."))
            elif channel:
                networks[channel] = settings
        return networks

    def _organisations(self, section: Section) -> Mapping[str, Organisation]:
        organisations = {entry.name: self._organisation(section, entry) for entry in section}
        if not organisations:
            self._root.missing("organisations")
        return organisations

    def _organisation(self, section: Section, entry: Entry) -> Organisation:
        if not _KEY.fullmatch(entry.name):
            self._faults.error(
                entry.key,
                "key",
                _("'%(key)s' cannot name an organisation") % {"key": entry.name},
                _("Use small letters a to z, digits, - and _; the full name goes into 'name'."),
            )
        one = section.below(entry)
        organisation = Organisation(
            key=entry.name,
            name=one.text("name") or entry.name,
            languages=one.languages("languages") or (self._language,),
            report=self._report(one.section("report")),
            accounts=read_accounts(one, entry.name, self._holders),
        )
        one.finish()
        return organisation

    def _report(self, section: Section) -> ReportSettings | None:
        report = ReportSettings(
            to=read_recipients(section, "to", self._language, required=bool(section)),
            weekday=section.choice("day", 0, _DAYS),
            time=self._time(section, "time", time(8)),
            comment_text=section.choice("comment_text", "excerpt", _COMMENT_TEXT),
        )
        if section and not self._sandbox and self._root.entry("mail") is None:
            message = _("the weekly summary is only written into a file, for there is no 'mail'")
            self._faults.warn(section.at, "no_mail", message, _("Say under 'mail' how it is sent."))
        section.finish()
        return report if section else None


def _delivery(section: Section) -> DeliverySettings:
    retry, usual = section.section("retry"), DeliverySettings()
    settings = DeliverySettings(
        first=retry.length("first", usual.first),
        longest=retry.length("longest", usual.longest),
        give_up_after=retry.length("give_up_after", usual.give_up_after),
        confirm_for=section.length("confirm_for", usual.confirm_for),
        cancel_after=section.length("cancel_after", usual.cancel_after),
        late_limit=section.length("late_limit", usual.late_limit),
    )
    retry.finish()
    section.finish()
    return settings


def _hosts(section: Section) -> frozenset[str]:
    """Read `links.private_hosts`: hosts, with a port or without."""
    found = section.scalars("private_hosts") or []
    for node in found:
        if not re.fullmatch(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?", node.value or ""):
            section.faults.error(
                node,
                "host",
                _("'%(value)s' is not the name of a host") % {"value": node.value or ""},
                _("Write it like this: %(example)s") % {"example": "asiointi.hausjarvi.fi"},
            )
    section.finish()
    return frozenset((node.value or "").casefold() for node in found)


def _collection(section: Section, *, sandbox: bool) -> CollectionSettings:
    # The sandbox has no nights: whoever tries something out wants to see it now.
    usual = CollectionSettings(quiet=None) if sandbox else CollectionSettings()
    settings = CollectionSettings(
        every=section.length("every", usual.every),
        track_for=section.length("track_for", usual.track_for),
        read_back=section.flag("read_back", default=usual.read_back),
        quiet=section.parsed("quiet_hours", usual.quiet, _quiet, _('Write it like "00:00-06:00", or none.')),
    )
    section.finish()
    return settings


def _office_hours(section: Section) -> OfficeHours:
    usual = OfficeHours()
    weekdays = frozenset(_weekday(section, node) for node in section.scalars("days", filled=True) or ())
    expected = _('Write a time such as "09:00".')
    opens = section.parsed("opens", usual.opens, clock_time, expected)
    closes = section.parsed("closes", usual.closes, clock_time, expected)
    if opens >= closes:
        section.faults.error(section.where("closes"), "hours", _("the office closes before it opens"), expected)
    hours = OfficeHours(
        weekdays=weekdays or usual.weekdays,
        opens=opens,
        closes=closes,
        holidays=section.flag("holidays", default=usual.holidays),
        closed=frozenset(_day(section, node) for node in section.scalars("closed") or ()),
    )
    section.finish()
    return hours


def _weekday(section: Section, node: Scalar) -> int:
    name = (node.value or "").casefold()
    if name not in _DAYS:
        section.not_one_of(node, _DAYS)
    return _DAYS.get(name, 0)


def _day(section: Section, node: Scalar) -> date:
    try:
        return date.fromisoformat(node.value or "")
    except ValueError:
        message = _("'%(value)s' is not a day") % {"value": node.value or ""}
        section.faults.error(node, "day", message, _("Write it like this: %(example)s") % {"example": "2026-12-31"})
        return date.min


def _quiet(text: str) -> tuple[time, time] | None:
    if text.strip().casefold() in {"none", "no"}:
        return None
    first, _dash, last = text.replace("–", "-").partition("-")
    quiet = clock_time(first.strip()), clock_time(last.strip())
    if quiet[0] == quiet[1]:
        raise ValueError(text)
    return quiet


def _insights(section: Section) -> Mapping[str, str] | None:
    """Read metrics by what they are here; None where the section is not there at all."""
    given = {name: section.text(name) for name in COUNTED_BESIDE}
    section.finish()
    return {name: metric for name, metric in given.items() if metric} if section else None


def _retention(section: Section) -> RetentionSettings:
    usual = RetentionSettings()
    expected = _("Write a number and a unit, for example 12 months or 90 days.")
    settings = RetentionSettings(
        comments=section.parsed("comments", usual.comments, _months_or_length, expected),
        author_names=section.flag("author_names", default=usual.author_names),
    )
    section.finish()
    return settings


def _months_or_length(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})\s*(month|months|year|years)", text.strip().casefold())
    if found:
        years = int(found[1]) / (12 if found[2].startswith("month") else 1)
        return timedelta(days=round(365 * years))
    return length(text, timedelta(days=1))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(name) from error


def clock_time(text: str) -> time:
    """Read a time of day: 9:00, 09.00. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})", text.strip())
    if not found:
        raise ValueError(text)
    return time(int(found[1]), int(found[2]))


def _database_url(text: str) -> str:
    if not re.match(r"sqlite:///|postgresql(\+psycopg)?://", text):
        raise ValueError(text)
    return re.sub(r"^postgresql://", "postgresql+psycopg://", text)


def _origin(text: str) -> str:
    """Scheme, host and port, nothing after them: the path of a request is the network's own."""
    if not re.fullmatch(r"https?://(?:[^\s/@]+@)?(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?/?", text):
        raise ValueError(text)
    return text.rstrip("/")


def _branch(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]*", text) or ".." in text:
        raise ValueError(text)
    return text


def _version(text: str) -> str:
    if not re.fullmatch(r"v?[0-9]+(\.[0-9]+)?", text):
        raise ValueError(text)
    return text

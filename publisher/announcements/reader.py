"""One file of the queue → Announcement, or its problems."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, tzinfo
from pathlib import Path
from typing import Protocol

from channels import registry
from publisher.announcements.fields import SYNONYMS, FieldReader
from publisher.announcements.limits import Examination
from publisher.announcements.pictures import PictureReader, inside
from publisher.announcements.repeats import read_repeat
from publisher.announcements.times import Clockwork
from publisher.compose import PublishersView
from publisher.locale import _
from publisher.model import UNSET, Announcement, Fields, PictureRef, Position, Problem, Question, Repeat, When
from publisher.terminal import harmless
from publisher.yamlfile import Block, Entry, Faults, Limits, Scalar, Section, Unreadable, load, read
from publisher.yamlfile.reading import shown, truth

LIMITS = Limits()
_COPY = re.compile(r"(?P<stem>.+) (?P<number>[2-9])")
"""iCloud calls the second of two files 'lupa 2.yaml'."""

_NO_KEY = re.compile(r"[\s@:\\\x00-\x1f]")
_NOT_WORDS = frozenset({"approved_by", "author", "contact", "notes"})
"""What the public never sees: changing it is no edit of the announcement."""

_PLAIN = frozenset({"text", "link", "title", "image", "poll", "first_comment", "for"})
"""Fields of our own that may be blocks."""


class QueueView(PublishersView, Protocol):
    """What reading needs to know of the configuration."""

    @property
    def queue(self) -> Path: ...
    @property
    def timezone(self) -> tzinfo: ...
    @property
    def default_time(self) -> time: ...


SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file as it was read. `announcement` None: it has a fault; warnings alone do not count as one."""

    file: str
    announcement: Announcement | None
    problems: tuple[Problem, ...]
    path: Path
    """Where it lies."""
    contact: str | None = None
    """Who is to hear of it, also of a file that has a fault elsewhere."""


def read_file(path: Path, config: QueueView, *, now: datetime | None = None, source: bytes | None = None) -> Reading:
    """Read one file. With `now`, a time that has passed is warned of. `source`: read as if the file held this.

    A file from outside the queue is read as if its folder were the queue.
    """
    return _FileReader(path, config).read(now, source)


class _FileReader:
    def __init__(self, path: Path, config: QueueView) -> None:
        self._path = path
        self._config = config
        absolute, queue = path.absolute(), config.queue.absolute()
        self._queue = queue if absolute.is_relative_to(queue) else absolute.parent
        self._below = absolute.relative_to(self._queue)
        self._may_be_anywhere = self._queue != queue
        self._file = file_name(self._below)

    def read(self, now: datetime | None, source: bytes | None = None) -> Reading:
        real = self._path
        if not self._may_be_anywhere:
            try:
                real = inside(self._path, self._queue)
            except Unreadable as why:
                if why.code == "outside":
                    return self._refused(
                        "outside",
                        _("this is a link to a file outside the folder of announcements"),
                        _("Copy the file into the folder."),
                    )
        if harmless(str(self._below)) != str(self._below):
            return self._refused(
                "file_name",
                _("the name of the file, or of its folder, holds a sign that cannot be shown"),
                _("Rename it; letters, digits and hyphens always work."),
            )
        if self._path.suffix.lower() not in SUFFIXES:
            return self._refused(
                "file_name",
                _("the file's name does not end with .yaml, so it is never published"),
                _("Rename it, for example %(name)s. Windows hides the end of a name: switch on 'File name extensions'.")
                % {"name": f"{self._path.name.partition('.')[0]}.yaml"},
            )
        original = _COPY.fullmatch(self._path.stem)
        if original and self._path.with_stem(original["stem"]).exists():
            return self._refused(
                "copy",
                _("this looks like the copy that a cloud drive makes of '%(name)s' when two people change it at once")
                % {"name": self._path.with_stem(original["stem"]).name},
                _("Keep the right one of the two. If it is another announcement, rename it, for example %(name)s.")
                % {"name": f"{original['stem']}-{original['number']}{self._path.suffix}"},
            )
        name = _shown(self._path)
        document, problems = read(real, name, LIMITS) if source is None else load(source, name, LIMITS)
        faults = Faults(document, problems)
        announcement = None
        if document.root is not None:
            announcement = self._announcement(document.root, faults, now)
        return Reading(
            file=self._file,
            path=self._path,
            announcement=None if faults.fatal else announcement,
            problems=faults.sorted(),
            contact=(announcement.top.contact or None) if announcement else None,
        )

    def _refused(self, code: str, message: str, remedy: str) -> Reading:
        """Give a file that is not opened: nothing from elsewhere is read, let alone quoted in a mail."""
        position = Position(file=_shown(self._path), line=1, column=1)
        problem = Problem(position=position, code=code, message=message, remedy=remedy)
        return Reading(file=self._file, path=self._path, announcement=None, problems=(problem,))

    def _announcement(self, root: Block, faults: Faults, now: datetime | None) -> Announcement:
        start = root.entries[0].key.at if root.entries else root.at
        top = Section(root, faults, start, SYNONYMS)
        reader = FieldReader(
            faults=faults,
            clock=Clockwork(zone=self._config.timezone, default_time=self._config.default_time),
            pictures=PictureReader(self._path.absolute().parent, self._queue),
            mentions=self._config.mentions,
        )
        own = reader.read(top)
        repeat = read_repeat(top, reader)
        organisations = self._organisations(top)
        key = self._key(top)
        channels = _channels(top, reader, "")
        per_organisation, per_both = self._overrides(top, reader, organisations)
        top.finish()
        blocks = (own, *channels.values(), *per_organisation.values(), *per_both.values())
        if root.get("text") is None and all(block.text is UNSET for block in blocks):
            top.missing("text", _("Write text: and the words of the announcement."))
        announcement = Announcement(
            key=key,
            path=self._path.absolute(),
            file=self._file,
            source="\n".join(faults.document.lines),
            content_hash=_content_hash(organisations, own, repeat, channels, per_organisation, per_both),
            organisations=organisations,
            top=own,
            repeat=repeat,
            channels=channels,
            organisation_fields=per_organisation,
            organisation_channels=per_both,
        )
        Examination(
            announcement=announcement,
            publishers=self._config,
            faults=faults,
            places=reader.places,
        ).examine(now)
        return announcement

    def _key(self, top: Section) -> str:
        default = unicodedata.normalize("NFC", self._below.with_suffix("").as_posix())
        node = top.scalar("id")
        if node is None or node.value is None:
            return default
        if _NO_KEY.search(node.value):
            message = _("'%(value)s' cannot be an id") % {"value": shown(node)}
            top.faults.error(node, "id", message, _("Leave out spaces and the signs @ : \\."))
        return unicodedata.normalize("NFC", node.value)

    def _organisations(self, top: Section) -> tuple[str, ...]:
        """Tell who publishes: those named, else the one whose folder this is, else all."""
        known = self._config.organisations
        nodes = top.scalars("organisations", filled=True)
        if nodes:
            return tuple(dict.fromkeys(key for node in nodes if (key := self._organisation(node, top)) is not None))
        folder = next((part for part in reversed(self._below.parent.parts) if part in known), None)
        return (folder,) if folder else tuple(known)

    def _organisation(self, node: Scalar, section: Section) -> str | None:
        if node.value in self._config.organisations:
            return node.value
        message = _("the configuration has no organisation '%(value)s'") % {"value": shown(node)}
        names = {one.name.casefold().replace(" ", "_"): key for key, one in self._config.organisations.items()}
        section.not_one_of(node, self._config.organisations, message, names)
        return None

    def _overrides(
        self, top: Section, reader: FieldReader, organisations: tuple[str, ...]
    ) -> tuple[dict[str, Fields], dict[tuple[str, str], Fields]]:
        """Read `for`: fields per organisation, and its channel blocks."""
        section = top.section("for")
        own: dict[str, Fields] = {}
        both: dict[tuple[str, str], Fields] = {}
        for entry in section:
            block = section.below(entry)
            key = self._organisation(entry.key, section)
            if key is not None and key not in organisations:
                message = _("'%(key)s' does not publish this, so its part has no effect") % {"key": key}
                section.faults.error(entry.key, "not_publishing", message, _("Add it to 'organisations'."))
            own[entry.name] = reader.read(block, entry.name)
            for channel, fields_ in _channels(block, reader, entry.name).items():
                both[entry.name, channel] = fields_
            block.finish()
        return own, both


def file_name(below: Path) -> str:
    """Name a file as lists, mails and the database do, by its path below the queue; what cannot be shown or stored becomes U+FFFD."""
    return unicodedata.normalize("NFC", harmless(below.as_posix()))


def _shown(path: Path) -> str:
    """Name a file as somebody at the command line would."""
    here = Path.cwd()
    return harmless(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _channels(section: Section, reader: FieldReader, organisation: str) -> dict[str, Fields]:
    """Read the channel blocks of a level."""
    blocks: dict[str, Fields] = {}
    for entry in _channel_entries(section):
        channel = registry.canonical(entry.name)
        if isinstance(entry.value, Scalar) and entry.value.value is not None:
            section.entry(entry.name)
            _no_block(entry, entry.value, section)
            continue
        block = section.below(entry)
        if channel in blocks:
            message = _("'%(field)s' is given twice") % {"field": channel}
            section.faults.error(entry.key, "duplicate", message, _("Remove one of the two."))
        blocks[channel] = reader.read(block, organisation, channel)
        block.finish()
    for channel in registry.NAMES:
        section.entry(channel)
    return blocks


def _no_block(entry: Entry, value: Scalar, section: Section) -> None:
    """`x: no` and `x: words`: what was meant is clear, but where it belongs is not known."""
    remedy = _("Write %(field)s: {text: …}, or the fields on the next lines, indented.") % {"field": entry.name}
    try:
        if not truth(value.value or ""):
            remedy = _("To leave this network out, write %(field)s: {skip: yes}.") % {"field": entry.name}
    except ValueError:
        pass
    message = _("under '%(field)s' belong further fields") % {"field": entry.name}
    section.faults.error(value, "not_fields", message, remedy)


def _channel_entries(section: Section) -> list[Entry]:
    return [entry for entry in section if entry.name not in _PLAIN and _names_a_channel(entry)]


def _names_a_channel(entry: Entry) -> bool:
    """Tell whether a field is named after a network. Only a block may be an installed one's: looking for those takes 40 ms."""
    channel = registry.canonical(entry.name)
    return channel in registry.NAMES or (isinstance(entry.value, Block) and registry.is_known(channel))


def _content_hash(
    organisations: tuple[str, ...],
    top: Fields,
    repeat: Repeat | None,
    channels: Mapping[str, Fields],
    per_organisation: Mapping[str, Fields],
    per_both: Mapping[tuple[str, str], Fields],
) -> str:
    """Hash what the public will see and when: the same for a file that was only renamed, tidied or commented."""
    content: dict[str, object] = {
        "organisations": organisations,
        "top": _plain(top),
        "channels": {channel: _plain(block) for channel, block in channels.items()},
        "for": {organisation: _plain(block) for organisation, block in per_organisation.items()},
        "both": {f"{organisation} {channel}": _plain(block) for (organisation, channel), block in per_both.items()},
    }
    if repeat is not None:  # without one the value stays what earlier versions made of the file
        content["repeat"] = {
            "every": [repeat.every.number, repeat.every.unit],
            "until": _value(repeat.until),
            "variants": [dict(variant) for variant in repeat.variants],
        }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(block: Fields) -> dict[str, object]:
    said = {one.name: getattr(block, one.name) for one in fields(Fields) if one.name not in _NOT_WORDS}
    return {name: _value(value) for name, value in said.items() if value is not UNSET}


def _value(value: object) -> object:  # noqa: PLR0911 - a line for each kind of value
    match value:
        case When():
            return [value.wall, value.instant.isoformat() if value.instant else None]
        case datetime():
            return value.isoformat()
        case PictureRef():
            return [value.sha256, dict(value.alt)]
        case Question():
            return [dict(value.text), [dict(option) for option in value.options], value.days]
        case tuple():
            return [_value(item) for item in value]
        case Mapping():
            return dict(value)
        case _:
            return value

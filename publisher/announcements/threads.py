"""`thread`: words in several posts, one below the other, where a network has that: the posts themselves, or `yes` to have the text cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from publisher.locale import _
from publisher.model import UNSET, Unset
from publisher.yamlfile import Entry, Items, Scalar, Section
from publisher.yamlfile.reading import truth

if TYPE_CHECKING:
    from publisher.announcements.fields import FieldReader


def read_thread(
    section: Section, reader: FieldReader, organisation: str, channel: str
) -> tuple[Mapping[str, str], ...] | bool | Unset:
    """Read `thread` in a network's block; the places of its posts are noted."""
    found = section.entry("thread")
    if found is None:
        return UNSET
    if not isinstance(found.value, Items):
        expected = _("Write yes to have the text cut at the ends of sentences, or a list of the posts.")
        return section.parsed("thread", UNSET, truth, expected)
    entries = [
        Entry(key=Scalar(at=node.at, value="thread", written="thread"), value=node) for node in found.value.items
    ]
    reader.places.threads[organisation, channel] = entries
    if section.entry("text") is not None:
        message = _("'text' and the posts under 'thread' are two versions of the same words")
        section.faults.error(found.key, "thread_and_text", message, _("Remove one of them."))
    if not entries:
        section.missing("thread")
        return UNSET
    return tuple(_posts(section, reader, entries))


def _posts(section: Section, reader: FieldReader, entries: list[Entry]) -> Iterator[Mapping[str, str]]:
    for entry in entries:
        texts = reader.texts_in(entry, "thread")
        if not texts and not reader.told(entry):
            remedy = _("Write a text, or remove the line.")
            section.faults.error(entry.key, "missing", _("this post of the thread is empty"), remedy)
        yield texts

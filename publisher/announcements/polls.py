"""`poll`: a question with two to four answers, of which residents choose one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from publisher.locale import _
from publisher.model import UNSET, Question, Unset
from publisher.yamlfile import Entry, Items, Scalar, Section

if TYPE_CHECKING:
    from publisher.announcements.fields import FieldReader

DAYS: Final = {"1": 1, "3": 3, "7": 7}
LONGEST_OPTION: Final = 25
_OPTIONS: Final = range(2, 5)


def read_poll(section: Section, reader: FieldReader) -> Question | None | Unset:
    """Read `poll` at the top of a file or in an organisation's block. None: the field is there and empty, or has a fault."""
    found = section.entry("poll")
    if found is None:
        return UNSET
    if isinstance(found.value, Scalar) and found.value.value is None:
        return None
    poll = section.below(found)
    if not poll:
        return None  # what stands there instead was told
    question = reader.texts_of(poll, "question")
    if not question:
        poll.missing("question", _("Write question: and what you ask."))
    options = _options(poll, reader)
    if poll.entry("days") is None:
        poll.missing("days", _("Write for how many days it is open: days: 1, 3 or 7."))
    days = poll.choice("days", 1, DAYS)
    poll.finish()
    return Question(text=question, options=options, days=days) if question and options else None


def _options(poll: Section, reader: FieldReader) -> tuple[Mapping[str, str], ...]:
    found = poll.entry("options")
    nodes = found.value.items if found and isinstance(found.value, Items) else ()
    example = _("Write them as options: [Tuesday, Thursday].")
    if found is None:
        poll.missing("options", example)
    elif len(nodes) not in _OPTIONS:
        message = _("a poll has two to four options, and this one has %(count)d") % {"count": len(nodes)}
        poll.faults.error(found.key, "poll_options", message, example)
    options = []
    for node in nodes:
        entry = Entry(key=Scalar(at=node.at, value="options", written="options"), value=node)
        texts = reader.texts_in(entry, "options")
        if not texts and not reader.told(entry):
            poll.faults.error(entry.key, "missing", _("this option is empty"), _("Write a text, or remove the line."))
        longest = max(map(len, texts.values()), default=0)
        if longest > LONGEST_OPTION:
            message = _("an option of a poll is too long: %(count)d of at most %(most)d characters")
            known = {"count": longest, "most": LONGEST_OPTION}
            poll.faults.error(entry.key, "long_option", message % known, _("Shorten it."))
        options.append(texts)
    return tuple(options)

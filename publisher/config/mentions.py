"""`mentions`: whom the words may mention as `@[key]`, and what each network calls them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from channels import registry
from channels.base import Mentions
from publisher.locale import _
from publisher.model import Mentioned
from publisher.yamlfile import Section

_KEY = re.compile(r"[^\s\[\]:@](?:[^\[\]:@\n]*[^\s\[\]:@])?")
_HANDLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?")
_URN = re.compile(r"urn:li:(?:organization|person):[A-Za-z0-9_-]+")
_EXPECTED = {
    Mentions.HANDLE: (_HANDLE, "kelafpa"),
    Mentions.ADDRESS: (_URN, "urn:li:organization:12345"),
}


def read_mentions(section: Section) -> Mapping[str, Mentioned]:
    """Read the names. A handle may have its @; a network that shows the name alone takes no address."""
    found: dict[str, Mentioned] = {}
    for entry in section:
        if not _KEY.fullmatch(entry.name):
            message = _("'%(key)s' cannot be the key of a mention") % {"key": entry.name}
            section.faults.error(entry.key, "key", message, _("Leave out the signs @ : [ ]."))
        one = section.below(entry)
        name = one.text("name", required=bool(one)) or entry.name
        addresses: dict[str, str] = {}
        for channel in registry.NAMES:
            for written in ("twitter", channel) if channel == "x" else (channel,):
                address = _address(one, channel, written)
                if address:
                    addresses[channel] = address
        one.finish()
        found[entry.name] = Mentioned(name=unicodedata.normalize("NFC", name.strip()), addresses=addresses)
    return found


def _address(section: Section, channel: str, written: str) -> str | None:
    form = registry.capabilities(channel).mentions
    if form is not Mentions.NAME:
        pattern, example = _EXPECTED[form]
        expected = _("Write it like this: %(example)s") % {"example": example}
        return section.parsed(written, None, lambda text: _fitting(pattern, text), expected)
    if section.entry(written) is not None:
        message = _("'%(field)s' has no effect: this network gets the name alone") % {"field": written}
        section.faults.warn(section.where(written), "no_effect", message, _("Remove it; nothing changes."))
    return None


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    address = text.strip().removeprefix("@")
    if not pattern.fullmatch(address):
        raise ValueError(text)
    return address

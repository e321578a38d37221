"""An announcement's fields: what each block of a file may say, and what its values must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from channels import registry
from publisher.announcements import hints
from publisher.announcements.pictures import PictureReader
from publisher.announcements.polls import read_poll
from publisher.announcements.threads import read_thread
from publisher.announcements.times import Clockwork
from publisher.locale import _
from publisher.mentions import keys_in
from publisher.model import UNSET, Fields, PictureRef, Unset, When
from publisher.yamlfile import Block, Entry, Faults, Scalar, Section, Span
from publisher.yamlfile.mending import any_sign
from publisher.yamlfile.reading import LANGUAGE_NAMES, closest, did_you_mean, is_language, shown, truth

SYNONYMS: Mapping[str, str] = {
    # Finnish
    "teksti": "text",
    "viesti": "text",
    "julkaise": "publish",
    "julkaisu": "publish",
    "julkaisuaika": "publish",
    "aika": "publish",
    "linkki": "link",
    "osoite": "link",
    "otsikko": "title",
    "palvelu": "service",
    "kunta": "organisations",
    "kunnat": "organisations",
    "organisaatio": "organisations",
    "organisaatiot": "organisations",
    "kanava": "channels",
    "kanavat": "channels",
    "kieli": "languages",
    "kielet": "languages",
    "kuva": "image",
    "kuvat": "images",
    "tunnisteet": "hashtags",
    "aihetunnisteet": "hashtags",
    "häshtägit": "hashtags",
    "hashtagit": "hashtags",
    "kampanja": "campaign",
    "kommentti": "first_comment",
    "ensimmäinen_kommentti": "first_comment",
    "toisto": "repeat",
    "toista": "repeat",
    "toistuu": "repeat",
    "ketju": "thread",
    "väli": "every",
    "asti": "until",
    "saakka": "until",
    "vaihtoehdot": "variants",
    "vaihtoehto": "variants",
    "vanhenee": "expires",
    "päättyy": "expires",
    "voimassa": "expires",
    "uudelleen": "repost",
    "hyväksyjä": "approved_by",
    "hyväksynyt": "approved_by",
    "kirjoittaja": "author",
    "tekijä": "author",
    "yhteystieto": "contact",
    "yhteyshenkilö": "contact",
    "muistiinpano": "notes",
    "muistiinpanot": "notes",
    "huomautus": "notes",
    "ohita": "skip",
    "tiedosto": "file",
    "kuvaus": "alt",
    "kuvateksti": "alt",
    "vaihtoehtoinen_teksti": "alt",
    # Swedish
    "meddelande": "text",
    "publicera": "publish",
    "publicering": "publish",
    "tid": "publish",
    "länk": "link",
    "adress": "link",
    "rubrik": "title",
    "tjänst": "service",
    "kommun": "organisations",
    "kommuner": "organisations",
    "organisationer": "organisations",
    "kanaler": "channels",
    "språk": "languages",
    "bild": "image",
    "bilder": "images",
    "hashtaggar": "hashtags",
    "kampanj": "campaign",
    "första_kommentar": "first_comment",
    "kommentar": "first_comment",
    "upprepa": "repeat",
    "upprepas": "repeat",
    "tråd": "thread",
    "var": "every",
    "till": "until",
    "tills": "until",
    "varianter": "variants",
    "alternativ": "variants",
    "utgår": "expires",
    "godkänd_av": "approved_by",
    "skribent": "author",
    "författare": "author",
    "kontakt": "contact",
    "anteckningar": "notes",
    "hoppa_över": "skip",
    "fil": "file",
    "alternativtext": "alt",
    "beskrivning": "alt",
    "pikkukuva": "thumbnail",
    "äänestys": "poll",
    "kysely": "poll",
    "kysymys": "question",
    "päivät": "days",
    "omröstning": "poll",
    "fråga": "question",
    "dagar": "days",
    "miniatyrbild": "thumbnail",
    # English, and other tools' names
    "body": "text",
    "message": "text",
    "date": "publish",
    "time": "publish",
    "when": "publish",
    "url": "link",
    "picture": "image",
    "pictures": "images",
    "photo": "image",
    "photos": "images",
    "tags": "hashtags",
    "comment": "first_comment",
    "organizations": "organisations",
    "organization": "organisations",
    "recurring": "repeat",
    "interval": "every",
    "frequency": "every",
    "texts": "variants",
    "alt_text": "alt",
    "description": "alt",
    "path": "file",
    "src": "file",
    "twitter": "x",
    "fb": "facebook",
    "insta": "instagram",
    "ig": "instagram",
    "li": "linkedin",
    "some": "channels",
}
"""Words that people write, and the field or channel that is meant."""

CHANNEL_FIELDS = frozenset({"text", "publish", "link", "images", "image", "hashtags", "first_comment", "skip"})
_OF_PICTURES = frozenset({"file", "alt"})
_OF_REPEATS = frozenset({"every", "until", "variants"})
_OF_THE_TOP = frozenset({"title", "service", "organisations", "channels", "languages", "campaign", "expires", "repost"})
_BELONG_ELSEWHERE = _OF_PICTURES | _OF_REPEATS | _OF_THE_TOP | {"skip"}
_NOT_YET = ("video",)
_LISTED = frozenset({"variants", "thread", "options"})
_READ = frozenset({"text", "variants", "thread"})
"""What residents read as running text."""

_LONG_WORD = 16
"""Letters from which a hashtag without capitals is probably several words; Finnish has long ones of its own."""

_HASHTAG = re.compile(r"\w*[^\W\d_]\w*")


def _joined(words: str) -> str:
    """Make one word of several, each with its capital."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W+", words))


def _list_of(tags: Sequence[str]) -> str:
    return _("Write several hashtags as a list: [%(tags)s].") % {"tags": ", ".join(tags)}


def _elsewhere(section: Section, *, below: bool) -> None:
    """Refuse fields that belong into another block; most are only not indented."""
    for name in {entry.name for entry in section} & _BELONG_ELSEWHERE:
        if name in _OF_PICTURES:
            section.misplaced(name, _("Indent it below '%(field)s'.") % {"field": "image"})
        elif name in _OF_REPEATS:
            section.misplaced(name, _("Indent it below '%(field)s'.") % {"field": "repeat"})
        elif name == "skip" and not below:
            section.misplaced(name, _("Write it in the block of a network, for example x: {skip: yes}."))
        elif name != "skip" and below:
            section.misplaced(name, _("Write it without indentation, at the top of the file."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where each field stands: (organisation, channel, field) → its entry; '' for no organisation, no channel."""

    entries: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    variants: list[Entry] = field(default_factory=list)
    threads: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)
    """The posts of a thread: (organisation, channel) → each with its text."""

    def find(
        self, organisation: str, channel: str, name: str, language: str = "", *, turn: int = 0
    ) -> Entry | Scalar | None:
        """Give the place that counts for an organisation on a channel: the text itself if it is in a language.

        `turn`: which variant of the text at the top; 0 for itself.
        """
        for level in ((organisation, channel), ("", channel), (organisation, ""), ("", "")):
            entry = self.entries.get((*level, name))
            if turn and level == ("", "") and name == "text":
                entry = self.variants[turn - 1]
            if entry is None:
                continue
            if not isinstance(entry.value, Block):
                return entry
            own = entry.value.get(language)
            if own is not None:
                return own
            if not language:
                return entry
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReader:
    """Reads the fields of one file's blocks."""

    faults: Faults
    clock: Clockwork
    pictures: PictureReader
    mentions: Collection[str] = ()
    """Whom the configuration knows."""
    places: Places = field(default_factory=Places)

    def read(self, section: Section, organisation: str = "", channel: str = "") -> Fields:
        """Read what a block may say at its level; further keys are left to whoever asks next."""
        self._note(section, organisation, channel)
        common = Fields(
            text=self._texts(section, "text", clears=False) or UNSET,
            link=self._links(section),
            hashtags=self._hashtags(section),
            pictures=self._pictures(section),
            first_comment=self._texts(section, "first_comment"),
            publish=self._when(section),
        )
        section.not_yet(*_NOT_YET)
        _elsewhere(section, below=bool(channel))
        if not channel or not registry.capabilities(channel).max_thread:
            section.misplaced("thread", _("Write it in the block of a network that has threads: x: {thread: yes}."))
        has_card = bool(channel) and registry.capabilities(channel).max_card_description is not None
        if not has_card:
            for name in ("description", "thumbnail"):
                remedy = _("Write it in the block of a network whose link card takes it: linkedin: {%(field)s: …}.")
                section.misplaced(name, remedy % {"field": name})
        if organisation or channel:
            section.misplaced(
                "repeat", _("Write it at the top of the file; it counts for every network and organisation.")
            )
        if channel:
            section.misplaced("poll", _("Write it at the top of the file, or in an organisation's block under 'for'."))
            return replace(
                common,
                skip=self._flag(section, "skip"),
                thread=read_thread(section, self, organisation, channel)
                if registry.capabilities(channel).max_thread
                else UNSET,
                description=self._texts(section, "description") if has_card else UNSET,
                thumbnail=self.pictures.single(section, "thumbnail", self._alt) if has_card else UNSET,
            )
        return self._of_level(section, common)

    def _note(self, section: Section, organisation: str, channel: str) -> None:
        for entry in section:
            name = "images" if entry.name == "image" else entry.name
            self.places.entries[organisation, channel, name] = entry

    def _of_level(self, section: Section, common: Fields) -> Fields:
        return replace(
            common,
            title=self._texts(section, "title"),
            poll=read_poll(section, self),
            channels=self._channels(section),
            languages=section.languages("languages") if section.entry("languages") else UNSET,
            service=self._text(section, "service"),
            campaign=self._text(section, "campaign"),
            expires=self._expires(section),
            repost=self._flag(section, "repost"),
            approved_by=self._text(section, "approved_by"),
            author=self._text(section, "author"),
            contact=section.address("contact") if section.entry("contact") else UNSET,
            notes=self._text(section, "notes"),
        )

    def _flag(self, section: Section, name: str) -> bool | Unset:
        if section.entry(name) is None:
            return UNSET
        return section.parsed(name, UNSET, truth, _("Write yes or no."))

    def _text(self, section: Section, name: str) -> str | None | Unset:
        if section.entry(name) is None:
            return UNSET
        value = section.text(name)
        return clean(value) if value else None

    def texts_of(self, section: Section, name: str) -> Mapping[str, str]:
        """Read one text, or one per language, as a mapping; '' for no particular language. Empty: nothing is there."""
        found = self._texts(section, name)
        return found if isinstance(found, Mapping) else {}

    def _texts(self, section: Section, name: str, *, clears: bool = True) -> Mapping[str, str] | None | Unset:
        found = section.entry(name)
        if found is None:
            return UNSET
        texts = self.texts_in(found, name)
        if not texts and not clears and not self.told(found):
            section.missing(name)
        return texts or None

    def texts_in(self, entry: Entry, name: str) -> Mapping[str, str]:
        """Read the texts of one entry; empty if nothing is there. `name`: what to call it in a complaint."""
        return dict(self._each_text(entry, name))

    def _each_text(self, found: Entry, name: str) -> Iterator[tuple[str, str]]:
        if isinstance(found.value, Scalar):
            self._lost(found.value)
            self._words(found.value, name)
            if found.value.value and found.value.value.strip():
                yield "", clean(found.value.value)
        elif isinstance(found.value, Block):
            if name in _LISTED and self._is_split_text(found.value):
                return
            for entry in found.value:
                yield from self._in_language(entry, name)
        else:
            message = _("'%(field)s' is one text, or one per language") % {"field": name}
            self.faults.error(found.key, "not_text", message, _("Write it without the signs - and [ ] of a list."))

    def _is_split_text(self, block: Block) -> bool:
        """`- Huom: words`: one text of a list, which its colon made a field. Tells it, and whether it is so."""
        key = block.entries[0].key if len(block.entries) == 1 and not block.flow else None
        if key is None or len(key.written) <= 3 or key.written.casefold() in LANGUAGE_NAMES:
            return False
        colon = Span(key.at.end_line, key.at.end_column, key.at.end_line, key.at.end_column + 1)
        message = _("a second colon followed by a space cannot stand in this text")
        self.faults.error(colon, "second_colon", message, any_sign())
        return True

    def _in_language(self, entry: Entry, name: str) -> Iterator[tuple[str, str]]:
        if not is_language(entry.key, self.faults):
            return
        if not isinstance(entry.value, Scalar):
            message = _("the text of '%(field)s' in '%(language)s' is no single text")
            known = {"field": name, "language": entry.name}
            self.faults.error(
                entry.key, "not_text", message % known, _("Write it without the signs - and [ ] of a list.")
            )
        else:
            lost = self._lost(entry.value)
            self._words(entry.value, name)
            if entry.value.value and entry.value.value.strip():
                yield entry.name, clean(entry.value.value)
            elif not lost:
                message = _("the text in '%(language)s' is empty") % {"language": entry.name}
                remedy = _("Write the text after the colon, or remove this language.")
                self.faults.error(entry.key, "missing", message, remedy)

    def _lost(self, node: Scalar) -> bool:
        """Find words that YAML took for a comment: the likeliest fault of all."""
        lost = self.faults.document.comment_after(node)
        if lost is not None:
            self.faults.error(
                lost,
                "lost_hashtag",
                _("everything after # is lost: it is read as a note, not as text"),
                _("Write | after the field's name and the text on the next line; or use the field 'hashtags'."),
            )
        return lost is not None

    def _words(self, node: Scalar, name: str) -> None:
        self._mentioned(node)
        hints.of_words(node, self.faults, sentences_too=name in _READ)

    def _mentioned(self, node: Scalar) -> None:
        """Find mentions of somebody whom the configuration does not know."""
        for key in dict.fromkeys(keys_in(node.value or "")):
            if key not in self.mentions:
                message = _("the configuration does not know '%(key)s' under 'mentions'") % {"key": key}
                guess = closest(key, self.mentions)
                remedy = did_you_mean(f"@[{guess}]") if guess else _("Add it there, or write the name as it is.")
                where = self.faults.document.find(f"@[{key}]", node.at)
                self.faults.error(where or node, "unknown_mention", message, remedy)

    def _links(self, section: Section) -> Mapping[str, str] | None | Unset:
        links = self._texts(section, "link")
        entry = section.entry("link")
        if isinstance(links, Mapping) and entry:
            for language, link in links.items():
                self._check_link(_node(entry, language), link)
        return links

    def _check_link(self, node: Scalar, link: str) -> None:
        known = {"value": shown(node)}
        try:
            parts = urlsplit(link)
        except ValueError:
            parts = urlsplit("")
        if not parts.scheme and re.match(r"(?:www\.)?[\w-]+(?:\.[\w-]+)+(?:/|$)", link):
            message = _("the link '%(value)s' does not say https://") % known
            self.faults.error(node, "link", message, _("Write https:// before it."))
        elif parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\"<>]", link):
            message = _("'%(value)s' is not a link") % known
            remedy = _("Write the whole address, beginning with https://.")
            if link[:1] in "”“„«":
                remedy = _("Write it without the quotation marks.")
            elif link[:1] == "<":
                remedy = _("Write it without < and >.")
            if parts.hostname and re.search(r"\s", link):
                remedy = _("An address has no spaces; copy it from the browser's address bar.")
            elif parts.hostname and re.search(r"[\"<>]", link):
                remedy = _("A link would end at this sign: \" < >. Copy the address from the browser's address bar.")
            self.faults.error(node, "link", message, remedy)

    def _hashtags(self, section: Section) -> tuple[str, ...] | Unset:
        if section.entry("hashtags") is None:
            return UNSET
        nodes = section.scalars("hashtags") or []
        self._lost_in_list(section)
        return tuple(tag for node in nodes if (tag := self._hashtag(node)) is not None)

    def _lost_in_list(self, section: Section) -> None:
        found = section.entry("hashtags")
        items = getattr(found.value, "items", (found.value,)) if found else ()
        for node in items:
            lost = self.faults.document.comment_after(node) if isinstance(node, Scalar) else None
            if lost:
                message = _("everything after # is lost: it is read as a note, not as text")
                self.faults.error(lost, "lost_hashtag", message, _("Write hashtags without #."))

    def _hashtag(self, node: Scalar) -> str | None:
        tag = unicodedata.normalize("NFC", (node.value or "").strip())
        if _HASHTAG.fullmatch(tag):
            self._readable(node, tag)
            return tag
        instead: str | None = None
        several = [word for part in re.split(r"[\s,;]*#|[,;]", tag) if (word := _joined(part))]
        if tag.startswith("#"):
            message = _("hashtags are written without #")
            instead = tag.lstrip("#") if _HASHTAG.fullmatch(tag.lstrip("#")) else None
            remedy = _list_of(several) if len(several) > 1 else _("Write %(word)s.") % {"word": tag.lstrip("#")}
        else:
            message = _("'%(value)s' cannot be a hashtag") % {"value": shown(node)}
            joined = _joined(tag)
            remedy = _("Write words together, for example %(word)s.") % {"word": joined or "SähköinenAsiointi"}
            if len(several) > 1:
                remedy = _list_of(several)
            elif not re.search(r"[^\W\d_]", tag):
                remedy = _("A hashtag needs a letter.")
        self.faults.error(node, "hashtag", message, remedy, instead=instead)
        return None

    def _readable(self, node: Scalar, tag: str) -> None:
        """A screen reader tells words apart by their capitals; otherwise it reads one long word, or the sign between two."""
        parts = [part for part in tag.split("_") if part]
        if len(parts) > 1:
            joined = "".join(part[:1].upper() + part[1:] for part in parts)
            remedy = _("Write it with capitals instead: %(word)s.") % {"word": joined}
            self.faults.warn(node, "hashtag_case", _("screen readers read the sign _ aloud"), remedy)
        elif tag == tag.lower() and len(tag) >= _LONG_WORD:
            message = _("screen readers read '%(word)s' as one word") % {"word": tag}
            remedy = _("If it is several words, begin each with a capital, as in SähköinenAsiointi.")
            self.faults.warn(node, "hashtag_case", message, remedy)

    def _channels(self, section: Section) -> tuple[str, ...] | None | Unset:
        nodes = section.scalars("channels", filled=True)
        if nodes is None:
            return UNSET
        found = [self.channel(node, section) for node in nodes]
        return tuple(dict.fromkeys(channel for channel in found if channel)) or None

    @staticmethod
    def channel(node: Scalar, section: Section) -> str | None:
        """Read a channel's name; `twitter` is taken for `x`."""
        channel = registry.canonical((node.value or "").strip().casefold())
        if registry.is_known(channel):
            return channel
        section.not_one_of(node, registry.names(), _("'%(value)s' is not a channel") % {"value": shown(node)})
        return None

    def _pictures(self, section: Section) -> tuple[PictureRef, ...] | Unset:
        found = self.pictures.read(section, self._alt)
        return UNSET if found is None else found

    def _alt(self, picture: Section) -> Mapping[str, str]:
        texts = self.texts_of(picture, "alt")
        entry = picture.entry("alt")
        if not texts and not self.told(entry) and not picture.misspelt("alt"):
            self.faults.error(
                entry.key if entry else picture.at,
                "missing_alt",
                _("the picture has no alt text"),
                _("Add alt: and say in a sentence what the picture shows, for those who cannot see it."),
            )
        if entry is not None:
            file = picture.text("file") or ""
            for language, text in texts.items():
                hints.of_alt(_node(entry, language), text, file, self.faults)
        return texts

    def told(self, entry: Entry | None) -> bool:
        """Whether the entry's own fault has been told already."""
        if entry is None:
            return False
        if not isinstance(entry.value, Scalar):
            return bool(getattr(entry.value, "entries", True))
        return self.faults.document.comment_after(entry.value) is not None

    def _when(self, section: Section) -> When | None | Unset:
        if section.entry("publish") is None:
            return UNSET
        node = section.scalar("publish")
        return self.clock.publish(node, self.faults) if node else None

    def _expires(self, section: Section) -> datetime | None | Unset:
        if section.entry("expires") is None:
            return UNSET
        node = section.scalar("expires")
        return self.clock.expires(node, self.faults) if node else None


def _node(entry: Entry, language: str) -> Scalar:
    """Give the value of a text in a language, or the key if there is none."""
    value = entry.value
    if isinstance(value, Block):
        own = value.get(language)
        value = own.value if own else entry.key
    return value if isinstance(value, Scalar) else entry.key


def clean(text: str) -> str:
    """Give words as they are kept: NFC, no white space around them, none at the end of a line."""
    lines = unicodedata.normalize("NFC", text).strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)

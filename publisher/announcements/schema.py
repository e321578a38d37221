"""A JSON Schema of announcements, for editors: completion, and what each field means in the language in use.

It accepts whatever the reader accepts: an editor may say less than `check`, never more. So a text may be a number, yes may be a word of
three languages, and what only the configuration or a picture can tell is left to `check`. Draft-07, which all editors know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from channels import registry
from publisher.announcements.polls import DAYS
from publisher.locale import _
from publisher.yamlfile.reading import NO, YES

_Schema = dict[str, Any]

_PLAIN: _Schema = {"type": ["string", "number", "boolean"]}
_LANGUAGE = "^[a-z]{2,3}$"
_WHITE = r"\s*"


def schema(organisations: Iterable[str] = ()) -> _Schema:
    """Give the schema, `organisations` being offered where one is to be named."""
    names = tuple(organisations)
    networks = tuple(registry.names())
    top = {
        **_level(names, networks),
        "organisations": _about(_several(_one_of(names) if names else _PLAIN), _words("organisations")),
        "repeat": _about({"$ref": "#/definitions/repeat"}, _words("repeat")),
        "id": _about({"type": ["string", "number"]}, _words("id")),
        "for": {
            "description": _words("for"),
            "type": ["object", "null"],
            "properties": {name: {"$ref": "#/definitions/level"} for name in names},
            "additionalProperties": {"$ref": "#/definitions/level"},
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": _("Tiedote: an announcement"),
        "type": "object",
        "properties": top,
        "additionalProperties": False,
        "definitions": {
            "text": _one_or_per_language(_PLAIN),
            "picture": _picture(),
            "repeat": _repeat(),
            "poll": _poll(),
            "level": {
                "type": ["object", "null"],
                "properties": _level(names, networks),
                "additionalProperties": False,
            },
            **{f"network-{name}": _network(name) for name in networks},
        },
    }


def _common() -> _Schema:
    """Fields that every block may have."""
    picture = {"$ref": "#/definitions/picture"}
    return {
        "text": _about({"$ref": "#/definitions/text"}, _words("text")),
        "publish": _about(_time("asap"), _words("publish")),
        "link": _about({"$ref": "#/definitions/text"}, _words("link")),
        "hashtags": _about(
            _several({"type": ["string", "boolean"], "pattern": r"^\s*[^#\s,;]+\s*$"}), _words("hashtags")
        ),
        "images": _about(_several(picture), _words("images")),
        "image": _about(_several(picture), _words("image")),
        "first_comment": _about({"$ref": "#/definitions/text"}, _words("first_comment")),
    }


def _level(organisations: tuple[str, ...], networks: tuple[str, ...]) -> _Schema:
    """Fields of the top, and of one organisation's part."""
    del organisations
    channel = _one_of((*networks, "twitter"))
    return {
        **_common(),
        "title": _about({"$ref": "#/definitions/text"}, _words("title")),
        "channels": _about(_several(channel), _words("channels")),
        "languages": _about(_several({"type": "string", "pattern": _LANGUAGE}), _words("languages")),
        "service": _about(_plain(), _words("service")),
        "campaign": _about(_plain(), _words("campaign")),
        "expires": _about(_time(), _words("expires")),
        "repost": _about(_flag(), _words("repost")),
        "approved_by": _about(_plain(), _words("approved_by")),
        "author": _about(_plain(), _words("author")),
        "contact": _about({"type": ["string", "null"], "pattern": r"^\s*\S+@\S+\s*$"}, _words("contact")),
        "notes": _about(_plain(), _words("notes")),
        "poll": _about({"$ref": "#/definitions/poll"}, _words("poll")),
        **{name: _about({"$ref": f"#/definitions/network-{name}"}, _words("network")) for name in networks},
        **({"twitter": {"$ref": "#/definitions/network-x"}} if "x" in networks else {}),
    }


def _network(name: str) -> _Schema:
    limits = registry.capabilities(name)
    own: _Schema = {**_common(), "skip": _about(_flag(), _words("skip"))}
    if limits.max_thread:
        posts = {"type": "array", "items": {"$ref": "#/definitions/text"}}
        own["thread"] = _about({"anyOf": [*_flag()["anyOf"], posts]}, _words("thread"))
    if limits.max_card_description is not None:
        own["description"] = _about({"$ref": "#/definitions/text"}, _words("description"))
        own["thumbnail"] = _about({"$ref": "#/definitions/picture"}, _words("thumbnail"))
    return {"type": ["object", "null"], "properties": own, "additionalProperties": False}


def _picture() -> _Schema:
    return {
        "type": "object",
        "properties": {
            "file": _about({"type": ["string", "number"]}, _words("file")),
            "alt": _about({"$ref": "#/definitions/text"}, _words("alt")),
        },
        "required": ["file", "alt"],
        "additionalProperties": False,
    }


def _repeat() -> _Schema:
    return {
        "type": ["object", "null"],
        "properties": {
            "every": _about({"type": "string", "examples": ["4 weeks"]}, _words("every")),
            "until": _about(_time(), _words("until")),
            "variants": _about(
                {"anyOf": [{"type": "array", "items": {"$ref": "#/definitions/text"}}, {"$ref": "#/definitions/text"}]},
                _words("variants"),
            ),
        },
        "required": ["every"],
        "additionalProperties": False,
    }


def _poll() -> _Schema:
    text = {"$ref": "#/definitions/text"}
    return {
        "type": ["object", "null"],
        "properties": {
            "question": _about(text, _words("question")),
            "options": _about({"type": "array", "items": text, "minItems": 2, "maxItems": 4}, _words("options")),
            "days": _about({"enum": [*map(int, DAYS), *DAYS]}, _words("days")),
        },
        "required": ["question", "options", "days"],
        "additionalProperties": False,
    }


def _about(what: Mapping[str, Any], description: str) -> _Schema:
    """Put a description beside a schema; beside a $ref alone, draft-07 would not see it."""
    inner = {"allOf": [dict(what)]} if "$ref" in what else dict(what)
    return {"description": description, **inner}


def _plain() -> _Schema:
    return {"type": [*_PLAIN["type"], "null"]}


def _several(one: Mapping[str, Any]) -> _Schema:
    """One, or a list of them; an empty entry counts as none."""
    return {
        "anyOf": [dict(one), {"type": "array", "items": {"anyOf": [dict(one), {"type": "null"}]}}, {"type": "null"}]
    }


def _one_or_per_language(one: Mapping[str, Any]) -> _Schema:
    per_language = {
        "type": "object",
        "properties": {code: dict(one) for code in ("fi", "sv", "en")},
        "patternProperties": {_LANGUAGE: dict(one)},
        "additionalProperties": False,
    }
    return {"anyOf": [dict(one), per_language, {"type": "null"}]}


def _one_of(words: Iterable[str]) -> _Schema:
    """Offer some words, and take them in capitals too, as the reader does."""
    offered = list(words)
    return {"anyOf": [{"enum": offered}, {"type": "string", "pattern": f"^{_WHITE}({_any_case(offered)}){_WHITE}$"}]}


def _flag() -> _Schema:
    words = sorted(YES | NO)
    return {
        "anyOf": [
            {"type": "boolean"},
            {"enum": ["yes", "no"]},
            {"type": "string", "pattern": f"^{_WHITE}({_any_case(words)}){_WHITE}$"},
            {"type": "null"},
        ]
    }


def _time(*words: str) -> _Schema:
    pattern = "|".join((r"\d{4}-\d{1,2}-\d{1,2}.*", r"\d{1,2}\.\s?\d{1,2}\.\s?\d{4}.*", _any_case(words)))
    return {"type": ["string", "null"], "pattern": f"^{_WHITE}({pattern.rstrip('|')}){_WHITE}$"}


def _any_case(words: Iterable[str]) -> str:
    """A pattern for words in whatever case; JavaScript's patterns have no sign for that."""
    return "|".join(
        "".join(
            f"[{char.lower()}{char.upper()}]" if char.isalpha() else char if char.isalnum() else f"[{char}]"
            for char in word
        )
        for word in words
    )


def _words(field: str) -> str:
    return {
        "text": _("The words: one text, or one for each language (fi:, sv:). Required."),
        "publish": _(
            "When: 2026-12-01 09:00, 1.12.2026 klo 9.00, a date alone, or asap for at once. Without it: a draft."
        ),
        "link": _("The address of the e-service, beginning with https://: one, or one for each language."),
        "title": _("For lists, reports and LinkedIn's link card."),
        "service": _("Groups announcements about one e-service in reports."),
        "organisations": _("Who publishes. Without it: the organisation that the folder is named after, else all."),
        "channels": _("Some of the networks. Without it: every account of the organisation."),
        "languages": _("Which languages go out; each needs a text. Without it: the organisation's languages."),
        "images": _("Several pictures, each with its file and an alternative text."),
        "image": _("One picture, with its file and an alternative text."),
        "file": _("The picture's file; the path starts at the announcement's folder."),
        "alt": _("What the picture shows, in a sentence, for those who cannot see it. At best 125 characters."),
        "hashtags": _("Words without #, each word inside with a capital: [SähköinenAsiointi]. They come at the end."),
        "campaign": _("The link gets utm parameters with this name, for the website's statistics."),
        "first_comment": _("Put under the post right after it (not on X)."),
        "expires": _("Never published after this."),
        "repost": _("yes allows the same words on the same account within 90 days."),
        "repeat": _("Comes round by itself: every, until, variants."),
        "every": _("How often: 4 weeks, 10 days, 1 month, 1 year."),
        "until": _("The last day."),
        "variants": _("Other texts, which take turns with the first one."),
        "approved_by": _(
            "Who approved it; required where the configuration says so. After an edit somebody must approve it anew."
        ),
        "author": _("Who wrote it; where four eyes are wanted, somebody else must approve it."),
        "contact": _("The address that gets this announcement's failures and questions."),
        "notes": _("For yourselves; never posted."),
        "poll": _("A poll: a real one on X and LinkedIn, in the words elsewhere."),
        "question": _("What is asked."),
        "options": _("Two to four answers of at most 25 characters."),
        "days": _("For how many days it is open: 1, 3 or 7."),
        "network": _("Other words for this network only, or skip: yes to leave it out."),
        "skip": _("yes leaves this network out."),
        "thread": _("Several posts, one below the other: a list of texts, or yes to have the text cut."),
        "description": _("The text of the link card."),
        "thumbnail": _("The picture of the link card, with its alternative text."),
        "for": _("Other words for one organisation: its name, and below it the fields."),
        "id": _("Its identity. Without it: the path of the file."),
    }[field]

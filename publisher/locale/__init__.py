"""The language of what people read: English in the source, Finnish and Swedish in the catalogues beside this file.

`_` and `ngettext` look the language up when they are called: one mail may be Swedish while the log stays Finnish. `N_` only marks a text
for the catalogues. A missing catalogue or message falls back to English.

    use(language)     for this thread or task: around one mail, one answer
    speak(language)   for the whole process, click's own messages included: once, around a command
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("fi", "sv", "en")
DOMAIN = "tiedote"
FOLDER = Path(__file__).parent

_here: ContextVar[str | None] = ContextVar("language", default=None)
_everywhere = ["en"]


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, [language], fallback=True)


def current() -> str:
    """Tell the language in use, 'fi', 'sv' or 'en'."""
    return _here.get() or _everywhere[-1]


def _(message: str) -> str:
    """Give `message` in the language in use."""
    # The empty message is the catalogue's own header.
    return _catalogue(current()).gettext(message) if message else ""


def ngettext(one: str, many: str, n: int) -> str:
    """Give the form of a message that fits the number `n`."""
    return _catalogue(current()).ngettext(one, many, n)


def N_(message: str) -> str:  # noqa: N802 -- the name that extraction tools know
    """Mark `message` for the catalogues; it is translated where it is shown."""
    return message


@contextmanager
def use(language: str) -> Iterator[None]:
    """Speak `language` inside the block, in this thread or task only."""
    token = _here.set(language)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def speak(language: str) -> Iterator[None]:
    """Speak `language` inside the block, in every thread that does not say otherwise."""
    # click asks the global gettext domain, which finds its language in the environment.
    before = os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language
    _everywhere.append(language)
    try:
        yield
    finally:
        _everywhere.pop()
        os.environ.pop("LANGUAGE")
        if before is not None:
            os.environ["LANGUAGE"] = before

"""Keeps the catalogues in step with the source: `python -m publisher.locale.catalogues` after a text has changed. Not used at run time.

The messages are those of `publisher` and its templates, and click's own: click asks the same global domain, so ours must know them.
A new message arrives without a translation; one that is no longer used is dropped. A test fails until every one is translated.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from publisher.locale import DOMAIN, FOLDER

TRANSLATED = ("fi", "sv")

_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
_METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
_OPTIONS = {"**/templates/**": {"trimmed": "true", "silent": "false"}}
_PACKAGE = FOLDER.parent
_BEGUN = datetime(2026, 11, 24, tzinfo=UTC)
"""Fixed, so that a catalogue changes only where a text does."""


def messages() -> Catalog:
    """Read every message out of the source."""
    found = Catalog(project="Tiedote", charset="utf-8", fuzzy=False)
    for folder, name in ((_PACKAGE, "publisher"), (_click(), "click")):
        for path, _line, message, comments, _context in extract_from_dir(
            folder, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        ):
            # Without line numbers, so that a catalogue changes only where a text does.
            found.add(message, locations=[(f"{name}/{path}", 0)], auto_comments=comments)
    return found


def _click() -> Path:
    spec = find_spec("click")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("click")
    return Path(spec.origin).parent


def path_of(language: str) -> Path:
    """Tell where a language's catalogue lies."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a language's catalogue as it is; an empty one if there is none."""
    path = path_of(language)
    if not path.exists():
        return Catalog(
            locale=language,
            header_comment=f"# Messages of Tiedote, language: {language}. Licence: EUPL-1.2.",
            project="Tiedote",
            version="1",
            msgid_bugs_address="Tiedote",
            creation_date=_BEGUN,
            revision_date=_BEGUN,
            last_translator="Tiedote",
            language_team="Tiedote",
            charset="utf-8",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update() -> None:
    """Write every catalogue anew with the messages of today; translations that still fit are kept."""
    source = messages()
    for language in TRANSLATED:
        catalogue = read(language)
        catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False, update_header_comment=False)
        catalogue.obsolete.clear()
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)


if __name__ == "__main__":
    update()

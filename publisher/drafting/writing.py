"""A draft as a file: what was found, and in comments what a person still has to do. It has no `publish`, so nothing of it goes out."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.announcements import read_file
from publisher.announcements.pictures import looks_like_file_name
from publisher.locale import _
from publisher.sentences import first_sentence, split

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.drafting.website import Found

_LONGEST = 600
_LONGEST_ON_X = 230
"""Of 280, with room for a link (23), an empty line and some hashtags."""
_SLUG = 60
_ENDINGS = {b"\xff\xd8": "jpg", b"\x89P": "png", b"GI": "gif", b"RI": "webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a draft goes. `path` None: a name is made up in `folder`.

    `sure`: the same name for the same item, so that it is written once.
    """

    folder: Path
    path: Path | None = None
    organisation: str | None = None
    sure: bool = False
    later: Path | None = None
    """The folder of announcements, where a draft that lies elsewhere belongs in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A draft that lies there. `picture` None: it has none. `is_new` False: it was there already."""

    path: Path
    picture: Path | None
    is_new: bool = True


def write(found: Found, picture: bytes | None, place: Place, config: Config, now: datetime) -> Written:
    """Write a draft and its picture. Raises FileExistsError where `place.path` is taken, and OSError."""
    path = place.path or _free(place, found)
    if place.sure and path.exists():
        return Written(path=path, picture=None, is_new=False)
    if place.path is not None and path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = None
    if picture is not None and (ending := _ENDINGS.get(picture[:2])):
        shown = path.with_suffix(f".{ending}")
        _put(shown, picture)
    lines = list(_lines(found, shown, place, config, now))
    text = "\n".join(lines) + "\n"
    reading = read_file(path, config, source=text.encode())
    told = [f"#   - {_one_line(problem.message)}" for problem in reading.problems if not problem.warning]
    if told:
        place_of_time = lines.index(_EXAMPLE)
        lines[place_of_time:place_of_time] = ["# " + _("To be filled in or mended before it can go out:"), *told]
        text = "\n".join(lines) + "\n"
    _put(path, text.encode())
    return Written(path=path, picture=shown)


_EXAMPLE = "# publish: 1.12.2026 klo 9.00"


def _lines(found: Found, picture: Path | None, place: Place, config: Config, now: datetime) -> Iterator[str]:
    here = config.organisations.values()
    languages = list(
        dict.fromkeys(language for one in here if place.organisation in {None, one.key} for language in one.languages)
    )
    when = now.astimezone(config.timezone)
    source = _("A draft from %(address)s, fetched on %(day)s.")
    yield "# " + source % {"address": found.link or found.identity[:200], "day": f"{when.day}.{when.month}.{when.year}"}
    yield "# " + _("Read it, change the words, and say under 'publish' when. Without that nothing of it goes out.")
    if place.later is not None:
        yield "# " + _("Then move it, and its picture, to: %(folder)s") % {"folder": place.later}
    yield _EXAMPLE
    if place.organisation:
        yield f"organisations: [{place.organisation}]"
    yield f"title: {_quoted(found.title or first_sentence(found.text))}"
    words = found.text or found.title
    yield from _texts("text", _short(words, _LONGEST), found.language, languages, "")
    if found.link:
        yield f"link: {_quoted(found.link)}"
    has_x = any(account.channel == "x" for one in here for account in one.accounts)
    short = _short(words, _LONGEST_ON_X // max(1, len(languages)))
    if has_x and short != _short(words, _LONGEST):
        yield "x:"
        yield from _texts("text", short, found.language, languages, "  ")
    if picture is not None:
        yield "image:"
        yield f"  file: {_quoted(picture.name)}"
        if found.alt and not looks_like_file_name(found.alt):
            yield f"  alt: {_quoted(found.alt)}"
        else:
            yield "  alt:   # " + _("FILL IN: say in a sentence what the picture shows, for those who do not see it.")


def _texts(name: str, words: str, language: str, languages: list[str], indent: str) -> Iterator[str]:
    """Write a text, in a block where nothing needs quotation marks; in each language where there are several."""
    if len(languages) < 2:
        yield f"{indent}{name}: |"
        yield from _block(words, indent + "  ")
        return
    own = language if language in languages else languages[0]
    yield f"{indent}{name}:"
    for one in languages:
        if one == own:
            yield f"{indent}  {one}: |"
            yield from _block(words, indent + "    ")
        else:
            yield f"{indent}  {one}:   # " + _("FILL IN: the words in this language.")


def _block(words: str, indent: str) -> Iterator[str]:
    for line in words.splitlines() or [""]:
        yield (indent + line).rstrip()


def _short(words: str, most: int) -> str:
    """Keep whole sentences, as many as fit; of one that is too long, its beginning."""
    first = split(words, lambda text: len(text) <= most)[0]
    return first if len(first) <= most else first[: most - 1].rsplit(" ", 1)[0].rstrip() + "\u2026"


def _quoted(words: str) -> str:
    """Write a value so that nothing in it means anything to YAML; JSON's strings are YAML's."""
    return json.dumps(_one_line(words), ensure_ascii=False)


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _free(place: Place, found: Found) -> Path:
    plain = unicodedata.normalize("NFKD", found.title or found.text[:_SLUG]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower())[:_SLUG].strip("-") or "luonnos"
    if place.sure:
        return place.folder / f"{slug}-{hashlib.sha256(found.identity.encode()).hexdigest()[:8]}.yaml"
    number = 1
    while (path := place.folder / f"{slug}{f'-{number}' if number > 1 else ''}.yaml").exists():
        number += 1
    return path


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: nobody, an editor or the daemon, sees half of it."""
    beside = path.with_name(f".{path.name}.tmp")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

"""The pictures that announcements name: inside the queue, regular files, really pictures and whole, with an alt text.

A picture's hash is taken when its file is read; whoever sends the picture reads it again and compares.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from publisher.locale import _
from publisher.model import UNSET, PictureRef, Unset
from publisher.yamlfile import Block, Entry, Items, Node, Scalar, Section, Unreadable, read_bytes
from publisher.yamlfile.reading import did_you_mean, shown

MOST_BYTES = 64_000_000
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|heic|tiff?)", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[A-Za-z]:[\\/]|\\\\|/|\w+://")
"""A drive, a share, the root or a web address."""
_REMEMBERED = 2_000

AltReader = Callable[[Section], Mapping[str, str]]
"""Reads the alt text of a picture's block."""


def inside(path: Path, queue: Path) -> Path:
    """Follow every link on the way. Raises Unreadable for one that ends nowhere, or outside."""
    try:
        real = os.path.realpath(path)
        root = os.path.realpath(queue)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable("missing", _("there is no such file")) from error
    if not real.startswith(root.rstrip("/") + "/"):
        raise Unreadable("outside", _("the file lies outside the folder of announcements"))
    return Path(real)


@dataclass(frozen=True, slots=True)
class _Facts:
    path: Path
    sha256: str
    fault: str
    """Why it is no usable picture: a code of channels.pictures, or nothing."""


@lru_cache(_REMEMBERED)
def _facts(real: Path, _size: int, _changed: int, _inode: int) -> _Facts:
    """Look at a picture once for as long as it stays the same file."""
    # Pillow takes 20 ms to import: only where there is a picture.
    from channels.pictures import PictureError, inspect

    data = read_bytes(real, MOST_BYTES)
    fault = ""
    try:
        inspect(data)
    except PictureError as error:
        fault = error.code
    return _Facts(real, hashlib.sha256(data).hexdigest(), fault)


def _facts_now(path: Path, queue: Path) -> _Facts:
    real = inside(path, queue)
    try:
        state = real.lstat()
    except (OSError, ValueError) as error:
        raise Unreadable("missing", _("there is no such file")) from error
    return _facts(real, state.st_size, state.st_mtime_ns, state.st_ino)


def _as_written(folder: Path, name: str) -> Path:
    """Find a picture whose name has its dots over letters apart, as Macs write them, and ours in one sign; or the other way round."""
    path = folder / name
    if name.isascii() or "\0" in name or os.path.lexists(path):
        return path
    forms = (folder / unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return next((one for one in forms if os.path.lexists(one)), path)


class PictureReader:
    """Reads the pictures of one announcement; `folder` is the one of its file."""

    def __init__(self, folder: Path, queue: Path) -> None:
        self._folder = folder
        self._queue = queue

    def read(self, section: Section, alt: AltReader) -> tuple[PictureRef, ...] | None:
        """Read `images` or `image`. None: neither is there."""
        many, single = section.entry("images"), section.entry("image")
        if many and single:
            section.faults.error(
                single.key,
                "twice",
                _("'image' and 'images' cannot stand together"),
                _("Put every picture into the list 'images'."),
            )
        given = many or single
        if given is None:
            return None
        nodes = given.value.items if isinstance(given.value, Items) else (given.value,)
        if isinstance(given.value, Scalar) and given.value.value is None:
            nodes = ()
        return tuple(one for node in nodes if (one := self._one(section, given, node, alt)) is not None)

    def single(self, section: Section, name: str, alt: AltReader) -> PictureRef | None | Unset:
        """Read one picture under its own name; None: the field is there and empty."""
        given = section.entry(name)
        if given is None:
            return UNSET
        if isinstance(given.value, Scalar) and given.value.value is None:
            return None
        return self._one(section, given, given.value, alt)

    def _one(self, section: Section, given: Entry, node: Node, alt: AltReader) -> PictureRef | None:
        if isinstance(node, Scalar):
            section.faults.error(
                node,
                "not_fields",
                _("a picture needs its file and an alt text"),
                _("Write file: and alt: below '%(field)s', indented.") % {"field": given.name},
            )
            return None
        start = node.entries[0].key.at if isinstance(node, Block) and node.entries else given.key.at
        one = section.of(node, start, given.name)
        file = one.scalar("file", required=True)
        texts = alt(one)
        one.not_yet("captions", "thumbnail")
        one.finish()
        facts = self._check(file, one) if file else None
        if file is None or file.value is None or facts is None:
            return None
        return PictureRef(path=facts.path, name=Path(file.value).name, sha256=facts.sha256, alt=texts)

    def _check(self, file: Scalar, one: Section) -> _Facts | None:
        name = file.value or ""
        try:
            facts = _facts_now(_as_written(self._folder, name), self._queue)
        except Unreadable as why:
            message = _("picture '%(name)s': %(why)s") % {"name": shown(file), "why": why}
            one.faults.error(file, f"picture_{why.code}", message, self._remedy(name, why.code) or why.remedy)
            return None
        if facts.fault:
            message = _("picture '%(name)s': %(why)s") % {"name": shown(file), "why": _why(facts.fault)}
            one.faults.error(file, f"picture_{facts.fault}", message, _mending(facts.fault))
        return facts

    def _remedy(self, name: str, code: str) -> str:
        if code == "outside":
            return _("Copy the picture into the folder of announcements.")
        if code == "too_large":
            return _smaller()
        if code != "missing":
            return ""
        if _ELSEWHERE.match(name):
            return _("Copy the picture into the folder of announcements, and write its path from this file.")
        return _("Write / instead of \\ in paths.") if "\\" in name else self._look_around(name)

    def _look_around(self, name: str) -> str:
        wanted = self._folder / name
        try:
            present = {file.name.casefold(): file.name for file in wanted.parent.iterdir() if file.name != wanted.name}
        except (OSError, ValueError):
            return _("The path starts at the announcement's own folder.")
        guess = difflib.get_close_matches(wanted.name.casefold(), list(present), n=1, cutoff=0.75)
        if guess:
            return did_you_mean(str(Path(name).with_name(present[guess[0]])))
        return _("The path starts at the announcement's own folder.")


def _why(fault: str) -> str:
    return {
        "not_a_picture": _("this is not a JPEG or PNG picture"),
        "heic": _("this is a HEIC picture, which networks do not take"),
        "broken": _("the picture is damaged or was cut off"),
        "animated": _("moving pictures are not possible"),
        "too_many_pixels": _("the picture has too many pixels"),
    }.get(fault, _("the picture is too large"))


def _mending(fault: str) -> str:
    return {
        "heic": _("Open it and save it as a JPEG file. The phone's camera can be set to save JPEG by itself."),
        "broken": _("Copy it again from where it came from, or save it again as a JPEG or PNG file."),
        "animated": _("Save one image of it as a PNG file."),
        "too_many_pixels": _smaller(),
        "too_large": _smaller(),
    }.get(fault, _("Save it again as a JPEG or PNG file."))


def _smaller() -> str:
    return _("Make it smaller; a side of 2,000 pixels is enough.")


def looks_like_file_name(text: str) -> bool:
    """Tell whether an alt text is only the name of a file."""
    return bool(_FILE_NAME.fullmatch(text.strip()))

"""The archive of record: what a municipality published in a year, for its records system, readable without Tiedote.

    posts.jsonl, posts.csv          each delivery: its exact words, pictures' alternative texts and hashes, links, state, the file
    attempts.jsonl, attempts.csv    every request that could make something public, and what became of it
    approvals.jsonl, approvals.csv  who approved which words
    changes.jsonl, changes.csv      what was amended or taken down: the words before and after, by whom and why
    counts.jsonl, counts.csv        the counters of each post as they were read; no resident's words
    pictures/                       what is kept of each picture, named after the hash of the file that was handed in
    manifest.json                   each file with its size, its rows and its SHA-256; SHA256SUMS is the same for `sha256sum -c`

JSON Lines hold everything exactly. CSV is for spreadsheets: nested values as JSON, and nothing in it can run (`cells`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from publisher import cells
from publisher.store import Connection
from publisher.store import archive as stored
from publisher.store.archive import Record, Span

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORMAT = 1

_TABLES: Mapping[str, Callable[[Connection, Span], Iterator[Record]]] = {
    "posts": stored.posts,
    "attempts": stored.attempts,
    "approvals": stored.approvals,
    "changes": stored.changes,
    "counts": stored.counts,
}
_CHUNK = 1 << 20


class AlreadyThere(Exception):
    """An archive is never written over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an archive holds: rows by table, files, and the hash of its manifest, which vouches for all of it."""

    folder: Path
    rows: Mapping[str, int]
    pictures: int
    missing: int
    """Pictures that are named and not kept."""
    sha256: str


def write(conn: Connection, folder: Path, span: Span, zone: tzinfo, about: Mapping[str, str]) -> Written:
    """Write an archive into a folder that is not there yet, whole or not at all; `about` goes into the manifest.

    Raises AlreadyThere, OSError.
    """
    if folder.exists():
        raise AlreadyThere(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "pictures").mkdir(parents=True, mode=0o750)
    try:
        wanted: dict[str, None] = {}
        rows = {name: _write_table(conn, partial, name, span, zone, wanted) for name in _TABLES}
        kept = sum(_write_picture(conn, partial / "pictures", sha256) for sha256 in wanted)
        sha256 = _write_manifest(partial, rows, zone, span, about)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Written(folder=folder, rows=rows, pictures=kept, missing=len(wanted) - kept, sha256=sha256)


def _write_table(conn: Connection, folder: Path, name: str, span: Span, zone: tzinfo, pictures: dict[str, None]) -> int:
    """Write one table in both forms, one row at a time; `pictures` takes the hashes that its rows name."""
    with (
        (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n") as lines,
        (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as table,
    ):
        heading: tuple[str, ...] = ()

        def rows() -> Iterator[tuple[cells.Cell, ...]]:
            for record in _TABLES[name](conn, span):
                pictures.update(dict.fromkeys(_hashes(record.get("post"))))
                told = {key: _told(value, zone) for key, value in record.items()}
                lines.write(json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n")
                yield tuple(_cell(told.get(key)) for key in heading)

        heading = _HEADINGS[name]
        return cells.write_rows(table, heading, rows())


_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "posts": (
        "id",
        "announcement",
        "occurrence",
        "organisation",
        "channel",
        "account",
        "language",
        "state",
        "due_at",
        "published_at",
        "remote_id",
        "url",
        "attempts",
        "error_kind",
        "error_detail",
        "file_title",
        "file_service",
        "file_approved_by",
        "file_content_hash",
        "post",
    ),
    "attempts": ("delivery", "n", "step", "intent_at", "finished_at", "outcome", "kind", "detail", "remote_id"),
    "approvals": ("announcement", "content_hash", "by", "how", "author", "detail", "at"),
    "changes": (
        "delivery",
        "kind",
        "by",
        "why",
        "asked_at",
        "before",
        "after",
        "outcome",
        "kind_of_error",
        "detail",
        "finished_at",
    ),
    "counts": ("delivery", "at", "reactions", "comments", "shares", "quotes", "views", "clicks"),
}


def _told(value: Any, zone: tzinfo) -> Any:  # noqa: ANN401 - any column
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, list | tuple):
        return [_told(one, zone) for one in value]
    if isinstance(value, Mapping):
        return {key: _told(one, zone) for key, one in value.items()}
    return value


def _cell(value: Any) -> cells.Cell:  # noqa: ANN401 - whatever _told gives
    if value is None or isinstance(value, int | str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _hashes(post: Any) -> Iterable[str]:  # noqa: ANN401 - JSON
    if not post:
        return
    for picture in (*post.get("pictures", ()), *filter(None, [post.get("thumbnail")])):
        yield picture["sha256"]


def _write_picture(conn: Connection, folder: Path, sha256: str) -> bool:
    data = stored.picture(conn, sha256)
    if data is None:
        return False
    (folder / sha256).write_bytes(data)
    return True


def _write_manifest(folder: Path, rows: Mapping[str, int], zone: tzinfo, span: Span, about: Mapping[str, str]) -> str:
    files = [
        {
            "file": name,
            "bytes": (folder / name).stat().st_size,
            "sha256": _hash(folder / name),
            **({"rows": rows[name.removesuffix(".jsonl")]} if name.endswith(".jsonl") else {}),
        }
        for name in _files(folder)
    ]
    manifest = {
        "format": FORMAT,
        **about,
        "from": span.start.astimezone(zone).isoformat(),
        "until": span.end.astimezone(zone).isoformat(),
        "files": files,
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    sha256 = _hash(path)
    (folder / SUMS).write_text(_sums(files, sha256), encoding="utf-8")
    for name in (*_files(folder), MANIFEST, SUMS):
        with (folder / name).open("rb") as handle:
            os.fsync(handle.fileno())
    return sha256


def _sums(files: Iterable[Mapping[str, Any]], manifest_sha256: str) -> str:
    sums = [*((one["sha256"], one["file"]) for one in files), (manifest_sha256, MANIFEST)]
    return "".join(f"{digest}  {name}\n" for digest, name in sums)


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name not in {MANIFEST, SUMS})


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


# Verifying


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How an archive stands to its manifest. Names of files, relative to its folder."""

    files: int
    sha256: str
    changed: tuple[str, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())
    added: tuple[str, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether it is as it was written."""
        return not (self.changed or self.missing or self.added)


class NoArchive(Exception):
    """A folder has no manifest that can be read; the text says why."""


def verify(folder: Path) -> Verdict:
    """Compare an archive with its manifest. Raises NoArchive."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        told = {str(one["file"]): one for one in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoArchive(str(error)) from error
    here, sha256, sums = _files(folder), _hash(path), folder / SUMS
    missing = told.keys() - set(here)
    changed = [name for name in here if name in told and not _is_as_told(folder / name, told[name])]
    if not sums.is_file():
        missing |= {SUMS}
    elif sums.read_bytes() != _sums(told.values(), sha256).encode():
        changed.append(SUMS)  # Or the manifest, of which it has the hash.
    return Verdict(
        files=len(told),
        sha256=sha256,
        changed=tuple(changed),
        missing=tuple(sorted(missing)),
        added=tuple(name for name in here if name not in told),
    )


def _is_as_told(path: Path, told: Mapping[str, Any]) -> bool:
    if path.stat().st_size != told.get("bytes") or _hash(path) != told.get("sha256"):
        return False
    if "rows" not in told:
        return True
    with path.open(encoding="utf-8") as lines:
        return bool(sum(1 for line in lines if json.loads(line)) == told["rows"])

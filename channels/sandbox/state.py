"""What the networks hold: posts, comments, uploads, containers. In memory, and in one SQLite file if a folder is given.

The file is written at the end of each request, before its answer leaves, so that killing the sandbox loses nothing that was answered. It is
not made to survive a power cut (`synchronous=OFF`): it holds rehearsals.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_EPOCH_X = 1288834974657
"""Milliseconds at which X's ids begin."""


@dataclass(slots=True, kw_only=True)
class Picture:
    """A picture as the network holds it: what was uploaded, and the alternative text residents get."""

    blob: str
    alt: str
    width: int
    height: int
    format: str
    size: int
    cropped: bool = False


@dataclass(slots=True, kw_only=True)
class Post:
    """One post. `text` is what residents see, `source` what was sent; times in seconds since 1970.

    `title`, `description`, `thumbnail`: of the link's card. `published` None: a draft, or refused after it was taken. `memo`: what only its
    network knows. `question` and `options`: of a poll; the question is None where the network has no place for it.
    """

    id: str
    network: str
    author: str
    author_name: str
    own: bool
    text: str
    source: str
    created: float
    published: float | None = None
    deleted: float | None = None
    edited: float | None = None
    link: str | None = None
    title: str | None = None
    description: str | None = None
    thumbnail: Picture | None = None
    pictures: list[Picture] = field(default_factory=list)
    question: str | None = None
    options: list[str] = field(default_factory=list)
    reactions: dict[str, str] = field(default_factory=dict)
    sharers: list[str] = field(default_factory=list)
    views: int = 0
    clicks: int = 0
    reply_to: str | None = None
    quotes: str | None = None
    memo: dict[str, str] = field(default_factory=dict)

    @property
    def visible(self) -> bool:
        """Whether residents see it now; of a post that was edited on X, its newest version."""
        return self.published is not None and self.deleted is None and "next" not in self.memo


@dataclass(slots=True, kw_only=True)
class Remark:
    """A comment or a reply under a post (on X these are posts). `anonymous`: the network does not tell who wrote it."""

    id: str
    network: str
    post: str
    parent: str | None
    author: str
    author_name: str
    own: bool
    text: str
    created: float
    deleted: float | None = None
    edited: float | None = None
    hidden: bool = False
    anonymous: bool = False
    likes: list[str] = field(default_factory=list)
    attributes: list[dict[str, Any]] = field(default_factory=list)
    """Whom its words mention, where the network has that beside the words."""


@dataclass(slots=True, kw_only=True)
class Upload:
    """A picture that was uploaded for later use. `picture` None: announced, its bytes have not come."""

    id: str
    network: str
    account: str
    created: float
    picture: Picture | None = None
    arrived: float | None = None
    post: str | None = None
    deleted: float | None = None
    broken: bool = False
    memo: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Container:
    """An Instagram container: a post that waits to be published."""

    id: str
    account: str
    created: float
    ready: float
    caption: str = ""
    child: bool = False
    children: list[str] = field(default_factory=list)
    picture: Picture | None = None
    media: str | None = None


Thing = Post | Remark | Upload | Container
_KINDS: dict[str, type[Thing]] = {"post": Post, "remark": Remark, "upload": Upload, "container": Container}


class World:
    """All things of all networks, by id. Not locked: the sandbox lets one request in at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """Hold everything in memory, and in `folder` too if one is given; what is there already is taken up."""
        self.posts: dict[str, Post] = {}
        self.remarks: dict[str, Remark] = {}
        self.uploads: dict[str, Upload] = {}
        self.containers: dict[str, Container] = {}
        self._blobs: dict[str, bytes] = {}
        self._remarks_of: dict[str, list[str]] = {}
        self._posts_of: dict[tuple[str, str], list[Post]] = {}
        self._answers_to: dict[str, list[Post]] = {}
        self._sequence = 0
        self._dirty: dict[str, Thing] = {}
        self._new_blobs: list[str] = []
        self._folder = folder
        self._open_file: sqlite3.Connection | None = None
        self.notes: dict[str, str] = {}
        if (file := self._file()) is not None:
            self._load(file)

    def add(self, thing: Thing) -> None:
        """Take a new thing in."""
        self._place(thing)
        self.touch(thing)

    def touch(self, thing: Thing) -> None:
        """Note that a thing changed, so that `flush` writes it."""
        if self._folder is not None:
            self._dirty[thing.id] = thing

    def flush(self) -> None:
        """Write what changed since the last time, in one transaction."""
        if not (self._dirty or self._new_blobs) or (file := self._file()) is None:
            return
        rows = [(key, _kind(thing), json.dumps(asdict(thing))) for key, thing in self._dirty.items()]
        blobs = [(key, self._blobs[key]) for key in self._new_blobs]
        with file:
            file.executemany("INSERT OR REPLACE INTO blob VALUES (?, ?)", blobs)
            file.executemany(
                "INSERT INTO thing (id, kind, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                rows,
            )
            file.execute("INSERT OR REPLACE INTO note VALUES ('sequence', ?)", (str(self._sequence),))
        self._dirty.clear()
        self._new_blobs.clear()

    def clear(self) -> None:
        """Forget everything."""
        for held in (self.posts, self.remarks, self.uploads, self.containers, self._blobs, self._dirty):
            held.clear()
        for index in (self._remarks_of, self._posts_of, self._answers_to):
            index.clear()
        self._new_blobs.clear()
        if (file := self._file()) is not None:
            file.executescript("BEGIN; DELETE FROM thing; DELETE FROM blob; COMMIT;")

    def close(self) -> None:
        """Write what is left and give the file back; the next change opens it again."""
        self.flush()
        if self._open_file is not None:
            self._open_file.close()
            self._open_file = None

    def note(self, key: str, value: str) -> None:
        """Keep a word about the sandbox itself."""
        self.notes[key] = value
        if (file := self._file()) is not None:
            with file:
                file.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, value))

    def store(self, data: bytes) -> str:
        """Keep bytes; the same bytes are kept once. Returns their key."""
        key = hashlib.sha256(data).hexdigest()[:32]
        if key not in self._blobs:
            self._blobs[key] = data
            if self._folder is not None:
                self._new_blobs.append(key)
        return key

    def blob(self, key: str) -> bytes | None:
        """Give bytes back."""
        return self._blobs.get(key)

    def posts_of(self, network: str, author: str) -> list[Post]:
        """List everything an author ever posted, drafts and deleted posts too, in the order of making."""
        return self._posts_of.get((network, author), [])

    def answers_to(self, post: str) -> list[Post]:
        """List the visible posts that answer or quote a post (X alone has them), oldest first."""
        return [answer for answer in self._answers_to.get(post, ()) if answer.visible]

    def remarks_of(self, post: str) -> Iterator[Remark]:
        """List what was written under a post and not deleted, oldest first."""
        for key in self._remarks_of.get(post, ()):
            remark = self.remarks[key]
            if remark.deleted is None:
                yield remark

    def number(self) -> int:
        """Give a number that was never given before."""
        self._sequence += 1
        return self._sequence

    def snowflake(self, stamp: float, epoch: int = _EPOCH_X) -> str:
        """Make an id that sorts by time, as X's and LinkedIn's do (LinkedIn's begin in 1970)."""
        return str(((int(stamp * 1000) - epoch) << 22) | (self.number() & 0x3FFFFF))

    def _place(self, thing: Thing) -> None:
        match thing:
            case Post():
                self.posts[thing.id] = thing
                self._posts_of.setdefault((thing.network, thing.author), []).append(thing)
                for target in {thing.reply_to, thing.quotes} - {None}:
                    self._answers_to.setdefault(str(target), []).append(thing)
            case Remark():
                self.remarks[thing.id] = thing
                self._remarks_of.setdefault(thing.post, []).append(thing.id)
            case Upload():
                self.uploads[thing.id] = thing
            case Container():
                self.containers[thing.id] = thing

    def _load(self, file: sqlite3.Connection) -> None:
        for _, kind, body in file.execute("SELECT id, kind, body FROM thing ORDER BY rowid"):
            self._place(_KINDS[kind](**_revived(json.loads(body))))
        self._blobs.update(file.execute("SELECT id, data FROM blob"))
        self.notes.update(file.execute("SELECT id, body FROM note"))
        self._sequence = int(self.notes.get("sequence", "0"))

    def _file(self) -> sqlite3.Connection | None:
        if self._open_file is None and self._folder is not None:
            self._open_file = _open(self._folder)
        return self._open_file


def _open(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    file = sqlite3.connect(folder / "sandbox.db", check_same_thread=False)
    file.executescript(
        """PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
        CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS blob (id TEXT PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS note (id TEXT PRIMARY KEY, body TEXT NOT NULL);"""
    )
    return file


def _kind(thing: Thing) -> str:
    return type(thing).__name__.lower()


def _revived(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("picture"):
        body["picture"] = Picture(**body["picture"])
    if body.get("thumbnail"):
        body["thumbnail"] = Picture(**body["thumbnail"])
    if "pictures" in body:
        body["pictures"] = [Picture(**item) for item in body["pictures"]]
    return body

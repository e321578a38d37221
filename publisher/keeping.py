"""Keeps residents' words no longer than allowed, and forgets a person who asks.

    purge    by `purging`
    who      finds the comments of one person: by comment, pseudonym, the network's id, or a name
    forget   empties them, remembers only a keyed hash so that they never come back, has waiting mails written anew, and takes pages away
    prove    looks for what was erased, byte by byte, in every file of ours that could hold it

The rows stay, empty, so that no count changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from channels.base import Comment, Comments
from channels.errors import ChannelError
from publisher import budget
from publisher.budget import Use
from publisher.collection import Pool, rationed
from publisher.config import Config, configured
from publisher.mail.waiting import mails_in, written_with
from publisher.pseudonyms import KEY, digest, is_veiled, pseudonym, veiled
from publisher.purging import Purger
from publisher.retention import RULES
from publisher.store import Connection, Store, accounts, budgets, care, engagement, meta
from publisher.store.accounts import AccountState
from publisher.store.care import Said
from publisher.store.copies import BadCopy, copies_of, copy_without_words, must_be_cleaned
from publisher.store.replies import Addressed

_SHORTEST = 12
"""Bytes. Shorter words are found by chance."""

_PIECE = 48
"""Bytes of a long text that are looked for at its beginning, its middle and its end: a piece may be left where the whole is not."""

_CHUNK = 1 << 22

_SUMMARY = "<report."
"""How a summary's Message-ID begins; other mails quote nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of one person: their comments, and what stands for them on each account. `unread`: accounts that could not be asked."""

    said: tuple[Said, ...]
    authors: frozenset[tuple[int, str]] = field(default=frozenset(), repr=False)
    mentioned: tuple[int, ...] = ()
    """Others' comments, by id, that have the name in their words."""
    unread: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What looking for erased words told. `files` and `size` (bytes) were read; `left` are files that still have some."""

    files: int
    size: int
    words: int
    """How many pieces were looked for."""
    left: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What forgetting did; `traces` is what must not be found any more."""

    comments: int
    mails: int
    copies: int
    before: dict[str, int]
    after: dict[str, int]
    traces: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A comment's words as its network has them now; None: it could not be asked, or has none. `gone`: it is not there any more."""

    text: str | None = field(repr=False)
    gone: bool = False
    error: ChannelError | None = None


class Keeper(Purger):
    """Erases, and looks for what was erased. Thread-safe: all state is in the database."""

    def __init__(self, store: Store, channels: Pool, config: Config) -> None:
        """`channels` lends a connected channel for an account."""
        super().__init__(store, config)
        self._channels = channels

    # Who it is

    def who(self, names: Sequence[str], now: datetime, *, ask: bool = False) -> Person:
        """Find one person's comments by all that they go by; with `ask` the networks are read once more for whoever has such a name."""
        wanted = [wanted_by(name) for name in names]
        with self._store.write() as conn:  # the key may have to be made
            key = meta.secret_key(conn, KEY, now)
            known = accounts.list_accounts(conn)
            named = care.find_said(conn, ids=[one.comment for one in wanted if one.comment is not None])
        search = _Search(wanted, known, key, frozenset((one.account_id, one.remote_id) for one in named))
        unread = self._ask(search, now) if ask else ()
        with self._store.read() as conn:
            first = care.find_said(
                conn,
                ids=[one.comment for one in wanted if one.comment is not None],
                authors=search.authors,
                names=search.names,
                pseudonyms=search.names,
            )
            for said in first:
                search.take(said)
            for account_id, remote_ids in search.met().items():
                search.comments |= {one.id for one in care.find_remote(conn, account_id, remote_ids)}
            mine = care.find_said(conn, ids=search.comments, authors=search.authors)
            mentioned = {comment for name in search.names if len(name) > 3 for comment in care.mentioned_in(conn, name)}
        return Person(
            said=mine,
            authors=frozenset(search.authors),
            mentioned=tuple(sorted(mentioned - {one.id for one in mine})),
            unread=unread,
        )

    def _ask(self, search: _Search, now: datetime) -> tuple[tuple[str, str, str], ...]:
        unread = []
        here = configured(self._config)
        for account in search.known:
            if account.key not in here or not search.looks_at(account):
                continue
            with self._store.read() as conn:
                posts = engagement.tracked_posts(conn, account.id, now - self._config.collection.track_for)
                standing = budgets.standing(conn, account.id, now)
            remote_ids = [one for post in posts for one in (post.remote_id, *post.parts)]
            try:
                with (
                    self._channels(here[account.key]) as channel,
                    rationed(channel, budget.calls_left(standing, Use.COLLECT)),
                ):
                    found = channel.comments(remote_ids) if remote_ids else Comments()
            except ChannelError:
                unread.append(account.key)
                continue
            if found.unread:
                unread.append(account.key)
            for comment in found.items:
                search.recognise(account, comment)
        return tuple(unread)

    # Opening

    def open(self, comment: Addressed, now: datetime) -> Opened:
        """Read a comment's words from its network, for somebody who looks at them now; nothing is stored."""
        if is_veiled(comment.target.remote_id):
            return Opened(text=None, gone=True)
        with self._store.read() as conn:
            account = accounts.get_account(conn, comment.account_id)
            standing = budgets.standing(conn, account.id, now)
        here = configured(self._config).get(account.key)
        if here is None or budget.wait_for(standing, Use.COLLECT) is not None:
            return Opened(text=None)
        try:
            with (
                self._channels(here) as channel,
                rationed(channel, budget.calls_left(standing, Use.COLLECT)),
            ):
                found = channel.comments([comment.target.post_id])
                usage = channel.usage()
        except ChannelError as error:
            return Opened(text=None, error=error)
        with self._store.write() as conn:
            budgets.note(conn, account.id, usage, now)
        text = next((one.text for one in found.items if one.remote_id == comment.target.remote_id), None)
        return Opened(text=text, gone=text is None and comment.target.post_id in found.complete)

    # Forgetting

    def forget(self, person: Person, now: datetime, by: str) -> Forgotten:
        """Empty a person's comments for good. What stays in the file's gaps goes when it is written anew; `prove` then looks.

        Files go first and the comments last: whoever dies on the way finds the person anew, and all that is left of them.
        """
        with self._store.write() as conn:
            key = meta.secret_key(conn, KEY, now)
            names = {(one.account_id, one.remote_id): veiled(key, one.account_id, one.remote_id) for one in person.said}
            digests = [
                *(digest(key, account_id, author) for account_id, author in person.authors),
                *(digest(key, account_id, remote_id) for account_id, remote_id in names),
            ]
            care.remember_forgotten(conn, digests, now)
            mails = self._write_again(conn, person, now)
        self._take_away(mails)
        copies = self._clean_copies([one.remote_id for one in person.said])
        with self._store.write() as conn:
            before = care.count_residents(conn)
            said = {one.id: names[one.account_id, one.remote_id] for one in person.said}
            care.forget(conn, said, names, now)
            late = self._write_again(conn, person, now)  # by a daemon that went on meanwhile
            after = care.count_residents(conn)
            care.note(
                conn, by=by, action="forget", numbers={"comments": len(said), "mails": len(mails | late)}, now=now
            )
        self._take_away(late)
        self._clear(now)
        return Forgotten(
            comments=len(said),
            mails=len(mails | late),
            copies=copies,
            before=before,
            after=after,
            traces=frozenset(_traces(person)),
        )

    def _write_again(self, conn: Connection, person: Person, now: datetime) -> set[Path]:
        """Find the summaries that lie in a folder and quote the person; they are written anew if they were for somebody."""
        found = written_with(self._mails_in_folders(), [said.text for said in person.said if said.text])
        ours = {path: message_id for path, message_id in found.items() if message_id.startswith(_SUMMARY)}
        care.mail_again(conn, list(ours.values()), now)
        return set(ours)

    def _take_away(self, mails: Iterable[Path]) -> None:
        for path in (*mails, *self._pages()):
            path.unlink(missing_ok=True)

    def _clean_copies(self, remote_ids: Sequence[str]) -> int:
        """Take these comments out of every copy, and the words that copies of an earlier version have; returns how many were touched."""
        cleaned = 0
        for copy in self._copies():
            with suppress(BadCopy):  # what is damaged cannot be cleaned; `prove` reads it all the same
                if must_be_cleaned(copy, remote_ids):
                    copy_without_words(copy, copy, without=remote_ids, knowing=self._store.path)
                    cleaned += 1
        return cleaned

    def _mails_in_folders(self) -> list[Path]:
        """Name the mails that lie where mails become files, now or before the configuration named another door."""
        mail = self._config.mail
        chosen = None if mail is None or self._config.sandbox else mail.folder
        folders = {self._config.var / "mails", chosen or self._config.var / "mails"}
        return [path for folder in sorted(folders) for path in mails_in(folder)]

    def _copies(self) -> tuple[Path, ...]:
        return copies_of(self._store.path, self.backups) if self._store.path is not None else ()

    # Proving

    def prove(self, forgotten: Forgotten) -> Proof:
        """Read the database's file, its log, every copy and every waiting mail, and look for what was erased."""
        with self._store.read() as conn:
            traces = [one for one in forgotten.traces if not care.still_said(conn, one)]
        pieces = [piece for one in traces for piece in _pieces(one)]
        path = self._store.path
        files = [] if path is None else [path, *(path.with_name(path.name + end) for end in ("-wal", "-journal"))]
        mails = self._mails_in_folders()
        quoting = written_with(mails, traces)
        files += [*self._copies(), *self._unfinished(), *mails, *self._pages()]
        size, left, read = 0, [], 0
        for file in files:
            if not file.is_file():
                continue
            read += 1
            size += file.stat().st_size
            if file in quoting or _holds(file, pieces):
                left.append(file)
        return Proof(files=read, size=size, words=len(pieces), left=tuple(left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One thing that a person goes by. `channel` None: on any network."""

    channel: str | None = None
    comment: int | None = None
    names: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def has_id(self) -> bool:
        """Whether it is what a network itself calls somebody; handles and names are not, and lead only to what was kept with them."""
        return self.channel is not None and any(_ID.fullmatch(name) for name in self.names)


_ID = re.compile(r"\d{5,}|urn:li:\w+:.+")
_HOSTS = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "instagram.com": "instagram",
    "x.com": "x",
    "twitter.com": "x",
    "linkedin.com": "linkedin",
}
_NOBODY = frozenset({"", "in", "people", "profile.php", "p", "pub"})


def wanted_by(name: str) -> Wanted:
    """Read what a person goes by: `c-12`, a pseudonym, NETWORK:NAME, a profile's address or id, or a name."""
    name = name.strip()
    if found := re.fullmatch(r"c-(\d{1,18})", name):
        return Wanted(comment=int(found[1]))
    if re.match(r"https?://", name):
        return _from_address(name)
    if name.startswith("urn:li:"):
        return Wanted(channel="linkedin", names=frozenset({name}))
    network, colon, rest = name.partition(":")
    network = {"twitter": "x"}.get(network.casefold(), network.casefold())
    if colon and network in RULES:
        return Wanted(channel=network, names=_spellings(rest))
    return Wanted(names=_spellings(name))


def _from_address(address: str) -> Wanted:
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("fi.")
    names = {unquote(one) for one in parts.path.split("/")} | set(parse_qs(parts.query).get("id", []))
    spelt = frozenset(spelling for one in names - _NOBODY for spelling in _spellings(one))
    return Wanted(channel=_HOSTS.get(host), names=spelt)


def _spellings(name: str) -> frozenset[str]:
    bare = name.strip().removeprefix("@")
    return frozenset({bare, bare.casefold()} - {""})


@dataclass(slots=True)
class _Search:
    """A search under way: what is known of the person so far. `authors`: (account, pseudonym); `named`: comments, by account and id there.

    `read`: which pseudonym wrote which comment, as the networks told when they were asked: of an old one that may be kept nowhere here.
    """

    wanted: Sequence[Wanted]
    known: Sequence[AccountState]
    key: bytes = field(repr=False)
    named: frozenset[tuple[int, str]] = frozenset()
    authors: set[tuple[int, str]] = field(init=False, repr=False)
    comments: set[int] = field(init=False)
    read: dict[tuple[int, str], str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.read = {}
        self.comments = {one.comment for one in self.wanted if one.comment is not None}
        self.authors = set()
        for one in self.wanted:
            for name in one.names:
                self._add(one.channel, name)

    @property
    def names(self) -> list[str]:
        return sorted({name for one in self.wanted for name in one.names})

    def looks_at(self, account: AccountState) -> bool:
        """Tell whether an account is worth asking: one of the comments is there, or somebody may have one of the names."""
        by_name = any(one.names and one.channel in {None, account.channel} for one in self.wanted)
        return by_name or any(account_id == account.id for account_id, _remote_id in self.named)

    def take(self, said: Said) -> None:
        """Take a comment in that was found, if it is on the network that was meant, and its author with it."""
        if said.id in self.comments or (said.account_id, said.author_key) in self.authors or self._named(said):
            self.comments.add(said.id)
            if said.author_key is not None:
                self.authors.add((said.account_id, said.author_key))

    def _named(self, said: Said) -> bool:
        called = {said.author_key, said.author_name, (said.author_name or "").casefold()}
        return any(one.channel in {None, said.channel} and called & one.names for one in self.wanted)

    def recognise(self, account: AccountState, comment: Comment) -> None:
        """Compare who wrote a comment on a network with whom we look for; of a named one the author may not be kept any more."""
        author = pseudonym(self.key, account.id, comment.author_id)
        if comment.author_id is None or author is None or comment.own:
            return
        self.read[account.id, comment.remote_id] = author
        called = {comment.author_id, (comment.author_name or "").casefold()}
        if (account.id, comment.remote_id) in self.named or self._means(account.channel, called):
            self._add(account.channel, comment.author_id)

    def met(self) -> dict[int, list[str]]:
        """Give the person's comments that were read just now, by account."""
        found: dict[int, list[str]] = {}
        for (account_id, remote_id), author in self.read.items():
            if (account_id, author) in self.authors:
                found.setdefault(account_id, []).append(remote_id)
        return found

    def _means(self, channel: str, called: set[str]) -> bool:
        return any(one.channel in {None, channel} and called & one.names for one in self.wanted)

    def _add(self, channel: str | None, author_id: str) -> None:
        for account in self.known:
            if channel in {None, account.channel} and (found := pseudonym(self.key, account.id, author_id)):
                self.authors.add((account.id, found))


def _traces(person: Person) -> Iterable[str]:
    for said in person.said:
        yield from (one for one in (said.text, said.author_name, said.author_key, said.remote_id, said.url) if one)


def _pieces(words: str) -> Iterable[bytes]:
    whole = words.encode("utf-8", "surrogatepass")
    if len(whole) <= _PIECE or " " not in words:  # addresses begin alike
        return [whole] if len(whole) >= _SHORTEST else []
    middle = (len(whole) - _PIECE) // 2
    return [whole[:_PIECE], whole[middle : middle + _PIECE], whole[-_PIECE:]]


def _holds(file: Path, pieces: Sequence[bytes]) -> bool:
    """Read a file a few megabytes at a time, and look for any of some pieces."""
    before, longest = b"", max(map(len, pieces), default=0)
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            here = before + chunk
            if any(piece in here for piece in pieces):
                return True
            before = here[-longest:] if longest else b""
    return False

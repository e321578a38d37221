"""Who approved which words of an announcement; rows are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from publisher.store.models import ApprovalRow
from publisher.store.upsert import insert_for

_APPROVALS = ApprovalRow.__table__  # type: ignore[attr-defined]  # SQLModel gives it at run time


class How(StrEnum):
    """How somebody approved."""

    FILE = "file"
    """By a name under `approved_by`."""
    COMMAND = "command"
    """By `tiedote approve`."""
    MERGE = "merge"
    """By bringing the words onto the branch that the queue follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That somebody approved the words with this hash.

    `author`: who wrote them, where that is known. `detail`: the system account that gave the command, or the commit.
    """

    announcement: str
    content_hash: str
    by: str
    how: How
    author: str | None = None
    detail: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """All of them, as planning asks for them."""

    of_words: Mapping[tuple[str, str], Approval]
    """By announcement and hash: by command or merge, the first one."""
    named: Mapping[tuple[str, str], frozenset[str]]
    """By announcement and name in its file: the words with which the name was first read."""
    latest: Mapping[str, Approval]
    """By announcement: the newest one, whatever its words."""


def known(conn: Connection) -> Approvals:
    """Return every approval."""
    of_words: dict[tuple[str, str], Approval] = {}
    named: dict[tuple[str, str], frozenset[str]] = {}
    latest: dict[str, Approval] = {}
    for row in conn.execute(select(_APPROVALS).order_by(_APPROVALS.c.id)):
        values = {name: getattr(row, name) for name in Approval.__dataclass_fields__}
        one = Approval(**{**values, "how": How(row.how)})
        latest[one.announcement] = one
        if one.how is How.FILE:
            key = (one.announcement, one.by)
            named[key] = named.get(key, frozenset()) | {one.content_hash}
        else:
            of_words.setdefault((one.announcement, one.content_hash), one)
    return Approvals(of_words=of_words, named=named, latest=latest)


def add(conn: Connection, approval: Approval) -> bool:
    """Note an approval; False if this person approved these words in this way already."""
    values = {name: getattr(approval, name) for name in Approval.__dataclass_fields__}
    row = insert_for(conn, _APPROVALS).values(**values).on_conflict_do_nothing()
    return conn.execute(row.returning(_APPROVALS.c.id)).first() is not None

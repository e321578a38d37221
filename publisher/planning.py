"""The planning worker: what the queue says becomes deliveries, and what changes in it changes what has not yet gone out.

new file                      its deliveries, unless the account is younger than the file's last edit
edited                        what nothing was sent of takes the new words and time; what is out stays, people are told
                              unless the announcement comes round again with the new words
an occurrence long past       neither noted nor brought back: nobody asked for what a repeat has left behind
renamed, same content         the deliveries go with it
faulty now                    what waits of it is held, its author hears of it
missing                       nothing of it is sent; after `cancel_after` it is cancelled; over half of the queue at once:
                              nothing is cancelled, people are told
back again                    what was cancelled for it is revived
account out of configuration  what waits for it is held
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.model import UNSET, WAITING, Announcement, Plan, Problem, Repeat, State
from publisher.store import Connection, Store, accounts, announcements
from publisher.store import deliveries as rows
from publisher.store.accounts import AccountState
from publisher.store.announcements import Content, KnownFile
from publisher.store.deliveries import FrozenPost, Key, NewDelivery, PictureNote, PlannedRow
from publisher.store.notices import NoticeKind, raise_notice

_COMES_BACK = frozenset({"file_broken", "picture_changed", "account_removed", "file_gone", "left_out"})
"""Why a delivery was held or cancelled by planning itself: it revives when the reason is gone."""

_OVER = frozenset({State.CANCELLED, State.MISSED, State.EXPIRED, State.FAILED})
"""Ended without being out: an edit may begin it anew."""

_SHORT = 80

AccountKey = tuple[str, str, str]
Audience = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The queue as it was read: composed announcements, files with faults, and who hears of them."""

    announcements: tuple[Announcement, ...]
    plans: Mapping[str, tuple[Plan, ...]]
    problems: Mapping[str, tuple[Problem, ...]]
    readable: bool
    accounts: tuple[AccountKey, ...]
    alerts_to: Audience
    contacts: Mapping[str, Audience]
    """Announcement key to those who hear of it, `alerts_to` included."""
    unsettled: frozenset[str] = frozenset()
    """Files that somebody may still be writing: they were not read, and nothing of them is sent meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What a reading of the queue changed."""

    added: int = 0
    changed: int = 0
    cancelled: int = 0
    held: int = 0
    rejected: int = 0
    half_gone: bool = False
    unsettled: int = 0
    """Files that were left for the next reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The limits that planning needs."""

    cancel_after: timedelta
    late_limit: timedelta


def take_in(store: Store, reading: Reading, times: Times, now: datetime) -> PlanReport:
    """Bring the database in line with the queue, in one transaction."""
    with store.write() as conn:
        known_accounts = accounts.remember_accounts(conn, reading.accounts, now)
        if not reading.readable:
            return PlanReport()
        half_gone = _take_in_files(conn, reading, times, now)
        return _take_in_deliveries(conn, reading, known_accounts, times, now, half_gone=half_gone)


# ---------------------------------------------------------------- files


def _take_in_files(conn: Connection, reading: Reading, times: Times, now: datetime) -> bool:
    known = announcements.known_files(conn)
    present = {announcement.key: announcement for announcement in reading.announcements}
    broken = {file.key for file in known.values() if file.file in reading.problems and file.key not in present}
    _rename(conn, known, present, broken, reading.unsettled)
    known = announcements.known_files(conn)
    for key, announcement in present.items():
        _take_in_file(conn, known.get(key), announcement, now)
    announcements.mark_broken(conn, broken)
    unsettled = {file.key for file in known.values() if file.file in reading.unsettled and file.key not in present}
    announcements.hold_back(conn, unsettled, held=True)
    _tell_of_faults(conn, reading, known, now)
    return _take_in_missing(conn, reading, set(present) | broken | unsettled, times, now)


def _rename(
    conn: Connection,
    known: Mapping[str, KnownFile],
    present: Mapping[str, Announcement],
    broken: set[str],
    unsettled: frozenset[str],
) -> None:
    vanished = {
        file.content_hash: file.key
        for file in known.values()
        if file.key not in present and file.key not in broken and file.file not in unsettled
    }
    for key, announcement in present.items():
        old = vanished.pop(announcement.content_hash, None) if key not in known else None
        if old is not None:
            announcements.rename(conn, old, key)


def _take_in_file(conn: Connection, known: KnownFile | None, announcement: Announcement, now: datetime) -> None:
    content = _content(announcement)
    if known is None:
        announcements.add(conn, content, now)
        return
    edited = known.content_hash != announcement.content_hash
    as_known = (known.file, known.contact, known.approved_by) == (content.file, content.contact, content.approved_by)
    if edited or known.held_back or known.missing_since or known.broken or not as_known:
        announcements.change(conn, content, edited_at=now if edited else known.edited_at)


def _content(announcement: Announcement) -> Content:
    top = announcement.top
    return Content(
        key=announcement.key,
        file=announcement.file,
        title=next(iter(top.title.values()), None) if isinstance(top.title, Mapping) else None,
        service=top.service if top.service is not UNSET else None,
        contact=top.contact if top.contact is not UNSET else None,
        approved_by=top.approved_by if top.approved_by is not UNSET else None,
        content_hash=announcement.content_hash,
        source=announcement.source,
    )


def _tell_of_faults(conn: Connection, reading: Reading, known: Mapping[str, KnownFile], now: datetime) -> None:
    by_file = {file.file: file for file in known.values()}
    for file, problems in reading.problems.items():
        faults = [problem for problem in problems if not problem.warning]
        if not faults:
            continue
        words = "\n".join(f"{fault.position.line}:{fault.position.column}: {fault.message}" for fault in faults)
        digest = hashlib.sha256(words.encode()).hexdigest()[:12]
        known_file = by_file.get(file)
        audience = reading.contacts.get(known_file.key, reading.alerts_to) if known_file else reading.alerts_to
        raise_notice(
            conn,
            cause=f"rejected:{file}:{digest}",
            kind=NoticeKind.REJECTED,
            params={"file": file, "faults": words, "count": str(len(faults))},
            recipients=list(audience),
            now=now,
            once=True,
        )


def _take_in_missing(conn: Connection, reading: Reading, there: set[str], times: Times, now: datetime) -> bool:
    """Mark what is missing, cancel what has been for long enough; tell whether over half of the queue is gone at once."""
    live = [file for file in announcements.known_files(conn).values() if file.gone_at is None]
    missing = [file for file in live if file.key not in there]
    fresh = [file.key for file in missing if file.missing_since is None]
    announcements.mark_missing(conn, fresh, now)
    half_gone = len(missing) * 2 > len(live)
    announcements.hold_back(conn, [file.key for file in missing], held=not half_gone)
    if half_gone:
        names = ", ".join(sorted(file.file for file in missing)[:10])
        raise_notice(
            conn,
            cause="queue_gone",
            kind=NoticeKind.QUEUE_GONE,
            params={"missing": str(len(missing)), "known": str(len(live)), "files": names},
            recipients=list(reading.alerts_to),
            now=now,
        )
        return True
    over = [file.key for file in missing if file.missing_since and now - file.missing_since >= times.cancel_after]
    announcements.mark_gone(conn, over, now)
    return False


# ---------------------------------------------------------------- deliveries


def _take_in_deliveries(
    conn: Connection,
    reading: Reading,
    known_accounts: Mapping[AccountKey, AccountState],
    times: Times,
    now: datetime,
    *,
    half_gone: bool,
) -> PlanReport:
    files = announcements.known_files(conn)
    existing = rows.planned(conn)
    repeats = {announcement.key: announcement.repeat for announcement in reading.announcements if announcement.repeat}
    wanted = {
        _key(plan): plan
        for plans in reading.plans.values()
        for plan in plans
        if plan.announcement not in repeats or not _is_history(plan, existing.get(_key(plan)), times, now)
    }
    new: list[NewDelivery] = []
    changed = 0
    for key, plan in wanted.items():
        account = known_accounts[key.organisation, key.channel, key.account]
        row = existing.get(key)
        if row is None:
            if files[key.announcement].edited_at >= account.first_seen:
                new.append(_new_delivery(plan, account.id, times, now))
        elif _take_in_change(conn, row, _new_delivery(plan, account.id, times, now, row.due_at), now):
            changed += 1
        elif (
            files[key.announcement].edited_at == now
            and not _comes_again(repeats.get(key.announcement), now)
            and _was_edited_after(row, plan)
        ):
            _tell_edited(conn, row, reading, now)
    rows.add(conn, new, now)
    held, cancelled = _take_in_unwanted(conn, reading, files, existing, wanted, now)
    return PlanReport(
        added=len(new),
        changed=changed,
        cancelled=cancelled,
        held=held,
        rejected=sum(any(not p.warning for p in problems) for problems in reading.problems.values()),
        half_gone=half_gone,
        unsettled=len(reading.unsettled),
    )


def _is_history(plan: Plan, row: PlannedRow | None, times: Times, now: datetime) -> bool:
    """Tell whether an occurrence was due longer ago than `late_limit` and is no longer at work."""
    if plan.due_at is None or now - plan.due_at < times.late_limit:
        return False
    if row is None:
        return plan.occurrence > 1
    if row.state in WAITING:
        # An edit of the dates has moved it into the past.
        return plan.occurrence > 1 and row.due_wall != plan.due_wall
    return row.state in _OVER


def _comes_again(repeat: Repeat | None, now: datetime) -> bool:
    return repeat is not None and (repeat.until is None or repeat.until > now)


def _take_in_change(conn: Connection, row: PlannedRow, new: NewDelivery, now: datetime) -> bool:
    """Give a delivery its new words and time if nothing was sent of it; tell whether it was changed."""
    same = (row.post, row.due_wall, row.expires_at, row.repost) == (new.post, new.due_wall, new.expires_at, new.repost)
    # The same hour of the wall is another instant once a time zone has new rules.
    same = same and (row.due_at is None or row.due_at <= now or row.due_at == new.due_at)
    if row.state in WAITING or (row.state is State.CANCELLED and row.error_kind in _COMES_BACK):
        # What was held for its words stays held until they, or its times, are changed.
        stays = row.state is new.state or (row.state is State.HELD and row.error_kind not in _COMES_BACK)
        if same and stays:
            return False
        return rows.replan(conn, row.id, new, now)
    if same:
        return False
    if row.state in _OVER - {State.CANCELLED} and row.remote_id is None:
        return rows.replan(conn, row.id, new, now)
    return False


def _was_edited_after(row: PlannedRow, plan: Plan) -> bool:
    return row.remote_id is not None and _words(row.post) != _words(_frozen(plan))


def _tell_edited(conn: Connection, row: PlannedRow, reading: Reading, now: datetime) -> None:
    announcements.mark_edited_after(conn, row.key.announcement)
    raise_notice(
        conn,
        cause=f"edited_after:{row.key.announcement}",
        kind=NoticeKind.EDITED_AFTER,
        params={
            "announcement": row.key.announcement,
            "delivery": f"d-{row.id}",
            "title": row.post.title or row.post.text.splitlines()[0][:_SHORT],
        },
        recipients=list(reading.contacts.get(row.key.announcement, reading.alerts_to)),
        now=now,
    )


def _take_in_unwanted(
    conn: Connection,
    reading: Reading,
    files: Mapping[str, KnownFile],
    existing: Mapping[Key, PlannedRow],
    wanted: Mapping[Key, Plan],
    now: datetime,
) -> tuple[int, int]:
    """Hold or cancel what the queue no longer asks for; return how many of each."""
    hold: dict[str, list[int]] = {"file_broken": [], "account_removed": []}
    cancel: dict[str, list[int]] = {"file_gone": [], "left_out": []}
    for key, row in existing.items():
        if key in wanted or row.remote_id is not None:
            continue
        file = files.get(key.announcement)
        if file is not None and file.broken:
            hold["file_broken"].append(row.id)
        elif (key.organisation, key.channel, key.account) not in reading.accounts:
            hold["account_removed"].append(row.id)
        elif file is None or file.gone_at is not None:
            cancel["file_gone"].append(row.id)
        elif file.missing_since is None and file.file not in reading.unsettled:
            cancel["left_out"].append(row.id)
    held = sum(rows.set_waiting(conn, ids, State.HELD, kind, now) for kind, ids in hold.items())
    cancelled = sum(rows.set_waiting(conn, ids, State.CANCELLED, kind, now) for kind, ids in cancel.items())
    return held, cancelled


# ---------------------------------------------------------------- values


def _key(plan: Plan) -> Key:
    return Key(
        announcement=plan.announcement,
        occurrence=plan.occurrence,
        organisation=plan.organisation,
        channel=plan.channel,
        account=plan.account,
        language=plan.language,
    )


def _new_delivery(
    plan: Plan, account_id: int, times: Times, now: datetime, due_before: datetime | None = None
) -> NewDelivery:
    """Return a plan as a row; `asap` is due when it was first seen, and again when it comes back."""
    due = plan.due_at
    if due is None and plan.state is not State.DRAFT:
        due = due_before if due_before is not None and now - due_before < times.late_limit else now
    return NewDelivery(
        key=_key(plan),
        account_id=account_id,
        state=plan.state,
        due_at=due,
        due_wall=plan.due_wall,
        expires_at=plan.expires_at,
        late_after=due + times.late_limit if due is not None else None,
        post=_frozen(plan),
        fingerprint=fingerprint(" ".join([plan.text, *plan.thread]), plan.hashtags),
        repost=plan.repost,
    )


def _frozen(plan: Plan) -> FrozenPost:
    pictures = tuple(
        PictureNote(name=picture.name, path=str(picture.path), sha256=picture.sha256, alt=alt)
        for picture, alt in zip(plan.pictures, plan.alts, strict=True)
    )
    return FrozenPost(
        text=plan.text,
        thread=plan.thread,
        link=plan.link,
        title=plan.title,
        hashtags=plan.hashtags,
        pictures=pictures,
        first_comment=plan.first_comment,
    )


def _words(post: FrozenPost) -> tuple[object, ...]:
    """Return what readers would see of a post: where its pictures lie does not matter."""
    pictures = tuple((picture.sha256, picture.alt) for picture in post.pictures)
    return (post.text, post.thread, post.link, post.title, post.hashtags, pictures, post.first_comment)


def fingerprint(text: str, hashtags: Sequence[str]) -> str:
    """Return the same value for the same words, however they are spaced."""
    words = " ".join(unicodedata.normalize("NFC", " ".join([text, *hashtags])).split())
    return hashlib.sha256(words.encode()).hexdigest()

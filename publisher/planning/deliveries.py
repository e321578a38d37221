"""The deliveries: what the files ask for beside what the tables hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from publisher.model import WAITING, Plan, Repeat, State
from publisher.planning.values import (
    AccountKey,
    PlanReport,
    Reading,
    Times,
    frozen,
    key_of,
    new_delivery,
    planned_again,
    words_of,
)
from publisher.store import Connection, announcements
from publisher.store import deliveries as rows
from publisher.store.accounts import AccountState
from publisher.store.announcements import KnownFile
from publisher.store.deliveries import Key, NewDelivery, PlannedRow
from publisher.store.notices import NoticeKind, raise_notice

COMES_BACK = frozenset({"file_broken", "picture_changed", "account_removed", "file_gone", "left_out"})
"""Why a delivery was held or cancelled by planning itself: it revives when the reason is gone."""

_OVER = frozenset({State.CANCELLED, State.MISSED, State.EXPIRED, State.FAILED})
"""Ended without being out: an edit may begin it anew."""

_BEGUN = frozenset({State.PUBLISHING, State.RETRYING, State.CONFIRMING, State.UNCONFIRMED})
"""Being sent, or sent already for all that is known."""

_SHORT = 80


def take_in_deliveries(
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
        key_of(plan): plan
        for plans in reading.plans.values()
        for plan in plans
        if plan.announcement not in repeats or not _is_history(plan, existing.get(key_of(plan)), times, now)
    }
    new: list[NewDelivery] = []
    differing: set[str] = set()
    changed = 0
    for key, plan in wanted.items():
        account = known_accounts[key.organisation, key.channel, key.account]
        row = existing.get(key)
        if row is None:
            if files[key.announcement].edited_at >= account.first_seen:
                new.append(new_delivery(plan, account.id, times, now))
        elif _take_in_change(conn, row, planned_again(plan, row, times, now), times, now):
            changed += 1
        elif not _comes_again(repeats.get(key.announcement), now) and _was_edited_after(row, plan):
            differing.add(key.announcement)
            if files[key.announcement].edited_at == now:
                _tell_edited(conn, row, reading, now)
    _note_differing(conn, reading, files, differing)
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
        missing=sum(file.missing_since is not None and file.gone_at is None for file in files.values()),
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


def _take_in_change(conn: Connection, row: PlannedRow, new: NewDelivery, times: Times, now: datetime) -> bool:
    """Give a delivery its new words and time if nothing was sent of it; tell whether it was changed."""
    same = (row.post, row.due_wall, row.expires_at, row.repost) == (new.post, new.due_wall, new.expires_at, new.repost)
    # The same hour of the wall is another instant once a time zone has new rules.
    same = same and (row.due_at is None or row.due_at <= now or row.due_at == new.due_at)
    if same and row.is_untried and row.approved_by != new.approved_by:
        rows.set_approver(conn, row.id, new.approved_by)
    if row.state in WAITING or (row.state is State.CANCELLED and row.error_kind in COMES_BACK):
        # What was held for its words stays held until they, or its times, are changed.
        stays = row.state is new.state or (row.state is State.HELD and row.error_kind not in COMES_BACK)
        if same and stays:
            return False
        return rows.replan(conn, row.id, new, now)
    if same:
        return False
    if row.state in _OVER - {State.CANCELLED} and row.remote_id is None:
        return rows.replan(conn, row.id, new, now)
    if row.state in _BEGUN and new.due_at is not None and new.due_at <= now:
        # It was in time: what the edit costs does not make it late.
        new = replace(new, late_after=now + times.late_limit)
    # Being prepared, or refused before anything could be public: nothing was attempted, so the file still counts.
    return row.state in _BEGUN and row.is_untried and rows.replan(conn, row.id, new, now)


def _was_edited_after(row: PlannedRow, plan: Plan) -> bool:
    sent = row.remote_id is not None or row.state in _BEGUN
    return sent and row.state is not State.WITHDRAWN and words_of(row.post) != words_of(frozen(plan))


def _note_differing(
    conn: Connection, reading: Reading, files: Mapping[str, KnownFile], differing: Collection[str]
) -> None:
    """Note which files say something else than what is out, and which say the same again."""
    for announcement in reading.announcements:
        differs = announcement.key in differing
        if files[announcement.key].edited_after is not differs:
            announcements.mark_edited_after(conn, announcement.key, edited=differs)


def _tell_edited(conn: Connection, row: PlannedRow, reading: Reading, now: datetime) -> None:
    raise_notice(
        conn,
        cause=f"edited_after:{row.key.announcement}",
        kind=NoticeKind.EDITED_AFTER,
        params={
            "announcement": row.key.announcement,
            "delivery": f"d-{row.id}",
            "state": str(row.state),
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

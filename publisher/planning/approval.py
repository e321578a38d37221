"""Whether the words of a plan are approved, and by whom: what the file says beside what the database knows.

optional    nobody has to approve; a name under `approved_by` is kept for the archive
required    `tiedote approve`, or a merge, for exactly these words; or a name under `approved_by`, which counts for the words with
            which it was first read: the next edit asks again
four_eyes   likewise, but a name in the file does not count, since whoever writes the words could write it too
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from publisher.model import Announcement, Plan, State
from publisher.model import Approvals as Mode
from publisher.planning.values import Reading
from publisher.store import Connection, approvals
from publisher.store.approvals import Approval, Approvals, How
from publisher.store.notices import NoticeKind, raise_notice

_SHORT = 80


def settle(plans: Iterable[Plan], content_hash: str, mode: Mode, known: Approvals) -> tuple[Plan, ...]:
    """Give the plans of one announcement with who approved them, and the state that follows from that."""
    return tuple(_settled(plan, content_hash, mode, known) for plan in plans)


def _settled(plan: Plan, content_hash: str, mode: Mode, known: Approvals) -> Plan:
    if mode == "optional":
        given = known.of_words.get((plan.announcement, content_hash))
        return replace(plan, approved_by=given.by) if given else plan
    by = _approver(plan, content_hash, mode, known)
    state = plan.state
    if state is not State.DRAFT:
        state = State.SCHEDULED if by else State.AWAITING_APPROVAL
    return replace(plan, approved_by=by, approved=by is not None, state=state)


def _approver(plan: Plan, content_hash: str, mode: Mode, known: Approvals) -> str | None:
    given = known.of_words.get((plan.announcement, content_hash))
    if given is not None:
        return given.by
    if mode == "four_eyes" or not plan.named:
        return None
    first = known.named.get((plan.announcement, plan.named))
    return plan.named if first is None or content_hash in first else None


def take_in_approvals(conn: Connection, reading: Reading, now: datetime) -> Reading:
    """Settle every plan, note for which words each name in a file counts, and tell of what waits."""
    known = approvals.known(conn)
    if reading.approval == "optional" and not known.of_words:
        return reading
    announced = {one.key: one for one in reading.announcements}
    settled: dict[str, tuple[Plan, ...]] = {}
    for key, plans in reading.plans.items():
        announcement = announced[key]
        if reading.approval == "required":
            _note_names(conn, announcement, plans, known, now)
        settled[key] = settle(plans, announcement.content_hash, reading.approval, known)
        if any(plan.state is State.AWAITING_APPROVAL for plan in settled[key]):
            _tell(conn, announcement, settled[key], known, reading, now)
    return replace(reading, plans=settled)


def _note_names(
    conn: Connection, announcement: Announcement, plans: Iterable[Plan], known: Approvals, now: datetime
) -> None:
    for name in sorted({plan.named for plan in plans if plan.named}):
        if (announcement.key, name) not in known.named:
            approvals.add(
                conn,
                Approval(
                    announcement=announcement.key,
                    content_hash=announcement.content_hash,
                    by=name,
                    how=How.FILE,
                    author=announcement.author,
                    at=now,
                ),
            )


def _tell(
    conn: Connection,
    announcement: Announcement,
    plans: tuple[Plan, ...],
    known: Approvals,
    reading: Reading,
    now: datetime,
) -> None:
    waiting = next(plan for plan in plans if plan.state is State.AWAITING_APPROVAL)
    before = known.latest.get(announcement.key)
    raise_notice(
        conn,
        cause=f"approval:{announcement.key}:{announcement.content_hash[:12]}",
        kind=NoticeKind.AWAITING_APPROVAL,
        params=_params(announcement, waiting, before),
        recipients=list(reading.contacts.get(announcement.key, reading.alerts_to)),
        now=now,
        once=True,
    )


def _params(announcement: Announcement, waiting: Plan, before: Approval | None) -> Mapping[str, str]:
    first = (waiting.title or waiting.text.strip() or announcement.key).splitlines()[0]
    return {
        "announcement": announcement.key,
        "file": announcement.file,
        "title": " ".join(first.split())[:_SHORT],
        "due": waiting.due_at.isoformat() if waiting.due_at else "",
        "by": before.by if before else "",
    }

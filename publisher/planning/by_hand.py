"""What a person wants out at once (`tiedote publish FILE`): how each account stands with it, and putting it to the front.

goes          waits, was missed or failed, or is new to this account: it can go out now
on_its_way    it is being sent or tried again already
out, edited   it is out, with these words or with older ones; it is never sent twice
in_doubt      a person has to say first whether it went out
withdrawn     a person took it down
cancelled     a person called it off
held          the account had the same words, or a picture is not what it was
awaits        nobody has approved it yet
paused        publishing is stopped
expired       its last moment has passed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from publisher.model import Plan, State
from publisher.planning.values import Times, frozen, key_of, new_delivery, words_of
from publisher.store import Connection, Store, accounts, meta
from publisher.store import deliveries as rows
from publisher.store.deliveries import Key, PlannedRow
from publisher.store.lock import plan_alone


class Verdict(StrEnum):
    """How one account stands with what is to go out."""

    GOES = "goes"
    ON_ITS_WAY = "on_its_way"
    OUT = "out"
    EDITED = "edited"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    HELD = "held"
    AWAITS = "awaits"
    PAUSED = "paused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A plan and how its account stands with it. `delivery_id` None: the account is younger than the file and never got it."""

    plan: Plan
    verdict: Verdict
    delivery_id: int | None


_VERDICTS = {
    State.PUBLISHING: Verdict.ON_ITS_WAY,
    State.RETRYING: Verdict.ON_ITS_WAY,
    State.CONFIRMING: Verdict.ON_ITS_WAY,
    State.UNCONFIRMED: Verdict.IN_DOUBT,
    State.WITHDRAWN: Verdict.WITHDRAWN,
}


def prospects(conn: Connection, plans: Sequence[Plan], times: Times, now: datetime) -> tuple[Prospect, ...]:
    """Tell for each account how it stands with an announcement. Of a repeat only the next occurrence counts."""
    existing = rows.planned(conn)
    paused = meta.paused(conn)
    posts: dict[Key, list[Plan]] = {}
    for plan in plans:
        posts.setdefault(replace(key_of(plan), occurrence=0), []).append(plan)
    found = []
    for occurrences in posts.values():
        plan = _next(occurrences, existing, times, now)
        row = existing.get(key_of(plan))
        verdict = _verdict(conn, plan, row, paused, now)
        found.append(Prospect(plan=plan, verdict=verdict, delivery_id=row.id if row else None))
    return tuple(found)


def _next(occurrences: Sequence[Plan], existing: dict[Key, PlannedRow], times: Times, now: datetime) -> Plan:
    """Give the first occurrence that is neither out nor long past; the last one if all are."""
    for plan in occurrences[:-1]:
        row = existing.get(key_of(plan))
        is_out = row is not None and row.remote_id is not None
        is_past = plan.due_at is not None and now - plan.due_at >= times.late_limit
        if not is_out and not is_past:
            return plan
    return occurrences[-1]


def _verdict(conn: Connection, plan: Plan, row: PlannedRow | None, paused: frozenset[str], now: datetime) -> Verdict:
    if row is not None and (begun := _begun(plan, row)) is not None:
        return begun
    if not plan.approved:
        return Verdict.AWAITS
    if plan.expires_at is not None and plan.expires_at <= now:
        return Verdict.EXPIRED
    if row is not None and _is_held(conn, row, now):
        return Verdict.HELD
    return Verdict.PAUSED if {meta.EVERYWHERE, plan.organisation} & paused else Verdict.GOES


def _begun(plan: Plan, row: PlannedRow) -> Verdict | None:
    """Tell what is so whatever the file says now; None while nothing was done about it."""
    if row.remote_id is not None and row.state is not State.WITHDRAWN:
        return Verdict.OUT if words_of(row.post) == words_of(frozen(plan)) else Verdict.EDITED
    if row.state is State.CANCELLED and row.error_kind == "person":
        return Verdict.CANCELLED
    return _VERDICTS.get(row.state)


def _is_held(conn: Connection, row: PlannedRow, now: datetime) -> bool:
    if row.state is State.HELD and row.error_kind != "same_words":
        return True
    return rows.words_were_out(conn, row.id, now)


def put_first(store: Store, plans: Sequence[Plan], times: Times, now: datetime) -> tuple[Prospect, ...]:
    """Make everything of an announcement due that can go out now; return how each account stood with it, in one transaction."""
    with store.write() as conn:
        plan_alone(conn)
        known = {account.key: account.id for account in accounts.list_accounts(conn)}
        found = prospects(conn, plans, times, now)
        for prospect in found:
            if prospect.verdict is Verdict.GOES:
                _put_first(conn, prospect, known, times, now)
        ids = {key: row.id for key, row in rows.planned(conn).items()}
    return tuple(replace(one, delivery_id=ids.get(key_of(one.plan))) for one in found)


def _put_first(
    conn: Connection, prospect: Prospect, known: dict[tuple[str, str, str], int], times: Times, now: datetime
) -> None:
    plan = prospect.plan
    new = replace(
        new_delivery(plan, known[plan.organisation, plan.channel, plan.account], times, now),
        state=State.SCHEDULED,
        due_at=now,
        late_after=now + times.late_limit,
        by_hand_at=now,
    )
    if prospect.delivery_id is None:
        rows.add(conn, [new], now)
    else:
        rows.replan(conn, prospect.delivery_id, new, now)


def to_follow(found: Iterable[Prospect]) -> frozenset[int]:
    """Return the deliveries of which something is to be seen: those that go, and those on their way."""
    going = {Verdict.GOES, Verdict.ON_ITS_WAY}
    return frozenset(one.delivery_id for one in found if one.verdict in going and one.delivery_id is not None)

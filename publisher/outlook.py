"""What will go out, when, where and at what cost, and why the rest will not: the queue as it is now beside what the database knows.

The rules are those of planning itself: its work is done on the database, or on an empty one where there is none, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.limits import cost
from publisher import announcements as queue
from publisher import planning, spending
from publisher.compose import compose
from publisher.config import Config
from publisher.model import WAITING, Plan, Skipped, State
from publisher.planning import Foreseen, Reading, Times, key_of
from publisher.spending import Month
from publisher.store import Store, accounts, charges, meta, migrate
from publisher.store.accounts import AccountState
from publisher.store.deliveries import FrozenPost, Key, PlannedRow


class Change(StrEnum):
    """How a delivery stands to what the database knew."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A delivery that will go out, or that is called off. `cost` in US dollars; `delivery` its id, None: the database has it not yet.

    `left_out`: codes of parts that the network does not take.
    """

    change: Change
    key: Key
    due_at: datetime
    post: FrozenPost
    cost: Decimal
    delivery: int | None
    left_out: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name it in a list."""
        return self.post.title or self.post.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """Something that does not go out. `account` None: nowhere. `reason`: a state, or a code that `errors` words."""

    announcement: str
    occurrence: int
    organisation: str
    channel: str
    account: str
    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everything that `plan` tells, in order. `later`: how many deliveries are due after `until`; `faulty`: faults by file."""

    since: datetime
    until: datetime
    going: tuple[Going, ...]
    cancelled: tuple[Going, ...]
    staying: tuple[Staying, ...]
    faulty: Mapping[str, int]
    later: int
    paused: frozenset[str]
    half_gone: bool
    readable: bool
    months: tuple[Month, ...]
    blocked: tuple[AccountState, ...] = ()
    """The accounts on which nothing goes out before something is mended."""


_GOES = frozenset({State.SCHEDULED, State.PUBLISHING, State.RETRYING, State.CONFIRMING})
_STAYS = frozenset({State.DRAFT, State.AWAITING_APPROVAL, State.HELD, State.UNCONFIRMED})


def look_ahead(config: Config, store: Store | None, now: datetime, ahead: timedelta) -> Outlook:
    """Look so far ahead. `store`: a database of this version; None: there is none, so everything is new."""
    read = queue.read_queue(config, now=now)
    until = now + ahead
    horizon = now + max(ahead, planning.PLANNED_AHEAD)
    composed = {one.key: compose(one, config, horizon=horizon) for one in read.announcements}
    reading = Reading(
        announcements=read.announcements,
        plans={key: tuple(one for one in found if isinstance(one, Plan)) for key, found in composed.items()},
        problems=read.problems,
        readable=read.readable,
        accounts=tuple(
            (account.organisation, account.channel, account.name)
            for organisation in config.organisations.values()
            for account in organisation.accounts
        ),
        alerts_to=(),
        contacts={},
        approval=config.approval,
    )
    times = Times(cancel_after=config.delivery.cancel_after, late_limit=config.delivery.late_limit)
    with _some(store, now) as known:
        foreseen = planning.foresee(known, reading, times, now)
        with known.read() as conn:
            paused = meta.paused(conn)
            months = spending.months(conn, config, now)
            blocked = accounts.blocked(conn, reading.accounts)
    seen = _Eye(config, reading, composed, foreseen, months, now, until).see(paused, read.readable)
    return replace(seen, blocked=blocked)


@contextmanager
def _some(store: Store | None, now: datetime) -> Iterator[Store]:
    """Give the database, or an empty one that is gone afterwards."""
    if store is not None:
        yield store
        return
    with TemporaryDirectory(prefix="tiedote-plan-") as folder:
        empty = Store(f"sqlite:///{Path(folder) / 'plan.db'}")
        try:
            migrate(empty, now)
            yield empty
        finally:
            empty.close()


class _Eye:
    """Sorts what was foreseen."""

    def __init__(
        self,
        config: Config,
        reading: Reading,
        composed: Mapping[str, Sequence[Plan | Skipped]],
        foreseen: Foreseen,
        months: tuple[Month, ...],
        now: datetime,
        until: datetime,
    ) -> None:
        self._config = config
        self._reading = reading
        self._composed = composed
        self._foreseen = foreseen
        self._months = months
        self._now = now
        self._until = until
        self._left_out = {key_of(plan): plan.left_out for plans in reading.plans.values() for plan in plans}

    def see(self, paused: frozenset[str], readable: bool) -> Outlook:  # noqa: FBT001 -- one of the values
        after = sorted(
            self._foreseen.after.values(), key=lambda row: (row.due_at or self._now, row.key.announcement, row.id)
        )
        rows = [row for row in after if row.remote_id is None]
        due = [row for row in rows if row.state in _GOES and row.due_at is not None and row.due_at < self._until]
        over_budget = self._over_budget([row for row in rows if row.state in _GOES])
        reasons = {row.id: reason for row in due if (reason := self._held_back(row, over_budget)) is not None}
        going = tuple(self._going(row) for row in due if row.id not in reasons)
        waiting = [row for row in rows if row.state in _STAYS]
        staying = [
            *(self._staying(row, *reasons[row.id]) for row in due if row.id in reasons),
            *(self._staying(row, *_why(row)) for row in waiting),
        ]
        spoken_of = {one.key.announcement for one in going} | {one.announcement for one in staying}
        return Outlook(
            since=self._now,
            until=self._until,
            going=going,
            cancelled=tuple(self._cancelled(after)),
            staying=(*staying, *self._never(spoken_of)),
            faulty={
                file: count
                for file, problems in sorted(self._reading.problems.items())
                if (count := sum(not problem.warning for problem in problems))
            },
            later=sum(row.state in _GOES and row.due_at is not None and row.due_at >= self._until for row in rows),
            paused=paused,
            half_gone=self._foreseen.half_gone,
            readable=readable,
            months=self._months,
        )

    def _going(self, row: PlannedRow) -> Going:
        before = self._foreseen.before.get(row.key)
        if before is None:
            change = Change.NEW
        else:
            back = before.state in {State.CANCELLED, State.MISSED, State.EXPIRED, State.FAILED}
            change = Change.NEW if back else Change.CHANGED if _differs(before, row) else Change.SAME
        return Going(
            change=change,
            key=row.key,
            due_at=row.due_at or self._now,
            post=row.post,
            cost=self._cost(row),
            delivery=before.id if before else None,
            left_out=self._left_out.get(row.key, ()),
        )

    def _cancelled(self, after: Sequence[PlannedRow]) -> Iterator[Going]:
        for row in after:
            before = self._foreseen.before.get(row.key)
            was_waiting = before is not None and before.state in WAITING | {State.RETRYING}
            if before is not None and was_waiting and row.state is State.CANCELLED:
                yield Going(
                    change=Change.CANCELLED,
                    key=row.key,
                    due_at=before.due_at or self._now,
                    post=before.post,
                    cost=Decimal(0),
                    delivery=before.id,
                )

    def _held_back(self, row: PlannedRow, over_budget: Mapping[int, str]) -> tuple[str, str | None] | None:
        """Tell what will keep something from going out that is due."""
        if row.state is not State.SCHEDULED or row.due_at is None:
            return None
        if row.expires_at is not None and row.expires_at <= max(self._now, row.due_at):
            return "expired", None
        if self._now - row.due_at > self._config.delivery.late_limit:
            return "missed", None
        if row.id in self._foreseen.same_words:
            return "same_words", None
        return ("over_budget", over_budget[row.id]) if row.id in over_budget else None

    def _over_budget(self, rows: Sequence[PlannedRow]) -> Mapping[int, str]:
        """Go through each account's months in order of time, and tell what will not fit into its budget any more."""
        budgets = {(at.organisation, at.channel, at.account): at.budget for at in self._months if at.budget is not None}
        spent = {((at.organisation, at.channel, at.account), at.month): at.spent for at in self._months}
        over: dict[int, str] = {}
        for row in rows:
            account = (row.key.organisation, row.key.channel, row.key.account)
            budget, price = budgets.get(account), self._cost(row)
            if budget is None or row.due_at is None:
                continue
            month = account, charges.month_of(max(row.due_at, self._now))
            so_far = spent.get(month, Decimal(0))
            if row.state is State.SCHEDULED and so_far + price > budget:
                over[row.id] = f"${price:.3f}; ${so_far:.2f} / ${budget:.2f}"
            else:
                spent[month] = so_far + price
        return over

    def _cost(self, row: PlannedRow) -> Decimal:
        return cost(self._config.capabilities(row.key.channel), row.post.as_post())

    def _staying(self, row: PlannedRow, reason: str, detail: str | None) -> Staying:
        key = row.key
        return Staying(
            announcement=key.announcement,
            occurrence=key.occurrence,
            organisation=key.organisation,
            channel=key.channel,
            account=key.account,
            reason=reason,
            detail=detail,
        )

    def _never(self, spoken_of: set[str]) -> Iterator[Staying]:
        """Give what planning does not even note: accounts that a file leaves out, and those that are younger than it."""
        known = self._foreseen.after
        for announcement, found in self._composed.items():
            plans = [one for one in found if isinstance(one, Plan) and one.occurrence == 1]
            if plans and announcement not in spoken_of:
                continue  # All of it is out or later: nobody asks why some account is left out.
            for one in found:
                if isinstance(one, Skipped):
                    yield _never(one, one.reason)
                elif one.occurrence == 1 and key_of(one) not in known:
                    yield _never(one, "older_than_account")


def _never(one: Plan | Skipped, reason: str) -> Staying:
    return Staying(
        announcement=one.announcement,
        occurrence=1,
        organisation=one.organisation,
        channel=one.channel,
        account=one.account,
        reason=reason,
    )


def _why(row: PlannedRow) -> tuple[str, str | None]:
    if row.state is State.HELD and row.error_kind is not None:
        return row.error_kind, row.error_detail
    return str(row.state), None


def _differs(before: PlannedRow, after: PlannedRow) -> bool:
    return (before.post, before.due_at, before.expires_at, before.state) != (
        after.post,
        after.due_at,
        after.expires_at,
        after.state,
    )

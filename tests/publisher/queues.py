"""A queue as planning reads it, made of words, and what became of it in the tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.model import Announcement, Every, Fields, Plan, Position, Problem, Repeat, State, Unit, When
from publisher.planning import Reading, Times, fingerprint
from publisher.store import Store, accounts, notices
from publisher.store import deliveries as rows

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TIMES = Times(cancel_after=timedelta(minutes=10), late_limit=timedelta(hours=6))
FACEBOOK = ("hausjarvi", "facebook", "facebook")
X = ("hausjarvi", "x", "x")
IT = [("it@example.fi", "fi")]


@dataclass
class Queue:
    """A queue to read: files with words, accounts to publish on."""

    words: dict[str, str]
    accounts: tuple[tuple[str, str, str], ...] = (FACEBOOK,)
    due_at: datetime | None = None
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    readable: bool = True
    repost: bool = False
    unsettled: frozenset[str] = frozenset()
    times: tuple[datetime, ...] = ()
    """When a repeat comes round, as far as it is planned; then `due_at` is of no account."""
    until: datetime | None = None

    def reading(self) -> Reading:
        made = [self.announcement(key, words) for key, words in self.words.items()]
        return Reading(
            announcements=tuple(made),
            plans={
                one.key: tuple(plan for account in self.accounts for plan in self.occurrences(one.key, account))
                for one in made
            },
            problems=self.problems,
            readable=self.readable,
            accounts=self.accounts,
            alerts_to=IT,
            contacts={},
            unsettled=self.unsettled,
        )

    def announcement(self, key: str, words: str) -> Announcement:
        return Announcement(
            key=key,
            path=Path(f"/queue/{key}.yaml"),
            file=f"{key}.yaml",
            source=words,
            content_hash=fingerprint(words, [str(self.due_at), str(self.times[:1]), str(self.until)]),
            organisations=("hausjarvi",),
            top=Fields(text={"": words}, publish=When(instant=self.due_at, wall="asap")),
            repeat=Repeat(every=Every(number=1, unit=Unit.WEEK), until=self.until) if self.times else None,
        )

    def occurrences(self, key: str, account: tuple[str, str, str]) -> list[Plan]:
        first = self.plan(key, account)
        return [
            replace(first, occurrence=number, due_at=at, due_wall=at.isoformat())
            for number, at in enumerate(self.times, 1)
        ] or [first]

    def plan(self, key: str, account: tuple[str, str, str]) -> Plan:
        return Plan(
            announcement=key,
            organisation=account[0],
            channel=account[1],
            account=account[2],
            language="fi",
            state=State.SCHEDULED,
            due_at=self.due_at,
            due_wall="asap" if self.due_at is None else self.due_at.isoformat(),
            expires_at=None,
            text=self.words[key],
            link=None,
            title=None,
            hashtags=(),
            pictures=(),
            alts=(),
            first_comment=None,
            repost=self.repost,
        )


def states(store: Store) -> dict[str, State]:
    with store.read() as conn:
        return {f"{one.key.announcement}/{one.key.channel}": one.state for one in rows.list_deliveries(conn)}


def reasons(store: Store) -> dict[str, str | None]:
    with store.read() as conn:
        return {one.key.announcement: one.error_kind for one in rows.list_deliveries(conn)}


def words(store: Store) -> dict[str, str]:
    with store.read() as conn:
        return {one.key.announcement: one.text for one in rows.list_deliveries(conn)}


def sendable(store: Store, now: datetime) -> list[str]:
    """Take everything that may be sent now; return whose announcements they are."""
    with store.write() as conn:
        claimed = [
            job
            for one in accounts.list_accounts(conn)
            for job in rows.claim(conn, one.id, "test", now, TIMES.late_limit, 99)
        ]
        for job in claimed:
            rows.release(conn, job, now)
    return sorted(job.key.announcement for job in claimed)


def publish(store: Store, now: datetime) -> None:
    """Say of everything that may be sent now that it is out."""
    with store.write() as conn:
        for account in accounts.list_accounts(conn):
            for job in rows.claim(conn, account.id, "test", now, TIMES.late_limit, 99):
                out = rows.Out(remote_id=f"remote-{job.id}", url=None, evidence="answer", then=None)
                rows.record_out(conn, job, out, now, now)


def told(store: Store, now: datetime) -> list[tuple[str, str]]:
    """Take the notices that wait to be sent: their kinds and recipients."""
    found = []
    with store.write() as conn:
        while (notice := notices.claim_notice(conn, now, timedelta(hours=1))) is not None:
            found.append((str(notice.kind), notice.recipient))
            notices.notice_sent(conn, notice.id, now)
    return found


def broken(file: str) -> dict[str, tuple[Problem, ...]]:
    where = Position(file=file, line=3, column=7)
    return {file: (Problem(position=where, code="choice", message="'twiter' is not a channel"),)}

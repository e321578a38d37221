"""What the queue says becomes deliveries, and what changes in it changes only what has not gone out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.model import Announcement, Fields, Plan, Position, Problem, State, When
from publisher.planning import Reading, Times, fingerprint, take_in
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

    def reading(self) -> Reading:
        made = [self.announcement(key, words) for key, words in self.words.items()]
        return Reading(
            announcements=tuple(made),
            plans={one.key: tuple(self.plan(one.key, account) for account in self.accounts) for one in made},
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
            content_hash=fingerprint(words, [str(self.due_at)]),
            organisations=("hausjarvi",),
            top=Fields(text={"": words}, publish=When(instant=self.due_at, wall="asap")),
        )

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


def test_a_new_file_becomes_a_delivery_for_every_account(store: Store) -> None:
    """Each account of the organisation gets one, due at once for `asap`."""
    report = take_in(store, Queue({"a": "Uusi palvelu"}, accounts=(FACEBOOK, X)).reading(), TIMES, NOW)
    assert report.added == 2
    assert states(store) == {"a/facebook": State.SCHEDULED, "a/x": State.SCHEDULED}
    assert sendable(store, NOW) == ["a", "a"]


def test_reading_the_same_queue_again_changes_nothing(store: Store) -> None:
    """A second reading is a no-op, so that nothing is planned twice."""
    queue = Queue({"a": "Uusi palvelu"})
    take_in(store, queue.reading(), TIMES, NOW)
    report = take_in(store, queue.reading(), TIMES, LATER)
    assert (report.added, report.changed, report.cancelled, report.held) == (0, 0, 0, 0)


def test_an_account_added_later_gets_only_what_is_new_or_edited_since(store: Store) -> None:
    """Old announcements are not poured over a new account."""
    take_in(store, Queue({"old": "Vanha", "edited": "Ennen"}).reading(), TIMES, NOW)
    both = Queue({"old": "Vanha", "edited": "Ennen"}, accounts=(FACEBOOK, X))
    take_in(store, both.reading(), TIMES, LATER)
    assert "old/x" not in states(store)
    assert "edited/x" not in states(store)
    later = replace(both, words={"old": "Vanha", "edited": "Jälkeen", "new": "Uusi"})
    take_in(store, later.reading(), TIMES, LATER + timedelta(minutes=1))
    assert states(store).keys() == {"old/facebook", "edited/facebook", "edited/x", "new/facebook", "new/x"}


def test_an_edit_before_publishing_changes_the_words(store: Store) -> None:
    """What has not gone out goes out as the file reads now."""
    take_in(store, Queue({"a": "Virhe"}).reading(), TIMES, NOW)
    report = take_in(store, Queue({"a": "Korjattu"}).reading(), TIMES, LATER)
    assert report.changed == 1
    assert words(store) == {"a": "Korjattu"}


def test_an_edit_after_publishing_never_reposts_and_is_told_once(store: Store) -> None:
    """The old words stay out, the delivery stays published, and people hear of it one time."""
    take_in(store, Queue({"a": "Ennen"}).reading(), TIMES, NOW)
    publish(store, NOW)
    edited = Queue({"a": "Jälkeen"}, due_at=LATER)
    take_in(store, edited.reading(), TIMES, LATER)
    take_in(store, edited.reading(), TIMES, LATER + timedelta(days=1))
    assert states(store) == {"a/facebook": State.PUBLISHED}
    assert sendable(store, LATER + timedelta(days=1)) == []
    assert told(store, LATER) == [("edited_after", "it@example.fi")]


def test_a_deleted_file_is_not_sent_and_is_cancelled_after_a_while(store: Store) -> None:
    """Ten minutes pass before it is cancelled; meanwhile nothing of it goes out."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    left = Queue({"b": "Kaksi"}).reading()
    take_in(store, left, TIMES, NOW + timedelta(minutes=1))
    assert sendable(store, NOW + timedelta(minutes=2)) == ["b"]
    assert states(store)["a/facebook"] is State.SCHEDULED
    report = take_in(store, left, TIMES, NOW + timedelta(minutes=11))
    assert report.cancelled == 1
    assert states(store) == {"a/facebook": State.CANCELLED, "b/facebook": State.SCHEDULED}
    assert reasons(store)["a"] == "file_gone"


def test_a_file_that_returns_revives(store: Store) -> None:
    """A deletion taken back makes the announcement go out after all."""
    whole = Queue({"a": "Yksi", "b": "Kaksi"}).reading()
    take_in(store, whole, TIMES, NOW)
    for minutes in (1, 12):
        take_in(store, Queue({"b": "Kaksi"}).reading(), TIMES, NOW + timedelta(minutes=minutes))
    assert states(store)["a/facebook"] is State.CANCELLED
    take_in(store, whole, TIMES, NOW + timedelta(minutes=20))
    assert sendable(store, NOW + timedelta(minutes=20)) == ["a", "b"]


def test_a_published_file_that_is_deleted_and_returns_is_not_sent_again(store: Store) -> None:
    """What is out is out, whatever happens to its file."""
    whole = Queue({"a": "Yksi", "b": "Kaksi"}).reading()
    take_in(store, whole, TIMES, NOW)
    publish(store, NOW)
    for minutes in (1, 12):
        take_in(store, Queue({"b": "Kaksi"}).reading(), TIMES, NOW + timedelta(minutes=minutes))
    take_in(store, whole, TIMES, NOW + timedelta(minutes=20))
    assert states(store) == {"a/facebook": State.PUBLISHED, "b/facebook": State.PUBLISHED}
    assert sendable(store, NOW + timedelta(minutes=20)) == []


def test_over_half_of_the_queue_gone_at_once_cancels_nothing_and_tells_a_person(store: Store) -> None:
    """A share that is not mounted must not cancel the week's announcements."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi", "c": "Kolme"}).reading(), TIMES, NOW)
    for minutes in (1, 30):
        report = take_in(store, Queue({"c": "Kolme"}).reading(), TIMES, NOW + timedelta(minutes=minutes))
        assert report.half_gone
        assert report.cancelled == 0
    assert sendable(store, NOW + timedelta(minutes=30)) == ["a", "b", "c"]
    assert told(store, NOW + timedelta(minutes=30)) == [("queue_gone", "it@example.fi")]


def test_an_unreadable_folder_changes_nothing(store: Store) -> None:
    """A folder that cannot be read says nothing about its files."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    for minutes in (1, 30):
        take_in(store, Queue({}, readable=False).reading(), TIMES, NOW + timedelta(minutes=minutes))
    assert sendable(store, NOW + timedelta(minutes=30)) == ["a", "b"]


def test_a_renamed_file_with_the_same_content_is_recognised(store: Store) -> None:
    """A new name is no new announcement: what was out stays out, once."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    publish(store, NOW)
    take_in(store, Queue({"renamed": "Yksi", "b": "Kaksi"}).reading(), TIMES, LATER)
    assert states(store) == {"renamed/facebook": State.PUBLISHED, "b/facebook": State.PUBLISHED}


def test_a_file_that_an_edit_has_broken_is_held_and_its_author_hears_once(store: Store) -> None:
    """Its old words never go out; once mended it goes out by itself."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    faulty = Queue({"b": "Kaksi"}, problems=broken("a.yaml"))
    for minutes in (1, 2, 60 * 25):
        take_in(store, faulty.reading(), TIMES, NOW + timedelta(minutes=minutes))
    assert states(store)["a/facebook"] is State.HELD
    assert reasons(store)["a"] == "file_broken"
    assert sendable(store, NOW + timedelta(minutes=2)) == ["b"]
    assert told(store, LATER) == [("rejected", "it@example.fi")]
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, LATER)
    assert states(store)["a/facebook"] is State.SCHEDULED


def test_a_file_that_somebody_is_writing_waits_until_it_is_still(store: Store) -> None:
    """Neither its old words nor half of its new ones go out."""
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    take_in(store, Queue({"b": "Kaksi"}, unsettled=frozenset({"a.yaml"})).reading(), TIMES, LATER)
    assert sendable(store, LATER) == ["b"]
    take_in(store, Queue({"a": "Yksi, korjattu", "b": "Kaksi"}).reading(), TIMES, LATER)
    assert sendable(store, LATER) == ["a", "b"]
    assert words(store)["a"] == "Yksi, korjattu"


def test_what_waits_for_an_account_out_of_the_configuration_is_held(store: Store) -> None:
    """An account taken out by mistake loses nothing."""
    take_in(store, Queue({"a": "Yksi"}, accounts=(FACEBOOK, X)).reading(), TIMES, NOW)
    take_in(store, Queue({"a": "Yksi"}).reading(), TIMES, LATER)
    assert states(store) == {"a/facebook": State.SCHEDULED, "a/x": State.HELD}
    take_in(store, Queue({"a": "Yksi"}, accounts=(FACEBOOK, X)).reading(), TIMES, LATER)
    assert states(store) == {"a/facebook": State.SCHEDULED, "a/x": State.SCHEDULED}


@pytest.mark.parametrize("repost, expected", [(False, ["a"]), (True, ["a", "b"])])
def test_the_same_words_go_to_the_same_account_once(store: Store, repost: bool, expected: list[str]) -> None:  # noqa: FBT001
    """A second file with the same words is held, unless it says `repost: yes`."""
    take_in(store, Queue({"a": "Samat  sanat", "b": "Samat sanat"}, repost=repost).reading(), TIMES, NOW)
    publish(store, NOW)
    with store.read() as conn:
        out = sorted(one.key.announcement for one in rows.list_deliveries(conn) if one.state is State.PUBLISHED)
    assert out == expected
    if not repost:
        assert reasons(store)["b"] == "same_words"


def test_what_a_person_cancelled_stays_cancelled(store: Store) -> None:
    """Neither another reading nor an edit of the file brings it back."""
    take_in(store, Queue({"a": "Yksi"}).reading(), TIMES, NOW)
    with store.write() as conn:
        (one,) = rows.find_deliveries(conn, "a:hausjarvi:facebook")
        assert rows.cancel_delivery(conn, one.id, NOW)
    take_in(store, Queue({"a": "Muutettu"}).reading(), TIMES, LATER)
    assert states(store) == {"a/facebook": State.CANCELLED}


def test_a_failed_delivery_takes_the_mended_words(store: Store) -> None:
    """Whoever mends a text that the network refused gets it out without a second file."""
    take_in(store, Queue({"a": "Liian pitkä"}).reading(), TIMES, NOW)
    with store.write() as conn:
        account = accounts.list_accounts(conn)[0]
        (job,) = rows.claim(conn, account.id, "test", NOW, TIMES.late_limit, 1)
        rows.record_end(conn, job, State.FAILED, rows.Setback(kind="text_too_long", detail=""), NOW)
    take_in(store, Queue({"a": "Lyhyt"}).reading(), TIMES, LATER)
    assert states(store) == {"a/facebook": State.SCHEDULED}
    assert words(store) == {"a": "Lyhyt"}

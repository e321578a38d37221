"""What the queue says becomes deliveries, and what changes in it changes only what has not gone out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.model import State
from publisher.planning import take_in
from publisher.store import Store, accounts
from publisher.store import deliveries as rows
from tests.publisher.queues import (
    FACEBOOK,
    LATER,
    NOW,
    TIMES,
    Queue,
    X,
    broken,
    publish,
    reasons,
    sendable,
    states,
    told,
    words,
)


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


def test_an_account_first_seen_by_a_clock_that_was_ahead_takes_what_is_new(store: Store) -> None:
    """The clock was an hour ahead at the first start: a file written after it was put right is not older than the account."""
    take_in(store, Queue({"a": "Yksi"}).reading(), TIMES, LATER)
    take_in(store, Queue({"a": "Yksi", "b": "Kaksi"}).reading(), TIMES, NOW)
    assert states(store).keys() == {"a/facebook", "b/facebook"}


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


def test_the_only_file_that_is_deleted_is_called_off_like_any_other(store: Store) -> None:
    """It is held at once and cancelled after `cancel_after`; nobody is told of half a queue. Put back, it goes out after all."""
    take_in(store, Queue({"a": "Yksi"}).reading(), TIMES, NOW)
    take_in(store, Queue({}).reading(), TIMES, NOW + timedelta(minutes=1))
    assert sendable(store, NOW + timedelta(minutes=1)) == []
    report = take_in(store, Queue({}).reading(), TIMES, NOW + timedelta(minutes=12))
    assert not report.half_gone
    assert report.cancelled == 1
    assert "queue_gone" not in [kind for kind, _ in told(store, NOW + timedelta(minutes=12))]
    take_in(store, Queue({"a": "Yksi"}).reading(), TIMES, NOW + timedelta(minutes=13))
    assert sendable(store, NOW + timedelta(minutes=13)) == ["a"]


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


WEEK = timedelta(weeks=1)


def weekly(begin: datetime, count: int) -> tuple[datetime, ...]:
    """Return the times of so many occurrences."""
    return tuple(begin + n * WEEK for n in range(count))


def by_occurrence(store: Store, channel: str = "facebook") -> dict[int, State]:
    with store.read() as conn:
        found = [one for one in rows.list_deliveries(conn) if one.key.channel == channel]
        return {one.key.occurrence: one.state for one in found}


def words_by_occurrence(store: Store) -> dict[int, str]:
    with store.read() as conn:
        return {one.key.occurrence: one.text for one in rows.list_deliveries(conn)}


def test_each_occurrence_is_a_delivery_of_its_own(store: Store) -> None:
    """Those of the horizon now, further ones as time goes on; reading again changes nothing."""
    queue = Queue({"a": "Tuttu"}, times=weekly(NOW, 3))
    assert take_in(store, queue.reading(), TIMES, NOW).added == 3
    assert take_in(store, queue.reading(), TIMES, LATER).added == 0
    longer = replace(queue, times=weekly(NOW, 4))
    report = take_in(store, longer.reading(), TIMES, NOW + WEEK)
    assert (report.added, report.changed, report.cancelled) == (1, 0, 0)
    assert by_occurrence(store) == dict.fromkeys((1, 2, 3, 4), State.SCHEDULED)


def test_an_occurrence_long_past_when_it_is_first_seen_is_not_noted(store: Store) -> None:
    """The first one is, so that its author hears of it; of the others only what is not later than `late_limit`."""
    now = NOW + 3 * WEEK + timedelta(hours=5)
    assert take_in(store, Queue({"a": "Tuttu"}, times=weekly(NOW, 6)).reading(), TIMES, now).added == 4
    assert sorted(by_occurrence(store)) == [1, 4, 5, 6]
    with store.write() as conn:
        accounts.mark_looked(conn, accounts.list_accounts(conn)[0].id, now)
        assert [late.key.occurrence for late in rows.overdue(conn, now, TIMES.late_limit)] == [1]
    assert take_in(store, Queue({"a": "Tuttu"}, times=weekly(NOW, 6)).reading(), TIMES, now).changed == 0


def test_an_edit_changes_the_occurrences_to_come_and_nobody_is_told_of_the_past(store: Store) -> None:
    """What is out keeps its words. New words for what is to come are what the file is for."""
    queue = Queue({"a": "Ennen"}, times=weekly(NOW, 3))
    take_in(store, queue.reading(), TIMES, NOW)
    publish(store, NOW)
    report = take_in(store, replace(queue, words={"a": "Jälkeen"}).reading(), TIMES, LATER)
    assert report.changed == 2
    assert words_by_occurrence(store) == {1: "Ennen", 2: "Jälkeen", 3: "Jälkeen"}
    assert by_occurrence(store) == {1: State.PUBLISHED, 2: State.SCHEDULED, 3: State.SCHEDULED}
    assert told(store, LATER) == []


def test_an_edit_after_the_last_occurrence_is_told(store: Store) -> None:
    """Then the new words come too late, as for any announcement."""
    queue = Queue({"a": "Ennen"}, times=(NOW,), until=LATER)
    take_in(store, queue.reading(), TIMES, NOW)
    publish(store, NOW)
    take_in(store, replace(queue, words={"a": "Jälkeen"}).reading(), TIMES, LATER + WEEK)
    assert told(store, LATER + WEEK) == [("edited_after", "it@example.fi")]


def test_occurrences_that_an_edit_removes_are_cancelled(store: Store) -> None:
    """A nearer end, or no repeat any more; what is out stays, and a taken-back edit brings them back."""
    queue = Queue({"a": "Tuttu"}, times=weekly(NOW, 4))
    take_in(store, queue.reading(), TIMES, NOW)
    publish(store, NOW)
    shorter = replace(queue, times=weekly(NOW, 2), until=NOW + WEEK)
    assert take_in(store, shorter.reading(), TIMES, LATER).cancelled == 2
    assert by_occurrence(store) == {1: State.PUBLISHED, 2: State.SCHEDULED, 3: State.CANCELLED, 4: State.CANCELLED}
    take_in(store, queue.reading(), TIMES, LATER)
    assert by_occurrence(store) == {1: State.PUBLISHED, **dict.fromkeys((2, 3, 4), State.SCHEDULED)}
    take_in(store, Queue({"a": "Tuttu"}, due_at=NOW).reading(), TIMES, LATER)
    assert by_occurrence(store) == {1: State.PUBLISHED, **dict.fromkeys((2, 3, 4), State.CANCELLED)}


def test_an_occurrence_that_an_edit_moves_into_the_past_is_called_off(store: Store) -> None:
    """A shorter pause would have had it weeks ago: it is neither sent late nor missed with a mail."""
    queue = Queue({"a": "Tuttu"}, times=tuple(NOW + 4 * n * WEEK for n in range(3)))
    take_in(store, queue.reading(), TIMES, NOW)
    publish(store, NOW)
    now = NOW + 3 * WEEK + timedelta(days=1)
    weeks = replace(queue, times=weekly(NOW, 6), until=NOW + 9 * WEEK)
    for _reading in range(2):
        take_in(store, weeks.reading(), TIMES, now)
        with store.write() as conn:
            assert rows.overdue(conn, now, TIMES.late_limit) == ()
        assert by_occurrence(store) == {
            1: State.PUBLISHED,
            2: State.CANCELLED,
            3: State.CANCELLED,
            5: State.SCHEDULED,
            6: State.SCHEDULED,
        }


def test_a_missed_occurrence_is_left_alone_by_a_later_edit(store: Store) -> None:
    """Months later new words for the coming ones must not miss it again with another mail."""
    queue = Queue({"a": "Ennen"}, times=weekly(NOW, 3))
    take_in(store, queue.reading(), TIMES, NOW)
    now = NOW + timedelta(days=2)
    with store.write() as conn:
        assert [late.key.occurrence for late in rows.overdue(conn, now, TIMES.late_limit)] == [1]
    take_in(store, replace(queue, words={"a": "Jälkeen"}).reading(), TIMES, now)
    assert words_by_occurrence(store) == {1: "Ennen", 2: "Jälkeen", 3: "Jälkeen"}
    assert by_occurrence(store)[1] is State.MISSED


def test_occurrences_follow_a_rename(store: Store) -> None:
    """A new name of the file begins no new count."""
    queue = Queue({"a": "Tuttu", "b": "Muu"}, times=weekly(NOW, 3))
    take_in(store, queue.reading(), TIMES, NOW)
    publish(store, NOW)
    renamed = replace(queue, words={"c": "Tuttu", "b": "Muu"})
    assert take_in(store, renamed.reading(), TIMES, LATER).added == 0
    with store.read() as conn:
        found = [one.key.occurrence for one in rows.find_deliveries(conn, "c@2:hausjarvi:facebook")]
        assert found == [2]


def test_occurrences_may_have_the_same_words_but_not_on_x(store: Store) -> None:
    """A week later they go out again on Facebook; X holds what `check` would have refused."""
    take_in(store, Queue({"a": "Samat sanat"}, accounts=(FACEBOOK, X), times=weekly(NOW, 2)).reading(), TIMES, NOW)
    publish(store, NOW)
    publish(store, NOW + WEEK)
    assert by_occurrence(store) == {1: State.PUBLISHED, 2: State.PUBLISHED}
    assert by_occurrence(store, "x") == {1: State.PUBLISHED, 2: State.HELD}
    with store.read() as conn:
        (held,) = rows.find_deliveries(conn, "a@2:hausjarvi:x")
    assert held.error_kind == "same_words"


def test_the_same_words_may_come_again_on_x_after_ninety_days(store: Store) -> None:
    """Counted in days of the calendar: clocks put forward meanwhile make the last of them shorter."""
    again = NOW + timedelta(days=90) - timedelta(hours=1)
    take_in(store, Queue({"a": "Samat sanat"}, accounts=(X,), times=(NOW, again)).reading(), TIMES, NOW)
    publish(store, NOW + timedelta(hours=5))
    publish(store, again)
    assert by_occurrence(store, "x") == {1: State.PUBLISHED, 2: State.PUBLISHED}


def test_a_repeat_does_not_excuse_another_announcement_with_its_words(store: Store) -> None:
    """Only the occurrences of one file may say the same."""
    take_in(store, Queue({"a": "Samat sanat", "b": "Samat sanat"}, times=weekly(NOW, 2)).reading(), TIMES, NOW)
    publish(store, NOW)
    publish(store, NOW + WEEK)
    with store.read() as conn:
        found = {(one.key.announcement, one.key.occurrence): one.state for one in rows.list_deliveries(conn)}
    assert found == {
        ("a", 1): State.PUBLISHED,
        ("a", 2): State.PUBLISHED,
        ("b", 1): State.HELD,
        ("b", 2): State.HELD,
    }


def test_new_rules_of_a_time_zone_move_what_is_still_ahead(store: Store) -> None:
    """The same hour of the wall is another instant then; what is due already stays."""
    queue = Queue({"a": "Kello"}, times=weekly(NOW, 2))
    take_in(store, queue.reading(), TIMES, NOW)
    reading = queue.reading()
    moved = tuple(replace(plan, due_at=plan.due_at + timedelta(hours=1)) for plan in reading.plans["a"] if plan.due_at)
    take_in(store, replace(reading, plans={"a": moved}), TIMES, NOW)
    with store.read() as conn:
        found = {one.key.occurrence: one.due_at for one in rows.list_deliveries(conn)}
    assert found == {1: NOW, 2: NOW + WEEK + timedelta(hours=1)}

"""What a person changes while something is being sent: compare and set, and never silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import Step
from publisher.model import State
from publisher.planning import take_in
from publisher.store import Store, accounts
from publisher.store import deliveries as rows
from publisher.store.deliveries import ClaimLost, Job
from tests.publisher.queues import LATER, NOW, TIMES, Queue, broken, publish, reasons, sendable, states, told, words

SOON = NOW + timedelta(minutes=1)
ONE = Queue({"a": "Ennen", "b": "Muu", "c": "Kolmas"})
EDITED = replace(ONE, words={"a": "Jälkeen", "b": "Muu", "c": "Kolmas"})
COMMIT = Step(name="create", commits=True)


def claimed(store: Store) -> Job:
    """Let a worker take the announcement a."""
    with store.write() as conn:
        (account,) = accounts.list_accounts(conn)
        return rows.claim(conn, account.id, "worker", NOW, timedelta(minutes=3), 1)[0]


def attempt(store: Store, job: Job) -> Job:
    """Let the worker write down that it is about to send."""
    with store.write() as conn:
        return rows.open_attempt(conn, replace(job, step=COMMIT), NOW, NOW + timedelta(seconds=75))


def test_an_edit_takes_a_post_from_a_worker_that_only_prepares_it(store: Store) -> None:
    """Nothing was attempted, so the new words count; the worker can send nothing any more."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = claimed(store)
    assert take_in(store, EDITED.reading(), TIMES, SOON).changed == 1
    with pytest.raises(ClaimLost):
        attempt(store, job)
    assert states(store)["a/facebook"] is State.SCHEDULED
    assert words(store)["a"] == "Jälkeen"
    assert sendable(store, SOON) == ["a", "b", "c"]


def test_an_edit_changes_what_was_refused_before_anything_could_be_public(store: Store) -> None:
    """The network asked to wait while a picture was uploaded; hours later the mended words go out, and not as too late."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = claimed(store)
    with store.write() as conn:
        rows.record_retry(conn, job, rows.Setback(kind="rate_limited", detail=""), None, NOW)
    later = NOW + timedelta(hours=7)
    assert take_in(store, EDITED.reading(), TIMES, later).changed == 1
    assert words(store)["a"] == "Jälkeen"
    with store.write() as conn:
        accounts.mark_looked(conn, job.account_id, NOW)
        overdue = {late.key.announcement for late in rows.overdue(conn, later, timedelta(hours=72))}
    assert overdue == {"b", "c"}


def test_an_edit_after_the_first_attempt_changes_nothing_and_is_told(store: Store) -> None:
    """The request is under way, its answer lost, or it was refused once: the words are frozen, and people hear that they are."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = attempt(store, claimed(store))
    assert take_in(store, EDITED.reading(), TIMES, SOON).changed == 0
    assert words(store)["a"] == "Ennen"
    assert told(store, LATER) == [("edited_after", "it@example.fi")]
    with store.write() as conn:
        out = rows.Out(remote_id="remote-1", url=None, evidence="answer", then=None)
        rows.record_out(conn, job, out, LATER, LATER)
    assert states(store)["a/facebook"] is State.PUBLISHED


def test_a_fault_that_comes_in_while_a_post_is_prepared_holds_it(store: Store) -> None:
    """The old words do not go out, also when a worker has them already."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = claimed(store)
    faulty = replace(ONE, words={"b": "Muu", "c": "Kolmas"}, problems=broken("a.yaml"))
    assert take_in(store, faulty.reading(), TIMES, SOON).held == 1
    with pytest.raises(ClaimLost):
        attempt(store, job)
    assert states(store)["a/facebook"] is State.HELD


@pytest.mark.parametrize("begun", [False, True])
def test_a_person_cancels_what_is_being_prepared_and_is_too_late_for_what_is_being_sent(
    store: Store,
    begun: bool,  # noqa: FBT001
) -> None:
    """Either the worker loses its claim and sends nothing, or the person hears that it is being sent; never both."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = claimed(store)
    if begun:
        job = attempt(store, job)
    with store.write() as conn:
        assert rows.cancel_delivery(conn, job.id, SOON) is not begun
    if begun:
        assert states(store)["a/facebook"] is State.PUBLISHING
        return
    with pytest.raises(ClaimLost):
        attempt(store, job)
    assert states(store)["a/facebook"] is State.CANCELLED
    take_in(store, ONE.reading(), TIMES, LATER)
    assert sendable(store, LATER) == ["b", "c"]


def test_what_is_out_cannot_be_cancelled_while_its_comment_is_under_way(store: Store) -> None:
    """The post is public; its state says that a step is left, and that is no reason to call it off."""
    take_in(store, ONE.reading(), TIMES, NOW)
    job = attempt(store, claimed(store))
    with store.write() as conn:
        then = Step(name="comment", commits=True)
        rows.record_out(conn, job, rows.Out(remote_id="r-1", url=None, evidence="answer", then=then), SOON, LATER)
        assert not rows.cancel_delivery(conn, job.id, SOON)
    assert states(store)["a/facebook"] is State.PUBLISHING


def test_a_second_file_with_the_same_identity_stops_both_and_one_taken_away_lets_the_other_go_on(store: Store) -> None:
    """Nobody can say which counts: what is out stays out, what waits is held, and nothing goes out twice."""
    take_in(store, ONE.reading(), TIMES, NOW)
    twice = replace(ONE, words={"b": "Muu", "c": "Kolmas"}, problems=broken("a.yaml") | broken("toinen.yaml"))
    take_in(store, twice.reading(), TIMES, SOON)
    assert reasons(store)["a"] == "file_broken"
    publish(store, SOON)
    take_in(store, ONE.reading(), TIMES, SOON)
    publish(store, SOON)
    take_in(store, twice.reading(), TIMES, LATER)
    take_in(store, ONE.reading(), TIMES, LATER)
    assert set(states(store).values()) == {State.PUBLISHED}
    assert sendable(store, LATER) == []


def test_a_copy_beside_the_original_is_held_and_a_copy_instead_of_it_is_the_original(store: Store) -> None:
    """The same file twice goes out once; when the first one is removed afterwards, nothing more happens."""
    take_in(store, ONE.reading(), TIMES, NOW)
    publish(store, NOW)
    copied = replace(ONE, words={**ONE.words, "kopio": "Ennen"})
    take_in(store, copied.reading(), TIMES, SOON)
    assert sendable(store, SOON) == []
    assert reasons(store)["kopio"] == "same_words"
    moved = replace(ONE, words={"b": "Muu", "c": "Kolmas", "kopio": "Ennen"})
    for minutes in (2, 14):
        take_in(store, moved.reading(), TIMES, NOW + timedelta(minutes=minutes))
    assert sendable(store, LATER) == []
    assert states(store)["a/facebook"] is State.PUBLISHED


def test_two_files_that_change_names_are_two_edits_and_nothing_goes_out_again(store: Store) -> None:
    """Each name keeps what went out under it; people hear that the words are other ones now."""
    take_in(store, ONE.reading(), TIMES, NOW)
    publish(store, NOW)
    swapped = replace(ONE, words={"a": "Muu", "b": "Ennen", "c": "Kolmas"})
    take_in(store, swapped.reading(), TIMES, SOON)
    assert sendable(store, SOON) == []
    assert told(store, SOON) == [("edited_after", "it@example.fi")] * 2


def test_the_same_content_years_after_it_was_removed_is_a_new_announcement(store: Store) -> None:
    """A name that comes up when the old one has been gone for a season is no renaming: it goes out."""
    take_in(store, ONE.reading(), TIMES, NOW)
    publish(store, NOW)
    left = replace(ONE, words={"b": "Muu", "c": "Kolmas"})
    for minutes in (1, 12):
        take_in(store, left.reading(), TIMES, NOW + timedelta(minutes=minutes))
    again = replace(ONE, words={"b": "Muu", "c": "Kolmas", "uusi": "Ennen"})
    month = NOW + timedelta(days=30)
    take_in(store, again.reading(), TIMES, month)
    assert sendable(store, month) == []
    take_in(store, left.reading(), TIMES, month + timedelta(minutes=1))
    take_in(store, left.reading(), TIMES, month + timedelta(minutes=12))
    year = NOW + timedelta(days=365)
    fresh = replace(ONE, words={"b": "Muu", "c": "Kolmas", "toinen": "Ennen"})
    take_in(store, fresh.reading(), TIMES, year)
    assert sendable(store, year) == ["toinen"]

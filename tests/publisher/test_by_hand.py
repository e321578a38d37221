"""What a person wanted out at once stays so, whatever the queue says of its time, and still follows the file's words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model import State
from publisher.planning import Verdict, put_first, take_in
from publisher.store import Store, meta
from publisher.store import deliveries as rows
from tests.publisher.queues import LATER, NOW, TIMES, Queue, X, publish, sendable, states, words

SOON = NOW + timedelta(minutes=1)
NEXT_WEEK = Queue({"a": "Ennen", "b": "Muu"}, due_at=NOW + timedelta(days=7))


def by_hand(store: Store, queue: Queue, now=NOW) -> list[Verdict]:
    """Put the announcement a first; return how each account stood with it."""
    return [one.verdict for one in put_first(store, queue.reading().plans["a"], TIMES, now)]


@pytest.mark.parametrize("state", [State.SCHEDULED, State.DRAFT])
def test_what_a_person_put_first_stays_due(store: Store, state: State) -> None:
    """A later time or none at all in the file: further readings leave it alone until it is out."""
    reading = NEXT_WEEK.reading()
    plans = {key: tuple(replace(plan, state=state) for plan in found) for key, found in reading.plans.items()}
    if state is State.DRAFT:
        plans = {key: tuple(replace(plan, due_at=None, due_wall="") for plan in found) for key, found in plans.items()}
    reading = replace(reading, plans=plans)
    take_in(store, reading, TIMES, NOW)
    assert [one.verdict for one in put_first(store, plans["a"], TIMES, NOW)] == [Verdict.GOES]
    assert take_in(store, reading, TIMES, SOON).changed == 0
    assert sendable(store, SOON) == ["a"]
    take_in(store, reading, TIMES, SOON)
    assert sendable(store, SOON) == ["a"], "also after a worker gave it back"


def test_an_edit_of_its_words_counts_and_it_goes_out_all_the_same(store: Store) -> None:
    """The file is mended while the account rests."""
    take_in(store, NEXT_WEEK.reading(), TIMES, NOW)
    by_hand(store, NEXT_WEEK)
    mended = replace(NEXT_WEEK, words={"a": "Jälkeen", "b": "Muu"})
    assert take_in(store, mended.reading(), TIMES, SOON).changed == 1
    assert words(store)["a"] == "Jälkeen"
    assert sendable(store, SOON) == ["a"]


def test_a_new_time_in_the_file_counts_again(store: Store) -> None:
    """Whoever gives it another time afterwards means that."""
    take_in(store, NEXT_WEEK.reading(), TIMES, NOW)
    by_hand(store, NEXT_WEEK)
    moved = replace(NEXT_WEEK, due_at=NOW + timedelta(days=2))
    take_in(store, moved.reading(), TIMES, SOON)
    assert sendable(store, SOON) == []
    assert sendable(store, NOW + timedelta(days=2)) == ["a", "b"]


def test_what_is_out_or_being_sent_is_not_put_first_again(store: Store) -> None:
    """Asked twice in a row, or beside the daemon: one delivery, once."""
    take_in(store, NEXT_WEEK.reading(), TIMES, NOW)
    assert by_hand(store, NEXT_WEEK) == [Verdict.GOES]
    assert by_hand(store, NEXT_WEEK) == [Verdict.GOES], "it waits still"
    publish(store, SOON)
    assert by_hand(store, NEXT_WEEK, LATER) == [Verdict.OUT]
    assert by_hand(store, replace(NEXT_WEEK, words={"a": "Uusi", "b": "Muu"}), LATER) == [Verdict.EDITED]
    assert sendable(store, LATER) == []


def test_two_files_with_the_same_words_put_first_at_once_go_out_once(store: Store) -> None:
    """Neither was out when the other was asked for: the second one is held when its turn comes."""
    same = Queue({"a": "Samat", "b": "Samat"}, due_at=NOW + timedelta(days=7))
    take_in(store, same.reading(), TIMES, NOW)
    plans = same.reading().plans
    put_first(store, plans["a"], TIMES, NOW)
    put_first(store, plans["b"], TIMES, NOW)
    publish(store, NOW)
    assert states(store) == {"a/facebook": State.PUBLISHED, "b/facebook": State.HELD}


def test_a_paused_organisation_is_left_alone(store: Store) -> None:
    """Nothing is noted for after the pause: whoever resumes it did not ask for this."""
    take_in(store, NEXT_WEEK.reading(), TIMES, NOW)
    with store.write() as conn:
        meta.pause(conn, "hausjarvi", NOW)
    assert by_hand(store, NEXT_WEEK) == [Verdict.PAUSED]
    with store.write() as conn:
        meta.resume(conn, None)
    assert sendable(store, SOON) == []


def test_an_account_that_never_had_it_gets_it(store: Store) -> None:
    """It came after the file, which by itself passes it over."""
    take_in(store, NEXT_WEEK.reading(), TIMES, NOW)
    both = replace(NEXT_WEEK, accounts=(*NEXT_WEEK.accounts, X))
    take_in(store, both.reading(), TIMES, LATER)
    assert states(store).keys() == {"a/facebook", "b/facebook"}
    assert by_hand(store, both, LATER) == [Verdict.GOES, Verdict.GOES]
    with store.read() as conn:
        found = rows.find_deliveries(conn, "a:hausjarvi:x")
    assert [one.due_at for one in found] == [LATER]


def test_two_processes_that_read_the_queue_at_once_note_everything_once(store: Store) -> None:
    """The daemon and a command both find the files new; neither fails, and nothing is there twice."""
    queue = Queue({f"tiedote-{n}": f"Sanat {n}" for n in range(40)})
    with ThreadPoolExecutor(4) as both:
        reports = list(both.map(lambda _n: take_in(store, queue.reading(), TIMES, NOW), range(4)))
    assert sorted(report.added for report in reports) == [0, 0, 0, 40]

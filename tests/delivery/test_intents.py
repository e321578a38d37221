"""An intent that was written down and then not followed by its request: a process that stood still, a commit that was not heard of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.delivery import SEND_WITHIN, Point
from publisher.model import State
from publisher.store import StoreAway
from tests.delivery.town import Town, town, write


def sent(one: Town) -> int:
    """Count the requests that make a post on X."""
    return sum(entry.method == "POST" and entry.path == "/2/tweets" for entry in one.sandbox.requests())


def test_a_process_that_stood_still_after_its_intent_sends_nothing_on_it(tmp_path: Path) -> None:
    """Stopped between the intent and the request for longer than `SEND_WITHIN`: it begins with a new intent, and sends once."""
    write(tmp_path, "lupa", "text: Kirjasto on auki myös lauantaisin.\npublish: asap\n")
    places: list[Town] = []
    before: list[int] = []

    def reached(point: Point) -> None:
        if point is Point.BEFORE_INTENT:
            before.append(sent(places[0]))
        if point is Point.AFTER_INTENT and len(before) == 1:
            places[0].clock.set(places[0].clock.now() + SEND_WITHIN + timedelta(seconds=1))

    with town(tmp_path, channels=("x",), reached=reached) as one:
        places.append(one)
        one.service.read_queue()
        one.work()
        assert before == [0, 0]
        assert sent(one) == 1
        assert one.states() == {"x": State.PUBLISHED}


def once(point: Point) -> Callable[[Point], None]:
    """Return what loses the connection to the database the first time that `point` is reached."""
    seen: list[Point] = []

    def reached(here: Point) -> None:
        if here is point and not seen:
            seen.append(here)
            raise StoreAway("server closed the connection unexpectedly")

    return reached


@pytest.mark.parametrize(
    "channel, on_doubt, state",
    [
        ("x", "hold", State.UNCONFIRMED),
        ("x", "resend", State.PUBLISHED),
        ("facebook", "hold", State.PUBLISHED),
    ],
)
def test_an_intent_whose_commit_was_not_heard_of_is_a_doubt_and_blocks_nothing(
    tmp_path: Path, channel: str, on_doubt: str, state: State
) -> None:
    """The intent is there, nobody knows whether anything was sent on it: it is looked for, and the account's next post goes out."""
    write(tmp_path, "eka", "text: Kirjasto on auki myös lauantaisin.\npublish: asap\n")
    write(tmp_path, "toka", "text: Uimahalli on suljettu huollon vuoksi.\npublish: asap\n")
    with town(tmp_path, channels=(channel,), on_doubt=on_doubt, reached=once(Point.AFTER_INTENT)) as one:
        one.service.read_queue()
        one.work()
        assert sorted(view.state for view in one.deliveries()) == sorted([state, State.PUBLISHED])
        assert len(one.posts(channel)) == (1 if state is State.UNCONFIRMED else 2)


def test_an_answer_that_could_not_be_saved_is_saved_before_anything_else(tmp_path: Path) -> None:
    """The database is away just after the answer: nothing is asked of the network until the post's id is kept."""
    write(tmp_path, "eka", "text: Kirjasto on auki myös lauantaisin.\npublish: asap\n")
    with town(tmp_path, channels=("x",)) as one:
        one.service.read_queue()
        tries = 0
        record = one.service.store.write

        def away_thrice() -> object:
            nonlocal tries
            if sent(one) and tries < 3:
                tries += 1
                raise StoreAway("server closed the connection unexpectedly")
            return record()

        one.service.store.write = away_thrice  # type: ignore[method-assign,assignment]
        one.work()
        assert tries == 3
        (view,) = one.deliveries()
        assert (view.state, view.evidence) == (State.PUBLISHED, "answer")
        assert sent(one) == len(one.posts("x")) == 1
        assert one.sandbox.requests()[-1].path == "/2/tweets"

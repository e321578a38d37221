"""A person changes something at the very moment when it is being sent: the network holds either the old or nothing, never both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from channels import registry
from channels.sandbox.faults import Kind as Fault
from channels.sandbox.faults import Rule
from publisher.delivery import Point
from publisher.model import State
from publisher.store import deliveries as rows
from tests.delivery.town import START, Town, town, write, write_picture

WORDS = "text: Vanha teksti.\npublish: asap\nimage: {file: talo.png, alt: Talo.}\n"


class Hand:
    """Does something once, when the worker reaches a point."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self.act: Callable[[], None] | None = None

    def reached(self, point: Point) -> None:
        if point is self.point and self.act is not None:
            act, self.act = self.act, None
            act()


def announce(folder: Path) -> None:
    (folder / "schedules").mkdir()
    write_picture(folder, "talo.png")
    write(folder, "lupa", WORDS)


def run(folder: Path, channel: str, point: Point, act: Callable[[Town], None]) -> tuple[State, list[str]]:
    """Publish, with somebody acting at a point; return how the delivery ended and what the network holds."""
    announce(folder)
    hand = Hand(point)
    with town(folder, channels=(channel,), reached=hand.reached) as one:
        hand.act = lambda: act(one)
        one.service.read_queue()
        one.work()
        assert hand.act is None, "the worker never came there"
        one.service.read_queue()
        one.work()
        (view,) = one.deliveries()
        return view.state, [post.text for post in one.posts(channel)]


def cancel(one: Town) -> None:
    with one.service.store.write() as conn:
        rows.cancel_delivery(conn, 1, one.clock.now())


def edit(one: Town) -> None:
    write(one.folder, "lupa", WORDS.replace("Vanha", "Uusi"))
    one.clock.advance(1)
    one.service.read_queue()


def expire(one: Town) -> None:
    one.clock.advance(3 * 3600)


PREPARED = [Point.AFTER_CLAIM, Point.AFTER_FREEZE, Point.AFTER_STEP, Point.BEFORE_INTENT]
"""Nothing that could be public has been sent."""

SENT = [Point.AFTER_INTENT, Point.AFTER_ANSWER]


@pytest.mark.parametrize("channel", registry.NAMES)
@pytest.mark.parametrize("point", PREPARED)
def test_what_a_person_cancels_before_the_first_attempt_never_goes_out(
    tmp_path: Path, channel: str, point: Point
) -> None:
    """Uploading, preparing, about to send: it is cancelled and stays so."""
    assert run(tmp_path, channel, point, cancel) == (State.CANCELLED, [])


@pytest.mark.parametrize("channel", registry.NAMES)
@pytest.mark.parametrize("point", SENT)
def test_what_a_person_cancels_while_it_is_being_sent_goes_out_once(tmp_path: Path, channel: str, point: Point) -> None:
    """Too late: it is published and known to be."""
    state, texts = run(tmp_path, channel, point, cancel)
    assert state is State.PUBLISHED
    assert len(texts) == 1


@pytest.mark.parametrize("channel", registry.NAMES)
@pytest.mark.parametrize("point", PREPARED)
def test_an_edit_before_the_first_attempt_goes_out_instead_of_the_old_words(
    tmp_path: Path, channel: str, point: Point
) -> None:
    """Whatever was prepared with the old words stays unseen."""
    state, texts = run(tmp_path, channel, point, edit)
    assert state is State.PUBLISHED
    assert [text.split()[0] for text in texts] == ["Uusi"]


@pytest.mark.parametrize("channel", registry.NAMES)
@pytest.mark.parametrize("point", SENT)
def test_an_edit_while_it_is_being_sent_changes_nothing(tmp_path: Path, channel: str, point: Point) -> None:
    """The old words are out once, and the new ones never follow them."""
    state, texts = run(tmp_path, channel, point, edit)
    assert state is State.PUBLISHED
    assert [text.split()[0] for text in texts] == ["Vanha"]


@pytest.mark.parametrize("point", PREPARED)
def test_what_expires_while_it_is_prepared_is_not_sent(tmp_path: Path, point: Point) -> None:
    """Never published after its last moment: not even a second."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    write(tmp_path, "lupa", WORDS + f"expires: {(START + timedelta(hours=2)).isoformat()}\n")
    hand = Hand(point)
    with town(tmp_path, channels=("instagram",), reached=hand.reached) as one:
        hand.act = lambda: expire(one)
        one.service.read_queue()
        one.work()
        assert [view.state for view in one.deliveries()] == [State.EXPIRED]
        assert one.posts("instagram") == []


@pytest.mark.parametrize("channel", registry.NAMES)
@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE])
def test_what_was_called_off_in_doubt_is_looked_for_before_it_is_sent_again(
    tmp_path: Path, channel: str, fault: Fault
) -> None:
    """The answer was lost and nothing could be read, so a person called it off, and wants it after all: never twice."""
    announce(tmp_path)
    hand = Hand(Point.AFTER_INTENT)
    with town(tmp_path, channels=(channel,), reached=hand.reached) as one:

        def cut_off() -> None:
            one.sandbox.add_rule(Rule(kind=fault, method="POST"))
            one.sandbox.add_rule(Rule(kind=Fault.ERROR_BEFORE, method="GET", times=None))

        hand.act = cut_off
        one.service.read_queue()
        one.work()
        cancel(one)
        one.service.finish_withdrawals()
        assert one.states() == {channel: State.CANCELLED}
        one.sandbox.rules.clear()
        with one.service.store.write() as conn:
            assert rows.retry_delivery(conn, 1, one.clock.now(), timedelta(hours=6))
        assert one.states() == {channel: State.CONFIRMING}
        one.work()
        out = fault is Fault.LOST_AFTER
        assert one.states() == {channel: State.PUBLISHED if out else State.UNCONFIRMED}
        assert len(one.posts(channel)) == out

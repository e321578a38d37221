"""Looking for lost answers where looking itself is refused: what a network says about its reset is kept to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels import instagram
from channels.base import Found, Step
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.settings import Delays
from publisher.model import State
from publisher.policy import Doubt, Judgement, Verdict, after_look
from publisher.store import accounts
from tests.delivery.town import START, Town, town, write, write_picture

TIMELINE = "GET /2/users/:id/tweets"
CREATE = Step(name="create", commits=True)
ENDED = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def mark_looked_at(one: Town) -> None:
    """As in a database that has been at work: only lost answers are looked for."""
    with one.service.store.write() as conn:
        for account in accounts.list_accounts(conn):
            accounts.mark_looked(conn, account.id, one.clock.now())


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
def test_a_container_that_instagram_forgot_is_not_published_for_ever(tmp_path: Path, on_doubt: str) -> None:
    """The answer was lost, the post is not there and its container neither: it is begun again where that is wanted, or a person decides."""
    write(tmp_path, "lupa", "text: Luvan voi hakea.\npublish: asap\nimages: [{file: talo.png, alt: Talo.}]\n")
    write_picture(tmp_path, "talo.png")
    with town(tmp_path, channels=("instagram",), on_doubt=on_doubt) as one:
        one.service.read_queue()
        mark_looked_at(one)
        one.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, method="POST", path="/media_publish$"))
        one.work(until=START + MINUTE)
        assert {view.state for view in one.deliveries()} == {State.CONFIRMING}
        one.sandbox.world.containers.clear()
        one.work(until=START + 120 * MINUTE)
        asked = sum(entry.path.endswith("/media_publish") for entry in one.sandbox.requests())
        if on_doubt == "hold":
            assert (one.states(), asked) == ({"instagram": State.UNCONFIRMED}, 1)
        else:
            assert (one.states(), asked, len(one.posts("instagram"))) == ({"instagram": State.PUBLISHED}, 2, 1)


def looks(one: Town) -> list[int | None]:
    """How X answered each reading of the timeline."""
    return [
        entry.status for entry in one.sandbox.requests() if entry.path.endswith("/tweets") and entry.method == "GET"
    ]


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
def test_no_look_is_made_before_the_reset_that_the_network_named(tmp_path: Path, on_doubt: str) -> None:
    """X lets nobody read for a quarter of an hour: three lost posts are asked for once each at most, and all are found after it."""
    for n in range(3):
        write(tmp_path, f"lupa{n}", f"text: Luvan {n} voi hakea.\npublish: asap\n")
    with town(tmp_path, channels=("x",), on_doubt=on_doubt) as one:
        one.service.read_queue()
        mark_looked_at(one)
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path=r"^/2/tweets$", times=3))
        one.sandbox.settings.quotas.x_limits[TIMELINE] = 0
        one.work(until=START + 14 * MINUTE)
        assert {view.state for view in one.deliveries()} == {State.CONFIRMING}
        assert set(looks(one)) == {429}
        assert len(looks(one)) <= 3
        one.sandbox.settings.quotas.x_limits[TIMELINE] = 900
        one.work(until=START + 30 * MINUTE)
        assert {(view.state, view.evidence) for view in one.deliveries()} == {(State.PUBLISHED, "found")}
        assert len(one.posts("x")) == 3


def test_one_reading_of_the_timeline_answers_for_all_that_was_lost_on_the_account(tmp_path: Path) -> None:
    """X bills every post that is read: what is out, what is not and a further post of a thread are settled by the readings of one."""
    for n in range(3):
        write(tmp_path, f"lupa{n}", f"text: Luvan {n} voi hakea.\npublish: asap\n")
    write(tmp_path, "lupa3", "text: Lupa.\npublish: asap\nx: {thread: [Ohjeet ovat verkossa., Neuvonta palvelee.]}\n")
    with town(tmp_path, channels=("x",), on_doubt="resend", delays=Delays(listing=60)) as one:
        one.service.read_queue()
        mark_looked_at(one)
        for nth, kind in {1: Kind.LOST_AFTER, 2: Kind.LOST_AFTER, 3: Kind.LOST_BEFORE, 5: Kind.LOST_AFTER}.items():
            one.sandbox.add_rule(Rule(kind=kind, method="POST", path=r"^/2/tweets$", nth=nth))
        one.work(until=START + 60 * MINUTE)
        assert {view.state for view in one.deliveries()} == {State.PUBLISHED}
        assert [(post.text, bool(post.reply_to)) for post in one.posts("x")] == [
            ("Luvan 0 voi hakea.", False),
            ("Luvan 1 voi hakea.", False),
            ("Ohjeet ovat verkossa.", False),
            ("Neuvonta palvelee.", True),
            ("Luvan 2 voi hakea.", False),
        ]
        # Eight until ten minutes have passed and one after them: as many as one lost answer takes.
        assert len(looks(one)) <= 10


def test_a_post_on_a_page_that_came_is_found_although_a_later_page_did_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instagram's listing breaks off behind its first page, each time; what is on that page is there all the same."""
    monkeypatch.setattr(instagram, "_PAGE", 1)
    with town(tmp_path, channels=("instagram",)) as one:
        write_picture(tmp_path, "talo.png")
        one.service.read_queue()
        mark_looked_at(one)
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="media_publish", nth=2))
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, method="GET", path=r"/media\?.*after=", times=None))
        for n in range(2):
            write(
                tmp_path,
                f"lupa{n}",
                f"text: Luvan {n} voi hakea.\npublish: asap\nimage: {{file: talo.png, alt: Talo.}}\n",
            )
        one.service.read_queue()
        one.work(until=START + 5 * MINUTE)
        assert [(view.state, view.evidence) for view in one.deliveries()] == [
            (State.PUBLISHED, "answer"),
            (State.PUBLISHED, "found"),
        ]


def judged(
    minute: float, found: Found | None, *, wait: float | None = None, resend: bool = False, looks: int = 0
) -> Judgement:
    """What follows from a look so many minutes after the request had ended, where a person is asked after ten."""
    return after_look(
        found,
        CREATE,
        Doubt(ended=ENDED, looks=looks, absent_at=None, resend=resend),
        confirm_for=10 * MINUTE,
        give_up_after=timedelta(hours=6),
        now=ENDED + minute * MINUTE,
        wait=None if wait is None else wait * MINUTE,
    )


@pytest.mark.parametrize(
    "minute, wait, resend, again",
    [
        (1, 2, False, 3),  # not before the reset
        (1, 0.01, False, 1 + 2 / 60),  # nor before its own time
        (8, 5, False, 13),  # past the horizon, while there is patience with a look that fails
        (8, 5, True, 13),
        (1, 600, False, 10),  # a day's quota: asked once more at the horizon
        (1, 120, True, 121),  # nobody waits for an answer
        (1, 3000, True, 370),  # until it is given up
        (10, None, False, 10 + 2 / 60),  # a look that failed at the horizon is made again
        (10, 5, False, 15),
    ],
)
def test_a_refused_look_waits_for_the_reset(minute: float, wait: float | None, again: float, *, resend: bool) -> None:
    """A reset that comes in time is waited for; one that does not leaves the usual looks."""
    found = judged(minute, None, wait=wait, resend=resend)
    assert found.verdict is Verdict.LOOK_AGAIN
    assert found.not_before == ENDED + again * MINUTE


@pytest.mark.parametrize(
    "minute, found, wait",
    [
        (10, Found(complete=True), None),  # it was looked for, and it is not there
        (10, Found(), None),  # what can be read does not tell
        (10, None, 600),  # it cannot be looked for in time
        (20, None, None),  # no look succeeds
    ],
)
def test_a_person_is_asked_when_looking_told_nothing(minute: float, found: Found | None, wait: float | None) -> None:
    """Past the horizon a person is asked, unless a look failed that can still be made in time."""
    assert judged(minute, found, wait=wait, looks=8).verdict is Verdict.ASK_PERSON


def test_looks_that_fail_past_the_horizon_follow_each_other_by_a_minute_at_most() -> None:
    """However long the pauses had grown before."""
    assert judged(12, None, looks=8).not_before == ENDED + 13 * MINUTE

"""A thread on X: every post once and in order, whatever is lost, refused or killed on the way, and a person can have the rest sent."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from channels.sandbox.faults import Kind, Rule
from publisher.cli import tiedote
from publisher.collection import Collector
from publisher.delivery import Point
from publisher.errors import explain
from publisher.model import State
from publisher.store import accounts, engagement
from publisher.store import deliveries as rows
from tests.delivery.conftest import Victims
from tests.delivery.test_killed import ledger, states
from tests.delivery.test_worker import publish, told
from tests.delivery.town import Town, town, write, write_config, write_picture

WORDS = ["Rakennusluvan voi hakea verkossa.", "Tarvitset tontin tiedot ja piirustukset.", "Käsittely kestää kuukauden."]
LINK = "https://asiointi.hausjarvi.example/lupa"
ANNOUNCEMENT = f"""
    text: Rakennusluvan voi hakea verkossa. Lue lisää.
    link: {LINK}
    publish: asap
    image: {{file: talo.png, alt: Talo.}}
    x:
      thread:
        - {WORDS[0]}
        - {WORDS[1]}
        - {WORDS[2]}
"""
WHOLE = [WORDS[0], WORDS[1], f"{WORDS[2]}\n\n{LINK}"]
FAULTS = (Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.ERROR_AFTER, Kind.RATE_LIMITED, Kind.MALFORMED, Kind.CUT_HEADERS)


def announce(folder: Path) -> None:
    """Put a thread with a picture into the queue."""
    (folder / "schedules").mkdir(parents=True, exist_ok=True)
    write_picture(folder, "talo.png")
    write(folder, "lupa", ANNOUNCEMENT)


def texts(one: Town) -> list[str]:
    """What residents see on X, in the order of the thread."""
    posts = one.posts("x")
    chain = [post for post in posts if post.reply_to is None]
    while following := [post for post in posts if chain and post.reply_to == chain[-1].id]:
        assert len(following) == 1, "two posts answer the same one"
        chain += following
    assert len(chain) == len(posts), "a post that is not in the thread"
    return [post.text for post in chain]


def ids(one: Town) -> list[str]:
    """The posts of the only thread, as the database has them."""
    (view,) = one.deliveries()
    with one.service.store.read() as conn:
        return [str(view.remote_id), *rows.parts_of(conn, view.account_id).get(view.id, ())]


def test_a_thread_goes_out_and_every_id_is_kept(tmp_path: Path) -> None:
    """Three posts, the link and the picture once each; the database knows all three, and the address is the first one's."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        publish(one)
        assert texts(one) == WHOLE
        assert ids(one) == [post.id for post in one.posts("x")]
        (view,) = one.deliveries()
        assert (view.state, view.error_kind) == (State.PUBLISHED, None)
        assert view.url == f"https://x.com/i/web/status/{ids(one)[0]}"
        before = len(one.sandbox.requests())
        publish(one)
        assert len(one.sandbox.requests()) == before


def requests_of_a_thread(folder: Path) -> int:
    """Count what a whole thread asks of X."""
    announce(folder)
    with town(folder, channels=("x",)) as one:
        publish(one)
        return len(one.sandbox.requests())


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_any_request_never_doubles_a_post_of_the_thread(tmp_path: Path, on_doubt: str, fault: Kind) -> None:
    """Whichever request is spoilt: no post twice, none out of turn; and what is missing is told, never passed over."""
    for nth in range(1, requests_of_a_thread(tmp_path / "count") + 1):
        folder = tmp_path / str(nth)
        announce(folder)
        with town(folder, channels=("x",), on_doubt=on_doubt) as one:
            one.sandbox.add_rule(Rule(kind=fault, nth=nth, retry_after=60 if fault is Kind.RATE_LIMITED else None))
            publish(one)
            (view,) = one.deliveries()
            seen = texts(one)
            known = ids(one) if view.remote_id else []
        where = f"{on_doubt}, {fault} at request {nth}: {seen}, {view.state}, {view.error_kind}"
        assert seen == WHOLE[: len(seen)], where
        assert len(known) == len(seen), where
        complete = view.state is State.PUBLISHED and view.error_kind is None
        assert complete == (seen == WHOLE), where
        if not complete:
            assert on_doubt == "hold", where
            assert view.state is (State.PUBLISHED if seen else State.UNCONFIRMED), where
            assert view.state is State.UNCONFIRMED or view.error_kind == "unconfirmed", where


def test_a_refused_rest_is_told_and_can_be_sent_later(tmp_path: Path) -> None:
    """The first post stays, the error says that the rest is missing, people hear of it once; `retry` sends the rest and nothing twice."""
    announce(tmp_path)
    towns: list[Town] = []

    def hide_the_first(here: Point) -> None:
        if here is Point.AFTER_OUTCOME and len(towns[0].posts("x")) == 1:
            world = towns[0].sandbox.world
            next(iter(world.posts.values())).deleted = towns[0].clock.stamp()

    with town(tmp_path, channels=("x",), reached=hide_the_first) as one:
        towns.append(one)
        publish(one)
        (view,) = one.deliveries()
        assert texts(one) == WHOLE[:1]
        assert (view.state, view.error_kind, view.thread) == (State.PUBLISHED, "post_refused", True)
        explained = explain("post_refused", None, {"delivery": view.name}, state=view.state, thread=view.thread)
        assert explained.message.startswith("The rest of the thread is missing.")
        assert f"tiedote retry {view.name}" in explained.remedy
        assert told(one) == [f"failed:{view.name}"]
        with one.service.store.write() as conn:
            assert not rows.cancel_delivery(conn, view.id, one.clock.now())
            assert rows.retry_delivery(conn, view.id, one.clock.now(), timedelta(hours=6))
        one.sandbox.world.posts[str(view.remote_id)].deleted = None
        one.work()
        assert texts(one) == WHOLE
        (view,) = one.deliveries()
        assert (view.state, view.error_kind) == (State.PUBLISHED, None)
        with one.service.store.write() as conn:
            assert not rows.retry_delivery(conn, view.id, one.clock.now(), timedelta(hours=6))


def lose(one: Town, kind: Kind) -> None:
    """Lose the answer to the second post, and let every look for it come to nothing."""
    one.sandbox.add_rule(Rule(kind=kind, method="POST", path="/2/tweets$", nth=2))
    one.sandbox.settings.delays.listing = 48 * 3600


def test_a_person_says_that_the_next_post_is_not_out(tmp_path: Path) -> None:
    """Looking cannot tell: the first post is published with an error; told that the second is absent, Tiedote sends it and goes on."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        lose(one, Kind.LOST_BEFORE)
        publish(one)
        (view,) = one.deliveries()
        assert (view.state, view.error_kind) == (State.PUBLISHED, "unconfirmed")
        assert told(one) == [f"unconfirmed:{view.name}"]
        with one.service.store.write() as conn:
            assert not rows.retry_delivery(conn, view.id, one.clock.now(), timedelta(hours=6)), "it is still in doubt"
            assert rows.resolve_not_published(conn, view.id, one.clock.now(), timedelta(hours=6))
        one.work()
        assert texts(one) == WHOLE
        assert len(ids(one)) == 3


def test_a_person_names_the_next_post_and_the_rest_follows_it(tmp_path: Path) -> None:
    """The second post is out but no listing has it: at the address that a person gives it is found, kept, and answered by the third."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        lose(one, Kind.LOST_AFTER)
        publish(one)
        (view,) = one.deliveries()
        assert (view.state, view.error_kind) == (State.PUBLISHED, "unconfirmed")
        second = one.posts("x")[1].id
        with one.service.store.write() as conn:
            url = f"https://x.com/hausjarvi/status/{second}"
            assert rows.resolve_published(conn, view.id, second, url, one.clock.now())
        one.work()
        assert texts(one) == WHOLE
        assert ids(one) == [post.id for post in one.posts("x")]
        (view,) = one.deliveries()
        assert (view.state, view.error_kind, view.remote_id) == (State.PUBLISHED, None, ids(one)[0])


def test_a_person_names_the_first_post_and_the_rest_follows_it(tmp_path: Path) -> None:
    """The answer to the first post was lost, and no listing has it: once its address is given, the thread goes on below it."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="/2/tweets$"))
        one.sandbox.settings.delays.listing = 48 * 3600
        publish(one)
        (view,) = one.deliveries()
        assert view.state is State.UNCONFIRMED
        (first,) = one.posts("x")
        one.sandbox.settings.delays.listing = 0
        url = f"https://x.com/hausjarvi/status/{first.id}"
        command = ["--lang", "en", "--config", str(tmp_path / "config.yaml"), "resolve", view.name, "--published", url]
        told = CliRunner().invoke(tiedote, command)
        assert told.exit_code == 0, told.output
        assert "the next post of its thread" in told.output
        one.work()
        assert texts(one) == WHOLE
        assert ids(one) == [post.id for post in one.posts("x")]
        assert [(view.state, view.error_kind) for view in one.deliveries()] == [(State.PUBLISHED, None)]


def test_a_wrong_address_settles_nothing(tmp_path: Path) -> None:
    """A person names the first post again: it is no answer to itself, so the thread stays in doubt and nothing is sent."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        lose(one, Kind.LOST_BEFORE)
        publish(one)
        (view,) = one.deliveries()
        with one.service.store.write() as conn:
            assert rows.resolve_published(conn, view.id, str(view.remote_id), view.url, one.clock.now())
        one.work()
        (view,) = one.deliveries()
        assert (view.state, view.error_kind) == (State.PUBLISHED, "unconfirmed")
        assert texts(one) == WHOLE[:1]


def test_what_residents_say_under_any_post_is_counted(tmp_path: Path) -> None:
    """A comment on the first, one on the last and a like on each: two comments, three likes; our own posts are no comments."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        publish(one)
        first, second, last = (post.id for post in one.posts("x"))
        one.sandbox.comment(first, "Kiitos!")
        one.sandbox.comment(last, "Mistä piirustukset saa?")
        for post in (first, second, last):
            one.sandbox.react(post, "like", author="Aino Mäkelä")
        one.clock.advance(3600)
        collector = Collector(one.service.store, one.service.pool.lend, one.service.config)
        with one.service.store.read() as conn:
            (account,) = accounts.list_accounts(conn)
        for _pass in range(2):
            collected = collector.collect_account(account, one.clock.now(), all_posts=True)
            assert collected is not None
            assert collected.error is None
            one.clock.advance(60)
        with one.service.store.read() as conn:
            (result,) = engagement.list_results(conn)
            written = engagement.list_comments(conn)
        assert (result.remote_id, result.comments, result.reactions) == (first, 2, {"like": 3})
        assert sorted(
            (str(comment.text).partition(" ")[2], comment.kind, comment.parent_remote_id) for comment in written
        ) == [
            ("Kiitos!", "comment", None),
            ("Mistä piirustukset saa?", "comment", None),
        ]


AT = [
    (point, nth)
    for point in (Point.BEFORE_INTENT, Point.AFTER_INTENT, Point.AFTER_ANSWER, Point.AFTER_OUTCOME)
    for nth in (2, 3)
]


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
@pytest.mark.parametrize("point, nth", AT)
def test_a_process_killed_within_a_thread_goes_on_where_it_was(
    tmp_path: Path,
    networks: str,
    victims: Victims,
    point: Point,
    nth: int,
    on_doubt: str,
) -> None:
    """SIGKILL before, during or after a further post, restart at once: no post twice, the thread complete wherever that can be known."""
    announce(tmp_path)
    config = write_config(tmp_path, networks, channels=("x",), on_doubt=on_doubt, confirm_for="2s")
    assert victims.run(config, point, str(nth)) == -signal.SIGKILL
    victims.run(config)
    posts = ledger(networks)
    seen = [post["text"] for post in posts]
    assert seen == WHOLE[: len(seen)]
    assert [post["reply_to"] for post in posts] == [None, *(post["id"] for post in posts[:-1])]
    assert states(tmp_path) == {"x": State.PUBLISHED}
    nothing_lost = point is not Point.AFTER_INTENT or on_doubt == "resend"
    assert (seen == WHOLE) == nothing_lost
    assert requests.get(f"{networks}/_sandbox/ledger", timeout=5).status_code == 200

"""A database that was lost: what is out is recognised, what never went out is told, and nothing is sent late unasked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels import registry
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.ledger import LedgerPost
from publisher.delivery import Point
from publisher.model import State
from publisher.store import deliveries as rows
from publisher.store import notices
from tests.delivery.test_worker import in_use
from tests.delivery.town import START, Town, town, write, write_picture

DAYS = timedelta(days=4)


@contextmanager
def a_lost_database(folder: Path, channels: tuple[str, ...] = registry.NAMES, until: str = "") -> Iterator[Town]:
    """Publish two announcements, write a third one with a time that passed, lose the database, and begin anew four days later."""
    (folder / "schedules").mkdir()
    write_picture(folder, "talo.png")
    write(folder, "eka", dated("Ensimmäinen tiedote.", START + timedelta(hours=1)) + until)
    write(folder, "toka", dated("Toinen tiedote.", START + timedelta(hours=2)))
    with town(folder, channels=channels) as one:
        one.service.read_queue()
        one.work()
        assert len(one.sandbox.ledger()) == 2 * len(channels)
        one.service.store.close()
        for file in folder.glob("tiedote.db*"):
            file.unlink()
        write(folder, "kolmas", dated("Kolmas tiedote, jota ei ehditty julkaista.", START + timedelta(hours=3)))
        one.clock.set(START + DAYS)
        with one.again() as again:
            yield again


def dated(words: str, when: datetime) -> str:
    return f"text: {words}\npublish: {when.isoformat()}\nimage: {{file: talo.png, alt: Talo.}}\n"


def states(one: Town) -> dict[tuple[str, str], State]:
    return {(view.key.announcement, view.key.channel): view.state for view in one.deliveries()}


def told(one: Town) -> list[tuple[str, str]]:
    """Return what people are mailed about: kind and announcement."""
    found = []
    with one.service.store.write() as conn:
        while (notice := notices.claim_notice(conn, one.clock.now(), timedelta(hours=1))) is not None:
            found.append((str(notice.kind), notice.params["announcement"]))
    return found


@pytest.mark.parametrize("channel", registry.NAMES)
def test_what_went_out_days_ago_is_adopted_and_only_the_rest_is_missed(tmp_path: Path, channel: str) -> None:
    """Its time is long past, yet nobody is told that it was missed: the account is looked at first."""
    with a_lost_database(tmp_path, (channel,)) as one:
        one.service.read_queue()
        one.work()
        assert states(one) == {
            ("eka", channel): State.PUBLISHED,
            ("toka", channel): State.PUBLISHED,
            ("kolmas", channel): State.MISSED,
        }
        assert {view.evidence for view in one.deliveries()} == {"adopted", None}
        assert len(one.sandbox.ledger()) == 2
        assert told(one) == [("missed", "kolmas")]


def test_an_account_that_is_down_at_that_moment_is_looked_at_when_it_is_back(tmp_path: Path) -> None:
    """Two hours of 503: nothing is missed meanwhile, and afterwards all is told apart as if it had been up."""
    with a_lost_database(tmp_path, ("facebook",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=2))
        assert set(states(one).values()) == {State.SCHEDULED}
        assert told(one) == []
        one.sandbox.rules.clear()
        one.work(until=one.clock.now() + timedelta(hours=2))
        assert states(one) == {
            ("eka", "facebook"): State.PUBLISHED,
            ("toka", "facebook"): State.PUBLISHED,
            ("kolmas", "facebook"): State.MISSED,
        }
        assert len(one.sandbox.ledger()) == 2


def test_an_account_that_stays_away_for_days_does_not_keep_people_waiting(tmp_path: Path) -> None:
    """After 72 hours they are told; if it comes back later, what is out there is recognised all the same."""
    with a_lost_database(tmp_path, ("x",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=71))
        assert told(one) == []
        one.work(until=one.clock.now() + timedelta(hours=3))
        assert set(states(one).values()) == {State.MISSED}
        assert {kind for kind, _announcement in told(one)} == {"missed"}
        one.sandbox.rules.clear()
        write(tmp_path, "uusi", "text: Uusi tiedote.\npublish: asap\n")
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=2))
        assert states(one) == {
            ("eka", "x"): State.PUBLISHED,
            ("toka", "x"): State.PUBLISHED,
            ("kolmas", "x"): State.MISSED,
            ("uusi", "x"): State.PUBLISHED,
        }
        assert len(one.sandbox.ledger()) == 3


def test_what_is_out_and_has_expired_since_is_adopted_too(tmp_path: Path) -> None:
    """Its last moment has passed, but before that it did go out."""
    expires = f"expires: {(START + timedelta(days=2)).isoformat()}\n"
    with a_lost_database(tmp_path, ("linkedin",), expires) as one:
        one.service.read_queue()
        one.work()
        assert states(one)["eka", "linkedin"] is State.PUBLISHED
        assert told(one) == [("missed", "kolmas")]


def test_one_run_tells_apart_what_is_out_and_what_came_too_late(tmp_path: Path) -> None:
    """`run --once` after the loss ends with 0: nothing is left for a later run."""
    with a_lost_database(tmp_path, ("facebook", "x")) as one:
        assert one.service.run_once(timedelta(minutes=1)) == 0
        assert sorted(states(one).values()) == sorted([State.PUBLISHED] * 4 + [State.MISSED] * 2)
        assert len(one.sandbox.ledger()) == 4


def test_what_is_tried_again_is_not_sent_after_its_last_moment(tmp_path: Path) -> None:
    """Refused with a wait that ends after `expires`: it never goes out, and its author hears of it."""
    expires = START + timedelta(minutes=30)
    write(tmp_path, "lupa", f"text: Vain tänään.\npublish: asap\nexpires: {expires.isoformat()}\n")
    with town(tmp_path, channels=("x",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, path="/2/tweets$", method="POST", retry_after=3600))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=3))
        assert states(one) == {("lupa", "x"): State.EXPIRED}
        assert one.posts("x") == []
        assert told(one) == [("expired", "lupa")]


THREAD = """
    text: Rakennuslupa verkossa.
    publish: asap
    x: {thread: [Rakennuslupa verkossa., Tarvitset piirustukset., Käsittely kestää kuukauden.]}
"""
POSTS = ["Rakennuslupa verkossa.", "Tarvitset piirustukset.", "Käsittely kestää kuukauden."]


def seen(one: Town, channel: str = "x") -> list[LedgerPost]:
    return [post for post in one.posts(channel) if post.visible]


@contextmanager
def a_thread_and_a_lost_database(folder: Path, out: int, on_doubt: str = "hold") -> Iterator[Town]:
    """Publish a thread of three posts of which X has the first `out` alone, and lose the database."""
    write(folder, "lupa", THREAD)
    with town(folder, channels=("x",), on_doubt=on_doubt) as one:
        one.service.read_queue()
        one.work()
        for post in seen(one)[out:]:
            one.sandbox.world.posts[post.id].deleted = one.clock.stamp()
        one.service.store.close()
        for file in folder.glob("tiedote.db*"):
            file.unlink()
        one.clock.advance(3600)
        with one.again() as again:
            again.service.read_queue()
            again.work()
            yield again


def parts(one: Town) -> list[str]:
    """The posts of the only thread, as the database has them."""
    (view,) = one.deliveries()
    with one.service.store.read() as conn:
        return [str(view.remote_id), *rows.parts_of(conn, view.account_id).get(view.id, ())]


def test_a_whole_thread_is_adopted_with_every_post_of_it(tmp_path: Path) -> None:
    """Each further post is found under the one before, so that all are counted and can be taken down; nothing is sent."""
    with a_thread_and_a_lost_database(tmp_path, out=3) as one:
        (view,) = one.deliveries()
        assert (view.state, view.evidence, view.error_kind) == (State.PUBLISHED, "adopted", None)
        assert [post.text for post in seen(one)] == POSTS
        assert parts(one) == [post.id for post in seen(one)]
        assert told(one) == []


@pytest.mark.parametrize("out", [1, 2])
def test_a_thread_that_broke_off_is_not_taken_for_whole(tmp_path: Path, out: int) -> None:
    """What is there is adopted, the rest is neither sent nor passed over: a person is asked, and says that it is not out."""
    with a_thread_and_a_lost_database(tmp_path, out=out) as one:
        (view,) = one.deliveries()
        assert (view.state, view.evidence, view.error_kind) == (State.PUBLISHED, "adopted", "unconfirmed")
        assert len(parts(one)) == len(seen(one)) == out
        assert told(one) == [("unconfirmed", "lupa")]
        with one.service.store.write() as conn:
            assert rows.resolve_not_published(conn, view.id, one.clock.now(), timedelta(hours=6))
        one.work()
        assert [post.text for post in seen(one)] == POSTS
        assert parts(one) == [post.id for post in seen(one)]
        assert one.deliveries()[0].error_kind is None


def test_where_the_account_accepts_a_double_the_rest_of_a_thread_is_sent(tmp_path: Path) -> None:
    """`on_doubt: resend`: looked for until it is surely not listed, then sent."""
    with a_thread_and_a_lost_database(tmp_path, out=1, on_doubt="resend") as one:
        assert [post.text for post in seen(one)] == POSTS
        assert parts(one) == [post.id for post in seen(one)]
        assert told(one) == []


COMMENTED = tuple(name for name in registry.NAMES if registry.capabilities(name).max_first_comment)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("channel", COMMENTED)
def test_the_first_comment_of_an_adopted_post_is_looked_for(tmp_path: Path, channel: str, there: bool) -> None:  # noqa: FBT001
    """There: nobody hears of it. Missing: never sent unasked, and a person is asked."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    write(tmp_path, "lupa", dated("Lupa verkossa.", START) + "first_comment: Ohjeet ovat sivuilla.\n")
    with town(tmp_path, channels=(channel,)) as one:
        one.service.read_queue()
        one.work()
        if not there:
            for remark in one.sandbox.world.remarks.values():
                remark.deleted = one.clock.stamp()
        one.service.store.close()
        for file in tmp_path.glob("tiedote.db*"):
            file.unlink()
        one.clock.advance(3600)
        with one.again() as again:
            again.service.read_queue()
            again.work()
            (view,) = again.deliveries()
            assert (view.state, view.error_kind) == (State.PUBLISHED, None if there else "unconfirmed")
            assert told(again) == ([] if there else [("unconfirmed", "lupa")])
            assert [len(post.comments) for post in seen(again, channel)] == [int(there)]


def test_a_restored_database_looks_for_the_rest_of_a_thread_before_it_sends_it(tmp_path: Path) -> None:
    """The copy was made after the first post, and the others went out since: they are found, one after the other, and none comes twice."""
    write(tmp_path, "lupa", THREAD)
    towns: list[Town] = []

    def copy(here: Point) -> None:
        if here is Point.AFTER_OUTCOME and len(towns[0].posts("x")) == 1:
            with closing(sqlite3.connect(tmp_path / "tiedote.db")) as conn:
                conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))

    with town(tmp_path, channels=("x",), reached=copy) as one:
        towns.append(one)
        in_use(one)
        assert len(seen(one)) == len(POSTS)
        one.clock.advance(3600)
        one.service.seal.set(one.clock.now(), "test")
        one.service.store.close()
        for file in tmp_path.glob("tiedote.db-*"):
            file.unlink()
        (tmp_path / "copy.db").rename(tmp_path / "tiedote.db")
        with one.again() as again:
            in_use(again)
            (view,) = again.deliveries()
            assert (view.state, view.error_kind) == (State.PUBLISHED, None)
            assert [post.text for post in seen(again)] == POSTS
            assert parts(again) == [post.id for post in seen(again)]

"""A database that was lost: what is out is recognised, what never went out is told, and nothing is sent late unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels import registry
from channels.sandbox.faults import Kind, Rule
from publisher.model import State
from publisher.store import notices
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

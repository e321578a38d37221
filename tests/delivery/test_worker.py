"""One delivery at a time, against the networks: what a lost answer, a refusal or a blocked account leads to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels import registry
from channels.base import Post, Proof
from channels.sandbox.faults import Kind, Rule
from publisher.model import State
from publisher.store import notices
from tests.delivery.town import Town, town, write, write_picture

WORDS = "Rakennusluvan voi nyt hakea kokonaan verkossa & Kysy lisää!"
ANNOUNCEMENT = f"""
    text: |
      {WORDS}
    link: https://asiointi.hausjarvi.example/rakennuslupa
    campaign: lupa-2026
    hashtags: [Rakentaminen, SähköinenAsiointi]
    publish: asap
    images:
      - {{file: talo.png, alt: Talo jonka katolla istuu lintu.}}
      - {{file: ovi.png, alt: Avoin ovi.}}
    first_comment: Ohjeet löytyvät verkkosivuiltamme.
    x: {{first_comment: null}}
"""


def announce(folder: Path) -> None:
    """Put the announcement with two pictures and a first comment into the queue."""
    (folder / "schedules").mkdir(exist_ok=True)
    write_picture(folder, "talo.png")
    write_picture(folder, "ovi.png", "gold")
    write(folder, "lupa", ANNOUNCEMENT.replace("    x: {first_comment: null}\n", ""))


def publish(one: Town) -> None:
    """Read the queue and work until nothing is left to do."""
    one.service.read_queue()
    one.work()


def test_an_announcement_goes_out_once_to_each_account_and_whole(tmp_path: Path) -> None:
    """Words, link, hashtags, pictures with their alt texts and the first comment arrive; a second pass sends nothing."""
    announce(tmp_path)
    with town(tmp_path) as one:
        publish(one)
        assert set(one.states().values()) == {State.PUBLISHED}
        for channel in registry.NAMES:
            (post,) = one.posts(channel)
            for part in (WORDS, "utm_source=" + channel, "#Rakentaminen", "#SähköinenAsiointi"):
                assert part in post.text.replace("&amp;", "&") or part in post.source, (channel, part, post.text)
            assert [picture.alt for picture in post.pictures] == ["Talo jonka katolla istuu lintu.", "Avoin ovi."]
            own = [comment.text for comment in post.comments if comment.own]
            assert own == ([] if channel == "x" else ["Ohjeet löytyvät verkkosivuiltamme."])
        before = len(one.sandbox.requests())
        publish(one)
        assert len(one.sandbox.requests()) == before


def requests_of_a_publication(folder: Path, channel: str) -> int:
    """Count what one publication on a channel asks of its network, the first look at the account included."""
    announce(folder)
    with town(folder, channels=(channel,)) as one:
        publish(one)
        assert one.states() == {channel: State.PUBLISHED}
        return len(one.sandbox.requests())


FAULTS = (Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.ERROR_AFTER, Kind.RATE_LIMITED, Kind.MALFORMED)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
@pytest.mark.parametrize("channel", registry.NAMES)
def test_a_fault_of_any_request_never_doubles_a_post(tmp_path: Path, channel: str, on_doubt: str, fault: Kind) -> None:
    """Whichever request is spoilt, there are never two posts; one with `resend` or exact proof, else one or a person is asked."""
    count_in = tmp_path / "count"
    count_in.mkdir()
    exact = registry.capabilities(channel).proof is Proof.EXACT
    for nth in range(1, requests_of_a_publication(count_in, channel) + 1):
        folder = tmp_path / str(nth)
        folder.mkdir()
        announce(folder)
        with town(folder, channels=(channel,), on_doubt=on_doubt) as one:
            one.sandbox.add_rule(Rule(kind=fault, nth=nth, retry_after=60 if fault is Kind.RATE_LIMITED else None))
            publish(one)
            posts, state = one.posts(channel), one.states()[channel]
            comments = [comment for post in posts for comment in post.comments if comment.own]
        where = f"{channel}, {on_doubt}, {fault} at request {nth}: {len(posts)} posts, {state}"
        assert len(posts) <= 1, where
        assert len(comments) <= 1, where
        assert state in {State.PUBLISHED, State.UNCONFIRMED}, where
        assert (state is State.PUBLISHED) == (len(posts) == 1), where
        if on_doubt == "resend" or exact:
            assert state is State.PUBLISHED, where


@pytest.mark.parametrize("channel", registry.NAMES)
def test_an_effect_that_comes_late_is_found_or_asked_about(tmp_path: Path, channel: str) -> None:
    """The network applies the request a minute after its answer was lost: still one post, and known to be out."""
    announce(tmp_path)
    with town(tmp_path, channels=(channel,)) as one:
        commit = {"facebook": r"/\d+_\d+$", "instagram": "media_publish", "x": "/2/tweets$", "linkedin": "/rest/posts$"}
        one.sandbox.add_rule(Rule(kind=Kind.LATE_EFFECT, method="POST", path=commit[channel], delay=60))
        publish(one)
        assert len(one.posts(channel)) == 1
        assert one.states()[channel] is State.PUBLISHED


def test_a_refused_post_fails_once_and_people_hear_of_it(tmp_path: Path) -> None:
    """Somebody posted the same words by hand and LinkedIn says so: one try, failed, the reason kept, a mail, X goes on."""
    write(tmp_path, "ensin", "text: Kirjasto on auki myös lauantaisin.\npublish: asap\n")
    with town(tmp_path, channels=("x", "linkedin")) as one:
        publish(one)
        account = next(
            each for each in one.service.config.organisations["hausjarvi"].accounts if each.channel == "linkedin"
        )
        with one.service.pool.lend(account) as channel:
            post = Post(text=WORDS)
            channel.advance(post, channel.begin(post))
        write(tmp_path, "lupa", f"text: {WORDS}\npublish: asap\n")
        publish(one)
        failed = next(view for view in one.deliveries() if view.state is State.FAILED)
        assert (failed.key.channel, failed.error_kind, failed.attempts) == ("linkedin", "duplicate", 1)
        assert len(one.posts("linkedin")) == 2
        assert len(one.posts("x")) == 2
        assert told(one) == [f"failed:{failed.name}"]


def told(one: Town) -> list[str]:
    """Return what people are mailed about."""
    with one.service.store.write() as conn:
        found = []
        while (notice := notices.claim_notice(conn, one.clock.now(), timedelta(hours=1))) is not None:
            found.append(notice.cause)
    return found


def test_a_used_up_day_is_waited_out_and_does_not_count_as_late(tmp_path: Path) -> None:
    """LinkedIn's quota is used up until midnight UTC, 17 hours away: the post goes out then, after a single further request."""
    write(tmp_path, "lupa", f"text: {WORDS}\npublish: asap\n")
    with town(tmp_path, channels=("linkedin",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, path="/rest/posts$", method="POST"))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=16))
        assert one.states() == {"linkedin": State.RETRYING}
        one.work(until=one.clock.now() + timedelta(hours=24))
        assert one.states() == {"linkedin": State.PUBLISHED}
        assert [entry.status for entry in one.sandbox.requests() if entry.method == "POST"] == [429, 201]


def test_an_expired_token_pauses_its_account_alone_and_the_post_goes_out_after_the_repair(tmp_path: Path) -> None:
    """Facebook's token is dead: X goes on; a few probes later the token works and what waited goes out, hours late."""
    write(tmp_path, "lupa", f"text: {WORDS}\npublish: asap\n")
    with town(tmp_path, channels=("facebook", "x")) as one:
        facebook = next(account for account in one.sandbox.accounts if account.channel == "facebook")
        facebook.status = "expired"
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=8))
        assert one.states() == {"facebook": State.SCHEDULED, "x": State.PUBLISHED}
        calls = len(one.sandbox.requests("facebook"))
        assert calls <= 40, "a blocked account is probed by reading, four times an hour"
        facebook.status = "ok"
        one.work(until=one.clock.now() + timedelta(hours=1))
        assert one.states() == {"facebook": State.PUBLISHED, "x": State.PUBLISHED}


def test_a_database_that_starts_empty_adopts_what_is_already_out(tmp_path: Path) -> None:
    """The database was lost: the same words on the account are recognised and not sent again."""
    announce(tmp_path)
    with town(tmp_path) as one:
        publish(one)
        kept = one.sandbox
        ids = {channel: one.posts(channel)[0].id for channel in registry.NAMES}
        one.service.store.close()
        for file in tmp_path.glob("tiedote.db*"):
            file.unlink()
        with one.again() as again:
            publish(again)
            assert set(again.states().values()) == {State.PUBLISHED}
            assert len(kept.ledger()) == len(registry.NAMES)
            assert {view.key.channel: view.remote_id for view in again.deliveries()} == ids
            assert {view.evidence for view in again.deliveries()} == {"adopted"}


@pytest.mark.parametrize("channel", registry.NAMES)
def test_a_restored_database_sends_nothing_again(tmp_path: Path, channel: str) -> None:
    """What went out after the copy was made is found on the account; what fell due and is not there is for a person to say."""
    write_config_and_pictures(tmp_path)
    with town(tmp_path, channels=(channel,)) as one:
        write(tmp_path, "eka", dated("Ensimmäinen tiedote.", one.clock.now()))
        later = one.clock.now() + timedelta(hours=2)
        write(tmp_path, "toka", dated("Toinen tiedote.", later))
        in_use(one)
        with closing(sqlite3.connect(tmp_path / "tiedote.db")) as conn:
            conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
        one.clock.set(later + timedelta(minutes=1))
        in_use(one)
        assert len(one.posts(channel)) == 2
        one.service.store.close()
        for file in tmp_path.glob("tiedote.db-*"):
            file.unlink()
        (tmp_path / "copy.db").rename(tmp_path / "tiedote.db")
        write(tmp_path, "kolmas", dated("Kolmas tiedote, jota ei ehditty julkaista.", later))
        one.clock.advance(60)
        with one.again() as again:
            in_use(again)
            found = {view.key.announcement: (view.state, view.evidence) for view in again.deliveries()}
        assert len(one.posts(channel)) == 2
        assert found["eka"] == (State.PUBLISHED, "answer")
        assert found["toka"] == (State.PUBLISHED, "found")
        assert found["kolmas"] == (State.UNCONFIRMED, None)


def write_config_and_pictures(folder: Path) -> None:
    """Put a picture into the queue."""
    (folder / "schedules").mkdir()
    write_picture(folder, "talo.png")


def dated(words: str, when: datetime) -> str:
    """Return an announcement with a picture for a moment."""
    return f"text: {words}\npublish: {when.isoformat()}\nimage: {{file: talo.png, alt: Talo.}}\n"


def in_use(one: Town) -> None:
    """Do what the daemon does: be alone with the database, read the queue, publish, note that it is in use."""
    with one.service.alone():
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(minutes=30))
        one.service.seal.set(one.clock.now(), "test")


def test_what_is_due_after_its_limit_is_missed_and_never_sent(tmp_path: Path) -> None:
    """The machine was off for seven hours: the post is not sent late, and a person hears of it."""
    write(tmp_path, "lupa", f"text: {WORDS}\npublish: asap\n")
    with town(tmp_path, channels=("x",)) as one:
        one.service.read_queue()
        one.clock.advance(7 * 3600)
        one.work()
        assert one.states() == {"x": State.MISSED}
        assert one.posts("x") == []


def test_a_network_that_is_down_for_hours_is_asked_rarely_and_everything_goes_out_when_it_is_back(
    tmp_path: Path,
) -> None:
    """Facebook answers nothing but 503 for three hours: a handful of requests, and all five posts are out soon after."""
    for number in range(5):
        write(tmp_path, f"tiedote-{number}", f"text: Tiedote numero {number}.\npublish: asap\n")
    with town(tmp_path, channels=("facebook",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=3))
        assert len(one.sandbox.requests()) < 40
        one.sandbox.rules.clear()
        one.work(until=one.clock.now() + timedelta(hours=1))
        assert {view.state for view in one.deliveries()} == {State.PUBLISHED}
        assert len(one.posts("facebook")) == 5

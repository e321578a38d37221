"""What a person does about posts that are out, and what reading back finds: by the commands, against the networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from channels import registry
from channels.sandbox.faults import Kind, Rule
from publisher.cli import tiedote
from publisher.model import State
from publisher.store import deliveries as rows
from publisher.store import notices
from publisher.store.deliveries import Change, ChangeKind, DeliveryView
from tests.delivery.town import Town, town, write, write_picture

TEXT = "Rakennusluvan voi nyt hakea kokonaan verkossa."
BETTER = "Rakennusluvan voi hakea verkossa (1.12. alkaen)."
ANNOUNCEMENT = f"""
    text: {TEXT}
    link: https://asiointi.hausjarvi.example/rakennuslupa
    hashtags: [Rakentaminen]
    publish: asap
    images:
      - {{file: talo.png, alt: Talo jonka katolla istuu lintu.}}
      - {{file: ovi.png, alt: Avoin ovi.}}
    first_comment: Ohjeet löytyvät verkkosivuiltamme.
"""


def announce(folder: Path, words: str = ANNOUNCEMENT) -> None:
    (folder / "schedules").mkdir(exist_ok=True)
    write_picture(folder, "talo.png")
    write_picture(folder, "ovi.png", "gold")
    write(folder, "lupa", words)


@contextmanager
def published(folder: Path, words: str = ANNOUNCEMENT, channels: tuple[str, ...] = registry.NAMES) -> Iterator[Town]:
    """A town whose announcement is out everywhere, ten minutes ago."""
    announce(folder, words)
    with town(folder, channels=channels) as one:
        one.service.read_queue()
        one.work()
        assert set(one.states().values()) == {State.PUBLISHED}
        one.clock.advance(600)
        yield one


def tell(one: Town, *arguments: str, expect: int = 0, answer: str = "") -> Result:
    """Run a command beside the service, in English."""
    line = [*arguments, "--config", str(one.folder / "config.yaml"), "--lang", "en"]
    told = CliRunner().invoke(tiedote, line, input=answer)
    assert told.exit_code == expect, told.output
    return told


def by_channel(one: Town) -> dict[str, DeliveryView]:
    return {delivery.key.channel: delivery for delivery in one.deliveries()}


def address(delivery: DeliveryView) -> str:
    assert delivery.url
    return delivery.url


def visible(one: Town) -> list[str]:
    return [post.network for post in one.sandbox.ledger() if post.visible]


def archive(one: Town, channel: str) -> tuple[Change, ...]:
    with one.service.store.read() as conn:
        return rows.changes_of(conn, by_channel(one)[channel].id)


def mails(one: Town) -> list[tuple[str, str]]:
    """What waits to be mailed: kind and the delivery it is about."""
    told = []
    with one.service.store.write() as conn:
        while (notice := notices.claim_notice(conn, one.clock.now(), timedelta(hours=1))) is not None:
            told.append((str(notice.kind), notice.params.get("delivery", "")))
    return told


# Taking down


def test_an_announcement_is_taken_down_everywhere_and_stays_in_the_archive(tmp_path: Path) -> None:
    """Residents see nothing of it, its comments are gone here too; words, address, who and why are kept; nothing brings it back."""
    with published(tmp_path) as one:
        for post in one.sandbox.ledger():
            one.sandbox.comment(post.id, "Milloin tämä alkaa?")
        one.service.collect(all_posts=True)
        told = tell(one, "unpublish", "lupa", "--yes", "--why", "Väärä päivä")
        for channel in registry.NAMES:
            assert address(by_channel(one)[channel]) in told.stdout
        assert visible(one) == []
        assert set(one.states().values()) == {State.WITHDRAWN}
        for channel, delivery in by_channel(one).items():
            (change,) = archive(one, channel)
            assert (change.kind, change.why, change.outcome) == (ChangeKind.WITHDRAWN, "Väärä päivä", "done")
            assert change.by
            assert TEXT in change.before.text
            assert delivery.remote_id
            assert delivery.published_at is not None
            assert delivery.error_kind is None
        assert tell(one, "comments", "--json").stdout.count("Milloin") == 0
        assert '"posts": []' in tell(one, "results", "--json").stdout
        assert "was taken down before" in tell(one, "unpublish", "lupa", "--yes").stderr
        write(tmp_path, "lupa", ANNOUNCEMENT.replace("Avoin ovi", "Ovi"))
        one.service.read_queue()
        one.work()
        assert visible(one) == []
        assert mails(one) == []


def test_nothing_happens_before_a_person_says_yes(tmp_path: Path) -> None:
    """The posts are listed with their addresses; without an answer they stay."""
    with published(tmp_path, channels=("facebook", "x")) as one:
        assert "with --yes" in tell(one, "unpublish", "lupa", expect=2).stderr
        told = tell(one, "unpublish", "lupa", answer="\n", expect=1)
        assert all(address(delivery) in told.stdout for delivery in one.deliveries())
        assert "Take these 2 posts down?" in told.stderr
        assert visible(one) == ["facebook", "x"]
        assert set(one.states().values()) == {State.PUBLISHED}
        file = str(tmp_path / "schedules" / "lupa.yaml")
        tell(one, "unpublish", "lupa", answer="kyllä\n")
        assert visible(one) == []
        assert "was taken down by a person" in tell(one, "publish", file, "--yes", expect=1).stderr


def test_one_delivery_is_taken_down_and_the_others_stay(tmp_path: Path) -> None:
    """By its id, and by its full name."""
    with published(tmp_path, channels=("facebook", "x", "linkedin")) as one:
        tell(one, "unpublish", by_channel(one)["x"].name, "--yes")
        tell(one, "unpublish", "lupa:hausjarvi:linkedin", "--yes")
        assert visible(one) == ["facebook"]
        assert one.states() == {"facebook": State.PUBLISHED, "x": State.WITHDRAWN, "linkedin": State.WITHDRAWN}


@pytest.mark.parametrize("fault", [Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.ERROR_AFTER, Kind.MALFORMED])
@pytest.mark.parametrize("channel", registry.NAMES)
def test_a_lost_answer_is_asked_for_again(tmp_path: Path, channel: str, fault: Kind) -> None:
    """Deleting can be repeated, and what is gone proves that it is."""
    with published(tmp_path, channels=(channel,)) as one:
        one.sandbox.add_rule(Rule(kind=fault, method="DELETE"))
        tell(one, "unpublish", "lupa", "--yes")
        assert visible(one) == []
        assert one.states() == {channel: State.WITHDRAWN}


@pytest.mark.parametrize("channel", registry.NAMES)
def test_a_network_that_is_away_is_asked_later(tmp_path: Path, channel: str) -> None:
    """The person is told that it is still out and what to do; the service goes on by itself until it is done, once."""
    with published(tmp_path, channels=(channel,)) as one:
        away = one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="DELETE", times=None))
        told = tell(one, "unpublish", "lupa", "--yes", expect=75)
        assert "tries again by itself" in told.stderr
        assert address(one.deliveries()[0]) in told.stderr
        assert one.deliveries()[0].error_kind == "being_removed"
        assert visible(one) == [channel]
        one.service.finish_withdrawals()
        assert away.fired == 1, "not again at once"
        one.sandbox.rules.clear()
        # The command has waited by the machine's clock, which may be later than the town's.
        one.clock.set(max(one.clock.now(), datetime.now(UTC)) + timedelta(days=2))
        one.service.finish_withdrawals()
        assert visible(one) == []
        assert one.states() == {channel: State.WITHDRAWN}
        assert [change.outcome for change in archive(one, channel)] == ["done"]


def test_what_a_network_does_not_delete_is_removed_by_hand(tmp_path: Path) -> None:
    """Instagram may refuse: the person gets the address, the delivery says so, and what is gone later counts as taken down."""
    with published(tmp_path, channels=("instagram",)) as one:
        one.sandbox.settings.habits.instagram_keeps_media = True
        told = tell(one, "unpublish", "lupa", "--yes", expect=4)
        (delivery,) = one.deliveries()
        assert "by hand" in told.stderr
        assert address(delivery) in told.stderr
        assert (delivery.state, delivery.error_kind) == (State.PUBLISHED, "not_removed")
        assert "Remove the post by hand" in tell(one, "status").stdout
        one.clock.advance(3600)
        one.service.finish_withdrawals()
        assert visible(one) == ["instagram"]
        one.sandbox.remove(delivery.remote_id or "")
        one.service.collect(all_posts=True)
        assert one.states() == {"instagram": State.WITHDRAWN}


def test_what_is_left_under_a_post_is_not_done_any_more(tmp_path: Path) -> None:
    """It is taken down while its first comment still waits: no comment is written, to nowhere or anywhere."""
    announce(tmp_path)
    with town(tmp_path, channels=("linkedin",)) as one:
        one.service.read_queue()
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, path="/comments", times=None))
        one.work(until=one.clock.now() + timedelta(seconds=5))
        (delivery,) = one.deliveries()
        assert (delivery.state, delivery.remote_id is not None) == (State.RETRYING, True)
        one.sandbox.rules.clear()
        tell(one, "unpublish", "lupa", "--yes")
        one.clock.advance(3600)
        one.work()
        assert one.states() == {"linkedin": State.WITHDRAWN}
        assert [post.comments for post in one.posts("linkedin")] == [()]


def test_a_post_is_waited_for_while_something_of_it_is_on_its_way(tmp_path: Path) -> None:
    """Whatever is being sent at this moment ends first; the wish is noted, and done afterwards."""
    with published(tmp_path, channels=("facebook",)) as one:
        (delivery,) = one.deliveries()
        with one.service.store.write() as conn:
            conn.execute(
                rows.tables.ATTEMPTS.insert().values(
                    delivery_id=delivery.id,
                    account_id=delivery.account_id,
                    n=9,
                    step="comment",
                    token=1,
                    intent_at=one.clock.now(),
                    deadline_at=one.clock.now(),
                )
            )
        assert one.service.afterwards.ask_withdrawal(delivery.id, "me", None) is None
        assert one.service.afterwards.withdraw(delivery.id).outcome == "busy"
        assert visible(one) == ["facebook"]
        with one.service.store.write() as conn:
            conn.execute(rows.tables.ATTEMPTS.update().where(rows.tables.ATTEMPTS.c.n == 9).values(outcome="done"))
        one.service.finish_withdrawals()
        assert visible(one) == []


def test_what_is_not_out_cannot_be_taken_down(tmp_path: Path) -> None:
    """A draft, a name that nobody knows: told, with what to do instead."""
    announce(tmp_path, ANNOUNCEMENT.replace("    publish: asap\n", ""))
    with town(tmp_path, channels=("facebook",)) as one:
        one.service.read_queue()
        assert "tiedote cancel d-1" in tell(one, "unpublish", "lupa", "--yes", expect=1).stderr
        assert "There is no delivery" in tell(one, "unpublish", "muu", "--yes", expect=2).stderr


def test_the_same_words_may_go_out_again_after_a_withdrawal(tmp_path: Path) -> None:
    """Under a new name: the ninety days count for what is out."""
    with published(tmp_path, channels=("facebook",)) as one:
        tell(one, "unpublish", "lupa", "--yes")
        write(tmp_path, "lupa-uusi", ANNOUNCEMENT)
        one.service.read_queue()
        one.work()
        assert [delivery.state for delivery in one.deliveries()] == [State.WITHDRAWN, State.PUBLISHED]
        assert visible(one) == ["facebook"]


# Other words


def test_words_are_changed_where_networks_allow_it(tmp_path: Path) -> None:
    """Facebook and LinkedIn show the new words, on the same post; for X and Instagram the answer says what to do instead."""
    with published(tmp_path) as one:
        before = {delivery.key.channel: delivery.remote_id for delivery in one.deliveries()}
        write(tmp_path, "lupa", ANNOUNCEMENT.replace(TEXT, f'"{BETTER}"'))
        one.service.read_queue()
        assert [kind for kind, _delivery in mails(one)] == ["edited_after"]
        told = tell(one, "amend", "lupa", "--yes", expect=1)
        for channel in registry.NAMES:
            (post,) = one.posts(channel)
            changes = archive(one, channel)
            if channel in {"facebook", "linkedin"}:
                assert BETTER in post.text
                assert [(change.before.text[:20], change.outcome) for change in changes] == [(TEXT[:20], "done")]
                assert changes[0].after is not None
                assert BETTER in changes[0].after.text
            else:
                assert TEXT in post.text
                assert changes == ()
                assert f"tiedote unpublish {by_channel(one)[channel].name}" in told.stderr
        assert {delivery.key.channel: delivery.remote_id for delivery in one.deliveries()} == before
        one.clock.advance(120)
        one.service.read_queue()
        one.work()
        assert len(one.sandbox.ledger()) == 4
        assert "already" in tell(one, "amend", "lupa:hausjarvi:facebook", "--yes", expect=1).stderr


def test_what_no_network_changes_is_said(tmp_path: Path) -> None:
    """Another alternative text and another first comment: nothing is sent, and the way out is named."""
    with published(tmp_path, channels=("facebook",)) as one:
        write(tmp_path, "lupa", ANNOUNCEMENT.replace("Avoin ovi.", "Auki oleva ovi.").replace("Ohjeet", "Neuvot"))
        one.sandbox.log.clear()
        told = tell(one, "amend", "lupa", "--yes", expect=1)
        assert "the alternative texts, the first comment" in told.stderr
        assert "tiedote unpublish d-1" in told.stderr
        assert one.sandbox.requests() == []


@pytest.mark.parametrize("fault", [Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.ERROR_AFTER, Kind.MALFORMED])
@pytest.mark.parametrize("channel", ["facebook", "linkedin"])
def test_a_lost_answer_to_new_words_is_settled(tmp_path: Path, channel: str, fault: Kind) -> None:
    """Asked again; and read, where it stays lost."""
    with published(tmp_path, channels=(channel,)) as one:
        write(tmp_path, "lupa", ANNOUNCEMENT.replace(TEXT, f'"{BETTER}"'))
        for times in (1, None):
            one.sandbox.add_rule(Rule(kind=fault, method="POST", times=times))
            applied = fault is not Kind.LOST_BEFORE or times == 1
            tell(one, "amend", "lupa", "--yes", expect=0 if applied else 75)
            one.sandbox.rules.clear()
            (post,) = one.posts(channel)
            assert (BETTER in post.text) is applied
            assert len(archive(one, channel)) == 1
            if times == 1:
                # As if nothing had happened yet, for the second round.
                write(tmp_path, "lupa", ANNOUNCEMENT)
                tell(one, "amend", "lupa", "--yes")
                with one.service.store.write() as conn:
                    conn.execute(rows.tables.CHANGES.delete())
                write(tmp_path, "lupa", ANNOUNCEMENT.replace(TEXT, f'"{BETTER}"'))


def test_a_withdrawal_that_is_open_is_not_taken_back_by_new_words(tmp_path: Path) -> None:
    """The network was away when a person took the post down: new words change nothing about that, and it goes."""
    with published(tmp_path, channels=("facebook",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="DELETE", times=None))
        tell(one, "unpublish", "lupa", "--yes", expect=75)
        one.sandbox.rules.clear()
        write(tmp_path, "lupa", ANNOUNCEMENT.replace(TEXT, f'"{BETTER}"'))
        assert "is to be taken down" in tell(one, "amend", "lupa", "--yes", expect=1).stderr
        (delivery,) = one.deliveries()
        new = one.service.file_says(delivery.key.announcement).posts[delivery.key]
        assert one.service.afterwards.amend(delivery.id, new, "me", None).outcome == "not_out"
        one.clock.set(max(one.clock.now(), datetime.now(UTC)) + timedelta(days=2))
        one.service.finish_withdrawals()
        assert visible(one) == []
        assert [change.outcome for change in archive(one, "facebook")] == ["done"]


class Killed(BaseException):
    """The process ends here: nothing catches it, and nothing is written any more."""


@pytest.mark.parametrize("after", ["asking", "sending"])
@pytest.mark.parametrize("channel", ["facebook", "linkedin"])
def test_an_amendment_that_was_killed_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str, after: str
) -> None:
    """Before it was sent, or before its answer was kept: the same command again gives the post its words, once in the archive."""

    def kill(*_: object) -> None:
        raise Killed

    with published(tmp_path, channels=(channel,)) as one:
        write(tmp_path, "lupa", ANNOUNCEMENT.replace(TEXT, f'"{BETTER}"'))
        with monkeypatch.context() as patch:
            if after == "asking":
                patch.setattr("publisher.afterwards._amend", kill)
            else:
                patch.setattr(rows, "record_amended", kill)
            with pytest.raises(Killed):
                tell(one, "amend", "lupa", "--yes")
        assert [BETTER in post.text for post in one.posts(channel)] == [after == "sending"]
        assert [change.outcome for change in archive(one, channel)] == [None]
        tell(one, "amend", "lupa", "--yes")
        assert [BETTER in post.text for post in one.posts(channel)] == [True]
        assert [change.outcome for change in archive(one, channel)] == ["superseded", "done"]
        tell(one, "unpublish", "lupa", "--yes")
        assert visible(one) == []


def test_a_file_with_a_fault_changes_nothing(tmp_path: Path) -> None:
    """Half-written words never reach a post that is out."""
    with published(tmp_path, channels=("facebook",)) as one:
        write(tmp_path, "lupa", ANNOUNCEMENT.replace("publish: asap", "publish: joskus"))
        assert "has a fault" in tell(one, "amend", "lupa", "--yes", expect=1).stderr
        (tmp_path / "schedules" / "lupa.yaml").unlink()
        assert "There is no file" in tell(one, "amend", "lupa", "--yes", expect=1).stderr
        assert TEXT in one.posts("facebook")[0].text


# Read back


def test_a_whole_post_is_read_back_once_and_nothing_is_said(tmp_path: Path) -> None:
    """Every network, one reading for each post, however often is collected."""
    with published(tmp_path) as one:
        one.service.collect()
        one.clock.advance(3600)
        one.sandbox.log.clear()
        one.service.collect()
        assert {delivery.error_kind for delivery in one.deliveries()} == {None}
        assert mails(one) == []
        again = [entry for entry in one.sandbox.requests() if "alt_text" in entry.path or "/rest/posts/" in entry.path]
        assert again == []


def test_lost_alternative_texts_are_told_once(tmp_path: Path) -> None:
    """They stand beside the published post in status, and one mail goes out for each post."""
    announce(tmp_path)
    with town(tmp_path) as one:
        one.sandbox.settings.habits.loses_alts = registry.NAMES
        one.service.read_queue()
        one.work()
        for _hour in range(3):
            one.clock.advance(3600)
            one.service.collect()
        assert set(one.states().values()) == {State.PUBLISHED}
        assert {delivery.error_kind for delivery in one.deliveries()} == {"differs"}
        assert {delivery.error_detail for delivery in one.deliveries()} == {"alt:1,alt:2"}
        assert "the alternative text of picture 2" in tell(one, "status").stdout
        assert sorted(mails(one)) == sorted(("differs", delivery.name) for delivery in one.deliveries())


@pytest.mark.parametrize("channel", registry.NAMES)
def test_a_text_that_was_cut_a_lost_link_and_a_lost_picture_are_told(tmp_path: Path, channel: str) -> None:
    """As a network would hold it that silently dropped what came after a bracket, and one of the pictures."""
    announce(tmp_path)
    with town(tmp_path, channels=(channel,)) as one:
        one.service.read_queue()
        one.work()
        post = next(post for post in one.sandbox.world.posts.values() if post.own)
        post.text = post.source = TEXT
        post.pictures.pop()
        post.memo |= {"kept": TEXT, "stored": TEXT, "media_keys": post.memo.get("media_keys", "").partition(",")[0]}
        post.memo["photos"] = post.memo.get("photos", "").partition(",")[0]
        post.memo["content"] = '{"media": {"id": "urn:li:image:1", "altText": "Talo jonka katolla istuu lintu."}}'
        one.clock.advance(3600)
        one.service.collect()
        assert one.deliveries()[0].error_detail == "text,link,pictures"
        told = tell(one, "status").stdout
        for words in ("a part of the text is missing", "the link is missing", "pictures are missing", "unpublish d-1"):
            assert words in told


def test_reading_back_can_be_left_out(tmp_path: Path) -> None:
    """For an account where every reading is paid for: nothing is compared."""
    announce(tmp_path)
    with town(tmp_path, channels=("x",)) as one:
        one.sandbox.settings.habits.loses_alts = ("x",)
        path = tmp_path / "config.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "collection: {read_back: no}\n", encoding="utf-8")
        one.service.read_queue()
        one.work()
        one.clock.advance(3600)
        tell(one, "collect", "--all")
        assert [delivery.error_kind for delivery in one.deliveries()] == [None]


# Threads

THREAD = """
    text: Hae lupaa.
    publish: asap
    link: https://asiointi.hausjarvi.example/lupa
    x:
      thread: [Rakennusluvan voi hakea verkossa., Tarvitset tontin tiedot., Käsittely kestää kuukauden.]
"""


def test_a_thread_is_taken_down_whole(tmp_path: Path) -> None:
    """Its last post first, so that none is ever left without the one that it answers; what others answered stays theirs."""
    with published(tmp_path, THREAD, channels=("x",)) as one:
        first, *_further = [post.id for post in one.posts("x")]
        one.sandbox.comment(first, "Milloin?")
        one.sandbox.log.clear()
        tell(one, "unpublish", "lupa", "--yes")
        assert visible(one) == []
        deleted = [entry.path.rpartition("/")[2] for entry in one.sandbox.requests() if entry.method == "DELETE"]
        assert deleted == [post.id for post in one.posts("x")][::-1]
        assert one.states() == {"x": State.WITHDRAWN}


def test_a_post_of_a_thread_in_doubt_goes_too(tmp_path: Path) -> None:
    """Its answer was lost and nobody has noted it: it is looked for before the thread is taken down."""
    announce(tmp_path, THREAD)
    with town(tmp_path, channels=("x",)) as one:
        one.service.read_queue()
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="/2/tweets", nth=2))
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, path=r"/users/\d", nth=2, times=None))
        one.work(until=one.clock.now() + timedelta(minutes=1))
        (delivery,) = one.deliveries()
        assert delivery.state is State.CONFIRMING
        assert len(visible(one)) == 2
        one.sandbox.rules.clear()
        one.clock.advance(60)
        tell(one, "unpublish", "lupa", "--yes")
        assert visible(one) == []
        one.clock.advance(3600)
        one.work()
        assert visible(one) == []


def test_every_post_of_a_thread_is_read_back(tmp_path: Path) -> None:
    """A further one that lost its words is told like the first."""
    with published(tmp_path, THREAD, channels=("x",)) as one:
        third = one.sandbox.world.posts[one.posts("x")[2].id]
        third.text = third.source = third.memo["stored"] = "Käsittely"
        one.service.collect()
        assert [delivery.error_detail for delivery in one.deliveries()] == ["text,link"]


def test_reading_back_keeps_to_the_months_budget(tmp_path: Path) -> None:
    """Reading stops first: what would not fit any more is not read back either."""
    third = "      - {file: talo.png, alt: Sama talo uudelleen.}\n    first_comment"
    announce(tmp_path, ANNOUNCEMENT.replace("    first_comment", third))
    with town(tmp_path, channels=("x",), more=", monthly_budget: 0.04 USD") as one:
        one.sandbox.settings.habits.loses_alts = ("x",)
        one.service.read_queue()
        one.work()
        assert one.states() == {"x": State.PUBLISHED}
        one.clock.advance(3600)
        one.service.collect()
        assert [delivery.error_kind for delivery in one.deliveries()] == [None]

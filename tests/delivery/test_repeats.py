"""Repeats against the networks: every occurrence once on each account, at its hour of the wall."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels import registry
from channels.sandbox.faults import Kind, Rule
from publisher.model import State
from tests.delivery.town import Town, town, write, write_picture

HELSINKI = ZoneInfo("Europe/Helsinki")
WEEKLY = """
    text: |
      Uimahalli on auki tänäänkin.
    image: {{file: halli.png, alt: Uimahalli aamulla.}}
    publish: {publish}
    repeat:
      every: 1 viikko
      until: {until}
      variants:
{variants}
"""


def announce(folder: Path, publish: str, until: str, variants: int = 13) -> None:
    """Put a weekly announcement into the queue, with other words each time."""
    (folder / "schedules").mkdir(exist_ok=True)
    write_picture(folder, "halli.png")
    lines = "\n".join(f"        - Uimahalli on auki, viesti {n}." for n in range(1, variants + 1))
    write(folder, "halli", WEEKLY.format(publish=publish, until=until, variants=lines))


def live_through(one: Town, until: datetime) -> None:
    """Let days pass: read the queue each day as the daemon does each minute, and publish what is due."""
    while one.clock.now() < until:
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(hours=23))
        one.clock.advance(86_400)


def wall(moment: datetime) -> str:
    return f"{moment.astimezone(HELSINKI):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    "publish,until,expected",
    [
        ("21.3.2027 klo 9.00", "11.4.2027", ["03-21 09:00", "03-28 09:00", "04-04 09:00", "04-11 09:00"]),
        ("21.3.2027 klo 3.30", "4.4.2027", ["03-21 03:30", "03-28 04:30", "04-04 03:30"]),
        ("18.10.2027 klo 9.00", "1.11.2027", ["10-18 09:00", "10-25 09:00", "11-01 09:00"]),
        ("24.10.2027 klo 3.30", "7.11.2027", ["10-24 03:30", "10-31 03:30", "11-07 03:30"]),
    ],
)
def test_a_repeat_over_a_change_of_clocks_goes_out_once_at_its_hour(
    tmp_path: Path, publish: str, until: str, expected: list[str]
) -> None:
    """On all four networks, in spring and autumn, in the hour that is jumped over and the one that comes twice."""
    announce(tmp_path, publish, until)
    with town(tmp_path) as one:
        begin = datetime.strptime(publish, "%d.%m.%Y klo %H.%M").replace(tzinfo=HELSINKI)
        one.clock.set(begin.astimezone(UTC) - timedelta(days=3, hours=2))
        live_through(one, begin + timedelta(weeks=len(expected) + 1))
        times = [f"2027-{each}" for each in expected]
        for channel in registry.NAMES:
            posts = sorted(one.posts(channel), key=lambda post: post.created_at)
            assert [wall(post.created_at) for post in posts] == times, channel
            words = ["tänäänkin", *(f"viesti {n}." for n in range(1, len(times)))]
            assert all(word in post.text for word, post in zip(words, posts, strict=True)), channel
        views = one.deliveries()
        assert {view.state for view in views} == {State.PUBLISHED}
        assert Counter((view.key.channel, view.key.occurrence) for view in views) == {
            (channel, n): 1 for channel in registry.NAMES for n in range(1, len(times) + 1)
        }
        # The repeated hour is the first of the two.
        if "10-31 03:30" in expected:
            assert {view.due_at for view in views if view.key.occurrence == 2} == {
                datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
            }


SAME = """
    text: Kirjastoauto käy torilla.
    channels: [facebook, linkedin]
    publish: 2026-11-24 10:00
    repeat: {every: 4 weeks}
"""


def test_the_same_words_go_out_each_time_where_the_network_takes_them(tmp_path: Path) -> None:
    """Without variants too: three times on Facebook and LinkedIn, and each is known by an id of its own."""
    write(tmp_path, "auto", SAME)
    with town(tmp_path, channels=("facebook", "linkedin")) as one:
        live_through(one, one.clock.now() + timedelta(weeks=9))
        for channel in ("facebook", "linkedin"):
            assert len(one.posts(channel)) == 3
        out = [view for view in one.deliveries() if view.state is State.PUBLISHED]
        assert len({view.remote_id for view in out}) == 6
        assert {view.state for view in one.deliveries()} == {State.PUBLISHED, State.SCHEDULED}


def test_a_lost_answer_of_a_later_occurrence_is_not_settled_with_an_earlier_post(tmp_path: Path) -> None:
    """Last month's post has the same words; the one of today that never arrived is still sent, or asked about, and not taken for out."""
    write(tmp_path, "auto", SAME)
    with town(tmp_path, channels=("linkedin",), on_doubt="resend") as one:
        live_through(one, one.clock.now() + timedelta(weeks=3))
        one.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, path="/rest/posts$", method="POST"))
        live_through(one, one.clock.now() + timedelta(weeks=2))
        first, second = (view for view in one.deliveries() if view.state is State.PUBLISHED)
        assert len(one.posts("linkedin")) == 2
        assert first.remote_id != second.remote_id


def test_a_database_that_starts_empty_does_not_take_last_months_post_for_todays(tmp_path: Path) -> None:
    """Lost after the first time: the second one goes out when it is due, and is not thought to be out already."""
    write(tmp_path, "auto", SAME)
    with town(tmp_path, channels=("facebook",)) as one:
        one.service.read_queue()
        one.work(until=one.clock.now() + timedelta(days=2))
        assert len(one.posts("facebook")) == 1
        lose_the_database(one)
        one.clock.set(datetime(2026, 12, 22, 7, 0, tzinfo=UTC))
        with one.again() as again:
            # Something else of the day makes the new database look at the account.
            write(tmp_path, "muu", "text: Tervetuloa.\npublish: asap\n")
            again.service.read_queue()
            again.work(until=again.clock.now())
            assert again_states(again)["auto", 2] is State.SCHEDULED
            again.work(until=again.clock.now() + timedelta(hours=2))
            assert again_states(again)["auto", 2] is State.PUBLISHED
            texts = Counter(post.text for post in one.posts("facebook"))
            assert texts == {"Kirjastoauto käy torilla.": 2, "Tervetuloa.": 1}


def test_a_database_that_starts_empty_adopts_todays_post(tmp_path: Path) -> None:
    """Lost within minutes of the second time: today's post is recognised, though an older one has the same words."""
    write(tmp_path, "auto", SAME)
    with town(tmp_path, channels=("facebook",)) as one:
        one.service.read_queue()
        one.work(until=datetime(2026, 12, 22, 9, 0, tzinfo=UTC))
        posts = sorted(one.posts("facebook"), key=lambda post: post.created_at)
        assert len(posts) == 2
        lose_the_database(one)
        one.clock.set(datetime(2026, 12, 22, 9, 30, tzinfo=UTC))
        with one.again() as again:
            again.service.read_queue()
            again.work(until=again.clock.now() + timedelta(days=1))
            assert len(one.posts("facebook")) == 2
            second = next(view for view in again.deliveries() if view.key.occurrence == 2)
            assert (second.state, second.remote_id) == (State.PUBLISHED, posts[1].id)


def test_what_was_due_while_the_machine_was_off_is_missed_and_the_repeat_goes_on(tmp_path: Path) -> None:
    """Ten days off over the second time: it is not sent late, and the third one comes at its time."""
    write(tmp_path, "auto", SAME)
    with town(tmp_path, channels=("facebook",)) as one:
        one.service.read_queue()
        one.work(until=datetime(2026, 12, 15, tzinfo=UTC))
        one.clock.set(datetime(2026, 12, 25, tzinfo=UTC))
        live_through(one, datetime(2027, 1, 20, tzinfo=UTC))
        assert {n: state for (_key, n), state in again_states(one).items() if n <= 3} == {
            1: State.PUBLISHED,
            2: State.MISSED,
            3: State.PUBLISHED,
        }
        assert [wall(post.created_at) for post in one.posts("facebook")] == ["2026-11-24 10:00", "2027-01-19 10:00"]


def again_states(one: Town) -> dict[tuple[str, int], State]:
    """State by announcement and occurrence."""
    return {(view.key.announcement, view.key.occurrence): view.state for view in one.deliveries()}


def lose_the_database(one: Town) -> None:
    """Take the database away, as a broken disk would."""
    one.service.store.close()
    for file in one.folder.glob("tiedote.db*"):
        file.unlink()

"""The short run of every day; the long one is `make torture`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from publisher.mail import alert_mail
from publisher.store.notices import Notice, NoticeKind
from tests.torture.judge import Says, judge
from tests.torture.place import TOWNS, Wanted
from tests.torture.run import Ordeal, Outcome, lives, run
from tests.torture.storm import Storm

SHORT: dict[str, Any] = {"deliveries": 40, "kills": 6, "stops": 1, "patience": 60.0}
BLIND = Ordeal(seed="short", deliveries=24, kills=2, stops=0, on_doubt="hold", blind=True, patience=5)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """What three runs showed, which went side by side: most of the time each of them waits."""
    ordeals = {on_doubt: Ordeal(seed="short", on_doubt=on_doubt, **SHORT) for on_doubt in ("hold", "resend")}
    ordeals["blind"] = BLIND
    with ThreadPoolExecutor() as workers:
        runs = {name: workers.submit(run, one, tmp_path_factory.mktemp(name)) for name, one in ordeals.items()}
        return {name: each.result() for name, each in runs.items()}


@pytest.mark.alone
@pytest.mark.timeout(200)
def test_nothing_is_lost_or_doubled_while_the_daemon_is_killed_and_the_networks_fail(
    seen: Mapping[str, Outcome],
) -> None:
    """40 posts, seven SIGKILLs, a pause past the lease, full disks, no mail server for a while: each is out once, or a person was told."""
    for on_doubt in ("hold", "resend"):
        one = seen[on_doubt]
        assert one.good, one
        assert one.faults > 0.5, one
        assert one.verdict.wanted == 40
    assert seen["resend"].verdict.out == 40, seen["resend"]


@pytest.mark.alone
@pytest.mark.timeout(200)
def test_without_the_look_for_lost_answers_posts_are_doubled(seen: Mapping[str, Outcome]) -> None:
    """The harness sees doubles where there are some: a worker that sends again blindly makes them."""
    assert seen["blind"].verdict.doubled


def test_the_same_seed_plans_the_same_ordeal() -> None:
    """Kills, stops and the fault of every request follow from the seed."""
    ordeal = Ordeal(seed="7", on_doubt="hold", **SHORT)
    assert lives(ordeal) == lives(ordeal)
    one, other, another = Storm("7"), Storm("7"), Storm("8")
    struck = [one.strike("x", "POST") for _ in range(200)]
    assert struck == [other.strike("x", "POST") for _ in range(200)]
    assert struck != [another.strike("x", "POST") for _ in range(200)]
    assert sum(rule is not None for rule in struck) > 100


def a_post(marker: str, own: int = 0) -> dict[str, Any]:
    """A line of the ledger: on Hausjärvi's Facebook page, with so many comments of its own."""
    comments = [{"own": True}] * own
    return {
        "text": f"Kuntalaisille {marker} verkossa.",
        "organisation": "hausjarvi",
        "network": "facebook",
        "comments": comments,
    }


def a_mail(says: Says, marker: str) -> EmailMessage:
    """An alert about a post on Hausjärvi's Facebook page."""
    mail = EmailMessage()
    mail["Subject"] = f"{says} {marker} (Facebook)"
    mail.set_content("Hausjärven kunta: so it stands.")
    return mail


def test_the_judge_sees_what_is_doubled_lost_or_told_wrongly() -> None:
    """Twice is doubled; missing is lost unless a mail says so of the post itself; a mail that denies what is out misleads."""
    even = [Wanted(f"tiedote-{number:04d}", "hausjarvi", "facebook") for number in (2, 4, 6, 8)]
    ledger = [a_post(even[0].marker), a_post(even[0].marker), a_post(even[1].marker)]
    mails = [a_mail(Says.NOT_OUT, even[1].marker), a_mail(Says.NOBODY_KNOWS, even[2].marker)]
    found = judge(even, ledger, [*mails, a_mail(Says.NO_COMMENT, even[3].marker)])
    assert (found.doubled, found.misled, found.lost) == ((even[0],), (even[1],), (even[3],))
    assert (found.out, found.told, found.told_and_out) == (1, (even[1], even[2]), 1)
    assert not found.good


def test_the_judge_reads_a_mail_about_several_posts() -> None:
    """As Tiedote writes it: each post that it names is told of, and no other."""
    even = [Wanted(f"tiedote-{number:04d}", "hausjarvi", "facebook") for number in (2, 4, 6)]
    params = [
        {
            "delivery": f"d-{number}",
            "title": one.marker,
            "organisation": "hausjarvi",
            "channel": "facebook",
            "account": "facebook",
        }
        for number, one in enumerate(even)
    ]
    notice = Notice(
        id=1,
        cause="",
        kind=NoticeKind.UNCONFIRMED,
        params=params[0],
        also=(params[1],),
        recipient="it@example.fi",
        language="en",
        message_id="",
        tries=1,
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    mail = alert_mail(
        notice,
        sender="it@example.fi",
        message_id="<1@example.fi>",
        organisations=TOWNS,
        zone=UTC,
        now=notice.created_at,
    )
    found = judge(even, [], [mail])
    assert (found.told, found.lost, found.misled) == ((even[0], even[1]), (even[2],), ())


def test_the_judge_counts_first_comments() -> None:
    """Two under one post are doubled; none is lost unless a mail says so; where no post is, none is missed."""
    odd = [Wanted(f"tiedote-{number:04d}", "hausjarvi", "facebook") for number in (1, 3, 5, 7, 9)]
    ledger = [a_post(odd[0].marker, 2), a_post(odd[1].marker, 1), a_post(odd[2].marker), a_post(odd[3].marker)]
    mails = [a_mail(Says.COMMENT_UNKNOWN, odd[3].marker), a_mail(Says.NOT_OUT, odd[4].marker)]
    found = judge(odd, ledger, mails)
    assert (found.comments_doubled, found.comments_lost) == ((odd[0],), (odd[2],))
    assert (found.comments, found.comments_told, found.lost) == (1, 1, ())

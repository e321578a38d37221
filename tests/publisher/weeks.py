"""A week of an organisation, as values, for tests of what is made of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from publisher.cadence import Week
from publisher.summary import (
    Attention,
    Facts,
    Period,
    PostFacts,
    Question,
    Queued,
    Summary,
    Tally,
    Trouble,
    summarise,
)
from tests.publisher.configs import ZONE

WEEK = Week.of(2026, 48, ZONE)
BEFORE = WEEK.shifted(-1, ZONE)
CHANNELS = ("facebook", "instagram", "x", "linkedin")
TUESDAY = WEEK.start + timedelta(days=1, hours=9)

HOSTILE = "Miten <script>alert('haettu')</script> & haen?\u202e\u0007\r\nSubject: huijaus " + "pitkä 🇫🇮 sana " * 40


def a_period(**fields: Any) -> Period:
    values: dict[str, Any] = {
        "zone": ZONE,
        "span": WEEK,
        "previous": BEFORE,
        "until": WEEK.end,
        "previous_until": BEFORE.end,
    }
    return Period(**values | fields)


def a_summary(period: Period | None = None, **facts: Any) -> Summary:
    values: dict[str, Any] = {
        "posts": (),
        "questions": (),
        "other_unanswered": 0,
        "attention": (),
        "queue": (),
        "awaiting_approval": 0,
    }
    return summarise(
        "hausjarvi",
        "Hausjärven kunta",
        CHANNELS,
        period or a_period(),
        Facts(**values | facts),
        WEEK.end + timedelta(hours=6),
    )


def a_lively_summary() -> Summary:
    """Two announcements, all networks, questions in every state, every kind of trouble."""
    return a_summary(
        posts=[
            *(_fresh(channel, n) for n, channel in enumerate(CHANNELS)),
            *(_older(channel) for channel in ("facebook", "x")),
        ],
        questions=[_question(12, "facebook", HOSTILE), _question(13, "linkedin", None)],
        other_unanswered=4,
        attention=[
            Attention(
                trouble=trouble,
                channel="x",
                account="nuoret",
                since=TUESDAY,
                delivery_id=n,
                announcement="paivahoito",
                title="Päivähoitohakemus",
                kind="token_expired",
                detail="Expired",
            )
            for n, trouble in enumerate(Trouble, 20)
        ],
        queue=[
            Queued(
                announcement="kokous",
                occurrence=1,
                title="Valtuusto kokoontuu etänä",
                channel=channel,
                due_at=WEEK.end + timedelta(days=1, hours=7),
            )
            for channel in CHANNELS
        ],
        awaiting_approval=1,
    )


def _fresh(channel: str, n: int) -> PostFacts:
    shares = None if channel == "instagram" else 3
    return PostFacts(
        announcement="rakennuslupa",
        title="Rakennuslupa verkossa",
        channel=channel,
        url=f"https://www.example.org/hausjarvi/posts/1234567890123456789012345678901234567890123456789012345_{n}",
        published_at=TUESDAY + timedelta(minutes=n),
        at_previous_start=None,
        at_previous_until=None,
        at_start=None,
        at_until=Tally(reactions=1200 + n, comments=12, shares=shares),
    )


def _older(channel: str) -> PostFacts:
    before = Tally(reactions=600, comments=10, shares=1)
    return PostFacts(
        announcement="paivahoito",
        title="Päivähoito",
        channel=channel,
        url=None,
        published_at=BEFORE.start + timedelta(days=1),
        at_previous_start=None,
        at_previous_until=before,
        at_start=before,
        at_until=Tally(reactions=640, comments=9, shares=2),
    )


def _question(number: int, channel: str, text: str | None) -> Question:
    return Question(
        id=number,
        channel=channel,
        announcement="rakennuslupa",
        title="Rakennuslupa verkossa",
        text=text,
        created_at=TUESDAY + timedelta(hours=number),
        url=f"https://www.example.org/{channel}/{number}",
    )

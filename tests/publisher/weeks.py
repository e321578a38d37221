"""A week of an organisation, as values, for tests of what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from publisher.cadence import Week
from publisher.summary import (
    Attention,
    Awaiting,
    Facts,
    Period,
    PostFacts,
    Question,
    Queued,
    Reading,
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
        "known_since": WEEK.start - timedelta(weeks=20),
        "track_for": timedelta(days=90),
        "posts": (),
        "questions": (),
        "other_unanswered": 0,
        "attention": (),
        "queue": (),
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
                file="hausjarvi/jatehuolto.yaml",
                faults=2,
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
        awaiting=[Awaiting(announcement="paivahoito", title="Päivähoito", due_at=None)],
    )


def a_post(channel: str, published_at: datetime, readings: Mapping[datetime, Tally], **fields: Any) -> PostFacts:
    """A post with its counters as they were read at some instants."""
    values: dict[str, Any] = {"announcement": "a", "title": None, "service": None, "account": channel, "url": None}
    read = {at: Reading(at=at, tally=tally) for at, tally in readings.items()}
    return PostFacts(channel=channel, published_at=published_at, readings=read, **values | fields)


def _fresh(channel: str, n: int) -> PostFacts:
    shares = None if channel == "instagram" else 3
    return a_post(
        channel,
        TUESDAY + timedelta(minutes=n),
        {WEEK.end: Tally(reactions=1200 + n, comments=12, shares=shares)},
        announcement="rakennuslupa",
        title="Rakennuslupa verkossa",
        url=f"https://www.example.org/hausjarvi/posts/1234567890123456789012345678901234567890123456789012345_{n}",
    )


def _older(channel: str) -> PostFacts:
    before = Tally(reactions=600, comments=10, shares=1)
    return a_post(
        channel,
        BEFORE.start + timedelta(days=1),
        {WEEK.start: before, WEEK.end: Tally(reactions=640, comments=9, shares=2)},
        announcement="paivahoito",
        title="Päivähoito",
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

"""Weeks of two municipalities as values: what the golden mails are made of. Nothing here is anybody's real post."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage

from publisher.cadence import Month, Span, Week
from publisher.mail import weekly_id, weekly_mail
from publisher.summary import (
    Attention,
    Awaiting,
    Cost,
    Facts,
    Idea,
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

CHANNELS = ("facebook", "instagram", "x", "linkedin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENDER = "Tiedote <tiedote@hausjarvi.example>"
WEEK = Week.of(2026, 48, ZONE)
LIKES = {"facebook": 100, "instagram": 62, "x": 31, "linkedin": 44}
"""What a post gets on each network, in per cent of what it gets on Facebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A mail that is looked at. `name` is its files'."""

    name: str
    language: str
    summary: Callable[[], Summary]

    def mail(self) -> EmailMessage:
        """Make the mail as its reader gets it."""
        summary, recipient = self.summary(), f"viestinta-{self.language}@hausjarvi.example"
        return weekly_mail(
            summary,
            sender=SENDER,
            recipient=recipient,
            language=self.language,
            message_id=weekly_id(SENDER, summary.organisation, summary.period.label, self.language, recipient),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announced:
    """An announcement on all networks. `likes`: what it has on Facebook in the end, two thirds of it within the first week."""

    key: str
    title: str
    service: str | None
    at: datetime
    likes: int


def _posts(
    announced: Sequence[_Announced], period: Period, channels: Sequence[str], *, unread: Mapping[str, datetime]
) -> list[PostFacts]:
    edges = [span.start for span in period.row()] + [period.previous_until, period.until]
    return [
        PostFacts(
            announcement=one.key,
            title=one.title,
            service=one.service,
            channel=channel,
            account=channel,
            url=f"https://www.example.org/{channel}/{one.key}",
            published_at=one.at + n * timedelta(seconds=20),
            readings={
                edge: _read(one, channel, min(edge, unread.get(channel, edge)) - HOUR)
                for edge in edges
                if min(edge, unread.get(channel, edge)) > one.at + 2 * HOUR
            },
        )
        for one in announced
        for n, channel in enumerate(channels)
    ]


def _read(one: _Announced, channel: str, at: datetime) -> Reading:
    young = min(1.0, (at - one.at) / (7 * DAY)) * 2 / 3
    old = min(1.0, max(0.0, (at - one.at - 7 * DAY) / (21 * DAY))) / 3
    likes = round(one.likes * LIKES[channel] / 100 * (young + old))
    return Reading(
        at=at,
        tally=Tally(
            reactions=likes,
            comments=likes // 14,
            shares=None if channel == "instagram" else likes // 22,
            views=likes * 31 if channel in {"x", "linkedin"} else None,
        ),
    )


_SERVICES = (
    ("rakennuslupa", "Rakennuslupa verkossa", "rakennusvalvonta"),
    ("varhaiskasvatus", "Varhaiskasvatukseen haku on auki", "varhaiskasvatus"),
    ("venepaikat", "Varaa venepaikka verkossa", "venepaikat"),
    ("kirjasto-omatoimi", "Omatoimikirjasto avautuu iltaisin", "kirjasto"),
    ("jatevesi", "Jätevesineuvonta siirtyy verkkoon", None),
    ("lausunto", "Anna palautetta kaavaluonnoksesta", "kaavoitus"),
)


def _history(week: Span, size: int = 60) -> list[_Announced]:
    """Seven weeks with one or two announcements each, and this one with two."""
    found = []
    for back in range(7, -1, -1):
        start = week.shifted(-back, ZONE).start
        for n in range(1 + back % 2 if back else 2):
            key, title, service = _SERVICES[(back * 2 + n) % len(_SERVICES)]
            likes = size + (back * 37 + n * 53) % 90 + (60 if not back else 0)
            found.append(
                _Announced(
                    key=f"{key}-{back}",
                    title=title,
                    service=service,
                    at=start + (1 + 2 * n) * DAY + 9 * HOUR,
                    likes=likes,
                )
            )
    return found


_QUESTIONS = (
    ("facebook", "Toimiiko ajanvaraus myös ilman pankkitunnuksia? Äidilläni ei ole niitä.", -9 * DAY + 11 * HOUR),
    ("linkedin", None, 2 * DAY + 14 * HOUR),
    ("instagram", "Milloin venepaikkojen haku aukeaa ensi vuodelle?", 4 * DAY + 19 * HOUR),
)

_IDEAS = (
    ("facebook", "Olisi hyvä, jos hakemuksen voisi tallentaa kesken ja jatkaa myöhemmin.", 2 * DAY + 20 * HOUR),
    ("x", "Lisätkää kartta, josta näkee vapaat venepaikat.", 5 * DAY + 9 * HOUR),
)


def _question(n: int, week: Span) -> Question:
    channel, text, after = _QUESTIONS[n]
    return Question(
        id=211 + n,
        channel=channel,
        announcement="rakennuslupa",
        title="Rakennuslupa verkossa" if n < 2 else "Varaa venepaikka verkossa",
        text=text,
        created_at=week.start + after,
        url=f"https://www.example.org/{channel}/comments/{211 + n}",
    )


def _idea(n: int, week: Span) -> Idea:
    channel, text, after = _IDEAS[n]
    return Idea(
        id=301 + n,
        channel=channel,
        announcement="venepaikat",
        title="Varaa venepaikka verkossa",
        text=text,
        created_at=week.start + after,
        url=f"https://www.example.org/{channel}/comments/{301 + n}",
    )


def _queue(end: datetime) -> list[Queued]:
    return [
        Queued(announcement=key, occurrence=1, title=title, channel=channel, due_at=end + after)
        for key, title, after, channels in (
            ("etakokous", "Valtuusto kokoontuu etänä, kokousta voi seurata verkossa", DAY + 9 * HOUR, CHANNELS),
            ("joulu", "Kunnanviraston joulun aukioloajat", 3 * DAY + 12 * HOUR, CHANNELS[:2]),
        )
        for channel in channels
    ]


def _summed(
    span: Span, announced: Sequence[_Announced], channels: Sequence[str] = CHANNELS, **facts: object
) -> Summary:
    as_of = span.end + 8 * HOUR
    period = Period.of(span, ZONE, as_of)
    unread = facts.pop("unread", {})
    assert isinstance(unread, Mapping)
    values: dict[str, object] = {
        "known_since": span.start - timedelta(weeks=30),
        "track_for": 90 * DAY,
        "posts": _posts([one for one in announced if one.at < period.until], period, channels, unread=unread),
        "questions": (),
        "other_unanswered": 0,
        "attention": (),
        "queue": (),
    }
    return summarise("hausjarvi", "Hausjärven kunta", channels, period, Facts(**values | facts), as_of)  # type: ignore[arg-type]


def lively() -> Summary:
    """Two announcements on four networks, questions, ideas, an approval, a bill."""
    return _summed(
        WEEK,
        _history(WEEK),
        questions=[_question(n, WEEK) for n in range(3)],
        other_unanswered=5,
        ideas=[_idea(n, WEEK) for n in range(2)],
        queue=_queue(WEEK.end),
        awaiting=[
            Awaiting(
                announcement="talousarvio", title="Talousarvio 2027 on nähtävillä", due_at=WEEK.end + 2 * DAY + 9 * HOUR
            )
        ],
        costs=[
            Cost(channel="x", account="x", month="2026-11", spent=Decimal("6.42"), budget=Decimal(20)),
        ],
    )


def quiet() -> Summary:
    """Nothing published, nothing received, nothing waits; weeks before it had something."""
    return _summed(WEEK, [one for one in _history(WEEK.shifted(-6, ZONE)) if one.at < WEEK.start - timedelta(weeks=6)])


def first() -> Summary:
    """The accounts are known since Tuesday: nothing to compare with, no chart."""
    return _summed(
        WEEK,
        [one for one in _history(WEEK) if one.at >= WEEK.start],
        known_since=WEEK.start + DAY,
        questions=[_question(2, WEEK)],
        queue=_queue(WEEK.end),
    )


def failures() -> Summary:
    """Everything that may need a hand, and a gap in collecting on both sides."""

    def delivery(trouble: Trouble, channel: str, **fields: object) -> Attention:
        known: dict[str, object] = {
            "account": channel,
            "since": WEEK.start + 2 * DAY + 9 * HOUR,
            "announcement": "rakennuslupa",
            "title": "Rakennuslupa verkossa",
        }
        return Attention(trouble=trouble, channel=channel, **known | fields)  # type: ignore[arg-type]

    return _summed(
        WEEK,
        _history(WEEK),
        unread={"x": WEEK.start + 2 * DAY + 12 * HOUR},
        attention=[
            delivery(Trouble.UNCONFIRMED, "linkedin", delivery_id=412),
            delivery(Trouble.FAILED, "x", delivery_id=411, kind="text_too_long", detail=None),
            delivery(Trouble.MISSED, "facebook", delivery_id=398, title="Varaa venepaikka verkossa"),
            delivery(Trouble.PARTIAL, "facebook", delivery_id=409, kind="text_refused"),
            Attention(
                trouble=Trouble.ACCESS_ENDS,
                channel="linkedin",
                account="linkedin",
                since=WEEK.end + 6 * DAY + 12 * HOUR,
                by_login=True,
            ),
            Attention(trouble=Trouble.REJECTED, since=WEEK.end, file="hausjarvi/jatehuolto.yaml", faults=2),
            Attention(
                trouble=Trouble.BLOCKED,
                channel="instagram",
                account="instagram",
                since=WEEK.start + 3 * DAY + 7 * HOUR,
                kind="token_expired",
            ),
        ],
        questions=[_question(0, WEEK)],
        queue=_queue(WEEK.end),
    )


def one_channel() -> Summary:
    """Only Facebook: no line for all together, no bill of X."""
    return _summed(WEEK, _history(WEEK), CHANNELS[:1], queue=_queue(WEEK.end)[:1])


def week_53() -> Summary:
    """The last week of 2026; the next one is week 1."""
    week = Week.of(2026, 53, ZONE)
    return _summed(week, _history(week), questions=[_question(2, week)], queue=_queue(week.end))


def month() -> Summary:
    """November, by the same code."""
    span = Month.of(2026, 11, ZONE)
    return _summed(span, [*_history(WEEK), *_history(WEEK.shifted(-10, ZONE))], questions=[_question(0, WEEK)])


GOLDENS = (
    Golden(name="lively-fi", language="fi", summary=lively),
    Golden(name="lively-sv", language="sv", summary=lively),
    Golden(name="lively-en", language="en", summary=lively),
    Golden(name="quiet-fi", language="fi", summary=quiet),
    Golden(name="first-week-fi", language="fi", summary=first),
    Golden(name="failures-fi", language="fi", summary=failures),
    Golden(name="failures-sv", language="sv", summary=failures),
    Golden(name="one-channel-fi", language="fi", summary=one_channel),
    Golden(name="week-53-fi", language="fi", summary=week_53),
    Golden(name="month-fi", language="fi", summary=month),
)

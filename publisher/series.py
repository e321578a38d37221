"""One line a day out of many readings: of each post, or of each e-service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from publisher.store.results import Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How something stood at the end of a day. `posts`: how many are summed up; None: no network told."""

    day: date
    organisation: str
    service: str | None
    channel: str | None
    announcement: str | None
    url: str | None
    posts: int
    reactions: int | None
    comments: int | None
    shares: int | None
    views: int | None
    clicks: int | None


def of_posts(readings: Iterable[Counted], zone: tzinfo) -> Iterator[Day]:
    """Give the last reading of each day of each post; `readings` post by post, oldest first. Holds one line at a time."""
    last: Counted | None = None
    for one in readings:
        if last is not None and (last.delivery_id, _day(last, zone)) != (one.delivery_id, _day(one, zone)):
            yield _of_post(last, _day(last, zone))
        last = one
    if last is not None:
        yield _of_post(last, _day(last, zone))


def of_services(readings: Iterable[Counted], zone: tzinfo) -> Iterator[Day]:
    """Sum each organisation's e-services up day by day; `readings` in order of time. Holds one reading a post.

    A post without a service is left out.
    """
    latest: dict[tuple[str, str], dict[int, Counted]] = {}
    moved: set[tuple[str, str]] = set()
    today: date | None = None
    for one in readings:
        if one.service is None:
            continue
        if today is not None and _day(one, zone) != today:
            yield from (_of_service(today, key, latest[key]) for key in sorted(moved))
            moved.clear()
        today = _day(one, zone)
        key = (one.organisation, one.service)
        latest.setdefault(key, {})[one.delivery_id] = one
        moved.add(key)
    if today is not None:
        yield from (_of_service(today, key, latest[key]) for key in sorted(moved))


def _day(one: Counted, zone: tzinfo) -> date:
    return one.at.astimezone(zone).date()


def _of_post(one: Counted, day: date) -> Day:
    return Day(
        day=day,
        organisation=one.organisation,
        service=one.service,
        channel=one.channel,
        announcement=one.announcement,
        url=one.url,
        posts=1,
        reactions=None if one.reactions is None else sum(one.reactions.values()),
        comments=one.comments,
        shares=one.shares,
        views=one.views,
        clicks=one.clicks,
    )


def _of_service(day: date, key: tuple[str, str], posts: Mapping[int, Counted]) -> Day:
    days = [_of_post(one, day) for one in posts.values()]
    return Day(
        day=day,
        organisation=key[0],
        service=key[1],
        channel=None,
        announcement=None,
        url=None,
        posts=len(days),
        reactions=_sum(one.reactions for one in days),
        comments=_sum(one.comments for one in days),
        shares=_sum(one.shares for one in days),
        views=_sum(one.views for one in days),
        clicks=_sum(one.clicks for one in days),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None

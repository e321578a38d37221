"""From the database and the queue to the facts of a summary: everything that `summary` wants to know of an organisation's span."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypedDict

from publisher import lifetimes, mail, spending
from publisher.announcements import read_queue
from publisher.config import CommentText, Config, Organisation
from publisher.model import State
from publisher.retention import WORDS_KEPT
from publisher.store import Connection, engagement, reports, summaries
from publisher.store.reports import TroubledAccount, TroubledDelivery
from publisher.store.summaries import CountersRead, PublishedPost, Said
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
    Tally,
    Trouble,
)

TOKEN_WARNING = timedelta(days=14)
"""A token that a person must renew within this long is worth a line."""

_ONE_INSTANT = timedelta(microseconds=1)


def gather(
    conn: Connection,
    config: Config,
    organisation: Organisation,
    period: Period,
    now: datetime,
    shown: Callable[[str], str],
) -> Facts:
    """Collect an organisation's facts. `shown` turns a post's address into the one that people are to open."""
    key, zone = organisation.key, config.timezone
    words = organisation.report.comment_text if organisation.report else "excerpt"
    waiting, others = engagement.count_unanswered(conn, key)
    asked = summaries.oldest_questions(conn, key, mail.QUESTIONS_SHOWN)
    ideas, ideas_found = summaries.ideas(conn, key, period.start, period.until, mail.IDEAS_SHOWN)
    return Facts(
        known_since=reports.known_since(conn, key),
        track_for=config.collection.track_for,
        posts=_posts(conn, key, period, config.collection.track_for, shown),
        questions=[Question(**_said(one, words, shown)) for one in asked],
        waiting=waiting,
        other_unanswered=others,
        # Ideas wait for nobody: their beginnings are enough, and the mail stays small.
        ideas=[Idea(**_said(one, "excerpt" if words == "full" else words, shown)) for one in ideas],
        ideas_found=ideas_found,
        attention=[
            *map(_troubled_delivery, reports.list_troubled(conn, key, period.start, period.until)),
            *_blocked(conn, key, now),
            *_ending_tokens(conn, config, key, now),
            *_rejected_files(config, key, now),
        ],
        queue=[
            Queued(
                announcement=one.announcement,
                occurrence=one.occurrence,
                title=one.title,
                channel=one.channel,
                due_at=one.due_at,
            )
            for one in reports.list_queue(conn, key, period.until, period.span.shifted(1, zone).end)
        ],
        awaiting=[
            Awaiting(announcement=one.announcement, title=one.title, due_at=one.due_at)
            for one in summaries.list_awaiting_approval(conn, key)
        ],
        costs=[
            Cost(channel=at.channel, account=at.account, month=at.month, spent=at.spent, budget=at.budget)
            for at in spending.months(conn, config, period.until - _ONE_INSTANT)
            if at.organisation == key
        ],
    )


def _posts(
    conn: Connection, organisation: str, period: Period, track_for: timedelta, shown: Callable[[str], str]
) -> list[PostFacts]:
    row = period.row()
    edges = sorted({*(span.start for span in row), period.previous_until, period.until})
    since = edges[0] - track_for
    read = {edge: summaries.counters_at(conn, organisation, edge, since) for edge in edges}
    return [
        _post(
            post,
            {
                edge: _reading(counters[post.delivery_id])
                for edge, counters in read.items()
                if post.delivery_id in counters
            },
            shown,
        )
        for post in summaries.list_posts(conn, organisation, since, period.until)
    ]


def _post(post: PublishedPost, readings: dict[datetime, Reading], shown: Callable[[str], str]) -> PostFacts:
    return PostFacts(
        announcement=post.announcement,
        title=post.title,
        service=post.service,
        channel=post.channel,
        account=post.account,
        url=shown(post.url) if post.url else None,
        published_at=post.published_at,
        out=post.out,
        readings=readings,
    )


def _reading(counters: CountersRead) -> Reading:
    tally = Tally(
        reactions=None if counters.reactions is None else sum(counters.reactions.values()),
        comments=counters.comments,
        shares=counters.shares,
        views=counters.views,
    )
    return Reading(at=counters.at, tally=tally)


class _Told(TypedDict):
    """What a question and an idea have in common."""

    id: int
    channel: str
    announcement: str | None
    title: str | None
    text: str | None
    created_at: datetime
    url: str | None


def _said(one: Said, words: CommentText, shown: Callable[[str], str]) -> _Told:
    return _Told(
        id=one.id,
        channel=one.channel,
        announcement=one.announcement,
        title=one.title,
        text=_words(one, words),
        created_at=one.created_at,
        url=shown(one.url) if one.url else None,
    )


def _words(one: Said, shown: CommentText) -> str | None:
    """Give of a resident's words what a mail may hold; who hid them did not want them spread."""
    if one.text is None or one.hidden or shown == "none" or one.channel in WORDS_KEPT:
        return None
    return mail.excerpt(mail.unaddressed(one.text, one.channel), mail.LONGEST if shown == "full" else mail.EXCERPT)


def _troubled_delivery(delivery: TroubledDelivery) -> Attention:
    return Attention(
        trouble=_trouble(delivery),
        channel=delivery.channel,
        account=delivery.account,
        since=delivery.updated_at,
        delivery_id=delivery.id,
        announcement=delivery.announcement,
        title=delivery.title,
        kind=delivery.error_kind,
        detail=delivery.error_detail,
        thread=delivery.thread,
    )


def _trouble(delivery: TroubledDelivery) -> Trouble:
    if delivery.state != State.PUBLISHED:
        return Trouble(delivery.state)
    return Trouble.GONE if delivery.error_kind == engagement.GONE else Trouble.PARTIAL


def _blocked(conn: Connection, organisation: str, now: datetime) -> Iterator[Attention]:
    """Give the accounts that wait for a person. Those that are not read are known from the readings."""
    accounts = reports.list_troubled_accounts(conn, organisation, read_before=now, tracked_since=now)
    return map(_blocked_account, (account for account in accounts if account.blocked_kind is not None))


def _blocked_account(account: TroubledAccount) -> Attention:
    return Attention(
        trouble=Trouble.BLOCKED,
        channel=account.channel,
        account=account.name,
        since=account.blocked_since or account.first_seen,
        kind=account.blocked_kind,
        detail=account.blocked_detail,
    )


def _ending_tokens(conn: Connection, config: Config, organisation: str, now: datetime) -> Iterator[Attention]:
    for life in lifetimes.known(conn, config, now):
        ends = life.expires_at
        if life.organisation == organisation and ends is not None and now < ends <= now + TOKEN_WARNING:
            yield Attention(
                trouble=Trouble.ACCESS_ENDS,
                channel=life.channel,
                account=life.account,
                since=ends,
                by_login=life.by_login,
            )


def _rejected_files(config: Config, organisation: str, now: datetime) -> Iterator[Attention]:
    """Give the files with faults that this organisation's people can mend: those of its folder, and those of no organisation's."""
    queue = read_queue(config)
    for file, problems in queue.problems.items() if queue.readable else ():
        faults = sum(not problem.warning for problem in problems)
        folder = file.partition("/")[0]
        if faults and (folder == organisation or folder not in config.organisations):
            yield Attention(trouble=Trouble.REJECTED, since=now, file=file, faults=faults)

"""Reads each post of ours back once, some minutes after it went out, and compares what the network holds with what was meant.

A network may drop the end of a text, a picture or an alternative text without a word; nobody else would notice. A difference stands beside
the post as its error, and is mailed once. What cannot be read now is read at the next pass, for two days.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from channels.base import Channel, Held, Post
from channels.errors import ChannelError
from channels.text import parts
from publisher import budget, spending
from publisher.budget import Use
from publisher.collection import rationed
from publisher.comparing import differences
from publisher.delivery import about
from publisher.store import Store, accounts, budgets
from publisher.store import deliveries as rows
from publisher.store.deliveries import Outside, Setback
from publisher.store.notices import NoticeKind, raise_notice
from publisher.thrift import Purse

_LOG = logging.getLogger("tiedote.readback")

AFTER = timedelta(minutes=2)
"""A post is read back no sooner: its network may still be at work on it."""

WITHIN = timedelta(days=2)

Lend = Callable[[int], AbstractContextManager[Channel]]
Audience = Callable[[Outside], list[tuple[str, str]]]


class ReadBack:
    """Compares one account's fresh posts at a time; thread-safe, since all state is in the database."""

    def __init__(self, store: Store, lend: Lend, audience: Audience, purse: Callable[[int], Purse | None]) -> None:
        """`lend` gives a channel for one account; `audience` tells who hears of a post's troubles; `purse` what an account may spend."""
        self._store = store
        self._lend = lend
        self._audience = audience
        self._purse = purse

    def compare(self, account_id: int, now: datetime) -> None:
        """Read back what is due of an account, in few calls, and keep what comparing told."""
        with self._store.read() as conn:
            fresh = rows.to_read_back(conn, account_id, now - WITHIN, now - AFTER)
            purse = self._purse(account_id) if fresh else None
            readings = sum(len(post.remote_ids) for post in fresh)
            if purse is not None:
                account = accounts.get_account(conn, account_id)
                fresh = fresh if spending.may_read(conn, purse, account, readings, now) else ()
            standing = budgets.standing(conn, account_id, now)
        if not fresh or budget.wait_for(standing, Use.COLLECT) is not None:
            return
        try:
            with (
                self._lend(account_id) as channel,
                rationed(channel, budget.calls_left(standing, Use.COLLECT)),
                self._noted(account_id, channel, now),
            ):
                held = channel.read_back([remote_id for post in fresh for remote_id in post.remote_ids])
                told = [
                    (post, _differences(channel, post, held))
                    for post in fresh
                    if all(remote_id in held for remote_id in post.remote_ids)
                ]
        except ChannelError as error:
            _LOG.warning("account %s could not be read back: %s", account_id, error.kind)
            return
        for post, found in told:
            self._keep(post, found, now)

    @contextmanager
    def _noted(self, account_id: int, channel: Channel, now: datetime) -> Iterator[None]:
        """Keep what reading told or took of the network's allowances, also when it failed."""
        try:
            yield
        finally:
            with self._store.write() as conn:
                budgets.note(conn, account_id, channel.usage(), now)

    def _keep(self, post: Outside, found: tuple[str, ...], now: datetime) -> None:
        setback = Setback(kind="differs", detail=",".join(found))
        with self._store.write() as conn:
            rows.record_read_back(conn, post.id, found, now)
            if found:
                raise_notice(
                    conn,
                    cause=f"differs:d-{post.id}",
                    kind=NoticeKind.DIFFERS,
                    params=about(
                        post.key, post.id, post.post.title, post.post.text, post.published_at, post.url, setback
                    ),
                    recipients=self._audience(post),
                    now=now,
                    once=True,
                )


def _differences(channel: Channel, post: Outside, held: Mapping[str, Held]) -> tuple[str, ...]:
    """Compare the post, and the further ones of a thread, each with its own words; a code once."""
    whole = post.post.as_post()
    meant = (whole, *(Post(text=text) for text in parts(whole)[1:]))
    found: dict[str, None] = {}
    for one, remote_id in zip(meant, post.remote_ids, strict=False):
        there = held[remote_id]
        found |= dict.fromkeys(differences(one, there, has_words=channel.is_same(one, there.post)))
    return tuple(found)

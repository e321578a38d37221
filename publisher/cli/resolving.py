"""From the address of a post, as a person copies it, to the network's id: what `resolve --published URL` needs to go on with the post.

1. the account's own recent posts: one of them has this address
2. the address itself: X and LinkedIn write the id into it, Facebook sometimes
3. the only recent post of the account with these words (Facebook shows people an address that no interface gives)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from channels.base import Channel, Post, RemotePost, Step
from channels.errors import ChannelError
from publisher.cli.shared import Exit, Stop, now
from publisher.errors import explain
from publisher.locale import _

if TYPE_CHECKING:
    from publisher.service import Service
    from publisher.store.deliveries import DeliveryView

_LOOK_BACK = timedelta(days=2)
"""A post in doubt is looked for from this long before it was due."""

_ACTIVITY = "urn:li:activity:"
"""LinkedIn shows people a number of the activity, not the post's own: the words tell the post better."""

_IN_ADDRESS = {
    "x": re.compile(r"/status(?:es)?/(\d+)"),
    "linkedin": re.compile(r"(urn:li:(?:share|ugcPost|activity):\d+)"),
    "facebook": re.compile(r"(?:^|/)(\d+_\d+)(?:$|[/?])"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is looked for."""

    delivery: DeliveryView
    post: Post
    url: str
    since: datetime


def find_remote_id(service: Service, delivery: DeliveryView, url: str) -> str:
    """Tell the network's id of the post at `url`. Ends with 1 if there is none, with 75 if the network cannot be asked."""
    wanted = _Wanted(
        delivery=delivery,
        post=_post_of(service, delivery),
        url=url,
        since=(delivery.due_at or now()) - _LOOK_BACK,
    )
    found, trouble = _among_recent(service, wanted)
    found = found or id_in_address(delivery.key.channel, url)
    if found is not None:
        return found
    if trouble is not None:
        told = explain(trouble.kind, trouble.detail)
        raise Stop(told.message, remedy=told.remedy, code=Exit.TRY_LATER)
    raise Stop(
        _("No post of this account was found at %(url)s.") % {"url": url},
        remedy=_("Open the post itself on the network and copy its address: the time under the name leads there."),
        code=Exit.FINDINGS,
    )


def left_under(service: Service, delivery: DeliveryView, remote_id: str, url: str) -> Step | None:
    """Tell what is to follow the post that was found: the next of its thread, its first comment, or nothing."""
    from publisher.config import configured
    from publisher.store.deliveries import planned

    key = delivery.key
    account = configured(service.config).get((key.organisation, key.channel, key.account))
    if account is None or delivery.remote_id is not None:
        return None
    with service.store.read() as conn:
        post = planned(conn)[key].post.as_post()
    there = RemotePost(remote_id=remote_id, text="", created_at=now(), url=url)
    with service.pool.lend(account) as channel:
        return channel.taken_up(post, there).then


def id_in_address(channel: str, url: str) -> str | None:
    """Read the id where the network writes it into the address."""
    pattern = _IN_ADDRESS.get(channel)
    found = pattern.search(unquote(url)) if pattern else None
    return found[1] if found else None


def _among_recent(service: Service, wanted: _Wanted) -> tuple[str | None, ChannelError | None]:
    from publisher.config import configured

    key = wanted.delivery.key
    account = configured(service.config).get((key.organisation, key.channel, key.account))
    if account is None:
        return None, None
    try:
        with service.pool.lend(account) as channel:
            return _match(channel, wanted, _not_taken(service, wanted, channel.recent(wanted.since).posts)), None
    except ChannelError as error:
        return None, error


def _not_taken(service: Service, wanted: _Wanted, posts: Iterable[RemotePost]) -> list[RemotePost]:
    from publisher.store.deliveries import owner_of

    posts = list(posts)
    ids = [post.remote_id for post in posts]
    with service.store.read() as conn:
        taken = owner_of(conn, wanted.delivery.account_id, ids, but=wanted.delivery.id)
    return [post for post in posts if post.remote_id not in taken]


def _match(channel: Channel, wanted: _Wanted, posts: list[RemotePost]) -> str | None:
    for post in posts:
        if post.url is not None and _place(post.url) == _place(wanted.url):
            return post.remote_id
    named = id_in_address(wanted.delivery.key.channel, wanted.url)
    if named is not None and not named.startswith(_ACTIVITY):
        return None
    same = [post for post in posts if channel.is_same(wanted.post, post)]
    return same[0].remote_id if len(same) == 1 else None


def _place(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").casefold()


def _post_of(service: Service, delivery: DeliveryView) -> Post:
    from publisher.store.deliveries import planned

    with service.store.read() as conn:
        frozen = planned(conn)[delivery.key].post
    return Post(text=frozen.text, hashtags=frozen.hashtags, link=frozen.link, title=frozen.title)

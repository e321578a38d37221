"""What an announcement becomes on each account, counted as its network counts; values in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from channels.base import Capabilities, Picture, Poll, Post
from channels.limits import cost
from channels.text import length, linkedin_mention_length, parts
from publisher.cadence import occurrence
from publisher.compose import PublishersView, compose
from publisher.model import Announcement, PictureRef, Plan, Repeat, Skipped, State, When

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,:;!?)]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Some words, how many characters they are as the network counts, and how many it takes."""

    text: str
    count: int
    most: int

    @property
    def left(self) -> int:
        """How many characters there is room for."""
        return self.most - self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture, with its alternative text."""

    picture: PictureRef
    alt: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A link's card. `title`: None where the network reads title and picture from the page itself."""

    link: str
    title: Words | None = None
    description: Words | None = None
    thumbnail: Shown | None = None

    @property
    def host(self) -> str:
        """Whose page it is."""
        try:
            return (urlsplit(self.link).hostname or "").removeprefix("www.")
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post on one account. `turn`: which of the texts of a repeat it has, of `turns`; `posts`: one, or those of a thread.

    `due_at` None: at once, or never for a draft. `cost` in US dollars. `left_out`: codes that `errors` words.
    """

    organisation: str
    name: str
    channel: str
    account: str
    language: str
    turn: int
    turns: int
    draft: bool
    due_at: datetime | None
    posts: tuple[Words, ...]
    pictures: tuple[Shown, ...]
    card: CardView | None
    poll: Poll | None
    first_comment: Words | None
    left_out: tuple[str, ...]
    cost: Decimal

    @property
    def links(self) -> tuple[str, ...]:
        """Where its words and its card lead, in full."""
        found = [link for words in self.posts for link in LINK.findall(words.text)]
        return tuple(dict.fromkeys([*found, *([self.card.link] if self.card else [])]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An announcement, post by post in the order of the configuration, and where it does not go."""

    announcement: str
    file: str
    title: str
    posts: tuple[PostView, ...]
    skipped: tuple[Skipped, ...]
    names: Mapping[str, str]
    """What each organisation is called."""


def preview(announcement: Announcement, publishers: PublishersView, channel: str | None = None) -> Preview:
    """Compose an announcement as it will go out. `channel`: on this network alone."""
    turns = 1 + len(announcement.repeat.variants) if announcement.repeat else 1
    planned = [
        one
        for one in compose(announcement, publishers, horizon=_all_turns(announcement, publishers))
        if channel in {None, one.channel}
    ]
    plans = [one for one in planned if isinstance(one, Plan) and one.occurrence <= turns]
    posts = tuple(
        _post(plan, publishers.organisations[plan.organisation].name, publishers.capabilities(plan.channel), turns)
        for plan in plans
    )
    here = [posts[0].posts[0].text] if posts else [""]
    return Preview(
        announcement=announcement.key,
        file=announcement.file,
        title=next((plan.title for plan in plans if plan.title), here[0].partition("\n")[0]),
        posts=posts,
        skipped=tuple(one for one in planned if isinstance(one, Skipped) and one.reason != "not_in_organisations"),
        names={one.key: one.name for one in publishers.organisations.values()},
    )


def _all_turns(announcement: Announcement, publishers: PublishersView) -> datetime | None:
    """Look as far ahead as every variant of a repeat needs to come once."""
    repeat: Repeat | None = announcement.repeat
    starts = [
        one.publish.instant for one in announcement.blocks if isinstance(one.publish, When) and one.publish.instant
    ]
    if repeat is None or not starts:
        return None
    return occurrence(max(starts), repeat.every, 1 + len(repeat.variants), publishers.timezone)


def _post(plan: Plan, name: str, limits: Capabilities, turns: int) -> PostView:
    # What a network bills depends on all that is sent, pictures' bytes apart.
    pictures = tuple(
        Picture(name=one.name, data=b"", alt=alt) for one, alt in zip(plan.pictures, plan.alts, strict=True)
    )
    post = Post(
        text=plan.text,
        thread=plan.thread,
        hashtags=plan.hashtags,
        link=plan.link,
        pictures=pictures,
        poll=plan.poll,
        first_comment=plan.first_comment,
    )
    return PostView(
        organisation=plan.organisation,
        name=name,
        channel=plan.channel,
        account=plan.account,
        language=plan.language,
        turn=plan.occurrence,
        turns=turns,
        draft=plan.state is State.DRAFT,
        due_at=plan.due_at,
        posts=tuple(_words(text, plan, limits) for text in parts(post)),
        pictures=_shown(plan.pictures, plan.alts, limits),
        card=_card(plan, limits),
        poll=_poll(plan, limits),
        first_comment=_comment(plan, limits),
        left_out=plan.left_out,
        cost=cost(limits, post),
    )


def _words(text: str, plan: Plan, limits: Capabilities) -> Words:
    measure = limits.measure_exactly or limits.measure
    count = measure(text) + sum(map(linkedin_mention_length, plan.mentions))  # only there has a mention an address
    return Words(text=text, count=count, most=limits.max_text)


def _poll(plan: Plan, limits: Capabilities) -> Poll | None:
    """Give a poll as readers see it: its question stands in the words where the network has no place for it."""
    if plan.poll is None or limits.max_poll_question is not None:
        return plan.poll
    return replace(plan.poll, question="")


def _comment(plan: Plan, limits: Capabilities) -> Words | None:
    if plan.first_comment is None or limits.max_first_comment is None:
        return None
    return Words(text=plan.first_comment, count=length(plan.first_comment), most=limits.max_first_comment)


def _shown(pictures: Sequence[PictureRef], alts: Sequence[str], limits: Capabilities) -> tuple[Shown, ...]:
    return tuple(
        Shown(picture=picture, alt=Words(text=alt, count=length(alt), most=limits.pictures.max_alt))
        for picture, alt in zip(pictures, alts, strict=True)
    )


def _card(plan: Plan, limits: Capabilities) -> CardView | None:
    if plan.link is None:
        return None
    if limits.max_card_title is None:
        return CardView(link=plan.link)
    title = Words(text=plan.title or "", count=length(plan.title or ""), most=limits.max_card_title)
    description = None
    if plan.description and limits.max_card_description is not None:
        count = length(plan.description)
        description = Words(text=plan.description, count=count, most=limits.max_card_description)
    thumbnail = _shown((plan.thumbnail,), (plan.thumbnail_alt,), limits)[0] if plan.thumbnail else None
    return CardView(link=plan.link, title=title, description=description, thumbnail=thumbnail)

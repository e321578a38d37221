"""An announcement becomes a plan for each account; pure.

    precedence   for.ORG.CHANNEL over CHANNEL over for.ORG over the top; lists replace, texts replace language by language
    link         gets utm parameters if there is a campaign; then into the words, onto a card, or both, as the network's `Card` says
    thread       where a network has threads: the posts that staff wrote, or the words cut at sentence ends; link and hashtags at the end
    mentions     as the network has them: by name, by @handle, or by name with an address beside the words
    languages    as the account says: in one post, one after the other; a post each; or only those that it takes
    repeat       a plan for each occurrence; the text, then the variants, and again; a text of an override block stays for all of them
    poll         the network's own where it has polls, else words above the link
    card         its title, or the first sentence; its description and picture from the network's own block
    left out     a first comment where the network has none; the whole account where it needs a picture and there is none

What a plan says is what goes out. Nothing after this changes words; channels add only the hashtag line and their own notation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, tzinfo
from functools import reduce
from itertools import takewhile
from typing import Literal, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from channels.base import Capabilities, Card, Poll, Post
from channels.text import hashtag_line, words
from publisher.cadence import occurrences, wall_text
from publisher.mentions import named, spoken
from publisher.model import UNSET, Announcement, Approvals, Fields, Mentioned, PictureRef, Plan, Repeat, Skipped, State
from publisher.sentences import first_sentence, split

_TEXTS = ("text", "link", "title", "description", "first_comment")


class AccountView(Protocol):
    """What composing needs to know of an account."""

    @property
    def channel(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> Literal["together", "separate"] | tuple[str, ...]: ...


class OrganisationView(Protocol):
    """What composing needs to know of an organisation."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def accounts(self) -> Sequence[AccountView]: ...


class PublishersView(Protocol):
    """What composing needs to know of the configuration."""

    @property
    def organisations(self) -> Mapping[str, OrganisationView]: ...
    @property
    def approval(self) -> Approvals: ...
    @property
    def timezone(self) -> tzinfo: ...
    @property
    def mentions(self) -> Mapping[str, Mentioned]: ...
    def capabilities(self, channel: str, /) -> Capabilities: ...


def compose(
    announcement: Announcement, publishers: PublishersView, *, horizon: datetime | None = None
) -> tuple[Plan | Skipped, ...]:
    """Plan an announcement for every account of the configuration, in the configuration's order.

    The first occurrence is always planned, further ones only up to `horizon`.
    """
    return tuple(
        planned
        for organisation in publishers.organisations.values()
        for account in organisation.accounts
        for planned in _each_occurrence(announcement, publishers, organisation, account, horizon)
    )


def in_turn(announcement: Announcement) -> tuple[Announcement, ...]:
    """Give the announcement with its text, and then with each variant in the text's place."""
    variants = announcement.repeat.variants if announcement.repeat else ()
    return (
        announcement,
        *(replace(announcement, top=replace(announcement.top, text=variant)) for variant in variants),
    )


def further_times(repeat: Repeat, first: Plan, zone: tzinfo, horizon: datetime) -> Iterator[tuple[int, datetime]]:
    """Count the occurrences after the first one, with their instants: up to the end of the repeat, the horizon, and `expires`."""
    if first.due_at is None:
        return
    end = min(horizon, repeat.until or horizon)
    times = occurrences(first.due_at, repeat.every, zone)
    next(times)
    yield from takewhile(lambda one: one[1] <= end and (first.expires_at is None or one[1] < first.expires_at), times)


def _each_occurrence(
    announcement: Announcement,
    publishers: PublishersView,
    organisation: OrganisationView,
    account: AccountView,
    horizon: datetime | None,
) -> Iterator[Plan | Skipped]:
    limits = publishers.capabilities(account.channel)
    first = tuple(_for_account(announcement, publishers, organisation, account, limits))
    yield from first
    plans = tuple(one for one in first if isinstance(one, Plan))
    if not plans or announcement.repeat is None or horizon is None:
        return
    turns = [plans]
    worded = iter(in_turn(announcement)[1:])
    zone = publishers.timezone
    for number, due_at in further_times(announcement.repeat, plans[0], zone, horizon):
        following = next(worded, None)
        if following is not None:
            planned = _for_account(following, publishers, organisation, account, limits)
            turns.append(tuple(one for one in planned if isinstance(one, Plan)))
        due_wall = wall_text(due_at.astimezone(zone))
        for plan in turns[(number - 1) % len(turns)]:
            yield replace(plan, occurrence=number, due_at=due_at, due_wall=due_wall)


def merged(announcement: Announcement, organisation: str, channel: str) -> Fields:
    """Give the fields that count for an organisation on a channel."""
    above = (
        announcement.organisation_fields.get(organisation),
        announcement.channels.get(channel),
        announcement.organisation_channels.get((organisation, channel)),
    )
    return reduce(_over, (layer for layer in above if layer is not None), announcement.top)


def _over(below: Fields, above: Fields) -> Fields:
    given = {field.name: getattr(above, field.name) for field in fields(Fields)}
    said = {name: value for name, value in given.items() if value is not UNSET}
    if "text" in said and isinstance(below.thread, tuple):
        said = {"thread": UNSET, **said}  # a text takes the place of the posts that stood for the one below it
    return replace(
        below, **{**said, **{name: _texts(getattr(below, name), said[name]) for name in _TEXTS if name in said}}
    )


def _texts(below: object, above: Mapping[str, str] | None) -> Mapping[str, str]:
    """A text for no particular language takes the place of all below it; one for a language that of this language."""
    if above is None or "" in above or not isinstance(below, Mapping):
        return above or {}
    return {**below, **above}


def in_language(texts: Mapping[str, str] | object, language: str) -> str | None:
    """Give the text for a language: its own, or the one for any."""
    return (texts.get(language) or texts.get("")) if isinstance(texts, Mapping) else None


def language_groups(
    fields_: Fields, organisation: OrganisationView, account: AccountView
) -> tuple[tuple[str, ...], ...]:
    """Give the languages of each post that this account gets."""
    languages = fields_.languages or organisation.languages
    if isinstance(account.languages, tuple):
        languages = tuple(language for language in languages if language in account.languages)
    if account.languages == "separate":
        return tuple((language,) for language in languages)
    return (languages,) if languages else ()


def _for_account(
    announcement: Announcement,
    publishers: PublishersView,
    organisation: OrganisationView,
    account: AccountView,
    limits: Capabilities,
) -> Iterator[Plan | Skipped]:
    said = merged(announcement, organisation.key, account.channel)
    groups = language_groups(said, organisation, account)
    reason = _why_not(announcement, organisation.key, account.channel, said, groups, limits)
    if reason:
        yield Skipped(
            announcement=announcement.key,
            organisation=organisation.key,
            channel=account.channel,
            account=account.name,
            reason=reason,
        )
        return
    for languages in groups:
        yield _plan(announcement, publishers, organisation.key, account, said, languages, limits)


def _why_not(
    announcement: Announcement,
    organisation: str,
    channel: str,
    said: Fields,
    groups: Sequence[Sequence[str]],
    limits: Capabilities,
) -> str | None:
    """Say why an account is left out: a code that `errors.OMITTED` words."""
    if organisation not in announcement.organisations:
        return "not_in_organisations"
    if said.channels and channel not in said.channels:
        return "not_in_channels"
    if said.skip:
        return "skip"
    if not groups:
        return "no_language"
    if limits.needs_picture and not said.pictures:
        return "no_picture"
    return None


def _plan(
    announcement: Announcement,
    publishers: PublishersView,
    organisation: str,
    account: AccountView,
    said: Fields,
    languages: Sequence[str],
    limits: Capabilities,
) -> Plan:
    pictures = said.pictures or ()
    known = publishers.mentions
    words_ = _words(said, languages, account.channel, limits, known, has_pictures=bool(pictures))
    text, *thread = (spoken(post, account.channel, limits, known) for post in words_.posts)
    comment = _joined(in_language(said.first_comment, language) for language in languages)
    first_comment = spoken(comment, account.channel, limits, known) if comment else None
    no_comment = limits.max_first_comment is None
    on_card = words_.card is not None and limits.max_card_description is not None
    thumbnail = said.thumbnail or None if on_card else None
    when = said.publish or None
    approver = said.approved_by or None
    # For which words the name counts, only the database knows: see `planning.approval`.
    approved = publishers.approval == "optional" or (publishers.approval == "required" and approver is not None)
    return Plan(
        announcement=announcement.key,
        organisation=organisation,
        channel=account.channel,
        account=account.name,
        language="+".join(languages),
        state=_state(said, approved=approved),
        due_at=when.instant if when else None,
        due_wall=when.wall if when else "",
        expires_at=said.expires or None,
        text=text.text,
        thread=tuple(post.text for post in thread),
        link=words_.card,
        addresses=tuple(dict.fromkeys(link for language in languages if (link := _link(said.link, language)))),
        title=words_.title,
        description=_description(said, languages, known) if on_card else None,
        thumbnail=thumbnail,
        thumbnail_alt=named(alt_text(thumbnail, languages), known) if thumbnail else "",
        hashtags=said.hashtags or (),
        pictures=pictures,
        alts=tuple(named(alt_text(picture, languages), known) for picture in pictures),
        poll=_poll(said, languages, limits, known),
        first_comment=first_comment.text if first_comment and not no_comment else None,
        mentions=text.mentions,
        comment_mentions=first_comment.mentions if first_comment and not no_comment else (),
        repost=bool(said.repost),
        named=approver,
        approved_by=approver if approved else None,
        approved=approved,
        left_out=("first_comment",) if no_comment and first_comment else (),
    )


def _description(said: Fields, languages: Sequence[str], known: Mapping[str, Mentioned]) -> str | None:
    """Give the words of the link's card, in all languages of a post."""
    words_ = _joined((in_language(said.description, language) for language in languages), " / ")
    return named(words_, known) if words_ else None


def _state(said: Fields, *, approved: bool) -> State:
    if not said.publish:
        return State.DRAFT
    return State.SCHEDULED if approved else State.AWAITING_APPROVAL


def alt_text(picture: PictureRef, languages: Sequence[str]) -> str:
    """Give a picture's alt text in the languages of a post."""
    return _joined((in_language(picture.alt, language) for language in languages), " / ") or ""


def _joined(texts: Iterator[str | None], between: str = "\n\n") -> str | None:
    """Put texts one after the other, none of them twice."""
    return between.join(dict.fromkeys(text for text in texts if text)) or None


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of each post, mentions still by their keys, and what stands on the card."""

    posts: tuple[str, ...]
    card: str | None
    title: str | None


def _words(
    said: Fields,
    languages: Sequence[str],
    channel: str,
    limits: Capabilities,
    known: Mapping[str, Mentioned],
    *,
    has_pictures: bool,
) -> _Words:
    """Settle where the link goes, and write the words."""
    addresses = {language: _link(said.link, language) for language in languages}
    first = next((link for link in addresses.values() if link), None)
    has_poll = bool(said.poll) and limits.max_poll_option is not None
    no_card = limits.card is Card.NONE or has_pictures or (has_poll and limits.card is Card.INSTEAD)
    on_card = None if no_card else first
    campaign = said.campaign or None
    in_words_too = limits.card is not Card.INSTEAD
    parts: list[tuple[tuple[str, ...], str | None]] = []
    for language in languages:
        texts, link = _asking(_texts_in(said, language, limits), said, language, limits), addresses[language]
        tracked = with_campaign(link, channel, campaign) if link else None
        if link and tracked:
            texts, found = _replaced(texts, link, tracked)
            if found or (link == on_card and not in_words_too):
                tracked = None
        if (texts, tracked) not in parts:
            parts.append((texts, tracked))
    title = _joined((in_language(said.title, language) for language in languages), " / ")
    if on_card and limits.card is Card.INSTEAD:
        title = title or first_sentence(parts[0][0][0])
    card = with_campaign(on_card, channel, campaign) if on_card else None
    posts = _posts(said, parts, limits, lambda post: limits.measure(spoken(post, channel, limits, known).text))
    return _Words(posts, card, named(title, known) if title else None)


def _asking(texts: tuple[str, ...], said: Fields, language: str, limits: Capabilities) -> tuple[str, ...]:
    """Put a poll below the last text, above the link: all of it where the network has none, and its question where that has no place."""
    if not said.poll or limits.max_poll_question is not None:
        return texts
    lines = [in_language(said.poll.text, language)]
    if limits.max_poll_option is None:
        lines += [f"\u2022 {option}" for texts_ in said.poll.options if (option := in_language(texts_, language))]
    return (*texts[:-1], _with_link(texts[-1], "\n".join(filter(None, lines))))


def _poll(said: Fields, languages: Sequence[str], limits: Capabilities, known: Mapping[str, Mentioned]) -> Poll | None:
    """Give the poll that the network shows, in all languages of a post."""
    if not said.poll or limits.max_poll_option is None:
        return None
    question, *options = (
        named(_joined((in_language(texts, language) for language in languages), " / ") or "", known)
        for texts in (said.poll.text, *said.poll.options)
    )
    return Poll(question=question, options=tuple(options), days=said.poll.days)


def _texts_in(said: Fields, language: str, limits: Capabilities) -> tuple[str, ...]:
    """Give the text in a language, or the texts of the posts of a thread."""
    if limits.max_thread and isinstance(said.thread, tuple):
        return tuple(text for texts in said.thread if (text := in_language(texts, language))) or ("",)
    return (in_language(said.text, language) or "",)


def _posts(
    said: Fields,
    parts: Sequence[tuple[tuple[str, ...], str | None]],
    limits: Capabilities,
    measure: Callable[[str], int],
) -> tuple[str, ...]:
    """Give the words of each post: of all languages, one after the other, with the links at their ends."""
    if limits.max_thread and isinstance(said.thread, tuple):
        return tuple(_written(parts))
    text = "\n\n".join(_written(parts))
    if not limits.max_thread or not said.thread:
        return (text,)
    tags = hashtag_line(said.hashtags or ())
    whole = words(Post(text=text, hashtags=said.hashtags or ()))
    posts = split(whole, lambda post: measure(post) <= limits.max_text)
    return (*posts[:-1], posts[-1].removesuffix(tags).rstrip())


def _link(links: Mapping[str, str] | object, language: str) -> str | None:
    """Give the link for a language; a page in another language is better than none."""
    own = in_language(links, language)
    return own or (next(iter(links.values()), None) if isinstance(links, Mapping) else None)


def _written(parts: Sequence[tuple[tuple[str, ...], str | None]]) -> list[str]:
    """Give the texts in order; a link stands at the end of those of its language, and one for all at the very end."""
    links = {link for _texts, link in parts if link}
    only = links.pop() if len(links) == 1 else None
    written: list[str] = []
    for texts, link in parts:
        *before, last = texts
        written += [*before, last if only else _with_link(last, link)]
    written[-1] = _with_link(written[-1], only)
    return [text for text in written if text] or [""]


def _with_link(text: str, link: str | None) -> str:
    return "\n\n".join(piece for piece in (text, link) if piece)


def _replaced(texts: tuple[str, ...], link: str, tracked: str) -> tuple[tuple[str, ...], bool]:
    """Put the tracked link where the words already have the plain one. Tells whether they have it."""
    found = any(has_link(text, link) for text in texts)
    return tuple(_as_it_stands(link).sub(lambda _found: tracked, text) for text in texts) if found else texts, found


def has_link(text: str, link: str) -> bool:
    """Tell whether words have this link, and not only a longer one that begins like it."""
    return link in text and _as_it_stands(link).search(text) is not None


def _as_it_stands(link: str) -> re.Pattern[str]:
    return re.compile(re.escape(link) + r"(?=[.,;:!?)\]]*(?:\s|$))")


def with_campaign(link: str, channel: str, campaign: str | None) -> str:
    """Add utm parameters to a link. Its own query and fragment stay; a utm parameter that it already has stays too."""
    if not campaign:
        return link
    try:
        parts = urlsplit(link)
    except ValueError:
        return link  # no address at all; whoever read the file has said so
    present = {pair.partition("=")[0] for pair in parts.query.split("&")}
    wanted = {"utm_source": channel, "utm_medium": "social", "utm_campaign": campaign}
    added = [f"{name}={quote(value, safe='')}" for name, value in wanted.items() if name not in present]
    return urlunsplit(parts._replace(query="&".join([*filter(None, [parts.query]), *added])))

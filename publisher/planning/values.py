"""What planning takes and gives: the queue as it was read, its limits, and a plan as a row."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher.model import Announcement, Approvals, PictureRef, Plan, Problem, State
from publisher.store.deliveries import FrozenPost, Key, NewDelivery, PictureNote, PlannedRow

PLANNED_AHEAD = timedelta(days=60)
"""How far ahead the occurrences of a repeat become deliveries."""

AccountKey = tuple[str, str, str]
Audience = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The queue as it was read: composed announcements, files with faults, and who hears of them."""

    announcements: tuple[Announcement, ...]
    plans: Mapping[str, tuple[Plan, ...]]
    problems: Mapping[str, tuple[Problem, ...]]
    readable: bool
    accounts: tuple[AccountKey, ...]
    alerts_to: Audience
    contacts: Mapping[str, Audience]
    """Announcement key to those who hear of it, `alerts_to` included."""
    file_contacts: Mapping[str, Audience] = field(default_factory=dict)
    """The same by file, as it reads now: of those that name a contact."""
    unsettled: frozenset[str] = frozenset()
    """Files that somebody may still be writing: they were not read, and nothing of them is sent meanwhile."""
    approval: Approvals = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What a reading of the queue changed."""

    added: int = 0
    changed: int = 0
    cancelled: int = 0
    held: int = 0
    rejected: int = 0
    half_gone: bool = False
    unsettled: int = 0
    """Files that were left for the next reading."""
    missing: int = 0
    """Files that are gone, but not for long enough to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Every delivery before and after a reading was taken in. `same_words`: those after it that would be held for their words."""

    before: Mapping[Key, PlannedRow]
    after: Mapping[Key, PlannedRow]
    same_words: frozenset[int]
    half_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The limits that planning needs."""

    cancel_after: timedelta
    late_limit: timedelta


def key_of(plan: Plan) -> Key:
    return Key(
        announcement=plan.announcement,
        occurrence=plan.occurrence,
        organisation=plan.organisation,
        channel=plan.channel,
        account=plan.account,
        language=plan.language,
    )


def new_delivery(plan: Plan, account_id: int, times: Times, now: datetime) -> NewDelivery:
    """Return a plan as a row; `asap` is due when it is first seen."""
    due = now if plan.due_at is None and plan.state is not State.DRAFT else plan.due_at
    return NewDelivery(
        key=key_of(plan),
        account_id=account_id,
        state=plan.state,
        due_at=due,
        due_wall=plan.due_wall,
        expires_at=plan.expires_at,
        late_after=due + times.late_limit if due is not None else None,
        post=frozen(plan),
        fingerprint=fingerprint(" ".join([plan.text, *plan.thread]), plan.hashtags),
        repost=plan.repost,
        approved_by=plan.approved_by,
    )


def planned_again(plan: Plan, row: PlannedRow, times: Times, now: datetime) -> NewDelivery:
    """Return a plan as what a row may change into.

    `asap` stays due when it was, and is due anew when it comes back after long. What a person wanted out at once is like that whatever
    time the file names, and does not wait again; a new time in the file counts once more.
    """
    new = new_delivery(plan, row.account_id, times, now)
    by_hand = row.by_hand_at is not None and row.due_wall == new.due_wall
    if new.due_at is None and not by_hand:
        return new
    if plan.due_at is None or by_hand:
        due = row.due_at if row.due_at is not None and now - row.due_at < times.late_limit else now
        new = replace(new, due_at=due, late_after=due + times.late_limit)
    if by_hand:
        state = State.SCHEDULED if new.state is State.DRAFT else new.state
        new = replace(
            new, state=state, expires_at=row.expires_at, repost=row.repost or new.repost, by_hand_at=row.by_hand_at
        )
    return new


def frozen(plan: Plan) -> FrozenPost:
    pictures = tuple(_note(picture, alt) for picture, alt in zip(plan.pictures, plan.alts, strict=True))
    return FrozenPost(
        text=plan.text,
        thread=plan.thread,
        link=plan.link,
        addresses=plan.addresses,
        title=plan.title,
        description=plan.description,
        thumbnail=_note(plan.thumbnail, plan.thumbnail_alt) if plan.thumbnail else None,
        hashtags=plan.hashtags,
        pictures=pictures,
        poll=plan.poll,
        first_comment=plan.first_comment,
        mentions=plan.mentions,
        comment_mentions=plan.comment_mentions,
    )


def _note(picture: PictureRef, alt: str) -> PictureNote:
    return PictureNote(name=picture.name, path=str(picture.path), sha256=picture.sha256, alt=alt)


def words_of(post: FrozenPost) -> tuple[object, ...]:
    """Return what readers would see of a post: where its pictures lie does not matter."""
    pictures = tuple((picture.sha256, picture.alt) for picture in post.shown)
    words = (post.text, post.thread, post.mentions, post.link, post.title, post.description, post.hashtags)
    return (*words, pictures, post.poll, post.first_comment)


def fingerprint(text: str, hashtags: Sequence[str]) -> str:
    """Return the same value for the same words, however they are spaced."""
    words = " ".join(unicodedata.normalize("NFC", " ".join([text, *hashtags])).split())
    return hashlib.sha256(words.encode()).hexdigest()

"""What the networks allow us to keep, as dated data; the organisation's own setting counts where it is stricter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a network wants members' words kept.

    `words`: how long at most, counted from the first reading, so that reading again never renews it; None: no time is named. Then only
    the counts and the comment's id remain, and such words never enter a mail, for nobody can take a mail back. `followed`: words stay
    only while their post is read again, so that what is deleted at the source can be deleted here. `after_account`: how long words stay
    once the account was read for the last time and is not configured any more.
    """

    words: timedelta | None = None
    followed: bool = False
    after_account: timedelta
    source: str
    read: date


RULES: Mapping[str, Rule] = {
    "facebook": Rule(
        after_account=timedelta(days=30),
        source="Meta Platform Terms, 3.d: deleted on request, or when no longer needed; no number of days (the 30 are ours)",
        read=date(2026, 11, 24),
    ),
    "instagram": Rule(
        after_account=timedelta(days=30),
        source="Meta Platform Terms, 3.d, as for Facebook",
        read=date(2026, 11, 24),
    ),
    "x": Rule(
        followed=True,
        after_account=timedelta(hours=24),
        source="X Developer Agreement, 'Removals', and Developer Guidelines: what is gone on X is gone here within 24 hours",
        read=date(2026, 11, 24),
    ),
    "linkedin": Rule(
        words=timedelta(hours=48),
        followed=True,
        after_account=timedelta(hours=48),
        source="Marketing API Program, data storage requirements: members' social activity, 48 hours",
        read=date(2026, 11, 24),
    ),
}

WORDS_KEPT: Mapping[str, timedelta] = {name: rule.words for name, rule in RULES.items() if rule.words is not None}
"""The networks that name a time for members' words, and the time."""

PURGED_EVERY = timedelta(minutes=20)

PAGES_KEPT = timedelta(hours=12)
"""How long a summary lies as a page for a browser, residents' words in it: well within X's 24 hours. It can be made anew."""

ERASED_AHEAD = timedelta(minutes=45)
"""Words are blanked so long before their time is up: there is a purge and, after it, the writing anew of the file to come. Deleting alone
can leave pieces behind, also with SQLite's secure_delete (seen with 3.40)."""


def keeps_words(channel: str, seen_at: datetime, now: datetime) -> bool:
    """Tell whether members' words that were first read at `seen_at` may still be stored."""
    kept = WORDS_KEPT.get(channel)
    return kept is None or now - seen_at < kept - ERASED_AHEAD

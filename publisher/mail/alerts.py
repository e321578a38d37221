"""Mails about one thing that needs a person: what happened, what it means, and the commands that settle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from email.message import EmailMessage
from typing import TYPE_CHECKING

from publisher.locale import _, use
from publisher.mail import about_accounts, about_files, about_posts
from publisher.mail.envelope import Envelope, compose, message_id, render
from publisher.mail.told import Alert, Told

if TYPE_CHECKING:
    from publisher.store.notices import Notice  # mail stands beside the store, not on it

TOPIC = "alerts"


def alert_id(sender: str, notice: Notice) -> str:
    """Give the Message-ID of a notice; every try bears the same."""
    return message_id(
        sender, str(notice.kind), notice.created_at.date().isoformat(), f"{notice.cause}\n{notice.recipient}"
    )


def thread_id(sender: str, notice: Notice) -> str:
    """Name the thread of everything that is told of one announcement; '' for what is about none, or about several."""
    announcement = notice.params.get("announcement", "")
    several = notice.also or notice.params.get("items")
    return message_id(sender, "announcement", announcement) if announcement and not several else ""


def alert_mail(
    notice: Notice,
    *,
    sender: str,
    message_id: str,
    organisations: Mapping[str, str],
    zone: tzinfo,
    now: datetime,
    reply_to: str = "",
    caretaker: str = "",
) -> EmailMessage:
    """Make the mail, in the recipient's language. `organisations`: key to name; `reply_to`, `caretaker`: see `Envelope`."""
    with use(notice.language):
        alert = _WORDS[notice.kind](Told(notice.params, organisations, zone, notice.also))
        envelope = Envelope(
            sender=sender,
            recipient=notice.recipient,
            subject=alert.subject,
            message_id=message_id,
            topic=TOPIC,
            at=now.astimezone(zone),
            reply_to=reply_to,
            caretaker=caretaker,
            thread=thread_id(sender, notice),
        )
        why = _("You get this because Tiedote's configuration or the announcement names you for such news.")
        hint = _by_somebody_else(caretaker) if alert.commands and notice.recipient != caretaker else ""
        values = {"alert": alert, "title": alert.subject, "why": why, "hint": hint}
        return compose(envelope, render("alert.txt", **values), render("alert.html", **values))


def _by_somebody_else(caretaker: str) -> str:
    """Say where the commands are typed: who writes announcements may have no terminal."""
    if caretaker:
        return _(
            "The commands are typed on the machine that Tiedote runs on. If you do not use them, forward this mail to %(address)s."
        ) % {"address": caretaker}
    return _(
        "The commands are typed on the machine that Tiedote runs on. "
        "If you do not use them, forward this mail to whoever looks after Tiedote."
    )


_WORDS: Mapping[str, Callable[[Told], Alert]] = {
    "failed": about_posts.failed,
    "unconfirmed": about_posts.unconfirmed,
    "missed": about_posts.missed,
    "blocked": about_accounts.blocked,
    "rejected": about_files.rejected,
    "queue_gone": about_files.queue_gone,
    "edited_after": about_posts.edited_after,
    "expired": about_posts.expired,
    "over_budget": about_posts.over_budget,
    "reading_stopped": about_accounts.reading_stopped,
    "differs": about_posts.differs,
    "held": about_posts.held,
    "behind": about_accounts.behind,
    "link_down": about_posts.link_down,
    "preflight": about_files.preflight,
    "drafts": about_files.drafts,
    "queue_not_pulled": about_files.queue_not_pulled,
    "feed_trouble": about_files.feed_trouble,
    "awaiting_approval": about_posts.awaiting_approval,
    "reconnect": about_accounts.reconnect,
    "disk_full": about_files.disk_full,
    "database_away": about_files.database_away,
}

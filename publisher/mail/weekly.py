"""The weekly summary as a mail."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage

from publisher.locale import _, ngettext, use
from publisher.mail import formats, wording
from publisher.mail.envelope import Envelope, compose, message_id, render
from publisher.summary import Best, Summary


def weekly_id(sender: str, organisation: str, week: str, language: str, recipient: str) -> str:
    """Give the Message-ID of a week's summary for one recipient; every try bears the same."""
    return message_id(sender, "report", organisation, week, language, recipient)


def weekly_text(summary: Summary, language: str) -> str:
    """Give the text part alone, for a terminal."""
    with use(language):
        return _text(summary)


def weekly_mail(
    summary: Summary,
    *,
    sender: str,
    recipient: str,
    language: str,
    message_id: str,
    reply_to: str = "",
    caretaker: str = "",
) -> EmailMessage:
    """Make the mail for one recipient, in their language. `reply_to`, `caretaker`: see `Envelope`."""
    with use(language):
        envelope = Envelope(
            sender=sender,
            recipient=recipient,
            subject=wording.subject(summary),
            message_id=message_id,
            topic=summary.organisation,
            at=summary.as_of.astimezone(summary.period.zone),
            reply_to=reply_to,
            caretaker=caretaker,
        )
        return compose(envelope, _text(summary), render("weekly.html", **_values(summary)))


def _text(summary: Summary) -> str:
    return render("weekly.txt", **_values(summary))


def _values(summary: Summary) -> dict[str, object]:
    period = summary.period
    return {
        "summary": summary,
        "title": _title(summary),
        "days": _days(summary),
        "headline": wording.headline(summary),
        "hints": [wording.hint(one, period.zone) for one in summary.attention],
        "questions_shown": wording.QUESTIONS_SHOWN,
        "upcoming_shown": wording.UPCOMING_SHOWN,
        "other_unanswered": _other_unanswered(summary.other_unanswered),
        "table": wording.table(summary),
        "lines": wording.named_lines(summary),
        "breakdown": wording.breakdown,
        "best": _best(summary.best) if summary.best else "",
        "coming_title": _("This week and next") if period.running else _("Next week"),
        "networks": _networks,
        "awaiting_approval": _awaiting(summary.awaiting_approval),
        "costs": wording.costs(summary),
        "footnotes": wording.footnotes(summary),
        "why": _(
            "You get this because your address stands under 'report' of %(name)s in Tiedote's configuration; "
            "whoever looks after Tiedote can take it out."
        )
        % {"name": summary.name},
    }


def _title(summary: Summary) -> str:
    return _("%(name)s, week %(week)s") % {"name": summary.name, "week": summary.period.span.number}


def _days(summary: Summary) -> str:
    days = formats.days(summary.period.start, summary.period.end, summary.period.zone)
    if not summary.period.running:
        return days
    return _("%(days)s, the week so far") % {"days": days}


def _other_unanswered(n: int) -> str:
    if not n:
        return ""
    return ngettext(
        "Besides, %(n)s comment has no answer: tiedote comments --unanswered",
        "Besides, %(n)s comments have no answer: tiedote comments --unanswered",
        n,
    ) % {"n": formats.number(n)}


def _best(best: Best) -> str:
    n = best.so_far.interactions or 0
    return ngettext(
        '"%(title)s" on %(network)s: %(n)s interaction so far.',
        '"%(title)s" on %(network)s: %(n)s interactions so far.',
        n,
    ) % {
        "title": formats.plain(best.title or best.announcement),
        "network": formats.network(best.channel),
        "n": formats.number(n),
    }


def _networks(channels: Sequence[str]) -> str:
    return ", ".join(formats.network(channel) for channel in channels)


def _awaiting(n: int) -> str:
    if not n:
        return ""
    return ngettext("%(n)s announcement waits for approval.", "%(n)s announcements wait for approval.", n) % {
        "n": formats.number(n)
    }

"""The summary of a week, a month or a year as a mail."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage

from publisher.locale import _, ngettext, use
from publisher.mail import chart, formats, naming, wording
from publisher.mail.envelope import Envelope, compose, domain, message_id, render
from publisher.summary import Summary


def weekly_id(sender: str, organisation: str, week: str, language: str, recipient: str) -> str:
    """Give the Message-ID of a span's summary for one recipient; every try bears the same."""
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
        content_id = f"chart.{summary.organisation}.{summary.period.label}@{domain(sender)}"
        pictures = {content_id: _chart(summary)} if _charted(summary) else {}
        html = render("weekly.html", **_values(summary), chart=content_id if pictures else None)
        return compose(envelope, _text(summary), html, pictures)


def _text(summary: Summary) -> str:
    tables = {
        "channel_table": wording.channel_table(summary),
        "service_table": wording.service_table(summary) if summary.services else [],
        "bar_table": wording.bar_table(summary) if _charted(summary) else [],
    }
    return render("weekly.txt", **_values(summary), **tables)


def _values(summary: Summary) -> dict[str, object]:
    period = summary.period
    hints = [wording.hint(one, summary.organisation, period.zone) for one in summary.attention]
    lines, services = wording.named_lines(summary), wording.named_services(summary)
    return {
        "summary": summary,
        "title": naming.title(summary.name, period),
        "days": naming.days(period),
        "headline": wording.headline(summary),
        "first": naming.first(period) if summary.first and not summary.untold else "",
        "preheader": wording.preheader(summary, hints),
        "hints": hints,
        "hints_shown": wording.HINTS_SHOWN,
        "questions_shown": wording.QUESTIONS_SHOWN,
        "ideas_shown": wording.IDEAS_SHOWN,
        "upcoming_shown": wording.UPCOMING_SHOWN,
        "how_to_answer": wording.how_to_answer(summary),
        "other_unanswered": _other_unanswered(summary.other_unanswered),
        "lines": lines,
        # The line of all together has no bar: it would make the others' short.
        "percents": [*wording.percents(lines[:-1]), 0] if len(lines) > 1 else [0],
        "services": services,
        "service_percents": wording.percents(services),
        "more_services": _more_services(len(summary.services) - len(services)),
        "breakdown": wording.breakdown,
        "row_title": naming.row(period),
        "finding": wording.finding(summary) if _charted(summary) else "",
        "best": wording.best(summary.best) if summary.best else "",
        # Of a span of long ago it would be asked too late what was to come.
        "coming_title": naming.coming(period) if period.span.shifted(1, period.zone).end > summary.as_of else "",
        "networks": _networks,
        "awaiting_approval": _awaiting(len(summary.awaiting)),
        "costs": wording.costs(summary),
        "footnotes": wording.footnotes(summary),
        "why": _(
            "You get this because your address stands under 'report' of %(name)s in Tiedote's configuration; "
            "whoever looks after Tiedote can take it out."
        )
        % {"name": summary.name},
    }


def _charted(summary: Summary) -> bool:
    """Tell whether a chart would show anything: at least two spans of which something is known, and something in one of them."""
    known = [bar.interactions for bar in summary.bars if bar.interactions is not None]
    return len(known) > 1 and any(n > 0 for n in known)


def _chart(summary: Summary) -> bytes:
    return chart.draw(
        [
            chart.Column(label=naming.short(bar.span), value=bar.interactions, number=formats.number(bar.interactions))
            for bar in summary.bars
        ]
    )


def _other_unanswered(n: int) -> str:
    if not n:
        return ""
    return ngettext(
        "Besides, %(n)s comment has no answer: tiedote comments --unanswered",
        "Besides, %(n)s comments have no answer: tiedote comments --unanswered",
        n,
    ) % {"n": formats.number(n)}


def _more_services(n: int) -> str:
    if not n:
        return ""
    return ngettext("And %(n)s more.", "And %(n)s more.", n) % {"n": formats.number(n)}


def _networks(channels: Sequence[str]) -> str:
    return ", ".join(formats.network(channel) for channel in channels)


def _awaiting(n: int) -> str:
    if not n:
        return ""
    return ngettext("%(n)s announcement waits for approval.", "%(n)s announcements wait for approval.", n) % {
        "n": formats.number(n)
    }

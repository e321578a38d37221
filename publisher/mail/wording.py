"""The sentences of the weekly summary, in the language in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from publisher.errors import explain
from publisher.locale import N_, _, ngettext
from publisher.mail import formats
from publisher.mail.envelope import WIDTH
from publisher.model import State
from publisher.summary import Attention, Change, Cost, Direction, Line, Summary, Trouble

QUESTIONS_SHOWN = 10
UPCOMING_SHOWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that needs a person: what it is, and what to do about it."""

    what: str
    remedy: str


def subject(summary: Summary) -> str:
    """Word the subject: it carries the week's news."""
    news = [_interactions(summary.total)] if not summary.quiet else [_("a quiet week")]
    if summary.questions:
        n = len(summary.questions)
        news.append(
            ngettext("%(n)s question waits for an answer", "%(n)s questions wait for an answer", n)
            % {"n": formats.number(n)}
        )
    if summary.attention:
        n = len(summary.attention)
        news.append(
            ngettext("%(n)s thing needs attention", "%(n)s things need attention", n) % {"n": formats.number(n)}
        )
    return _("%(name)s, week %(week)s: %(news)s") % {
        "name": summary.name,
        "week": summary.period.span.number,
        "news": ", ".join(news),
    }


def _interactions(total: Line) -> str:
    n = total.received.interactions
    if n is None:
        return _("interactions are not known")
    words = ngettext("%(n)s interaction", "%(n)s interactions", n) % {"n": formats.number(n)}
    return f"{words} ({formats.signed(total.change.difference)})" if _differs(total.change) else words


def headline(summary: Summary) -> str:
    """Say the week in two sentences."""
    if summary.quiet:
        return _quiet(summary)
    return f"{_published(summary)} {_received(summary)}"


def _quiet(summary: Summary) -> str:
    if summary.period.running:
        return _("Nothing has been published this week so far, and nothing has come in.")
    return _("A quiet week: nothing was published and nothing came in.")


def _published(summary: Summary) -> str:
    posts = summary.total.posts
    if not posts:
        return _("No announcement was published.")
    n = summary.announcements
    return ngettext("%(n)s announcement was published", "%(n)s announcements were published", n) % {
        "n": formats.number(n)
    } + ngettext(", as %(n)s post.", ", as %(n)s posts.", posts) % {"n": formats.number(posts)}


def _received(summary: Summary) -> str:
    total = summary.total
    n = total.received.interactions
    if n is None:
        return _("How it was received is not known yet.")
    words = ngettext(
        "Residents reacted, commented or shared %(n)s time", "Residents reacted, commented or shared %(n)s times", n
    ) % {"n": formats.number(n)}
    return f"{words}{_compared(total.change, _week_before(summary))}."


def _week_before(summary: Summary) -> str:
    number = summary.period.previous.number
    if summary.period.running:
        return _("by the same time in week %(week)s") % {"week": number}
    return _("in week %(week)s") % {"week": number}


def _compared(change: Change, then: str) -> str:
    n = abs(change.difference)
    match change.direction:
        case Direction.MORE:
            words = ngettext(", %(n)s more than %(then)s", ", %(n)s more than %(then)s", n)
        case Direction.FEWER:
            words = ngettext(", %(n)s fewer than %(then)s", ", %(n)s fewer than %(then)s", n)
        case Direction.SAME:
            words = _(", as many as %(then)s")
        case _:
            return ""
    return words % {"n": formats.number(n), "then": then}


def _differs(change: Change) -> bool:
    return change.direction in {Direction.MORE, Direction.FEWER}


def hint(attention: Attention, zone: tzinfo) -> Hint:
    """Word something that needs a person."""
    where = formats.network(attention.channel, attention.account)
    told = {
        "title": attention.title or attention.announcement or "",
        "where": where,
        "since": formats.moment(attention.since, zone),
    }
    what = _(_WHAT[attention.trouble]) % told
    if attention.trouble is Trouble.NOT_READ:
        return Hint(what=what, remedy=_("tiedote doctor tells why."))
    # Where the trouble says it all, what the network answered on the way there would only confuse.
    kind = str(attention.trouble) if attention.trouble in _SAYS_ALL else attention.kind
    because = explain(
        kind or "not_understood",
        attention.detail,
        {"delivery": f"d-{attention.delivery_id}"},
        state=_STATES.get(attention.trouble),
        thread=attention.thread,
    )
    return Hint(
        what=what if attention.trouble in _SAYS_ALL else f"{what} {because.message}",
        remedy=because.remedy,
    )


_STATES = {Trouble.FAILED: State.FAILED, Trouble.PARTIAL: State.PUBLISHED}

_SAYS_ALL = frozenset({Trouble.UNCONFIRMED, Trouble.MISSED})

_WHAT = {
    Trouble.UNCONFIRMED: N_('%(where)s: whether "%(title)s" went out is not known.'),
    Trouble.FAILED: N_('%(where)s: "%(title)s" did not go out.'),
    Trouble.MISSED: N_('%(where)s: "%(title)s" did not go out in time.'),
    Trouble.HELD: N_('%(where)s: "%(title)s" waits for you.'),
    Trouble.BLOCKED: N_("%(where)s has not worked since %(since)s."),
    Trouble.NOT_READ: N_(
        "%(where)s: counts and comments were last read on %(since)s; this week's numbers lack what came after."
    ),
    Trouble.PARTIAL: N_('%(where)s: "%(title)s" is out, but not wholly.'),
    Trouble.GONE: N_('%(where)s: "%(title)s" was taken down.'),
}


def named_lines(summary: Summary) -> list[tuple[str, Line]]:
    """Give the channels' lines with their names, and their total if there are several."""
    lines = [(formats.network(line.channel), line) for line in summary.channels]
    return [*lines, (_("Together"), summary.total)] if len(lines) > 1 else lines


def table(summary: Summary) -> list[str]:
    """Lay the channels out for the text part: one line each, no wider than `WIDTH`."""
    heads = ["", _("posts"), _("reactions"), _("comments"), _("shares"), _("change")]
    return _laid_out([heads, *(_row(name, line) for name, line in named_lines(summary))])


def _row(name: str, line: Line) -> list[str]:
    received = line.received
    return [
        name,
        formats.number(line.posts),
        formats.number(received.reactions),
        formats.number(received.comments),
        formats.number(received.shares),
        formats.change(line.change),
    ]


def _laid_out(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else 1
    return [
        (" " * gap)
        .join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    ]


def breakdown(line: Line) -> str:
    """Say what a number of interactions is made of; what a network does not tell is left out."""
    got = line.received
    parts = [
        (got.reactions, ngettext("%(n)s reaction", "%(n)s reactions", got.reactions or 0)),
        (got.comments, ngettext("%(n)s comment", "%(n)s comments", got.comments or 0)),
        (got.shares, ngettext("%(n)s share", "%(n)s shares", got.shares or 0)),
    ]
    return ", ".join(words % {"n": formats.number(n)} for n, words in parts if n is not None)


def costs(summary: Summary) -> list[str]:
    """Say what each account at a network that bills has cost this month."""
    return [_cost(cost) for cost in summary.costs]


def _cost(cost: Cost) -> str:
    year, month = cost.month.split("-")
    known = {
        "where": formats.network(cost.channel, cost.account),
        "month": f"{int(month)}/{year}",
        "spent": formats.dollars(cost.spent),
    }
    if cost.budget is None:
        return _("%(where)s has cost %(spent)s in %(month)s so far.") % known
    return _("%(where)s has cost %(spent)s of %(budget)s in %(month)s so far.") % {
        **known,
        "budget": formats.dollars(cost.budget),
    }


def footnotes(summary: Summary) -> list[str]:
    """Say how it was counted, and as of when."""
    notes = [
        _(
            "Counted: what came in during the week on all posts. Interactions are reactions, comments and shares together."
        ),
    ]
    untold = [formats.network(line.channel) for line in summary.channels if line.posts and line.received.shares is None]
    if untold:
        notes.append(_("Not told by the network: shares on %(networks)s.") % {"networks": ", ".join(untold)})
    if summary.total.unread:
        n = summary.total.unread
        notes.append(
            ngettext(
                "%(n)s post is left out of the numbers, since a reading is missing.",
                "%(n)s posts are left out of the numbers, since a reading is missing.",
                n,
            )
            % {"n": formats.number(n)}
        )
    notes.append(_("As of %(moment)s.") % {"moment": formats.full(summary.as_of, summary.period.zone)})
    return notes

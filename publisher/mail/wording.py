"""The sentences of the weekly summary, in the language in use."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from publisher.errors import explain
from publisher.locale import N_, _, ngettext
from publisher.mail import formats, naming
from publisher.mail.envelope import WIDTH
from publisher.model import State
from publisher.summary import Attention, Best, Change, Cost, Direction, Gap, Line, Summary, Trouble

QUESTIONS_SHOWN = 10
IDEAS_SHOWN = 5
SERVICES_SHOWN = 10
UPCOMING_SHOWN = 15
HINTS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that needs a person: what it is, and what to do about it."""

    what: str
    remedy: str


def subject(summary: Summary) -> str:
    """Word the subject: it carries the week's news."""
    news = [_interactions(summary.total)] if not summary.quiet else [naming.quiet_news(summary.period)]
    if summary.waiting:
        n = summary.waiting
        news.append(
            ngettext("%(n)s question waits for an answer", "%(n)s questions wait for an answer", n)
            % {"n": formats.number(n)}
        )
    if summary.attention:
        n = len(summary.attention)
        news.append(
            ngettext("%(n)s thing needs attention", "%(n)s things need attention", n) % {"n": formats.number(n)}
        )
    return f"{naming.title(summary.name, summary.period)}: {', '.join(news)}"


def _interactions(total: Line) -> str:
    n = total.received.interactions
    if n is None:
        return _("interactions are not known")
    if n < 0:
        return _("more reactions were taken back than given")
    words = ngettext("%(n)s interaction", "%(n)s interactions", n) % {"n": formats.number(n)}
    return f"{words} ({formats.signed(total.change.difference)})" if _differs(total.change) else words


def headline(summary: Summary) -> str:
    """Say the week in two sentences."""
    if summary.untold:
        return _("Tiedote did not know the accounts yet, so there are no numbers of that time.")
    if summary.quiet:
        return naming.quiet(summary.period)
    return f"{_published(summary)} {_received(summary)}"


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
    if n < 0:
        return _("Residents took back more than they gave: %(n)s.") % {"n": formats.signed(n)}
    words = ngettext(
        "Residents reacted, commented or shared %(n)s time", "Residents reacted, commented or shared %(n)s times", n
    ) % {"n": formats.number(n)}
    return f"{words}{_compared(total.change, naming.before(summary.period))}."


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


def hint(attention: Attention, organisation: str, zone: tzinfo) -> Hint:
    """Word something that needs a person. `organisation`: its key, for commands."""
    told = {
        "title": formats.plain(attention.title or attention.announcement or ""),
        "where": formats.network(attention.channel, attention.account),
        "since": formats.spoken(attention.since, zone),
        "file": formats.plain(attention.file or ""),
    }
    what = _(_WHAT[attention.trouble]) % told
    match attention.trouble:
        case Trouble.NOT_READ | Trouble.NEVER_READ:
            return Hint(what=what, remedy=_("tiedote doctor tells why."))
        case Trouble.ACCESS_ENDS:
            return Hint(what=what, remedy=_access(attention, organisation))
        case Trouble.REJECTED:
            return Hint(
                what=_faulty(attention, told["file"]),
                remedy=_("What is wrong and where: tiedote check %(file)s") % {"file": shlex.quote(told["file"])},
            )
    # Where the trouble says it all, what the network answered on the way there would only confuse.
    kind = str(attention.trouble) if attention.trouble in _SAYS_ALL else attention.kind
    because = explain(
        kind or "not_understood",
        attention.detail,
        {"delivery": f"d-{attention.delivery_id}", "network": attention.channel, "organisation": organisation},
        state=_STATES.get(attention.trouble),
        thread=attention.thread,
    )
    return Hint(
        what=what if attention.trouble in _SAYS_ALL else f"{what} {because.message}",
        remedy=because.remedy,
    )


def _access(attention: Attention, organisation: str) -> str:
    if attention.by_login:
        command = f"tiedote login {attention.channel} --org {organisation}"
        return _("Connect the account again before that: %(command)s") % {"command": command}
    return _("Put a new token into the configuration before that, and restart Tiedote.")


def _faulty(attention: Attention, file: str) -> str:
    n = attention.faults
    return ngettext(
        "%(file)s has %(n)s fault and does not go out.", "%(file)s has %(n)s faults and does not go out.", n
    ) % {"file": file, "n": formats.number(n)}


_STATES = {Trouble.FAILED: State.FAILED, Trouble.PARTIAL: State.PUBLISHED}

_SAYS_ALL = frozenset({Trouble.UNCONFIRMED, Trouble.MISSED})

_WHAT = {
    Trouble.UNCONFIRMED: N_('%(where)s: whether "%(title)s" went out is not known.'),
    Trouble.FAILED: N_('%(where)s: "%(title)s" did not go out.'),
    Trouble.MISSED: N_('%(where)s: "%(title)s" did not go out in time.'),
    Trouble.HELD: N_('%(where)s: "%(title)s" waits for you.'),
    Trouble.BLOCKED: N_("%(where)s has not worked since %(since)s."),
    Trouble.NOT_READ: N_(
        "%(where)s: counts and comments were last read on %(since)s; what came after that is not in these numbers."
    ),
    Trouble.NEVER_READ: N_(
        "%(where)s: counts and comments have not been read yet; what came in there is not in these numbers."
    ),
    Trouble.ACCESS_ENDS: N_("%(where)s: access ends on %(since)s."),
    Trouble.REJECTED: "",
    Trouble.PARTIAL: N_('%(where)s: "%(title)s" is out, but not wholly.'),
    Trouble.GONE: N_('%(where)s: "%(title)s" was taken down.'),
}


def how_to_answer(summary: Summary) -> str:
    """Name the commands that settle a question, with the first one's id."""
    if not summary.questions:
        return ""
    number = f"c-{summary.questions[0].id}"
    return _(
        "Answers can also be given by command: %(reply)s. When no answer is needed: %(done)s. Each question has its own id."
    ) % {"reply": f'tiedote reply {number} "…"', "done": f"tiedote comments done {number}"}


def named_lines(summary: Summary) -> list[tuple[str, Line]]:
    """Give the channels' lines with their names, and their total if there are several."""
    lines = [(formats.network(line.channel), line) for line in summary.channels]
    return [*lines, (_("Together"), summary.total)] if len(lines) > 1 else lines


def named_services(summary: Summary) -> list[tuple[str, Line]]:
    """Give the e-services' lines with their names."""
    return [(formats.plain(one.name), one.line) for one in summary.services[:SERVICES_SHOWN]]


def channel_table(summary: Summary) -> list[str]:
    """Lay the channels out for the text part: one line each, no wider than `WIDTH`."""
    heads = ["", formats.whole(_("posts")), _("reactions"), _("comments"), _("shares"), *_change_head(summary)]
    return _laid_out([heads, *(_row(name, line, summary) for name, line in named_lines(summary))])


def _row(name: str, line: Line, summary: Summary) -> list[str]:
    received = line.received
    return [
        name,
        formats.number(line.posts),
        formats.number(received.reactions),
        formats.number(received.comments),
        formats.number(received.shares),
        *_change(line, summary),
    ]


def service_table(summary: Summary) -> list[str]:
    """Lay the e-services out likewise."""
    heads = ["", formats.whole(_("posts")), formats.whole(_("interactions")), *_change_head(summary)]
    rows = [
        [name, formats.number(line.posts), formats.number(line.received.interactions), *_change(line, summary)]
        for name, line in named_services(summary)
    ]
    columns = zip(*(row[1:] for row in [heads, *rows]), strict=True)
    room = WIDTH - sum(max(map(len, column)) + 2 for column in columns)
    return _laid_out([heads, *([shortened(row[0], room), *row[1:]] for row in rows)])


def _change_head(summary: Summary) -> list[str]:
    return [] if summary.first else [_("change")]


def _change(line: Line, summary: Summary) -> list[str]:
    return [] if summary.first else [formats.change(line.change)]


def shortened(text: str, columns: int) -> str:
    """Cut a name that is too wide for its column."""
    return text if len(text) <= columns else f"{text[: columns - 1].rstrip()}…"


def bar_table(summary: Summary) -> list[str]:
    """Lay the chart's numbers out likewise."""
    return _laid_out([[naming.name(bar.span), _bar_number(bar.interactions)] for bar in summary.bars])


def _bar_number(n: int | None) -> str:
    return _("not known") if n is None else formats.number(n)


def percents(lines: Sequence[tuple[str, Line]]) -> list[int]:
    """Give each line's share of the largest, for its bar; 0 for a line without interactions."""
    known = [max(0, line.received.interactions or 0) for _name, line in lines]
    largest = max(known, default=0)
    return [max(1, round(100 * n / largest)) if n else 0 for n in known]


def finding(summary: Summary) -> str:
    """Say in words what the chart shows."""
    known = [(bar.interactions, bar) for bar in summary.bars if bar.interactions is not None]
    most, top = max(known, key=lambda one: one[0])
    told = {
        "row": naming.span_of_row(summary.bars[0].span, summary.bars[-1].span),
        "top": naming.name(top.span),
        "most": formats.number(most),
        "this": naming.name(summary.period.span),
        "n": formats.number(summary.bars[-1].interactions),
    }
    if top is summary.bars[-1]:
        return _("Bar chart of interactions, %(row)s. Most: %(top)s (%(most)s).") % told
    return _("Bar chart of interactions, %(row)s. Most: %(top)s (%(most)s). Latest: %(this)s (%(n)s).") % told


def best(found: Best) -> str:
    """Say which post residents took up most."""
    n = found.so_far.interactions or 0
    words = ngettext(
        '"%(title)s" on %(network)s: %(n)s interaction so far',
        '"%(title)s" on %(network)s: %(n)s interactions so far',
        n,
    ) % {
        "title": formats.plain(found.title or found.announcement),
        "network": formats.network(found.channel),
        "n": formats.number(n),
    }
    views = found.so_far.views
    if not views:
        return f"{words}."
    seen = ngettext(", seen %(n)s time", ", seen %(n)s times", views) % {"n": formats.number(views)}
    return f"{words}{seen}."


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
    if not any(n for n, _words in parts):
        return ""
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
            "Counted: what came in during this time on all posts, new and old. Interactions are reactions, comments and shares together."
        ),
    ]
    if summary.best:
        notes.append(_("The best post is one that was published in this time; its number is the total so far."))
    notes += [_read_late(gap, summary) for gap in summary.read_late]
    if summary.total.change.direction is Direction.UNKNOWN and not summary.first:
        notes.append(_("Where numbers are missing for a part of the time, nothing is compared."))
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


def _read_late(gap: Gap, summary: Summary) -> str:
    where = formats.network(gap.channel, gap.account)
    if gap.read_at is None:
        return _("%(where)s was not read before this time; what its newest posts had by then counts in it.") % {
            "where": where
        }
    return _("%(where)s was last read on %(moment)s before this time; what came in after that counts in it.") % {
        "where": where,
        "moment": formats.spoken(gap.read_at, summary.period.zone),
    }


def preheader(summary: Summary, hints: Sequence[Hint]) -> str:
    """Say what a mail program shows beside the subject: the first thing to do, or the headline."""
    if hints:
        return hints[0].what
    asked = next((question.text for question in summary.questions if question.text), None)
    if asked is None:
        return headline(summary)
    return _("Waits for an answer: %(words)s") % {"words": formats.excerpt(asked)}

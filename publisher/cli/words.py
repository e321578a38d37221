"""Words and times as people read them in a terminal."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from publisher.locale import N_, _, current
from publisher.model import State

if TYPE_CHECKING:
    from publisher.spending import Month

STATES = {
    State.DRAFT: N_("draft"),
    State.AWAITING_APPROVAL: N_("awaits approval"),
    State.SCHEDULED: N_("scheduled"),
    State.PUBLISHING: N_("being published"),
    State.RETRYING: N_("tried again later"),
    State.CONFIRMING: N_("being confirmed"),
    State.PUBLISHED: N_("published"),
    State.UNCONFIRMED: N_("unconfirmed"),
    State.HELD: N_("on hold"),
    State.FAILED: N_("failed"),
    State.WITHDRAWN: N_("taken down"),
    State.CANCELLED: N_("cancelled"),
    State.EXPIRED: N_("expired"),
    State.MISSED: N_("missed"),
}

COLOURS = {
    State.PUBLISHED: "green",
    State.FAILED: "red",
    State.UNCONFIRMED: "red",
    State.MISSED: "red",
    State.HELD: "yellow",
    State.RETRYING: "yellow",
    State.CONFIRMING: "yellow",
}

FINE = frozenset(
    {State.DRAFT, State.AWAITING_APPROVAL, State.SCHEDULED, State.PUBLISHED, State.WITHDRAWN, State.CANCELLED}
)
"""States in which nobody has to do anything."""

NETWORKS = {"facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn"}

_SHORT = {
    "fi": "{0.day}.{0.month}.{0.year} {0.hour}.{0:%M}",
    "sv": "{0.day}.{0.month}.{0.year} {0.hour}.{0:%M}",
    "en": "{0:%Y-%m-%d %H:%M}",
}


def state_word(state: State) -> str:
    """Say a state in the language in use."""
    return _(STATES[state])


def account_word(channel: str, account: str) -> str:
    """Name an account by its network, and by its own name where it has one."""
    network = NETWORKS.get(channel, channel)
    return network if account == channel else f"{network} ({account})"


def moment(instant: datetime | None, zone: tzinfo) -> str:
    """Say an instant in local time, for a table; a dash for none."""
    return _SHORT[current()].format(instant.astimezone(zone)) if instant else "-"


def day(on: date) -> str:
    """Say a day."""
    return on.isoformat() if current() == "en" else f"{on.day}.{on.month}.{on.year}"


def spent(month: Month) -> str:
    """Say what an account has cost this month."""
    from publisher.mail import formats  # Babel is slow to import

    known = {
        "account": f"{month.organisation} {account_word(month.channel, month.account)}",
        "spent": formats.dollars(month.spent),
    }
    if month.budget is None:
        return _("%(account)s: %(spent)s spent this month.") % known
    return _("%(account)s: %(spent)s of %(budget)s spent this month.") % {
        **known,
        "budget": formats.dollars(month.budget),
    }


def month_data(month: Month) -> dict[str, object]:
    """Give the same for scripts."""
    return {
        "organisation": month.organisation,
        "channel": month.channel,
        "account": month.account,
        "month": month.month,
        "currency": "USD",
        "spent": float(month.spent),
        "budget": None if month.budget is None else float(month.budget),
    }


def decimal(number: float) -> str:
    """Write a number with one decimal, for a sentence."""
    text = f"{number:.1f}"
    return text if current() == "en" else text.replace(".", ",")


def iso(instant: datetime | None, zone: tzinfo) -> str | None:
    """Write an instant for JSON, in local time with its offset."""
    return instant.astimezone(zone).isoformat(timespec="seconds") if instant else None


def ago(span: timedelta) -> str:
    """Say roughly how long ago something was."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 120:
        return _("%(n)d min ago") % {"n": minutes}
    if minutes < 60 * 48:
        return _("%(n)d h ago") % {"n": minutes // 60}
    return _("%(n)d days ago") % {"n": minutes // (60 * 24)}

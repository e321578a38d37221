"""What is worth mending before it stops anything, as data: a code and its parameters, worded where it is read.

The same remark stands in `doctor` and in the mail of the day before. Kinds of `errors` are codes as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from publisher.errors import NETWORK, OWN, Explained, explain
from publisher.locale import N_, _, current


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing: its code, how bad it is, and what its sentences are filled in with. Nothing secret."""

    code: str
    level: Level
    params: Mapping[str, str] = field(default_factory=dict)


_LOGIN = N_(
    "Make a new token with the missing permissions, put it where the configuration takes it from, and restart Tiedote."
)

REMARKS: Mapping[str, tuple[str, str]] = {
    "token_ends": (
        N_("Its access token ends on %(date)s."),
        N_("Get a new token for the account before that, so that nothing has to wait."),
    ),
    "scopes_missing": (N_("Its access token lacks these permissions: %(scopes)s."), _LOGIN),
    "version_ends": (
        N_("The version %(asked)s of the network's interface ends on %(date)s."),
        N_("Install the newest Tiedote before that, or name a newer version under 'networks' in the configuration."),
    ),
    "version_other": (
        N_("The network answered with version %(answered)s of its interface instead of %(asked)s: that one has ended."),
        N_("Install the newest Tiedote, or name a living version under 'networks' in the configuration."),
    ),
    "quota": (
        N_(
            "The network has counted %(used)s of the %(total)s posts that it takes from the account in 24 hours; %(due)s more are due."
        ),
        N_("Spread the announcements over more days. What does not fit waits and goes out when the network allows it."),
    ),
    "quota_full": (
        N_(
            "The network takes no more posts from the account for now: it has counted %(used)s in 24 hours, of %(total)s."
        ),
        N_(
            "Nothing to do: what is due goes out when the network allows it. Next time, spread announcements over more days."
        ),
    ),
    "weak_role": (
        N_(
            "The person behind the access token is %(role)s on the page: posts go out, but comments and figures are not told."
        ),
        N_("Ask an administrator of the page to make that person an administrator on the network."),
    ),
    "no_administrator": (
        N_(
            "The person behind the access token is not an administrator of the page: posts go out, but comments and figures are not told."
        ),
        N_("Ask an administrator of the page to make that person an administrator on the network."),
    ),
    "clock": (
        N_("This machine's clock is %(minutes)s minutes off the network's."),
        N_("Set the machine's clock, and let it be kept right (NTP). X refuses what is signed at a wrong time."),
    ),
    "folder": (
        N_("The folder of public pictures %(folder)s cannot be written to (%(detail)s)."),
        N_(
            "Create the folder, let the user that runs Tiedote write into it, and check 'public_folder' in the configuration."
        ),
    ),
    "picture_hidden": (
        N_("A picture at %(address)s cannot be fetched from outside (%(detail)s), so the network could not take it."),
        N_(
            "Ask IT to let the web server show this folder to the internet, without a login or a filter, "
            "and check 'public_base_url' in the configuration."
        ),
    ),
    "awaits_approval": (
        N_("Nobody has approved it yet."),
        N_("Somebody approves it (tiedote approve), or it does not go out."),
    ),
}


def word(remark: Remark) -> Explained:
    """Word a remark in the language in use."""
    if remark.code in REMARKS:
        message, remedy = REMARKS[remark.code]
        params = {**remark.params, "date": _day(remark.params.get("date", ""))}
        return Explained(message=_(message) % params, remedy=_(remedy) % params)
    return explain(remark.code, remark.params.get("detail"))


def _day(written: str) -> str:
    """Write a day as people of the language do."""
    if not written:
        return ""
    from babel.dates import format_date  # 40 ms, and few remarks have a date

    return format_date(date.fromisoformat(written[:10]), *_DAYS[current()])


_DAYS = {"fi": ("d.M.y", "fi_FI"), "sv": ("d.M.y", "sv_FI"), "en": ("d MMM y", "en_GB")}


def is_known(code: str) -> bool:
    """Tell whether a code has words."""
    return code in REMARKS or code in NETWORK or code in OWN

"""Alerts about accounts: whom a network does not let in, whose connection ends, and what is not read."""

from __future__ import annotations

from publisher.locale import _
from publisher.mail import formats
from publisher.mail.told import Alert, Command, Told


def blocked(told: Told) -> Alert:
    message, remedy = told.because("blocked")
    goes_on = (
        _("Counts and comments of this account are not read before this is mended. Publishing is not stopped by it.")
        if told["reading"]
        else _("Nothing of this account goes out before this is mended; what waits is kept. Other accounts go on.")
    )
    return Alert(
        subject=_("An account needs you: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: %(where)s does not let Tiedote in.") % told.words,
        meaning=f"{message} {goes_on}",
        remedy=remedy,
        commands=(
            Command(when=_("To see whether it works again:"), line="tiedote doctor"),
            Command(when=_("To read it at once then:"), line="tiedote collect --all")
            if told["reading"]
            else Command(when=_("To see what waits for it:"), line="tiedote status"),
        ),
    )


def reconnect(told: Told) -> Alert:
    by_hand = _("Get a new token for the account, put it where the configuration takes it from, and restart Tiedote.")
    remedy = _("Connect the account again with the command below; it takes some minutes.") if told["login"] else by_hand
    commands = [Command(when=_("To connect it again:"), line=told["login"])] if told["login"] else []
    commands.append(Command(when=_("To see whether it works:"), line="tiedote doctor"))
    if told["error_kind"]:
        message, _remedy = told.because("token_expired")
        still = _("The present one still works until %(due)s.") % told.words if told["due"] else ""
        return Alert(
            subject=_("Please connect again: %(where)s, %(organisation)s") % told.words,
            what=_("%(organisation)s: the access token of %(where)s could not be renewed.") % told.words,
            meaning=" ".join(part for part in (message, still, _what_a_token_stops()) if part),
            remedy=remedy,
            commands=tuple(commands),
        )
    if told["reading"]:
        return Alert(
            subject=_("Please connect again by %(due)s: %(where)s, %(organisation)s") % told.words,
            what=_(
                "%(organisation)s: on %(due)s Meta stops telling what residents write on %(where)s, until a person logs in again."
            )
            % told.words,
            meaning=_(
                "Meta wants that at least every 90 days. Without it announcements go out all the same, but comments and reactions are "
                "not read."
            ),
            remedy=remedy,
            commands=tuple(commands),
        )
    return Alert(
        subject=_("Please connect again by %(due)s: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: the connection to %(where)s ends on %(due)s, and only a person can make a new one.")
        % told.words,
        meaning=_("Until then everything goes on.") + " " + _what_a_token_stops(),
        remedy=remedy,
        commands=tuple(commands),
    )


def _what_a_token_stops() -> str:
    return _("After that, what is due on this account waits until it is connected again. Other accounts go on.")


def behind(told: Told) -> Alert:
    message, remedy = told.because("unread")
    goes_on = _(
        "What residents wrote meanwhile is in no list and no summary yet; what is missing is read by itself once it works again. "
        "Publishing is not stopped by it."
    )
    return Alert(
        subject=_("Comments are not being read: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: counts and comments of %(where)s could not be read since %(since)s.") % told.words,
        meaning=f"{message} {goes_on}",
        remedy=remedy,
        commands=(
            Command(when=_("To read it now:"), line="tiedote collect --all"),
            Command(when=_("To see whether the account works:"), line="tiedote doctor"),
        ),
    )


def reading_stopped(told: Told) -> Alert:
    sums = {"spent": formats.dollars(told["spent"]), "budget": formats.dollars(told["budget"])}
    return Alert(
        subject=_("Reading has stopped for this month: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: %(where)s has cost %(spent)s of %(budget)s this month.") % {**told.words, **sums},
        meaning=_(
            "What is left is kept for the announcements that are still to go out this month, so counts and comments are not "
            "read before the next month. The numbers that you see are as of the last reading."
        ),
        remedy=_("To have them read again sooner, raise 'monthly_budget' in the configuration and restart Tiedote."),
        commands=(Command(when=_("To see what was spent:"), line="tiedote status"),),
    )

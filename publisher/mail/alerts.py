"""Mails about one thing that needs a person: what happened, what it means, and the commands that settle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.message import EmailMessage
from typing import TYPE_CHECKING

from publisher.errors import explain
from publisher.locale import _, use
from publisher.mail import formats
from publisher.mail.envelope import Envelope, compose, message_id, render
from publisher.model import State

if TYPE_CHECKING:
    from publisher.store.notices import Notice  # mail stands beside the store, not on it

TOPIC = "alerts"
_FAULTS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line to type, and when."""

    when: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What an alert says, in the language in use. `link` leads to the post, '' where there is none."""

    subject: str
    what: str
    details: tuple[str, ...] = ()
    meaning: str
    remedy: str = ""
    link: str = ""
    network: str = ""
    commands: tuple[Command, ...] = ()


class _Told:
    """The parameters of a notice, harmless and ready for sentences; what is missing is ''."""

    def __init__(self, params: Mapping[str, str], organisations: Mapping[str, str]) -> None:
        self._params = params
        organisation = self["organisation"]
        self.words = {
            "title": self["title"] or self["announcement"],
            "delivery": self["delivery"],
            "file": self["file"],
            "count": self["count"],
            "missing": self["missing"],
            "known": self["known"],
            "network": formats.network(self["channel"]),
            "where": formats.network(self["channel"], self["account"]),
            "organisation": organisations.get(organisation, organisation),
        }
        self.link = formats.weblink(self["url"])
        self.faults = tuple(formats.plain(line) for line in params.get("faults", "").splitlines())

    def __getitem__(self, name: str) -> str:
        return formats.plain(self._params.get(name, ""))

    def because(self, kind: str, state: State | None = None) -> tuple[str, str]:
        """Explain the error behind the notice: its sentence and its remedy. `state`: how the delivery stands."""
        told = explain(
            self["error_kind"] or kind,
            self["detail"],
            {"delivery": self["delivery"]},
            state=state,
            thread=bool(self["thread"]),
        )
        return told.message, told.remedy


def alert_id(sender: str, notice: Notice) -> str:
    """Give the Message-ID of a notice; every try bears the same."""
    return message_id(
        sender, str(notice.kind), notice.created_at.date().isoformat(), f"{notice.cause}\n{notice.recipient}"
    )


def alert_mail(
    notice: Notice, *, sender: str, message_id: str, organisations: Mapping[str, str], zone: tzinfo, now: datetime
) -> EmailMessage:
    """Make the mail, in the recipient's language. `organisations`: key to name."""
    with use(notice.language):
        alert = _WORDS[notice.kind](_Told(notice.params, organisations))
        envelope = Envelope(
            sender=sender,
            recipient=notice.recipient,
            subject=alert.subject,
            message_id=message_id,
            topic=TOPIC,
            at=now.astimezone(zone),
        )
        why = _("You get this because Tiedote's configuration or the announcement names you for such news.")
        values = {"alert": alert, "title": alert.subject, "why": why}
        return compose(envelope, render("alert.txt", **values), render("alert.html", **values))


def _failed(told: _Told) -> Alert:
    message, remedy = told.because("failed", State.PUBLISHED if told.link else State.FAILED)
    if told.link:
        return Alert(
            subject=_("Not wholly published: %(title)s (%(where)s)") % told.words,
            what=_('%(organisation)s: "%(title)s" is out on %(where)s, but something after it failed.') % told.words,
            meaning=message,
            remedy=remedy,
            link=told.link,
            network=told.words["network"],
        )
    return Alert(
        subject=_("Not published: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        meaning=message,
        remedy=remedy,
        commands=(_retry(told), _cancel(told)),
    )


def _unconfirmed(told: _Told) -> Alert:
    subject, what = (
        _("Did it go out? %(title)s (%(where)s)"),
        _(
            '%(organisation)s: "%(title)s" was sent to %(where)s, but the answer was lost, and looking at the account did not tell '
            "whether it is out."
        ),
    )
    if told.link:
        subject = _("Did all of it go out? %(title)s (%(where)s)")
        what = _(
            '%(organisation)s: "%(title)s" is out on %(where)s. What follows it, the next post of its thread or its first comment, '
            "was sent too, but the answer was lost, and looking at the account did not tell whether it is out."
        )
    return Alert(
        subject=subject % told.words,
        what=what % told.words,
        meaning=_(
            "It is not sent again by itself, so that nobody sees it twice. Everything else goes on. "
            "Please look at the account and say which it is."
        ),
        link=told.link,
        network=told.words["network"],
        commands=(
            Command(
                when=_("If the post is there, with its address:"),
                line=f"tiedote resolve {told.words['delivery']} --published URL",
            ),
            Command(
                when=_("If it is not there; it is then sent:"),
                line=f"tiedote resolve {told.words['delivery']} --not-published",
            ),
        ),
    )


def _missed(told: _Told) -> Alert:
    return Alert(
        subject=_("Too late: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" was to go out on %(where)s, but its time passed before it could be sent.')
        % told.words,
        meaning=_("Tiedote does not send old news unasked."),
        commands=(_retry(told), _cancel(told)),
    )


def _expired(told: _Told) -> Alert:
    message, remedy = told.because("expired")
    return Alert(
        subject=_("Expired: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        meaning=message,
        remedy=remedy,
    )


def _blocked(told: _Told) -> Alert:
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
        commands=(Command(when=_("To see whether it works again:"), line="tiedote doctor"),),
    )


def _over_budget(told: _Told) -> Alert:
    message, _remedy = told.because("over_budget")
    return Alert(
        subject=_("Held, for it costs too much: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        meaning=message
        + " "
        + _("It waits for you. Everything else goes on; a larger 'monthly_budget' counts for what is due later."),
        commands=(
            Command(when=_("To send it all the same:"), line=f"tiedote retry {told.words['delivery']}"),
            _cancel(told),
        ),
    )


def _reading_stopped(told: _Told) -> Alert:
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


def _rejected(told: _Told) -> Alert:
    return Alert(
        subject=_("A file needs mending: %(file)s") % told.words,
        what=_("The file %(file)s has faults, at these lines and columns:") % told.words,
        details=told.faults[:_FAULTS_SHOWN],
        meaning=_("Nothing of it goes out before it is mended. Then it goes out by itself."),
        commands=(Command(when=_("To see each fault and its place:"), line=f"tiedote check {told.words['file']}"),),
    )


def _queue_gone(told: _Told) -> Alert:
    return Alert(
        subject=_("The queue lost %(missing)s of its %(known)s announcements at once") % told.words,
        what=_("%(missing)s of %(known)s announcements are gone from the folder.") % told.words,
        meaning=_(
            "That looks like a mishap, so nothing was cancelled: what was scheduled goes out as planned. "
            "Please see whether the folder is in place."
        ),
        commands=(
            Command(when=_("To see what is scheduled:"), line="tiedote status"),
            Command(when=_("If they were removed on purpose, cancel each:"), line=f"tiedote cancel {_('DELIVERY')}"),
        ),
    )


def _edited_after(told: _Told) -> Alert:
    message, remedy = told.because("edited_after_publishing")
    return Alert(
        subject=_("Changed after publishing: %(title)s") % told.words,
        what=message,
        meaning=_('The old words are still out: "%(title)s".') % told.words,
        remedy=remedy,
    )


def _differs(told: _Told) -> Alert:
    message, remedy = told.because("differs", State.PUBLISHED)
    return Alert(
        subject=_("Not as it was meant: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" is out on %(where)s, but reading it back showed a difference.')
        % told.words,
        meaning=message,
        remedy=remedy,
        link=told.link,
        network=told.words["network"],
        commands=(Command(when=_("To take it down:"), line=f"tiedote unpublish {told.words['delivery']}"),),
    )


def _retry(told: _Told) -> Command:
    return Command(when=_("To send it now:"), line=f"tiedote retry {told.words['delivery']}")


def _cancel(told: _Told) -> Command:
    return Command(when=_("To let it be:"), line=f"tiedote cancel {told.words['delivery']}")


_WORDS: Mapping[str, Callable[[_Told], Alert]] = {
    "failed": _failed,
    "unconfirmed": _unconfirmed,
    "missed": _missed,
    "blocked": _blocked,
    "rejected": _rejected,
    "queue_gone": _queue_gone,
    "edited_after": _edited_after,
    "expired": _expired,
    "over_budget": _over_budget,
    "reading_stopped": _reading_stopped,
    "differs": _differs,
}

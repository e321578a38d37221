"""What `doctor` finds of mail: whether the server takes ours, as whom, and, like `status`, what has not left. Nothing is mailed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.examined import Finding
from publisher.cli.shared import echo_folded, now
from publisher.locale import N_, _, ngettext
from publisher.mail import Fault, MailError, SmtpOutbox, open_outbox
from publisher.remarks import Level

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from publisher.config import Config, MailSettings
    from publisher.store.mails import Unsent

_LOOKED_BACK = timedelta(days=14)

_REMEDIES: Mapping[Fault, str] = {
    Fault.UNREACHABLE: N_("Check 'host' and 'port' under 'mail', and whether a firewall lets this machine through."),
    Fault.CERTIFICATE: N_(
        "Write the server's name as its certificate has it. For a certificate authority of your own, name its file under 'ca_bundle'."
    ),
    Fault.NO_ENCRYPTION: N_(
        "Try 'security: tls', or another port. 'security: none' is only for a relay inside your own network."
    ),
    Fault.SIGN_IN: N_(
        "Check 'username' and 'password' or 'oauth' under 'mail'. Microsoft 365 takes no passwords: it needs 'oauth', "
        "and the app needs a right to the mailbox."
    ),
    Fault.TOKEN: N_(
        "Check 'mail.oauth': the tenant, the app's id, and whether its secret has expired; and whether this machine may call that address."
    ),
    Fault.RELAY: N_(
        "Ask whoever runs the mail server to let this machine send, or sign in with 'username' or 'oauth'."
    ),
    Fault.OTHER: N_("Check 'mail' in the configuration; ask whoever runs the mail server."),
}


def mail(config: Config) -> Finding:
    """Connect and sign in as for a mail, and ask whether it would be taken; hand none over."""
    outbox = open_outbox(config)
    recipient = config.mail.alerts_to[0].address if config.mail and config.mail.alerts_to else ""
    try:
        where = outbox.check(recipient)
    except MailError as error:
        return Finding(
            name="mail",
            level=Level.FAIL,
            message=_("The mail server %(server)s does not work: %(detail)s")
            % {"server": _server(config.mail), "detail": error},
            remedy=_(_REMEDIES[error.fault]),
        )
    if config.sandbox:
        message = _("Mails become files in %(folder)s.") % {"folder": where}
        return Finding(name="mail", level=Level.OK, message=message)
    if config.mail is None:
        return Finding(
            name="mail",
            level=Level.WARN,
            message=_("There is no mail server: weekly mails and alerts become files in %(folder)s.")
            % {"folder": where},
            remedy=_("Add 'mail' to the configuration, or nobody hears of a failure."),
        )
    if not isinstance(outbox, SmtpOutbox):
        return Finding(name="mail", level=Level.OK, message=_("Mails go to %(place)s.") % {"place": where})
    message = _("The mail server %(server)s answers.") % {"server": where} + " " + _signed_in(config.mail)
    return Finding(name="mail", level=Level.OK, message=message)


def _server(settings: MailSettings | None) -> str:
    if settings is None:
        return ""
    return f"{settings.host}:{settings.port}" if settings.host else str(settings.sendmail or settings.folder)


def _signed_in(settings: MailSettings) -> str:
    name = settings.username or settings.sender
    if settings.oauth is not None:
        return _("It took a token for %(name)s.") % {"name": name}
    if settings.password is not None:
        return _("It took the password of %(name)s.") % {"name": name}
    return _("Nobody signs in there.")


def unsent(config: Config) -> Iterator[Finding]:
    """Tell of mails that were tried in vain in the last fortnight. The database must be in order."""
    from publisher.store import Store

    store = Store(config.database)
    try:
        with store.read() as conn:
            found = tried_in_vain(conn)
    finally:
        store.close()
    message = unsent_words(found, config.timezone)
    if not message:
        return
    yield Finding(
        name="unsent",
        level=Level.WARN,
        message=message,
        remedy=_(
            "The log tells the server's answers. What was given up is not tried again; see 'tiedote status' and 'tiedote report'."
        ),
    )


def tried_in_vain(conn: Connection) -> Unsent:
    """Count the mails of the last fortnight that were tried and have not left."""
    from publisher.store import mails

    return mails.unsent(conn, now() - _LOOKED_BACK)


def unsent_words(found: Unsent, zone: tzinfo) -> str:
    """Say how many mails wait and how many were given up; '' where none is."""
    if found.since is None:
        return ""
    parts = []
    if found.waiting:
        parts.append(
            ngettext("%(n)d mail waits to be tried again", "%(n)d mails wait to be tried again", found.waiting)
        )
        parts[-1] %= {"n": found.waiting}
    if found.given_up:
        parts.append(ngettext("%(n)d was given up", "%(n)d were given up", found.given_up) % {"n": found.given_up})
    return _("Not sent: %(parts)s. The oldest is of %(moment)s.") % {
        "parts": ", ".join(parts),
        "moment": words.moment(found.since, zone),
    }


def print_unsent(found: Unsent, zone: tzinfo) -> None:
    """Say in `status` that mails have not left, and where it is told why."""
    message = unsent_words(found, zone)
    if message:
        click.echo()
        echo_folded("", message)
        echo_folded("  = ", _("tiedote doctor tells whether the mail server takes mail."))


def unsent_data(found: Unsent, zone: tzinfo) -> dict[str, object]:
    """Give the same for scripts. `oldest`: when the oldest of them was made."""
    return {"waiting": found.waiting, "given_up": found.given_up, "oldest": words.iso(found.since, zone)}

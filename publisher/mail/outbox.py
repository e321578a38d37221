"""The one door through which mail leaves: an SMTP server, this machine's `sendmail`, or a folder of `.eml` files.

    MailError
      NotTaken     it was not taken: again later, with the same Message-ID
      Unclear      it was handed over whole, but the answer was lost: once more, with the same Message-ID
      Refused      this mail will never be taken as it stands, or its recipient is not there

SMTP has no way to ask whether a mail was taken. So a lost answer is made rare (the server has the ten minutes that RFC 5321 gives it), and
after one the mail is sent a single time more: a summary that comes twice is better than one that never comes, and the Message-ID lets
servers and mail programs drop the second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from publisher.config import Config, MailSettings  # mail stands beside the configuration, not on it


class Fault(StrEnum):
    """Where it went wrong, for whoever is to mend it."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_ENCRYPTION = "no_encryption"
    """The server offers no STARTTLS."""
    SIGN_IN = "sign_in"
    TOKEN = "token"  # noqa: S105 - the name of a fault
    """The sign-in service gave no token for the mail server."""
    RELAY = "relay"
    """The server does not let this machine send to such addresses."""
    OTHER = "other"


class MailError(Exception):
    """A mail was not taken; the text holds the server's own words."""

    def __init__(self, text: str, fault: Fault = Fault.OTHER) -> None:
        self.fault = fault
        super().__init__(text)


class NotTaken(MailError):
    """It was not taken: again later."""


class Unclear(MailError):
    """It was handed over, and nobody knows whether it was taken."""


class Refused(MailError):
    """It will never be taken as it stands."""


class Outbox(Protocol):
    """Where mails leave."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one message. Raises NotTaken, Unclear, Refused."""

    def check(self, recipient: str = "") -> str:
        """Tell what answers there, and whether it would take a mail to `recipient`; send none. Raises NotTaken, Refused."""


def open_outbox(config: Config) -> Outbox:
    """Open the configured door. In the sandbox, and without a mail server, mails become files: none is lost, none leaves."""
    if config.sandbox or config.mail is None:
        return FolderOutbox(config.var / "mails")
    return _door(config.mail, config)


def _door(settings: MailSettings, config: Config) -> Outbox:
    # Each is loaded where it is used: a rehearsal opens no connection and starts no program.
    if settings.folder is not None:
        return FolderOutbox(settings.folder)
    if settings.sendmail is not None:
        from publisher.mail.sendmail import SendmailOutbox

        return SendmailOutbox(settings.sendmail)
    from publisher.mail.smtp import SmtpOutbox

    if settings.oauth is None:
        return SmtpOutbox(settings, config.ca_bundle)
    from publisher.mail.tokens import Tokens

    return SmtpOutbox(settings, config.ca_bundle, Tokens(settings.oauth, config.proxy, config.ca_bundle))


@dataclass(frozen=True, slots=True)
class FolderOutbox:
    """Writes every mail as a file named after its Message-ID, so that a second try replaces the first."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write the file, whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_eml(message, self.path(message))
        except OSError as error:
            raise NotTaken(str(error)) from error

    def path(self, message: EmailMessage) -> Path:
        """Tell the file of a message."""
        local_part = str(message["Message-ID"]).strip("<>").partition("@")[0]
        return self.folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', local_part)}.eml"

    def check(self, recipient: str = "") -> str:
        """Tell the folder; it takes everybody's mail."""
        del recipient
        return str(self.folder)


def write_eml(message: EmailMessage, path: Path) -> None:
    """Write a message to a file, whole or not at all. What a death left behind, residents' words in it, the next try takes up."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(message.as_bytes())
    unfinished.replace(path)

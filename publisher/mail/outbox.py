"""The one door through which mail leaves: an SMTP server, or a folder of `.eml` files.

    MailError
      NotTaken     nobody knows that it was taken: again later, with the same Message-ID
      Refused      this mail will never be taken as it stands, or its recipient is not there

A connection that breaks after the last byte may have delivered: such a mail is NotTaken, since a summary that comes twice is better than
one that never comes; the Message-ID lets the receiver drop the second.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from publisher.config import Config, MailSettings  # mail stands beside the configuration, not on it

TIMEOUT = 30.0
"""Seconds for one answer of the mail server."""

_LONGEST_ANSWER = 200


class MailError(Exception):
    """A mail was not taken; the text holds the server's own words."""


class NotTaken(MailError):
    """Nobody knows that it was taken: again later."""


class Refused(MailError):
    """It will never be taken as it stands."""


class Outbox(Protocol):
    """Where mails leave."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one message. Raises NotTaken, Refused."""

    def check(self) -> str:
        """Tell what answers there, without sending. Raises NotTaken."""


def open_outbox(config: Config) -> Outbox:
    """Open the configured door. In the sandbox, and without a mail server, mails become files: none is lost, none leaves."""
    if config.sandbox or config.mail is None:
        return FolderOutbox(config.var / "mails")
    return SmtpOutbox(config.mail, config.ca_bundle)


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

    def check(self) -> str:
        """Tell the folder."""
        return str(self.folder)


def write_eml(message: EmailMessage, path: Path) -> None:
    """Write a message to a file, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(message.as_bytes())
    unfinished.replace(path)


@dataclass(frozen=True, slots=True)
class SmtpOutbox:
    """Sends through the configured server, one connection a mail. Encryption is verified or the mail is not sent."""

    settings: MailSettings
    ca_bundle: Path | None = None
    timeout: float = field(default=TIMEOUT, kw_only=True)

    def send(self, message: EmailMessage) -> None:
        """Send to the message's recipients; smtplib's own words become ours."""
        with _in_our_words(), self._connection() as server:
            server.send_message(message)

    def check(self) -> str:
        """Connect, sign in if so configured, and leave."""
        with _in_our_words(), self._connection() as server:
            server.noop()
        return f"{self.settings.host}:{self.settings.port}"

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            if self.settings.security == "starttls":
                server.starttls(context=self._context())
            if self.settings.username is not None and self.settings.password is not None:
                server.login(self.settings.username, self.settings.password.get_secret_value())
            yield server
        finally:
            # The mail is taken or refused by now; how the server says goodbye changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        # smtplib would otherwise ask DNS for this machine's name, which can take many seconds on a closed network.
        ours = parseaddr(self.settings.sender)[1].partition("@")[2] or "localhost"
        host, port = self.settings.host, self.settings.port
        if self.settings.security == "tls":
            return smtplib.SMTP_SSL(host, port, ours, timeout=self.timeout, context=self._context())
        return smtplib.SMTP(host, port, ours, timeout=self.timeout)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_bundle) if self.ca_bundle else None)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        answers = [(code, answer) for code, answer in error.recipients.values()]
        raise _judged(*answers[0]) from error
    except smtplib.SMTPDataError as error:
        raise _judged(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        # Sign-in, sender or greeting refused: a fault of the set-up, which a person mends; the mail itself is fine.
        raise NotTaken(_words(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(f"{type(error).__name__}: {error}"[:_LONGEST_ANSWER]) from error


def _judged(code: int, answer: bytes | str) -> MailError:
    return (Refused if 500 <= code < 600 else NotTaken)(_words(code, answer))


def _words(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(words.split())}"[:_LONGEST_ANSWER]

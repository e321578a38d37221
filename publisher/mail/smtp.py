"""Mail through an SMTP server. Encryption is verified, or nothing is sent."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.mail.outbox import Fault, MailError, NotTaken, Refused, Unclear

if TYPE_CHECKING:
    from publisher.config import MailSettings  # mail stands beside the configuration, not on it
    from publisher.mail.tokens import Tokens

TIMEOUT = 30.0
"""Seconds for one answer of the mail server."""

PATIENCE = 600.0
"""Seconds for its answer to a whole mail: RFC 5321, section 4.5.3.2.6. A server that scans for a minute takes it all the same."""

_GOODBYE = 5.0
_LONGEST_ANSWER = 200
_GO_ON = 354
_POLICY = " 5.7."
"""How enhanced codes begin that speak of what is allowed here (RFC 3463), not of a mailbox."""


_NOT_AS_THIS_SENDER = (" 5.7.60 ", " 5.2.252 ")
"""With which enhanced codes Exchange Online refuses, after the mail itself, an account that may not send as `mail.from`: every mail of
ours, until somebody gives it the right. Another 5.7 there is about what a mail says."""


@dataclass(frozen=True, slots=True)
class SmtpOutbox:
    """Sends through the configured server, one connection a mail."""

    settings: MailSettings
    ca_bundle: Path | None = None
    tokens: Tokens | None = None
    timeout: float = field(default=TIMEOUT, kw_only=True)
    patience: float = field(default=PATIENCE, kw_only=True)

    def send(self, message: EmailMessage) -> None:
        """Send to the message's recipients; smtplib's own words become ours."""
        with self._connection() as server:
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                code, answer = next(iter(error.recipients.values()))
                raise _recipient_refused(code, answer) from error
            except smtplib.SMTPDataError as error:
                words = _words(error.smtp_code, error.smtp_error)
                ours = words[3:].startswith(_NOT_AS_THIS_SENDER)
                raise (Refused if _for_good(error.smtp_code) and not ours else NotTaken)(words) from error
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                if not server.handed_over:
                    raise
                raise Unclear("the connection broke before the server's answer to the mail") from error

    def check(self, recipient: str = "") -> str:
        """Connect, sign in if so configured, name sender and recipient, and leave before a mail begins."""
        with self._connection() as server:
            server.noop()
            if recipient:
                server.ehlo_or_helo_if_needed()
                code, answer = server.mail(parseaddr(self.settings.sender)[1])
                if _for_good(code):
                    raise NotTaken(_words(code, answer))
                code, answer = server.rcpt(recipient)
                if _for_good(code):
                    raise _recipient_refused(code, answer)
                server.rset()
        return f"{self.settings.host}:{self.settings.port}"

    @contextmanager
    def _connection(self) -> Iterator[_Conversation]:
        with _in_our_words():
            server = self._connect()
            try:
                if self.settings.security == "starttls":
                    _encrypt(server, self._context())
                self._sign_in(server)
                yield server
            finally:
                # The mail is taken or refused by now; how the server says goodbye changes nothing.
                with suppress(smtplib.SMTPException, OSError):
                    server.bound(_GOODBYE)
                    server.quit()
                server.close()

    def _connect(self) -> _Conversation:
        # smtplib would otherwise ask DNS for this machine's name, which can take many seconds on a closed network.
        ours = parseaddr(self.settings.sender)[1].partition("@")[2] or "localhost"
        host, port = self.settings.host, self.settings.port
        server: _Conversation
        if self.settings.security == "tls":
            server = _Encrypted(host, port, ours, timeout=self.timeout, context=self._context())
        else:
            server = _Conversation(host, port, ours, timeout=self.timeout)
        server.patience = self.patience
        return server

    def _sign_in(self, server: _Conversation) -> None:
        username = self.settings.username or parseaddr(self.settings.sender)[1]
        try:
            if self.tokens is not None:
                token = self.tokens.token()
                server.ehlo_or_helo_if_needed()
                server.auth("XOAUTH2", _Bearer(username, token))
            elif self.settings.password is not None:
                server.login(username, self.settings.password.get_secret_value())
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            if self.tokens is not None:
                # It may have been revoked before its time; the next try has a new one.
                self.tokens.forget()
            told = error.smtp_error if isinstance(error, smtplib.SMTPAuthenticationError) else str(error)
            code = error.smtp_code if isinstance(error, smtplib.SMTPAuthenticationError) else 504
            offered = f" (it offers: {server.esmtp_features.get('auth', '-').strip() or '-'})"
            raise NotTaken(_words(code, told) + offered, Fault.SIGN_IN) from error

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_bundle) if self.ca_bundle else None)


class _Conversation(smtplib.SMTP):
    """One connection; knows whether a mail has been handed over, and waits for the answer to that as long as it is due."""

    patience = PATIENCE
    handed_over = False

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer."""
        code, words = super().getreply()
        if code == _GO_ON:
            # Only DATA is answered so: what follows is the whole mail, and then its fate.
            self.handed_over = True
            self.bound(self.patience)
        return code, words

    def bound(self, seconds: float) -> None:
        """Wait so long for what comes next."""
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _Encrypted(_Conversation, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


@dataclass(frozen=True, slots=True)
class _Bearer:
    """Answers of the mechanism XOAUTH2: the token at first, nothing to an error that the server words in JSON."""

    username: str
    token: str = field(repr=False)

    def __call__(self, challenge: bytes | None = None) -> str:
        if challenge is not None:
            return ""
        return f"user={self.username}\x01auth=Bearer {self.token}\x01\x01"


def _encrypt(server: _Conversation, context: ssl.SSLContext) -> None:
    try:
        server.starttls(context=context)
    except smtplib.SMTPNotSupportedError as error:
        raise NotTaken("the server offers no STARTTLS", Fault.NO_ENCRYPTION) from error


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except MailError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise NotTaken(f"its certificate is not trusted: {error.verify_message}", Fault.CERTIFICATE) from error
    except smtplib.SMTPResponseException as error:
        # Sender or greeting refused: a fault of the set-up, which a person mends; the mail itself is fine.
        raise NotTaken(_words(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPServerDisconnected as error:
        raise NotTaken(f"{error}"[:_LONGEST_ANSWER], Fault.UNREACHABLE) from error
    except smtplib.SMTPException as error:
        raise NotTaken(f"{type(error).__name__}: {error}"[:_LONGEST_ANSWER]) from error
    except OSError as error:
        raise NotTaken(f"{type(error).__name__}: {error}"[:_LONGEST_ANSWER], Fault.UNREACHABLE) from error


def _recipient_refused(code: int, answer: bytes | str) -> MailError:
    words = _words(code, answer)
    if _for_good(code) and words[3:].startswith(_POLICY):
        # "Relay access denied" and its like are said of everybody, so no mail is lost over it: somebody has to let this machine in.
        return NotTaken(words, Fault.RELAY)
    return (Refused if _for_good(code) else NotTaken)(words)


def _for_good(code: int) -> bool:
    return 500 <= code < 600


def _words(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(words.split())}"[:_LONGEST_ANSWER]

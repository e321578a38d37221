"""A real SMTP server on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64decode
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass(kw_only=True)
class Received:
    """One accepted mail: the envelope's recipients and the parsed message."""

    sender: str
    recipients: list[str]
    message: EmailMessage


class _Controller(Controller):
    """aiosmtpd's own, on a socket that is bound already: with port 0 it would look for itself at port 0."""

    def __init__(self, handler: Any, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__(handler, hostname="127.0.0.1", port=listener.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


@dataclass(kw_only=True)
class MailServer:
    """`received` in order. `refusals`: answers such as '451 4.3.2 try later', each given once instead of accepting a mail.

    `drops`: whether a mail is accepted before the connection breaks in the place of the answer to it, each for one mail.
    """

    received: list[Received] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    drops: list[bool] = field(default_factory=list)
    pause: float = 0.0
    """Seconds that it thinks about a mail."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._controller = _Controller(self, self._listener)
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop()
        self._listener.close()

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def messages(self) -> list[EmailMessage]:
        return [one.message for one in self.received]

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802 -- aiosmtpd's name
        """Let in who bears the token 'good', as Microsoft's server answers: an error is a challenge first."""
        said = b64decode(arguments[1]).decode()
        if said == "user=tiedote@example.fi\x01auth=Bearer good\x01\x01":
            return AuthResult(success=True)
        assert await server.challenge_auth('{"status":"400","schemes":"Bearer"}') == b""
        return AuthResult(success=False, handled=False, message="535 5.7.3 Authentication unsuccessful")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        dropped = self.drops.pop(0) if self.drops else None
        if dropped is not None:
            hang_up(server)
        if dropped is False:
            return "451 nobody hears this"
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(
            Received(sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos), message=message)
        )
        await asyncio.sleep(self.pause)
        return "250 accepted"


def hang_up(server: SMTP) -> None:
    """Break the connection at once; what is answered afterwards nobody hears."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()

"""A real SMTP server on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


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
    """`received` in order. `refusals`: answers such as '451 4.3.2 try later', each given once instead of accepting a mail."""

    received: list[Received] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

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

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.refusals:
            return self.refusals.pop(0)
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(
            Received(sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos), message=message)
        )
        await asyncio.sleep(0)
        return "250 accepted"

"""A mail server that is down, puts off, or takes a mail without saying so: each mail arrives, and a second copy is known for one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.sandbox.faults import Kind, Rule
from publisher.config import load_config
from publisher.service import Service
from tests.delivery.town import Town, town, write, write_config
from tests.mailserver import MailServer

MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


class Forgetful(MailServer):
    """Takes every mail, and hangs up instead of saying so as often as `silences`."""

    silences: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        if self.silences > 0:
            self.silences -= 1
            transport: Any = server.transport
            transport.abort()
            await asyncio.sleep(0)
        return answer


@contextmanager
def office(folder: Path, port: int) -> Iterator[Town]:
    """A town whose mails leave through this port: a failed post's alert, and the weekly summary for two readers."""
    write(folder, "lupa", "text: Kirjasto on auki.\npublish: asap\n")
    with town(folder, channels=("facebook",)) as one:
        path = write_config(folder, one.sandbox.base_url, channels=("facebook",))
        text = path.read_text(encoding="utf-8").replace("port: 1,", f"port: {port},")
        text += "    report: {to: [viestinta@hausjarvi.example, johto@hausjarvi.example]}\n"
        path.write_text(text, encoding="utf-8")
        with Service.open(load_config(path), one.clock) as service:
            yield Town(folder, service, one.sandbox, one.clock)


def live(one: Town, until: datetime) -> None:
    """Do what the daemon's minutes do."""
    while one.clock.now() < until:
        one.service.read_queue()
        one.work(until=one.clock.now())
        one.service.send_mails()
        one.clock.advance(600)


def a_closed_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_publishing_goes_on_while_the_mail_server_is_down_and_every_mail_arrives_later(tmp_path: Path) -> None:
    """Nobody answers on Monday morning; the post is out at its time; from noon on the server is there and has each mail once."""
    port = a_closed_port()
    with office(tmp_path, port) as one:
        live(one, one.clock.now() + timedelta(minutes=20))
        assert len(one.posts("facebook")) == 1
        one.sandbox.add_rule(Rule(kind=Kind.EXPIRED_TOKEN, times=None))
        one.clock.set(MONDAY)
        write(tmp_path, "toinen", "text: Uimahalli on auki.\npublish: asap\n")
        live(one, MONDAY + timedelta(hours=2))
        with MailServer() as server:
            path = tmp_path / "config.yaml"
            path.write_text(path.read_text(encoding="utf-8").replace(f"port: {port},", f"port: {server.port},"))
            with Service.open(load_config(path), one.clock) as service:
                live(Town(tmp_path, service, one.sandbox, one.clock), MONDAY + timedelta(hours=8))
            to = Counter(received.recipients[0] for received in server.received)
        assert to == {"viestinta@hausjarvi.example": 1, "johto@hausjarvi.example": 1, "it@example.fi": 1}


@pytest.mark.parametrize("trouble", ["greylisted", "reply lost"])
def test_a_mail_that_is_put_off_or_taken_in_silence_comes_again_as_the_same_mail(tmp_path: Path, trouble: str) -> None:
    """Greylisting, or a line that breaks after the last byte: sent again, once after a lost answer, each time under the same Message-ID."""
    with Forgetful() as server, office(tmp_path, server.port) as one:
        one.sandbox.add_rule(Rule(kind=Kind.EXPIRED_TOKEN, times=None))
        if trouble == "greylisted":
            server.refusals.extend(["451 4.7.1 greylisted, try later"] * 4)
        else:
            server.silences = 4
        live(one, one.clock.now() + timedelta(minutes=30))
        one.clock.set(MONDAY)
        live(one, MONDAY + timedelta(hours=3))
        copies = Counter((received.recipients[0], received.message["Message-ID"]) for received in server.received)
        identities = Counter(recipient for recipient, _ in copies)
        assert identities["viestinta@hausjarvi.example"] == identities["johto@hausjarvi.example"] == 1
        assert identities["it@example.fi"] >= 1
        # Of four lost answers two met the same mail, which is then given up: nobody gets a third copy.
        assert sum(copies.values()) - len(copies) == (0 if trouble == "greylisted" else 3)
        assert max(copies.values()) <= 2
        assert server.refusals == []
        assert server.silences == 0

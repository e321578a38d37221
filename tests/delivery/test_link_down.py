"""`hold_if_link_fails`: an announcement waits while its e-service is down, its people hear of it, and it goes out by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from channels.sandbox import Sandbox, serve
from channels.sandbox.clock import Clock
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from publisher.store import deliveries as rows
from tests.delivery.town import START, Town, remote_accounts, write, write_config
from tests.mailserver import MailServer

MINUTE = timedelta(minutes=1)
PEOPLE = "[{address: it@example.fi, language: fi}]"


class EService:
    """An e-service of this machine that can be out of order."""

    def __init__(self) -> None:
        self.status = 200
        self.asked = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                service.asked += 1
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.do_HEAD()

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/lupa"


@pytest.fixture
def e_service() -> Iterator[EService]:
    service = EService()
    with service.server:
        threading.Thread(target=service.server.serve_forever, daemon=True).start()
        yield service
        service.server.shutdown()


@contextmanager
def a_careful_town(folder: Path, smtp: MailServer, hold: str = "yes") -> Iterator[Town]:
    clock = Clock(START, frozen=True)
    sandbox = Sandbox(accounts=remote_accounts(), clock=clock)
    with serve(sandbox, ports=(0,)) as server:
        path = write_config(folder, server.base_url, channels=("facebook", "x"), more=", owner: omistaja@example.fi")
        words = path.read_text(encoding="utf-8").replace("port: 1,", f"port: {smtp.port},")
        words = words.replace("alerts_to: [it@example.fi]", f"alerts_to: {PEOPLE}")
        head = f"language: sv\nhold_if_link_fails: {hold}\nlinks: {{private_hosts: [127.0.0.1]}}\n"
        path.write_text(head + words, encoding="utf-8")
        with Service.open(load_config(path), clock) as service:
            yield Town(folder, service, sandbox, clock)


def test_it_waits_tells_its_people_once_and_goes_out_when_the_service_answers(
    tmp_path: Path, smtp: MailServer, e_service: EService
) -> None:
    """Two accounts, one service that is down for an hour: nothing is out, one mail to each person, then both posts by themselves."""
    with a_careful_town(tmp_path, smtp) as town:
        e_service.status = 503
        write(tmp_path, "lupa", f"text: Lupa verkossa.\nlink: {e_service.url}\npublish: asap\n")
        town.service.read_queue()
        town.work(until=START + 60 * MINUTE)
        town.service.send_mails()
        assert town.sandbox.ledger() == ()
        assert {one.state for one in town.deliveries()} == {State.SCHEDULED}
        assert {one.error_kind for one in town.deliveries()} == {"link_refuses"}
        subjects = {str(mail["To"]): str(mail["Subject"]) for mail in smtp.messages}
        assert subjects == {
            "it@example.fi": "Odottaa asiointipalvelua: Lupa verkossa.",
            "omistaja@example.fi": "Väntar på sin e-tjänst: Lupa verkossa.",
        }
        assert len(smtp.messages) == 2
        assert "HTTP 503" in smtp.messages[0].as_string()
        assert 100 < e_service.asked < 140, "once a minute by HEAD and once by GET, for both accounts together"
        e_service.status = 200
        town.work(until=START + 63 * MINUTE)
        assert [post.network for post in town.sandbox.ledger()] == ["facebook", "x"]
        assert {one.error_kind for one in town.deliveries()} == {None}
        town.service.send_mails()
        assert len(smtp.messages) == 2


def test_past_its_late_limit_it_is_missed_and_not_sent(tmp_path: Path, smtp: MailServer, e_service: EService) -> None:
    """Six hours later the news is old."""
    with a_careful_town(tmp_path, smtp) as town:
        e_service.status = 404
        write(tmp_path, "lupa", f"text: Lupa verkossa.\nlink: {e_service.url}\npublish: asap\n")
        town.service.read_queue()
        for hours in (1, 4, 7):
            town.clock.set(START + timedelta(hours=hours))
            town.work(until=town.clock.now())
        assert {one.state for one in town.deliveries()} == {State.MISSED}
        e_service.status = 200
        town.work(until=START + timedelta(hours=9))
        assert town.sandbox.ledger() == ()


def test_a_person_may_send_it_all_the_same(tmp_path: Path, smtp: MailServer, e_service: EService) -> None:
    """`tiedote retry` does not ask the service; the other account goes on waiting."""
    with a_careful_town(tmp_path, smtp) as town:
        e_service.status = 500
        write(tmp_path, "lupa", f"text: Lupa verkossa.\nlink: {e_service.url}\npublish: asap\n")
        town.service.read_queue()
        town.work(until=START + MINUTE)
        first = town.deliveries()[0]
        with town.service.store.write() as conn:
            assert rows.retry_delivery(conn, first.id, town.clock.now(), timedelta(hours=6))
        town.work(until=START + 2 * MINUTE)
        assert [post.network for post in town.sandbox.ledger()] == [first.key.channel]


def test_without_the_setting_or_a_link_nothing_is_asked(tmp_path: Path, smtp: MailServer, e_service: EService) -> None:
    """A dead link is no reason to keep quiet unless somebody has said so."""
    e_service.status = 503
    for folder, hold, link in ((tmp_path / "a", "no", e_service.url), (tmp_path / "b", "yes", "")):
        folder.mkdir()
        with a_careful_town(folder, smtp, hold) as town:
            write(folder, "lupa", "text: Lupa verkossa.\npublish: asap\n" + (f"link: {link}\n" if link else ""))
            town.service.read_queue()
            town.work(until=START + MINUTE)
            assert len(town.sandbox.ledger()) == 2
    assert e_service.asked == 0

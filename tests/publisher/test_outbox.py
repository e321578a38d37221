"""How mails leave: what a real server, a program or a token endpoint says, and what follows from it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr

from publisher.config import MailOAuth, MailSettings
from publisher.mail import Fault, FolderOutbox, NotTaken, Refused, SmtpOutbox, Unclear, open_outbox
from publisher.mail.outbox import write_eml
from publisher.mail.sendmail import SendmailOutbox
from publisher.mail.tokens import Tokens
from tests.mailserver import MailServer, _Controller, hang_up
from tests.publisher.configs import a_config
from tests.publisher.test_mail import SENDER, a_mail, part

CERTIFICATES = Path(__file__).parent / "certificates"
OURS = CERTIFICATES / "server.pem"


def settings(server: MailServer, **fields: Any) -> MailSettings:
    values: dict[str, Any] = {"host": server.host, "port": server.port, "security": "none", "sender": SENDER}
    return MailSettings(**values | fields)


def test_a_mail_arrives_whole(smtp):
    """A real server receives the envelope, the headers and both parts, letters and all."""
    SmtpOutbox(settings(smtp)).send(a_mail())
    (received,) = smtp.received
    assert (received.sender, received.recipients) == ("tiedote@example.fi", ["viestinta@hausjarvi.example"])
    assert received.message["Subject"] == a_mail()["Subject"]
    assert received.message["Message-ID"] == a_mail()["Message-ID"]
    assert part(received.message, "plain").replace("\r\n", "\n") == part(a_mail(), "plain").replace("\r\n", "\n")


@pytest.mark.parametrize(
    "answer, error",
    [
        ("451 4.3.2 greylisted, try later", NotTaken),
        ("554 5.7.1 we do not want this", Refused),
        ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", NotTaken),
        ("554 5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example", NotTaken),
    ],
)
def test_the_servers_answer_decides_whether_to_try_again(smtp, answer, error):
    """4xx is later, 5xx is never, but for a right that the account lacks; the server's own words are kept."""
    smtp.refusals.append(answer)
    with pytest.raises(error, match=answer.partition(" ")[2].partition(" ")[2]):
        SmtpOutbox(settings(smtp)).send(a_mail())
    assert smtp.messages == []


def test_an_unknown_recipient_is_refused(smtp, monkeypatch):
    """550 at RCPT: this mail to this person will never be taken."""

    async def handle_rcpt(*_arguments: object) -> str:
        return "550 5.1.1 no such mailbox"

    monkeypatch.setattr(MailServer, "handle_RCPT", handle_rcpt, raising=False)
    with pytest.raises(Refused, match="no such mailbox"):
        SmtpOutbox(settings(smtp)).send(a_mail())


def test_nobody_there_is_later():
    """A server that is down takes nothing and breaks nothing."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outbox = SmtpOutbox(MailSettings(host="127.0.0.1", port=port, security="none", sender=SENDER))
    with pytest.raises(NotTaken, match="ConnectionRefused"):
        outbox.send(a_mail())
    with pytest.raises(NotTaken):
        outbox.check()


def test_a_server_that_says_nothing_is_given_up_in_time():
    """A hanging server costs the time-out and not the worker."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = MailSettings(host="127.0.0.1", port=silent.getsockname()[1], security="none", sender=SENDER)
        with pytest.raises(NotTaken):
            SmtpOutbox(where, timeout=0.2).send(a_mail())


def _password(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"tiedote", b"salasana")
    return AuthResult(success=good, handled=False, message=None if good else "535 5.7.8 wrong password")


@contextmanager
def secure_server(security: str) -> Iterator[MailServer]:
    """A mail server with a certificate of its own; behind STARTTLS it wants a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem", CERTIFICATES / "server.key")
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        controller = _Controller(server, listener)
        if security == "starttls":
            controller.SMTP_kwargs |= {"tls_context": context, "require_starttls": True}
            controller.SMTP_kwargs |= {"authenticator": _password, "auth_required": True}
        else:
            controller._create_server = lambda: controller.loop.create_server(  # type: ignore[method-assign]
                controller._factory_invoker, sock=listener, ssl=context
            )
        server._controller = controller
        controller.start()
        try:
            yield server
        finally:
            controller.stop()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encryption_is_verified(security):
    """A certificate that we trust passes; one that we do not, and nothing is sent."""
    ours = CERTIFICATES / "server.pem"
    with secure_server(security) as server:
        signed_in = {"username": "tiedote", "password": SecretStr("salasana")} if security == "starttls" else {}
        where = settings(server, security=security, **signed_in)
        SmtpOutbox(where, ours).send(a_mail())
        assert SmtpOutbox(where, ours).check() == f"127.0.0.1:{server.port}"
        with pytest.raises(NotTaken, match="certificate"):
            SmtpOutbox(where).send(a_mail())
        assert len(server.messages) == 1


def test_a_wrong_password_is_a_fault_of_the_set_up():
    """The mail waits for the right one, and neither is ever told."""
    with secure_server("starttls") as server:
        wrong = settings(server, security="starttls", username="tiedote", password=SecretStr("vaarasana"))
        with pytest.raises(NotTaken, match="535") as refused:
            SmtpOutbox(wrong, CERTIFICATES / "server.pem").send(a_mail())
        assert server.messages == []
    assert "vaarasana" not in f"{refused.value} {wrong}"


def test_no_encryption_where_it_is_asked_for_sends_nothing(smtp):
    """A server without STARTTLS, or somebody between who takes it out, gets no mail in clear."""
    with pytest.raises(NotTaken):
        SmtpOutbox(settings(smtp, security="starttls")).send(a_mail())
    assert smtp.messages == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_connection_that_breaks_after_the_mail_leaves_a_doubt(smtp, accepted):
    """Whether the server took it or not, it looks the same from here; before the mail it would be no doubt."""
    smtp.drops.append(accepted)
    with pytest.raises(Unclear, match="before the server's answer"):
        SmtpOutbox(settings(smtp)).send(a_mail())
    assert len(smtp.messages) == accepted
    SmtpOutbox(settings(smtp)).send(a_mail())
    assert {str(message["Message-ID"]) for message in smtp.messages} == {a_mail()["Message-ID"]}


def test_a_connection_that_breaks_before_the_mail_leaves_no_doubt(smtp, monkeypatch):
    """At RCPT nothing has been handed over: it was not taken."""

    async def handle_rcpt(_self: object, server: SMTP, *_arguments: object) -> str:
        hang_up(server)
        return "250 nobody hears this"

    monkeypatch.setattr(MailServer, "handle_RCPT", handle_rcpt, raising=False)
    with pytest.raises(NotTaken) as lost:
        SmtpOutbox(settings(smtp)).send(a_mail())
    assert lost.value.fault is Fault.UNREACHABLE


def test_a_server_that_thinks_longer_than_for_another_answer_is_waited_for():
    """A scanner may need a minute for a mail; who hangs up then sends it again and again, and it is taken every time."""
    slow = MailServer()
    with slow:
        slow.pause = 0.6
        SmtpOutbox(settings(slow), timeout=0.3, patience=5).send(a_mail())
        with pytest.raises(Unclear):
            SmtpOutbox(settings(slow), timeout=0.3, patience=0.2).send(a_mail())
    assert [str(message["To"]) for message in slow.messages][:1] == [a_mail()["To"]]


@pytest.mark.parametrize("answer", ["554 5.7.1 <a@b.example>: Relay access denied", "550 5.7.64 TenantAttribution"])
def test_a_relay_that_does_not_know_this_machine_loses_no_mail(smtp, monkeypatch, answer):
    """It says so of every recipient; the mails wait until somebody lets the machine in."""

    async def handle_rcpt(*_arguments: object) -> object:
        return answer

    monkeypatch.setattr(MailServer, "handle_RCPT", handle_rcpt, raising=False)
    with pytest.raises(NotTaken) as denied:
        SmtpOutbox(settings(smtp)).send(a_mail())
    assert denied.value.fault is Fault.RELAY


def test_the_set_up_s_faults_are_told_apart(smtp):
    """Certificate, missing encryption, nobody there: each has another remedy."""
    with secure_server("starttls") as server, pytest.raises(NotTaken) as untrusted:
        SmtpOutbox(settings(server, security="starttls")).check()
    assert untrusted.value.fault is Fault.CERTIFICATE
    with pytest.raises(NotTaken) as open_only:
        SmtpOutbox(settings(smtp, security="starttls")).check()
    assert open_only.value.fault is Fault.NO_ENCRYPTION


# Signed in with a token


@dataclass
class TokenEndpoint:
    """Microsoft's, as its pages describe it: `answers` in turn, the last for ever; `asked` keeps the forms."""

    answers: list[tuple[int, dict[str, object]]]
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    def settings(self) -> MailOAuth:
        return MailOAuth(
            token_url=f"http://127.0.0.1:{self.port}/tenant/oauth2/v2.0/token",
            client_id="app",
            client_secret=SecretStr("hunter2"),
            scope="https://outlook.office365.com/.default",
        )


@contextmanager
def token_endpoint(*answers: tuple[int, dict[str, object]]) -> Iterator[TokenEndpoint]:
    """Serve on a free port."""
    endpoint = TokenEndpoint(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            endpoint.asked.append({name: values[0] for name, values in form.items()})
            status, body = endpoint.answers.pop(0) if len(endpoint.answers) > 1 else endpoint.answers[0]
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


GOOD: tuple[int, dict[str, object]] = (200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "good"})
REFUSING: tuple[int, dict[str, object]] = (
    401,
    {
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 0. hunter2",
    },
)


def by_token(server: MailServer, endpoint: TokenEndpoint) -> SmtpOutbox:
    where = settings(server, security="starttls", username="tiedote@example.fi", oauth=endpoint.settings())
    return SmtpOutbox(where, OURS, Tokens(endpoint.settings(), None, None))


def test_a_token_signs_in_and_is_kept(caplog):
    """One token for several mails, asked for as an app; neither it nor the secret is ever shown."""
    with secure_server("starttls") as server, token_endpoint(GOOD) as endpoint:
        outbox = by_token(server, endpoint)
        outbox.send(a_mail())
        outbox.send(a_mail(recipient="toinen@hausjarvi.example"))
        assert outbox.check() == f"127.0.0.1:{server.port}"
        assert len(server.messages) == 2
    assert endpoint.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "hunter2",
            "scope": "https://outlook.office365.com/.default",
        }
    ]
    for secret in ("hunter2", "good"):
        assert secret not in caplog.text + repr(outbox)


def test_a_token_near_its_end_is_not_used():
    """The next mail has a new one."""
    short = (200, {"access_token": "good", "expires_in": 299})
    with secure_server("starttls") as server, token_endpoint(short) as endpoint:
        outbox = by_token(server, endpoint)
        outbox.check()
        outbox.check()
    assert len(endpoint.asked) == 2


def test_a_token_that_the_server_refuses_is_not_used_again():
    """It may have been revoked; the mail waits, and the next try asks for a new one."""
    revoked = (200, {"access_token": "revoked", "expires_in": 3599})
    with secure_server("starttls") as server, token_endpoint(revoked, GOOD) as endpoint:
        outbox = by_token(server, endpoint)
        with pytest.raises(NotTaken, match=r"535 5\.7\.3") as refused:
            outbox.send(a_mail())
        assert refused.value.fault is Fault.SIGN_IN
        assert "revoked" not in str(refused.value)
        outbox.send(a_mail())
        assert len(server.messages) == 1


@pytest.mark.parametrize(
    "answer, told",
    [
        (REFUSING, "AADSTS7000215: Invalid client secret"),
        ((503, {}), "127.0.0.1: HTTP 503"),
        ((200, {"no": "token"}), "does not fit"),
    ],
)
def test_no_token_no_mail(answer, told):
    """The endpoint refuses, is down or answers nonsense: the mail waits, and the words are the endpoint's without the secret."""
    with secure_server("starttls") as server, token_endpoint(answer) as endpoint:
        with pytest.raises(NotTaken, match=told) as waits:
            by_token(server, endpoint).send(a_mail())
        assert server.messages == []
    assert waits.value.fault is Fault.TOKEN
    assert "hunter2" not in str(waits.value)


def test_a_token_endpoint_that_is_away_is_later():
    """Nobody at the port: told with the host's name."""
    with token_endpoint(GOOD) as endpoint:
        pass
    with secure_server("starttls") as server, pytest.raises(NotTaken, match=r"127\.0\.0\.1: ConnectionRefused"):
        by_token(server, endpoint).send(a_mail())


# By a program, or into a folder


@pytest.mark.parametrize("code, error", [(0, None), (75, NotTaken), (78, NotTaken), (67, Refused)])
def test_a_program_takes_the_mail(tmp_path, code, error):
    """`sendmail` gets the envelope as arguments and the mail as it is; its exit code says whether to try again."""
    program = tmp_path / "sendmail"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/mail\necho trouble >&2\nexit {code}\n'
    )
    program.chmod(0o755)
    outbox = SendmailOutbox(program)
    if error is None:
        outbox.send(a_mail())
    else:
        with pytest.raises(error, match=f"ended with {code}: trouble"):
            outbox.send(a_mail())
    assert outbox.check() == str(program)
    assert (tmp_path / "arguments").read_text().split() == [
        *("-i", "-f", "tiedote@example.fi", "--", "viestinta@hausjarvi.example")
    ]
    read = message_from_bytes((tmp_path / "mail").read_bytes(), policy=policy.default)
    assert read["Message-ID"] == a_mail()["Message-ID"]


def test_a_program_that_is_not_there_is_told(tmp_path):
    """Neither mail nor check gets through, and both say which program it is."""
    for act in (lambda box: box.check(), lambda box: box.send(a_mail())):
        with pytest.raises(NotTaken, match="sendmail"):
            act(SendmailOutbox(tmp_path / "sendmail"))


def test_the_configuration_chooses_the_door(tmp_path):
    """A program, a folder, or a server with a token."""
    config = a_config(tmp_path, mail=MailSettings(sender=SENDER, sendmail=Path("/usr/sbin/sendmail")))
    assert open_outbox(config) == SendmailOutbox(Path("/usr/sbin/sendmail"))
    assert open_outbox(replace(config, mail=MailSettings(sender=SENDER, folder=tmp_path))) == FolderOutbox(tmp_path)
    oauth = TokenEndpoint(answers=[GOOD]).settings()
    by_server = open_outbox(replace(config, mail=MailSettings(sender=SENDER, host="smtp.example", oauth=oauth)))
    assert isinstance(by_server, SmtpOutbox)
    assert by_server.tokens is not None


def test_what_a_death_amidst_writing_left_is_taken_up_by_the_next_try(tmp_path: Path) -> None:
    """A mail in a folder quotes residents: no piece of it may lie where nobody looks. The next try is another process."""
    dying = "import os, sys; from pathlib import Path; from email.message import EmailMessage\n"
    dying += "from publisher.mail.outbox import write_eml\n"
    dying += "Path.replace = lambda *_: os._exit(9)\nwrite_eml(EmailMessage(), Path(sys.argv[1]))"
    died = subprocess.run([sys.executable, "-c", dying, str(tmp_path / "a.eml")], check=False, timeout=30)
    assert (died.returncode, len(list(tmp_path.iterdir()))) == (9, 1)
    write_eml(a_mail(), tmp_path / "a.eml")
    assert [path.name for path in tmp_path.iterdir()] == ["a.eml"]

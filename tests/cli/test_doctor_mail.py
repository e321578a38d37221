"""What `doctor` says of mail: which way of signing in works, what to mend where it does not, and what has not left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from publisher.cli import mailed
from publisher.config import Config, MailSettings, Recipient
from publisher.locale import use
from publisher.remarks import Level
from publisher.store import Store, migrate, notices
from publisher.store.notices import NoticeKind
from tests.mailserver import MailServer
from tests.publisher.configs import a_config
from tests.publisher.test_outbox import GOOD, OURS, REFUSING, secure_server, token_endpoint

ALERTS = (Recipient(address="it@example.fi", language="fi"),)


def at(tmp_path: Any, server: MailServer, **fields: Any) -> Config:
    values: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "sender": "tiedote@example.fi",
        "alerts_to": ALERTS,
    }
    return replace(a_config(tmp_path, mail=MailSettings(**values | {"security": "starttls"} | fields)), ca_bundle=OURS)


def test_each_way_of_signing_in_is_tried_and_named(tmp_path, smtp):
    """With a password, with a token, or with neither; nothing is mailed."""
    with use("en"), secure_server("starttls") as server, token_endpoint(GOOD, REFUSING) as endpoint:
        password = {"username": "tiedote", "password": SecretStr("salasana")}
        ways = [
            (at(tmp_path, server, **password), Level.OK, "It took the password of tiedote.", ""),
            (at(tmp_path, server, oauth=endpoint.settings()), Level.OK, "It took a token for tiedote@example.fi.", ""),
            (at(tmp_path, smtp, security="none"), Level.OK, "Nobody signs in there.", ""),
            (at(tmp_path, server, **password | {"username": "x"}), Level.FAIL, "535 5.7.8", "Microsoft 365 takes no"),
            (at(tmp_path, server, oauth=endpoint.settings()), Level.FAIL, "AADSTS7000215", "its secret has expired"),
            (replace(at(tmp_path, server), ca_bundle=None), Level.FAIL, "certificate", "'ca_bundle'"),
            (at(tmp_path, smtp), Level.FAIL, "no STARTTLS", "security: tls"),
            (at(tmp_path, server, username=None), Level.FAIL, "530", "Check 'mail'"),
        ]
        for config, level, told, remedy in ways:
            found = mailed.mail(config)
            assert (found.level, told in found.message, remedy in found.remedy) == (level, True, True), found
        assert server.messages == smtp.messages == []


def test_a_relay_that_would_not_take_our_mail_is_a_failure(tmp_path, smtp, monkeypatch):
    """It answers well until it hears to whom; the day on which something failed would be late to learn of it."""

    async def handle_rcpt(*_arguments: object) -> str:
        return "554 5.7.1 <it@example.fi>: Relay access denied"

    monkeypatch.setattr(MailServer, "handle_RCPT", handle_rcpt, raising=False)
    with use("en"):
        found = mailed.mail(at(tmp_path, smtp, security="none"))
    assert (found.level, "Relay access denied" in found.message) == (Level.FAIL, True)
    assert "let this machine send" in found.remedy


def test_mails_that_have_not_left_are_told(tmp_path):
    """One waits, one was given up; what has not been tried yet is no news."""
    config = replace(a_config(tmp_path), database=f"sqlite:///{tmp_path / 'tiedote.db'}")
    store, now = Store(config.database), datetime.now(UTC)
    migrate(store, now)
    assert list(mailed.unsent(config)) == []
    with store.write() as conn:
        for n in range(3):
            notices.raise_notice(
                conn,
                cause=f"failed:d-{n}",
                kind=NoticeKind.DIFFERS,
                params={},
                recipients=[("it@example.fi", "fi")],
                now=now,
            )
        for again in (None, now + timedelta(hours=1)):
            one = notices.claim_notice(conn, now, timedelta(minutes=1))
            assert one is not None
            notices.notice_failed(conn, one.id, "550 no", again)
    store.close()
    told = {
        "fi": "1 viesti odottaa uutta yritystä, 1 on jäänyt lähettämättä",
        "sv": "1 meddelande väntar på ett nytt försök, 1 blev oskickat",
        "en": "1 mail waits to be tried again, 1 was given up",
    }
    for language, words in told.items():
        with use(language):
            (found,) = mailed.unsent(config)
        assert (found.level, words in found.message) == (Level.WARN, True), found

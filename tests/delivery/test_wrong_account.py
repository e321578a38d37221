"""A token of another municipality's account: nothing is published with it, on no network, and one mail says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from channels.sandbox import SandboxAccount
from channels.sandbox.settings import update
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from publisher.store import accounts
from tests.delivery.connected import a_connected_town
from tests.delivery.town import NETWORKS, REMOTE, Town, town, write, write_picture
from tests.mailserver import MailServer

HOUR = timedelta(hours=1)
OTHERS = {"facebook": "100000000000102", "instagram": "17841400000000102", "x": "2000000102", "linkedin": "5000102"}


@pytest.mark.parametrize("channel", NETWORKS)
def test_a_token_of_the_other_municipality_publishes_nowhere_and_one_mail_names_it(
    tmp_path: Path, smtp: MailServer, channel: str
) -> None:
    """`publish: asap`, so that no look the day before has seen it. With the right token it goes out."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\nimage: {file: talo.png, alt: Talo.}\n")
    with town(tmp_path, channels=(channel,)) as one:
        mine = next(each for each in one.sandbox.accounts if each.channel == channel)
        theirs = SandboxAccount(organisation="loppi", channel=channel, name="Lopen kunta", **REMOTE[channel])
        page = {"page_id": OTHERS["facebook"]} if channel == "instagram" else {}
        update(theirs, {"account_id": OTHERS[channel], **page})
        update(mine, {"token": "planted-own-token"})
        one.sandbox.accounts[:] = [mine, theirs]
        one.sandbox.arrange()
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace("port: 1,", f"port: {smtp.port},"), "utf-8")
        with Service.open(load_config(config), one.clock) as service:
            at_work = Town(tmp_path, service, one.sandbox, one.clock)
            service.read_queue()
            at_work.work(until=one.clock.now() + 3 * HOUR)
            assert one.sandbox.ledger() == ()
            assert {view.state for view in at_work.deliveries()} == {State.SCHEDULED}
            with service.store.read() as conn:
                assert [each.blocked_kind for each in accounts.list_accounts(conn)] == ["wrong_account"]
            service.send_mails()
            (mail,) = smtp.messages
            assert "another account" in mail.as_string().replace("=\n", "").replace("\n", " ")
            update(theirs, {"token": "planted-their-token"})
            update(mine, {"token": REMOTE[channel]["token"]})
            one.sandbox.arrange()
            at_work.work(until=one.clock.now() + 2 * HOUR)
            assert [post.account_id for post in one.sandbox.ledger()] == [REMOTE[channel]["account_id"]]


def test_whose_a_token_is_is_asked_once_also_over_restarts(tmp_path: Path) -> None:
    """X bills each such reading."""
    with town(tmp_path, channels=("x",)) as one:
        for number in range(2):
            write(tmp_path, f"tiedote-{number}", f"text: Tiedote {number}.\npublish: asap\n")
            with one.again() as again:
                again.service.read_queue()
                again.work(until=one.clock.now() + HOUR)
        assert len(one.sandbox.ledger()) == 2
        assert sum(entry.path == "/2/users/me" for entry in one.sandbox.requests()) == 1


def test_a_login_is_good_for_the_account_it_was_made_for_alone(tmp_path: Path, smtp: MailServer) -> None:
    """Somebody puts another number into the configuration after the login: nothing goes out, and nobody was asked."""
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")
    with a_connected_town(tmp_path, smtp, ("x",)) as one:
        before = len(one.sandbox.requests())
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace("2000000101", "2000000102"), "utf-8")
        with Service.open(load_config(config), one.clock) as service:
            at_work = Town(tmp_path, service, one.sandbox, one.clock)
            service.read_queue()
            at_work.work(until=one.clock.now() + HOUR)
            assert one.sandbox.ledger() == ()
            assert len(one.sandbox.requests()) == before
            with service.store.read() as conn:
                assert [each.blocked_kind for each in accounts.list_accounts(conn)] == ["wrong_account"]

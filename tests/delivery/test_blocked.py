"""An account that cannot be used pauses alone, is asked rarely, is told of once, and catches up when it is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from channels.sandbox import Sandbox
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.settings import Delays, SandboxAccount
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service, SystemClock
from tests.delivery.town import NETWORKS, Town, town, write, write_picture
from tests.mailserver import MailServer

HOUR = timedelta(hours=1)
POSTS = 5


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one account, and how it is mended."""

    channel: str
    status: int
    begin: Callable[[Sandbox, SandboxAccount], None]
    mend: Callable[[Sandbox, SandboxAccount], None]


def credit(left: float) -> Callable[[Sandbox, SandboxAccount], None]:
    return lambda _box, account: setattr(account, "credit", left)


def judged(day: date) -> Callable[[Sandbox, SandboxAccount], None]:
    return lambda box, _account: setattr(box.settings.versions, "judged_on", day)


def token(status: str) -> Callable[[Sandbox, SandboxAccount], None]:
    return lambda _box, account: setattr(account, "status", status)


TROUBLES = {
    "X out of credit": Trouble("x", 402, credit(0), credit(100)),
    "LinkedIn's version dead": Trouble("linkedin", 426, judged(date(2027, 10, 1)), judged(date(2026, 11, 24))),
    "a Facebook token expired": Trouble("facebook", 400, token("expired"), token("ok")),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_it_pauses_alone_with_one_mail_and_no_storm_and_catches_up_after_the_repair(
    tmp_path: Path, smtp: MailServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Five announcements on four networks, one of which refuses for eight hours; then it is mended, and `tiedote doctor` says so."""
    trouble = TROUBLES[name]
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    for number in range(POSTS):
        picture = "image: {file: talo.png, alt: Talo.}"
        write(tmp_path, f"tiedote-{number}", f"text: Tiedote numero {number}.\npublish: asap\n{picture}\n")
    with town(tmp_path) as one:
        account = next(each for each in one.sandbox.accounts if each.channel == trouble.channel)
        if trouble.channel == "facebook":
            # The Page's token is Instagram's as well: here Instagram has one of its own, as from another person.
            give_instagram_its_own_token(one, tmp_path)
        config = with_mail_server(tmp_path, smtp)
        with Service.open(load_config(config), one.clock) as service:
            at_work = Town(tmp_path, service, one.sandbox, one.clock)
            trouble.begin(one.sandbox, account)
            began = one.clock.now()
            service.read_queue()
            at_work.work(until=began + 8 * HOUR)

            states = {(view.key.channel, view.state) for view in at_work.deliveries()}
            others = {channel for channel in NETWORKS if channel != trouble.channel}
            assert states == {(channel, State.PUBLISHED) for channel in others} | {(trouble.channel, State.SCHEDULED)}
            asked = one.sandbox.requests(trouble.channel)
            assert {entry.status for entry in asked} == {trouble.status}
            assert len(asked) <= 2 + 2 * 4 + 6, "four times an hour at first, then once an hour"
            assert {entry.method for entry in asked[1:]} == {"GET"}
            one.clock.set(began + 8 * HOUR)
            service.send_mails()
            assert len(smtp.messages) == 1
            shown = {"x": "X", "linkedin": "LinkedIn", "facebook": "Facebook"}[trouble.channel]
            assert shown in smtp.messages[0]["Subject"]

            trouble.mend(one.sandbox, account)
            monkeypatch.setattr(SystemClock, "now", lambda _self: one.clock.now())
            checked = CliRunner().invoke(tiedote, ["doctor", "--json", "--config", str(config)])
            found = {check["name"]: check["status"] for check in json.loads(checked.stdout)["checks"]}
            assert {found[f"account:hausjarvi:{channel}"] for channel in NETWORKS} == {"ok"}
            assert checked.exit_code == 0, checked.output

            at_work.work(until=one.clock.now() + timedelta(minutes=10))
            assert {view.state for view in at_work.deliveries()} == {State.PUBLISHED}
            assert {channel: len(one.posts(channel)) for channel in NETWORKS} == dict.fromkeys(NETWORKS, POSTS)
            service.send_mails()
            assert len(smtp.messages) == 1


@pytest.mark.parametrize("on_doubt, fault", [("hold", Kind.LOST_AFTER), ("resend", Kind.LOST_BEFORE)])
def test_a_lost_answer_is_looked_for_as_long_as_ever_after_a_block(tmp_path: Path, on_doubt: str, fault: Kind) -> None:
    """The token ends for twenty hours while a post is in doubt, and the first look afterwards fails: nobody is asked too early."""
    write(tmp_path, "lupa", "text: Luvan voi hakea verkossa.\npublish: asap\n")
    with town(tmp_path, channels=("x",), on_doubt=on_doubt, delays=Delays(listing=60)) as one:
        account = next(each for each in one.sandbox.accounts if each.channel == "x")
        began = one.clock.now()
        one.service.read_queue()
        one.sandbox.add_rule(Rule(kind=fault, method="POST", path="/2/tweets$"))
        one.work(until=began)
        account.status = "expired"
        one.work(until=began + 20 * HOUR)
        assert one.states() == {"x": State.CONFIRMING}
        account.status = "ok"
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, method="GET", path=r"/tweets\?"))
        one.work(until=began + 23 * HOUR)
        assert one.states() == {"x": State.PUBLISHED}
        assert len(one.posts("x")) == 1


def give_instagram_its_own_token(one: Town, folder: Path) -> None:
    instagram = next(each for each in one.sandbox.accounts if each.channel == "instagram")
    instagram.token = "planted-instagram-token"
    path = folder / "config.yaml"
    before, after = path.read_text(encoding="utf-8").split("      instagram:", 1)
    after = after.replace("planted-facebook-token", "planted-instagram-token", 1)
    path.write_text(f"{before}      instagram:{after}", encoding="utf-8")


def with_mail_server(folder: Path, smtp: MailServer) -> Path:
    path = folder / "config.yaml"
    words = path.read_text(encoding="utf-8").replace("port: 1,", f"port: {smtp.port},")
    path.write_text(words, encoding="utf-8")
    return path

"""Who is mailed about what: everybody whom it concerns, once for each cause and day, each in their own language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from channels.base import Channel
from channels.sandbox import Sandbox, serve
from channels.sandbox.clock import Clock
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.settings import Delays, Quotas
from publisher.config import load_config
from publisher.model import State
from publisher.reading import Answered, Asked, KnownOf
from publisher.reading import read as reading
from publisher.service import Service
from publisher.store.notices import NoticeKind, raise_notice
from tests.delivery.town import START, Town, remote_accounts, write, write_config
from tests.mailserver import MailServer

PEOPLE = "[{address: it@example.fi, language: en}, {address: viestinta@example.fi, language: fi}]"
REPORT = "    report: {to: [{address: kontakt@example.fi, language: sv}]}\n"


@contextmanager
def an_office(folder: Path, smtp: MailServer, *, channels: tuple[str, ...] = ("facebook", "x")) -> Iterator[Town]:
    """A town whose mails arrive: alerts to IT and to the communications office, an owner for each account."""
    clock = Clock(START, frozen=True)
    sandbox = Sandbox(accounts=remote_accounts(), clock=clock, delays=Delays(), quotas=Quotas())
    with serve(sandbox, ports=(0,)) as server:
        path = write_config(folder, server.base_url, channels=channels, more=", owner: omistaja@example.fi")
        words = path.read_text(encoding="utf-8").replace("port: 1,", f"port: {smtp.port},")
        words = words.replace("alerts_to: [it@example.fi]", f"alerts_to: {PEOPLE}")
        words = words.replace("    accounts:\n", f"{REPORT}    accounts:\n")
        path.write_text("language: fi\n" + words, encoding="utf-8")
        with Service.open(load_config(path), clock) as service:
            yield Town(folder, service, sandbox, clock)


def mails(one: Town, smtp: MailServer) -> dict[str, list[str]]:
    """Send what is due; return the subjects of all alerts so far by recipient."""
    one.service.send_mails()
    found: dict[str, list[str]] = {}
    for message in alerts(smtp):
        found.setdefault(str(message["To"]), []).append(str(message["Subject"]))
    return found


def alerts(smtp: MailServer) -> list[EmailMessage]:
    return [message for message in smtp.messages if "alerts" in str(message["List-Id"])]


def text_to(smtp: MailServer, recipient: str) -> str:
    """Return the newest alert's text to one recipient, its lines joined."""
    message = [one for one in alerts(smtp) if one["To"] == recipient][-1]
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return " ".join(part.get_content().split())


def test_what_was_missed_over_a_night_is_one_mail_to_each_person_it_concerns(tmp_path: Path, smtp: MailServer) -> None:
    """Three announcements on two accounts: one mail with six lines, and to the contact of one of them only what is hers."""
    contact = "contact: kontakt@example.fi\n"
    for name in ("yksi", "kaksi", "kolme"):
        words = f"text: Tiedote {name}.\npublish: {(START + timedelta(hours=1)).isoformat()}\n"
        write(tmp_path, name, words + (contact if name == "yksi" else ""))
    with an_office(tmp_path, smtp) as one:
        write(tmp_path, "ensin", "text: Ensimmäinen.\npublish: asap\n")
        one.service.read_queue()
        one.work(until=one.clock.now())
        one.clock.advance(10 * 3600)
        one.work()
        told = mails(one, smtp)
        assert told == {
            "it@example.fi": ["Too late: 6 posts"],
            "viestinta@example.fi": ["Myöhästyi: 6 julkaisua"],
            "omistaja@example.fi": ["Myöhästyi: 6 julkaisua"],
            "kontakt@example.fi": ["För sent: 2 inlägg"],
        }
        assert "Tiedote yksi., Facebook, ti 24.11. klo 10.00" in text_to(smtp, "viestinta@example.fi")
        one.clock.advance(3600)
        one.work()
        assert mails(one, smtp) == told


COMMITS = "/2/tweets$"


def test_what_one_outage_leaves_open_is_one_mail_for_an_account(tmp_path: Path, smtp: MailServer) -> None:
    """Three posts whose answers were lost, before anybody was mailed: one mail with three lines, each with the number that settles it."""
    for name in ("yksi", "kaksi", "kolme"):
        write(tmp_path, name, f"text: Tiedote {name}.\npublish: asap\n")
    with an_office(tmp_path, smtp, channels=("x",)) as one:
        one.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, method="POST", path=COMMITS, times=None))
        one.service.read_queue()
        one.work()
        numbers = [view.name for view in one.deliveries()]
        assert {view.state for view in one.deliveries()} == {State.UNCONFIRMED}
        told = mails(one, smtp)
        assert told["it@example.fi"] == ["Did they go out? 3 posts (X)"]
        assert told["viestinta@example.fi"] == ["Julkaistiinko nämä? 3 julkaisua (X)"]
        text = text_to(smtp, "it@example.fi")
        assert all(f"{number}: Tiedote" in text for number in numbers)
        assert "tiedote resolve DELIVERY --not-published" in text
        assert mails(one, smtp) == told


def test_what_a_network_refuses_for_one_reason_is_one_mail_and_another_reason_a_second(
    tmp_path: Path, smtp: MailServer
) -> None:
    """A 403 of the same kind three times, and one post that is a duplicate: whoever reads it can tell the two apart."""
    for name in ("yksi", "kaksi", "kolme"):
        write(tmp_path, name, f"text: Tiedote {name}.\npublish: asap\n")
    with an_office(tmp_path, smtp, channels=("linkedin",)) as one:
        one.service.read_queue()
        with one.service.store.write() as conn:
            for number, view in enumerate(one.deliveries()):
                for person in ("it@example.fi", "omistaja@example.fi"):
                    raise_notice(
                        conn,
                        cause=f"failed:{view.name}",
                        kind=NoticeKind.FAILED,
                        params={
                            "delivery": view.name,
                            "title": f"Tiedote {number}",
                            "organisation": "hausjarvi",
                            "channel": "linkedin",
                            "account": "linkedin",
                            "error_kind": "duplicate" if number == 1 else "text_refused",
                        },
                        recipients=[(person, "en")],
                        now=one.clock.now(),
                    )
        told = mails(one, smtp)
        first, _second, third = (view.name for view in one.deliveries())
        assert told["it@example.fi"] == told["omistaja@example.fi"]
        assert told["it@example.fi"] == ["Not published: 2 posts (LinkedIn)", "Not published: Tiedote 1 (LinkedIn)"]
        (joined,) = [one for one in alerts(smtp) if one["To"] == "it@example.fi" and "2 posts" in str(one["Subject"])]
        part = joined.get_body(("plain",))
        assert isinstance(part, EmailMessage)
        assert f"- {first}: Tiedote 0, LinkedIn" in part.get_content()
        assert f"- {third}: Tiedote 2, LinkedIn" in part.get_content()


def test_words_that_are_held_are_told_once_when_they_are_due(tmp_path: Path, smtp: MailServer) -> None:
    """A copy of a file waits for a person on both accounts: one mail when it would have gone out, and none on the days after."""
    write(tmp_path, "eka", "text: Samat sanat.\npublish: asap\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.work()
        later = one.clock.now() + timedelta(hours=2)
        write(tmp_path, "kopio", f"text: Samat sanat.\npublish: {later.isoformat()}\n")
        one.service.read_queue()
        assert mails(one, smtp) == {}
        one.work()
        one.clock.set(later)
        one.work()
        subject = "Pidossa: Samat sanat., 2 tiliä"
        assert mails(one, smtp)["viestinta@example.fi"] == [subject]
        assert {one_.state for one_ in one.deliveries()} == {State.PUBLISHED, State.HELD}
        one.clock.advance(3 * 86_400)
        one.service.read_queue()
        assert mails(one, smtp)["viestinta@example.fi"] == [subject]


def test_an_account_that_could_not_be_read_for_a_day_is_told_once_a_day(tmp_path: Path, smtp: MailServer) -> None:
    """Facebook answers 503 to every reading: nothing for a day, then a mail with the reason, another the next day, none once it is read."""
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\nchannels: [facebook]\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.work()
        one.service.collect()
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        subject = "Kommentteja ei saada luettua: Facebook, Hausjärven kunta"
        counts = []
        for _half_day in range(5):
            one.clock.advance(12 * 3600 + 60)
            one.service.collect()
            counts.append(len(mails(one, smtp).get("omistaja@example.fi", [])))
        assert counts == [0, 1, 1, 2, 2]
        assert set(mails(one, smtp)["omistaja@example.fi"]) == {subject}
        text = text_to(smtp, "viestinta@example.fi")
        assert "Viimeksi se onnistui ti 24.11. klo 9.00. Kanavassa on" in text
        one.sandbox.rules.clear()
        before = len(smtp.messages)
        one.clock.advance(86_400)
        one.service.collect()
        mails(one, smtp)
        assert len(smtp.messages) == before


def test_a_fault_of_our_own_in_one_accounts_reading_stops_no_other_and_is_told(
    tmp_path: Path, smtp: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever breaks while Facebook is read: X is read all the same, the log has it at once, and a mail goes out after a day."""
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")

    def read(channel: Channel, asked: Asked, known_of: KnownOf) -> Answered:
        if channel.name == "facebook":
            raise ZeroDivisionError
        return reading(channel, asked, known_of)

    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.work()
        one.clock.advance(600)
        monkeypatch.setattr("publisher.reading.read", read)
        assert {each.channel: (each.posts, each.broken) for each in one.service.collect()} == {
            "facebook": (0, True),
            "x": (1, False),
        }
        assert "reading hausjarvi/facebook" in caplog.text
        one.clock.advance(25 * 3600)
        one.service.collect()
        assert mails(one, smtp)["omistaja@example.fi"] == ["Kommentteja ei saada luettua: Facebook, Hausjärven kunta"]


def test_a_machine_that_was_off_for_days_is_not_behind_before_it_has_read(tmp_path: Path, smtp: MailServer) -> None:
    """The mails of the first minute after a start come before the first reading is done: nothing is said yet."""
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.work()
        one.service.collect()
        one.clock.advance(3 * 86_400)
        with one.again() as again:
            assert mails(again, smtp) == {}
            again.service.collect()
            assert mails(again, smtp) == {}


def test_an_account_that_lets_nobody_in_is_told_as_that_and_not_as_behind(tmp_path: Path, smtp: MailServer) -> None:
    """One cause, one mail a day."""
    write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\nchannels: [facebook]\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.work()
        one.service.collect()
        next(account for account in one.sandbox.accounts if account.channel == "facebook").status = "expired"
        one.clock.advance(30 * 3600)
        one.service.collect()
        assert mails(one, smtp)["omistaja@example.fi"] == ["Tili kaipaa apuasi: Facebook, Hausjärven kunta"]


def test_a_faulty_file_is_told_to_each_in_their_language_and_to_the_contact_that_it_names(
    tmp_path: Path, smtp: MailServer
) -> None:
    """The fault is worded for the reader, not for the configuration; whoever the file names hears of it, and else who gets alerts."""
    (tmp_path / "schedules").mkdir()
    write(tmp_path, "vika", "text: A\nchannels: [twiter]\ncontact: kontakt@example.fi\n")
    write(tmp_path, "toinen", "text: B\nchannels: [twiter]\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        told = mails(one, smtp)
        assert told.keys() == {"it@example.fi", "viestinta@example.fi", "kontakt@example.fi"}
        assert [len(subjects) for subjects in told.values()] == [1, 1, 1]
        assert "line 2: 'twiter' is not" in text_to(smtp, "it@example.fi")
        assert "rivi 2: 'twiter' ei" in text_to(smtp, "viestinta@example.fi")
        assert "rad 2: 'twiter' är" in text_to(smtp, "kontakt@example.fi")
        before = len(smtp.messages)
        one.clock.advance(86_400)
        one.service.read_queue()
        mails(one, smtp)
        assert len(smtp.messages) == before


def test_a_file_that_was_mended_before_the_mail_left_is_not_told(tmp_path: Path, smtp: MailServer) -> None:
    """The mail server was down meanwhile; nobody is sent to a fault that is gone."""
    write(tmp_path, "vika", "text: A\nchannels: [twiter]\n")
    write(tmp_path, "poistettu", "text: A\nchannels: [twiter]\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        write(tmp_path, "vika", "text: A\n")
        (tmp_path / "schedules" / "poistettu.yaml").unlink()
        assert mails(one, smtp) == {}
        one.clock.advance(3600)
        assert mails(one, smtp) == {}

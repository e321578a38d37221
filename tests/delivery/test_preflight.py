"""The day before: one mail to each person whom it concerns, with what to mend and how, and nothing asked where nothing is due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from channels.base import Health, Identity
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.settings import update
from publisher.preflight import Preflight
from publisher.store import meta
from tests.delivery.test_alerts import an_office, mails, text_to
from tests.delivery.town import START, write
from tests.mailserver import MailServer

DAY = timedelta(days=1)


def test_what_may_stop_tomorrows_announcements_is_one_mail_with_its_remedies(tmp_path: Path, smtp: MailServer) -> None:
    """A token that has expired on Facebook, one of the other municipality's on X, a link that leads nowhere: one mail to each, in time."""
    due = (START + 2 * DAY).isoformat()
    write(
        tmp_path,
        "lupa",
        f"text: Lupa verkossa.\nlink: http://10.0.0.1/lupa\npublish: {due}\ncontact: kontakt@example.fi\n",
    )
    with an_office(tmp_path, smtp) as one:
        update(next(a for a in one.sandbox.accounts if a.channel == "facebook"), {"status": "expired"})
        update(next(a for a in one.sandbox.accounts if a.channel == "x"), {"account_id": "2000000999"})
        one.service.read_queue()
        assert one.service.look_ahead() == 0
        assert one.sandbox.requests() == []
        one.clock.advance(DAY.total_seconds() + 60)
        assert one.service.look_ahead() == 2
        told = mails(one, smtp)
        assert told == {
            "it@example.fi": ["Before the next announcement: 3 things to see to"],
            "viestinta@example.fi": ["Ennen seuraavaa tiedotetta: 3 asiaa kuntoon"],
            "omistaja@example.fi": ["Ennen seuraavaa tiedotetta: 3 asiaa kuntoon"],
            "kontakt@example.fi": ["Före nästa meddelande: 1 sak att åtgärda"],
        }
        text = text_to(smtp, "viestinta@example.fi")
        assert "Hausjärven kunta, Facebook: Tilin käyttöoikeustunnus on vanhentunut." in text
        assert "Hausjärven kunta, X: Käyttöoikeustunnus kuuluu toiselle tilille" in text
        assert "lupa: Tiedotteen linkki vie sisäverkkoon (10.0.0.1)" in text
        assert "julkaistaan to 26.11. klo 9.00" in text
        assert one.service.look_ahead() == 0
        assert mails(one, smtp) == told


def test_when_all_is_well_nobody_is_mailed_and_each_account_is_asked_once(tmp_path: Path, smtp: MailServer) -> None:
    """Three announcements of tomorrow on two accounts cost a look at each account, and a later one another."""
    for name in ("yksi", "kaksi", "kolme"):
        link = "link: https://asiointi.hausjarvi.example/lupa\n"  # a name of documents, which nobody is asked about
        write(tmp_path, name, f"text: Tiedote {name}.\npublish: {(START + DAY / 2).isoformat()}\n{link}")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        assert one.service.look_ahead() == 6
        assert len(one.sandbox.requests()) == 2
        assert mails(one, smtp) == {}
        one.clock.advance(60)
        write(tmp_path, "lisa", f"text: Vielä yksi.\npublish: {(START + DAY / 4).isoformat()}\nchannels: [x]\n")
        one.service.read_queue()
        assert one.service.look_ahead() == 1
        assert len(one.sandbox.requests()) == 3
        with one.service.store.read() as conn:
            assert meta.get(conn, "preflight") is not None


def test_a_network_that_is_away_for_a_moment_is_no_news_on_the_day_before(tmp_path: Path, smtp: MailServer) -> None:
    """A blip passes by itself: it is tried again when the announcement goes out."""
    write(tmp_path, "lupa", f"text: Lupa.\npublish: {(START + DAY / 2).isoformat()}\nchannels: [facebook]\n")
    with an_office(tmp_path, smtp) as one:
        one.service.read_queue()
        one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, times=None))
        assert one.service.look_ahead() == 1
        assert mails(one, smtp) == {}


def test_a_version_that_ends_is_told_of_once_a_week(tmp_path: Path, smtp: MailServer) -> None:
    """An announcement a day for nine days: the first mail names it, and the one a week later."""
    for n in range(9):
        write(
            tmp_path,
            f"paiva-{n}",
            f"text: Tiedote {n}.\npublish: {(START + n * DAY + DAY / 2).isoformat()}\nchannels: [x]\n",
        )
    with an_office(tmp_path, smtp) as one:
        ends = Health(identity=Identity(account_id="2000000101", name="x"), asked="2", ends=(START + 30 * DAY).date())
        ahead = Preflight(one.service.store, one.service.config, one.service.links, lambda _: ends, lambda _: None)
        one.service.read_queue()
        told: list[int] = []
        for day in range(8):
            assert ahead.look(one.clock.now()) == 1
            if len(mails(one, smtp).get("it@example.fi", [])) > len(told):
                told.append(day)
            one.clock.advance(DAY.total_seconds())
        assert told == [0, 7]

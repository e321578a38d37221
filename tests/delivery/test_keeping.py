"""Residents' words are kept no longer than they may be, and a person who asks is forgotten: looked for byte by byte in every file."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from channels.sandbox.residents import handle, resident_id
from publisher.cadence import week_of
from publisher.config import Recipient, ReportSettings
from publisher.mail.outbox import FolderOutbox
from publisher.mail.waiting import written_with
from publisher.reporting import Reporter
from publisher.store import care, engagement, replies
from publisher.store.copies import back_up
from publisher.store.engagement import CommentView
from publisher.store.replies import Addressed
from tests.delivery.town import NETWORKS, Town, town, write, write_picture

HOUR = timedelta(hours=1)
EERO = "Voiko hakemuksen täyttää myös kirjaston koneella, kun kotona ei ole verkkoyhteyttä? {}"
AINO = "Kiitos tästä, lupa tuli viikossa eikä tarvinnut käydä virastossa kertaakaan. {}"
AGAIN = "Sama täällä, ja naapurikin odottaa vastausta samaan kysymykseen. {}"


def everything_in(folder: Path) -> bytes:
    """Every byte that Tiedote has written: database, log, copies, mails, whatever else."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[Town]:
    """One announcement on four networks; on each Eero asks, Aino thanks, and Eero writes below her."""
    with town(tmp_path) as here:
        write_picture(tmp_path, "talo.png")
        write(tmp_path, "lupa", "text: Lupa haetaan verkossa.\npublish: asap\nimages: [{file: talo.png, alt: Talo.}]\n")
        here.service.read_queue()
        here.work()
        for post in here.sandbox.ledger():
            here.sandbox.comment(post.id, EERO.format(post.network), author="Eero Lehtonen")
            thanks = here.sandbox.comment(post.id, AINO.format(post.network), author="Aino Mäkelä")
            here.sandbox.comment(post.id, AGAIN.format(post.network), author="Eero Lehtonen", parent=thanks)
        with here.service.alone():
            here.service.collect(all_posts=True)
            yield here


def counts(here: Town) -> dict[str, int | None]:
    """Residents' comments of each post, as `results` has them."""
    with here.service.store.read() as conn:
        return {one.channel: one.comments for one in engagement.list_results(conn)}


def views(here: Town) -> list[CommentView]:
    """What `comments` has to show."""
    with here.service.store.read() as conn:
        return list(engagement.list_comments(conn))


def an_address(here: Town, comment_id: int) -> Addressed:
    """A comment as it takes to open it."""
    with here.service.store.read() as conn:
        found = replies.comment(conn, comment_id)
    assert found is not None
    return found


def a_mail(here: Town, folder: Path) -> Path:
    """This week's summary as a file that nobody has taken, and that quotes Eero."""
    service = here.service
    to = ReportSettings(to=(Recipient(address="viestinta@hausjarvi.example", language="fi"),))
    organisation = replace(service.config.organisations["hausjarvi"], report=to)
    config = replace(service.config, mail=None, organisations={"hausjarvi": organisation})
    service.reporter = Reporter(service.store, config, FolderOutbox(folder / "mails"))
    now = here.clock.now()
    service.reporter.prepare_span(organisation, week_of(now, config.timezone), now)
    assert service.reporter.send_due(now).summaries == 1
    (mail,) = (folder / "mails").glob("*.eml")
    assert set(written_with([mail], [EERO.format("facebook")])) == {mail}
    return mail


def keys(folder: Path, condition: str) -> set[bytes]:
    """The pseudonyms of whoever wrote some comments."""
    with closing(sqlite3.connect(folder / "tiedote.db")) as conn:
        rows = conn.execute(
            f"SELECT author_key FROM comments c JOIN accounts a ON a.id = c.account_id WHERE {condition}"
        )
        return {key.encode() for (key,) in rows if key}


def test_linkedin_members_words_are_in_no_file_after_48_hours(lively: Town, tmp_path: Path) -> None:
    """Not in the database, its log, a copy or a mail, nor who wrote them; other networks' stay, and so does every count."""
    before, start = counts(lively), lively.clock.now()
    members = keys(tmp_path, "a.channel = 'linkedin'")
    back_up(tmp_path / "tiedote.db", tmp_path / "backups", start)
    assert members
    assert EERO.format("linkedin").encode() in everything_in(tmp_path)
    for hours in (1, 24, 46, 47.3, 48):
        lively.clock.set(start + hours * HOUR)
        lively.service.collect(all_posts=True)
        lively.service.keep(at_once=True)
    kept = everything_in(tmp_path)
    assert [one for one in (EERO, AINO, AGAIN) if one.format("linkedin").encode() in kept] == []
    assert [one for one in members if one in kept] == []
    assert EERO.format("facebook").encode() in kept
    assert counts(lively) == before
    emptied = [one for one in views(lively) if one.channel == "linkedin"]
    assert [one.text for one in emptied] == [None] * 3
    opened = {lively.service.keeper.open(an_address(lively, one.id), lively.clock.now()).text for one in emptied}
    assert opened == {one.format("linkedin") for one in (EERO, AINO, AGAIN)}
    assert EERO.format("linkedin").encode() not in everything_in(tmp_path)
    lively.sandbox.remove(emptied[0].remote_id)
    assert lively.service.keeper.open(an_address(lively, emptied[0].id), lively.clock.now()).gone


def test_a_person_is_forgotten_on_every_network_and_stays_so(lively: Town, tmp_path: Path) -> None:
    """Known by a name, an address, a comment and an id; nothing of them is in any file, and reading again brings nothing back."""
    before, keeper, now = counts(lively), lively.service.keeper, lively.clock.now()
    mail = a_mail(lively, tmp_path)
    shutil.copy(mail, mail.with_name(f".{mail.name}.unfinished"))
    eero = {one.channel: one for one in views(lively) if one.text and "kirjaston" in one.text}
    traces = keys(tmp_path, "text LIKE '%kirjaston%' OR text LIKE '%Sama täällä%'")
    traces |= {one.remote_id.encode() for one in views(lively) if one.text and "kertaakaan" not in one.text}
    assert len(traces) == 4 + 8
    eero_on_instagram = f"https://www.instagram.com/{handle('Eero Lehtonen', resident_id('Eero Lehtonen'))}/"
    names = ["facebook:Eero Lehtonen", eero_on_instagram, f"c-{eero['x'].id}", f"c-{eero['linkedin'].id}"]
    person = keeper.who(names, now, ask=True)
    assert Counter(one.channel for one in person.said) == dict.fromkeys(NETWORKS, 2)
    forgotten = keeper.forget(person, now, "maija")
    lively.service.reporter.send_due(now)
    lively.service.keep(at_once=True)
    proof = keeper.prove(forgotten)
    assert (forgotten.comments, forgotten.mails, forgotten.before, proof.left) == (8, 2, forgotten.after, ())
    assert proof.size > (tmp_path / "tiedote.db").stat().st_size

    lively.sandbox.comment(
        lively.posts("facebook")[0].id, "Vieläkin kysyn samaa asiaa toistamiseen.", author="Eero Lehtonen"
    )
    lively.clock.set(now + 25 * HOUR)
    lively.service.collect(all_posts=True)
    lively.service.keep(at_once=True)
    kept = everything_in(tmp_path)
    words = [words.format(channel).encode() for words in (EERO, AGAIN) for channel in NETWORKS]
    assert [one for one in (*words, *traces, b"Eero", "Vieläkin kysyn".encode()) if one in kept] == []
    assert AINO.format("x").encode() in kept
    assert counts(lively) == before | {"facebook": 4}
    assert mail.exists()
    assert written_with([mail], [EERO.format("facebook")]) == {}
    with lively.service.store.read() as conn:
        last = care.trail(conn)[-1]
    assert (last.by, last.action, last.numbers) == ("maija", "forget", {"comments": 8, "mails": 2})


def test_a_member_whose_older_words_were_erased_is_forgotten_with_all_of_them(lively: Town, tmp_path: Path) -> None:
    """After 48 hours LinkedIn's comments have no author here: reading knows them again, and each keeps its one place in the count."""
    for hours in (47.3, 1.7):
        lively.clock.set(lively.clock.now() + hours * HOUR)
        lively.service.collect(all_posts=True)
        lively.service.keep(at_once=True)
    keeper = lively.service.keeper
    old = next(one for one in views(lively) if one.channel == "linkedin" and one.question)
    assert len(keeper.who([f"c-{old.id}"], lively.clock.now()).said) == 1
    asked = len(lively.sandbox.requests())
    assert len(keeper.who([f"c-{old.id}"], lively.clock.now(), ask=True).said) == 2
    assert {one.network for one in lively.sandbox.requests()[asked:]} == {"linkedin"}
    lively.sandbox.comment(lively.posts("linkedin")[0].id, "Ja vielä yksi kysymys?", author="Eero Lehtonen")
    lively.service.collect(all_posts=True)
    before, now = counts(lively), lively.clock.now()
    new = next(one for one in views(lively) if one.text and "vielä yksi" in one.text)
    keeper.forget(keeper.who([f"c-{new.id}"], now), now, "maija")
    lively.clock.set(now + HOUR)
    lively.service.collect(all_posts=True)
    lively.service.keep(at_once=True)
    assert counts(lively) == before
    names = [one.remote_id[:10] for one in views(lively) if one.channel == "linkedin"]
    assert Counter(names)["forgotten:"] == 3
    assert old.remote_id.encode() not in everything_in(tmp_path)

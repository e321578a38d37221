"""What is kept no longer, and how a person is found, on both databases."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from channels.base import Channel
from publisher.config import Account, MailSettings, RetentionSettings
from publisher.keeping import Keeper, wanted_by
from publisher.pseudonyms import KEY, pseudonym
from publisher.purging import Purged
from publisher.retention import ERASED_AHEAD, PURGED_EVERY, RULES
from publisher.store import Store, care, engagement, meta
from publisher.store.engagement import NewComment
from tests.publisher.configs import a_config, an_organisation
from tests.publisher.rows import a_post, an_account, comment_rows

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@contextmanager
def nobody(_account: Account) -> Iterator[Channel]:
    """These tests ask no network."""
    raise AssertionError
    yield


def a_keeper(store: Store, folder: Path, *channels: str, **config: Any) -> Keeper:
    """A keeper of an organisation that has these accounts now."""
    return Keeper(store, nobody, a_config(folder, an_organisation(channels=channels), **config))


def wrote(store: Store, channel: str, remote_id: str, at: datetime = NOW, **values: Any) -> int:
    """A resident's comment on a post of this network, seen as soon as it was written; returns its account."""
    account = an_account(store, NOW, channel)
    post = a_post(store, account, at, f"{channel}-{remote_id}", announcement=remote_id)
    with store.write() as conn:
        key = meta.secret_key(conn, KEY, NOW)
        usual: dict[str, Any] = {
            "delivery_id": post,
            "remote_id": remote_id,
            "parent_remote_id": None,
            "kind": "comment",
            "author_key": pseudonym(key, account.id, "u-7"),
            "author_name": "Matti",
            "text": "Hieno juttu",
            "url": None,
            "created_at": at,
            "own": False,
            "question": False,
        }
        engagement.upsert_comments(conn, account.id, [NewComment(**usual | values)], at)
        accounts_read_at(conn, account.id, at)
    return account.id


def accounts_read_at(conn: Any, account_id: int, at: datetime) -> None:
    """The account was read then."""
    engagement.collected(conn, account_id, at, at)


def with_words(store: Store) -> set[str]:
    """The comments that still have words."""
    return {key for key, row in comment_rows(store).items() if row.text is not None}


def test_each_network_has_its_own_rule_and_the_stricter_one_counts(store: Store, tmp_path: Path) -> None:
    """LinkedIn's 48 hours; X's words only while they are followed; the organisation's year for all; names only where they are asked for."""
    keeper = a_keeper(store, tmp_path, "facebook", "x", "linkedin")
    for channel in ("facebook", "x", "linkedin"):
        for age in (1, 3, 100, 400):
            wrote(store, channel, f"{channel}{age}", NOW - age * DAY)
    dry = keeper.purge(NOW, "maija", dry_run=True)
    assert dry == Purged(words=3, names=6, rows=3)
    assert len(with_words(store)) == 12
    assert keeper.purge(NOW, "maija") == dry
    assert with_words(store) == {"facebook1", "facebook3", "facebook100", "x1", "x3", "linkedin1"}
    assert {row.author_name for row in comment_rows(store).values()} == {None}
    assert set(comment_rows(store)) & {"linkedin3", "x400"} == {"linkedin3"}
    with store.read() as conn:
        assert [(one.by, one.action, one.numbers) for one in care.trail(conn)] == [("maija", "purge", dry.numbers)]


def test_an_account_that_was_left_keeps_no_words(store: Store, tmp_path: Path) -> None:
    """What is not read any more cannot be followed: X after a day, Meta's after thirty, whoever still has the account keeps them."""
    wrote(store, "x", "x2", NOW - 2 * DAY)
    wrote(store, "facebook", "f2", NOW - 2 * DAY)
    a_keeper(store, tmp_path, "x").purge(NOW, "it")
    assert with_words(store) == {"x2", "f2"}
    a_keeper(store, tmp_path, "instagram").purge(NOW, "it")
    assert with_words(store) == {"f2"}
    a_keeper(store, tmp_path, "instagram").purge(NOW + 29 * DAY, "it")
    assert with_words(store) == set()


def test_names_stay_where_they_were_asked_for(store: Store, tmp_path: Path) -> None:
    """`retention.author_names: yes`."""
    wrote(store, "facebook", "f1", NOW - DAY)
    keeps = RetentionSettings(author_names=True)
    assert a_keeper(store, tmp_path, "facebook", retention=keeps).purge(NOW, "it").names == 0
    assert a_keeper(store, tmp_path, "facebook").purge(NOW, "it").names == 1


def test_there_is_time_to_erase_before_a_networks_time_is_up(store: Store, tmp_path: Path) -> None:
    """A purge comes round, and another if one was in the way, before the hours are over; once it was, not again at once."""
    assert 2 * PURGED_EVERY < ERASED_AHEAD < min(rule.words for rule in RULES.values() if rule.words)
    keeper = a_keeper(store, tmp_path, "facebook")
    assert keeper.purge_due(NOW, "it")
    assert not keeper.purge_due(NOW + PURGED_EVERY / 2, "it")
    assert keeper.purge_due(NOW + PURGED_EVERY, "it")


@pytest.mark.parametrize(
    "name, channel, names",
    [
        ("facebook:Eero Lehtonen", "facebook", {"Eero Lehtonen", "eero lehtonen"}),
        ("twitter:@eero", "x", {"eero"}),
        ("https://x.com/eero", "x", {"eero"}),
        ("https://www.facebook.com/profile.php?id=1000123", "facebook", {"1000123"}),
        ("https://fi.linkedin.com/in/eero-lehtonen/", "linkedin", {"eero-lehtonen"}),
        ("urn:li:person:AbC", "linkedin", {"urn:li:person:AbC"}),
        ("Eero", None, {"Eero", "eero"}),
    ],
)
def test_a_person_goes_by_many_names(name: str, channel: str | None, names: set[str]) -> None:
    """A name, with or without its network, an address, an id."""
    found = wanted_by(name)
    assert (found.channel, set(found.names), found.comment) == (channel, names, None)


def test_a_person_is_found_on_the_network_that_was_meant_and_replies_keep_their_place(
    store: Store, tmp_path: Path
) -> None:
    """By id, by pseudonym and by a comment; nobody else is touched, and an answer goes on standing below what it answers."""
    keeper = a_keeper(store, tmp_path, "facebook", "x")
    facebook = wrote(store, "facebook", "f1")
    wrote(store, "facebook", "f2", author_key="aino", author_name="Aino", text="Kysyin Matilta", parent_remote_id="f1")
    wrote(store, "x", "x1")
    by_id = keeper.who(["x:u-7"], NOW)
    assert [one.remote_id for one in by_id.said] == ["x1"]
    key = comment_rows(store)["f1"].author_key
    assert [one.remote_id for one in keeper.who([key], NOW).said] == ["f1"]
    person = keeper.who([f"c-{comment_rows(store)['f1'].id}", "facebook:Matti"], NOW)
    assert [one.remote_id for one in person.said] == ["f1"]
    assert person.mentioned == ()
    wrote(store, "facebook", "f3", author_key="åke", author_name="Åke Öhman", parent_remote_id="f1")
    assert [
        [one.remote_id for one in keeper.who([name], NOW).said] for name in ("åke öhman", "facebook:ÅKE ÖHMAN")
    ] == [
        ["f3"],
        ["f3"],
    ]
    assert keeper.who(["facebook:Kysyin"], NOW).mentioned == (comment_rows(store)["f2"].id,)
    forgotten = keeper.forget(person, NOW, "it")
    assert forgotten.before == forgotten.after == {"facebook": 3, "x": 1}
    rows = comment_rows(store)
    (veiled,) = set(rows) - {"f2", "f3", "x1"}
    assert rows["f2"].parent_remote_id == veiled
    assert (rows[veiled].text, rows[veiled].author_key, rows[veiled].author_name, rows[veiled].url) == (None,) * 4
    assert rows[veiled].account_id == facebook
    assert keeper.who([f"c-{rows[veiled].id}"], NOW).said[0].remote_id == veiled


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Nothing more can be opened in this process; what is open stays so."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_folder_that_cannot_be_looked_into_stops_no_purge(store: Store, tmp_path: Path) -> None:
    """What is due is erased from the database all the same; the next purge looks into the folders again."""
    (tmp_path / "var" / "reports").mkdir(parents=True)
    page = tmp_path / "var" / "reports" / "2026-W48.html"
    page.write_text("Hieno juttu", encoding="utf-8")
    os.utime(page, (0, 0))
    keeper = a_keeper(store, tmp_path, "linkedin")
    wrote(store, "linkedin", "l1", NOW - 3 * DAY)
    keeper.purge(NOW, "it", dry_run=True)
    with no_descriptor_left():
        assert keeper.purge(NOW, "it").words == 1
    assert page.exists()
    keeper.purge(NOW + PURGED_EVERY, "it")
    assert not page.exists()


def test_the_database_is_written_anew_once_after_an_erasure(store: Store, tmp_path: Path) -> None:
    """Wanted by whoever erased, done by whoever may, and wanted again by the next one."""
    keeper = a_keeper(store, tmp_path, "linkedin")
    wrote(store, "linkedin", "l1", NOW - 3 * DAY)
    keeper.purge(NOW, "it")
    store.checkpoint(on=True)
    with store.read() as conn:
        wanted_at = care.rewriting_wanted(conn)
    assert wanted_at == NOW
    assert store.rewrite()
    with store.write() as conn:
        care.want_rewriting(conn, NOW + HOUR)
        care.rewritten(conn, wanted_at)
        assert care.rewriting_wanted(conn) == NOW + HOUR
        care.rewritten(conn, NOW + HOUR)
        assert care.rewriting_wanted(conn) is None
    if store.path is not None:
        log = store.path.with_name(store.path.name + "-wal")
        assert b"Hieno juttu" not in store.path.read_bytes() + log.read_bytes()


def test_a_mail_of_before_another_door_was_configured_is_taken_away(store: Store, tmp_path: Path) -> None:
    """Mails became files in `var` first, then elsewhere; and what is not a summary of ours stays."""
    keeper = a_keeper(store, tmp_path, "facebook", mail=MailSettings(folder=tmp_path / "pickup", sender="t@example.fi"))
    wrote(store, "facebook", "f1", text="Hieno juttu oli se.")
    mails = [
        folder / f"{name}.eml"
        for folder in (tmp_path / "pickup", tmp_path / "var" / "mails")
        for name in ("report", "other")
    ]
    for mail in mails:
        mail.parent.mkdir(parents=True, exist_ok=True)
        mail.write_text(f"Message-ID: <{mail.stem}.1@example.fi>\n\nHieno juttu oli se.\n", encoding="utf-8")
    forgotten = keeper.forget(keeper.who([f"c-{comment_rows(store)['f1'].id}"], NOW), NOW, "it")
    assert forgotten.mails == 2
    assert [mail for mail in mails if mail.exists()] == [mail for mail in mails if mail.stem == "other"]
    assert set(keeper.prove(forgotten).left) >= {mail for mail in mails if mail.exists()}


@pytest.mark.parametrize("dies_at", ["publisher.keeping.Keeper._clean_copies", "publisher.store.care.note"])
def test_whoever_dies_while_forgetting_can_be_asked_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    """The person is found anew, their words are in no mail or page, and the mail that was taken away is written once more."""
    keeper = a_keeper(store, tmp_path, "facebook")
    wrote(store, "facebook", "f1", text="Hieno juttu oli se.")
    mail, page = tmp_path / "var" / "mails" / "report.eml", tmp_path / "var" / "reports" / "hausjarvi-2026-W48.html"
    for path in (mail, page):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Message-ID: <report.1@example.fi>\n\nHieno juttu oli se.\n", encoding="utf-8")
    again: list[str] = []

    def mail_again(conn: Any, ids: Any, _now: datetime) -> None:
        commits = event.listens_for(conn, "commit", once=True)
        commits(lambda _conn: again.extend(ids))

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("publisher.store.care.mail_again", mail_again)
    comment = f"c-{comment_rows(store)['f1'].id}"
    with monkeypatch.context() as there:
        there.setattr(dies_at, die)
        with pytest.raises(KeyboardInterrupt):
            keeper.forget(keeper.who([comment], NOW), NOW, "it")
    assert mail.exists() or again == ["<report.1@example.fi>"]
    person = keeper.who([comment], NOW)
    assert len(person.said) == 1
    forgotten = keeper.forget(person, NOW, "it")
    assert "<report.1@example.fi>" in again
    assert not mail.exists()
    assert not page.exists()
    assert keeper.prove(forgotten).words > 0
    assert with_words(store) == set()


def test_files_that_nobody_waits_for_do_not_keep_words(store: Store, tmp_path: Path) -> None:
    """A page for a browser lasts for hours, the rest of a copy whose making was killed for minutes; who is forgotten is in neither."""
    keeper = a_keeper(store, tmp_path, "facebook")
    beside = store.path or tmp_path / "tiedote.db"
    page = tmp_path / "var" / "reports" / "hausjarvi-2026-W48.html"
    halves = [keeper.backups / "tiedote-20261201T030000.db.partial", beside.with_name(beside.name + ".partial")]
    sound = keeper.backups / "tiedote-20261130T030000.db"
    for path in (page, sound, *halves):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Hieno juttu", encoding="utf-8")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))

    def left(at: datetime) -> list[bool]:
        keeper.purge(at, "it")
        return [path.exists() for path in (page, *halves)]

    on_disk = store.path is not None  # A server's copies are its own.
    assert left(NOW + PURGED_EVERY / 2) == [True] * 3
    assert left(NOW + ERASED_AHEAD) == [True, not on_disk, not on_disk]
    assert left(NOW + 13 * HOUR) == [False, not on_disk, not on_disk]
    assert sound.exists()
    wrote(store, "facebook", "f1")
    page.write_text("Hieno juttu", encoding="utf-8")
    keeper.forget(keeper.who([f"c-{comment_rows(store)['f1'].id}"], NOW), NOW, "it")
    assert not page.exists()

"""`comments`, `reply` and `hide` at a terminal: what waits first, why, ideas, and hostile words that can do nothing."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import rich.cells

from channels.sandbox import Sandbox, serve
from channels.sandbox.faults import Kind, Rule
from tests.delivery.town import remote_accounts, write, write_config
from tests.mailserver import MailServer
from tests.publisher.test_cli_engagement import Desk

HOSTILE = {
    "html": "<script>alert('x')</script><img src=x onerror=alert(1)> & \"lainaus\"",
    "control": "Alku\0 \x1b[31mpunainen\x1b[0m \x9b2Jtyhjä \x07kello \x08\x08pois",
    "turned": "Luetaan \u202eniirepäätkät\u202c näin \u2066x\u2069",
    "header": "Hei\r\nBcc: kaikki@example.fi\r\n\r\nPasse",
    "formula": '=HYPERLINK("http://paha.example","klikkaa")',
    "plus": "+358 40 123",
    "hidden": "Tyhj\u200b\u00adää \U000e0041\U000e0042 täynnä",
    "pile": "z" + "\u0336\u0334\u0337" * 200 + " kasa",
    "emoji": "👩🏽‍🚒" * 3_000,
    "huge": "x" * 1_000_000,
}
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One announcement of an e-service on two networks; residents ask, propose, thank and attack."""
    folder = tmp_path_factory.mktemp("desk")
    sandbox = Sandbox(accounts=remote_accounts())
    with serve(sandbox) as server, MailServer() as mail:
        path = write_config(folder, server.base_url, channels=("facebook", "linkedin"))
        write(folder, "lupa", "title: Lupa\nservice: rakennuslupa\ntext: Luvan voi hakea verkossa.\npublish: asap\n")
        one = Desk(config=path, sandbox=sandbox, mail=mail)
        assert one.run("run", "--once", "--wait", "20s").exit_code == 0
        for channel in ("facebook", "linkedin"):
            post = one.post(channel).id
            sandbox.comment(post, "Kiitos tiedosta!", author="Aino Mäkelä")
            sandbox.comment(post, "Saako lomakkeen paperilla", author="Eero Lehtonen")
            sandbox.comment(post, "Olisi hyvä jos kartta olisi mukana", author="Matti Hakala")
        for author, words in HOSTILE.items():
            sandbox.comment(one.post("facebook").id, words, author=author)
        assert one.run("collect", "--all").exit_code == 0
        yield one


def chosen(desk: Desk, channel: str, text: str) -> dict[str, Any]:
    found = [one for one in desk.data("comments")["comments"] if one["channel"] == channel]
    return next(one for one in found if text in (one["text"] or ""))


def test_questions_wait_first_and_the_rules_are_told(desk):
    """Unanswered questions before the rest; the rule, what it says, and the words that it found."""
    waiting = desk.data("comments", "--unanswered")["comments"]
    assert [one["question"] for one in waiting] == sorted((one["question"] for one in waiting), reverse=True)
    assert chosen(desk, "linkedin", "Saako")["looks"] == ["question"]
    assert chosen(desk, "linkedin", "kartta")["looks"] == ["idea"]
    assert chosen(desk, "linkedin", "Kiitos")["looks"] == ["thanks"]
    told = desk.run("comments", "--kind", "question", "--why").stdout
    assert "a word ends in the Finnish question clitic -ko or -kö: “saako” (question.fi.clitic)" in " ".join(
        told.split()
    )
    assert "Kiitos" not in told
    why = desk.data("comments", "--kind", "idea", "--why")["comments"][0]["why"]
    assert why == [{"looks": "idea", "rule": "idea.fi", "found": "olisi hyvä"}]


def test_ideas_stand_by_service_and_linkedins_are_counted_in_the_table(desk):
    """In residents' words where rules allow it: nothing that a member of LinkedIn wrote leaves the application in a file."""
    shown = desk.run("comments", "--ideas")
    assert shown.stdout.startswith("rakennuslupa: 2 ideas\n")
    rows = list(csv.DictReader(io.StringIO(desk.run("comments", "--ideas", "--csv").stdout)))
    assert [(row["service"], row["network"], row["number"], row["text"]) for row in rows] == [
        ("rakennuslupa", "linkedin", "1", ""),
        ("rakennuslupa", "facebook", "1", "Olisi hyvä jos kartta olisi mukana"),
    ]
    assert desk.data("comments", "--service", "kirjasto")["comments"] == []


def test_a_long_list_is_cut_and_says_so(desk):
    """What waits first is shown; how many more there are, and how to see them, is told; data is whole."""
    every = desk.data("comments")["comments"]
    told = desk.run("comments", "--limit", "2")
    assert re.findall(r"^c-\d+", told.stdout, re.MULTILINE) == [one["id"] for one in every[:2]]
    assert f"{len(every) - 2} more; to see them too: --limit {len(every)}" in told.stderr
    assert "more; to see" not in desk.run("comments", "--limit", str(len(every))).stderr
    assert desk.data("comments", "--limit", "2")["comments"] == every
    assert desk.run("comments", "--limit", "0").exit_code == 2


def test_hostile_words_do_nothing_to_a_terminal(desk):
    """No control character, nothing that turns or hides; markup as it stands; lines stay in their place and short."""
    shown = desk.run("comments").stdout
    assert OBEYED.findall(shown) == []
    assert "<script>alert('x')</script>" in shown
    assert "Alku [31mpunainen [0m 2Jtyhjä kello pois" in shown
    assert "Hei Bcc: kaikki@example.fi Passe" in shown
    assert max(len(re.findall("[\u0300-\u036f]+", line)[0]) for line in shown.splitlines() if "kasa" in line) <= 3
    assert max(rich.cells.cell_len(line) for line in shown.splitlines()) <= 420, "an excerpt at most"
    # Data is whole; a terminal still obeys nothing of it.
    assert (
        re.findall(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", desk.run("comments", "--json").stdout
        )
        == []
    )
    assert chosen(desk, "facebook", "punainen")["text"] == HOSTILE["control"].replace("\0", "")
    assert len([one for one in desk.data("comments")["comments"] if set(one["text"] or "") == {"x"}]) == 1


def test_hostile_words_do_nothing_to_a_spreadsheet(desk):
    """No cell begins as a formula does, none breaks its line; the table can be read back."""
    rows = list(csv.DictReader(io.StringIO(desk.run("comments", "--csv").stdout)))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert OBEYED.findall("".join(cell for row in rows for cell in row.values())) == []
    texts = {row["text"] for row in rows}
    assert '\'=HYPERLINK("http://paha.example","klikkaa")' in texts
    assert "'+358 40 123" in texts
    assert desk.run("comments", "--csv", "--json").exit_code == 2


def test_a_reply_is_shown_asked_for_and_said_once(desk):
    """Without a yes nothing is sent; with it, once; it can be lost and is found."""
    comment = chosen(desk, "facebook", "Saako")["id"]
    told = desk.run("reply", comment, "Kyllä saa, kunnantalolta.")
    assert told.exit_code == 2
    assert "Saako lomakkeen paperilla" in told.stdout
    assert "→ Kyllä saa, kunnantalolta." in told.stdout
    desk.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, network="facebook", method="POST"))
    for _ in range(2):
        assert desk.run("reply", comment, "Kyllä saa, kunnantalolta.", "--yes").exit_code == 0
    assert [one.text for one in desk.post("facebook").comments if one.own] == ["Kyllä saa, kunnantalolta."]
    assert chosen(desk, "facebook", "Saako")["answered"]
    other = desk.run("reply", comment, "Ei saa.", "--by", "Matti", "--yes")
    assert (other.exit_code, "--again" in other.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("reply", "c-9999", "Hei"), 2),
        (("reply", "c-x", "Hei"), 2),
        (("reply", "ID"), 2),
        (("reply", "ID", "Hei", "--approve"), 2),
        (("reply", "ID", "  ", "--yes"), 2),
        (("reply", "ID", "x" * 8_001, "--yes"), 1),
        (("reply", "ID", "--approve", "--yes"), 1),
        (("reply", "ID", "--drop"), 1),
        (("hide", "ID", "--undo", "--delete"), 2),
        (("hide", "ID"), 2),
    ],
)
def test_what_makes_no_sense_is_refused(desk, arguments, code):
    """A sentence and an exit code, and nothing is said anywhere."""
    comment = chosen(desk, "facebook", "Kiitos")["id"]
    before = len(desk.sandbox.requests())
    told = desk.run(*(comment if one == "ID" else one for one in arguments))
    assert (told.exit_code, "Error: " in told.stderr) == (code, True), told.stderr
    assert not [one for one in desk.sandbox.requests()[before:] if one.method != "GET"]


def test_hiding_says_what_a_network_cannot_do(desk):
    """Facebook hides and shows again; LinkedIn can only delete, which takes the comment away for good."""
    comment = chosen(desk, "facebook", "Kiitos")
    assert desk.run("hide", comment["id"], "--yes").exit_code == 0
    assert chosen(desk, "facebook", "Kiitos")["hidden"]
    assert desk.run("hide", comment["id"], "--undo", "--yes").exit_code == 0
    assert not chosen(desk, "facebook", "Kiitos")["hidden"]
    other = chosen(desk, "linkedin", "Kiitos")
    told = desk.run("hide", other["id"], "--yes")
    assert told.exit_code == 4
    assert f"tiedote hide {other['id']} --delete" in told.stderr
    assert desk.run("hide", other["id"], "--delete", "--yes").exit_code == 0
    assert "Kiitos tiedosta!" not in {one.text for one in desk.post("linkedin").comments}


def test_a_reply_that_needs_approval_is_sent_by_somebody_else(desk, tmp_path: Path):
    """With four eyes, whoever wrote it cannot approve it."""
    config = Path(desk.config)
    careful = config.with_name("careful.yaml")
    careful.write_text("approval: four_eyes\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    strict = Desk(config=careful, sandbox=desk.sandbox, mail=desk.mail)
    comment = chosen(desk, "linkedin", "Saako")["id"]
    assert "--approve" in strict.run("reply", comment, "Kyllä saa.", "--by", "Maija", "--yes").stderr
    second = strict.run("reply", comment, "Ei saa.", "--by", "Matti", "--yes")
    told = (second.exit_code, "by Maija, awaits approval" in second.stderr, "--drop" in second.stderr)
    assert told == (1, True, True)
    assert [one for one in desk.post("linkedin").comments if one.own] == []
    assert "a reply awaits approval" in strict.run("comments").stdout
    assert strict.run("reply", comment, "--approve", "--by", "maija", "--yes").exit_code == 1
    with closing(sqlite3.connect(config.with_name("tiedote.db"))) as conn, conn:
        # Whoever approved it died before it was sent.
        conn.execute("UPDATE replies SET stage = 'ready', approved_by = 'Matti' WHERE stage = 'awaiting'")
    assert strict.run("reply", comment, "--approve", "--by", "Matti", "--yes").exit_code == 0
    assert [one.text for one in desk.post("linkedin").comments if one.own] == ["Kyllä saa."]


def test_nothing_is_shown_whose_time_was_up_while_no_service_ran(desk):
    """LinkedIn's 48 hours are over on a machine that was off: whoever shows words erases first, and reading anew does not renew them."""
    number = chosen(desk, "linkedin", "Saako")["id"].removeprefix("c-")
    file = desk.config.with_name("tiedote.db")

    def long_ago() -> None:
        with closing(sqlite3.connect(file)) as conn, conn:
            conn.execute(
                "UPDATE comments SET text = 'Saako lomakkeen', seen_at = datetime(created_at, '-3 days') WHERE id = ?",
                (number,),
            )
            conn.execute("DELETE FROM meta WHERE key = 'purged'")

    def is_kept() -> bool:
        with closing(sqlite3.connect(file)) as conn:
            return bool(conn.execute("SELECT text FROM comments WHERE id = ?", (number,)).fetchone()[0])

    for shows in (("comments",), ("comments", "show", number), ("reply", number, "Ei."), ("hide", number, "--delete")):
        long_ago()
        told = desk.run(*shows).output
        assert ("Saako lomakkeen\n" in told, is_kept()) == (False, False), shows
    assert desk.run("collect", "--all").exit_code == 0
    assert not is_kept()

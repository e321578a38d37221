"""`results`, `export`, `backup`, `restore`, `purge`, `forget` as people and scripts use them, on networks that residents were lively on."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from channels.sandbox.faults import Kind as Fault
from channels.sandbox.faults import Rule
from tests.delivery.town import NETWORKS
from tests.publisher.configs import ZONE
from tests.publisher.test_cli_engagement import Desk, desk

__all__ = ["desk"]

QUESTION = "Toimiiko tämä puhelimella?"


def database(desk: Desk) -> Path:
    """The database's file."""
    return desk.config.parent / "tiedote.db"


def table(text: str) -> list[dict[str, str]]:
    """CSV as a program reads it."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(path: Path) -> list[dict[str, Any]]:
    """JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_results_are_a_table_for_spreadsheets(desk: Desk) -> None:
    """A line a post with all numbers; the same as for scripts."""
    rows = {row["channel"]: row for row in table(desk.run("results", "--csv").stdout)}
    told = {post["channel"]: post for post in desk.data("results")["posts"]}
    assert set(rows) == set(told) == set(NETWORKS)
    for channel, row in rows.items():
        assert (row["reactions"], row["comments"]) == (str(sum(told[channel]["reactions"].values())), "2")
        assert (row["interactions"], row["usual_interactions"]) == (str(told[channel]["interactions"]), "")
        assert row["title"] == "Rakennuslupa verkossa"


def test_series_are_shown_of_posts_and_of_e_services(desk: Desk) -> None:
    """A day each so far; without a service there is none to show."""
    days = table(desk.run("results", "--series", "post", "--csv").stdout)
    assert sorted(row["channel"] for row in days) == sorted(NETWORKS)
    assert {row["comments"] for row in days} == {"2"}
    assert len(desk.data("results", "--series", "post")["days"]) == 4
    shown = desk.run("results", "--series", "post").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert desk.run("results", "--series", "service").stdout == ""


def test_the_archive_of_record_holds_what_went_out_and_vouches_for_it(desk: Desk, tmp_path: Path) -> None:
    """Exact words, alternative texts, pictures by their hash, every attempt, counts; no resident's words; any change is found."""
    folder = tmp_path / "arkisto"
    year = str(desk.post("facebook").created_at.astimezone(ZONE).year)
    written = desk.data("export", "--year", year, "--to", str(folder))
    assert written["rows"]["posts"] == 4
    posts = {post["channel"]: post for post in lines(folder / "posts.jsonl")}
    for channel in NETWORKS:
        assert posts[channel]["post"]["text"].startswith("Rakennusluvan voi nyt hakea verkossa.")
        (picture,) = posts[channel]["post"]["pictures"]
        assert picture["alt"] == "Talo."
        assert (folder / "pictures" / picture["sha256"]).stat().st_size > 100
        assert posts[channel]["remote_id"] == desk.post(channel).id
        assert "publish: asap" in posts[channel]["file_source"]
    attempts = lines(folder / "attempts.jsonl")
    assert {one["delivery"] for one in attempts} == {post["id"] for post in posts.values()}
    assert {one["outcome"] for one in attempts} == {"done"}
    assert {row["delivery"]: row["comments"] for row in table((folder / "counts.csv").read_text(encoding="utf-8"))} == {
        str(post["id"]): "2" for post in posts.values()
    }
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert QUESTION.encode() not in everything
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == written["manifest_sha256"]
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    assert desk.run("export", "--year", year, "--to", str(folder)).exit_code == 2
    assert desk.run("export", "--verify", str(folder)).exit_code == 0
    for name in ("SHA256SUMS", "manifest.json"):
        was = (folder / name).read_bytes()
        (folder / name).write_bytes(was.replace(b"a", b"b", 1) if name == "SHA256SUMS" else was + b" ")
        told = desk.run("export", "--verify", str(folder), "--json")
        assert (told.exit_code, json.loads(told.stdout)["changed"]) == (1, ["SHA256SUMS"]), name
        (folder / name).write_bytes(was)
    with (folder / "posts.jsonl").open("ab") as handle:
        handle.write(b"{}\n")
    (folder / "counts.csv").unlink()
    (folder / "lisa.txt").write_text("x", encoding="utf-8")
    told = desk.run("export", "--verify", str(folder), "--json")
    assert told.exit_code == 1
    verdict = json.loads(told.stdout)
    assert (verdict["changed"], verdict["missing"], verdict["added"]) == (["posts.jsonl"], ["counts.csv"], ["lisa.txt"])


def test_a_backup_has_no_residents_words_and_can_be_put_back(desk: Desk, tmp_path: Path) -> None:
    """Posts and counts are there, words are not; what is put back reads them again; what was there stays, without words."""
    made = desk.run("backup", "--to", str(tmp_path))
    copy = Path(made.stdout.strip())
    assert copy.parent == tmp_path
    before = desk.data("results")
    assert QUESTION.encode() in b"".join(path.read_bytes() for path in database(desk).parent.glob("tiedote.db*"))
    assert QUESTION.encode() not in copy.read_bytes()
    with closing(sqlite3.connect(database(desk))) as conn:
        conn.execute("DELETE FROM snapshots")
        conn.execute(
            "INSERT INTO reports (organisation, week, recipient, language, message_id, state, tries, created_at, sent_at) VALUES "
            "('hausjarvi', '2026-W48', 'a@b.example', 'fi', '<1@b>', 'sent', 1, '2026-11-30 06:00:00', '2026-11-30 06:00:01')"
        )
        conn.commit()
    assert desk.run("restore", str(copy), "--yes").exit_code == 0
    assert desk.data("results") == before
    with closing(sqlite3.connect(database(desk))) as conn:  # Nobody gets the mail of that week a second time.
        assert conn.execute("SELECT week, recipient, state FROM reports").fetchall() == [
            ("2026-W48", "a@b.example", "sent")
        ]
    texts = [comment["text"] for comment in desk.data("comments")["comments"]]
    assert set(texts) == {None}
    (kept,) = database(desk).parent.glob("tiedote.db.before-*")
    assert QUESTION.encode() not in kept.read_bytes()
    assert desk.run("collect", "--all").exit_code == 0
    assert QUESTION in [comment["text"] for comment in desk.data("comments")["comments"]]
    spoilt = tmp_path / "rikki.db"
    spoilt.write_bytes(copy.read_bytes()[:5000])
    refused = desk.run("restore", str(spoilt), "--yes")
    assert (refused.exit_code, "damaged" in refused.stderr) == (3, True)


def test_forgetting_asks_first_and_tells_what_was_searched(desk: Desk) -> None:
    """Nobody is forgotten by a slip; afterwards the list has empty places, the trail says who did it, and a copy put back knows it."""
    comments = desk.data("comments")["comments"]
    said = next(one for one in comments if one["channel"] == "facebook" and one["text"] == QUESTION)
    eero, gone = said["id"], said["remote_id"]
    opened = desk.run("comments", "show", eero)
    assert f"  {QUESTION}\n" in opened.stdout
    assert said["url"] in opened.stdout
    assert desk.run("backup").exit_code == 0
    elsewhere = Path(
        shutil.copy(next((database(desk).parent / "backups").iterdir()), database(desk).parent / "muualla.db")
    )
    assert desk.run("forget", eero).exit_code == 2
    assert desk.run("forget", "c-999999", "--yes").exit_code == 1
    # His name is not kept: it leads nowhere, and that is not called done. An id may be of somebody who has not written yet.
    for name in ("Eero Lehtonen", "facebook:Eero Lehtonen", "https://x.com/eero"):
        told = desk.run("forget", name, "--yes")
        assert (told.exit_code, "Nobody was found" in told.stderr) == (1, True), name
    told = desk.run("forget", eero, "--yes")
    assert told.exit_code == 0, told.stderr
    assert "1 comment was emptied." in told.stdout
    assert "Nothing was found." in told.stdout
    assert "The counts are as before: Facebook 2" in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 80
    after = {one["id"]: one for one in desk.data("comments")["comments"]}
    assert (len(after), after[eero]["text"], after[eero]["remote_id"][:10]) == (len(comments), None, "forgotten:")
    for code, *asked in (
        (1, "reply", eero, "Hei!", "--yes"),
        (1, "hide", eero, "--yes"),
        (0, "comments", "show", eero),
    ):
        before = len(desk.sandbox.requests())
        told = desk.run(*asked)
        assert (told.exit_code, "was forgotten here" in told.stderr) == (code, True), told.stderr
        assert len(desk.sandbox.requests()) == before
    (cleaned,) = (database(desk).parent / "backups").glob("tiedote-*.db")
    assert gone.encode() not in cleaned.read_bytes()
    for copy in (cleaned, elsewhere):
        assert desk.run("restore", str(copy), "--yes").exit_code == 0
        assert desk.run("collect", "--all").exit_code == 0
        assert [one["text"] for one in desk.data("comments")["comments"] if one["channel"] == "facebook"].count(
            None
        ) == 1
    dry = desk.run("purge", "--dry-run")
    assert dry.stdout.strip() == "Nothing is kept for too long."
    trail = desk.data("purge", "--log")["trail"]
    assert [one["action"] for one in trail][-4:] == ["backup", "forget", "restore", "restore"]
    assert trail[-1]["numbers"] == {"forgotten": 2}
    desk.sandbox.add_rule(Rule(network="facebook", kind=Fault.EXPIRED_TOKEN))
    told = desk.run("forget", "https://www.facebook.com/profile.php?id=1000123", "--ask", "--yes", "--json")
    desk.sandbox.rules.clear()
    assert (told.exit_code, json.loads(told.stdout)["not_asked"]) == (75, ["hausjarvi/facebook/facebook"])


HOSTILE = [
    '=HYPERLINK("http://paha.example";"Avaa")',
    "+358 40 123 4567",
    "@SUM(A1:A9)",
    "-2+3+cmd|' /C calc'!A0",
    "Hei\n=1+1",
    "\t=1+1",
    "<script>alert(1)</script>",
    "\x1b]0;otsikko\x07 \x1b[2J",
    "kiva \u202egnp.exe",
    "\U0001f600" * 500,
]


def test_hostile_comments_are_harmless_in_a_table_for_spreadsheets(desk: Desk) -> None:
    """Whatever residents write: each is one row, begins no formula anywhere, and steers nothing; LinkedIn's members are counted alone."""
    post = desk.post("facebook")
    for number, words in enumerate(HOSTILE):
        desk.sandbox.comment(post.id, words, author=f"Asukas {number}")
    desk.sandbox.comment(post.id, "x" * 1_000_000, author="Asukas 99")
    assert desk.run("collect", "--all").exit_code == 0
    out = desk.run("comments", "--csv").stdout
    rows = [row for row in table(out) if row["network"] == "facebook"]
    assert len(rows) >= len(HOSTILE) + 1
    cells = [cell for row in table(out) for cell in row.values()]
    assert [cell for cell in cells if cell.lstrip()[:1] in {*"=+@"} or re.match(r"\s*-\D", cell)] == []
    for separator in ";\t|":
        parts = [part for line in out.splitlines() for part in line.split(separator)[1:]]
        assert [part for part in parts if part.strip('" ')[:1] in {*"=+-@"}] == []
    assert not set(out) & {"\x1b", "\x07", "\u202e", "\x00"}
    assert "'=HYPERLINK" in out
    assert [row["text"] for row in table(out) if row["network"] == "linkedin"] == [""] * 2

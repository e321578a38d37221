"""`collect`, `comments`, `results` and `report` as people and scripts use them, on networks that residents were lively on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from channels.sandbox import Sandbox, serve
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.ledger import LedgerPost
from publisher.cadence import week_of
from publisher.cli import tiedote
from tests.delivery.town import NETWORKS, remote_accounts, write, write_config, write_picture
from tests.mailserver import MailServer
from tests.publisher.configs import ZONE

REPORT = (
    "    languages: [fi]\n    report: {to: [{address: viestinta@hausjarvi.example, language: en}, it@example.fi]}\n"
)


@dataclass
class Desk:
    """A terminal before a configuration whose networks are the sandbox's."""

    config: Path
    sandbox: Sandbox
    mail: MailServer

    def run(self, *arguments: str, columns: int = 80) -> Result:
        arguments = (*arguments[:1], "--config", str(self.config), *arguments[1:])
        return CliRunner(env={"TIEDOTE_LANG": "en", "COLUMNS": str(columns)}).invoke(tiedote, arguments)

    def data(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def post(self, channel: str) -> LedgerPost:
        (post,) = [post for post in self.sandbox.ledger() if post.network == channel and post.reply_to is None]
        return post


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Published by `run --once`; then one question, one remark and one like on every network."""
    folder = tmp_path_factory.mktemp("desk")
    sandbox = Sandbox(accounts=remote_accounts())
    with serve(sandbox) as server, MailServer() as mail:
        path = write_config(folder, server.base_url)
        words = path.read_text(encoding="utf-8").replace("    languages: [fi]\n", REPORT)
        path.write_text(words.replace("port: 1,", f"port: {mail.port},"), encoding="utf-8")
        write_picture(folder, "talo.png")
        write(
            folder,
            "lupa",
            """
            title: Rakennuslupa verkossa
            text: Rakennusluvan voi nyt hakea verkossa.
            publish: asap
            first_comment: Ohjeet löytyvät verkkosivuilta.
            images: [{file: talo.png, alt: Talo.}]
            """,
        )
        one = Desk(config=path, sandbox=sandbox, mail=mail)
        assert one.run("run", "--once", "--wait", "20s").exit_code == 0
        for channel in NETWORKS:
            post = one.post(channel)
            sandbox.comment(post.id, "Toimiiko tämä puhelimella?", author="Eero Lehtonen")
            sandbox.comment(post.id, "[bold]Hyvä[/bold] \x1b[31muudistus!", author="Aino Mäkelä")
            sandbox.react(post.id, "like", author="Matti Hakala")
        collected = one.run("collect", "--all")
        assert collected.exit_code == 0, collected.stderr
        assert collected.stdout == "4 posts read, 4 new reactions, 8 new comments\n"
        yield one


def test_comments_json_is_what_residents_wrote(desk):
    """Exactly the promised keys, times with an offset, our own first comment left out, names not kept."""
    data = desk.data("comments")
    assert data["version"] == 1
    comments = data["comments"]
    assert len(comments) == 8
    assert all(
        list(comment)
        == [
            "id",
            "organisation",
            "channel",
            "announcement",
            "remote_id",
            "parent_remote_id",
            "kind",
            "author",
            "text",
            "created_at",
            "url",
            "answered",
            "question",
            "service",
            "looks",
            "hidden",
            "office_hours",
        ]
        for comment in comments
    )
    truth = {(post.network, one.text) for post in desk.sandbox.ledger() for one in post.comments if not one.own}
    assert {(comment["channel"], comment["text"]) for comment in comments} == truth
    assert {type(comment[name]) for comment in comments for name in ("answered", "question")} == {bool}
    first = comments[0]
    assert (first["organisation"], first["announcement"], first["author"], first["answered"]) == (
        "hausjarvi",
        "lupa",
        None,
        False,
    )
    assert datetime.fromisoformat(first["created_at"]).utcoffset() in {timedelta(hours=2), timedelta(hours=3)}
    assert sum(comment["question"] for comment in comments) == 4


def test_results_json_is_what_residents_did(desk):
    """Each network's own reactions; what it does not tell is null."""
    posts = {post["channel"]: post for post in desk.data("results")["posts"]}
    assert set(posts) == set(NETWORKS)
    for channel, post in posts.items():
        truth = desk.post(channel)
        assert list(post) == [
            "announcement",
            "organisation",
            "channel",
            "remote_id",
            "url",
            "as_of",
            "reactions",
            "comments",
            "shares",
            "views",
            "clicks",
            "service",
            "published_at",
            "interactions",
            "usual_interactions",
        ]
        assert (post["reactions"], post["comments"]) == ({"like": 1}, 2)
        assert truth.reactions == {"like": 1}
    assert posts["instagram"]["clicks"] is None
    assert posts["facebook"]["shares"] == 0
    assert posts["facebook"]["views"] == 2


def test_comments_are_shown_harmlessly_with_a_link_each(desk):
    """Words as they are, never as commands to the terminal; the address below stands unbroken, so that it opens."""
    result = desk.run("comments", "--unanswered")
    assert result.exit_code == 0
    assert result.stdout.count("Toimiiko tämä puhelimella?\n") == 4
    assert result.stdout.count("a question that waits for an answer\n") == 4
    assert "[bold]Hyvä[/bold]" in result.stdout
    assert "\x1b" not in result.stdout
    for comment in desk.data("comments", "--unanswered")["comments"]:
        assert f"  {comment['url']}\n" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if "http" not in line)


def test_results_are_told_in_words_in_80_columns(desk):
    """An announcement once, a post each, every kind of reaction by the name that its reader knows."""
    result = desk.run("results", "--org", "hausjarvi")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert result.stdout.splitlines().count("lupa") == 1
    assert result.stdout.count("reactions 1 (like 1), comments 2") == 4
    assert "tykkään 1" in desk.run("results", "--lang", "fi", "--org", "hausjarvi").stdout
    told = [line.split()[1].rstrip(",") for line in result.stdout.splitlines() if line.startswith("  hausjarvi ")]
    assert told == ["Facebook", "Instagram", "LinkedIn", "X"]


def test_a_comment_that_needs_no_answer_leaves_the_list(desk):
    """By its id, with or without the c-; an unknown one is a usage error."""
    waiting = desk.data("comments", "--unanswered")["comments"]
    assert [comment["question"] for comment in waiting] == sorted((c["question"] for c in waiting), reverse=True)
    chosen = waiting[-1]["id"]
    assert desk.run("comments", "done", chosen).exit_code == 0
    assert chosen not in {comment["id"] for comment in desk.data("comments", "--unanswered")["comments"]}
    assert desk.run("comments", "done", waiting[-2]["id"].removeprefix("c-")).exit_code == 0
    for unknown in ("c-9999", "d-1", "99999999999999999999"):
        assert desk.run("comments", "done", unknown).exit_code == 2


def test_a_network_that_is_down_is_told_and_tried_later(desk):
    """The others are read; the exit code says to try again."""
    desk.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, network="x", path="/2/", times=9))
    result = desk.run("collect", "--all")
    desk.sandbox.rules.clear()
    assert result.exit_code == 75
    assert result.stdout.startswith("3 posts read, ")
    assert "hausjarvi, X could not be read." in result.stderr


def this_week() -> str:
    return week_of(datetime.now(UTC), ZONE).label


def last_week() -> str:
    return week_of(datetime.now(UTC), ZONE).shifted(-1, ZONE).label


def test_the_running_weeks_summary_has_the_sandboxs_numbers(desk):
    """Where Tiedote has not been here longer, the running week is shown; eight comments and four likes came in."""
    result = desk.run("report")
    assert result.exit_code == 0
    assert result.stdout == desk.run("report", "--week", this_week()).stdout
    assert "12 times" in result.stdout
    assert "the week so far" in result.stdout
    assert [line for line in result.stdout.splitlines() if len(line) > 72 and "://" not in line] == []


def test_a_summary_is_written_to_a_file(desk, tmp_path):
    """The whole mail, to its first recipient, in their language; the folder must be there."""
    path = tmp_path / "viikko.eml"
    assert desk.run("report", "--week", this_week(), "--org", "hausjarvi", "--to-file", str(path)).exit_code == 0
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["To"] == "viestinta@hausjarvi.example"
    assert "12 interactions" in message["Subject"]
    nowhere = desk.run("report", "--to-file", str(tmp_path / "missing" / "viikko.eml"))
    assert (nowhere.exit_code, nowhere.stderr.startswith("Error: ")) == (2, True)


def test_a_running_week_is_not_sent(desk):
    """It would be the only mail of that week, and half of it would be missing."""
    result = desk.run("report", "--week", this_week(), "--send")
    assert result.exit_code == 2
    assert "is not over" in result.stderr
    assert desk.mail.messages == []


def test_a_week_is_sent_once(desk):
    """To each recipient in their language; asked again, it says when that was."""
    first = desk.run("report", "--week", last_week(), "--send")
    assert (first.exit_code, first.stderr.count(": sent\n")) == (0, 2)
    again = desk.run("report", "--week", last_week(), "--send")
    assert (again.exit_code, again.stderr.count(": already sent ")) == (0, 2)
    assert [message["Content-Language"] for message in desk.mail.messages] == ["en", "en"]
    assert "--again" in again.stderr


def test_a_week_is_sent_again_on_purpose(desk):
    """As another mail, so that nobody's mail program drops it as a copy; the time after, it has been sent again."""
    desk.run("report", "--week", last_week(), "--send")
    before = [str(message["Message-ID"]) for message in desk.mail.messages]
    again = desk.run("report", "--week", last_week(), "--send", "--again")
    assert (again.exit_code, again.stderr.count(": sent\n")) == (0, 2)
    fresh = [str(message["Message-ID"]) for message in desk.mail.messages[len(before) :]]
    assert len(fresh) == 2
    assert set(fresh).isdisjoint(before)
    assert desk.run("report", "--week", last_week(), "--send").stderr.count(": already sent ") == 2


@pytest.mark.parametrize("span", [("--month", "%Y-%m"), ("--year", "%Y"), ("--week", "%G-W%V")])
def test_a_copy_goes_to_one_address_alone(desk, span):
    """A month or a year that is still running too, as it stands; nothing is noted down as sent."""
    before = len(desk.mail.messages)
    label = datetime.now(ZONE).strftime(span[1])
    result = desk.run("report", span[0], label, "--org", "hausjarvi", "--to", "me@example.fi")
    assert result.exit_code == 0, result.stderr
    (copy,) = desk.mail.received[before:]
    assert (copy.recipients, copy.message["Content-Language"]) == (["me@example.fi"], "en")
    assert "12 interactions" in copy.message["Subject"]
    desk.mail.refusals.append("451 4.7.1 later")
    refused = desk.run("report", span[0], label, "--org", "hausjarvi", "--to", "me@example.fi")
    assert (refused.exit_code, "451 4.7.1 later" in refused.stderr) == (75, True)


def test_a_summary_opens_in_a_browser(desk, monkeypatch, tmp_path):
    """The mail's page, complete in one file, and its path for whoever has no browser here."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    result = desk.run("report", "--week", this_week(), "--org", "hausjarvi", "--open")
    assert result.exit_code == 0, result.stderr
    path = Path(result.stdout.strip())
    assert (tmp_path / "opened").read_text().strip() == path.as_uri()
    page = path.read_text(encoding="utf-8")
    assert "<html" in page
    assert "cid:" not in page


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--week", "48"),
        ("report", "--week", "2026-W60"),
        ("report", "--week", "2199-W01"),
        ("report", "--send", "--to-file", "x.eml"),
        ("report", "--month", "2026-13"),
        ("report", "--year", "26"),
        ("report", "--week", "2026-W48", "--month", "2026-11"),
        ("report", "--again"),
        ("report", "--to", "viestintä"),
        ("report", "--org", "forssa"),
        ("comments", "--org", "forssa"),
        ("results", "--org", "forssa"),
    ],
)
def test_what_makes_no_sense_is_refused(desk, arguments):
    """Exit code 2 and a sentence."""
    result = desk.run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr

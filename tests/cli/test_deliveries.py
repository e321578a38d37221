"""`status`, `retry`, `cancel`, `resolve`, `pause`, `resume`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model import State
from publisher.store import meta
from publisher.store.notices import NoticeKind, claim_notice, notice_failed, raise_notice


def test_status_json_is_what_the_interface_promises(call, add_delivery):
    """Keys, times with offset in the configured zone, and the error with its words."""
    add_delivery(
        state=State.PUBLISHED,
        published_at=datetime(2026, 12, 1, 7, 0, 1, tzinfo=UTC),
        remote_id="102_1",
        url="https://www.facebook.com/102_1",
        attempts=1,
    )
    add_delivery("linkedin", state=State.FAILED, error=("text_refused", "not this word"))
    told = call("status", "--json")
    assert told.exit_code == 0
    assert told.stderr == ""
    answer = json.loads(told.stdout)
    assert answer["version"] == 1
    published, failed = answer["deliveries"]
    assert published == {
        "id": "d-1",
        "announcement": "loppi/lomakkeet",
        "occurrence": 1,
        "organisation": "loppi",
        "channel": "facebook",
        "account": "facebook",
        "language": "fi",
        "state": "published",
        "due": "2026-12-01T09:00:00+02:00",
        "published_at": "2026-12-01T09:00:01+02:00",
        "remote_id": "102_1",
        "url": "https://www.facebook.com/102_1",
        "attempts": 1,
        "approved_by": None,
        "error": None,
    }
    assert failed["state"] == "failed"
    assert failed["published_at"] is None
    assert failed["error"]["kind"] == "text_refused"
    assert failed["error"]["message"].endswith("The network's own words: not this word")
    assert failed["error"]["remedy"]


def test_status_tells_of_mails_that_have_not_left(call, store):
    """One waits for another try, one was given up; what has left, or has not been tried yet, is no news."""
    assert json.loads(call("status", "--json").stdout)["unsent_mails"] == {"waiting": 0, "given_up": 0, "oldest": None}
    assert "Not sent" not in call("status").stdout
    made = datetime.now(UTC)
    with store.write() as conn:
        for cause in ("failed:d-1", "failed:d-2", "failed:d-3"):
            raise_notice(
                conn,
                cause=cause,
                kind=NoticeKind.DIFFERS,
                params={},
                recipients=[("viestinta@loppi.example", "fi")],
                now=made,
            )
        for again in (None, made + timedelta(hours=1)):
            one = claim_notice(conn, made, timedelta(minutes=1))
            assert one is not None
            notice_failed(conn, one.id, "550 no", again)
    told = json.loads(call("status", "--json").stdout)["unsent_mails"]
    assert (told["waiting"], told["given_up"]) == (1, 1)
    assert datetime.fromisoformat(told["oldest"]) == made.replace(microsecond=0)
    assert "1 mail waits to be tried again, 1 was given up" in " ".join(call("status").stdout.split())


def test_status_shows_each_delivery_by_word_and_what_needs_attention(call, add_delivery):
    """A row each, the state as a word, and the remedy with the command to type."""
    add_delivery(state=State.PUBLISHED)
    add_delivery("linkedin", state=State.UNCONFIRMED, error=("unconfirmed", ""))
    told = call("status")
    assert told.exit_code == 0
    rows = told.stdout.splitlines()
    assert any("d-1" in row and "Facebook" in row and row.rstrip().endswith("published") for row in rows)
    assert any("d-2" in row and "LinkedIn" in row and row.rstrip().endswith("unconfirmed") for row in rows)
    assert "tiedote resolve d-2 --not-published" in told.stdout
    assert "\x1b" not in told.stdout


def test_status_fits_eighty_columns(call, add_delivery):
    """A long name is folded; no line of the table is cut or runs over."""
    add_delivery(announcement="loppi/hyvin-pitkä-tiedostonimi-josta-ei-tahdo-tulla-loppua-millään-ilveellä")
    told = call("status", COLUMNS="80")
    table = told.stdout.split("\n\n")[0].splitlines()
    assert max(map(len, table)) <= 80
    assert "…" not in told.stdout


def test_status_of_an_empty_database_says_so(call, config_file):
    """A first look makes no fuss."""
    told = call("status")
    assert told.exit_code == 0
    assert "No announcements yet" in told.stderr
    assert json.loads(call("status", "--json").stdout)["deliveries"] == []


def test_a_failed_delivery_is_sent_again(call, add_delivery, see):
    """Retry makes it due now; the id and the long name mean the same."""
    one = add_delivery(state=State.FAILED, error=("post_refused", ""))
    told = call("retry", "loppi/lomakkeet:loppi:facebook:fi")
    assert told.exit_code == 0, told.output
    assert see(one).state == State.RETRYING
    assert see(one).error_kind is None


def test_what_was_called_off_in_doubt_is_not_promised_to_be_sent(call, add_delivery, see):
    """It may be out: retry says that it is looked for, and how to say it oneself."""
    lost = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    one = add_delivery(state=State.UNCONFIRMED, error=("unconfirmed", ""), ever_in_doubt=True, doubt_since=lost)
    assert call("cancel", "d-1").exit_code == 0
    told = call("retry", "d-1")
    assert told.exit_code == 0, told.output
    assert "Tiedote is looking whether it went out. Wait, or say it: tiedote resolve d-1" in told.stderr
    assert see(one).state == State.CONFIRMING


def test_what_is_out_can_neither_be_retried_nor_cancelled(call, add_delivery, see):
    """A published delivery stays as it is; the answer says so and the exit code is 1."""
    one = add_delivery(state=State.PUBLISHED, remote_id="102_1")
    for command in ("retry", "cancel"):
        told = call(command, "d-1")
        assert told.exit_code == 1
        assert "d-1 stays as it is: published." in told.stderr
    assert see(one).state == State.PUBLISHED


def test_a_scheduled_delivery_is_called_off(call, add_delivery, see):
    """Cancel ends it before anything is sent."""
    one = add_delivery()
    assert call("cancel", "d-1").exit_code == 0
    assert see(one).state == State.CANCELLED


def test_an_unconfirmed_delivery_that_is_not_out_is_sent(call, add_delivery, see):
    """Resolve --not-published puts it back into the queue."""
    one = add_delivery(state=State.UNCONFIRMED, error=("unconfirmed", ""))
    assert call("resolve", "d-1", "--not-published").exit_code == 0
    assert see(one).state == State.RETRYING


@pytest.mark.parametrize("arguments", [["retry", "d-99"], ["cancel", "nothing"], ["retry", "loppi/muu:loppi:facebook"]])
def test_a_name_that_means_nothing_ends_with_two(arguments, call, add_delivery):
    """The message repeats the name."""
    add_delivery()
    told = call(*arguments)
    assert told.exit_code == 2
    assert arguments[1] in told.stderr


@pytest.mark.parametrize(
    "name", ["loppi/lomakkeet", "loppi/lomakkeet.yaml", "loppi/lomakkeet@1", "loppi/lomakkeet:loppi"]
)
def test_an_announcement_alone_will_do_where_one_delivery_can_be_meant(name, call, add_delivery, see):
    """Facebook is out and LinkedIn failed: `retry` can only mean LinkedIn."""
    out = add_delivery(state=State.PUBLISHED, remote_id="102_1")
    failed = add_delivery("linkedin", state=State.FAILED, error=("post_refused", ""))
    told = call("retry", name)
    assert told.exit_code == 0, told.output
    assert "d-2 will be sent again" in told.stderr
    assert see(failed).state == State.RETRYING
    assert see(out).state == State.PUBLISHED


def test_an_announcement_that_means_several_lists_the_lines_to_type(call, add_delivery, see):
    """Each with its account and state; nothing is done, and the exit code is 2."""
    ids = [add_delivery(channel, state=State.MISSED, error=("missed", "")) for channel in ("facebook", "linkedin")]
    told = call("retry", "loppi/lomakkeet")
    assert told.exit_code == 2
    assert "    tiedote retry d-1   loppi/lomakkeet, loppi Facebook fi: missed\n" in told.stderr
    assert "    tiedote retry d-2   loppi/lomakkeet, loppi LinkedIn fi: missed\n" in told.stderr
    assert {see(one).state for one in ids} == {State.MISSED}
    told = call("cancel", "loppi/lomakkeet")
    assert "To call all of it off at once, remove its file." in told.stderr


def test_an_announcement_of_which_nothing_fits_says_how_it_stands(call, add_delivery):
    """All of it is out: nothing can be resolved, and each delivery is listed with its state."""
    for channel in ("facebook", "linkedin"):
        add_delivery(channel, state=State.PUBLISHED, remote_id=f"102_{channel}")
    told = call("resolve", "loppi/lomakkeet", "--not-published")
    assert told.exit_code == 2
    assert "    d-1   loppi/lomakkeet, loppi Facebook fi: published\n" in told.stderr
    assert "tiedote resolve d-" not in told.stderr


def test_publishing_is_paused_and_goes_on(call, store):
    """Pause and resume, for all or for one organisation."""
    assert call("pause").exit_code == 0
    assert call("pause", "--org", "loppi").exit_code == 0
    with store.read() as conn:
        assert meta.paused(conn) == {meta.EVERYWHERE, "loppi"}
    assert "Publishing is paused" in call("status").stdout
    told = call("resume", "--org", "loppi")
    assert "still paused" in told.stderr
    assert call("resume").exit_code == 0
    with store.read() as conn:
        assert meta.paused(conn) == frozenset()


def test_an_organisation_that_is_not_there_cannot_be_paused(call, store):
    """The message names those that are."""
    told = call("pause", "--org", "hausjarvi")
    assert told.exit_code == 2
    assert "loppi" in told.stderr


def test_a_database_of_a_newer_version_is_left_alone(call, store):
    """Exit code 3 and what to do."""
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    told = call("status")
    assert told.exit_code == 3
    assert "newer version" in told.stderr


def test_migrate_says_when_there_is_nothing_to_do(call, store):
    """A second migrate changes nothing."""
    told = call("migrate")
    assert told.exit_code == 0
    assert "up to date" in told.stderr


def test_a_place_that_cannot_be_written_to_is_told(call, config_file):
    """Before anything else is tried, with 3."""
    (config_file.parent / "var").write_text("a file stands here", encoding="utf-8")
    for command in (["status"], ["migrate"], ["run", "--once"], ["run"]):
        told = call(*command)
        assert told.exit_code == 3, command
        assert "cannot be written to" in told.stderr


def test_a_database_server_that_is_away_is_told(call, config_file):
    """With 3 and where to look; nothing of a password is shown."""
    text = config_file.read_text(encoding="utf-8")
    config_file.write_text(
        "database: postgresql+psycopg://tiedote:planted-password@127.0.0.1:9/tiedote\n" + text, encoding="utf-8"
    )
    for command in (["status"], ["run", "--once"]):
        told = call(*command)
        assert told.exit_code == 3
        assert "The database cannot be opened" in told.stderr
        assert "planted-password" not in told.output

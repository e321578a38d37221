"""`doctor` on installations with something wrong."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest

from publisher.cli.doctor import _judge_daemon, wal_is_sound
from publisher.remarks import Level
from tests.cli.conftest import CONFIG, DUE


@pytest.fixture
def closed_port():
    """A port of this machine where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def configure(config_file, closed_port):
    """Write the configuration with some more lines; its networks answer nobody."""

    def write(more=""):
        closed = f'{{base_url: "http://127.0.0.1:{closed_port}"}}'
        networks = f"networks: {{facebook: {closed}, linkedin: {closed}}}\n"
        config_file.write_text(CONFIG + networks + more, encoding="utf-8")

    write()
    return write


@pytest.fixture
def examine(configure, call):
    """Run doctor; give its checks by name, and the whole result."""

    def run():
        told = call("doctor", "--json")
        return {check["name"]: check for check in json.loads(told.stdout)["checks"]}, told

    return run


def mail(port):
    """A mail section for a server of this machine."""
    return f"mail: {{host: 127.0.0.1, port: {port}, security: none, from: tiedote@example.fi, alerts_to: [it@example.fi]}}\n"


def test_the_mail_server_is_asked_and_nothing_is_mailed(configure, examine, smtp):
    """It greets and leaves."""
    configure(mail(smtp.port))
    checks, _told = examine()
    assert checks["mail"]["status"] == "ok"
    assert smtp.received == []


def test_a_mail_server_that_does_not_answer_is_a_failure(configure, examine, closed_port):
    """With what to check."""
    configure(mail(closed_port))
    checks, told = examine()
    assert checks["mail"]["status"] == "fail"
    assert f"127.0.0.1:{closed_port}" in checks["mail"]["message"]
    assert "'mail'" in checks["mail"]["remedy"]
    assert told.exit_code == 1


def test_no_mail_server_at_all_is_a_warning(examine):
    """Nobody would hear of a failure."""
    checks, _told = examine()
    assert checks["mail"]["status"] == "warn"


def test_networks_that_cannot_be_reached_are_told_one_by_one(examine):
    """Each account says so; no token is shown."""
    checks, told = examine()
    for name in ("account:loppi:facebook", "account:loppi:linkedin"):
        assert checks[name]["status"] == "fail"
        assert "could not be reached" in checks[name]["message"]
    assert "planted" not in told.output


def test_a_damaged_database_is_told_and_left_alone(config_file, examine):
    """The rest is examined all the same, but for what needs the database."""
    (config_file.parent / "var").mkdir()
    database = config_file.parent / "var" / "tiedote.db"
    database.write_bytes(b"This was a letter once. " * 500)
    checks, told = examine()
    assert checks["database"]["status"] == "fail"
    assert "account:loppi:facebook" not in checks
    assert checks["mail"]["status"] == "warn"
    assert told.exit_code == 1
    assert database.read_bytes().startswith(b"This was a letter once.")


def test_a_queue_that_is_not_there_is_a_failure(config_file, examine):
    """A network share that is not mounted looks like this."""
    (config_file.parent / "schedules").rmdir()
    checks, _told = examine()
    assert checks["queue"]["status"] == "fail"


def test_files_with_faults_are_a_warning(config_file, examine):
    """Doctor counts them; check shows them."""
    (config_file.parent / "schedules" / "rikki.yaml").write_text("teksti: Hei\n", encoding="utf-8")
    checks, _told = examine()
    assert checks["queue"]["status"] == "warn"
    assert "1 file has faults" in checks["queue"]["message"]


def test_doctor_for_people_says_the_same(call, configure):
    """A word a line, and the remedy below it."""
    told = call("doctor")
    assert told.exit_code == 1
    assert any(line.startswith("FAILED     loppi Facebook:") for line in told.stdout.splitlines())
    assert "           = Add 'mail' to the configuration" in told.stdout


@pytest.mark.parametrize(
    "version,sound",
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
)
def test_sqlite_is_judged_by_its_version(version, sound):
    """Sound from 3.51.3 on, and in two series that got the repair."""
    assert wal_is_sound(version) is sound


def test_the_daemon_is_judged_by_its_heartbeat():
    """Heard of lately: fine; long ago or never: a warning; in the future: the clock is wrong."""
    minute = timedelta(minutes=1)
    assert _judge_daemon(DUE - minute, DUE).level is Level.OK
    assert "1 min ago" in _judge_daemon(DUE - minute, DUE).message
    assert _judge_daemon(DUE - 10 * minute, DUE).level is Level.WARN
    assert _judge_daemon(None, DUE).level is Level.WARN
    assert _judge_daemon(DUE + 60 * minute, DUE).level is Level.FAIL

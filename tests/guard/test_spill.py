"""The guard over planted tokens itself: each place where one can spill makes a run fail that is good otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.postgresql import Cluster

CONFTEST = """
from tests.spill import Spill

def pytest_configure(config):
    config.pluginmanager.register(Spill(config))
"""

LEAKING = """
import logging, os, sqlite3, subprocess, sys
import click, psycopg
from click.testing import CliRunner
from tests.postgresql import Cluster

TOKEN = "plan" + "ted-token"

def test_database(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as file:
        file.execute("create table t (v)")
        file.execute("insert into t values (?)", [TOKEN])

def test_file(tmp_path):
    (tmp_path / "letter.eml").write_text(TOKEN)

def test_log():
    logging.getLogger("tiedote").warning(TOKEN)

def test_screen():
    print(TOKEN)

def test_process_list():
    subprocess.run([sys.executable, "-c", "pass", TOKEN], check=True)

def test_traceback():
    @click.command()
    def stumble():
        raise RuntimeError(TOKEN)
    assert CliRunner().invoke(stumble).exit_code == 1

def test_postgresql():
    with Cluster.open(os.environ.get("TIEDOTE_TEST_POSTGRESQL")) as cluster:
        name = cluster.create()
        with psycopg.connect(cluster.url_of(name).replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("create table kept (v text)")
            connection.execute("insert into kept values (%s)", [TOKEN])

def test_process():
    subprocess.run([sys.executable, "-c", "print('plan' + 'ted-token')"], check=True, capture_output=True)
"""

TIGHT = """
def test_configuration(tmp_path):
    (tmp_path / "config.yaml").write_text("plan" + "ted-token")
    (tmp_path / "x.log").write_text("nothing")
"""


def run_with_guard(folder: Path, tests: str, **more: str) -> tuple[int, str]:
    """Run these tests under the guard, in a process of their own; leave nothing behind for the guard of this run."""
    folder.mkdir()
    (folder / "test_inner.py").write_text(tests, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "--basetemp=inner"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin", "COLUMNS": "200", **more}
    with (folder / "told").open("w+", encoding="utf-8") as told:
        # Into a file: this run listens to what its processes print.
        code = subprocess.run(command, cwd=folder, env=environment, stdout=told, check=False).returncode
        told.seek(0)
        words = told.read()
    shutil.rmtree(folder)
    return code, words


def test_a_token_in_clear_fails_a_run_that_is_good_otherwise(tmp_path: Path, postgresql_cluster: Cluster) -> None:
    """A database of either kind, a file, a log, a screen, the list of processes, a traceback, and what a process prints: each is told."""
    code, told = run_with_guard(tmp_path / "run", LEAKING, TIEDOTE_TEST_POSTGRESQL=postgresql_cluster.url)
    _, _, listed = told.partition("tokens in clear")
    places = (
        "x.db",
        "letter.eml",
        "test_log, Captured log",
        "test_screen, Captured stdout",
        "the process list",
        "printed",
        "the traceback of",
        "PostgreSQL, kept",
    )
    assert (code, "8 passed" in told, [place for place in places if place not in listed]) == (1, True, [])


def test_a_configuration_may_have_one(tmp_path: Path) -> None:
    """There the tests plant them; a run without a find ends as it would."""
    code, told = run_with_guard(tmp_path / "run", TIGHT)
    assert (code, "tokens in clear" in told) == (0, False), told

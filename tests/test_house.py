"""The house rules that no tool checks by itself."""

from __future__ import annotations

import ast
import re
import smtplib
import socket
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from channels import registry
from channels.base import Proof
from publisher.announcements import read_queue
from publisher.cli import COMMANDS
from publisher.config import load_config
from publisher.store import SchemaState, Store, schema_state
from publisher.store.models import Table
from publisher.yamlfile import Entry, Section
from tests.conftest import Refused
from tests.mailserver import MailServer

ROOT = Path(__file__).parents[1]
DISPLAY = {"facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn"}


def tracked(*patterns: str) -> list[Path]:
    """The files that git knows and that are there."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(markdown: str, first: str) -> Iterator[list[str]]:
    """The rows of the table whose heading begins with `first`."""
    lines = iter(markdown.splitlines())
    next(line for line in lines if line.startswith(f"| {first} |"))
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


# --- the tests' own equipment ---


def test_no_connection_leaves_the_machine(refused: Refused) -> None:
    """Another machine's address and name are refused, for any library, and remembered."""
    with socket.socket() as outside, pytest.raises(RuntimeError, match="may not reach"):
        outside.connect(("192.0.2.1", 443))
    with pytest.raises(RuntimeError, match="may not reach"):
        socket.getaddrinfo("graph.facebook.com", 443)
    assert refused.take() == ["('192.0.2.1', 443)", "graph.facebook.com"]
    assert refused.take() == []


def test_no_connection_of_a_child_process_leaves_the_machine(refused: Refused) -> None:
    """A process that a test starts is guarded too."""
    attempt = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=5)"
    done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, check=False)
    assert "OutsideNetworkError" in done.stderr
    assert refused.take() == ["192.0.2.1"]


def test_the_mail_server_takes_a_mail(smtp: MailServer) -> None:
    """What is sent to the tests' mail server is there to be read."""
    message = EmailMessage()
    message["Subject"] = "Viikon kooste"
    message.set_content("Hyvää huomenta, åäö")
    with smtplib.SMTP(smtp.host, smtp.port, local_hostname="localhost") as client:
        client.send_message(message, "a@example.fi", ["b@example.fi"])
    assert smtp.messages[0]["Subject"] == "Viikon kooste"
    assert smtp.messages[0].get_content().strip() == "Hyvää huomenta, åäö"
    assert smtp.received[0].recipients == ["b@example.fi"]


def test_a_store_of_each_kind_keeps_what_is_written(store: Store) -> None:
    """A test's store is migrated, empty and its own."""
    assert schema_state(store) is SchemaState.CURRENT
    with store.write() as conn:
        assert conn.execute(text("SELECT count(*) FROM deliveries")).scalar() == 0
        conn.execute(text("INSERT INTO meta (key, value, at) VALUES ('k', 'v', '2026-12-01 07:00:00+00:00')"))
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'k'")).scalar() == "v"


# --- the code ---


def test_the_import_contracts_hold() -> None:
    """Who may import whom is as pyproject.toml says."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_migrations_lead_to_the_models(store: Store) -> None:
    """A migrated database has exactly the tables, columns, indexes and constraints of the models."""
    with store.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def _tests() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in tracked("tests/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield f"{path.relative_to(ROOT)}::{node.name}", node


def test_every_test_says_what_is_true() -> None:
    """Each test function has a docstring."""
    assert [name for name, node in _tests() if not ast.get_docstring(node)] == []


def test_every_test_can_fail() -> None:
    """Each test function asserts something, itself or through a helper that is named for it."""
    asserts = re.compile(r"\bassert\b|\braises\(|\b(?:assert|expect|must|same|only|refuses|holds)\w*\(")
    assert [name for name, node in _tests() if not asserts.search(ast.unparse(node))] == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Without `__init__.py`, tests/channels would hide the package channels."""
    folders = {path.parent for path in tracked("tests/*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_file_speaks_of_somebodys_machine_or_of_work_undone() -> None:
    """No path of a developer's machine and no note to finish something stands in what we hand over."""
    unwanted = re.compile(r"(?<![\w.])/(?:work|farm|root|home/\w+)/|\bTO[D]O\b|\bFIX[M]E\b")
    texts = [
        path
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".j2", ".html", ".service", ".po", ""}
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if unwanted.search(line)
    ]
    assert found == []


# --- what is shipped ---


def test_a_wheel_has_everything_that_the_program_needs(tmp_path: Path) -> None:
    """Every file of the packages, the compiled translations, the migrations and the demo's queue are in the wheel."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    ours = [path.relative_to(ROOT).as_posix() for path in tracked("publisher", "channels")]
    assert [name for name in ours if name not in names] == []
    assert [name for name in ours if name.endswith(".po") and name.removesuffix("po") + "mo" not in names] == []
    queue = [path.relative_to(ROOT).as_posix() for path in tracked("config.yaml", "schedules")]
    assert queue
    assert [name for name in queue if f"publisher/shipped/{name}" not in names] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)


def _pins(name: str) -> dict[str, str]:
    pairs = (line.split("==") for line in page(name).splitlines() if line)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pairs}


def test_the_locks_pin_every_dependency_and_agree() -> None:
    """Each dependency has one version, the same for running and for testing."""
    project = tomllib.loads(page("pyproject.toml"))
    run, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")

    def missing(wanted: list[str], pins: dict[str, str]) -> list[str]:
        names = (re.split(r"[\[<>=]", one)[0] for one in wanted)
        return [name for name in names if re.sub(r"[-_.]+", "-", name).lower() not in pins]

    assert missing([*project["project"]["dependencies"], *project["build-system"]["requires"]], run) == []
    assert (
        missing([*project["dependency-groups"]["dev"], *project["project"]["optional-dependencies"]["postgresql"]], dev)
        == []
    )
    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}


def test_the_changelog_tells_of_this_version() -> None:
    """The version of pyproject.toml has its section."""
    assert f"## [{tomllib.loads(page('pyproject.toml'))['project']['version']}]" in page("CHANGELOG.md")


def unit_of(file: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in page(f"deploy/{file}").splitlines() if re.match(r"[A-Z]\w+=", line))


def test_the_service_starts_a_command_that_exists() -> None:
    """The units run `tiedote run` and `backup`, stay down where starting again would not help, and may write only to their own folder."""
    unit, backup = unit_of("tiedote.service"), unit_of("tiedote-backup.service")
    assert backup["ExecStart"] == unit["ExecStart"].replace(" run ", " backup ")
    assert {key: backup[key] for key in ("User", "UMask", "ProtectSystem")} == {
        key: unit[key] for key in ("User", "UMask", "ProtectSystem")
    }
    assert re.fullmatch(r"/opt/tiedote/\.venv/bin/tiedote run --config \S+", unit["ExecStart"])
    assert unit["RestartPreventExitStatus"] == "2 3"
    assert (unit["ProtectSystem"], unit["StateDirectory"], unit["CapabilityBoundingSet"]) == ("strict", "tiedote", "")


# --- what is written about it ---


def test_the_readme_lists_every_command_and_no_other() -> None:
    """The table of commands is the command line's."""
    named = [re.findall(r"`([a-z]+)", cells[0]) for cells in rows(page("README.md"), "Command")]
    assert sorted({name for names in named for name in names}) == sorted(COMMANDS)


def test_the_readme_tells_the_limits_that_are_checked() -> None:
    """The table of networks has each network of the registry with its own figures."""
    table = {cells[0]: cells[1:] for cells in rows(page("README.md"), "Network")}
    assert sorted(table) == sorted(DISPLAY.get(name, name) for name in registry.NAMES)
    for name in registry.NAMES:
        limits = registry.capabilities(name)
        longest, pictures, alt, comment, proof, _day = table[DISPLAY[name]]
        assert longest.split()[0] == f"{limits.max_text:,}", name
        assert pictures == f"{int(limits.needs_picture)}–{limits.pictures.most}", name
        assert alt == f"{limits.pictures.max_alt:,}", name
        assert comment == (f"{limits.max_first_comment:,}" if limits.max_first_comment else "no"), name
        assert proof == ("exactly" if limits.proof is Proof.EXACT else "by looking at the account"), name


def test_the_readme_is_written_from_the_data_sheets(tmp_path: Path) -> None:
    """Its table of networks is what the tool makes of the channels today; stale, it is made with `make readme`."""
    copy = tmp_path / "README.md"
    copy.write_text(page("README.md").replace("| 280 (", "| 140 ("), encoding="utf-8")
    subprocess.run([sys.executable, ROOT / "tools" / "readme_networks.py", copy], check=True)
    assert copy.read_text(encoding="utf-8") == page("README.md")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of all fields that the readers of YAML ask for, from now on."""
    names: set[str] = set()
    entry = Section.entry

    def note(section: Section, name: str) -> Entry | None:
        names.add(name)
        return entry(section, name)

    monkeypatch.setattr(Section, "entry", note)
    return names


def undocumented(names: set[str], document: str) -> list[str]:
    words = page(document)
    return [name for name in sorted(names) if not re.search(rf"[`.]{re.escape(name)}[`.:]", words)]


def test_every_key_of_the_configuration_is_documented(asked: set[str]) -> None:
    """docs/configuration.md has each key that the loader knows."""
    config = load_config(ROOT / "config.yaml")
    assert undocumented(asked - config.organisations.keys(), "docs/configuration.md") == []


def test_every_field_of_an_announcement_is_documented(asked: set[str]) -> None:
    """docs/announcements.md has each field that the reader knows."""
    config = load_config(ROOT / "config.yaml")
    asked.clear()
    assert read_queue(config).announcements
    assert "text" in asked
    assert undocumented(asked - config.organisations.keys(), "docs/announcements.md") == []


def test_every_key_of_an_account_is_documented() -> None:
    """docs/configuration.md has each key that a network's settings know."""
    keys = {key for name in registry.NAMES for key in registry.settings_model(name).model_fields}
    assert [key for key in sorted(keys) if f"`{key}`" not in page("docs/configuration.md")] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    """A relative link in a document names a file that is there."""
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked("*.md")
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []

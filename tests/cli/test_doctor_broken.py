"""`doctor` on some two dozen broken installations: each cause and its remedy, in Finnish, Swedish and English."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.sandbox import Sandbox, serve
from channels.sandbox.settings import Quotas
from publisher.cli.doctor import examine
from publisher.cli.examined import Finding
from publisher.config import load_config
from publisher.locale import LANGUAGES, use
from tests.cli.broken import CASES, Place, accounts
from tests.mailserver import MailServer

TEXTS = json.loads((Path(__file__).parent / "doctor_texts.json").read_text(encoding="utf-8"))
"""By case and language: a part of the message, and the remedy."""


@pytest.fixture(scope="module")
def networks() -> Iterator[Sandbox]:
    sandbox = Sandbox(accounts=accounts())
    with serve(sandbox, ports=(0,)):
        yield sandbox


@pytest.fixture
def place(tmp_path: Path, networks: Sandbox, smtp: MailServer, _migrated_sqlite: Path) -> Iterator[Place]:
    networks.accounts[:] = accounts()
    networks.arrange()
    networks.settings.quotas = Quotas()
    before = networks.clock.offset
    (tmp_path / "schedules").mkdir()
    shutil.copy(_migrated_sqlite, tmp_path / "tiedote.db")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield Place(tmp_path, networks, smtp, closed.getsockname()[1])
    networks.clock.advance(before - networks.clock.offset)


def found(place: Place, name: str, language: str) -> Finding:
    """Run every check in a language; give the first of a name that is not well."""
    with use(language):
        findings = list(examine(load_config(place.path)))
    return next(one for one in findings if one.name == name and one.level != "ok")


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_named_with_its_remedy_in_three_languages(place: Place, name: str) -> None:
    """What, where, and what to do; never a token."""
    case = CASES[name]
    place.write(case.channel, case.settings)
    case.spoil(place)
    place.path.write_text(place.config, encoding="utf-8")
    for language in LANGUAGES:
        finding = found(place, case.finding, language)
        message, remedy = TEXTS[name][language]
        assert message in finding.message
        assert remedy in finding.remedy
        assert finding.level == case.level
        assert not any(secret in str(finding) for secret in ("fb-hausjarvi", "fb-loppi", "x-hausjarvi", "li-hausjarvi"))

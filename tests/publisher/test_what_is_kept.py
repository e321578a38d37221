"""The page on what is kept, and the privacy notices, say what the program does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from channels import registry
from publisher.config import CollectionSettings, RetentionSettings
from publisher.reading import WHOLE_RARELY
from publisher.retention import ERASED_AHEAD, PAGES_KEPT, PURGED_EVERY, RULES, WORDS_KEPT
from publisher.store.copies import BACKUPS_KEPT
from publisher.store.migrate import COPIES_KEPT
from publisher.store.models import Table

DOCS = Path(__file__).parents[2] / "docs"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
YEAR, TRACKED = RetentionSettings().comments, CollectionSettings().track_for


def page(name: str) -> str:
    """A page of the documentation, its lines joined."""
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


def row(of: str, text: str) -> str:
    """What the table says of something."""
    found = re.search(
        rf"\| {re.escape(of)}[^|]*\|(.*?)(?=\| [A-Z][^|]*\| (?:database|nowhere|beside|`|the mail))", text
    )
    assert found is not None, of
    return found[1]


def test_the_table_has_the_programs_figures() -> None:
    """Every time and number in it is a constant's."""
    text = page("what-is-kept.md")
    assert (YEAR, TRACKED) == (365 * DAY, 90 * DAY)
    every = {name: registry.capabilities(name).whole_every for name in registry.NAMES}
    assert every == {"facebook": 6 * HOUR, "instagram": 6 * HOUR, "x": 7 * DAY, "linkedin": DAY}
    assert WHOLE_RARELY == 7 * DAY
    for how_often in ("every 6 hours at Meta", "every 7 days at the development tier", "every 7 days on X"):
        assert how_often in row("What is deleted or edited on the network", text)
    meta, x, linkedin = (
        row(f"What {who} wrote on {where}", text)
        for who, where in (
            ("residents", "Facebook and Instagram"),
            ("residents", "X"),
            ("members", "LinkedIn"),
        )
    )
    assert "12 months" in meta
    assert {RULES[name].after_account for name in ("facebook", "instagram")} == {30 * DAY}
    assert "30 days at most once the account is not in the configuration" in meta
    assert f"{TRACKED // DAY} days unless you say otherwise; {RULES['x'].after_account // HOUR} hours once" in x
    assert RULES["x"].followed
    assert f"{WORDS_KEPT['linkedin'] // HOUR} hours from the first reading" in linkedin
    assert f"erased {ERASED_AHEAD // MINUTE} minutes before" in linkedin
    assert f"{PAGES_KEPT // HOUR} hours; a file that you name" in text
    assert f"every {PURGED_EVERY // MINUTE} minutes" in text
    assert f"the newest {COPIES_KEPT} |" in text
    assert f"the newest {BACKUPS_KEPT} |" in text


def test_no_table_of_the_database_is_left_out() -> None:
    """A new table says what it keeps on the page, too."""
    named = re.search(r"## By table(.*?)## ", page("what-is-kept.md"))
    assert named is not None
    listed = named[1].split(". What residents wrote")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == set(Table.metadata.tables)


@pytest.mark.parametrize(
    "language, texts",
    [
        ("fi", ("12 kuukautta", "enintään 90 päivää", "48 tuntia", "tietosuoja.fi")),
        ("sv", ("12 månader", "högst 90 dagar", "48 timmar", "tietosuoja.fi/sv")),
        ("en", ("12 months", "90 days", "48 hours", "tietosuoja.fi/en")),
    ],
)
def test_the_privacy_notices_have_the_same_figures(language: str, texts: tuple[str, ...]) -> None:
    """The defaults of the configuration, and LinkedIn's rule; seven sections each."""
    text = (DOCS / f"privacy-notice.{language}.md").read_text(encoding="utf-8")
    assert [one for one in texts if one not in text] == []
    assert len(re.findall(r"^## \d\.", text, re.MULTILINE)) == 7
    assert (YEAR // DAY, TRACKED // DAY, WORDS_KEPT["linkedin"] // HOUR) == (365, 90, 48)

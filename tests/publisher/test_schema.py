"""The JSON Schema says what the reader says: every field, and never more than `check`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from channels import registry
from publisher.announcements import read_file
from publisher.announcements.schema import schema
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.locale import LANGUAGES, use
from publisher.yamlfile import Entry, Section
from tests.corpus.running import FILES, copy_to
from tests.publisher.test_announcements import Desk

ROOT = Path(__file__).parents[2]


class _Core(yaml.CSafeLoader):
    """YAML 1.2 as editors read it: yes, no and dates are words."""


_Core.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
_Core.add_constructor("tag:yaml.org,2002:int", lambda _loader, node: int(node.value))


def faults(text: str, made: dict[str, Any] | None = None) -> list[str]:
    content = yaml.load(text, Loader=_Core)
    validator = jsonschema.Draft7Validator(made or schema(("hausjarvi", "loppi")))
    return [error.json_path for error in validator.iter_errors(content)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


VALID = [
    "text: A\n",
    "text: 00100\n",
    "text: yes\n",
    "text: {fi: A, sv: 12}\nlink: {fi: https://a.fi, sv: https://b.fi}\n",
    "text: A\npublish: 2026-12-01\n",
    "text: A\npublish: 1.12.2026 klo 9.00\n",
    "text: A\npublish: 2026-12-01T09:00+02:00\nexpires: 31. 12. 2026\n",
    "text: A\npublish: ASAP\nrepost: kyllä\n",
    "text: A\npublish:\ntitle:\nlink: ~\nimages: []\n",
    "text: A\nchannels: facebook\nhashtags: Yksi\nlanguages: fi\norganisations: loppi\n",
    "text: A\nchannels: [Facebook, twitter]\nrepost: No\n",
    "text: A\nx: {skip: Ei}\nlinkedin:\n",
    "text: A\nx: {thread: on}\n",
    "text: A\nx: {thread: [A, {fi: B}]}\nfor: {loppi: {x: {text: C}, title: D}}\n",
    "text: A\nimage: {file: kuva.png, alt: Talo}\n",
    "text: A\nimages: {file: kuva.png, alt: {fi: Talo}}\n",
    "text: A\nlink: https://a.fi\nlinkedin: {description: B, thumbnail: {file: kuva.png, alt: Talo}}\n",
    "text: A\npublish: 2026-12-01\nrepeat: {every: 20 weeks, until: 1.1.2028, variants: B}\n",
    "text: A\npoll: {question: Koska?, options: [Tänään, 12], days: 7}\n",
    "text: A\nid: 2026-12\nservice: 7\ncampaign: 1.10\nnotes: 5\nhashtags: [true, Yksi]\n",
]


@pytest.mark.parametrize("text", VALID)
def test_what_the_reader_accepts_the_schema_accepts(desk: Desk, text: str) -> None:
    """An editor that complained of something right would not be believed when something is wrong."""
    assert desk.faults(text) == []
    assert faults(text) == []


WRONG = [
    ("teksti: A\n", "$"),
    ("text: A\nx: {title: B}\n", "$.x"),
    ("text: [A, B]\n", "$.text"),
    ("text: {suomi: A}\n", "$.text"),
    ("text: A\nchannels: [tiktok]\n", "$.channels"),
    ("text: A\nimage: {file: kuva.png}\n", "$.image"),
    ("text: A\nimage: kuva.png\n", "$.image"),
    ("text: A\npublish: huomenna\n", "$.publish"),
    ("text: A\npublish: 1/12/2026\n", "$.publish"),
    ("text: A\nrepost: ehkä\n", "$.repost"),
    ("text: A\nhashtags: ['#Lupa']\n", "$.hashtags"),
    ("text: A\nlanguages: [suomi]\n", "$.languages"),
    ("text: A\ncontact: Maija\n", "$.contact"),
    ("text: A\nrepeat: {until: 2027-01-01}\n", "$.repeat"),
    ("text: A\norganisations: [lopi]\n", "$.organisations"),
    ("text: A\nx: no\n", "$.x"),
    ("text: A\npoll: {question: Koska?, options: [Nyt], days: 1}\n", "$.poll"),
    ("text: A\nfor: {loppi: {id: B}}\n", "$.for"),
]


@pytest.mark.parametrize("text,where", WRONG)
def test_a_wrong_field_or_value_is_flagged_where_it_stands(desk: Desk, text: str, where: str) -> None:
    """What `check` refuses and a schema can know, the editor underlines."""
    assert desk.faults(text)
    assert any(path.startswith(where) for path in faults(text))


def test_no_file_that_is_in_order_is_flagged(tmp_path: Path) -> None:
    """The shipped queue, the starters and every file of the corpus that is in order."""
    copy_to(tmp_path)
    config = load_config(tmp_path / "config.yaml", secrets=False)
    made = schema(config.organisations)
    right = [*(ROOT / "schedules").glob("**/*.yaml"), *(ROOT / "publisher" / "cli" / "starter").glob("announcement.*")]
    in_order = [
        path
        for path in sorted((tmp_path / "files").glob("*/*.yaml"))
        if (FILES / path.relative_to(tmp_path / "files")).is_file() and read_file(path, config).announcement is not None
    ]
    assert len(in_order) > 10
    for path in [*right, *in_order]:
        content = path.read_bytes().decode("utf-8-sig")
        assert faults(content, schema() if path in right else made) == [], path.name


def test_the_schema_has_every_field_of_the_reader_and_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each kind of block asks for, as the reader reads it, is what the schema offers there."""
    asked: dict[Section, set[str]] = {}
    finished: list[set[str]] = []
    entry, finish = Section.entry, Section.finish

    def note(section: Section, name: str) -> Entry | None:
        asked.setdefault(section, set()).add(name)
        return entry(section, name)

    def end(section: Section) -> None:
        finish(section)
        finished.append(asked.get(section, set()))

    monkeypatch.setattr(Section, "entry", note)
    monkeypatch.setattr(Section, "finish", end)
    desk.read(
        "text: A\npublish: 2026-12-01\nimage: {file: kuva.png, alt: B}\nrepeat: {every: 20 weeks}\n"
        "poll: {question: A, options: [B, C], days: 1}\n"
        "x: {skip: yes}\nlinkedin: {skip: yes}\nfor: {hausjarvi: {title: B}}\n"
    )
    made = schema()
    kinds = {
        "top": set(made["properties"]) - {"twitter"},
        **{
            name: set(one["properties"]) - {"twitter"}
            for name, one in made["definitions"].items()
            if "properties" in one
        },
    }
    for name in ("top", "picture", "repeat", "poll", "network-x", "network-linkedin"):
        assert kinds[name] in finished, (name, [one ^ kinds[name] for one in finished])
    nearest = min((one ^ kinds["level"] for one in finished), key=len)
    assert nearest == set()


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_hover_text_is_translated(language: str) -> None:
    """Each field has a description, in the reader's language."""

    def described(made: Any) -> list[str]:
        if isinstance(made, list):
            return [one for item in made for one in described(item)]
        if not isinstance(made, dict):
            return []
        own = [made["description"]] if isinstance(made.get("description"), str) else []
        return own + [one for item in made.values() for one in described(item)]

    english = described(schema())
    with use(language):
        theirs = described(schema())
    assert len(english) > 60
    assert [one for one, other in zip(english, theirs, strict=True) if one == other] == []


def test_the_command_writes_schemas_and_leaves_settings_alone(tmp_path: Path) -> None:
    """Three languages, one set of settings, each a JSON file; the schema itself is one by its own rules."""
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(tiedote, ["--lang", "fi", "schema", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / ".vscode" / "settings.json").read_text(encoding="utf-8") == "{}"
    for language in LANGUAGES:
        made = json.loads((tmp_path / ".schema" / f"announcement.{language}.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(made)
        assert set(registry.names()) <= set(made["properties"])
    printed = CliRunner().invoke(tiedote, ["--lang", "sv", "schema", "--print"])
    assert "Några av kanalerna" in printed.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_announcement_is_in_order_and_its_editor_finds_the_schema(tmp_path: Path, language: str) -> None:
    """`init`, then `new`: in the queue, a draft, right as it is; a second one gets a name of its own; nothing is overwritten."""
    run = CliRunner()
    assert run.invoke(tiedote, ["--lang", language, "init", str(tmp_path)]).exit_code == 0
    common = ["--lang", language, "--config", str(tmp_path / "config.yaml")]
    assert run.invoke(tiedote, [*common, "new"]).exit_code == 0
    assert run.invoke(tiedote, [*common, "new"]).exit_code == 0
    assert run.invoke(tiedote, [*common, "new", "kunta/lupa"]).exit_code == 0
    again = run.invoke(tiedote, [*common, "new", "kunta/lupa.yaml"])
    assert again.exit_code == 2
    assert run.invoke(tiedote, [*common, "new", "../ulos"]).exit_code == 2
    written = sorted((tmp_path / "schedules").glob("**/*.yaml"))
    assert len(written) == 3
    for path in written:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("$schema=")[2]).resolve() == (
            tmp_path / ".schema" / f"announcement.{language}.json"
        )
    checked = run.invoke(tiedote, [*common, "check", "--json"])
    assert (checked.exit_code, json.loads(checked.stdout)["problems"]) == (0, [])

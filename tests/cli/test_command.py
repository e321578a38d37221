"""The command as a whole: help, languages, where the configuration comes from, exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

import pytest
from click.testing import CliRunner

from publisher.cli import COMMANDS, language_for, tiedote

HEAVY = (
    "cryptography",
    "pydantic",
    "sqlalchemy",
    "sqlmodel",
    "requests",
    "tweepy",
    "facebook",
    "yaml",
    "rich",
    "alembic",
    "starlette",
)


def run_python(code, **env):
    """Run a piece of code in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env or None, check=False)


def test_help_imports_no_command_and_no_heavy_library():
    """What is timed at every tab and typo loads click and nothing else."""
    done = run_python(
        "import sys; from publisher.cli import tiedote\n"
        "tiedote(['--help'], prog_name='tiedote', standalone_mode=False)\n"
        "print('LOADED', *sys.modules)"
    )
    text, loaded = done.stdout.split("LOADED")
    assert all(name in text for name in COMMANDS)
    modules = set(loaded.split())
    assert not modules & set(HEAVY)
    assert {name for name in modules if name.startswith("publisher.cli.")} == {"publisher.cli.shared"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_the_same_in_the_list_and_in_its_help(name):
    """The words beside a command's name begin its own help, too; it takes the common options."""
    told = CliRunner().invoke(tiedote, [name, "--help"], env={"TIEDOTE_LANG": "en"})
    assert told.exit_code == 0, told.output
    assert COMMANDS[name][1].rstrip(".") in " ".join(told.output.split())
    assert "--config" in told.output
    assert "--lang" in told.output


ENGLISH = re.compile(
    r"\b(?:the|and|of|is|are|with|this|that|from|its|not|only|show|write|default|required|usage|integer|range|exit|file|options?|commands?)\b",
    re.IGNORECASE,
)
SAME_IN_ALL = {"URL", "ID", "JSON", "CSV", "ISO", "RSS", "VS", "X", "C", "TIEDOTE_CONFIG", "TIEDOTE_LANG"}
SAME_IN_SWEDISH = {"TEXT", "ORGANISATION", "PERSON"}


def every_page():
    """Name every command, and every command below one."""
    for name in COMMANDS:
        yield (name,)
        module, function = COMMANDS[name][0].split(":")
        yield from ((name, below) for below in getattr(getattr(import_module(module), function), "commands", ()))


def capitals(page):
    """Give the words that stand for something in a page of help."""
    return set(re.findall(r"(?<![\w-])[A-Z_]+(?![\w-])", page))


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_no_page_of_help_has_an_english_word_left(language):
    """Click's own words included; names of commands and options are the same in every language."""
    left = {}
    for page in [(), *every_page()]:
        own = CliRunner().invoke(tiedote, ["--lang", language, *page, "--help"]).output
        english = CliRunner().invoke(tiedote, ["--lang", "en", *page, "--help"]).output
        prose = re.sub(r"tiedote[ a-z]+|--[\w-]+|\[[a-z_|]+\]|^  [a-z]+ ", "", own, flags=re.MULTILINE)
        words = set(ENGLISH.findall(prose)) | capitals(own) & capitals(english) - SAME_IN_ALL
        if words - (SAME_IN_SWEDISH if language == "sv" else set()):
            left[page] = words
    assert left == {}


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize(
    "wrong",
    [
        ["nothing"],
        ["statu"],
        ["status", "--jsno"],
        ["status", "extra"],
        ["status", "--json=1"],
        ["comments", "shwo"],
        ["resolve"],
        ["login", "facebook"],
        ["plan", "--days"],
        ["plan", "--days", "x"],
        ["export", "--year", "12"],
        ["comments", "--kind", "x"],
        ["--config", ".", "status"],
        ["restore", "nothing.db"],
        ["init", __file__],
        ["run", "--wait", "x"],
        ["report", "--week", "x"],
    ],
)
def test_no_wrong_use_is_answered_in_english(language, wrong):
    """What click says of it itself is said in the reader's language."""
    told = CliRunner().invoke(tiedote, ["--lang", language, *wrong])
    assert told.exit_code == 2
    said = re.sub(r"'[^']*'|tiedote \w+|--[\w-]+", "", told.output)
    assert not ENGLISH.findall(said), told.output
    assert not {"OPTIONS", "COMMAND", "ARGS", "DIR", "FILE"} & set(re.findall(r"[A-Z]+", said)), told.output


def test_a_mistyped_command_is_told_which_one_was_meant():
    """Among all of them, though none is loaded."""
    told = CliRunner().invoke(tiedote, ["--lang", "en", "statu"])
    assert "No such command 'statu'. Did you mean 'status'?" in told.output


def test_a_missing_configuration_is_named_with_what_to_do(tmp_path, monkeypatch):
    """Without a configuration a command ends with 3; nothing goes to stdout."""
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(tiedote, ["status", "--json"])
    assert told.exit_code == 3
    assert told.stdout == ""
    assert "There is no configuration config.yaml." in told.stderr
    assert "tiedote init" in told.stderr


@pytest.mark.parametrize("arguments", [["--config", "named.yaml", "status"], ["status", "--config", "named.yaml"]])
def test_an_option_names_the_configuration_before_or_after_the_command(arguments, tmp_path, monkeypatch):
    """--config counts in both places, and wins over TIEDOTE_CONFIG."""
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(tiedote, arguments, env={"TIEDOTE_CONFIG": "other.yaml"})
    assert "There is no configuration named.yaml." in told.stderr


def test_the_environment_names_the_configuration(tmp_path, monkeypatch):
    """TIEDOTE_CONFIG stands in for --config."""
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(tiedote, ["status"], env={"TIEDOTE_CONFIG": "other.yaml"})
    assert "There is no configuration other.yaml." in told.stderr


def test_a_configuration_with_faults_is_shown_with_their_places(tmp_path):
    """Every fault of the configuration is printed with file, line and column; the command ends with 3."""
    path = tmp_path / "config.yaml"
    path.write_text("sandbox: maybe\nlanguage: fr\n", encoding="utf-8")
    told = CliRunner().invoke(tiedote, ["status", "--config", str(path)])
    assert told.exit_code == 3
    assert "config.yaml:1:10:" in told.stderr
    assert "config.yaml:2:11:" in told.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--once", "--wait", "5"], ["resolve", "d-1"], ["retry"]])
def test_wrong_use_ends_with_two(arguments):
    """A command that does not exist, a time without unit, nothing to settle by, nothing to act on."""
    assert CliRunner().invoke(tiedote, arguments).exit_code == 2


def test_the_version_is_told():
    """--version prints the name and the number."""
    told = CliRunner().invoke(tiedote, ["--version"])
    assert told.exit_code == 0
    assert told.stdout.startswith("tiedote ")


def test_the_language_comes_from_option_then_environment_then_configuration(tmp_path, monkeypatch):
    """Only fi, sv and en are languages of messages; anything else is passed over."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIEDOTE_LANG", raising=False)
    monkeypatch.delenv("TIEDOTE_CONFIG", raising=False)
    assert language_for(["status"]) == "en"
    (tmp_path / "config.yaml").write_text("sandbox: yes\nlanguage: fi  # of messages\n", encoding="utf-8")
    assert language_for(["status"]) == "fi"
    monkeypatch.setenv("TIEDOTE_LANG", "sv")
    assert language_for(["status"]) == "sv"
    assert language_for(["--lang", "en", "status"]) == "en"
    assert language_for(["status", "--lang=fi"]) == "fi"
    assert language_for(["status", "--lang", "de"]) == "sv"


def test_the_module_is_the_command():
    """`python -m publisher` and `tiedote` are the same."""
    done = subprocess.run([sys.executable, "-m", "publisher", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("tiedote ")

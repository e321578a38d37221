"""The catalogues: nothing untranslated, nothing broken, and click's own words among them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from click.testing import CliRunner

from publisher.cli import tiedote
from publisher.locale import FOLDER, _, current, ngettext, speak, use
from publisher.locale.catalogues import TRANSLATED, messages, read

SOURCE = messages()


def forms(message):
    """A message's forms: one, or singular and plural."""
    return message if isinstance(message, tuple) else (message,)


def filled_in(text, *, of_click):
    """What is put into a message: ours by %(name)s, click's by {name}."""
    if of_click:
        return {(name, conversion) for _text, name, _spec, conversion in Formatter().parse(text) if name}
    return set(re.findall(r"%\((\w+)\)([a-z])", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language):
    """After a text has changed: python -m publisher.locale.catalogues, then translate what it left open."""
    catalogue = read(language)
    assert [message.id for message in SOURCE if message.id and message.id not in catalogue] == []
    assert [message.id for message in catalogue if message.id and message.id not in SOURCE] == []
    assert [message.id for message in catalogue if message.id and not all(forms(message.string))] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_filled_in_like_its_message(language):
    """A placeholder that is missing or misspelt would break a mail at three in the morning."""
    for message in read(language):
        of_click = all(path.startswith("click/") for path, _line in message.locations)
        for number, form in enumerate(forms(message.string) if message.id else ()):
            original = forms(message.id)[number]
            assert filled_in(form, of_click=of_click) == filled_in(original, of_click=of_click), message.id


SAID_TO_PEOPLE = {"say", "echo", "Stop", "UsageError", "BadParameter", "Unreadable"}
SAID_OF_FILES = {"error", "warn", "missing", "misplaced", "parsed", "left_out"}
A_SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


def test_no_sentence_is_said_without_the_catalogues():
    """What is printed, and what is wrong with a file, is never a plain English text; logs and exceptions for programmers may be."""
    found = []
    for path in sorted(FOLDER.parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            logged = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in {"_LOG", "logging"}
            if logged or name not in SAID_TO_PEOPLE | SAID_OF_FILES:
                continue
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            plain = [part for one in given if isinstance(one, ast.JoinedStr) for part in one.values]
            texts = [
                one.value for one in [*given, *plain] if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            found += [f"{path.name}:{call.lineno}: {text}" for text in texts if A_SENTENCE.search(text)]
    assert found == []


def test_no_message_hides_from_the_catalogues():
    """A text inside an f-string is looked up but never extracted: it would stay English."""
    for path in sorted(FOLDER.parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in {"_", "N_", "ngettext"}
            ):
                first = call.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    assert first.value in SOURCE, f"{path.relative_to(Path.cwd())}:{call.lineno}"


@pytest.mark.parametrize(
    "language,words",
    [("fi", ("Käyttö:", "Valitsimet", "Komennot")), ("sv", ("Användning:", "Alternativ", "Kommandon"))],
)
def test_the_command_line_speaks_one_language(language, words):
    """Click's own words are in the language of ours; wrong use is told in it, too."""
    told = CliRunner().invoke(tiedote, ["--lang", language, "--help"])
    assert all(word in told.output for word in words)
    assert "Usage" not in told.output
    wrong = CliRunner().invoke(tiedote, ["nonsense", "--lang", language])
    assert wrong.exit_code == 2
    assert "nonsense" in wrong.output
    assert "No such command" not in wrong.output


def test_a_text_is_in_the_language_of_its_place():
    """`use` counts here and now, `speak` for the whole process; without either it is English."""
    assert (current(), _("published")) == ("en", "published")
    with speak("fi"):
        assert _("published") == "julkaistu"
        with use("sv"):
            assert _("published") == "publicerat"
            assert ngettext("%(n)d announcement in the queue.", "%(n)d announcements in the queue.", 2).endswith(
                "i kön."
            )
        assert _("published") == "julkaistu"
    assert _("published") == "published"


def test_a_message_without_a_translation_stays_english():
    """An empty text stays empty: in a catalogue it is the header's key."""
    with use("fi"):
        assert _("This is in no catalogue.") == "This is in no catalogue."
        assert _("") == ""
    with use("se"):
        assert _("published") == "published"

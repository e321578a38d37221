"""`check --fix`: what needs no person is mended, everything else is left, and the file as it was is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.announcements import read_file
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.yamlfile.fixing import fix
from tests.corpus.running import FILES, copy_to
from tests.publisher.test_announcements import Desk

LINK = "link: https://a.fi\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def fixed(desk: Desk, source: bytes) -> bytes | None:
    path = desk.queue / "a.yaml"
    path.write_bytes(source)
    found = fix(source, lambda content: read_file(path, desk.config, source=content).problems)
    return found.content if found else None


@pytest.mark.parametrize(
    "before,after",
    [
        ("text: Auki #Loppi\n", 'text: "Auki #Loppi"\n'),
        ("text: Huom: auki: tule\n", 'text: "Huom: auki: tule"\n'),
        ("text:\n  fi: @kunta: hei\n", 'text:\n  fi: "@kunta: hei"\n'),
        ('text: "Uusi" palvelu\n', "text: '\"Uusi\" palvelu'\n"),
        ("text: 'Uusi' \"palvelu\" auki\n", 'text: "\'Uusi\' \\"palvelu\\" auki"\n'),
        ("teksti: Hei\r\nlänk: https://a.fi\r\n", "text: Hei\r\nlink: https://a.fi\r\n"),
        ("text: A\nkuva:\n  tiedosto: kuva.png\n  kuvaus: Talo\n", "text: A\nimage:\n  file: kuva.png\n  alt: Talo\n"),
        ("text: A\nchannels: [fb, Insta]\nimage: {file: kuva.png, alt: B}\n", None),
        ("text: A\nimage:\n\tfile: kuva.png\n\talt: B\n", "text: A\nimage:\n  file: kuva.png\n  alt: B\n"),
        ("text: A\nimage:\n\u00a0\u00a0file: kuva.png\n  alt: B\n", "text: A\nimage:\n  file: kuva.png\n  alt: B\n"),
        ("text:A\nlink: https://a.fi\n", "text: A\nlink: https://a.fi\n"),
        ("text: A\npublish: heti\n", "text: A\npublish: asap\n"),
        ("text: A\nhashtags: [#Yksi, Kaksi]\n", "text: A\nhashtags: [Yksi, Kaksi]\n"),
        ("> text: A\n> link: https://a.fi\n", "text: A\nlink: https://a.fi\n"),
        ("text: A\nlink: a b\npublish: heti\n", "text: A\nlink: a b\npublish: asap\n"),
    ],
)
def test_what_can_be_meant_in_one_way_only_is_mended(desk: Desk, before: str, after: str | None) -> None:
    """Quotation marks, names, indentation, signs; the rest of the file stays as it is, to the byte."""
    wanted = after or "text: A\nchannels: [facebook, instagram]\nimage: {file: kuva.png, alt: B}\n"
    assert fixed(desk, before.encode()) == wanted.encode()


@pytest.mark.parametrize(
    "text",
    [
        "text: A\n",
        'text: "Auki" #Loppi\n',  # are the marks words?
        'text: "Sanoi "hei" ja lähti"\n',
        "text: Huom: auki\n  myös illalla\n",  # more than one line
        "text: A\nlink: a.fi\npublish: 30.2.2026\n",
        "text: A\ntext: B\n",
        "text: A\nteksti: B\n",
        "text: A\nbudjetti: 1\n",
        "text: {fi: A, SE: B}\nlanguages: [fi]\n",  # Swedish, or Northern Sami?
        "text: A\nimage:\n  file: kuva.png\n   alt: B\n",
        "text: A\nchannels: facebook ja x\n",
        "",
    ],
)
def test_what_takes_a_person_is_left_alone(desk: Desk, text: str) -> None:
    """Nothing is guessed, and nothing is written."""
    assert fixed(desk, text.encode()) is None


def test_an_old_windows_file_is_saved_as_utf_8_unless_that_would_lose_something(desk: Desk) -> None:
    """ANSI is read as old Windows programs do; a file that mixes two encodings needs a person."""
    text = f"text: Päivähoito – ”hei”\n{LINK}"
    assert fixed(desk, text.encode("cp1252")) == text.encode()
    assert fixed(desk, text.encode() + "title: Hyvä\n".encode("cp1252")) is None
    assert fixed(desk, b"text: A\x81B\n") is None


def test_no_file_of_the_corpus_gets_worse(tmp_path: Path) -> None:
    """Whatever is mended has fewer faults than before, and mending it again changes nothing."""
    copy_to(tmp_path)
    config = load_config(tmp_path / "config.yaml", secrets=False)
    mended = 0
    for seed in sorted(FILES.glob("*/*.yaml")):
        path = tmp_path / "files" / seed.relative_to(FILES)

        def check(content: bytes, path: Path = path):
            return [one for one in read_file(path, config, source=content).problems if not one.warning]

        found = fix(path.read_bytes(), check)
        if found is not None:
            mended += 1
            assert len(check(found.content)) == len(check(path.read_bytes())) - found.mended
            assert fix(found.content, check) is None
    assert mended > 60


def test_the_command_keeps_the_file_as_it_was(desk: Desk) -> None:
    """Twice mended, two copies; the mode stays; a link is not written through; what is left is told as always."""
    path = desk.queue / "a.yaml"
    path.write_text("teksti: Auki #Loppi\nlink: https://a.fi\nbudjetti: 1\n", encoding="utf-8")
    path.chmod(0o640)
    desk.queue.joinpath("b.yaml").symlink_to("a.yaml")

    def run():
        return CliRunner().invoke(tiedote, ["--config", str(desk.folder / "config.yaml"), "check", "--fix"])

    result = run()
    assert result.exit_code == 1
    assert path.read_text(encoding="utf-8") == 'text: "Auki #Loppi"\nlink: https://a.fi\nbudjetti: 1\n'
    assert path.with_name("a.yaml.bak").read_text(encoding="utf-8").startswith("teksti: Auki #")
    assert path.stat().st_mode & 0o777 == 0o640
    assert "there is no field 'budjetti'" in result.stdout
    assert "fault mended in" in result.stderr
    path.write_text("text: A\nlink: https://a.fi\npublish: heti\n", encoding="utf-8")
    assert run().exit_code == 0
    assert path.with_name("a.yaml.bak2").exists()
    assert sorted(one.name for one in desk.queue.iterdir()) == [
        "a.yaml",
        "a.yaml.bak",
        "a.yaml.bak2",
        "b.yaml",
        "kuva.png",
    ]

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.yamlfile import Block, Faults, Items, Limits, Scalar, Section, Span, load, read, render, render_github
from publisher.yamlfile.fixing import fix
from publisher.yamlfile.nodes import hide_secrets

START = Span(1, 1, 1, 1)
HOUR = timedelta(hours=1)


def problems_of(text, **limits):
    _document, problems = load(text.encode(), "a.yaml", Limits(**limits))
    return [(problem.code, problem.position.line, problem.position.column) for problem in problems]


def value_of(text, name="a"):
    document, problems = load(text.encode(), "a.yaml")
    assert problems == []
    assert document.root is not None
    entry = document.root.get(name)
    assert entry is not None
    return entry.value


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "off",
        "00100",
        "0777",
        "9:00",
        "12:30:45",
        "1.10",
        "1e3",
        "0x1F",
        "2026-12-01",
        "2026-02-30",
        "=",
        "<<",
        "-.inf",
    ],
)
def test_a_value_stays_as_it_was_written(written):
    """Norway, octal, sexagesimal, dates: nothing is made of a value before somebody asks for it."""
    value = value_of(f"a: {written}\n")
    assert isinstance(value, Scalar)
    assert value.value == written


@pytest.mark.parametrize("written", ["", " ~", " null"])
def test_nothing_is_nothing(written):
    """An empty value, ~ and null are all no value; in quotation marks they are text."""
    value = value_of(f"a:{written}\n")
    assert isinstance(value, Scalar)
    assert value.value is None
    quoted = value_of(f'a: "{written.strip()}"\n')
    assert isinstance(quoted, Scalar)
    assert quoted.value == written.strip()


def test_emoji_do_not_move_a_column():
    """Columns count characters as people do, with emoji and umlauts before them."""
    document, _problems = load("ä: [👩‍🎓, b, 'c']\n".encode(), "a.yaml")
    assert document.root is not None
    items = document.root.entries[0].value
    assert isinstance(items, Items)
    assert [(item.at.column, item.at.end_column) for item in items.items] == [(5, 8), (10, 11), (13, 16)]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("a: Huom: palvelu on auki\n", ("second_colon", 1, 8)),
        ("a: Auki\n  Huom: myös illalla\n", ("second_colon", 2, 7)),
        ("a: @Kela auttaa\n", ("sign", 1, 4)),
        ("a: *tärkeä* asia\n", ("sign", 1, 4)),
        ("a: &merkki teksti\n", ("sign", 1, 4)),
        ("a: !Huomio palvelu\n", ("sign", 1, 4)),
        ("a: % alennus\n", ("sign", 1, 4)),
        ("a: `koodi`\n", ("sign", 1, 4)),
        ("a: - viiva\n", ("sign", 1, 4)),
        ('a: "Lainaus" tekstissä\n', ("after_quote", 1, 14)),
        ("a: [Uutta] palvelu auki\n", ("after_quote", 1, 12)),
        ('a: "ei pääty\nb: c\n', ("open_quote", 1, 4)),
        ('a: "kuvat\\kesä.jpg"\n', ("backslash", 1, 10)),
        ("a: | sanat\n", ("after_bar", 1, 4)),
        ("a: [#Yksi, Kaksi]\nb: c\n", ("lost_hashtag", 1, 5)),
        ("a: [Yksi, #Kaksi]\nb:\n  - c\n", ("lost_hashtag", 1, 11)),
        ("a: [yksi, kaksi\nb: c\n", ("open_bracket", 1, 4)),
        ("a:\n\tb: c\n", ("tab", 2, 1)),
        ("a:\n\u00a0\u00a0b: c\n", ("odd_space", 2, 1)),
        ("a: b\nsanat ilman kenttää\nc: d\n", ("no_colon", 2, 1)),
        ("a:b\nc: d\n", ("colon_space", 1, 2)),
        ("text:Hei\nlink:https://kunta.fi\n", ("colon_space", 1, 5)),
        ("a: b\n\tc: d\n", ("tab", 2, 1)),
        ("a: b\n\u00a0\u00a0c: d\n", ("odd_space", 2, 1)),
        ("a:\n    b: c\n  d: e\n", ("indentation", 3, 3)),
        ("a: 1\na: 2\n", ("duplicate", 2, 1)),
        ("a: b\n---\nc: d\n", ("two_documents", 2, 1)),
        ("a: b\x07c\n", ("control_character", 1, 5)),
        ('a: "b\\0c"\n', ("control_character", 1, 4)),
        ("? [a]\n: b\n", ("key", 1, 3)),
        ("", ("empty", 1, 1)),
        ("pelkkää tekstiä\n", ("not_fields", 1, 1)),
        ("- a\n- b\n", ("not_fields", 1, 1)),
    ],
)
def test_each_slip_is_named_at_its_place(text, expected):
    """What a person does wrong has one message, at the line and column where it stands."""
    assert problems_of(text) == [expected]


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 100,
        b"PK\x03\x04\x14\x00\x06\x00" + b"word/document.xml" * 50,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100,
        b"{\\rtf1\\ansi Hei}",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"\x00\x01" * 50,
        b"\x01\x00" * 50,
    ],
)
def test_a_file_that_is_no_text_is_one_fault(content):
    """A document of Word under an announcement's name is refused in one line, not in hundreds."""
    document, problems = load(content, "a.yaml")
    assert [(problem.code, problem.position.line, problem.excerpt) for problem in problems] == [
        ("not_text_file", 1, "")
    ]
    assert document.root is None


def test_reading_goes_on_behind_a_fault():
    """Six faults of syntax in one file are six problems, and every other field is there."""
    text = 'a: Huom: x\nb: @Kela\nc: "L" t\nd:\n\te: 1\nf: [#G, h]\ni: 1\ni: 2\nj: k\n'
    document, problems = load(text.encode(), "a.yaml")
    assert sorted((problem.position.line, problem.code) for problem in problems) == [
        (1, "second_colon"),
        (2, "sign"),
        (3, "after_quote"),
        (5, "tab"),
        (6, "lost_hashtag"),
        (8, "duplicate"),
    ]
    assert document.root is not None
    assert [entry.name for entry in document.root] == ["a", "b", "c", "d", "f", "i", "j"]


def test_a_line_that_was_left_out_brings_no_second_fault():
    """What is missing because a fault took its line away is not told as missing."""
    document, problems = load(b"a: [x, y\nb: c\n", "a.yaml")
    faults = Faults(document, problems)
    assert document.root is not None
    Section(document.root, faults, START).scalar("a", required=True)
    assert [problem.code for problem in faults.problems] == ["open_bracket"]


@pytest.mark.parametrize(
    "source,code",
    [
        (b"[" * 50_000, "too_deep"),
        (b"a: " + b"{b: " * 5_000, "too_deep"),
        (b"- " * 20_000, "too_deep"),
        (b"a: b\n" * 60_000, "too_large"),
        (b"a:\n" + b"- b\n" * 6_000, "too_many"),
    ],
)
def test_a_file_that_asks_for_too_much_is_refused(source, code):
    """Depth, size and number are limits, met in a moment and without a crash."""
    began = time.perf_counter()
    document, problems = load(source, "a.yaml")
    assert document.root is None
    assert [problem.code for problem in problems] == [code]
    assert time.perf_counter() - began < 2


BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


def test_repeated_parts_are_counted_as_if_written_out():
    """A bomb of references is refused where they are allowed; and where staff write, references are no references."""
    assert problems_of("a: &a [x, x]\n" + BOMB, aliases=100)[0][0] == "too_many"
    assert problems_of("a: &a [x]\nb: *a\n", aliases=100) == []
    assert problems_of("a: &a [*a]\n", aliases=100) == [("alias", 1, 8)]
    assert problems_of("a: &a [x]\nb: *a\n") == [("sign", 1, 4), ("sign", 2, 4)]


def test_old_windows_files_are_readable():
    """A file saved as ANSI is told so, once, and shown readably; UTF-16 and a byte order mark are taken."""
    _document, problems = load("a: Päivähoito\nb: å\n".encode("cp1252"), "a.yaml")
    assert [(problem.code, problem.position.line, problem.position.column) for problem in problems] == [
        ("encoding", 1, 5)
    ]
    assert problems[0].excerpt == "a: Päivähoito"
    for encoding in ("utf-16", "utf-8-sig"):
        document, problems = load("a: Päivähoito\n".encode(encoding), "a.yaml")
        assert problems == []
        assert document.root is not None
        assert document.root.entries[0].key.at.column == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_told_and_mended(encoding):
    """Some programs save "Unicode" without the two bytes before it: the words are read, and `--fix` saves them as UTF-8."""
    words = "text: Päivähoito 🐈 alkaa\nlink: https://kunta.fi/\n"
    document, problems = load(words.encode(encoding), "a.yaml")
    assert [problem.code for problem in problems] == ["encoding"]
    assert document.root is not None
    assert [entry.name for entry in document.root] == ["text", "link"]
    fixed = fix(words.encode(encoding), lambda content: load(content, "a.yaml")[1])
    assert fixed is not None
    assert fixed.content == words.encode()


def test_a_field_that_is_given_twice_is_shown_on_both_lines():
    """Whoever removes one of the two sees both."""
    _document, problems = load(b"text: one\nlink: https://kunta.fi/\ntext: two\n", "a.yaml")
    assert render(problems[0]).splitlines()[1:4] == ["    1 | text: one", "    3 | text: two", "      | ^^^^"]


@pytest.mark.parametrize("name", ["folder", "large"])
def test_what_is_no_file_or_too_large_says_what_to_do(name, tmp_path):
    """Each refusal has its remedy."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"a" * (Limits().bytes + 1))
    _document, problems = read(tmp_path / name, name)
    assert problems[0].remedy


def test_a_pipe_or_a_device_is_refused_at_once(tmp_path):
    """Nobody waits for something that is not a file."""
    os.mkfifo(tmp_path / "a.yaml")
    for path in (tmp_path / "a.yaml", tmp_path, tmp_path / "missing.yaml", tmp_path / "x" / "y.yaml"):
        document, problems = read(path, "a.yaml")
        assert document.root is None
        assert [problem.code for problem in problems] in (["not_a_file"], ["missing"], ["unreadable"])


def test_a_fault_is_printed_with_its_line_and_a_caret():
    """Place, words, the line, a caret as long as the spot, the remedy."""
    document, _problems = load(b"channels: [facebook, tiktok]\n", "schedules/a.yaml")
    faults = Faults(document)
    assert document.root is not None
    channels = Section(document.root, faults, START).scalars("channels") or []
    Section(document.root, faults, START).not_one_of(channels[1], ["facebook", "x"])
    assert render(faults.problems[0]) == (
        "schedules/a.yaml:1:22: error: 'tiktok' is not possible here  [choice]\n"
        "    1 | channels: [facebook, tiktok]\n"
        "      |                      ^^^^^^\n"
        "      = Possible here: facebook, x."
    )


def test_a_caret_stands_under_wide_letters_and_in_long_lines():
    """Emoji take two columns of a terminal; a long line is cut around the spot."""
    text = "a: 👍👍 Huom: x\nb: " + "sana " * 40 + "Huom: loppu\n"
    _document, problems = load(text.encode(), "a.yaml")
    for problem in problems:
        _head, line, caret, _remedy = render(problem).split("\n")
        before = line[: line.index("Huom") + 4]
        wide = sum(letter == "👍" for letter in before)
        assert caret.index("^") == len(before) + wide
        assert len(line) < 120


def test_no_control_character_reaches_the_terminal():
    """What a file holds cannot paint over the screen or turn the text round."""
    _document, problems = load("a: x\x1b[2J\u202eb: c\n".encode(), "a\x1b.yaml")
    assert problems
    for problem in problems:
        assert not {"\x1b", "\u202e"} & set(render(problem))


def test_a_code_host_gets_an_annotation():
    """Everything that GitHub reads as a sign of its own is escaped."""
    _document, problems = load(b"a: 100 %: b\n", "x,y:z.yaml")
    printed = render_github(problems[0])
    assert printed.startswith("::error file=x%2Cy%3Az.yaml,line=1,col=9,endColumn=10,title=second_colon::")
    assert "\n" not in printed


@pytest.mark.parametrize(
    "line,hidden",
    [
        ("access_token: EAAB9secret", "EAAB9secret"),
        ("  acces_token: 'EAAB9secret'", "EAAB9secret"),
        ("facebook: {page_id: abc, access_token: EAAB9secret, media: x}", "EAAB9secret"),
        ('password: "my pass, word"', "my pass, word"),
        ("password: my pass, word", "my pass, word"),
        ("{api_key: ${A}, api_secret: raw1}", "raw1"),
        ("database: postgresql+psycopg://tiedote:s3cret@db/tiedote", "s3cret"),
        ("tokne: EAABsbCS1iHgBO0ZCZA3ZBvZA", "EAABsbCS1iHgBO0ZCZA3ZBvZA"),
    ],
)
def test_a_secret_is_never_shown(line, hidden):
    """A line of the configuration is shown with dots in place of its secrets, and keeps its columns."""
    shown = hide_secrets(line)
    assert hidden not in shown
    assert len(shown) == len(line)
    assert "•" in shown


def test_a_reference_to_a_secret_is_shown():
    """`${NAME}` tells nothing, and whoever mends the file needs to see it."""
    line = 'facebook: {access_token: "${HAUSJARVI_FACEBOOK_TOKEN_OF_THE_PAGE}"}'
    assert hide_secrets(line) == line


def section_of(text):
    document, problems = load(text.encode(), "a.yaml")
    faults = Faults(document, problems)
    assert document.root is not None
    return Section(document.root, faults, START, {"kuva": "image", "twitter": "x"}), faults


@pytest.mark.parametrize(
    "key,guess",
    [("imgae", "image"), ("kuva", "image"), ("Twitter", "x"), ("twiter", "x"), ("no", None), ("zzzz", None)],
)
def test_an_unknown_field_gets_a_guess(key, guess):
    """A slip, a word in the reader's language, another tool's name; never a guess from two letters."""
    section, faults = section_of(f"{key}: 1\n")
    for name in ("image", "x", "en"):
        section.entry(name)
    section.finish()
    (problem,) = faults.problems
    assert problem.code == "unknown_field"
    assert problem.remedy == (f"Did you mean '{guess}'?" if guess else "Possible here: en, image, x.")


def test_typed_values_are_read_and_faults_noted():
    """Truths in three languages, numbers in their range, lengths of time with their units."""
    section, faults = section_of("a: kyllä\nb: ei\nc: 70000\nd: 90 days\ne: 10\nf: maybe\n")
    assert section.flag("a", default=False) is True
    assert section.flag("b", default=True) is False
    assert section.whole("c", 25, 1, 65535) == 25
    assert section.length("d", HOUR) == timedelta(days=90)
    assert section.length("e", HOUR) == HOUR
    assert section.flag("f", default=True) is True
    assert [(problem.code, problem.position.line) for problem in faults.problems] == [
        ("value", 3),
        ("value", 5),
        ("value", 6),
    ]


PIECES = st.sampled_from(
    [
        "a: ",
        "b:\n",
        "  ",
        "\t",
        "- ",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "#x ",
        " #",
        ": ",
        "|\n",
        "&a ",
        "*a",
        "!t ",
        "---\n",
        "\n",
        "sana",
        "ä",
        "👍",
        "\u00a0",
        "\\",
        "%",
        "@",
        "? ",
        ", ",
        "\x00",
        "<<: ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from([0, 100]))
def test_no_text_breaks_the_reader(text, aliases):
    """Whatever stands in a file, there is a tree, or a problem at a place that exists."""
    document, problems = load(text.encode(), "a.yaml", Limits(aliases=aliases))
    assert isinstance(document.root, Block) or problems
    for problem in problems:
        assert 1 <= problem.position.line <= len(document.lines) + 1
        render(problem)

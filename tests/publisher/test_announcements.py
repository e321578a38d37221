from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from publisher.announcements import Stillness, read_file, read_queue
from publisher.config import load_config
from publisher.model import UNSET, Every, Repeat, Unit, When

CONFIG = """\
language: en
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "1", access_token: a}
      instagram: {user_id: "1", access_token: a}
      x: {user_id: "1", access_token: a}
      linkedin: {organization_id: "1", access_token: a}
  loppi:
    name: Lopen kunta
    languages: [fi]
    accounts:
      facebook: {page_id: "2", access_token: a}
      x: {user_id: "2", access_token: a}
"""


class Desk:
    """A queue to write files into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.queue = folder / "schedules"
        self.queue.mkdir()
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        self.picture("kuva.png")

    @property
    def config(self):
        return load_config(self.folder / "config.yaml")

    def configure(self, old, new):
        path = self.folder / "config.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def picture(self, name, size=(40, 30)):
        path = self.queue / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, "teal").save(path)
        return path

    def write(self, text, name="a.yaml"):
        path = self.queue / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, text, name="a.yaml", now=None):
        return read_file(self.write(text, name), self.config, now=now)

    def good(self, text, name="a.yaml"):
        reading = self.read(text, name)
        assert reading.announcement is not None, reading.problems
        return reading.announcement

    def faults(self, text, name="a.yaml", now=None, *, warnings=False):
        return [
            (problem.code, problem.position.line, problem.position.column)
            for problem in self.read(text, name, now).problems
            if problem.warning is warnings
        ]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


# What a file says


def test_a_thread_is_a_list_of_posts_or_a_wish_to_have_the_text_cut(desk):
    """Texts, or texts per language, in the order given; yes and no in three languages."""
    assert desk.good("text: A\nx: {thread: [B, C]}\n").channels["x"].thread == ({"": "B"}, {"": "C"})
    assert desk.good("text: A\nx:\n  thread:\n    - {fi: B, sv: C}\n").channels["x"].thread == ({"fi": "B", "sv": "C"},)
    assert desk.good("text: A\nx: {thread: kyllä}\n").channels["x"].thread is True
    assert desk.good("text: A\nx: {thread: nej}\n").channels["x"].thread is False
    assert desk.good("text: A\nx: {text: B}\n").channels["x"].thread is UNSET


def test_a_mention_that_nobody_knows_is_told_at_its_place(desk):
    """Line and column of the mention itself, also inside a text of several lines, and a guess at what was meant."""
    desk.configure("language: en\n", "language: en\nmentions: {kela: {name: Kela}}\n")
    assert desk.faults("text: Kysy @[kela].\n") == []
    assert desk.faults("text: Kysy @[kella].\n") == [("unknown_mention", 1, 12)]
    assert desk.faults("text: |\n  Kysy\n  neuvoa: @[kella]!\n") == [("unknown_mention", 3, 11)]
    assert desk.faults("text: A\nfirst_comment: '@[vero]'\n") == [("unknown_mention", 2, 17)]
    assert desk.faults("text: A\nx:\n  thread: [B, '@[vero]']\n") == [("unknown_mention", 3, 16)]
    (problem,) = desk.read("text: Kysy @[kella].\n").problems[:1]
    assert problem.remedy == "Did you mean '@[kela]'?"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("text: Kysy @Kela_fi\n", [("mentions", 1, 12)]),
        ("text: |\n  Hei.\n  Kysy .@Kela_fi\n", [("mentions", 3, 9)]),
        ("text: A\nx:\n  thread: [B, kysy @Kela_fi]\n", [("mentions", 3, 20)]),
        ("text: $NOKIA nousi ja $KESKO laski\n", [("cashtags", 1, 23)]),
        ("text: $NOKIA nousi\n", []),
        ("text: Kysy posti@kunta.fi tai https://kunta.fi/@talo\n", []),
        ("text: Kysy @Kela_fi\nx: {text: Kysy Kelasta}\n", []),
        ("text: Kysy @Kela_fi\nchannels: [facebook]\n", []),
        ("text: Kysy @[kela]\n", []),
        (
            f"text: Kiitos {' '.join(f'@nimi{n}' for n in range(21))}\nimage: {{file: kuva.png, alt: B}}\nchannels: [instagram]\n",
            [("mentions", 1, 14)],
        ),
    ],
)
def test_what_a_network_refuses_from_programs_is_told_beforehand(desk, text, expected):
    """X takes no mentions of others and one cashtag, Instagram twenty mentions; a name by @[key] is none on X."""
    mentions = "mentions: {kela: {name: Kela, x: Kela_fi, instagram: kelafpa}}\n"
    desk.configure("language: en\n", f"language: en\n{mentions}")
    assert desk.faults(text) == expected


def test_a_hashtag_that_screen_readers_run_together_gets_a_hint_and_is_taken(desk):
    """Words joined by a sign or without capitals; a Finnish word of ordinary length is left alone."""
    tags = "sähköinen_asiointi, sähköinenasiointi, Asiointi, rakennuslupa"
    warned = desk.faults(f"text: A\nlink: https://a.fi\nhashtags: [{tags}]\n", warnings=True)
    assert [one for one in warned if one[0] == "hashtag_case"] == [("hashtag_case", 3, 12), ("hashtag_case", 3, 32)]
    assert desk.faults("text: A\nhashtags: [sähköinen_asiointi]\n") == []
    (hint,) = [
        one for one in desk.read("text: A\nhashtags: [sähköinen_asiointi]\n").problems if one.code == "hashtag_case"
    ]
    assert "SähköinenAsiointi" in hint.remedy


def test_a_long_text_may_go_out_in_posts_where_it_says_so(desk):
    """Over 280 characters is a fault on X, whose remedy names the thread; with `thread: yes` it is none."""
    text = "text: " + "Rakennusluvan voi nyt hakea kokonaan verkossa. " * 10 + "\n"
    (problem,) = desk.read(text).problems[:1]
    assert (problem.code, "x: {thread: yes}" in problem.remedy) == ("too_long", True)
    assert desk.faults(text + "x: {thread: yes}\n") == []


def test_one_line_is_an_announcement(desk):
    """Only the text is required; it is then a draft of everybody."""
    announcement = desk.good("text: Palvelu on auki.\n")
    assert announcement.key == "a"
    assert announcement.file == "a.yaml"
    assert announcement.organisations == ("hausjarvi", "loppi")
    assert announcement.top.text == {"": "Palvelu on auki."}
    assert announcement.top.publish is UNSET


def test_every_field_is_read(desk):
    """Each with its own meaning, overrides at their level."""
    announcement = desk.good(
        """\
id: lupa-2026
title: {fi: Lupa}
service: permits
organisations: [hausjarvi]
channels: [facebook, twitter]
languages: [fi]
text: {fi: "Sanat."}
link: https://a.example.fi
campaign: kevät
hashtags: [Yksi, Kaksi]
publish: asap
expires: 31.1.2027
repost: yes
approved_by: Maija
contact: a@b.fi
notes: sisäinen
first_comment: Ohje.
image: {file: kuva.png, alt: Sininen.}
x: {text: Lyhyt., hashtags: [], first_comment: }
facebook: {skip: ei, publish: 2026-12-01 12:00}
for:
  hausjarvi:
    link: https://b.example.fi
    facebook: {images: []}
"""
    )
    top = announcement.top
    assert announcement.key == "lupa-2026"
    assert top.channels == ("facebook", "x")
    assert top.expires == datetime(2027, 1, 31, 22, 0, tzinfo=UTC)
    assert (top.repost, top.service, top.campaign, top.approved_by, top.contact) == (
        True,
        "permits",
        "kevät",
        "Maija",
        "a@b.fi",
    )
    assert top.pictures
    assert (top.pictures[0].path, top.pictures[0].alt) == (desk.queue / "kuva.png", {"": "Sininen."})
    assert announcement.channels["x"].hashtags == ()
    assert announcement.channels["x"].first_comment is None
    assert announcement.channels["facebook"].skip is False
    assert announcement.organisation_fields["hausjarvi"].link == {"": "https://b.example.fi"}
    assert announcement.organisation_channels["hausjarvi", "facebook"].pictures == ()
    assert announcement.organisation_channels["hausjarvi", "facebook"].text is UNSET


@pytest.mark.parametrize(
    "name,organisations",
    [
        ("a.yaml", ("hausjarvi", "loppi")),
        ("loppi/a.yaml", ("loppi",)),
        ("loppi/2026/a.yml", ("loppi",)),
        ("2026/hausjarvi/a.yaml", ("hausjarvi",)),
        ("muut/a.yaml", ("hausjarvi", "loppi")),
    ],
)
def test_the_folder_tells_who_publishes(desk, name, organisations):
    """An organisation's folder, at any depth; elsewhere everybody does, and the file may always say otherwise."""
    assert desk.good("text: Sanat.\n", name).organisations == organisations
    assert desk.good("text: Sanat.\norganisations: hausjarvi\n", name).organisations == ("hausjarvi",)


def test_a_key_is_the_path_in_one_spelling(desk):
    """Letters composed and decomposed are the same identity; the suffix is no part of it."""
    announcement = desk.good("text: Sanat.\n", "loppi/pa\u0308iva\u0308.kesa\u0308.yml")
    assert announcement.key == "loppi/päivä.kesä"
    assert announcement.file == "loppi/päivä.kesä.yml"


def test_words_are_kept_as_they_will_be_read(desk):
    """No white space around them or at the ends of lines, accents composed, empty lines kept."""
    assert desk.good("text: |\n  Yksi \n\n  ka\u0308ksi  \n\n").top.text == {
        "": "Yksi\n\näksi".replace("äksi", "käksi")
    }


@pytest.mark.parametrize(
    "written,instant,wall",
    [
        ("2026-12-01 09:00", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("2026-12-01", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("1.12.2026", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("1.12.2026 klo 9.00", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("1.12.2026 klo 9", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("1.12.2026 kl. 9.00", "2026-12-01T07:00", "2026-12-01 09:00"),
        ("1.12.2026 9.05", "2026-12-01T07:05", "2026-12-01 09:05"),
        ("01.07.2026 09:00", "2026-07-01T06:00", "2026-07-01 09:00"),
        ("2026-12-01T09:00+02:00", "2026-12-01T07:00", "2026-12-01 09:00+02:00"),
        ("2026-12-01T09:00:30Z", "2026-12-01T09:00:30", "2026-12-01 09:00:30+00:00"),
        ("2026-12-01 09:00 +0530", "2026-12-01T03:30", "2026-12-01 09:00+05:30"),
        ("2026-10-25 03:30+02:00", "2026-10-25T01:30", "2026-10-25 03:30+02:00"),
        ("2026-12-01T09:00-05:00", "2026-12-01T14:00", "2026-12-01 09:00-05:00"),
    ],
)
def test_a_time_is_read_in_every_form_that_people_write(desk, written, instant, wall):
    """Finnish, Swedish and ISO; local unless it says otherwise, and then said again with its offset."""
    when = desk.good(f"text: Sanat.\npublish: {written}\n").top.publish
    assert when == When(instant=datetime.fromisoformat(instant).replace(tzinfo=UTC), wall=wall)


@pytest.mark.parametrize("written", ["asap", "ASAP"])
def test_at_once_has_no_instant(desk, written):
    """`asap` in whatever case."""
    assert desk.good(f"text: Sanat.\npublish: {written}\n").top.publish == When(instant=None, wall="asap")


@pytest.mark.parametrize(
    "written,code",
    [
        ("12/01/2026", "date"),
        ("2026-02-30", "date"),
        ("2026-12-01 25:00", "date"),
        ("1.13.2026", "date"),
        ("1.12.26", "date"),
        ("0026-12-01", "date"),
        ("huomenna", "date"),
        ("heti", "date"),
        ("9:00", "date"),
        ("1.12.2026 klo 9:00-10:00", "date"),
        ("2026-12-01 09:00-10:00", "date"),
        ("1.12.2026 klo 9–10", "date"),
        ("2027-03-28 03:30", "no_such_time"),
        ("25.10.2026 klo 3.30", "ambiguous_time"),
    ],
)
def test_a_time_that_is_none_is_refused(desk, written, code):
    """No guessing at days, months and nights when clocks change."""
    assert desk.faults(f"text: Sanat.\npublish: {written}\n") == [(code, 2, 10)]


def test_a_date_of_expiry_lasts_to_its_end(desk):
    """A day is good until midnight; a time is exact."""
    assert desk.good("text: S.\nexpires: 2026-12-24\n").top.expires == datetime(2026, 12, 24, 22, tzinfo=UTC)
    assert desk.good("text: S.\nexpires: 24.12.2026 klo 12\n").top.expires == datetime(2026, 12, 24, 10, tzinfo=UTC)


DATED = "text: A\nlink: https://a.fi\nchannels: [facebook]\npublish: 2026-12-01 09:00\n"


@pytest.mark.parametrize(
    "written,number,unit",
    [
        ("4 weeks", 4, "week"),
        ("1 day", 1, "day"),
        ("10d", 10, "day"),
        ("4 viikkoa", 4, "week"),
        ("1 viikko", 1, "week"),
        ("2 viikon", 2, "week"),
        ("3 Päivää", 3, "day"),
        ("3 pa\u0308iva\u0308a\u0308", 3, "day"),
        ("1 kuukausi", 1, "month"),
        ("6 kuukautta", 6, "month"),
        ("1 vuosi", 1, "year"),
        ("2 vuotta", 2, "year"),
        ("14 dagar", 14, "day"),
        ("1 vecka", 1, "week"),
        ("2 veckor", 2, "week"),
        ("3 månader", 3, "month"),
        ("1 år", 1, "year"),
        ("10 years", 10, "year"),
    ],
)
def test_a_pause_is_read_in_three_languages(desk, written, number, unit):
    """A number and a word of Finnish, Swedish or English, in any of its cases."""
    repeat = desk.good(f"{DATED}repeat: {{every: {written}}}\n").repeat
    assert repeat == Repeat(every=Every(number=number, unit=Unit(unit)))


def test_a_repeat_lasts_to_the_end_of_its_last_day(desk):
    """A day counts whole, midnight after it no more; a time counts itself."""
    repeat = desk.good(f"{DATED}repeat: {{every: 1 day, until: 24.12.2026}}\n").repeat
    assert repeat.until == datetime(2026, 12, 24, 21, 59, 59, 999999, tzinfo=UTC)
    repeat = desk.good(f"{DATED}repeat: {{every: 1 day, until: 24.12.2026 klo 9}}\n").repeat
    assert repeat.until == datetime(2026, 12, 24, 7, tzinfo=UTC)


def test_variants_are_texts_like_the_text(desk):
    """One, several, or each in several languages; cleaned as texts are."""
    assert desk.good(f"{DATED}repeat: {{every: 1 week, variants: Toinen}}\n").repeat.variants == ({"": "Toinen"},)
    several = desk.good(
        f"{DATED}repeat:\n  every: 1 week\n  variants:\n    - B  \n    - fi: C\n    - |\n      D\n      E\n"
    )
    assert several.repeat.variants == ({"": "B"}, {"fi": "C"}, {"": "D\nE"})


REPEAT_FAULTS = [
    ("repeat: 4 weeks\n", ("not_fields", 5, 9)),
    ("repeat: {until: 2027-01-01}\n", ("missing", 5, 1)),
    ("repeat: {every: }\n", ("missing", 5, 10)),
    ("repeat: {every: viikoittain}\n", ("value", 5, 17)),
    ("repeat: {every: 0 days}\n", ("value", 5, 17)),
    ("repeat: {every: 12h}\n", ("value", 5, 17)),
    ("repeat: {every: 11 years}\n", ("value", 5, 17)),
    ("repeat: {väli: 4 weeks}\n", ("unknown_field", 5, 10)),
    ("repeat: {every: 4 weeks, until: jouluun}\n", ("date", 5, 33)),
    ("repeat: {every: 4 weeks, until: 2026-11-30}\n", ("until_first", 5, 33)),
    ("repeat: {every: 4 weeks, variants: [B, '']}\n", ("missing", 5, 40)),
    ("repeat: {every: 4 weeks, variants: [[B, C]]}\n", ("not_text", 5, 37)),
    ("repeat: {every: 4 weeks, variants: [{suomi: B}]}\n", ("language", 5, 38)),
    ("repeat:\n  every: 4 weeks\n  variants:\n    - Auki #Loppi\n", ("lost_hashtag", 8, 12)),
    ("repeat: {every: 1 day, variants: [" + "B, " * 101 + "]}\n", ("too_many_variants", 5, 24)),
    ("x: {repeat: {every: 4 weeks}}\n", ("misplaced", 5, 5)),
    ("for: {loppi: {repeat: {every: 4 weeks}}}\n", ("misplaced", 5, 15)),
    ("repeat: {every: 4 weeks}\nfacebook: {publish: asap}\n", ("repeat_when", 6, 21)),
    ("repeat: {every: 4 weeks}\nfacebook: {publish: }\n", ("repeat_when", 6, 21)),
]


@pytest.mark.parametrize("text,expected", REPEAT_FAULTS)
def test_each_fault_of_a_repeat_is_told_at_its_place(desk, text, expected):
    """One fault, one message; a repeat stands at the top and counts from a date."""
    assert desk.faults(DATED + text) == [expected]


@pytest.mark.parametrize("publish,expected", [("", (2, 1)), ("publish: asap\n", (3, 10))])
def test_a_repeat_needs_a_first_time(desk, publish, expected):
    """A draft and `asap` have none to count from; the remedy says what to write."""
    (problem,) = desk.read(f"text: A\nrepeat: {{every: 4 weeks, variants: [B, C, D]}}\n{publish}").problems[:1]
    assert (problem.code, problem.position.line, problem.position.column) == ("repeat_when", *expected)
    assert problem.remedy == "Write it as publish: 2026-12-01 09:00."


def test_every_variant_is_measured_where_it_stands(desk):
    """Too long for X is found in the third variant, on its line; a missing language too."""
    words = "publish: 2026-12-01\nrepeat:\n  every: 4 weeks\n  variants:\n    - B\n    - C\n    - {}\n    - E\n"
    assert desk.faults("text: A\n" + words.format("d" * 281)) == [("too_long", 8, 7)]
    text = "text: {fi: A, sv: B}\nlanguages: [fi, sv]\npublish: 2026-12-01\nchannels: [facebook]\n"
    variants = "repeat:\n  every: 1 week\n  variants:\n    - {fi: C}\n    - D\n    - {fi: E, sv: F}\n"
    assert desk.faults(text + variants) == [("missing_language", 8, 7), ("which_language", 9, 7)]


@pytest.mark.parametrize(
    "repeat,expected,days",
    [
        ("{every: 4 weeks}", (3, 17), "28"),
        ("{every: 4 weeks, variants: [B, C]}", (3, 17), "84"),
        ("{every: 4 weeks, variants: [B, C, B]}", (3, 17), "56"),
        ("{every: 90 days}", None, ""),
        ("{every: 13 weeks}", None, ""),
        ("{every: 3 months}", (3, 17), "89"),
        ("{every: 4 months}", None, ""),
        ("{every: 4 weeks, variants: [B, C, D]}", None, ""),
        ("{every: 4 weeks, until: 2027-03-15, variants: [B]}", None, ""),
    ],
)
def test_x_is_told_other_words_each_time_within_ninety_days(desk, repeat, expected, days):
    """The fault stands at the pause, says after how many days the words come again, and how many variants it takes."""
    problems = desk.read(f"text: A\npublish: 2027-02-01 09:00\nrepeat: {repeat}\n").problems
    found = [problem for problem in problems if not problem.warning]
    assert [(one.code, one.position.line, one.position.column) for one in found] == (
        [("same_words", *expected)] if expected else []
    )
    if expected and "months" not in repeat:
        assert f"after {days} days" in found[0].message
        assert found[0].remedy == "Repeat it less often, or give it at least 3 variants, all in other words."
    assert not desk.faults(f"text: A\npublish: 2027-02-01\nchannels: [facebook]\nrepeat: {repeat}\n")


def test_a_text_of_its_own_for_x_stays_the_same_each_time(desk):
    """Variants do not help there; the fault stands at that text and says what does."""
    text = "text: A\npublish: 2026-12-01\nrepeat: {every: 4 weeks, variants: [B, C, D]}\nx: {text: E}\n"
    assert desk.faults(text) == [("same_words", 4, 11)]
    assert "x: {skip: yes}" in desk.read(text).problems[0].remedy
    assert desk.faults(text.replace("text: E", "skip: yes")) == []


def test_a_repeat_that_never_comes_round_is_told(desk):
    """Only worth saying: it still goes out once."""
    assert ("never_repeated", 5, 33) in desk.faults(
        f"{DATED}repeat: {{every: 4 weeks, until: 2026-12-28}}\n", warnings=True
    )
    assert ("never_repeated", 5, 10) in desk.faults(
        f"{DATED}expires: 2026-12-28\nrepeat: {{every: 4 weeks}}\n", warnings=True
    )


def test_a_first_time_that_has_passed_is_fine_while_a_repeat_goes_on(desk):
    """The file of a running repeat brings no warning each day; one that has ended does."""
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert desk.faults(f"{DATED}repeat: {{every: 4 weeks}}\n", now=now, warnings=True) == []
    assert desk.faults(f"{DATED}repeat: {{every: 4 weeks, until: 2027-02-20}}\n", now=now, warnings=True) == [
        ("past", 4, 10)
    ]


# What is wrong with it


@pytest.mark.parametrize(
    "text,expected",
    [
        ("text: Auki #Loppi\n", ("lost_hashtag", 1, 12)),
        ("text: Auki\n  #Loppi\n", ("lost_hashtag", 2, 3)),
        ('text: "Auki" #Loppi\n', ("lost_hashtag", 1, 14)),
        ("text: #Loppi\n", ("lost_hashtag", 1, 7)),
        ("text:\n  fi: Auki #Loppi\n", ("lost_hashtag", 2, 12)),
        ("text: A\nhashtags: #Loppi\n", ("lost_hashtag", 2, 11)),
        ("text: A\nhashtags:\n  - #Loppi\n", ("lost_hashtag", 3, 5)),
        ("text:\n", ("missing", 1, 1)),
        ("title: A\n", ("missing", 1, 1)),
        ("text: [a, b]\n", ("not_text", 1, 1)),
        ("text: {fi: }\n", ("missing", 1, 8)),
        ("text: {suomi: A}\n", ("language", 1, 8)),
        ("teksti: A\ntext: B\n", ("unknown_field", 1, 1)),
        ("text: A\nlink: www.loppi.fi\n", ("link", 2, 7)),
        ("text: A\nlink: ftp://a.fi\n", ("link", 2, 7)),
        ("text: A\nlink: https://a.fi/x y\n", ("link", 2, 7)),
        ("text: A\nlink: 'https://a.fi/?q=\"x\"'\n", ("link", 2, 7)),
        ("text: A\nlink: 'https://[x'\n", ("link", 2, 7)),
        ("text: A\nchannels: [facebok]\n", ("choice", 2, 12)),
        ("text: A\nchannels: []\n", ("missing", 2, 1)),
        ("text: A\norganisations: [lopi]\n", ("choice", 2, 17)),
        ("text: A\norganisations: []\n", ("missing", 2, 1)),
        ("text: A\nhashtags: ['#Loppi']\n", ("hashtag", 2, 12)),
        ("text: A\nhashtags: [kaksi sanaa]\n", ("hashtag", 2, 12)),
        ("text: A\nhashtags: ['2026']\n", ("hashtag", 2, 12)),
        ("text: A\nhashtags: Yksi, Kaksi\n", ("hashtag", 2, 11)),
        ("text: A\nrepost: ehkä\n", ("value", 2, 9)),
        ("text: A\ncontact: Maija\n", ("address", 2, 10)),
        ("text: A\nid: a b\n", ("id", 2, 5)),
        ("text: A\nx: {title: B}\n", ("misplaced", 2, 5)),
        ("text: A\nfile: kuva.png\n", ("misplaced", 2, 1)),
        ("text: A\nx: no\n", ("not_fields", 2, 4)),
        ("text: A\nx: Lyhyt\n", ("not_fields", 2, 4)),
        ("text: A\nx: {text: B}\ntwitter: {text: C}\n", ("duplicate", 3, 1)),
        ("text: A\nfor: {lopi: {text: B}}\n", ("choice", 2, 7)),
        ("text: A\norganisations: [loppi]\nfor: {hausjarvi: {text: B}}\n", ("not_publishing", 3, 7)),
        ("text: A\npoll: {question: B, options: [C, D]}\n", ("missing", 2, 1)),
        ("text: A\npoll: B\n", ("not_fields", 2, 7)),
        ("text: A\npoll: {question: B, options: [C], days: 1}\n", ("poll_options", 2, 21)),
        ("text: A\npoll: {question: B, options: C, days: 1}\n", ("poll_options", 2, 21)),
        ("text: A\npoll: {question: B, options: [C, D], days: 2}\n", ("choice", 2, 44)),
        ("text: A\npoll: {options: [C, D], days: 1}\n", ("missing", 2, 1)),
        ("text: A\npoll: {question: B, days: 1}\n", ("missing", 2, 1)),
        (f"text: A\npoll: {{question: B, options: [C, {'d' * 26}], days: 1}}\n", ("long_option", 2, 34)),
        (f"text: A\npoll: {{question: {'b' * 141}, options: [C, D], days: 1}}\n", ("long_poll", 2, 1)),
        ("text: A\nx: {poll: {question: B, options: [C, D], days: 1}}\n", ("misplaced", 2, 5)),
        ("text: A\nvideo: {file: a.mp4}\n", ("not_yet", 2, 1)),
        ("text: A\nthread: [B, C]\n", ("misplaced", 2, 1)),
        ("text: A\nlinkedin: {thread: yes}\n", ("misplaced", 2, 12)),
        ("text: A\nx: {thread: often}\n", ("value", 2, 13)),
        ("text: A\nx: {thread: []}\n", ("missing", 2, 5)),
        ("text: A\nx:\n  thread: [B, '']\n", ("missing", 3, 15)),
        ("text: A\nx:\n  text: B\n  thread: [C, D]\n", ("thread_and_text", 4, 3)),
        ("text: A\nlanguages: [fi]\nx:\n  thread:\n    - {fi: B, sv: C}\n    - {sv: D}\n", ("missing_language", 6, 7)),
        (f"text: A\nx:\n  thread:\n    - B\n    - {'C' * 281}\n", ("too_long", 5, 7)),
        (f"text: {'Pitkä sana ' * 30}\nx: {{thread: yes}}\nchannels: [x]\n", ("too_long", 1, 7)),
        (
            "text: A\nlink: https://kunta.fi/a\nx:\n  thread:\n    - B https://kunta.fi/a\n    - C https://kunta.fi/a\n",
            ("link_twice", 2, 7),
        ),
        (f"text: A\nx: {{thread: [{', '.join('B' * 26)}]}}\n", ("long_thread", 2, 5)),
        ("text: A\nimage: kuva.png\n", ("not_fields", 2, 8)),
        ("text: A\nimage: {file: kuva.png}\n", ("missing_alt", 2, 9)),
        ("text: A\nimage: {alt: B}\n", ("missing", 2, 9)),
        ("text: A\nimage: {file: kuvaa.png, alt: B}\n", ("picture_missing", 2, 15)),
        ("text: A\nimage: {file: a.yaml, alt: B}\n", ("picture_not_a_picture", 2, 15)),
        ("text: A\nimage: {file: kuva.png, alt: B}\nimages: []\n", ("twice", 2, 1)),
        ("text: A\npublish: 2026-12-01\nexpires: 2026-11-30\n", ("expires_first", 3, 10)),
        ("text: A\nx: {first_comment: B}\n", ("no_first_comment", 2, 5)),
        ("text: A\nlinkedin: {description: B}\n", ("no_card", 2, 25)),
        (
            "text: A\nlink: https://a.fi\nimage: {file: kuva.png, alt: B}\nlinkedin: {thumbnail: {file: kuva.png, alt: B}}\n",
            ("no_card", 4, 12),
        ),
        (f"text: A\nlink: https://kunta.fi\nlinkedin:\n  description: {'b' * 4086}\n", ("card_too_long", 4, 16)),
        (f"text: A\nlink: https://kunta.fi\ntitle: {'b' * 401}\n", ("card_too_long", 3, 8)),
        ("text: A\nlink: https://kunta.fi\nlinkedin: {thumbnail: {file: kuva.png}}\n", ("missing_alt", 3, 24)),
        ("text: A\nlink: https://kunta.fi\nlinkedin: {thumbnail: kuva.png}\n", ("not_fields", 3, 23)),
        (
            f"text: A\nlink: https://kunta.fi\nlinkedin: {{thumbnail: {{file: kuva.png, alt: {'b' * 4087}}}}}\n",
            ("alt_too_long", 3, 12),
        ),
        ("text: A\ndescription: B\n", ("misplaced", 2, 1)),
        ("text: A\nx: {thumbnail: {file: kuva.png, alt: B}}\n", ("misplaced", 2, 5)),
        ("text: A\nchannels: [instagram]\n", ("no_picture", 2, 12)),
        ("text: A\ninstagram: {hashtags: [B]}\n", ("no_picture", 2, 1)),
        ("text: A\nlanguages: [fi, sv]\n", ("which_language", 1, 1)),
        ("text: {fi: A}\nlanguages: [fi, sv]\n", ("missing_language", 1, 1)),
        ("x: {text: A}\n", ("missing", 1, 1)),
    ],
)
def test_each_fault_is_told_at_its_place(desk, text, expected):
    """One fault, one message, at the line and column of what has to be changed."""
    assert desk.faults(text) == [expected]


def test_a_mention_counts_as_linkedin_gets_it(desk):
    """Its address is sent with the words: a text that fits only without it is refused here, and not when it goes out."""
    desk.configure(
        "language: en\n", 'language: en\nmentions: {kela: {name: Kela, linkedin: "urn:li:organization:5"}}\n'
    )
    around = len("@[Kela](urn:li:organization:5)")
    for more, expected in ((0, []), (1, [("too_long", 1, 7)])):
        text = f"Kysy {'k' * (3000 - 5 - around - 1 + more)} @[kela]"
        assert desk.faults(f"text: {text}\nchannels: [linkedin]\n") == expected


@pytest.mark.parametrize(
    "text, remedy",
    [
        ("poll: {options: [C, D], days: 1}\n", "Write question: and what you ask."),
        ("poll: {question: B, days: 1}\n", "Write them as options: [Tuesday, Thursday]."),
        ("poll: {question: B, options: [C, D]}\n", "Write for how many days it is open: days: 1, 3 or 7."),
        (
            "poll: {question: B, options: [C, D], days: 1}\nlink: https://a.fi\nlinkedin: {description: E}\n",
            "Remove it, or the poll.",
        ),
    ],
)
def test_a_fault_of_a_poll_has_a_remedy_that_helps(desk, text, remedy):
    """What is missing is named with how to write it, and a card that a poll displaces is not blamed on pictures."""
    problems = desk.read(f"text: A\n{text}").problems
    assert [problem.remedy for problem in problems if not problem.warning] == [remedy]


def test_a_name_that_windows_lengthened_is_refused_aloud(desk):
    """`tiedote.yaml.txt` would never be published; whoever saved it so hears of it."""
    desk.write("text: A\n", "loppi/uimahalli.yaml.txt")
    desk.write("Hei\n", "loppi/muistio.txt")
    (reading,) = read_queue(desk.config).readings
    (problem,) = reading.problems
    assert (reading.file, problem.code) == ("loppi/uimahalli.yaml.txt", "file_name")
    assert "uimahalli.yaml." in problem.remedy
    assert desk.faults("text: A\n", "muistio.txt") == [("file_name", 1, 1)]


@pytest.mark.parametrize(
    "text,remedy",
    [
        ('text: A\nhashtags: "#kirjasto #kunta"\n', "[Kirjasto, Kunta]"),
        ("text: A\nhashtags: kirjasto, kunta\n", "[Kirjasto, Kunta]"),
        ("text: A\nhashtags: [kirjasto auki]\n", "KirjastoAuki"),
        ("text: A\nhashtags: ['#kunta']\n", "Write kunta."),
        ("text: A\nhashtags: ['2026']\n", "needs a letter"),
        ("text: A\nlink: https://a.fi/x y\n", "no spaces"),
        ("text: A\npublish: 1.12.2026 klo 9-10\n", "one moment"),
        ("text: A\nimage: {file: 'C:\\kuvat\\a.jpg', alt: B}\n", "Copy the picture"),
        ("text: A\nimage: {file: 'https://a.fi/a.jpg', alt: B}\n", "Copy the picture"),
        ("text: A\nimage: {file: 'kuvat\\a.jpg', alt: B}\n", "Write /"),
        ("text: A\npublish: 2026-12-01\nexpires: 2026-11-30\n", "later 'expires'"),
        ("text: A\ncontact: Maija\n", "one address"),
    ],
)
def test_the_remedy_fits_the_slip(desk, text, remedy):
    """What to write instead is something that `check` would take."""
    (problem,) = [problem for problem in desk.read(text).problems if not problem.warning]
    assert remedy in problem.remedy


def test_a_picture_of_too_many_pixels_is_to_be_made_smaller(desk):
    """Saving it as a JPEG again would not help."""
    Image.new("1", (8_000, 6_000)).save(desk.queue / "suuri.png")
    (problem,) = desk.read("text: A\nlink: https://a.fi\nimage: {file: suuri.png, alt: B}\n").problems
    assert problem.code == "picture_too_many_pixels"
    assert "smaller" in problem.remedy


@pytest.mark.parametrize(
    "text,expected",
    [
        ("text: A\nlink: https://a.fi\nimage: {file: kuva.png, alt: IMG_1.jpg}\n", ("alt_is_file_name", 3, 30)),
        ("text: A\n", ("no_link", 1, 1)),
        ("text: A\nlink: https://a.fi\nimage: {file: kuva.png, alt: Kuva}\n", ("alt_is_file_name", 3, 30)),
        (f"text: A\nlink: https://a.fi\nimage: {{file: kuva.png, alt: {'b' * 126}}}\n", ("long_alt", 3, 30)),
        (f"text: |\n  Alku on lyhyt.\n  Loppu {'sana ' * 31}\nx: {{skip: yes}}\n", ("long_sentence", 3, 3)),
        ("text: Hae\n  - lupaa\n  - apua\n", ("joined_lines", 1, 7)),
        ("text: A\n", ("same_on_x", 1, 7)),
        ("text: A\nlanguages: [no]\n", ("other_language", 2, 13)),
        (
            "text: A\nimage: {file: kuva.png, alt: B}\nhashtags: [Aa, Bb, Cc, Dd, Ee, Ff]\n",
            ("many_hashtags", 3, 1),
        ),
        ("text: A\nlink: https://a.fi\nimage: {file: kuva.png, alt: B}\n", ("link_not_clickable", 2, 1)),
        ("text: A\nlink: https://a.fi\npublish: 2026-11-30 09:00\n", ("past", 3, 10)),
        ("text: A\norganisations: [loppi]\nchannels: [linkedin]\n", ("nowhere", 1, 1)),
    ],
)
def test_some_things_are_only_worth_saying(desk, clock, text, expected):
    """A warning stops nothing: the announcement is there."""
    assert expected in desk.faults(text, now=clock(), warnings=True)
    assert desk.faults(text, now=clock()) == []


def test_who_has_thought_of_instagrams_links_is_not_told_again(desk):
    """Words of its own for Instagram are answer enough."""
    text = "text: A\nlink: https://a.fi\nimage: {file: kuva.png, alt: B}\ninstagram: {text: Linkki profiilissa.}\nx: {skip: yes}\n"
    assert desk.faults(text, warnings=True) == []


@pytest.mark.parametrize(
    "text,expected",
    [
        ("text: {words}\nchannels: [x]\n", ("too_long", 1, 7)),
        ("text: A\nx:\n  text: {words}\n", ("too_long", 3, 9)),
        ("text: A\nfor:\n  loppi:\n    x:\n      text: {words}\n", ("too_long", 5, 13)),
        ("text: A\nchannels: [x, facebook]\nhashtags: [{tags}]\n", ("too_long", 1, 7)),
    ],
)
def test_a_text_too_long_for_a_network_is_found(desk, text, expected):
    """Counted with link and hashtags as the network counts, and told where that text stands."""
    filled = text.replace("{words}", "sana " * 60).replace("{tags}", ", ".join(f"Tunniste{n}" for n in range(40)))
    assert desk.faults(filled) == [expected]


def test_a_text_is_counted_as_the_network_counts(desk):
    """On X a link takes 23 however long it is, and an emoji two: 280 just fit, 281 do not."""
    link = "https://asiointi.example.fi/" + "x" * 150
    fits = "a" * (280 - 2 - 23)
    assert desk.faults(f"text: {fits}\nlink: {link}\nchannels: [x]\n") == []
    assert desk.faults(f"text: {fits}a\nlink: {link}\nchannels: [x]\n") == [("too_long", 1, 7)]
    assert desk.faults(f"text: {'👍' * 140}\nchannels: [x]\n") == []
    assert desk.faults(f"text: {'👍' * 141}\nchannels: [x]\n") == [("too_long", 1, 7)]


def test_pictures_and_comments_are_counted(desk):
    """Five are one too many for X; a first comment and an alt text have their limits too."""
    pictures = "".join("  - {file: kuva.png, alt: B}\n" for _n in range(5))
    assert desk.faults(f"text: A\nchannels: [x]\nimages:\n{pictures}") == [("too_many_pictures", 3, 1)]
    assert desk.faults(f"text: A\nchannels: [facebook]\nimages:\n{pictures}") == []
    long = "sana " * 300
    assert desk.faults(f"text: A\nchannels: [linkedin]\nfirst_comment: {long}\n") == [("comment_too_long", 3, 16)]
    assert desk.faults(f"text: A\nchannels: [x]\nimage: {{file: kuva.png, alt: {long}}}\n") == [("alt_too_long", 3, 1)]


def test_a_bilingual_municipality_needs_both(desk):
    """Text and alt text in each language, unless the file says for whom it is."""
    desk.configure(
        'languages: [fi]\n    accounts:\n      facebook: {page_id: "2"',
        'languages: [fi, sv]\n    accounts:\n      facebook: {page_id: "2"',
    )
    assert desk.faults("text: {fi: A}\n", "loppi/a.yaml") == [("missing_language", 1, 1)]
    assert desk.faults("text: {fi: A}\n", "hausjarvi/a.yaml") == []
    assert desk.faults("text: {fi: A, sv: B}\nimage: {file: ../kuva.png, alt: {fi: C}}\n", "loppi/a.yaml") == [
        ("missing_language", 2, 1)
    ]
    assert desk.faults("text: A\nlanguages: [fi]\n", "loppi/a.yaml") == []
    assert desk.faults("text: {fi: A, sv: B}\n", "loppi/a.yaml") == []


def test_a_missing_picture_is_guessed(desk):
    """The name that is nearly right, or the way paths work."""
    desk.picture("kuvat/Talo.PNG")
    problem = desk.read("text: A\nimage: {file: kuvat/talo.png, alt: B}\n").problems[0]
    assert problem.remedy == "Did you mean 'kuvat/Talo.PNG'?"
    problem = desk.read("text: A\nimage: {file: 'kuvat\\Talo.PNG', alt: B}\n").problems[0]
    assert problem.remedy == "Write / instead of \\ in paths."


def test_no_picture_comes_from_outside_the_queue(desk, tmp_path):
    """Not by .., not by an absolute path, not by a link to a file or over a linked folder, not even into the queue's neighbour."""
    outside = tmp_path / "schedules-other"
    outside.mkdir()
    Image.new("RGB", (4, 4)).save(outside / "salainen.png")
    (desk.queue / "linkki.png").symlink_to(outside / "salainen.png")
    (desk.queue / "kansio").symlink_to(outside)
    for file in ("../schedules-other/salainen.png", str(outside / "salainen.png"), "linkki.png", "kansio/salainen.png"):
        assert desk.faults(f"text: A\nimage: {{file: {file}, alt: B}}\n") == [("picture_outside", 2, 15)]


def test_a_link_within_the_queue_is_followed(desk):
    """It leads to a picture of the queue, and whoever sends it need not follow any link."""
    (desk.queue / "linkki.png").symlink_to("kuva.png")
    pictures = desk.good("text: A\nimage: {file: linkki.png, alt: B}\n").top.pictures
    assert [(picture.name, picture.path) for picture in pictures] == [("linkki.png", desk.queue / "kuva.png")]


def test_only_files_are_pictures(desk):
    """A pipe, a folder or a device is refused at once, nobody waits for it."""
    os.mkfifo(desk.queue / "putki.png")
    (desk.queue / "kansio.png").mkdir()
    for file in ("putki.png", "kansio.png"):
        assert desk.faults(f"text: A\nimage: {{file: {file}, alt: B}}\n") == [("picture_not_a_file", 2, 15)]


def test_a_changed_picture_is_a_changed_announcement(desk):
    """The hash follows the picture's bytes, though name and text stay."""
    text = "text: A\nimage: {file: kuva.png, alt: B}\n"
    before = desk.good(text)
    assert desk.good(text).content_hash == before.content_hash
    desk.picture("kuva.png", (50, 50))
    after = desk.good(text)
    assert after.content_hash != before.content_hash
    assert after.top.pictures[0].sha256 != before.top.pictures[0].sha256


def test_only_what_the_public_sees_makes_an_edit(desk):
    """Comments, order, notes, the approver's name and the file's own name change nothing; a word or a time does."""
    base = desk.good("text: A\npublish: 2026-12-01 09:00\n").content_hash
    for same in (
        "# huomautus\npublish: 1.12.2026 klo 9.00\ntext: 'A'\n",
        "text: A\npublish: 2026-12-01 09:00\nnotes: B\napproved_by: Maija\ncontact: a@b.fi\n",
    ):
        assert desk.good(same, "b.yaml").content_hash == base
    for other in ("text: B\npublish: 2026-12-01 09:00\n", "text: A\npublish: 2026-12-01 09:01\n", "text: A\n"):
        assert desk.good(other).content_hash != base
    repeats = [
        "{every: 4 months}",
        "{every: 4 weeks, variants: [B, C, D]}",
        "{every: 4 weeks, variants: [B, C, E]}",
        "{every: 4 months, until: 2027-12-31}",
    ]
    hashes = {desk.good(f"text: A\npublish: 2026-12-01 09:00\nrepeat: {repeat}\n").content_hash for repeat in repeats}
    assert len({base, *hashes}) == 1 + len(repeats)


# The whole queue


COPIES = (
    "g (conflicted copy).yaml",
    "g (Maija's conflicted copy 2026-11-24).yaml",
    "g.sync-conflict-20261124-101010-ABCDEFG.yaml",
    "g_conflict-20261124-101010.yaml",
    "g.yaml~",
    "g.yaml.swp",
    ".~lock.g.yaml#",
    "#g.yaml#",
    ".g.yaml.icloud",
)


def test_the_second_copy_of_a_cloud_drive_is_no_announcement_of_its_own(desk):
    """ICloud tells it by a number alone, which a person may mean; so it is said aloud, and a number without a sibling is a name."""
    desk.write("text: A\n", "lupa.yaml")
    desk.write("text: B\n", "lupa 2.yaml")
    desk.write("text: C\n", "halli 2.yaml")
    queue = read_queue(desk.config)
    assert [one.key for one in queue.announcements] == ["halli 2", "lupa"]
    (problem,) = queue.problems["lupa 2.yaml"]
    assert (problem.code, "lupa-2.yaml" in problem.remedy) == ("copy", True)


def test_the_queue_has_every_file(desk):
    """Faulty ones are known by name; hidden files and what editors leave behind are no announcements."""
    desk.write("text: A\n", "loppi/a.yaml")
    desk.write("text: A\n", "b.yml")
    desk.write("teksti: A\n", "c.yaml")
    for name in (".d.yaml", "~$e.yaml", "f.yaml.tmp", *COPIES, ".git/h.yaml", "i.txt"):
        desk.write("teksti: A\n", name)
    queue = read_queue(desk.config)
    assert queue.readable
    assert queue.files == {"loppi/a.yaml", "b.yml", "c.yaml"}
    assert [one.key for one in queue.announcements] == ["b", "loppi/a"]
    assert [problem.code for problem in queue.problems["c.yaml"]] == ["unknown_field"]


@pytest.mark.parametrize(
    "name", [b"p\xe4iv\xe4.yaml", b"k\xe4/lupa.yaml", b"a\x1b[31mb.yaml", b"a\nb.yaml", "a\u202eb.yaml".encode()]
)
def test_a_name_that_cannot_be_shown_or_stored_is_a_fault_of_that_file_alone(desk, name):
    """A share's old names are bytes that no database takes, and an escape sequence would command the terminal; the others go out."""
    path = desk.queue / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text: A\n", encoding="utf-8")
    desk.write("text: B\n", "b.yaml")
    queue = read_queue(desk.config)
    assert [one.key for one in queue.announcements] == ["b"]
    ((file, (problem,)),) = [(file, faults) for file, faults in queue.problems.items() if file != "b.yaml"]
    assert (problem.code, file in queue.files) == ("file_name", True)
    for told in (file, problem.position.file):
        assert "\ufffd" in told.encode("utf-8").decode("utf-8")
        assert not {"\x1b", "\n", "\u202e"} & set(told)


def test_two_files_cannot_be_the_same_announcement(desk):
    """Nobody can say which of them counts, so neither goes out."""
    desk.write("text: A\n", "a.yaml")
    desk.write("text: B\n", "a.yml")
    desk.write("text: C\nid: d\n", "c.yaml")
    desk.write("text: D\n", "d.yaml")
    desk.write("text: E\n", "e.yaml")
    queue = read_queue(desk.config)
    assert [one.key for one in queue.announcements] == ["e"]
    assert {file for file, problems in queue.problems.items() if problems[0].code == "same_id"} == {
        "a.yaml",
        "a.yml",
        "c.yaml",
        "d.yaml",
    }


def test_a_link_out_of_the_queue_is_not_read(desk, tmp_path):
    """Whoever may put links into the folder cannot have other files read and quoted; a link within it is fine."""
    (tmp_path / "salainen.yaml").write_text("salasana: planted\n", encoding="utf-8")
    desk.queue.joinpath("linkki.yaml").symlink_to(tmp_path / "salainen.yaml")
    desk.write("text: A\n", "a.yaml")
    desk.queue.joinpath("b.yaml").symlink_to("a.yaml")
    queue = read_queue(desk.config)
    assert [one.key for one in queue.announcements] == ["a", "b"]
    (problem,) = queue.problems["linkki.yaml"]
    assert problem.code == "outside"
    assert "planted" not in repr(problem)


def test_a_folder_that_cannot_be_read_says_nothing_about_its_files(desk):
    """A network share that is away is not an empty queue."""
    desk.write("text: A\n")
    desk.queue.rename(desk.folder / "elsewhere")
    queue = read_queue(desk.config)
    assert not queue.readable
    assert queue.files == frozenset()


def test_a_file_that_is_still_being_written_is_left_alone(desk):
    """It is known to be there, but not read before it has been still for a while."""
    now = datetime.now(UTC)
    old, new = desk.write("text: A\n", "old.yaml"), desk.write("text: B\n", "new.yaml")
    os.utime(old, (now.timestamp() - 60, now.timestamp() - 60))
    os.utime(new, (now.timestamp(), now.timestamp()))
    stillness = Stillness(timedelta(seconds=30))
    queue = read_queue(desk.config, is_still=lambda path: stillness.is_still(path, now))
    assert queue.files == {"old.yaml", "new.yaml"}
    assert queue.unsettled == {"new.yaml"}
    assert [one.key for one in queue.announcements] == ["old"]


def test_a_file_dated_in_the_future_waits_no_longer_than_any_other(desk):
    """A share's clock is hours ahead, or ours was put back: the file is still once it has looked the same for thirty seconds."""
    now = datetime.now(UTC)
    path = desk.write("text: A\n", "ahead.yaml")
    os.utime(path, (now.timestamp() + 7200, now.timestamp() + 7200))
    stillness = Stillness(timedelta(seconds=30))

    def is_still(seconds):
        return stillness.is_still(path, now + timedelta(seconds=seconds))

    assert [is_still(seconds) for seconds in (0, 10, 29, 30, 600)] == [False, False, False, True, True]
    path.write_text("text: Toinen\n", encoding="utf-8")
    os.utime(path, (now.timestamp() + 7300, now.timestamp() + 7300))
    assert [is_still(seconds) for seconds in (610, 630, 640)] == [False, False, True]
    # The clock is put back meanwhile: counted anew, and still bounded.
    path.write_text("text: Kolmas\n", encoding="utf-8")
    os.utime(path, (now.timestamp() + 7400, now.timestamp() + 7400))
    assert [is_still(seconds) for seconds in (650, -3000, -2971, -2970)] == [False, False, False, True]


def test_a_file_outside_the_queue_can_be_checked(desk, tmp_path):
    """Its folder stands in for the queue; it gets no identity from above it."""
    path = tmp_path / "luonnos.yaml"
    path.write_text("text: A\n", encoding="utf-8")
    reading = read_file(path, desk.config)
    assert reading.announcement is not None
    assert reading.announcement.key == "luonnos"

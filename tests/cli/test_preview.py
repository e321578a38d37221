"""`preview`: the exact words of each account, in the terminal, as a page and for scripts."""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode
from io import BytesIO
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from publisher.preview.page import words as page_words
from tests.cli.conftest import CONFIG
from tests.golden.looking import SCHEMES, browser, needs_chromium, opened

OTHERS = """\
      instagram: {user_id: "17841400000000102", access_token: planted, media: facebook_page}
      x: {user_id: "2000000102", access_token: planted-x-token}
"""
LUPA = """\
title: Lupa verkosta
text: Hae lupa verkossa. Hakemus on täytetty vartissa, ja päätös tulee sähköpostiin ilman että tarvitsee käydä paikan päällä.
link: https://loppi.fi/lupa
campaign: syksy
hashtags: [Loppi]
publish: 2036-12-01 09:00
first_comment: Kysy lisää.
linkedin: {images: [], description: Lupa vartissa, thumbnail: {file: kuva.png, alt: Lomake.}}
images:
  - {file: kuva.png, alt: Lomake auki ruudulla.}
  - {file: toinen.png, alt: Kunnantalo syksyllä.}
"""
LINK = "https://loppi.fi/lupa?utm_source={}&utm_medium=social&utm_campaign=syksy"


@pytest.fixture
def write(config_file):
    """Write an announcement, and the pictures that it may name."""
    config_file.write_text(CONFIG + OTHERS, encoding="utf-8")
    for name in ("kuva", "toinen"):
        Image.new("RGB", (900, 600), "teal").save(config_file.parent / "schedules" / f"{name}.png")

    def put(text, name="lupa"):
        path = config_file.parent / "schedules" / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return put


@pytest.fixture
def shown(call):
    """Preview a file in English; gives what is printed, or the data."""

    def run(*arguments, code=0):
        done = call("preview", *arguments)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return run


def test_the_terminal_shows_each_account_as_it_is_counted(write, shown):
    """Words with the hashtags and the tracked link, what is left of the room, pictures in order, and what is left out."""
    told = shown(write(LUPA))
    head, *posts = re.split(r"\n\n(?=Lopen kunta, )", told)
    assert head == "lupa.yaml: Lupa verkosta"
    names = [post.partition("\n")[0] for post in posts]
    assert names == [f"Lopen kunta, {name}" for name in ("Facebook", "LinkedIn", "Instagram", "X")]
    facebook, linkedin, instagram, x = posts
    for post in posts:
        assert "\n  1 December 2036, 09:00\n" in post
    assert f"  │ {LINK.format('facebook')}\n  │\n  │ #Loppi\n  Picture 1/2: kuva.png\n" in facebook
    assert facebook.index("Lomake auki ruudulla.") < facebook.index("Kunnantalo syksyllä.")
    assert "  First comment: 11 of 8,000, 7,989 characters left\n  │ Kysy lisää." in facebook
    assert f"  Link card:\n    {LINK.format('linkedin')}\n" in linkedin
    assert "  │ Lupa verkosta\n" in linkedin
    assert "  │ Lupa vartissa\n  Picture 1/1: kuva.png\n  │ Alternative text: Lomake." in linkedin
    assert "Links cannot be opened here." in instagram
    counted = len(
        "Hae lupa verkossa. Hakemus on täytetty vartissa, ja päätös tulee sähköpostiin ilman että tarvitsee käydä "
    )
    counted += len("paikan päällä.") + 2 + 23 + 2 + len("#Loppi")
    assert f"  Text: {counted} of 280, {280 - counted} characters left\n" in x
    assert "Left out: the first comment, which it does not take" in x
    assert "Costs $0.2" in x
    assert all(len(line) <= 80 or "https://" in line for line in told.splitlines())


def test_it_needs_neither_secret_nor_database_and_leaves_nothing(write, shown, config_file):
    """As `check`: it works at a desk that has nothing but the files."""
    config_file.write_text(config_file.read_text("utf-8").replace("planted-x-token", '"${NOT_THERE}"'), "utf-8")
    shown(write(LUPA))
    assert sorted(one.name for one in config_file.parent.iterdir()) == ["config.yaml", "schedules"]


def test_faults_are_told_as_check_tells_them(write, call, shown):
    """The same lines, on stderr, and no preview; as data too."""
    path = write(LUPA.replace("hashtags", "hashtag") + "x: {text: no}\nteksti: x\n")
    done = call("preview", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(call("check", path).stdout.rpartition("0 announcements")[0])
    assert "There is no preview: lupa.yaml has a fault." in done.stderr
    data = shown(path, "--json", code=1)
    assert (data["in_order"], data["posts"]) == (False, [])
    assert data["problems"] == json.loads(call("check", path, "--json").stdout)["problems"]


def test_one_network_alone(write, shown, call):
    """By its old name too; one that does not exist is named."""
    path = write(LUPA)
    assert {one["channel"] for one in shown(path, "--channel", "Twitter", "--json")["posts"]} == {"x"}
    done = call("preview", path, "--channel", "myspace")
    assert done.exit_code == 2
    assert "There is no network 'myspace'; there are facebook, instagram, x, linkedin." in done.stderr


def test_where_it_does_not_go_and_why(write, shown):
    """A network that needs a picture, one that the file leaves out, and a draft."""
    path = write("text: Kirjasto on auki.\nlink: https://loppi.fi\nlinkedin: {skip: yes}\n")
    told = shown(path)
    assert "  a draft; it has no time under 'publish'\n" in told
    assert told.endswith(
        "\nDoes not go out\n  Lopen kunta, LinkedIn: the file says 'skip: yes' for it\n"
        "  Lopen kunta, Instagram: it takes only posts with a picture\n"
    )
    data = shown(path, "--json")
    assert [one["draft"] for one in data["posts"]] == [True, True]
    assert [(one["channel"], one["reason"]) for one in data["not_going"]] == [
        ("linkedin", "skip"),
        ("instagram", "no_picture"),
    ]


def test_hostile_words_are_shown_harmlessly(write, shown, call):
    """Markup stays text, a link ends where its address does, and no control character reaches a terminal or hides on a page."""
    words = '<script>alert(1)</script> </p><b>https://loppi.fi/?a="><img src=x onerror=alert(2)> &amp; {{ 7 * 7 }}'
    path = write(f"text: '{words}'\nlink: https://loppi.fi\npublish: asap\nchannels: [facebook]\n")
    told = shown(path)
    assert words in " ".join(told.replace("│", " ").split())
    page = shown(path, "--html", "-")
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; &lt;/p&gt;&lt;b&gt;"
        '<a href="https://loppi.fi/?a=" rel="nofollow noopener">https://loppi.fi/?a=</a>&#34;&gt;&lt;img src=x' in page
    )
    assert not re.search("<script|<img|<b>", page)
    done = call("preview", write('text: "\\e[2J"\nlink: https://loppi.fi\n', "ohjain"))
    assert done.exit_code == 1
    assert not re.search("[\x00-\x09\x0b-\x1f]", done.output)
    assert page_words("\x1b[2J\x07\x9b") == "␛[2J␇\ufffd"


def test_a_post_in_each_language_and_each_text_of_a_repeat(write, shown, config_file):
    """What the account gets on its own is shown on its own."""
    config = config_file.read_text("utf-8").replace("languages: [fi]", "languages: [fi, sv]")
    config_file.write_text(config.replace('page_id: "1', 'languages: separate, page_id: "1'), "utf-8")
    path = write(
        "text: {fi: Auki joka päivä., sv: Öppet varje dag.}\nlink: https://loppi.fi\npublish: 2036-12-01\n"
        "channels: [facebook]\nrepeat:\n  every: 4 weeks\n  variants:\n    - {fi: Tule käymään., sv: Kom på besök.}\n"
    )
    posts = shown(path, "--json")["posts"]
    assert [(one["language"], one["turn"], one["due"][:10], one["posts"][0]["text"]) for one in posts] == [
        (language, turn, day, f"{words}\n\nhttps://loppi.fi")
        for turn, day, texts in (
            (1, "2036-12-01", {"fi": "Auki joka päivä.", "sv": "Öppet varje dag."}),
            (2, "2036-12-29", {"fi": "Tule käymään.", "sv": "Kom på besök."}),
        )
        for language, words in texts.items()
    ]
    assert "Lopen kunta, Facebook (Swedish, text 2 of 2)" in shown(path)
    assert 'lang="sv" data-count=' in shown(path, "--html", "-")


def test_the_page_is_written_whole_and_never_over_the_announcement(write, shown, call, tmp_path):
    """Beside its name first; the file that is shown is refused as a place for it, and so is a folder that is not there."""
    path = write(LUPA)
    before = (tmp_path / "schedules" / "lupa.yaml").read_bytes()
    shown(path, "--html", str(tmp_path / "sivu.html"))
    page = (tmp_path / "sivu.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert '<html lang="en">' in page
    assert call("preview", path, "--html", path).exit_code == 2
    assert (tmp_path / "schedules" / "lupa.yaml").read_bytes() == before
    shown(path, "--html", str(tmp_path / "sivu.html"))
    config = (tmp_path / "config.yaml").read_bytes()
    assert "is no page" in call("preview", path, "--html", str(tmp_path / "config.yaml")).stderr
    assert (tmp_path / "config.yaml").read_bytes() == config
    done = call("preview", path, "--html", str(tmp_path / "no" / "sivu.html"))
    assert done.exit_code == 2
    assert "cannot be written: there is no such file or folder" in done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["config.yaml", "schedules", "sivu.html"]


def test_a_large_picture_makes_no_large_page(write, shown, tmp_path):
    """It is shown smaller, in its own shape, and the page says how large it goes out."""
    path = write(LUPA)
    noise = Image.frombytes("RGB", (450, 300), os.urandom(405_000))
    noise.resize((1800, 1200), Image.Resampling.BICUBIC).save(tmp_path / "schedules" / "kuva.png")
    page = shown(path, "--channel", "x", "--html", "-")
    assert 'width="1800" height="1200"' in page
    assert "kuva.png: 1,800 × 1,200 pixels, JPEG, " in page
    source = re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert source is not None
    with Image.open(BytesIO(b64decode(source[1]))) as picture:
        assert picture.size == (1000, 667)


@needs_chromium
def test_everybody_can_read_the_page(write, shown):
    """No violation that axe knows, light and dark; nothing to scroll sideways on the narrowest telephone, and every picture is shown."""
    poll = "poll: {question: Mitä seuraavaksi?, options: [Venepaikat, Uimahalli], days: 7}\n"
    pages = [
        shown(write(LUPA), "--html", "-"),
        shown(write(f"text: Kerro.\npublish: asap\nlink: https://loppi.fi\n{poll}"), "--html", "-"),
    ]
    with browser() as chromium:
        for page, scheme in product(pages, SCHEMES):
            with opened(chromium, page, 320, scheme) as seen:
                found = Axe().run(seen)
                assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
                assert seen.evaluate("document.documentElement.scrollWidth") <= 320
                assert seen.evaluate("[...document.images].every(one => one.naturalWidth > 0 && one.alt)")
                ground = seen.evaluate("getComputedStyle(document.body).backgroundColor")
                assert ground == {"light": "rgb(238, 241, 244)", "dark": "rgb(16, 22, 28)"}[scheme]

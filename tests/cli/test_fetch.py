"""Drafts from the website: pages and feeds, hostile ones too; each item of a feed once for ever, and never published by itself."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from click.testing import CliRunner
from PIL import Image

from publisher.announcements import read_file
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.drafting import website
from publisher.drafting.feeds import Feeds
from publisher.drafting.writing import write
from publisher.store import Store, migrate
from publisher.store.models import Table
from publisher.webpage import parse, plain

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
PAGE = """<!doctype html><html lang="fi-FI"><head><meta charset="utf-8"><title>Lupa | Kunta</title>
<meta property="og:title" content="Lupa verkossa: &quot;näin&quot; #helppoa - ei: vaivaa | Kunta">
<meta property="og:site_name" content="Kunta">
<meta name="description" content="Lupaa haetaan verkossa. {more}"><meta property="og:image" content="/kuva.png">
<meta property="og:image:alt" content="Hakemus auki näytöllä."><link rel="canonical" href="/lupa"></head><body></body></html>"""
ITEM = "<item><title>{0}</title><link>/lupa?{0}</link><guid>tag:{0}</guid><description>{0} &lt;b&gt;auki&lt;/b&gt;.</description></item>"
RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><language>fi</language>{}</channel></rss>'
BOMB = '<!DOCTYPE l [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


def picture():
    """A picture as a website has them."""
    kept = BytesIO()
    Image.new("RGB", (600, 400), "teal").save(kept, "PNG")
    return kept.getvalue()


class Site(BaseHTTPRequestHandler):
    """The municipality's website: a table of what stands where."""

    pages: dict[str, tuple[int, dict[str, str], bytes]]

    def do_GET(self):
        """Give what stands there."""
        status, headers, body = self.pages.get(self.path.partition("?")[0], (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture(scope="module")
def site():
    """A website of this machine: its address, and what stands where."""
    Site.pages = {
        "/kuva.png": (200, {"Content-Type": "image/png"}, picture()),
        "/lupa": (200, {"Content-Type": "text/html"}, PAGE.format(more="").encode()),
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def put(path, body, **headers):
    """Put something onto the website."""
    Site.pages[path] = (int(headers.pop("status", 200)), {"Content-Type": "text/html", **headers}, body)


@pytest.fixture
def call(config_file):
    """Run a command of Lopen kunta."""

    def run(*arguments, code=0):
        told = CliRunner().invoke(tiedote, [*map(str, arguments), "--config", str(config_file)])
        assert told.exit_code == code, told.output
        return told.output

    return run


def test_a_page_becomes_a_draft_that_is_in_order_and_never_goes_out(call, config_file, site):
    """Title without the site's name, words, the page's own address, its picture and what that shows; a second one gets another name."""
    told = call("fetch", f"{site}/lupa?utm_source=x", "--org", "loppi")
    path = config_file.parent / "schedules" / "loppi" / "lupa-verkossa-nain-helppoa-ei-vaivaa.yaml"
    assert str(path) in told
    reading = read_file(path, load_config(config_file))
    assert reading.announcement is not None
    top = reading.announcement.top
    assert top.title == {"": 'Lupa verkossa: "näin" #helppoa - ei: vaivaa'}
    assert top.text == {"": "Lupaa haetaan verkossa."}
    assert top.link == {"": f"{site}/lupa"}
    assert not top.publish
    assert top.pictures
    assert top.pictures[0].alt == {"": "Hakemus auki näytöllä."}
    assert path.with_suffix(".png").read_bytes() == picture()
    assert "draft" in call("plan")
    call("fetch", f"{site}/lupa", "--org", "loppi")
    assert path.with_stem(path.stem + "-2").is_file()
    assert "is there already" in call("fetch", f"{site}/lupa", "--out", path, code=2)


def test_what_a_person_must_fill_in_stands_in_the_draft_and_check_says_nothing_else(call, config_file, site):
    """A picture without an alternative text, a language without words; a text too long for X gets a short one of its own."""
    text = config_file.read_text(encoding="utf-8")
    more = '      x: {user_id: "1", access_token: planted}\n'
    config_file.write_text(text.replace("languages: [fi]", "languages: [fi, sv]") + more, encoding="utf-8")
    put("/pitka", PAGE.replace("og:image:alt", "no").format(more="Hakemukseen tarvitaan liitteitä. " * 30).encode())
    out = config_file.parent / "luonnokset"
    out.mkdir()
    call("fetch", f"{site}/pitka", "--out", out)
    (path,) = out.glob("*.yaml")
    words = path.read_text(encoding="utf-8")
    assert "Then move it, and its picture, to:" in words
    codes = {one.code for one in read_file(path, load_config(config_file)).problems if not one.warning}
    assert codes == {"missing", "missing_alt"}
    assert words.count("FILL IN") == 3  # the alternative text, and Swedish twice
    said = [line.removeprefix("#   - ") for line in words.splitlines() if line.startswith("#   - ")]
    assert said == [one.message for one in read_file(path, load_config(config_file)).problems if not one.warning]


@pytest.mark.parametrize(
    "body, headers, told",
    [
        (b" ", {}, "stands no page with words"),
        (b"\x00\x01\x02" * 500, {"Content-Type": "application/pdf"}, "stands no page with words"),
        (b"<html>" + b"x" * 4_000_000, {}, "is too large"),
        (b"", {"status": 500}, "HTTP 500"),
        (b"", {"status": 302, "Location": "http://127.0.0.1:1/"}, "inside a private network"),
        (b"", {"status": 302, "Location": "http://[::ffff:10.0.0.1]/"}, "inside a private network"),
        (b"", {"status": 302, "Location": "file:///etc/passwd"}, "no web address"),
        (b"", {"status": 302, "Location": "/paha"}, "leads on and on"),
        (b"<html><title>x</title>" + b"<div>" * 400_000, {}, "takes too long to read"),
        (RSS.format("").encode(), {"Content-Type": "application/rss+xml"}, "has no such item"),
    ],
)
def test_a_hostile_page_ends_in_a_sentence(call, config_file, site, monkeypatch, body, headers, told):
    """Large, slow to read, no page at all, or leading where nobody should go: told what it is, and nothing is written."""
    monkeypatch.setattr(website, "_SECONDS", 1)
    put("/paha", body, **headers)
    output = call("fetch", f"{site}/paha", code=2 if "no web" in told else 4)
    assert told in output
    assert "Traceback" not in output
    assert not list((config_file.parent / "schedules").rglob("*"))


def test_a_server_that_is_away_is_told_in_words(call):
    """No name of a fault that only programmers know."""
    output = call("fetch", "http://127.0.0.1:9/lupa", code=4)
    assert "its server does not answer" in output
    assert "RefusedError" not in output


def test_in_a_rehearsal_nothing_outside_is_asked(call, config_file, site):
    """Only what is on this machine; and an address that is none is told as that."""
    text = config_file.read_text(encoding="utf-8")
    config_file.write_text(text.replace("sandbox: no", "sandbox: yes"), encoding="utf-8")
    assert "nothing outside this machine is asked" in call("fetch", "https://www.example.fi/", code=4)
    assert "is no web address" in call("fetch", "www.example.fi", code=2)
    call("fetch", f"{site}/lupa")


@pytest.mark.parametrize(
    "body, charset, title",
    [
        ("<title>Näin käy</title>".encode("latin-1"), "iso-8859-1", "Näin käy"),
        ("<meta charset=windows-1252><title>Näin käy – jo</title>".encode("cp1252"), "", "Näin käy – jo"),
        ("<title>Näin käy</title>".encode("cp1252"), "utf-8", "Näin käy"),
        ("<title>Näin käy</title>".encode("utf-16"), "", "Näin käy"),
        ("<title>Näin käy</title>".encode(), "base64", "Näin käy"),
        ("<title>Näin käy</title>".encode(), "no-such-charset", "Näin käy"),
        (b"<title>a\xe2\x80\xa8b\xe2\x80\xaec &amp; &lt;i&gt; @[kela]</title>", "utf-8", "a\nbc & <i> [kela]"),
    ],
)
def test_letters_are_read_as_they_were_meant(body, charset, title):
    """By the header, the page's own word, or a guess; a wrong word for it does no harm. What cannot be seen is left out."""
    assert parse(body, "https://x.fi/", charset)["title"] == title


def test_a_feed_that_wants_to_explode_is_read_without_its_entities():
    """A billion laughs stay one."""
    body = f'<?xml version="1.0"?>{BOMB}]>' + RSS.partition("?>")[2].format("<item><title>a&j;</title></item>")
    found = parse(body.encode(), "https://x.fi/feed", "")
    assert len(found["items"][0]["title"]) < 10
    assert plain("\u202e\ufeff a\u00a0 b\r\nc\n\n\n\nd\u00ad", 100) == "a b\nc\n\nd"


@pytest.fixture
def followed(config_file, site):
    """A feed that is followed: its database, and a reading some hours later when it lists these items."""
    feed = f"feeds:\n  - {{url: '{site}/rss', organisation: loppi, every: 1h, into: luonnokset, contact: a@loppi.example}}\n"
    config_file.write_text(config_file.read_text(encoding="utf-8") + feed, encoding="utf-8")
    config = load_config(config_file)
    store = Store(config.database)
    migrate(store, NOW)

    def read(hours, *items):
        put("/rss", RSS.format("".join(ITEM.format(one) for one in items)).encode(), **{"Content-Type": "text/xml"})
        return Feeds(store, config, "test").read_due(NOW + timedelta(hours=hours))

    with closing(store):
        yield store, read


def test_each_item_of_a_feed_becomes_a_draft_once_for_ever(config_file, site, followed):
    """The newest five at first; then what is new. Taken away it does not come back, and a process that died in between doubles nothing."""
    store, read = followed
    into = config_file.parent / "luonnokset"

    def names():
        return sorted(path.name.partition("-")[0] for path in into.glob("*.yaml"))

    assert read(0, "g", "f", "e", "d", "c", "b", "a") == 5
    assert names() == ["c", "d", "e", "f", "g"]
    assert read(0.5, "h", "g") == 0  # not due yet
    assert read(1, "h", "g", "b") == 1
    (path,) = into.glob("h-*.yaml")
    words = path.read_text(encoding="utf-8")
    assert "h auki." in words
    assert "publish:" not in words.replace("# publish", "")
    assert path.with_suffix(".png").is_file()  # of the item's page, for the feed has none
    path.unlink()
    assert read(2, "h", "g") == 0
    assert names() == ["c", "d", "e", "f", "g"]
    with store.write() as conn:
        conn.execute(Table.metadata.tables["feed_items"].delete())
    assert read(3, "g", "f") == 2
    assert names() == ["c", "d", "e", "f", "g"]
    put("/rss", b"", status=500)
    for day in (1, 2, 3):
        Feeds(store, load_config(config_file), "test").read_due(NOW + timedelta(days=day))
    notices = Table.metadata.tables["notices"]
    with store.read() as conn:
        told = [(row.body["kind"], row.recipient) for row in conn.execute(notices.select())]
    assert told == [("drafts", "a@loppi.example")] * 2 + [("feed_trouble", "a@loppi.example")] * 2
    output = CliRunner().invoke(tiedote, ["status", "--config", str(config_file)]).output
    assert f"5 drafts from the website wait in {into}" in " ".join(output.split())
    assert f"{site}/rss could not be read" in " ".join(output.split())
    told = json.loads(CliRunner().invoke(tiedote, ["status", "--json", "--config", str(config_file)]).output)
    assert told["drafts"] == [{"folder": str(into), "count": 5}]
    assert [(feed["url"], feed["since"][:10]) for feed in told["unread_feeds"]] == [
        (f"{site}/rss", str((NOW + timedelta(days=1)).date()))
    ]


def test_a_reading_that_breaks_off_is_told_of_all_the_same(followed, monkeypatch):
    """A process that dies before its mail is noted, and a disk that takes one draft of two: each draft is in one mail, none in two."""
    store, read = followed

    def die(*_args, **_named):
        raise KeyboardInterrupt

    def full(found, *more):
        if found.title == "d":
            raise OSError("no space left")
        return write(found, *more)

    with monkeypatch.context() as there:
        there.setattr("publisher.drafting.feeds.raise_notice", die)
        with pytest.raises(KeyboardInterrupt):
            read(0, "b", "a")
    read(2, "c", "b", "a")
    with monkeypatch.context() as there:
        there.setattr("publisher.drafting.feeds.write", full)
        read(4, "e", "d", "c", "b", "a")
    read(6, "e", "d", "c", "b", "a")
    with store.read() as conn:
        bodies = [row.body["params"] for row in conn.execute(Table.metadata.tables["notices"].select())]
    told = [[line[0] for line in body["drafts"].splitlines()] for body in bodies]
    assert sorted("".join(each) for each in told) == ["bac", "d", "e"]
    assert [body["count"] for body in bodies] == ["3", "1", "1"]


@pytest.mark.parametrize(
    "feed, told",
    [
        ("{url: 'https://x.fi/rss', organisation: lopi}", "Did you mean 'loppi'?"),
        ("{url: 'ftp://x.fi/rss', organisation: loppi}", "the feed's whole address"),
        ("{url: 'https://x.fi/rss', organisation: loppi, into: schedules/loppi}", "writes nothing"),
        ("{url: 'https://x.fi/rss', organisation: loppi, every: 1s}", "every"),
        ("{organisation: loppi}", "'url' is missing"),
    ],
)
def test_a_feed_that_cannot_be_is_told_where_it_stands(call, config_file, feed, told):
    """An unknown organisation, no web address, a folder of the queue, too often, nothing to read."""
    config_file.write_text(config_file.read_text(encoding="utf-8") + f"feeds: [{feed}]\n", encoding="utf-8")
    assert told in call("check", code=1)

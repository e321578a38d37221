"""The preview's page beside what the networks then hold: every example, every channel."""

from __future__ import annotations

import hashlib
import shutil
from base64 import b64decode
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner

from channels.sandbox import Sandbox, serve
from channels.sandbox.clock import Clock
from channels.sandbox.ledger import LedgerPost
from channels.text import x_exact_length
from publisher.cli import tiedote
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from tests.delivery.town import START, Town
from tests.end_to_end.conftest import EXAMPLES, ROOT, SECRETS, example_accounts

SEPARATE = """\
languages: [fi, sv]
organisations: [hausjarvi]
text:
  fi: Uimahallin vuorot voi nyt varata verkossa @[kela] & <Wilma>.
  sv: Nu kan man boka tider i simhallen på nätet @[kela] & <Wilma>.
link: {fi: "https://varaukset.example.fi/fi?a=1&b=2", sv: "https://varaukset.example.fi/sv"}
campaign: uinti
publish: asap
title: {fi: "Uintivuorot", sv: "Simtider"}
first_comment: {fi: "Kysy lisää.", sv: "Fråga mer."}
channels: [facebook, linkedin]
linkedin:
  description: {fi: "Varaa kotoa käsin", sv: "Boka hemifrån"}
  thumbnail: {file: images/kokous.png, alt: {fi: "Allas.", sv: "En bassäng."}}
"""
POLL = """\
organisations: [loppi]
text: Mikä palvelu verkkoon seuraavaksi?
link: https://asiointi.example.fi
publish: asap
channels: [facebook, x, linkedin]
poll: {question: Mikä näistä?, options: [Venepaikat, Hautapaikat, Uimahalli], days: 7}
"""
THREAD = """\
organisations: [hausjarvi]
text: |
  Kirjastossa voi nyt asioida myös omatoimisesti. Ovi aukeaa kirjastokortilla ja tunnusluvulla joka päivä kello kuudesta kymmeneen.
  Sopimus tehdään kerran asiakaspalvelussa, ja sen jälkeen kaikki palvelut ovat käytössä: lainaus, palautus, tietokoneet ja lehdet.
  Alle 15-vuotias tarvitsee mukaansa aikuisen. Tervetuloa, myös viikonloppuna! 📚
link: https://kirjasto.example.fi/omatoimi
hashtags: [Kirjasto]
publish: asap
channels: [x, linkedin]
x: {thread: yes}
"""
MORE = """
mentions:
  kela: {name: Kela, linkedin: "urn:li:organization:5000102"}
"""


@dataclass
class Article:
    """A post of the page, as a reader gets it."""

    organisation: str
    channel: str
    words: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    pictures: list[dict[str, str]] = field(default_factory=list)
    comment: str | None = None
    link: str | None = None
    title: str | None = None
    description: str | None = None
    thumbnail: dict[str, str] | None = None
    question: str | None = None
    options: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """Reads a page as its markup says, and refuses what would run or fetch something."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.articles: list[Article] = []
        self._open: list[tuple[str, str]] = []
        self._into: str | None = None
        self.feed(content)

    def _inside(self, name: str) -> bool:
        return any(name in classes.split() for _tag, classes in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert tag not in {"script", "iframe", "object", "form", "link"}
        assert not any(name.startswith("on") for name in given)
        assert given.get("src", "data:image/").startswith("data:image/")
        classes = given.get("class", "").split()
        if tag == "article":
            self.articles.append(Article(given["data-organisation"], given["data-channel"]))
        if tag not in {"img", "meta", "br", "link"}:
            self._open.append((tag, given.get("class", "")))
        if not self.articles:
            return
        here = self.articles[-1]
        if tag == "img" and self._inside("card"):
            here.thumbnail = given
        elif tag == "img":
            here.pictures.append(given)
        elif "card" in classes:
            here.link = given["data-link"]
        elif "words" in classes and self._inside("comment"):
            here.comment = ""
        elif "words" in classes:
            here.words.append("")
            here.counts.append(int(given["data-count"]))
        elif tag == "li" and self._inside("poll"):
            here.options.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        here = self.articles[-1] if self.articles else None
        if here is None or not self._inside("post"):
            return
        if self._inside("words") and self._inside("comment"):
            here.comment = (here.comment or "") + data
        elif self._inside("words"):
            here.words[-1] += data
        elif self._inside("title"):
            here.title = (here.title or "") + data
        elif self._inside("description"):
            here.description = (here.description or "") + data
        elif self._inside("question"):
            here.question = (here.question or "") + data
        elif self._inside("poll") and self._open[-1][0] == "li":
            here.options[-1] += data


def counted(post: LedgerPost) -> int:
    """Count what the network got as the network counts it."""
    return x_exact_length(post.text) if post.network == "x" else len(post.source)


def compare(article: Article, posts: list[LedgerPost]) -> None:
    """`posts`: what the network holds of it, the first one before what follows in its thread."""
    first = posts[0]
    assert article.words == [post.text for post in posts]
    assert article.counts == [counted(post) for post in posts]
    assert [(one["alt"], int(one["width"]), int(one["height"])) for one in article.pictures] == [
        (one.alt, one.width, one.height) for one in first.pictures
    ]
    for shown, held in zip(article.pictures, first.pictures, strict=True):
        data = b64decode(shown["src"].partition(",")[2])
        assert hashlib.sha256(data).hexdigest().startswith(held.sha256), "the very bytes that went out"
    comments = [one.text for one in first.comments if one.own]
    further = [post.text for post in posts[1:]]
    assert comments == [*filter(None, [article.comment]), *further]
    assert (article.question, article.options) == (first.question or None, list(first.options))
    if article.link is not None:
        assert article.link == first.link
    else:
        assert first.link is None or first.pictures or first.network == "x"
    if first.network == "linkedin" and article.link:
        assert (article.title, article.description) == (first.title, first.description)
        alt = first.thumbnail.alt if first.thumbnail is not None else None
        assert (article.thumbnail or {}).get("alt") == alt


def test_the_page_is_what_the_networks_then_hold(tmp_path, monkeypatch):
    """Words, order of pictures and their very bytes, alternative texts, counted lengths, cards, polls, first comments and threads."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.copytree(ROOT / "schedules", tmp_path / "schedules" / "shipped")
    for name, text in (("vuorot", SEPARATE), ("kysely", POLL), ("ketju", THREAD)):
        (tmp_path / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    clock = Clock(START, frozen=True)
    sandbox = Sandbox(accounts=example_accounts(), clock=clock)
    config = tmp_path / "config.yaml"
    with serve(sandbox, ports=(0,)) as server:
        given = config.read_text(encoding="utf-8") + MORE
        for port in (8101, 8102, 8103):
            given = given.replace(f"http://127.0.0.1:{port}", server.base_url)
        given = given.replace('page_id: "100000000000101",', 'page_id: "100000000000101", languages: separate,')
        config.write_text(given, encoding="utf-8")
        pages = {path: _page(path, config) for path in sorted((tmp_path / "schedules").rglob("*.yaml"))}
        with Service.open(load_config(config), clock) as service:
            service.read_queue()
            town = Town(tmp_path, service, sandbox, clock)
            town.work(until=START + timedelta(days=20))
            assert {one.state for one in town.deliveries()} == {State.PUBLISHED}
            assert len(town.deliveries()) == sum(map(len, pages.values()))
            assert {one.error_kind for one in town.deliveries()} == {None}
        ledger = sandbox.ledger()
    threads: dict[tuple[str, str], list[list[LedgerPost]]] = defaultdict(list)
    for post in (one for one in ledger if one.visible):
        if post.reply_to is None:
            threads[post.organisation, post.network].append([post])
        else:
            next(one for one in threads[post.organisation, post.network] if one[-1].id == post.reply_to).append(post)
    for articles in pages.values():
        for article in articles:
            own = threads[article.organisation, article.channel]
            (held,) = [posts for posts in own if posts[0].text == article.words[0]]
            compare(article, held)
            own.remove(held)
    assert not any(threads.values()), "nothing is out that no preview showed"


def _page(path: Path, config: Path) -> list[Article]:
    done = CliRunner().invoke(tiedote, ["preview", str(path), "--html", "-", "--config", str(config), "--lang", "fi"])
    assert done.exit_code == 0, done.stderr
    return Page(done.stdout).articles

"""What residents may write, and listings that break off, come twice or never end: stored once, harmless, and read on next time."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from channels.sandbox.faults import Kind, Rule
from publisher.cadence import week_of
from publisher.collection import LONGEST_TEXT
from publisher.config import load_config
from publisher.service import Service
from publisher.store import engagement
from publisher.store.engagement import CommentView
from tests.delivery.town import NETWORKS, Town, town, write_config
from tests.faults.highwayman import Highwayman
from tests.faults.test_answers import announce, publish

HOSTILE = {
    "emoji": "Hyvä 👍🏽 perhe 👨‍👩‍👧‍👦 lippu 🇫🇮, entä ruutu\ufe0f?",
    "nul": "Alku\0loppu",
    "html": "<script>alert('x')</script><img src=x onerror=alert(1)> & \"lainaus\"?",
    "turned": "Luetaan \u202eniirepäätkät\u202c näin?",
    "header": "Hei\r\nBcc: kaikki@example.fi\r\n\r\nToimiiko?",
    "formula": '=HYPERLINK("http://paha.example","klikkaa")?',
    "blank": "   ",
}


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Town]:
    """All four networks have the post, some minutes ago."""
    announce(tmp_path)
    with town(tmp_path) as here:
        publish(here)
        here.clock.advance(600)
        yield here


def stored(one: Town) -> tuple[CommentView, ...]:
    with one.service.store.read() as conn:
        return engagement.list_comments(conn)


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_whatever_residents_write_is_stored_once_and_harmless_in_the_mail(one: Town) -> None:
    """Emoji whole, NUL gone, a megabyte cut; read twice, stored once; nothing of it is HTML, a header or a turned line in the summary."""
    for name in NETWORKS:
        (post,) = one.posts(name)
        for author, words in HOSTILE.items():
            one.sandbox.comment(post.id, words, author=author)
        one.sandbox.comment(post.id, "x" * 1_000_000, author="huge")
        one.sandbox.comment(post.id, "Kuka minä olen?", author="poistettu", anonymous=True)
    for _ in range(2):
        one.clock.advance(3600)
        assert [each.error for each in one.service.collect(all_posts=True) if each.error] == []
    found = stored(one)
    assert Counter(comment.channel for comment in found) == dict.fromkeys(NETWORKS, len(HOSTILE) + 2)
    for name in NETWORKS:
        texts = [comment.text or "" for comment in found if comment.channel == name]
        assert any(HOSTILE["emoji"] in text for text in texts), name
        assert any("Alkuloppu" in text for text in texts), name
        assert max(map(len, texts)) == LONGEST_TEXT
        assert not any("\0" in text for text in texts)
    now = one.clock.now()
    organisation = one.service.config.organisations["hausjarvi"]
    week = week_of(now, one.service.config.timezone)
    message = one.service.reporter.message(organisation, week, "johto@hausjarvi.example", "fi", now)
    page, whole = html_of(message), message.as_string()
    assert "<script" not in page
    assert "<img" not in page.lower().replace("<img alt", "")
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert message["Bcc"] is None
    assert "\nBcc:" not in whole.partition("\n\n")[0]


def many_comments(one: Town, number: int = 130) -> None:
    """More than any network gives on one page."""
    for name in NETWORKS:
        (post,) = one.posts(name)
        for n in range(number):
            one.sandbox.comment(post.id, f"Kommentti {n}", author=f"Asukas {n % 7}")
            one.clock.advance(0.5)
    one.clock.advance(120)


NEXT_PAGE = r"[?&](after|next_token|pagination_token)=|[?&]start=[1-9]"


def test_a_listing_that_breaks_off_on_its_second_page_is_read_on_the_next_time(one: Town) -> None:
    """The cursor is lost or the server fails: nothing is taken for deleted, no number is written down, and the next pass has everything."""
    one.service.collect(all_posts=True)
    many_comments(one)
    one.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, method="GET", path=NEXT_PAGE, times=None))
    one.service.collect(all_posts=True)
    broken = Counter(comment.channel for comment in stored(one))
    assert max(broken.values(), default=0) < 130, broken
    one.sandbox.rules.clear()
    one.clock.advance(2 * 3600)
    assert [each.error for each in one.service.collect(all_posts=True) if each.error] == []
    found = stored(one)
    assert Counter(comment.channel for comment in found) == dict.fromkeys(NETWORKS, 130)
    assert sum(each.removed for each in one.service.collect(all_posts=True)) == 0


def test_a_page_that_comes_again_and_again_is_stored_once_and_left(one: Town, tmp_path: Path) -> None:
    """Whichever page is asked for, the first one comes, with a cursor to one more: reading ends, nothing doubles or goes."""
    many_comments(one)
    one.service.collect(all_posts=True)
    assert Counter(comment.channel for comment in stored(one)) == dict.fromkeys(NETWORKS, 130)
    one.clock.advance(timedelta(hours=2).total_seconds())
    first: dict[str, bytes] = {}

    def again(connection: socket.socket, answer: bytes) -> None:
        connection.sendall(first.setdefault(road.spoilt[-1].partition("?")[0], answer))

    with Highwayman(
        one.sandbox.base_url, again, "GET", r"/comments|/search/recent|/socialActions/", times=None
    ) as road:
        config = load_config(write_config(tmp_path, road.url))
        with Service.open(config, one.clock) as service:
            here = Town(tmp_path, service, one.sandbox, one.clock)
            here.service.collect(all_posts=True)
            assert {asked.split()[1][:4] for asked in road.spoilt} >= {"/v25", "/2/t", "/res"}
            assert len(road.spoilt) < 400
            found = stored(here)
    assert len({(comment.channel, comment.remote_id) for comment in found}) == len(found)
    assert Counter(comment.channel for comment in found) == dict.fromkeys(NETWORKS, 130)

"""Residents of the sandbox act, and what they did comes back exactly: comments, counts, and the week's numbers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import requests

from channels.sandbox.ledger import LedgerPost
from publisher.cadence import week_of
from publisher.model import State
from publisher.store import engagement
from publisher.store.engagement import CommentView, PostResult
from publisher.summary import Summary
from tests.delivery.town import NETWORKS, REMOTE, Town, town, write, write_picture

ANNOUNCEMENT = """
    title: Rakennuslupa verkossa
    text: Rakennusluvan voi nyt hakea kokonaan verkossa.
    link: https://asiointi.hausjarvi.example/rakennuslupa
    publish: asap
    images:
      - {file: talo.png, alt: Talo jonka katolla istuu lintu.}
    first_comment: Ohjeet löytyvät verkkosivuiltamme.
"""

TOLD = {
    "facebook": {"reactions", "comments", "shares", "views", "clicks"},
    "instagram": {"reactions", "comments", "shares", "views"},
    "x": {"reactions", "comments", "shares", "views", "clicks"},
    "linkedin": {"reactions", "comments", "shares", "views", "clicks"},
}
"""What each network tells us today; all else is null."""

LOVE = {"facebook": "love", "linkedin": "praise"}


@pytest.fixture
def one(tmp_path):
    write_picture_into(tmp_path)
    with town(tmp_path) as here:
        here.service.read_queue()
        here.work()
        assert set(here.states().values()) == {State.PUBLISHED}
        here.clock.advance(600)
        yield here


def write_picture_into(folder):
    (folder / "schedules").mkdir()
    write_picture(folder, "talo.png")
    write(folder, "lupa", ANNOUNCEMENT)


def post_on(one: Town, channel: str) -> LedgerPost:
    (post,) = [post for post in one.posts(channel) if post.visible and post.reply_to is None]
    return post


def be_lively(one: Town) -> None:
    """Every kind of thing that residents do, on every network."""
    for channel in NETWORKS:
        post = post_on(one, channel)
        asked = one.sandbox.comment(post.id, "Toimiiko tämä puhelimella?", author="Eero Lehtonen")
        one.sandbox.comment(post.id, "Hyvä uudistus!", author="Aino Mäkelä")
        one.sandbox.comment(post.id, "Sama kysymys täällä.", author="Helmi Niemi", parent=asked)
        one.sandbox.react(post.id, "like", author="Matti Hakala")
        one.sandbox.react(post.id, "like", author="Sanna Virtanen")
        one.sandbox.react(post.id, LOVE.get(channel, "like"), author="Ulla Peltonen")
        one.sandbox.share(post.id, author="Reijo Ahola")
        one.sandbox.view(post.id, 40)
        one.sandbox.click(post.id, 5)


def comments(one: Town) -> tuple[CommentView, ...]:
    with one.service.store.read() as conn:
        return engagement.list_comments(conn)


def results(one: Town) -> dict[str, PostResult]:
    with one.service.store.read() as conn:
        return {post.channel: post for post in engagement.list_results(conn)}


def counted(one: Town) -> dict[str, tuple[object, ...]]:
    """Reactions, comments and shares by network."""
    return {channel: (post.reactions, post.comments, post.shares) for channel, post in results(one).items()}


def collect(one: Town, *, later: timedelta = timedelta(0), all_posts: bool = True) -> None:
    one.clock.advance(later.total_seconds())
    assert [passed.error for passed in one.service.collect(all_posts=all_posts) if passed.error] == []


def assert_as_in_the_sandbox(one: Town) -> None:
    """The whole of what is stored equals the ledger, and nothing that a network does not tell is made up."""
    stored = comments(one)
    assert {comment.channel for comment in stored} == set(NETWORKS)
    for channel, result in results(one).items():
        post = post_on(one, channel)
        theirs = [comment for comment in post.comments if not comment.own]
        ours = [comment for comment in stored if comment.channel == channel]
        assert Counter(comment.text for comment in ours) == Counter(comment.text for comment in theirs), channel
        words = {comment.remote_id: comment.text for comment in ours}
        texts = {comment.id: comment.text for comment in theirs}
        parents = {comment.text: words.get(comment.parent_remote_id or "") for comment in ours}
        assert parents == {comment.text: texts.get(comment.parent or "") for comment in theirs}, channel
        truth = {
            "reactions": post.reactions,
            "comments": len(theirs),
            "shares": post.shares,
            "views": post.views,
            "clicks": post.clicks,
        }
        told = {name: value if name in TOLD[channel] else None for name, value in truth.items()}
        assert {name: getattr(result, name) for name in truth} == told, channel


def test_comments_and_results_equal_what_residents_did(one):
    """All four networks: words, threads, reactions by kind, shares and views; our own first comment is not counted."""
    be_lively(one)
    collect(one)
    assert_as_in_the_sandbox(one)
    assert len(comments(one)) == 12
    asked = [comment.text or "" for comment in comments(one) if comment.question]
    assert len(asked) == 8
    assert all(text.endswith(("Toimiiko tämä puhelimella?", "Sama kysymys täällä.")) for text in asked)


def test_a_second_pass_changes_nothing_and_later_deeds_follow(one):
    """The same again is stored once; a deletion, a reply below and a new reaction are followed."""
    be_lively(one)
    collect(one)
    before = comments(one)
    collect(one, later=timedelta(minutes=1))
    assert comments(one) == before
    for channel in NETWORKS:
        post = post_on(one, channel)
        (nice,) = [comment for comment in post.comments if comment.text.endswith("Hyvä uudistus!")]
        one.sandbox.remove(nice.id)
        one.sandbox.comment(post.id, "Entä tabletilla", author="Ilkka Saarinen")
        one.sandbox.comment(post.id, "Kiitos", author="Noora Salonen")
        one.sandbox.react(post.id, "like", author="Noora Salonen")
    collect(one, later=timedelta(days=1), all_posts=False)  # the day's round: by day LinkedIn's few calls may be spent
    assert_as_in_the_sandbox(one)


def test_reading_costs_no_comment_call_where_nothing_moved(one):
    """A pass after which nobody did anything asks each network for counts alone; X also for news, since none costs nothing."""
    be_lively(one)
    collect(one)
    one.sandbox.log.clear()
    bill = one.sandbox.bill()
    collect(one, later=timedelta(minutes=10), all_posts=False)
    assert [entry.path for entry in one.sandbox.requests() if entry.path.endswith("/comments")] == []
    counts = Counter(entry.network for entry in one.sandbox.requests())
    assert counts == {"facebook": 1, "instagram": 1, "x": 3}
    assert one.sandbox.bill() == bill


def test_a_post_that_is_deleted_at_its_network_is_gone_here(one):
    """Its comments go, its record stays with the reason, the others are untouched."""
    be_lively(one)
    collect(one)
    for channel in NETWORKS:
        one.sandbox.remove(post_on(one, channel).id)
    one.clock.advance(24 * 3600)
    passes = one.service.collect()
    assert sum(passed.gone for passed in passes) == 4
    assert comments(one) == ()
    kinds = {delivery.key.channel: (delivery.state, delivery.error_kind) for delivery in one.deliveries()}
    assert set(kinds.values()) == {(State.PUBLISHED, "post_gone")}


def test_a_post_that_comes_back_is_read_again(one):
    """A page that was closed for two days: the day's round finds its posts, and the week has what residents did."""
    be_lively(one)
    collect(one)
    before, words = counted(one), {comment.text for comment in comments(one)}
    posts = [post_on(one, channel).id for channel in NETWORKS]
    for hidden in (True, False):
        for post in posts:
            one.sandbox.hide(post, hidden=hidden)
        for _day in range(2):
            one.clock.advance(24 * 3600)
            one.service.collect()
        assert {delivery.error_kind for delivery in one.deliveries()} == {"post_gone" if hidden else None}
    assert counted(one) == before
    assert {comment.text for comment in comments(one)} == words
    for post in posts:
        one.sandbox.remove(post)
    one.clock.advance(24 * 3600)
    one.service.collect()
    one.clock.advance(8 * 24 * 3600)
    asked = len(one.sandbox.requests())
    one.service.collect()
    assert len(one.sandbox.requests()) == asked


def test_the_weeks_numbers_equal_what_residents_did(one):
    """What the summary says came in is what the sandbox's ledger holds, as far as each network tells."""
    be_lively(one)
    collect(one)
    for channel in NETWORKS:
        one.sandbox.react(post_on(one, channel).id, "like", author="Tuomas Heikkinen")
    collect(one, later=timedelta(hours=1))
    summary = summarised(one)
    for line in summary.channels:
        post = post_on(one, line.channel)
        theirs = sum(not comment.own for comment in post.comments)
        shares = post.shares if "shares" in TOLD[line.channel] else None
        got = line.received
        assert (got.reactions, got.comments, got.shares) == (sum(post.reactions.values()), theirs, shares)
        assert line.posts == 1
    assert summary.total.received.interactions == sum(line.received.interactions or 0 for line in summary.channels)
    assert summary.total.received.interactions == 4 * 4 + 4 * 3 + 4
    assert (len(summary.questions), summary.other_unanswered) == (8, 4)
    assert [question.text for question in summary.questions if question.channel == "linkedin"] == [None] * 2


def summarised(one: Town) -> Summary:
    config = one.service.config
    now = one.clock.now()
    return one.service.reporter.build(config.organisations["hausjarvi"], week_of(now, config.timezone), now)


def test_a_reply_on_the_networks_own_page_answers(one):
    """Staff who answer on Facebook itself have answered, to a comment and to a reply below it; and it counts as nobody's comment."""
    be_lively(one)
    collect(one)
    post = post_on(one, "facebook")
    (asked,) = [comment for comment in post.comments if comment.text == "Toimiiko tämä puhelimella?"]
    one.clock.advance(60)
    token = {"message": "Kyllä toimii.", "access_token": REMOTE["facebook"]["token"]}
    base_url = one.service.config.networks["facebook"].base_url
    requests.post(f"{base_url}/v25.0/{asked.id}/comments", data=token, timeout=5).raise_for_status()
    collect(one, later=timedelta(minutes=10), all_posts=False)
    answered = {comment.text for comment in comments(one) if comment.channel == "facebook" and comment.answered}
    assert answered == {"Toimiiko tämä puhelimella?", "Sama kysymys täällä."}
    assert results(one)["facebook"].comments == 3

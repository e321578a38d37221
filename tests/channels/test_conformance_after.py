"""What every network promises of a post that is out: it is read back, given other words, taken down."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from channels.base import Held, Post
from channels.errors import ChannelError, Gone, OutcomeUnknown, Rejected, Retryable
from channels.sandbox import Kind as Fault
from channels.sandbox import Rule
from channels.text import words
from tests.channels.bench import Bench, a_full_post, a_picture, the_only

LINK = "https://asiointi.example.fi/hae_lupa?utm_source=kunta&utm_medium=social"


def out(bench: Bench, post: Post) -> str:
    """Publish a post; return its id once the account's listing has it."""
    done = bench.deliver(post)
    assert done.published is not None, done.refused
    bench.clock.advance(60)
    return done.published.remote_id


def read_back(bench: Bench, *remote_ids: str) -> dict[str, Held]:
    with closing(bench.connect()) as channel:
        return dict(channel.read_back(remote_ids))


def test_what_is_held_is_what_was_meant(bench: Bench) -> None:
    """Words known again, and every picture's own alternative text, in order."""
    post = a_full_post(bench)
    remote_id = out(bench, post)
    bench.sandbox.comment(remote_id, "Asukkaan sanat")
    held = read_back(bench, remote_id)[remote_id]
    with closing(bench.connect()) as channel:
        assert channel.is_same(post, held.post)
        assert not channel.is_same(replace(post, text=post.text + " Ja vielä jotain."), held.post)
    assert held.alts == tuple(picture.alt for picture in post.pictures)
    assert held.post.remote_id == remote_id


def test_pictures_are_read_back_in_their_order(bench: Bench) -> None:
    """One or four: as many as residents see, in the order in which they see them."""
    for count in (1, 4):
        alts = [f"Kuva {n}: talo (punainen) & piha" for n in range(count)]
        pictures = tuple(
            a_picture(alt, colour) for alt, colour in zip(alts, ("teal", "navy", "maroon", "olive"), strict=False)
        )
        remote_id = out(bench, Post(text=f"{count} kuvaa", pictures=pictures))
        assert read_back(bench, remote_id)[remote_id].alts == tuple(alts)


def test_a_picture_without_an_alternative_text_is_seen(bench: Bench) -> None:
    """What the network shows in its place, a guess of its own, is not taken for ours."""
    pictures = (a_picture("Ensimmäinen"), a_picture("", "navy"))
    remote_id = out(bench, Post(text="Toinen on kuvaamatta", pictures=pictures))
    assert read_back(bench, remote_id)[remote_id].alts == ("Ensimmäinen", "")


def test_a_text_that_lacks_its_end_is_seen(bench: Bench) -> None:
    """A network that silently dropped the rest of the words does not pass for one that has them."""
    post = Post(text="Hae lupaa verkossa. Katso ohjeet ennen hakemista.", pictures=bench.text_needs_picture())
    remote_id = out(bench, Post(text="Hae lupaa verkossa.", pictures=post.pictures))
    held = read_back(bench, remote_id)[remote_id]
    with closing(bench.connect()) as channel:
        assert not channel.is_same(post, held.post)


def test_a_link_is_read_back_from_words_or_card(bench: Bench) -> None:
    """Wherever the network put the link, in full: a shortened one leads nowhere that could be compared."""
    card = bench.name in {"facebook", "linkedin"}
    pictures = bench.text_needs_picture()
    text = "Hae lupaa verkossa." if bench.name == "linkedin" else f"Hae lupaa verkossa: {LINK}"
    remote_id = out(bench, Post(text=text, link=LINK if card else None, title="Lupa", pictures=pictures))
    held = read_back(bench, remote_id)[remote_id]
    assert set(held.links) == {LINK.removeprefix("https://")}


def test_many_are_read_back_in_few_calls_and_the_gone_left_out(bench: Bench) -> None:
    """Five posts, one of them deleted: four are told, in a handful of calls that change nothing."""
    ids = [out(bench, Post(text=f"Tiedote {n}", pictures=bench.text_needs_picture())) for n in range(5)]
    bench.sandbox.remove(ids[2])
    bench.sandbox.log.clear()
    held = read_back(bench, *ids)
    assert set(held) == {*ids[:2], *ids[3:]}
    asked = bench.sandbox.requests()
    assert {entry.method for entry in asked} == {"GET"}
    assert len(asked) <= 8
    assert read_back(bench) == {}


# Taking down


def test_a_removed_post_is_gone_with_its_comments(bench: Bench) -> None:
    """Residents see it no more, nor what stood under it; its neighbour stays."""
    other = out(bench, Post(text="Tämä jää", pictures=bench.text_needs_picture()))
    remote_id = out(bench, a_full_post(bench))
    bench.sandbox.comment(remote_id, "Asukkaan sanat")
    with closing(bench.connect()) as channel:
        channel.remove(remote_id)
        assert remote_id in channel.counts([remote_id, other]).gone
        assert channel.read_back([remote_id]) == {}
    assert [post.id for post in bench.posts()] == [other]


def test_removing_twice_is_as_good_as_once(bench: Bench) -> None:
    """Whoever deleted it first: gone is gone."""
    by_us, by_hand = (out(bench, Post(text=f"Pois {n}", pictures=bench.text_needs_picture())) for n in range(2))
    bench.sandbox.remove(by_hand)
    with closing(bench.connect()) as channel:
        for remote_id in (by_us, by_us, by_hand):
            channel.remove(remote_id)
    assert bench.posts() == []


ANSWERS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.MALFORMED)


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_lost_answer_to_a_removal_is_no_success(bench: Bench, fault: Fault) -> None:
    """It is told as doubt, or is none because the answer carries nothing that could be lost; the next try settles it."""
    remote_id = out(bench, Post(text="Pois tämä", pictures=bench.text_needs_picture()))
    bench.sandbox.add_rule(Rule(kind=fault, method="DELETE"))
    with closing(bench.connect()) as channel:
        try:
            channel.remove(remote_id)
        except (OutcomeUnknown, Retryable):
            channel.remove(remote_id)
        assert bench.posts() == []


def test_a_refused_removal_is_told(bench: Bench) -> None:
    """A token that may not: nothing is deleted and the error says so."""
    remote_id = out(bench, Post(text="Pysyy", pictures=bench.text_needs_picture()))
    for account in bench.sandbox.accounts:
        account.status = "invalid"
    try:
        with closing(bench.connect()) as channel, pytest.raises(ChannelError) as raised:
            channel.remove(remote_id)
    finally:
        for account in bench.sandbox.accounts:
            account.status = "ok"
    assert not isinstance(raised.value, Gone)
    assert [post.id for post in bench.posts()] == [remote_id]


# Other words


def test_words_change_where_the_network_allows_it(bench: Bench) -> None:
    """The post stays the same one, with its pictures, alternative texts and comments; elsewhere it is refused unasked."""
    post = a_full_post(bench)
    remote_id = out(bench, post)
    better = replace(post, text="Korjattu: hae lupaa (verkossa) [nyt] #heti!\nKatso ohjeet.", hashtags=("Lupa",))
    bench.sandbox.log.clear()
    with closing(bench.connect()) as channel:
        if not bench.capabilities.edits_words:
            with pytest.raises(Rejected):
                channel.amend(better, remote_id)
            assert bench.sandbox.requests() == []
            assert the_only(bench.posts()).text == words(post)
            return
        channel.amend(better, remote_id)
        channel.amend(better, remote_id)
        assert channel.is_same(better, channel.read_back([remote_id])[remote_id].post)
    landed = the_only(bench.posts())
    assert (landed.id, landed.text) == (remote_id, words(better))
    assert landed.edited_at is not None
    assert [picture.alt for picture in landed.pictures] == [picture.alt for picture in post.pictures]
    assert [comment.text for comment in landed.comments] == [post.first_comment]


def test_a_post_that_is_gone_takes_no_words(bench: Bench) -> None:
    """It is told as gone, and nothing is published in its place."""
    if not bench.capabilities.edits_words:
        return
    remote_id = out(bench, Post(text="Poistuu"))
    bench.sandbox.remove(remote_id)
    with closing(bench.connect()) as channel, pytest.raises(Gone):
        channel.amend(Post(text="Uudet sanat"), remote_id)
    assert bench.posts() == []


def test_what_is_discarded_is_nothing_that_residents_see(bench: Bench) -> None:
    """At whatever step: the post stays, with its pictures and its comment."""
    done = bench.deliver(a_full_post(bench))
    before = the_only(bench.posts())
    with closing(bench.connect()) as channel:
        for step in done.steps:
            channel.discard(step)
    assert the_only(bench.posts()) == before

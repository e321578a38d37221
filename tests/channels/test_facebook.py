"""Facebook Pages, against the sandbox over real HTTP. What every network promises stands in test_conformance."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from channels.base import Absence, Channel, CommentKind, Picture, Post, Proof, Published, Step
from channels.errors import AccountBlocked, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.facebook import CAPABILITIES, Facebook, Settings, connect
from channels.sandbox import Clock, Delays, Quotas, Rule, Sandbox, SandboxAccount, serve
from channels.sandbox import Kind as Fault
from channels.session import Network
from tests.channels.chains import Chain, reborn
from tests.channels.playback import Playback

PAGE = "100000000000101"
TOKEN = "EAAB-hausjarvi-page"
NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
LINK = "https://asiointi.hausjarvi.example/lupa?utm_source=facebook"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    page = SandboxAccount(
        organisation="hausjarvi", channel="facebook", account_id=PAGE, token=TOKEN, name="Hausjärven kunta"
    )
    other = SandboxAccount(
        organisation="loppi", channel="facebook", account_id="100000000000102", token="EAAB-loppi", name="Loppi"
    )
    box = Sandbox([page, other], clock=Clock(NOW, frozen=True))
    with serve(box):
        yield box
    box.close()


def a_channel(sandbox: Sandbox, **settings: Any) -> Facebook:
    given = {"page_id": PAGE, "access_token": TOKEN} | settings
    return connect(Settings.model_validate(given), Network(base_url=sandbox.base_url))


@pytest.fixture
def facebook(sandbox: Sandbox) -> Iterator[Facebook]:
    channel = a_channel(sandbox)
    yield channel
    channel.close()


def a_picture(name: str, colour: str, form: str = "JPEG") -> Picture:
    file = BytesIO()
    Image.new("RGB", (1200, 800), colour).save(file, form)
    return Picture(name=name, data=file.getvalue(), alt=f"Kuva: {name}")


def main_colour(sandbox: Sandbox, path: str) -> str:
    data = sandbox.cdn(path)
    assert data is not None
    red, green, blue = Image.open(BytesIO(data)).resize((1, 1)).convert("RGB").tobytes()
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def a_post(**more: Any) -> Post:
    return Post(**({"text": f"Rakennusluvan voi nyt hakea verkossa.\n{LINK}", "hashtags": ("rakentaminen",)} | more))


def a_chain(sandbox: Sandbox, post: Post, **settings: Any) -> Chain:
    def connected() -> Channel:
        return a_channel(sandbox, **settings)

    return Chain(sandbox, connected, post)


# Publishing


def test_a_post_goes_out_as_it_was_asked_for(sandbox):
    """Words, hashtags and the link card, with an address that opens; a draft first, which nobody sees."""
    chain = a_chain(sandbox, a_post(link=LINK))
    published = chain.finish()
    (held,) = sandbox.ledger()
    assert held.text == f"Rakennusluvan voi nyt hakea verkossa.\n{LINK}\n\n#rakentaminen"
    assert held.link == LINK
    assert (held.network, held.account_id) == ("facebook", PAGE)
    assert published == Published(remote_id=held.id, url=f"{sandbox.base_url}{held.path}")
    assert chain.names == ["draft", "publish"]
    assert chain.visible == [0, 1]
    assert [step.commits for step in chain.steps] == [False, True]


def test_pictures_go_out_in_order_each_with_its_description(sandbox):
    """Every picture has its alt text at the network, in the order of the file; the link then stays in the words."""
    pictures = tuple(a_picture(f"{colour}.jpg", colour) for colour in ("red", "lime", "blue"))
    chain = a_chain(sandbox, a_post(pictures=pictures, link=LINK))
    chain.finish()
    (held,) = sandbox.ledger()
    assert [picture.alt for picture in held.pictures] == [picture.alt for picture in pictures]
    assert [main_colour(sandbox, picture.path) for picture in held.pictures] == ["red", "green", "blue"]
    assert held.link is None
    assert LINK in held.text
    assert chain.names == ["photo", "photo", "photo", "draft", "publish"]
    assert chain.visible == [0, 0, 0, 0, 1]


def test_a_first_comment_follows_the_post(sandbox):
    """It stands under the post, by the Page, and the post's own id and address stay what they are."""
    chain = a_chain(sandbox, a_post(first_comment="Neuvonta: p. 019 758 6500"))
    published = chain.finish()
    (held,) = sandbox.ledger()
    assert [(comment.text, comment.own) for comment in held.comments] == [("Neuvonta: p. 019 758 6500", True)]
    assert {one.remote_id for one in chain.published} == {held.id}
    assert published == Published(remote_id=held.id, url=f"{sandbox.base_url}{held.path}")
    assert chain.names == ["draft", "publish", "comment"]


def test_without_a_draft_the_post_is_made_in_one_call(sandbox):
    """`draft_first: no`; a lost answer can then be looked for, and from not finding it nothing follows."""
    chain = a_chain(sandbox, a_post(pictures=(a_picture("a.jpg", "red"),), first_comment="Hei"), draft_first="no")
    chain.finish()
    (held,) = sandbox.ledger()
    assert len(held.pictures) == 1
    assert [comment.text for comment in held.comments] == ["Hei"]
    assert chain.names == ["photo", "create", "comment"]
    in_one_call = a_channel(sandbox, draft_first=False).capabilities
    assert (in_one_call.proof, in_one_call.absence) == (Proof.LIST, Absence.UNKNOWN)
    assert a_channel(sandbox).capabilities.proof is Proof.EXACT


def test_an_address_that_is_not_told_at_once_is_asked_for(sandbox):
    """Graph may give a draft no permalink: it is read when the post is public, before the first comment."""
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    step = chain.until("publish")
    published = chain.finish(Step(name="publish", memo={"post_id": step.memo["post_id"]}, commits=True))
    (held,) = sandbox.ledger()
    assert chain.names == ["draft", "publish", "address", "comment"]
    assert published.url == f"{sandbox.base_url}{held.path}"
    assert len(held.comments) == 1


def test_a_graphic_goes_out_sharp_and_a_large_photo_small_enough(sandbox):
    """PNG stays PNG; nothing is larger than Facebook takes."""
    file = BytesIO()
    Image.effect_noise((2800, 2000), 80).convert("RGB").save(file, "JPEG", quality=97)
    photo = Picture(name="metsä.jpg", data=file.getvalue(), alt="Metsää")
    a_chain(sandbox, a_post(pictures=(a_picture("kaavio.png", "red", "PNG"), photo))).finish()
    graphic, large = sandbox.ledger()[0].pictures
    assert graphic.format == "image/png"
    assert file.tell() > 4_000_000
    assert large.size <= 4_000_000
    assert max(large.width, large.height) <= 2048


def test_a_broken_picture_is_refused_by_name_before_anything_is_sent(sandbox, facebook):
    """The error says which one, and no request was made."""
    post = a_post(pictures=(Picture(name="rikki.jpg", data=b"not a picture", alt="-"),))
    with pytest.raises(Rejected) as caught:
        facebook.advance(post, facebook.begin(post))
    assert caught.value.kind is Kind.PICTURE_REFUSED
    assert "rikki.jpg" in caught.value.detail
    assert sandbox.requests() == []


def test_a_step_that_does_not_exist_is_not_guessed(facebook):
    """A database of a later version may hold one."""
    with pytest.raises(Unexpected):
        facebook.advance(a_post(), Step(name="reel"))


# Errors


@pytest.mark.parametrize(
    "status, kind",
    [
        ("expired", Kind.TOKEN_EXPIRED),
        ("invalid", Kind.TOKEN_INVALID),
        ("password_changed", Kind.TOKEN_INVALID),
        ("app_removed", Kind.TOKEN_INVALID),
        ("no_role", Kind.NO_ROLE),
        ("checkpoint", Kind.ACCOUNT_RESTRICTED),
        ("restricted", Kind.ACCOUNT_RESTRICTED),
    ],
)
def test_trouble_with_the_account_blocks_it(sandbox, status, kind):
    """Nothing goes out, and the kind says what to do."""
    sandbox.accounts[0].status = status
    with pytest.raises(AccountBlocked) as caught:
        a_chain(sandbox, a_post()).finish()
    assert caught.value.kind is kind
    assert TOKEN not in repr(caught.value)
    assert sandbox.ledger() == ()


@pytest.mark.parametrize("permission", ["pages_manage_posts", "pages_read_engagement"])
def test_a_missing_permission_is_named(sandbox, permission):
    """The words that Graph uses name it, and they reach the person who can grant it."""
    sandbox.accounts[0].missing = (permission,)
    with pytest.raises(AccountBlocked) as caught:
        a_chain(sandbox, a_post()).finish()
    assert caught.value.kind is Kind.PERMISSION_MISSING
    assert permission in caught.value.detail


def test_a_page_that_the_token_does_not_reach_is_a_missing_permission(sandbox):
    """The answer is "no such object", and making the post anew for ever would not help."""
    for post in (a_post(), a_post(pictures=(a_picture("a.jpg", "red"),))):
        chain = Chain(sandbox, lambda: a_channel(sandbox, page_id="100000000000102"), post)
        with pytest.raises(AccountBlocked) as caught:
            chain.finish()
        assert caught.value.kind is Kind.PERMISSION_MISSING


def test_photos_that_facebook_dropped_lead_back_to_the_beginning(sandbox):
    """Unused photos are dropped after about a day: the draft is then refused as Gone, which starts the publication anew."""
    chain = a_chain(sandbox, a_post(pictures=(a_picture("a.jpg", "red"),)))
    step = chain.until("draft")
    sandbox.world.uploads[step.memo["photo0"]].deleted = sandbox.clock.stamp()
    with pytest.raises(Gone):
        chain.run(step)
    chain.finish()
    assert len(sandbox.ledger()) == 1


def test_the_same_words_again_are_a_duplicate(sandbox):
    """Graph's 506, a clean refusal; what it means depends on what went before, and that the caller knows."""
    a_chain(sandbox, a_post()).finish()
    with pytest.raises(Rejected) as caught:
        a_chain(sandbox, a_post()).finish()
    assert caught.value.kind is Kind.DUPLICATE
    assert len(sandbox.ledger()) == 1


def test_a_link_that_facebook_refuses_is_told_as_such(sandbox):
    """Links to Facebook itself cannot be cards."""
    with pytest.raises(Rejected) as caught:
        a_chain(sandbox, a_post(link="https://www.facebook.com/hausjarvi")).finish()
    assert caught.value.kind is Kind.LINK_REFUSED


def test_a_used_up_allowance_says_when_to_come_back(sandbox, facebook):
    """Meta names the minutes in a header."""
    sandbox.settings.quotas = Quotas(graph_engaged_users=0)
    for _ in range(4800):
        sandbox.windows.rolling(f"graph:{PAGE}", 86_400, sandbox.clock.stamp())
    with pytest.raises(Retryable) as caught:
        facebook.check()
    assert caught.value.kind is Kind.RATE_LIMITED
    assert caught.value.after == timedelta(hours=24)
    assert caught.value.announced


def test_a_refused_comment_leaves_the_post_alone(sandbox):
    """The post is out before the comment is tried, and stays."""
    sandbox.accounts[0].missing = ("pages_manage_engagement",)
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    with pytest.raises(AccountBlocked):
        chain.finish()
    assert sandbox.ledger()[0].visible
    assert chain.published[0].remote_id == sandbox.ledger()[0].id


def alone(playback: Playback) -> Facebook:
    return connect(Settings.model_validate({"page_id": PAGE, "access_token": TOKEN}), playback.network)


def test_an_answer_that_only_looks_like_success_is_doubt():
    """A flip that answers false, and a comment that answers with the post's own id."""
    with Playback() as network:
        channel = alone(network)
        network.answer(200, {"success": False})
        with pytest.raises(OutcomeUnknown):
            channel.advance(a_post(), Step(name="publish", memo={"post_id": "1_2"}, commits=True))
        network.answer(200, {"id": "1_2"})
        with pytest.raises(OutcomeUnknown):
            channel.advance(
                a_post(first_comment="Hei"), Step(name="comment", memo={"remote_id": "1_2", "url": "u"}, commits=True)
            )
        channel.close()


# Looking after a lost answer


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED, Fault.CUT_HEADERS])
def test_a_publish_that_took_effect_is_found_exactly(sandbox, facebook, fault):
    """The draft tells by itself that it is public now, and the way goes on to the first comment."""
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    step = chain.until("publish")
    sandbox.add_rule(Rule(kind=fault, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    (candidate,) = facebook.locate(chain.post, step, NOW).candidates
    assert candidate.remote_id == sandbox.ledger()[0].id
    assert candidate.then is not None
    chain.finish(candidate.then)
    assert [comment.text for comment in sandbox.ledger()[0].comments] == ["Hei"]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.ERROR_BEFORE])
def test_a_publish_that_did_not_happen_is_proved_absent(sandbox, facebook, fault):
    """The draft is still one, so publishing the same draft again is safe, and makes one post."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    sandbox.add_rule(Rule(kind=fault, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    found = facebook.locate(chain.post, step, NOW)
    assert (found.absent, found.candidates) == (True, ())
    assert step.repeatable
    chain.finish(step)
    assert len(sandbox.ledger()) == 1


def test_publishing_the_same_draft_twice_makes_one_post(sandbox):
    """That is what `repeatable` promises."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    assert chain.run(step) == chain.run(step)
    assert len(sandbox.ledger()) == 1


def test_a_draft_that_was_deleted_proves_nothing(sandbox, facebook):
    """It may have been public before somebody deleted it: that is for a person to say."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    chain.run(step)
    sandbox.remove(step.memo["post_id"])
    found = facebook.locate(chain.post, step, NOW)
    assert (found.candidates, found.absent, found.complete) == ((), False, False)


def test_a_post_made_in_one_call_is_found_among_our_posts(sandbox):
    """By its words, newest first; not finding it is never called complete, for the listing is thinned out."""
    channel = a_channel(sandbox, draft_first=False)
    chain = a_chain(sandbox, a_post(), draft_first=False)
    step = chain.start()
    assert channel.locate(chain.post, step, NOW).candidates == ()
    assert not channel.locate(chain.post, step, NOW).complete
    a_chain(sandbox, a_post(text="Muuta"), draft_first=False).finish()
    sandbox.add_rule(Rule(kind=Fault.LOST_AFTER, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    (candidate,) = channel.locate(chain.post, step, NOW).candidates
    assert candidate.remote_id == sandbox.ledger()[-1].id
    assert channel.locate(chain.post, step, NOW + timedelta(hours=1)).candidates == ()
    channel.close()


def test_a_first_comment_is_found_by_its_words(sandbox, facebook):
    """Only ours counts, not a resident's with the same words."""
    chain = a_chain(sandbox, a_post(first_comment="Neuvonta: https://loppi.fi"))
    step = chain.until("comment")
    sandbox.comment(step.memo["remote_id"], "Neuvonta: https://loppi.fi")
    found = facebook.locate(chain.post, step, NOW)
    assert (found.candidates, found.complete) == ((), True)
    sandbox.add_rule(Rule(kind=Fault.LOST_AFTER, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    (candidate,) = facebook.locate(chain.post, step, NOW).candidates
    assert candidate == Published(remote_id=step.memo["remote_id"], url=step.memo["url"])


def test_steps_that_make_nothing_public_need_no_looking(sandbox, facebook):
    """They are simply run again."""
    before = len(sandbox.requests())
    assert facebook.locate(a_post(), Step(name="photo"), NOW).candidates == ()
    assert len(sandbox.requests()) == before


# Reading


def published(sandbox: Sandbox, *texts: str) -> list[str]:
    ids = []
    for text in texts:
        ids.append(a_chain(sandbox, a_post(text=text)).finish().remote_id)
        sandbox.clock.advance(60)
    return ids


def test_the_token_says_whose_it_is(sandbox, facebook):
    """Id, name and the version that answered."""
    identity = facebook.check()
    assert (identity.account_id, identity.name, identity.version) == (PAGE, "Hausjärven kunta", "v25.0")


def test_a_token_of_another_page_is_noticed(sandbox):
    """It would publish on the wrong Page, or nowhere."""
    with pytest.raises(AccountBlocked) as caught:
        a_channel(sandbox, access_token="EAAB-loppi").check()
    assert caught.value.kind is Kind.WRONG_ACCOUNT
    assert "Loppi" in caught.value.detail


def test_our_posts_are_listed_back_to_a_moment(sandbox, facebook):
    """Newest first, drafts apart, nothing older; whether that is all of them, a ranked listing cannot say."""
    published(sandbox, "Yksi", "Kaksi", "Kolme")
    a_chain(sandbox, a_post(text="Luonnos")).until("publish")
    recent = facebook.recent(NOW + timedelta(seconds=30))
    assert [post.text.splitlines()[0] for post in recent.posts] == ["Kolme", "Kaksi"]
    assert not recent.complete
    assert facebook.is_same(a_post(text="Kolme"), recent.posts[0])
    assert not facebook.is_same(a_post(text="Kaksi"), recent.posts[0])


def test_a_listing_that_goes_back_too_far_is_left_there():
    """Whatever the network makes of `since`: what is older does not count, and further pages are not asked for."""
    rows = [{"id": f"1_{hour}", "created_time": f"2026-12-01T0{hour}:00:00+0000"} for hour in (9, 8, 6)]
    with Playback() as network:
        network.answer(200, {"data": rows, "paging": {"cursors": {"after": "A"}, "next": "https://graph.facebook.com"}})
        channel = alone(network)
        recent = channel.recent(NOW)
        channel.close()
        assert f"since={int(NOW.timestamp())}" in network.asked[0].path
    assert [post.remote_id for post in recent.posts] == ["1_9", "1_8"]


def test_counters_of_many_posts_take_few_calls(sandbox, facebook):
    """Reactions by kind, all comments, shares; 25 posts a call."""
    ids = published(sandbox, *(f"Tiedote {n}" for n in range(26)))
    for n, kind in enumerate(("like", "like", "love", "angry", "care")):
        sandbox.react(ids[3], kind, author=f"Asukas {n}")
    top = sandbox.comment(ids[3], "Kiitos!")
    sandbox.comment(ids[3], "Samaa mieltä", parent=top)
    sandbox.share(ids[3])
    before = len(sandbox.requests())
    tally = facebook.counts(ids)
    assert len(sandbox.requests()) - before == 2
    counts = {one.remote_id: one for one in tally.counts}
    assert set(counts) == set(ids)
    assert counts[ids[3]].reactions == {"like": 2, "love": 1, "angry": 1, "care": 1}
    assert (counts[ids[3]].comments, counts[ids[3]].shares, counts[ids[3]].views) == (2, 1, 2)
    assert (counts[ids[0]].reactions, counts[ids[0]].comments, counts[ids[0]].shares) == ({}, 0, 0)
    assert tally.gone == frozenset()


def test_a_post_deleted_at_facebook_is_told_as_gone(sandbox, facebook):
    """The others are counted all the same; what was never asked for is not told."""
    ids = published(sandbox, "Yksi", "Kaksi", "Kolme")
    sandbox.remove(ids[1])
    tally = facebook.counts(ids)
    assert {one.remote_id for one in tally.counts} == {ids[0], ids[2]}
    assert tally.gone == {ids[1]}
    assert facebook.counts(ids[:1]).gone == frozenset()
    before = len(sandbox.requests())
    assert facebook.counts([]).counts == ()
    assert len(sandbox.requests()) == before


def test_an_old_post_is_counted_by_its_id(sandbox, facebook):
    """One that a page of the listing does not reach any more."""
    ids = published(sandbox, *(f"Tiedote {n}" for n in range(30)))
    sandbox.react(ids[0], "wow")
    tally = facebook.counts([ids[0]])
    assert [one.reactions for one in tally.counts] == [{"wow": 1}]


def test_comments_and_replies_are_all_read(sandbox, facebook):
    """Over several pages, with who wrote what under which; ours are marked, and a hidden author is nobody."""
    (post_id,) = published(sandbox, "Yksi")
    top = sandbox.comment(post_id, "Kuinka kauan käsittely kestää?", author="Eero Lehtonen")
    sandbox.comment(post_id, "Kaksi viikkoa.", parent=top, author="Sanna Virtanen")
    sandbox.comment(post_id, "Kiitos", anonymous=True)
    for n in range(120):
        sandbox.comment(post_id, f"Kommentti {n}")
    read = facebook.comments([post_id])
    assert read.complete == {post_id}
    assert len({comment.remote_id for comment in read.items}) == 123
    first, reply, hidden = read.items[:3]
    assert (first.author_name, first.kind, first.parent_remote_id) == ("Eero Lehtonen", CommentKind.COMMENT, None)
    assert (reply.text, reply.kind, reply.parent_remote_id) == ("Kaksi viikkoa.", CommentKind.REPLY, top)
    assert (hidden.author_id, hidden.author_name, hidden.own) == (None, None, False)
    assert first.url is not None
    assert first.url.startswith(sandbox.base_url)
    assert {comment.kind for comment in read.items} <= CAPABILITIES.tells
    assert "Eero" not in repr(read.items)
    assert "käsittely" not in repr(read.items)


def test_our_own_comments_are_known_as_ours(sandbox, facebook):
    """The first comment is not a resident's."""
    post_id = a_chain(sandbox, a_post(first_comment="Neuvonta palvelee")).finish().remote_id
    sandbox.comment(post_id, "Kiitos")
    assert [(one.text, one.own) for one in facebook.comments([post_id]).items] == [
        ("Neuvonta palvelee", True),
        ("Kiitos", False),
    ]


def test_comments_of_a_post_that_is_gone_are_not_called_complete(sandbox, facebook):
    """The others' are read."""
    ids = published(sandbox, "Yksi", "Kaksi")
    sandbox.remove(ids[0])
    assert facebook.comments(ids).complete == {ids[1]}


def test_a_post_that_is_not_listed_yet_is_counted_by_its_id(sandbox, facebook):
    """Listings lag behind."""
    sandbox.settings.delays = Delays(listing=300)
    (post_id,) = published(sandbox, "Yksi")
    assert [one.remote_id for one in facebook.counts([post_id]).counts] == [post_id]


# Secrets and settings


def test_the_token_is_nowhere_to_be_seen(sandbox, caplog):
    """Not in a request's address, a repr, a log at its most talkative, an error or what is stored."""
    caplog.set_level(logging.DEBUG)
    chain = a_chain(sandbox, a_post(pictures=(a_picture("a.jpg", "red"),), first_comment="Hei"))
    chain.finish()
    sandbox.accounts[0].status = "expired"
    channel = a_channel(sandbox)
    with pytest.raises(AccountBlocked) as caught:
        channel.check()
    settings = Settings.model_validate({"page_id": PAGE, "access_token": TOKEN})
    said = [caplog.text, repr(caught.value), str(caught.value), repr(channel), repr(vars(channel)), repr(settings)]
    said += [repr(step) for step in chain.steps] + [repr(one) for one in chain.published]
    said += [entry.path for entry in sandbox.requests()]
    assert not [words for words in said if TOKEN in words]


@pytest.mark.parametrize(
    "wrong", [{"page_id": "hausjarvi"}, {"page_id": ""}, {"access_token": ""}, {"token": "x"}, {"draft_first": "maybe"}]
)
def test_settings_that_cannot_be_right_are_refused_without_being_quoted(wrong):
    """The message never shows a value: it may be the token."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"page_id": PAGE, "access_token": TOKEN} | wrong)
    assert TOKEN not in str(caught.value)


def test_settings_come_as_text_from_a_file():
    """`draft_first: no` is text there."""
    settings = Settings.model_validate({"page_id": PAGE, "access_token": TOKEN, "draft_first": "no"})
    assert settings.draft_first is False


def test_another_version_can_be_asked_for(sandbox):
    """And a dead one is answered by another, which is told."""
    settings = Settings.model_validate({"page_id": PAGE, "access_token": TOKEN})
    for asked, answered in (("v26.0", "v26.0"), ("v19.0", "v21.0")):
        channel = connect(settings, Network(base_url=sandbox.base_url, version=asked))
        assert channel.check().version == answered
        channel.close()


def test_a_step_comes_back_from_the_database_as_it_was(facebook):
    """Name, memo, wait, whether it commits and whether it may be repeated."""
    step = Step(name="publish", memo={"post_id": "1_2"}, wait=timedelta(seconds=1.5), commits=True, repeatable=True)
    assert reborn(step) == step

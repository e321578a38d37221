"""Instagram, against the sandbox over real HTTP. What every network promises stands in test_conformance."""

from __future__ import annotations

import http.server
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from channels.base import Channel, CommentKind, Picture, Post, Published, Step
from channels.errors import AccountBlocked, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.instagram import CAPABILITIES, Instagram, Settings, connect
from channels.sandbox import Clock, Delays, Quotas, Rule, Sandbox, SandboxAccount, serve
from channels.sandbox import Kind as Fault
from channels.session import Network
from tests.channels.chains import Chain
from tests.channels.playback import Playback

PAGE = "100000000000101"
USER = "17841400000000101"
TOKEN = "EAAB-hausjarvi-page"
NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    accounts = [
        SandboxAccount(
            organisation="hausjarvi", channel=channel, account_id=account_id, token=TOKEN, name="Hausjärven kunta"
        )
        for channel, account_id in (("facebook", PAGE), ("instagram", USER))
    ]
    box = Sandbox(accounts, clock=Clock(NOW, frozen=True))
    with serve(box):
        yield box
    box.close()


def a_channel(sandbox: Sandbox, **settings: Any) -> Instagram:
    given = {"user_id": USER, "access_token": TOKEN} | settings
    return connect(Settings.model_validate(given), Network(base_url=sandbox.base_url))


@pytest.fixture
def instagram(sandbox: Sandbox) -> Iterator[Instagram]:
    channel = a_channel(sandbox)
    yield channel
    channel.close()


def a_picture(colour: str = "red", size: tuple[int, int] = (1200, 900), form: str = "JPEG") -> Picture:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return Picture(name=f"{colour}.jpg", data=file.getvalue(), alt=f"Kuva: {colour}")


def a_post(*pictures: Picture, **more: Any) -> Post:
    given = {"text": "Hae päivähoitopaikkaa verkossa.", "hashtags": ("päivähoito",)} | more
    return Post(**given, pictures=pictures or (a_picture(),))


def a_chain(sandbox: Sandbox, post: Post, **settings: Any) -> Chain:
    def connected() -> Channel:
        return a_channel(sandbox, **settings)

    return Chain(sandbox, connected, post)


def pixels(sandbox: Sandbox, path: str) -> Image.Image:
    data = sandbox.cdn(path)
    assert data is not None
    return Image.open(BytesIO(data)).convert("RGB")


def main_colour(image: Image.Image) -> str:
    red, green, blue = image.resize((1, 1)).tobytes()
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def photos_left(sandbox: Sandbox) -> int:
    return sum(not upload.deleted for upload in sandbox.world.uploads.values())


# Publishing


def test_a_picture_goes_out_with_its_words_and_description(sandbox):
    """Nothing is visible before the last call, the address opens, and no photo is left on the Page."""
    chain = a_chain(sandbox, a_post())
    published = chain.finish()
    (held,) = [post for post in sandbox.ledger() if post.network == "instagram"]
    assert len(sandbox.ledger()) == 1
    assert held.text == "Hae päivähoitopaikkaa verkossa.\n\n#päivähoito"
    assert [(picture.alt, picture.format) for picture in held.pictures] == [("Kuva: red", "image/jpeg")]
    assert published == Published(remote_id=held.id, url=f"{sandbox.base_url}{held.path}")
    assert chain.names == ["photo", "container", "wait", "publish", "address", "cleanup"]
    assert chain.visible == [0, 0, 0, 1, 1, 1]
    assert [step.name for step in chain.steps if step.commits] == ["publish"]
    assert photos_left(sandbox) == 0


def test_a_carousel_keeps_order_descriptions_and_every_corner(sandbox):
    """All pictures have the first one's shape, so Instagram cuts nothing off; each has its own alt text."""
    pictures = (a_picture("red", (1200, 900)), a_picture("lime", (900, 1600)), a_picture("blue", (2000, 400)))
    chain = a_chain(sandbox, a_post(*pictures))
    chain.finish()
    (held,) = sandbox.ledger()
    assert [picture.alt for picture in held.pictures] == [picture.alt for picture in pictures]
    assert [main_colour(pixels(sandbox, picture.path)) for picture in held.pictures] == ["red", "green", "blue"]
    assert {(picture.width, picture.height) for picture in held.pictures} == {(1200, 900)}
    assert not any(picture.cropped for picture in held.pictures)
    tall = pixels(sandbox, held.pictures[1].path)
    assert tall.getpixel((5, 450)) == (255, 255, 255)
    assert chain.names == [
        *["photo"] * 3,
        *["container"] * 4,
        "wait",
        "publish",
        "address",
        *["cleanup"] * 3,
    ]
    assert set(chain.visible[:8]) == {0}
    assert photos_left(sandbox) == 0


@pytest.mark.parametrize("size", [(2000, 400), (400, 2000), (60, 50), (320, 1000), (1080, 1350)])
def test_a_picture_of_any_shape_is_padded_into_an_allowed_one(sandbox, size):
    """Too wide, too tall, too small: Instagram takes it, and the whole picture is in it."""
    a_chain(sandbox, a_post(a_picture(size=size, form="PNG"))).finish()
    (picture,) = sandbox.ledger()[0].pictures
    assert 0.8 <= picture.width / picture.height <= 1.91
    assert 320 <= picture.width <= 1440
    middle = pixels(sandbox, picture.path).getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(middle, tuple)
    assert middle[0] > 240
    assert middle[1] < 15


def test_a_first_comment_follows_the_post(sandbox):
    """It stands under the post, by the account, and the temporary photos go all the same."""
    chain = a_chain(sandbox, a_post(first_comment="Linkki: loppi.fi/paivahoito"))
    published = chain.finish()
    (held,) = sandbox.ledger()
    assert [(comment.text, comment.own) for comment in held.comments] == [("Linkki: loppi.fi/paivahoito", True)]
    assert {one.remote_id for one in chain.published} == {held.id}
    assert published.url == f"{sandbox.base_url}{held.path}"
    assert chain.names[-3:] == ["address", "comment", "cleanup"]
    assert photos_left(sandbox) == 0


def test_a_page_that_is_named_is_used(sandbox):
    """`page_id` saves asking whose the token is."""
    a_chain(sandbox, a_post(), page_id=PAGE).finish()
    assert not any(entry.path.endswith("/me") for entry in sandbox.requests())
    assert len(sandbox.ledger()) == 1


def test_pictures_can_stand_on_our_own_web_server(sandbox, tmp_path):
    """`media: public_url`: under names that nobody guesses, while Instagram fetches them; then they are gone."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        own = {
            "media": "public_url",
            "public_folder": str(tmp_path),
            "public_base_url": f"http://127.0.0.1:{server.server_port}/",
        }
        chain = a_chain(sandbox, a_post(a_picture("red"), a_picture("blue")), **own)
        chain.until("publish")
        names = [path.name for path in tmp_path.iterdir()]
        chain.finish(chain.steps[-1])
        server.shutdown()
    assert len(set(names)) == 2
    assert all(len(name) > 24 for name in names)
    assert not list(tmp_path.iterdir())
    (held,) = [post for post in sandbox.ledger() if post.network == "instagram"]
    assert [picture.alt for picture in held.pictures] == ["Kuva: red", "Kuva: blue"]
    assert photos_left(sandbox) == 0


def test_a_folder_that_is_not_there_is_waited_for(sandbox, tmp_path):
    """The web server's disk may be away for a while; the error names the folder."""
    own = {"media": "public_url", "public_folder": str(tmp_path / "x"), "public_base_url": "https://hausjarvi.example"}
    with pytest.raises(Retryable) as caught:
        a_chain(sandbox, a_post(), **own).finish()
    assert caught.value.kind is Kind.PICTURE_UNREACHABLE
    assert str(tmp_path / "x") in caught.value.detail


def test_a_picture_that_cannot_be_taken_away_harms_nothing(sandbox):
    """The post is out; a photo that nobody sees stays on the Page."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("cleanup")
    sandbox.add_rule(Rule(kind=Fault.LOST_BEFORE, method="DELETE"))
    published = chain.finish(step)
    assert published.then is None
    assert sandbox.ledger()[0].visible


def test_a_post_without_a_picture_is_refused(sandbox, instagram):
    """Instagram has no such thing; nothing is sent."""
    post = Post(text="Pelkkää tekstiä")
    with pytest.raises(Rejected):
        instagram.advance(post, instagram.begin(post))
    assert sandbox.requests() == []


def test_a_broken_picture_is_refused_by_name(instagram):
    """The error says which one."""
    post = a_post(Picture(name="rikki.jpg", data=b"not a picture", alt="-"))
    with pytest.raises(Rejected) as caught:
        instagram.advance(post, instagram.begin(post))
    assert "rikki.jpg" in caught.value.detail


def test_a_step_that_does_not_exist_is_not_guessed(instagram):
    """A database of a later version may hold one."""
    with pytest.raises(Unexpected):
        instagram.advance(a_post(), Step(name="reel"))


def test_the_largest_rendition_is_what_instagram_fetches():
    """Facebook shows a photo in several sizes; if it shows none at first, it is asked once more. Whose Page it is, is asked once."""
    images = [{"source": f"https://cdn/{width}", "width": width, "height": 1} for width in (130, 1200, 720)]
    with Playback() as network:
        network.answer(200, {"id": PAGE}).answer(200, {"id": "5"}).answer(200, {"id": "5", "images": images})
        channel = connect(Settings.model_validate({"user_id": USER, "access_token": TOKEN}), network.network)
        step = channel.advance(a_post(), channel.begin(a_post()))
        network.answer(200, {"id": "5"}).answer(200, {"id": "5"})
        with pytest.raises(Retryable):
            channel.advance(a_post(), channel.begin(a_post()))
        channel.close()
    assert isinstance(step, Step)
    assert step.memo["address0"] == "https://cdn/1200"


# Waiting for containers


def test_a_container_is_asked_after_growing_pauses(sandbox):
    """1, 3, 10, 30, 60 seconds, then every minute; the adapter itself never waits."""
    sandbox.settings.delays = Delays(container=200)
    chain = a_chain(sandbox, a_post())
    chain.until("publish")
    waits = [step.wait.total_seconds() for step in chain.steps if step.name == "wait"]
    assert waits == [1, 3, 10, 30, 60, 60, 60]


def test_a_container_that_never_gets_ready_is_left_to_the_retry_policy(sandbox):
    """After some minutes it counts as a refusal, which is tried again further and further apart."""
    sandbox.settings.delays = Delays(container=100_000)
    chain = a_chain(sandbox, a_post())
    with pytest.raises(Retryable) as caught:
        chain.finish()
    assert caught.value.kind is Kind.NOT_READY
    assert sum((step.wait for step in chain.steps), timedelta()) > timedelta(minutes=9)


def test_a_container_that_expired_means_beginning_again(sandbox):
    """Gone starts the publication anew: nothing of it was ever public."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("wait")
    sandbox.clock.advance(25 * 3600)
    with pytest.raises(Gone):
        chain.run(step)
    chain.finish()
    assert len(sandbox.ledger()) == 1


def test_publishing_an_expired_container_means_beginning_again(sandbox):
    """The same, found out a step later."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    sandbox.clock.advance(25 * 3600)
    with pytest.raises(Gone):
        chain.run(step)
    assert sandbox.ledger() == ()


def test_a_carousel_whose_items_expired_means_beginning_again(sandbox):
    """Items older than a day cannot be put into one any more."""
    chain = a_chain(sandbox, a_post(a_picture("red"), a_picture("blue")))
    chain.until("wait")
    last = chain.steps[-1]
    sandbox.clock.advance(25 * 3600)
    with pytest.raises(Gone):
        chain.run(last)


@pytest.mark.parametrize(
    "status, error, kind",
    [
        ("Error: 2207009 aspect ratio", Rejected, Kind.PICTURE_REFUSED),
        ("Error: Media upload has failed with error code 2207026", Rejected, Kind.PICTURE_REFUSED),
        ("Error", Rejected, Kind.PICTURE_REFUSED),
        ("Error: 2207001", Gone, Kind.NOT_READY),
        ("Error: 2207053", Gone, Kind.NOT_READY),
    ],
)
def test_a_container_that_failed_says_why(status, error, kind):
    """A picture that will never do is refused; a failure that passes means a new container."""
    with Playback() as network:
        network.answer(200, {"9": {"id": "9", "status_code": "ERROR", "status": status}})
        channel = connect(Settings.model_validate({"user_id": USER, "access_token": TOKEN}), network.network)
        with pytest.raises(error) as caught:
            channel.advance(a_post(), Step(name="wait", memo={"container": "9"}))
        channel.close()
    assert caught.value.kind is kind


def test_a_container_that_instagram_does_not_find_is_tried_twice_more():
    """Its own advice for 24/2207008; the third time the publication begins again."""
    error = {"message": "no", "code": 24, "error_subcode": 2207008}
    with Playback() as network:
        channel = connect(Settings.model_validate({"user_id": USER, "access_token": TOKEN}), network.network)
        step = Step(name="publish", memo={"container": "9"}, commits=True)
        for _ in range(2):
            network.answer(400, {"error": error})
            again = channel.advance(a_post(), step)
            assert isinstance(again, Step)
            assert (again.name, again.commits, again.wait) == ("publish", True, timedelta(seconds=30))
            step = again
        network.answer(400, {"error": error})
        with pytest.raises(Gone):
            channel.advance(a_post(), step)
        channel.close()


# Errors


@pytest.mark.parametrize(
    "status, kind",
    [
        ("expired", Kind.TOKEN_EXPIRED),
        ("invalid", Kind.TOKEN_INVALID),
        ("restricted", Kind.ACCOUNT_RESTRICTED),
    ],
)
def test_trouble_with_the_account_blocks_it(sandbox, status, kind):
    """Nothing goes out, and the kind says what to do."""
    for account in sandbox.accounts:
        account.status = status
    with pytest.raises(AccountBlocked) as caught:
        a_chain(sandbox, a_post()).finish()
    assert caught.value.kind is kind
    assert sandbox.ledger() == ()


def test_an_account_that_the_token_does_not_reach_is_a_missing_permission(sandbox):
    """The answer is "no such object", and making the post anew for ever would not help."""
    for wrong in ({"user_id": "17841400000000999"}, {"page_id": "100000000000999"}):
        with pytest.raises(AccountBlocked) as caught:
            a_chain(sandbox, a_post(), **wrong).finish()
        assert caught.value.kind is Kind.PERMISSION_MISSING


def test_the_days_quota_waits_without_wearing_out(sandbox):
    """Announced, so that the clock of giving up stands still; the same container goes out later."""
    sandbox.settings.quotas = Quotas(instagram_posts=0)
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    with pytest.raises(Retryable) as caught:
        chain.run(step)
    assert (caught.value.kind, caught.value.announced) == (Kind.QUOTA_USED, True)
    sandbox.settings.quotas = Quotas()
    chain.finish(step)
    assert len(sandbox.ledger()) == 1


def test_too_many_hashtags_are_refused_as_too_long(sandbox):
    """`check` knows the limit; Instagram's own refusal is understood all the same."""
    with pytest.raises(Rejected) as caught:
        a_chain(sandbox, a_post(hashtags=tuple(f"aihe{n}" for n in range(31)))).finish()
    assert caught.value.kind is Kind.TEXT_TOO_LONG
    assert CAPABILITIES.max_hashtags == 30


def test_a_picture_that_instagram_cannot_fetch_is_tried_again(sandbox):
    """The address may be unreachable for a while."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("container")
    lost = Step(name="container", memo={**step.memo, "address0": f"{sandbox.base_url}/cdn/nothing.jpg"})
    with pytest.raises(Retryable) as caught:
        chain.run(lost)
    assert caught.value.kind is Kind.PICTURE_UNREACHABLE


# Looking after a lost answer


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED, Fault.CUT_HEADERS])
def test_a_publish_that_took_effect_is_found(sandbox, instagram, fault):
    """The container says PUBLISHED, the listing which post it became; the rest of the chain goes on from there."""
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    step = chain.until("publish")
    sandbox.add_rule(Rule(kind=fault, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    found = instagram.locate(chain.post, step, NOW)
    (candidate,) = found.candidates
    assert candidate.remote_id == sandbox.ledger()[0].id
    assert candidate.url == f"{sandbox.base_url}{sandbox.ledger()[0].path}"
    assert candidate.then is not None
    chain.finish(candidate.then)
    assert [comment.text for comment in sandbox.ledger()[0].comments] == ["Hei"]
    assert photos_left(sandbox) == 0


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.ERROR_BEFORE])
def test_a_publish_that_did_not_happen_is_seen_on_the_container(sandbox, instagram, fault):
    """FINISHED: the same container may go out, once the network surely had its time."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    sandbox.add_rule(Rule(kind=fault, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    found = instagram.locate(chain.post, step, NOW)
    assert (found.absent, found.candidates) == (True, ())
    assert not step.repeatable
    chain.finish(step)
    assert len(sandbox.ledger()) == 1


def test_a_container_that_went_out_never_looks_absent(sandbox, instagram):
    """PUBLISHED but not listed yet: it is known to be out, only not under which id."""
    sandbox.settings.delays = Delays(listing=300)
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    chain.run(step)
    found = instagram.locate(chain.post, step, NOW)
    assert (found.absent, found.complete, found.candidates) == (False, False, ())
    sandbox.clock.advance(301)
    assert len(instagram.locate(chain.post, step, NOW).candidates) == 1


def test_publishing_a_container_twice_is_doubt_not_a_second_post(sandbox):
    """Instagram answers "not found, or published already": the container knows which."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    chain.run(step)
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    assert len(sandbox.ledger()) == 1


def test_an_expired_container_proves_that_nothing_went_out(sandbox, instagram):
    """EXPIRED is said only of what was never published."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    sandbox.clock.advance(25 * 3600)
    assert instagram.locate(chain.post, step, NOW).absent


def test_a_container_still_being_processed_proves_nothing(sandbox, instagram):
    """It is neither out nor surely not."""
    sandbox.settings.delays = Delays(container=300)
    chain = a_chain(sandbox, a_post())
    step = chain.until("wait")
    found = instagram.locate(chain.post, Step(name="publish", memo=step.memo, commits=True), NOW)
    assert (found.absent, found.complete, found.candidates) == (False, False, ())


def test_a_forgotten_container_leaves_the_listing(sandbox, instagram):
    """Then words and time decide, as on other networks."""
    chain = a_chain(sandbox, a_post())
    step = chain.until("publish")
    chain.run(step)
    forgotten = Step(name="publish", memo={**step.memo, "container": "17880000000000999"}, commits=True)
    found = instagram.locate(chain.post, forgotten, NOW)
    assert [one.remote_id for one in found.candidates] == [sandbox.ledger()[0].id]
    later = instagram.locate(chain.post, forgotten, NOW + timedelta(hours=1))
    assert (later.candidates, later.complete, later.absent) == ((), True, False)


def test_a_first_comment_is_found_by_its_words(sandbox, instagram):
    """Only ours counts, not a resident's with the same words."""
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    step = chain.until("comment")
    sandbox.comment(step.memo["media"], "Hei")
    found = instagram.locate(chain.post, step, NOW)
    assert (found.candidates, found.complete) == ((), True)
    sandbox.add_rule(Rule(kind=Fault.LOST_AFTER, method="POST"))
    with pytest.raises(OutcomeUnknown):
        chain.run(step)
    (candidate,) = instagram.locate(chain.post, step, NOW).candidates
    assert (candidate.remote_id, candidate.url) == (step.memo["media"], step.memo["url"])
    chain.finish(candidate.then)
    assert photos_left(sandbox) == 0


# Reading


def published(sandbox: Sandbox, *texts: str) -> list[str]:
    ids = []
    for text in texts:
        ids.append(a_chain(sandbox, a_post(text=text)).finish().remote_id)
        sandbox.clock.advance(60)
    return ids


def test_the_token_says_whose_it_is(instagram):
    """Id, name and the version that answered."""
    identity = instagram.check()
    assert (identity.account_id, identity.version) == (USER, "v25.0")
    assert identity.name


def test_our_posts_are_listed_back_to_a_moment(sandbox, instagram):
    """Newest first, nothing older, and that is all of them."""
    published(sandbox, "Yksi", "Kaksi", "Kolme")
    recent = instagram.recent(NOW + timedelta(seconds=30))
    assert [post.text.splitlines()[0] for post in recent.posts] == ["Kolme", "Kaksi"]
    assert recent.complete
    assert instagram.is_same(a_post(text="Kolme"), recent.posts[0])


def test_counters_of_many_posts_take_one_call(sandbox, instagram):
    """Likes and comments, replies included; what Instagram does not tell is unknown, not nothing."""
    ids = published(sandbox, "Yksi", "Kaksi")
    sandbox.react(ids[0], author="Aino Mäkelä")
    sandbox.react(ids[0], author="Eero Lehtonen")
    top = sandbox.comment(ids[0], "Kiitos")
    sandbox.comment(ids[0], "Samoin", parent=top)
    before = len(sandbox.requests())
    tally = instagram.counts(ids)
    assert len(sandbox.requests()) - before == 1
    first, second = tally.counts
    assert (first.reactions, first.comments, first.shares, first.views) == ({"like": 2}, 2, 0, 2)
    assert (second.reactions, second.comments) == ({}, 0)


def test_hidden_likes_are_unknown():
    """Instagram leaves the counter out where the owner hides it."""
    with Playback() as network:
        network.answer(200, {"data": [{"id": "1", "comments_count": 4}]})
        channel = connect(Settings.model_validate({"user_id": USER, "access_token": TOKEN}), network.network)
        (told,) = channel.counts(["1"]).counts
        channel.close()
    assert (told.reactions, told.comments) == (None, 4)


def test_a_post_deleted_at_instagram_is_told_as_gone(sandbox, instagram):
    """The others are counted all the same."""
    ids = published(sandbox, "Yksi", "Kaksi", "Kolme")
    sandbox.remove(ids[1])
    tally = instagram.counts(ids)
    assert {one.remote_id for one in tally.counts} == {ids[0], ids[2]}
    assert tally.gone == {ids[1]}
    before = len(sandbox.requests())
    assert instagram.counts([]).counts == ()
    assert len(sandbox.requests()) == before


def test_comments_and_all_their_replies_are_read(sandbox, instagram):
    """Over several pages on both floors, with who wrote what under which."""
    (post_id,) = published(sandbox, "Yksi")
    for n in range(60):
        sandbox.comment(post_id, f"Kommentti {n}")
    top = sandbox.comment(post_id, "Kuinka kauan käsittely kestää?", author="Eero Lehtonen")
    replies = [sandbox.comment(post_id, f"Vastaus {n}", parent=top) for n in range(70)]
    sandbox.comment(post_id, "Kuka lie", anonymous=True)
    read = instagram.comments([post_id])
    assert read.complete == {post_id}
    assert len({comment.remote_id for comment in read.items}) == len(read.items) == 132
    under = [comment for comment in read.items if comment.parent_remote_id == top]
    assert {comment.remote_id for comment in under} == set(replies)
    assert {comment.kind for comment in under} == {CommentKind.REPLY}
    (question,) = [comment for comment in read.items if comment.remote_id == top]
    assert (question.text, question.kind) == ("Kuinka kauan käsittely kestää?", CommentKind.COMMENT)
    assert question.author_name
    (somebody,) = [comment for comment in read.items if comment.text == "Kuka lie"]
    assert (somebody.author_id, somebody.author_name) == (None, None)
    assert "käsittely" not in repr(read.items)


def test_our_own_comments_are_known_as_ours(sandbox, instagram):
    """The first comment is not a resident's."""
    post_id = a_chain(sandbox, a_post(first_comment="Lisätietoja")).finish().remote_id
    sandbox.comment(post_id, "Kiitos")
    told = {comment.text: comment.own for comment in instagram.comments([post_id]).items}
    assert told == {"Lisätietoja": True, "Kiitos": False}


def test_either_sign_of_our_own_is_enough():
    """Our account's id, or an id that only we are told."""
    rows = [
        {"id": "1", "timestamp": "2026-12-01T09:00:00+0000", "from": {"id": USER}},
        {"id": "2", "timestamp": "2026-12-01T09:00:00+0000", "from": {"id": "9", "self_ig_scoped_id": "8"}},
        {"id": "3", "timestamp": "2026-12-01T09:00:00+0000", "from": {"id": "9"}},
        {"id": "4", "timestamp": "2026-12-01T09:00:00+0000", "username": "aino"},
    ]
    with Playback() as network:
        network.answer(200, {"data": rows})
        channel = connect(Settings.model_validate({"user_id": USER, "access_token": TOKEN}), network.network)
        read = channel.comments(["7"])
        channel.close()
    assert [comment.own for comment in read.items] == [True, True, False, False]
    assert [comment.author_name for comment in read.items] == [None, None, None, "aino"]


def test_comments_of_a_post_that_is_gone_are_not_called_complete(sandbox, instagram):
    """The others' are read."""
    ids = published(sandbox, "Yksi", "Kaksi")
    sandbox.remove(ids[0])
    assert instagram.comments(ids).complete == {ids[1]}


# Secrets and settings


def test_the_token_is_nowhere_to_be_seen(sandbox, caplog):
    """Not in a request's address, a repr, a log at its most talkative, an error or what is stored."""
    caplog.set_level(logging.DEBUG)
    chain = a_chain(sandbox, a_post(first_comment="Hei"))
    chain.finish()
    for account in sandbox.accounts:
        account.status = "expired"
    channel = a_channel(sandbox)
    with pytest.raises(AccountBlocked) as caught:
        channel.check()
    settings = Settings.model_validate({"user_id": USER, "access_token": TOKEN})
    said = [caplog.text, repr(caught.value), str(caught.value), repr(channel), repr(vars(channel)), repr(settings)]
    said += [repr(step) for step in chain.steps] + [repr(one) for one in chain.published]
    said += [entry.path for entry in sandbox.requests()]
    assert not [words for words in said if TOKEN in words]


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": "@hausjarvi"},
        {"access_token": "EAAB x"},
        {"media": "upload"},
        {"media": "public_url"},
        {"media": "public_url", "public_folder": "/srv/www"},
        {"media": "public_url", "public_folder": "www", "public_base_url": "https://hausjarvi.example"},
        {"media": "public_url", "public_folder": "/srv/www", "public_base_url": "hausjarvi.example"},
    ],
)
def test_settings_that_cannot_be_right_are_refused_without_being_quoted(wrong):
    """The message never shows a value: it may be the token."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"user_id": USER, "access_token": TOKEN} | wrong)
    assert TOKEN not in str(caught.value)


def test_a_relative_folder_starts_where_the_reader_says(tmp_path):
    """The configuration's own folder, told by whoever reads it."""
    given = {
        "user_id": USER,
        "access_token": TOKEN,
        "media": "public_url",
        "public_folder": "www",
        "public_base_url": "https://hausjarvi.example",
    }
    assert Settings.model_validate(given, context={"folder": tmp_path}).public_folder == tmp_path / "www"
    assert Settings.model_validate(given | {"public_folder": "/srv"}).public_folder == Path("/srv")

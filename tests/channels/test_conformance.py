"""What every network promises, held against the sandbox over real HTTP.

The networks come from the registry, so none can be forgotten. A promise that a network cannot keep is a row in WAIVERS, with the reason,
and shows up in the run as expected to fail. What is peculiar to one network stands in its own file; what comes after publishing in
`test_conformance_after`, what makes a post whole in `test_conformance_whole`; and that the checks notice a broken promise in `test_spoilt`.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from io import BytesIO
from types import FrameType
from typing import Any

import pytest
from PIL import Image

from channels import registry
from channels.base import Absence, Basis, CommentKind, Comments, Picture, Post, Proof, Published, Step, Tally
from channels.errors import AccountBlocked, ChannelError, Gone, Kind, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.limits import BY_NAME, LIMITS, changeable
from channels.sandbox import Delays, Rule
from channels.sandbox import Kind as Fault
from channels.session import Network
from channels.text import parts, words
from tests.channels.bench import (
    MEMBERS,
    START,
    WAIVERS,
    Bench,
    a_full_post,
    a_picture,
    comments_of_ours,
    the_only,
    the_rest,
)
from tests.channels.courier import Courier, Policy, through_json
from tests.channels.playback import Playback

# The suite itself


def test_no_network_is_forgotten() -> None:
    """Every network of the registry is set up here, and every waiver names one of them and a test."""
    assert set(MEMBERS) == set(registry.NAMES)
    for name, test in WAIVERS:
        assert name in registry.NAMES
        assert callable(globals()[test])


# Limits

TOLD = {"reactions", "comments", "shares", "views", "clicks", *CommentKind}


def test_limits_are_dated_and_linked(bench: Bench) -> None:
    """Every figure has a day on which it was read, and a page where it stands or a word on whose figure it is."""
    limits = bench.capabilities
    figures = {limit.name for limit in LIMITS if limit.of(limits) not in (None, timedelta(0))}
    assert figures <= limits.sources.keys()
    assert limits.sources.keys() - figures <= {"max_first_comment"}, "a source of nothing"
    for name, source in limits.sources.items():
        assert date(2026, 1, 1) <= source.on <= START.date(), name
        assert source.page.startswith("https://") or source.basis is not Basis.NETWORK, name
    assert 0 < limits.max_text <= 65_000
    assert limits.pictures.most >= 1
    assert limits.pictures.max_alt >= 100
    assert limits.listing_delay >= timedelta(0)
    assert (limits.absence is Absence.PROVED) == (limits.proof is Proof.EXACT)
    assert limits.evidence
    assert limits.listing_is_whole or limits.absence is not Absence.LIKELY
    assert limits.tells <= TOLD
    assert limits.measure("") == 0
    assert limits.measure("Moi") == 3


def test_other_numbers_take_the_place_of_the_dated_ones(bench: Bench) -> None:
    """What a configuration says of a network counts in its channel: in what it tells, and in the pictures that it sends."""
    numbers = {limit.name: 400 for limit in changeable(bench.capabilities) if not limit.is_ratio}
    network = Network(base_url=bench.url, limits={**numbers, "max_picture_bytes": 60_000})
    with closing(registry.connect(bench.name, bench.settings, network)) as channel:
        assert {name: BY_NAME[name].of(channel.capabilities) for name in numbers} == {
            **numbers,
            "max_picture_bytes": 60_000,
        }
    noise = Image.effect_noise((900, 600), 90)
    file = BytesIO()
    noise.save(file, "PNG")
    post = Post(text="Kuva", pictures=(Picture(name="kohina.png", data=file.getvalue(), alt="Kohinaa"),))
    Courier(lambda: registry.connect(bench.name, bench.settings, network), bench.clock, "hold").deliver(post)
    (picture,) = the_only(bench.posts()).pictures
    assert max(picture.width, picture.height) == 400
    assert picture.size <= 60_000


def test_the_token_tells_whose_it_is(bench: Bench) -> None:
    """`check` reads the account's own number, and a name for people."""
    with closing(bench.connect()) as channel:
        identity = channel.check()
    assert identity.account_id == bench.member.accounts[-1]["account_id"]
    assert identity.name
    assert channel.name == bench.name
    assert channel.capabilities is bench.capabilities


def test_what_is_learnt_of_an_allowance_is_handed_over_once(bench: Bench) -> None:
    """One call tells something or is counted, in a unit that makes sense; without another call there is nothing more to tell."""
    with closing(bench.connect()) as channel:
        assert channel.usage() == ()
        channel.check()
        told = channel.usage()
        assert told
        for usage in told:
            assert 0 <= usage.used <= (usage.size or 100)
            assert usage.name
            assert usage.window is None or usage.fresh_in is None
        assert channel.usage() == ()


def test_a_ration_of_calls_is_kept(bench: Bench) -> None:
    """Two calls and no more; then a refusal that changed nothing, and with the ration lifted it goes on."""
    with closing(bench.connect()) as channel:
        channel.ration(2)
        channel.check()
        channel.check()
        with pytest.raises(Retryable) as refusal:
            channel.check()
        assert refusal.value.kind is Kind.QUOTA_USED
        assert len(bench.sandbox.requests()) == 2
        channel.ration(None)
        channel.check()
    assert len(bench.sandbox.requests()) == 3


# Publishing


def test_begin_asks_nobody(bench: Bench) -> None:
    """The first step is named without a request, and the same every time."""
    with closing(bench.connect()) as channel:
        assert channel.begin(a_full_post(bench)) == channel.begin(a_full_post(bench))
    assert bench.sandbox.requests() == []


def filled(bench: Bench) -> str:
    """Words of exactly the greatest length."""
    begin = "Täysi mitta. "
    return begin + "a" * (bench.capabilities.max_text - bench.capabilities.measure(begin))


TEXTS: dict[str, Callable[[Bench], str]] = {
    "plain": lambda _: "Rakennusluvan voi nyt hakea kokonaan verkossa.",
    "marks": lambda _: "Maksu & hinta < 5 €: \\o/ {a|b} [c] (d) *e* ~f~ #1 50 % \"lainaus\" 'heitto'",
    "lines": lambda _: "Ensimmäinen rivi\n\nToinen kappale\n- kohta\n- toinen kohta",
    "link": lambda _: "Katso (https://asiointi.example.fi/hae_lupa?utm_source=x&utm_medium=social) heti!",
    "emoji": lambda _: "Palokunta 👩🏽‍🚒 avaa ovet 🇫🇮🎉 – tervetuloa ❤️!",
    "right_to_left": lambda _: "الخدمات الإلكترونية متاحة الآن — שירותים מקוונים (1)",
    "combining": lambda _: "Ha\u0308meenlinna ja Riihima\u0308ki",
    "full": filled,
}


@pytest.mark.parametrize("kind", TEXTS)
def test_words_land_once_and_whole(bench: Bench, kind: str) -> None:
    """Whatever the words, residents read exactly them, once; and they are known again."""
    post = Post(text=TEXTS[kind](bench), pictures=bench.text_needs_picture())
    done = bench.deliver(post)
    assert done.published is not None, done.refused
    landed = the_only(bench.posts())
    assert landed.text == words(post)
    assert landed.id == done.published.remote_id
    with closing(bench.connect()) as channel:
        bench.clock.advance(60)
        recent = channel.recent(START)
        assert recent.complete is bench.capabilities.listing_is_whole
        assert [channel.is_same(post, remote) for remote in recent.posts] == [True]
        assert [remote.remote_id for remote in recent.posts] == [landed.id]
        assert not channel.is_same(Post(text="Aivan muuta", pictures=post.pictures), recent.posts[0])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_pictures_land_with_their_alt_texts(bench: Bench, count: int) -> None:
    """Every picture, in order, whole, each with its own alternative text."""
    alts = [f"Kuva {n}: talo (punainen) & piha" for n in range(count)]
    post = Post(
        text="Kuvia", pictures=tuple(a_picture(alt, colour) for alt, colour in zip(alts, COLOURS, strict=False))
    )
    assert bench.deliver(post).published is not None
    landed = the_only(bench.posts())
    assert [picture.alt for picture in landed.pictures] == alts
    assert not any(picture.cropped for picture in landed.pictures)
    assert [picture_colour(bench, picture.path) for picture in landed.pictures] == list(COLOURS)[:count]


def test_pictures_with_the_same_alt_text_keep_their_order(bench: Bench) -> None:
    """Their texts cannot tell them apart, so their pixels do; with one more that is alike in both."""
    colours = ["navy", "teal", "navy", "olive"]
    post = Post(text="Kuvia", pictures=tuple(a_picture("Kunnantalo", colour) for colour in colours))
    assert bench.deliver(post).published is not None
    landed = the_only(bench.posts())
    assert [picture.alt for picture in landed.pictures] == ["Kunnantalo"] * 4
    assert [picture_colour(bench, picture.path) for picture in landed.pictures] == colours


COLOURS = {"teal": (0, 128, 128), "navy": (0, 0, 128), "maroon": (128, 0, 0), "olive": (128, 128, 0)}


def picture_colour(bench: Bench, path: str) -> str:
    """Name the colour in the middle of a picture as the network holds it."""
    data = bench.sandbox.cdn(path)
    assert data is not None
    with Image.open(BytesIO(data)) as image:
        pixel = image.convert("RGB").crop(
            (image.width // 2, image.height // 2, image.width // 2 + 1, image.height // 2 + 1)
        )
        middle = pixel.tobytes()
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(middle, COLOURS[name], strict=True)))


def test_a_first_comment_stands_under_the_post_once(bench: Bench) -> None:
    """Where the network takes one, it is ours, whole, and alone."""
    post = a_full_post(bench)
    done = bench.deliver(post)
    assert done.published is not None
    assert comments_of_ours(bench, the_only(bench.posts())) == ([post.first_comment] if post.first_comment else [])


def test_a_thread_lands_whole_and_in_order(bench: Bench) -> None:
    """Each post answers the one before, the pictures are on the first, the hashtags at the end of the last; every id is told at once."""
    if not bench.capabilities.max_thread:
        return
    post = a_full_post(bench)
    told: list[str] = []
    with closing(bench.connect()) as channel:
        step: Step | None = channel.begin(post)
        while step is not None:
            result = advance(bench, post, step)
            if isinstance(result, Published):
                told.append(result.part or result.remote_id)
                assert result.remote_id == told[0]
            step = result if isinstance(result, Step) else result.then
    landed = [the_only(bench.posts()), *the_rest(bench)]
    assert [one.id for one in landed] == told
    assert tuple(one.text for one in landed) == parts(post)
    assert [one.reply_to for one in landed] == [None, *told[:-1]]
    assert [len(one.pictures) for one in landed] == [2, 0, 0]
    assert landed[-1].text.endswith("#Asiointi")
    assert [one.text.count("https://") for one in landed] == [1, 0, 0]


def test_a_thread_is_one_post_to_its_readers(bench: Bench) -> None:
    """What residents say under any of its posts is a comment on it; its own further posts are none, and no posts by themselves."""
    if not bench.capabilities.max_thread:
        return
    assert bench.deliver(a_full_post(bench)).published is not None
    first, *rest = [the_only(bench.posts()).id, *(one.id for one in the_rest(bench))]
    written = [bench.sandbox.comment(one, f"Kommentti {n}") for n, one in enumerate([first, *rest])]
    answer = bench.sandbox.comment(first, "Samaa mieltä", parent=written[2])
    bench.clock.advance(60)
    found = comments(bench, [first, *rest])
    assert {comment.remote_id for comment in found.items} == {*written, answer}
    assert {comment.post_id for comment in found.items} == {first}
    assert [comment.kind for comment in found.items if comment.remote_id in written] == [CommentKind.COMMENT] * 3
    parents = {comment.remote_id: comment.parent_remote_id for comment in found.items}
    assert parents == dict.fromkeys(written, None) | {answer: written[2]}
    assert not any(comment.own for comment in found.items)
    assert found.complete == {first}
    assert {counts.remote_id: counts.comments for counts in tally(bench, [first, *rest]).counts} == {
        first: 2,
        rest[0]: 2,
        rest[1]: 1,
    }
    with closing(bench.connect()) as channel:
        assert [remote.remote_id for remote in channel.recent(START).posts] == [first]


def test_a_published_post_has_an_address(bench: Bench) -> None:
    """At the end of the chain the address is known."""
    last = None
    with closing(bench.connect()) as channel:
        step: Step | None = channel.begin(a_full_post(bench))
        for _ in range(60):
            if step is None:
                break
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            result = channel.advance(a_full_post(bench), step)
            last, step = (last, result) if isinstance(result, Step) else (result, result.then)
    assert last is not None
    assert last.remote_id == the_only(bench.posts()).id
    assert last.url
    assert last.url.startswith("http")


def test_nothing_is_visible_before_a_committing_step(bench: Bench) -> None:
    """Residents see nothing of the steps before, and one committing step makes the post."""
    post = a_full_post(bench)
    with closing(bench.connect()) as channel:
        step: Step | None = channel.begin(post)
        published_by = []
        for _ in range(60):
            if step is None:
                break
            before = len(bench.posts())
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            result = channel.advance(post, step)
            if len(bench.posts()) > before:
                assert step.commits, f"{step.name} made the post visible"
                published_by.append(step.name)
            step = result if isinstance(result, Step) else result.then
    assert len(published_by) == 1


def advance(bench: Bench, post: Post, step: Step) -> Step | Published:
    """Run one step with a channel of its own, after the wait that it asks for."""
    bench.clock.advance(max(step.wait.total_seconds(), 2))
    with closing(bench.connect()) as channel:
        return channel.advance(post, step)


def test_steps_that_commit_nothing_can_be_repeated(bench: Bench) -> None:
    """Running every invisible step twice still ends in one post, with its pictures once."""
    post = a_full_post(bench)
    step: Step | None
    with closing(bench.connect()) as channel:
        step = channel.begin(post)
    for _ in range(120):
        if step is None:
            break
        step = through_json(step)
        if not step.commits:
            advance(bench, post, step)
        result = advance(bench, post, step)
        step = result if isinstance(result, Step) else result.then
    assert len(the_only(bench.posts()).pictures) == 2


def test_an_advance_changes_one_thing(bench: Bench) -> None:
    """A call of `advance` sends at most one request that changes anything, so a crash loses one at most."""
    post = a_full_post(bench)
    with closing(bench.connect()) as channel:
        step: Step | None = channel.begin(post)
        while step is not None:
            before = len(bench.sandbox.requests())
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            result = channel.advance(post, step)
            changes = [entry for entry in bench.sandbox.requests()[before:] if entry.method != "GET"]
            assert len(changes) <= 1, f"{step.name}: {[entry.path for entry in changes]}"
            step = result if isinstance(result, Step) else result.then


# Doubt


FAULTS = (
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.MALFORMED,
    Fault.CUT_HEADERS,
    Fault.RATE_LIMITED,
)


@pytest.mark.parametrize("policy", ["hold", "resend"])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_at_any_request_makes_two(bench: Bench, fault: Fault, policy: Policy) -> None:
    """Whichever request of a publication goes wrong, and however: never two posts or comments, and one wherever it can be known."""
    post = a_full_post(bench)
    bench.deliver(post)
    whole = len(bench.sandbox.requests())
    assert whole > 1
    for n in range(1, whole + 1):
        bench.fresh()
        rule = bench.sandbox.add_rule(Rule(kind=fault, nth=n))
        done = bench.deliver(post, policy)
        assert rule.fired == 1
        asked = [f"{entry.method} {entry.path} {entry.fault or ''}" for entry in bench.sandbox.requests()]
        assert_one_wherever_it_can_be_known(bench, post, done, policy, f"request {n} of {whole}: {asked}")


def assert_one_wherever_it_can_be_known(bench: Bench, post: Post, done: Courier, policy: Policy, what: str) -> None:
    posts = bench.posts()
    assert done.refused is None, what
    assert len(posts) <= 1, what
    exact = bench.capabilities.proof is Proof.EXACT
    first = next(iter(done.unsettled), None)
    if done.published is None:
        assert not exact, what
        assert policy == "hold", what
        assert first is not None, what
        return
    assert len(posts) == 1, what
    assert posts[0].id == done.published.remote_id, what
    assert posts[0].text == words(post), what
    assert [picture.alt for picture in posts[0].pictures] == [picture.alt for picture in post.pictures], what
    comments = comments_of_ours(bench, posts[0])
    wanted = [post.first_comment] if post.first_comment else []
    assert comments in ([], wanted) if first else comments == wanted, what
    rest, whole = [further.text for further in the_rest(bench)], list(parts(post)[1:])
    assert rest == (whole[: len(rest)] if first else whole), what
    assert not done.unsettled or policy == "hold", what


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_a_late_effect_within_the_horizon_is_found(bench: Bench, policy: Policy) -> None:
    """The connection dies and the post appears two minutes later: found, not sent again."""
    post = Post(text="Myöhässä, mutta perillä", pictures=bench.text_needs_picture())
    committing = request_of_the_committing_step(bench, post)
    bench.fresh()
    bench.sandbox.add_rule(Rule(kind=Fault.LATE_EFFECT, nth=committing, delay=120))
    done = bench.deliver(post, policy)
    assert done.published is not None
    assert the_only(bench.posts()).id == done.published.remote_id


def request_of_the_committing_step(bench: Bench, post: Post) -> int:
    """Count the requests up to the one that made the post visible."""
    with closing(bench.connect()) as channel:
        step: Step | None = channel.begin(post)
        while step is not None and not step.commits:
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            following = channel.advance(post, step)
            assert isinstance(following, Step)
            step = following
    assert step is not None
    return len(bench.sandbox.requests()) + 1


def test_looking_finds_it_and_finds_nothing(bench: Bench) -> None:
    """Before: nothing, never proof by guesswork. After: the post itself, and not its neighbours."""
    post = Post(text="Tätä etsitään", pictures=bench.text_needs_picture())
    other = Post(text="Tämä on toinen", pictures=bench.text_needs_picture())
    assert bench.deliver(other).published is not None
    bench.clock.advance(60)
    with closing(bench.connect()) as channel:
        step = channel.begin(post)
        while not step.commits:
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            following = channel.advance(post, step)
            assert isinstance(following, Step)
            step = following
        since = bench.clock.now()
        before = channel.locate(post, step, since)
        assert before.candidates == ()
        assert before.complete or before.absent
        assert before.absent is False or bench.capabilities.proof is Proof.EXACT
        channel.advance(post, step)
        bench.clock.advance(60)
        after = channel.locate(post, step, since)
    assert [candidate.remote_id for candidate in after.candidates] == [bench.posts()[-1].id]
    assert not after.absent


def test_a_look_changes_nothing(bench: Bench) -> None:
    """`locate`, `recent`, `counts` and `comments` only read."""
    post = a_full_post(bench)
    done = bench.deliver(post)
    assert done.published is not None
    bench.sandbox.log.clear()
    with closing(bench.connect()) as channel:
        for step in done.steps:
            if step.commits:
                channel.locate(post, step, START)
        channel.recent(START)
        channel.counts([done.published.remote_id])
        channel.comments([done.published.remote_id])
    assert {entry.method for entry in bench.sandbox.requests()} == {"GET"}


def test_two_posts_with_the_same_words_are_told_apart(bench: Bench) -> None:
    """The older one belongs to another delivery: after a lost answer the newer one is found, newest first."""
    post = Post(text="Sama uudelleen", pictures=bench.text_needs_picture())
    first = bench.deliver(post)
    assert first.published is not None
    bench.clock.advance(3 * 24 * 3600)
    committing = request_of_the_committing_step(bench, post)
    bench.sandbox.add_rule(Rule(kind=Fault.LOST_AFTER, nth=committing - len(bench.sandbox.requests())))
    second = bench.deliver(post, owned={first.published.remote_id})
    assert second.published is not None
    assert second.published.remote_id != first.published.remote_id
    assert {landed.id for landed in bench.posts()} == {first.published.remote_id, second.published.remote_id}


# Errors


def committing_step(bench: Bench, post: Post) -> Step:
    with closing(bench.connect()) as channel:
        step = channel.begin(post)
        while not step.commits:
            bench.clock.advance(max(step.wait.total_seconds(), 2))
            following = channel.advance(post, step)
            assert isinstance(following, Step)
            step = following
    return step


DEFINITE_NO = (Rejected, AccountBlocked, Gone, Unexpected)
HTML = "<html><body>Something else stands here</body></html>"
ANSWERS: dict[str, tuple[int, Any, dict[str, str], tuple[type[ChannelError], ...]]] = {
    "400": (400, HTML, {}, DEFINITE_NO),
    "401": (401, HTML, {}, (AccountBlocked, Unexpected)),
    "403": (403, HTML, {}, (AccountBlocked, Unexpected, Rejected)),
    "404": (404, HTML, {}, (Rejected, Unexpected, Gone)),
    "302": (302, "", {"Location": "https://example.com/login"}, (Unexpected,)),
    "429 for a while": (429, HTML, {"Retry-After": "120"}, (Retryable,)),
    "429 for ever": (429, HTML, {"Retry-After": "soon"}, (Retryable,)),
    "429": (429, HTML, {}, (Retryable,)),
    "408": (408, HTML, {}, (OutcomeUnknown,)),
    "409": (409, HTML, {}, (OutcomeUnknown,)),
    "500": (500, HTML, {}, (OutcomeUnknown,)),
    "502": (502, HTML, {}, (OutcomeUnknown,)),
    "503": (503, HTML, {"Retry-After": "5"}, (OutcomeUnknown,)),
    "520": (520, "", {}, (OutcomeUnknown,)),
    "200 in HTML": (200, HTML, {}, (OutcomeUnknown,)),
    "200 and nothing": (200, "", {}, (OutcomeUnknown,)),
    "200 and something else": (200, {"hello": "world"}, {}, (OutcomeUnknown,)),
    "201 and half a word": (201, '{"data": {"id": "19', {}, (OutcomeUnknown,)),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_nobodys_words_is_judged_with_care(bench: Bench, answer: str) -> None:
    """A proxy or a broken server answered the committing request: doubt stays doubt, a no stays a no."""
    status, body, headers, classes = ANSWERS[answer]
    post = Post(text="Moi", pictures=bench.text_needs_picture())
    step = committing_step(bench, post)
    with Playback() as network:
        network.answer(status, body, **headers)
        with (
            closing(registry.connect(bench.name, bench.settings, network.network)) as channel,
            pytest.raises(ChannelError) as raised,
        ):
            channel.advance(post, step)
        assert len(network.asked) == 1
    assert isinstance(raised.value, classes), repr(raised.value)
    if answer == "429 for a while":
        assert raised.value.after == timedelta(seconds=120)
        assert raised.value.announced


@pytest.mark.parametrize(
    "fault,error,kinds",
    [
        (Fault.EXPIRED_TOKEN, AccountBlocked, {Kind.TOKEN_EXPIRED, Kind.TOKEN_INVALID}),
        (Fault.RATE_LIMITED, Retryable, {Kind.RATE_LIMITED, Kind.QUOTA_USED}),
        (Fault.ERROR_BEFORE, OutcomeUnknown, {Kind.ANSWER_LOST}),
        (Fault.LOST_BEFORE, OutcomeUnknown, {Kind.ANSWER_LOST}),
    ],
)
def test_the_networks_own_refusals_have_their_class(
    bench: Bench, fault: Fault, error: type[ChannelError], kinds: set[Kind]
) -> None:
    """In the network's own words, for writing and reading alike."""
    post = Post(text="Moi", pictures=bench.text_needs_picture())
    step = committing_step(bench, post)
    bench.sandbox.add_rule(Rule(kind=fault, times=None))
    with closing(bench.connect()) as channel:
        with pytest.raises(error) as raised:
            channel.advance(post, step)
        assert raised.value.kind in kinds
        for read in (channel.check, lambda: channel.recent(START)):
            # Reading leaves no doubt, so a busy server may be told as one.
            with pytest.raises((error, Retryable)) as raised:
                read()
            assert raised.value.kind in {*kinds, Kind.BUSY}


@pytest.mark.parametrize("status", ["invalid", "expired"])
def test_a_dead_token_blocks_the_account(bench: Bench, status: str) -> None:
    """Nothing goes out, the account is named as the cause, and it works again with a living token."""
    post = Post(text="Moi", pictures=bench.text_needs_picture())
    for account in bench.sandbox.accounts:
        account.status = status  # type: ignore[assignment]
    try:
        with closing(bench.connect()) as channel, pytest.raises(AccountBlocked) as raised:
            channel.advance(post, channel.begin(post))
    finally:
        for account in bench.sandbox.accounts:
            account.status = "ok"
    assert raised.value.kind in {Kind.TOKEN_EXPIRED, Kind.TOKEN_INVALID}
    assert bench.posts() == []
    assert bench.deliver(post).published is not None


def test_a_network_that_is_not_there_is_retried(bench: Bench) -> None:
    """A refused connection proves that nothing was sent."""
    post = Post(text="Moi", pictures=bench.text_needs_picture())
    step = committing_step(bench, post)
    away = registry.connect(bench.name, bench.settings, Network(base_url="http://127.0.0.1:9"))
    with closing(away), pytest.raises(Retryable) as raised:
        away.advance(post, step)
    assert raised.value.kind is Kind.UNREACHABLE


# Secrets and time


def test_no_secret_is_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, a log at its most talkative, an error or its causes; and no residents' words in logs."""
    caplog.set_level(logging.DEBUG)
    post = a_full_post(bench)
    done = bench.deliver(post)
    assert done.published is not None
    bench.sandbox.comment(done.published.remote_id, "Asukkaan omat sanat 4711")
    bench.clock.advance(60)
    told: list[str] = [repr(bench.settings), str(bench.settings)]
    with closing(bench.connect()) as channel:
        told += [repr(channel), repr(vars(channel)), repr(channel.comments([done.published.remote_id]))]
    for fault in (Fault.LOST_AFTER, Fault.MALFORMED, Fault.EXPIRED_TOKEN, Fault.RATE_LIMITED, Fault.ERROR_AFTER):
        bench.sandbox.add_rule(Rule(kind=fault, times=1))
        with closing(bench.connect()) as channel, pytest.raises(ChannelError) as raised:
            channel.recent(START)
        error: BaseException | None = raised.value
        while error is not None:
            told += [repr(error), str(error), repr(vars(error))]
            error = error.__cause__ or error.__context__
    whole = "\n".join([*told, caplog.text, *(repr(step.memo) for step in done.steps)])
    assert [secret for secret in bench.member.secrets if secret in whole] == []
    assert "4711" not in caplog.text


@contextmanager
def counting_sleeps() -> Iterator[Counter[str]]:
    """Count the calls of `time.sleep` in this thread."""
    seen: Counter[str] = Counter()

    def notice(_frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and called is time.sleep:
            seen["sleep"] += 1

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def test_nobody_sleeps(bench: Bench) -> None:
    """Minutes of waiting pass on the network's clock alone: the channel names them and the caller waits."""
    bench.sandbox.settings.delays = Delays(listing=20, image=40, container=40, activity=40)
    began = time.monotonic()
    try:
        with counting_sleeps() as seen:
            done = bench.deliver(a_full_post(bench))
            assert seen["sleep"] == 0
            time.sleep(0)
            assert seen["sleep"] == 1
    finally:
        bench.sandbox.settings.delays = Delays(listing=20)
    assert done.published is not None
    assert time.monotonic() - began < 20


# Reading


def published(bench: Bench, count: int) -> list[str]:
    ids = []
    for n in range(count):
        done = bench.deliver(Post(text=f"Tiedote numero {n}", pictures=bench.text_needs_picture()))
        assert done.published is not None
        ids.append(done.published.remote_id)
        bench.clock.advance(60)
    return ids


def tally(bench: Bench, ids: list[str]) -> Tally:
    with closing(bench.connect()) as channel:
        return channel.counts(ids)


def comments(bench: Bench, ids: list[str]) -> Comments:
    with closing(bench.connect()) as channel:
        return channel.comments(ids)


def test_counts_are_what_residents_did(bench: Bench) -> None:
    """Reactions, comments, shares and views come as the network holds them; what it does not tell is None, never 0."""
    busy, quiet = published(bench, 2)
    for author in ("Aino Mäkelä", "Eero Lehtonen", "Helmi Niemi"):
        bench.sandbox.react(busy, "like", author=author)
    for author in ("Aino Mäkelä", "Eero Lehtonen"):
        bench.sandbox.comment(busy, "Hyvä!", author=author)
    bench.sandbox.share(busy)
    bench.clock.advance(60)
    told = {counts.remote_id: counts for counts in tally(bench, [busy, quiet]).counts}
    assert set(told) == {busy, quiet}
    tells = bench.capabilities.tells
    assert told[busy].reactions == ({"like": 3} if "reactions" in tells else None)
    assert told[busy].comments == (2 if "comments" in tells else None)
    assert told[busy].shares == (1 if "shares" in tells else None)
    assert (told[busy].views is not None) == ("views" in tells)
    assert sum((told[quiet].reactions or {}).values()) == 0
    assert told[quiet].comments in ({0} if "comments" in tells else {None})


def test_many_posts_are_counted_in_few_calls(bench: Bench) -> None:
    """Thirty posts do not take thirty calls, unless the network has no call for many."""
    ids = published(bench, 30)
    bench.sandbox.log.clear()
    assert {counts.remote_id for counts in tally(bench, ids).counts} == set(ids)
    one_by_one = bench.member.settings.get("tier", "development") == "development" and bench.name == "linkedin"
    assert len(bench.sandbox.requests()) <= (32 if one_by_one else 6)


def test_comments_are_read_to_their_end(bench: Bench) -> None:
    """Over several pages, with answers, ours marked as ours; twice gives the same; kinds are those that the network tells."""
    busy, other = published(bench, 2)
    written = []
    for n in range(120):
        written.append(bench.sandbox.comment(busy, f"Kommentti {n}", author=f"Asukas {n % 9}"))
        bench.clock.advance(1)
    replies = [bench.sandbox.comment(busy, f"Vastaus {n}", author="Noora Salonen", parent=written[n]) for n in range(3)]
    bench.sandbox.comment(other, "Toisen alla")
    bench.clock.advance(60)
    first, second = comments(bench, [busy, other]), comments(bench, [busy, other])
    of_busy = [comment for comment in first.items if comment.post_id == busy]
    assert sorted(comment.remote_id for comment in of_busy) == sorted([*written, *replies])
    assert {comment.remote_id for comment in first.items} == {comment.remote_id for comment in second.items}
    assert first.complete == {busy, other}
    assert {comment.kind for comment in first.items} <= bench.capabilities.tells
    parents = {comment.remote_id: comment.parent_remote_id for comment in of_busy}
    assert [parents[reply] for reply in replies] == written[:3]
    assert {parents[comment] for comment in written} == {None}
    assert not any(comment.own for comment in first.items)
    assert all(comment.created_at.tzinfo is not None for comment in first.items)
    assert any(comment.text is not None and "Kommentti 7" in comment.text for comment in of_busy)


def test_our_own_comment_is_ours(bench: Bench) -> None:
    """So that it is not counted as a resident's."""
    if not bench.capabilities.max_first_comment:
        return
    done = bench.deliver(a_full_post(bench))
    assert done.published is not None
    bench.sandbox.comment(done.published.remote_id, "Asukkaan kysymys?")
    bench.clock.advance(60)
    found = comments(bench, [done.published.remote_id])
    assert sorted(comment.own for comment in found.items) == [False, True]


def test_what_a_resident_deleted_is_not_listed(bench: Bench) -> None:
    """The listing is complete without it, so it is deleted here too."""
    (post,) = published(bench, 1)
    kept, removed = (bench.sandbox.comment(post, text) for text in ("Jää", "Poistuu"))
    bench.clock.advance(60)
    assert {comment.remote_id for comment in comments(bench, [post]).items} == {kept, removed}
    bench.sandbox.remove(removed)
    after = comments(bench, [post])
    assert {comment.remote_id for comment in after.items} == {kept}
    assert post in after.complete


def test_a_deleted_post_is_gone(bench: Bench) -> None:
    """And the others are told all the same."""
    kept, removed = published(bench, 2)
    bench.sandbox.remove(removed)
    told = tally(bench, [kept, removed])
    assert told.gone == {removed}
    assert [counts.remote_id for counts in told.counts] == [kept]
    left = comments(bench, [kept, removed])
    assert removed not in left.complete
    assert kept in left.complete


def test_nothing_to_read_asks_nothing(bench: Bench) -> None:
    """No posts, no calls."""
    assert tally(bench, []) == Tally()
    assert comments(bench, []) == Comments()
    assert bench.sandbox.requests() == []


def test_what_others_posted_by_hand_is_seen(bench: Bench) -> None:
    """Before the first send the account is looked at: everything of the last weeks, newest first, nothing older."""
    old = published(bench, 1)
    bench.clock.advance(40 * 24 * 3600)
    since = bench.clock.now()
    new = published(bench, 3)
    with closing(bench.connect()) as channel:
        recent = channel.recent(since)
    assert [remote.remote_id for remote in recent.posts] == new[::-1]
    assert old[0] not in {remote.remote_id for remote in recent.posts}
    assert recent.complete is bench.capabilities.listing_is_whole
    assert all(remote.created_at >= since for remote in recent.posts)

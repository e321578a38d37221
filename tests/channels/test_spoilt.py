"""The suite of promises itself, tried: adapters that break one on purpose turn it red.

Every spoilt adapter is the real one but for a single fault of the kind that people make. The checks are those of the suite, as they stand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from channels import linkedin, registry
from channels.base import Channel, Found, Held, Picture, Post, Published, Step
from channels.errors import OutcomeUnknown, Retryable
from channels.sandbox import Kind as Fault
from channels.text import escape_little, words
from tests.channels import test_conformance as suite
from tests.channels import test_conformance_after as after
from tests.channels import test_conformance_whole as whole
from tests.channels.bench import MEMBERS, Bench, open_bench

RED = (AssertionError, pytest.fail.Exception)
Check = Callable[[Bench], None]


def bytes_of(picture: Picture) -> bytes:
    return picture.data if isinstance(picture.data, bytes) else picture.data()


def square(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        file = BytesIO()
        image.crop((left, top, left + side, top + side)).save(file, "PNG")
    return file.getvalue()


class Whole:
    """An adapter as it is; each class below spoils one thing."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel, name)

    def advance(self, post: Post, step: Step) -> Step | Published:
        return self.channel.advance(self.sent(post), step)

    def sent(self, post: Post) -> Post:
        return post


class AltTextsDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, pictures=tuple(replace(picture, alt="") for picture in post.pictures))


class AltTextsSwapped(Whole):
    def sent(self, post: Post) -> Post:
        alts = [picture.alt for picture in post.pictures][::-1]
        pictures = zip(post.pictures, alts, strict=True)
        return replace(post, pictures=tuple(replace(picture, alt=alt) for picture, alt in pictures))


class PicturesInAnotherOrder(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, pictures=post.pictures[::-1])


class LastPictureDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, pictures=post.pictures[: max(1, len(post.pictures) - 1)])


class PicturesCropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, pictures=tuple(replace(one, data=square(bytes_of(one))) for one in post.pictures))


class AltTextsCut(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, pictures=tuple(replace(one, alt=one.alt[:120]) for one in post.pictures))


class CardTitleDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, title=None)


class CardDescriptionDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, description=None)


class CardPictureDropped(Whole):
    def begin(self, post: Post) -> Step:
        return self.channel.begin(self.sent(post))

    def sent(self, post: Post) -> Post:
        return replace(post, thumbnail=None)


class CardAltTextDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, thumbnail=post.thumbnail and replace(post.thumbnail, alt=""))


class PollDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, poll=None)


class PollsOptionsTurned(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, poll=post.poll and replace(post.poll, options=post.poll.options[::-1]))


class MentionsDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, mentions=())


class FirstCommentEscaped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, first_comment=post.first_comment and escape_little(post.first_comment))


class HashtagsDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, hashtags=())


class LinkTwiceInAThread(Whole):
    def sent(self, post: Post) -> Post:
        links = [word for word in post.text.split() if word.startswith("https://")]
        return replace(post, thread=tuple(" ".join([text, *links]) for text in post.thread))


class EndOfTheThreadDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, thread=post.thread[:-1])


class FirstCommentDropped(Whole):
    def advance(self, post: Post, step: Step) -> Step | Published:
        done = self.channel.advance(post, step)
        return replace(done, then=None) if isinstance(done, Published) else done


class LineBreaksDropped(Whole):
    def sent(self, post: Post) -> Post:
        return replace(post, text=" ".join(post.text.split()))


class LinksDropped(Whole):
    def sent(self, post: Post) -> Post:
        words = (word for word in post.text.split(" ") if "https://" not in word)
        return replace(post, text=" ".join(words), link=None)


class RetriesInside(Whole):
    def advance(self, post: Post, step: Step) -> Step | Published:
        try:
            return self.channel.advance(post, step)
        except (OutcomeUnknown, Retryable):
            return self.channel.advance(post, step)


class SleepsInside(Whole):
    def advance(self, post: Post, step: Step) -> Step | Published:
        time.sleep(0.001)
        return self.channel.advance(post, step)


class HidesWhatCommits(Whole):
    def advance(self, post: Post, step: Step) -> Step | Published:
        done = self.channel.advance(post, step)
        return replace(done, commits=False) if isinstance(done, Step) else done


class ProvesByGuessing(Whole):
    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        found = self.channel.locate(post, step, since)
        return replace(found, candidates=(), absent=True)


class TellsItsToken(Whole):
    def advance(self, post: Post, step: Step) -> Step | Published:
        done = self.channel.advance(post, step)
        secret = MEMBERS[self.channel.name].secrets[0]
        return replace(done, memo={**done.memo, "token": secret}) if isinstance(done, Step) else done


class ReadsBackWhatWasNotAsked(Whole):
    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        held = self.channel.read_back(remote_ids)
        return {key: replace(one, alts=tuple(sorted(one.alts or (), reverse=True))) for key, one in held.items()}


class TakesNothingDown(Whole):
    def remove(self, remote_id: str) -> None:
        del remote_id


class ChangesNoWords(Whole):
    def amend(self, post: Post, remote_id: str) -> None:
        if not self.channel.capabilities.edits_words:
            self.channel.amend(post, remote_id)


@dataclass(frozen=True)
class Spoilt:
    """A broken promise, a check that must notice it, and the networks that make the promise."""

    by: type[Whole]
    check: Check
    networks: tuple[str, ...] = registry.NAMES


COMMENTED = tuple(name for name in registry.NAMES if registry.capabilities(name).max_first_comment)
THREADED = tuple(name for name in registry.NAMES if registry.capabilities(name).max_thread)
IN_ONE = tuple(name for name in registry.NAMES if name not in THREADED)
EDITED = tuple(name for name in registry.NAMES if registry.capabilities(name).edits_words)
CARDED = tuple(name for name in registry.NAMES if registry.capabilities(name).max_card_description)
POLLED = tuple(name for name in registry.NAMES if registry.capabilities(name).max_poll_option)
SPOILT = (
    Spoilt(AltTextsDropped, lambda bench: suite.test_pictures_land_with_their_alt_texts(bench, 2)),
    Spoilt(AltTextsDropped, after.test_what_is_held_is_what_was_meant),
    Spoilt(AltTextsSwapped, lambda bench: suite.test_pictures_land_with_their_alt_texts(bench, 2)),
    Spoilt(PicturesInAnotherOrder, lambda bench: suite.test_pictures_land_with_their_alt_texts(bench, 4)),
    Spoilt(PicturesInAnotherOrder, suite.test_pictures_with_the_same_alt_text_keep_their_order),
    Spoilt(PicturesInAnotherOrder, after.test_pictures_are_read_back_in_their_order),
    Spoilt(LastPictureDropped, whole.test_as_many_pictures_as_the_network_takes),
    Spoilt(PicturesCropped, lambda bench: whole.test_a_picture_of_any_shape_is_shown_whole(bench, (3000, 300))),
    Spoilt(PicturesCropped, whole.test_pictures_of_different_shapes_go_together),
    Spoilt(AltTextsCut, whole.test_the_longest_alternative_text_arrives_whole),
    Spoilt(CardTitleDropped, whole.test_a_link_goes_where_the_network_has_its_place, ("linkedin",)),
    Spoilt(CardDescriptionDropped, whole.test_a_card_shows_what_nobody_reads_from_the_page, CARDED),
    Spoilt(CardPictureDropped, whole.test_a_card_shows_what_nobody_reads_from_the_page, CARDED),
    Spoilt(CardAltTextDropped, whole.test_a_card_shows_what_nobody_reads_from_the_page, CARDED),
    Spoilt(PollDropped, whole.test_a_poll_stands_under_the_words, POLLED),
    Spoilt(PollsOptionsTurned, whole.test_a_poll_stands_under_the_words, POLLED),
    Spoilt(MentionsDropped, whole.test_others_are_mentioned_in_the_networks_own_form, ("linkedin",)),
    Spoilt(FirstCommentEscaped, whole.test_a_first_comment_is_plain_whatever_the_posts_notation_is, COMMENTED),
    Spoilt(HashtagsDropped, whole.test_hashtags_stand_at_the_end_and_lead_somewhere),
    Spoilt(HashtagsDropped, after.test_what_is_held_is_what_was_meant, IN_ONE),
    Spoilt(HashtagsDropped, suite.test_a_thread_lands_whole_and_in_order, THREADED),
    Spoilt(LinkTwiceInAThread, suite.test_a_thread_lands_whole_and_in_order, THREADED),
    Spoilt(EndOfTheThreadDropped, suite.test_a_thread_lands_whole_and_in_order, THREADED),
    Spoilt(FirstCommentDropped, suite.test_a_first_comment_stands_under_the_post_once, COMMENTED),
    Spoilt(LineBreaksDropped, lambda bench: suite.test_words_land_once_and_whole(bench, "lines")),
    Spoilt(LinksDropped, lambda bench: suite.test_words_land_once_and_whole(bench, "link")),
    Spoilt(LinksDropped, after.test_a_link_is_read_back_from_words_or_card),
    Spoilt(RetriesInside, lambda bench: suite.test_no_fault_at_any_request_makes_two(bench, Fault.LOST_AFTER, "hold")),
    Spoilt(SleepsInside, suite.test_nobody_sleeps),
    Spoilt(HidesWhatCommits, suite.test_nothing_is_visible_before_a_committing_step),
    Spoilt(
        ProvesByGuessing, lambda bench: suite.test_no_fault_at_any_request_makes_two(bench, Fault.LOST_AFTER, "hold")
    ),
    Spoilt(ReadsBackWhatWasNotAsked, after.test_what_is_held_is_what_was_meant),
    Spoilt(TakesNothingDown, after.test_a_removed_post_is_gone_with_its_comments),
    Spoilt(ChangesNoWords, after.test_words_change_where_the_network_allows_it, EDITED),
)


@pytest.fixture(scope="module")
def network(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with open_bench(request.param) as bench:
        yield bench


@pytest.mark.parametrize(
    "network,spoilt",
    [pytest.param(name, one, id=f"{name}-{one.by.__name__}") for one in SPOILT for name in one.networks],
    indirect=["network"],
)
def test_a_spoilt_adapter_turns_the_suite_red(network: Bench, spoilt: Spoilt) -> None:
    """The check that holds for the adapter as it is fails for the spoilt one."""
    bench = replace(network, spoil=spoilt.by)
    bench.fresh()
    with pytest.raises(RED):
        spoilt.check(bench)


@pytest.mark.parametrize("network", ["linkedin"], indirect=True)
def test_a_missing_escape_turns_the_suite_red(network: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """LinkedIn alone has a notation: without its escapes the rest of the words is silently dropped."""
    monkeypatch.setattr(linkedin, "little", words)
    network.fresh()
    with pytest.raises(RED):
        suite.test_words_land_once_and_whole(network, "marks")


@pytest.mark.parametrize("network", registry.NAMES, indirect=True)
def test_a_token_that_is_told_turns_the_suite_red(network: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Also where only a step's memo has it, which is stored."""
    bench = replace(network, spoil=TellsItsToken)
    bench.fresh()
    with pytest.raises(RED):
        suite.test_no_secret_is_told(bench, caplog)

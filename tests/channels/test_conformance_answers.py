"""What every network promises about residents' comments: an answer lands once and is found again; what is hidden is hidden."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from channels import registry
from channels.base import Answering, Comment, Erasing, Hiding, Target
from channels.errors import ChannelError, OutcomeUnknown, Rejected, Retryable, Unexpected
from channels.sandbox import Kind as Fault
from channels.sandbox import Rule
from channels.session import Response, Session
from tests.channels.bench import START, Bench, a_full_post

ANSWER = "Hei! Kyllä toimii: <avaa> & lähetä (klo 9–15) #1 {a}."
HIDES = {"facebook", "instagram"}
ERASES = {"facebook", "instagram", "linkedin"}
"""X neither hides nor deletes what others write: its description has no call for it (x-openapi 2.167)."""


def asked(bench: Bench, text: str = "Toimiiko tämä puhelimella?", parent: str | None = None) -> tuple[str, str]:
    """Publish a post, let a resident write under it; return both ids. On X the words mention us, or no answer is taken."""
    published = bench.deliver(a_full_post(bench)).published
    assert published is not None
    bench.clock.advance(60)
    return published.remote_id, written(bench, published.remote_id, text, parent)


def written(bench: Bench, post: str, text: str, parent: str | None = None) -> str:
    if bench.name == "x":
        account = bench.sandbox.account("x", bench.member.accounts[-1]["account_id"])
        assert account is not None
        text = f"@{account.username} {text}"
    comment = bench.sandbox.comment(post, text, author="Eero Lehtonen", parent=parent)
    bench.clock.advance(60)
    return comment


def answers(bench: Bench, post: str) -> list[Comment]:
    """Our own comments as the network lists them, the first comment of the post left out."""
    bench.clock.advance(60)
    with closing(bench.connect()) as channel:
        return [one for one in channel.comments([post]).items if one.own and one.text == ANSWER]


def test_every_network_answers_and_says_what_else_it_does(bench: Bench) -> None:
    """All four answer; two hide; three delete."""
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Answering)
        assert isinstance(channel, Hiding) is (bench.name in HIDES)
        assert isinstance(channel, Erasing) is (bench.name in ERASES)
    assert set(registry.NAMES) >= HIDES | ERASES


def test_an_answer_lands_once_under_its_comment_and_is_found(bench: Bench) -> None:
    """Exactly these words, as ours, below the comment; looking finds it by its id, and nothing of what was not said."""
    post, comment = asked(bench)
    to = Target(post_id=post, remote_id=comment)
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Answering)
        before = bench.clock.now()
        assert channel.locate_reply(to, ANSWER, before).remote_ids == ()
        said = channel.reply(to, ANSWER)
        bench.clock.advance(60)
        assert channel.locate_reply(to, ANSWER, before).remote_ids == (said,)
        assert channel.locate_reply(to, ANSWER, before).complete
        assert channel.locate_reply(to, "Aivan muuta", before).remote_ids == ()
        assert channel.locate_reply(to, ANSWER, before + timedelta(days=1)).remote_ids == ()
    (one,) = answers(bench, post)
    assert (one.remote_id, one.parent_remote_id) == (said, comment)


def test_an_answer_to_an_answer_stands_in_the_same_thread(bench: Bench) -> None:
    """Where networks keep one row under each comment, there; on X under the answer itself."""
    post, first = asked(bench)
    second = written(bench, post, "Entä tabletilla?", parent=first)
    to = Target(post_id=post, remote_id=second, parent_remote_id=first)
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Answering)
        said = channel.reply(to, ANSWER)
        bench.clock.advance(60)
        assert channel.locate_reply(to, ANSWER, START).remote_ids == (said,)
    (one,) = answers(bench, post)
    assert one.parent_remote_id == (second if bench.name == "x" else first)


@pytest.mark.parametrize(
    "fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED, Fault.LOST_BEFORE, Fault.RATE_LIMITED]
)
def test_a_lost_answer_is_doubt_and_looking_settles_it(bench: Bench, fault: Fault) -> None:
    """Whatever happened to the request, what looking finds is what the network holds; a refusal changed nothing."""
    post, comment = asked(bench)
    to = Target(post_id=post, remote_id=comment)
    since = bench.clock.now()
    bench.sandbox.add_rule(Rule(kind=fault, method="POST"))
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Answering)
        with pytest.raises(ChannelError) as told:
            channel.reply(to, ANSWER)
        bench.sandbox.rules.clear()
        bench.clock.advance(60)
        found = channel.locate_reply(to, ANSWER, since)
    landed = answers(bench, post)
    assert [one.remote_id for one in landed] == list(found.remote_ids)
    assert found.complete
    if landed:
        assert isinstance(told.value, OutcomeUnknown | Unexpected)
    if fault is Fault.RATE_LIMITED:
        assert isinstance(told.value, Retryable)
    assert bool(landed) is (fault in {Fault.LOST_AFTER, Fault.ERROR_AFTER, Fault.MALFORMED})


def test_a_comment_is_hidden_and_shown_again(bench: Bench) -> None:
    """Twice is as good as once, both ways."""
    if bench.name not in HIDES:
        return  # test_every_network_answers_and_says_what_else_it_does
    _, comment = asked(bench, "Tienaa kotoa käsin")
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Hiding)
        for hidden in (True, True, False, False):
            channel.hide(comment, hidden=hidden)
            assert bench.sandbox.world.remarks[comment].hidden is hidden


def test_a_comment_is_deleted_for_good(bench: Bench) -> None:
    """What is gone already is as good."""
    if bench.name not in ERASES:
        return  # test_every_network_answers_and_says_what_else_it_does
    post, comment = asked(bench, "Tienaa kotoa käsin")
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Erasing)
        channel.erase_comment(comment)
        channel.erase_comment(comment)
        bench.clock.advance(60)
        assert comment not in {one.remote_id for one in channel.comments([post]).items}


def test_x_takes_no_answer_to_somebody_who_did_not_mention_us(bench: Bench) -> None:
    """A refusal that holds for good, and nothing is written (docs.x.com, changelog of 2026-02-23)."""
    if bench.name != "x":
        return  # only X asks for a mention
    post, first = asked(bench)
    comment = bench.sandbox.comment(post, "Ei mainintaa kunnasta", author="Aino Mäkelä", parent=first)
    with closing(bench.connect()) as channel:
        assert isinstance(channel, Answering)
        with pytest.raises(Rejected):
            channel.reply(Target(post_id=post, remote_id=comment), ANSWER)
    assert answers(bench, post) == []


@pytest.mark.parametrize(
    "spoilt", [b"\\u0000", b"9" * 1_000_000, b"\\ud83d", b" "], ids=["nul", "1 MB", "half", "space"]
)
def test_a_comment_with_an_id_that_nobody_can_keep_hides_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, spoilt: bytes
) -> None:
    """It is left out, the others are told, and the listing does not count as whole: what is missing was not deleted."""
    post, bad = asked(bench)
    good = written(bench, post, "Puoli \ud83d merkkiä")
    reading = Session._read

    def spoil(self: Session, response: Response) -> Response:
        response = reading(self, response)
        response._content = response.content.replace(bad.encode() + b'"', bad.encode() + spoilt + b'"')
        return response

    with closing(bench.connect()) as channel:
        assert channel.comments([post]).complete == {post}
        monkeypatch.setattr(Session, "_read", spoil)
        found = channel.comments([post])
    words = {one.remote_id: one.text or "" for one in found.items if not one.own}
    assert set(words) == {good}
    assert words[good].endswith("Puoli \ufffd merkkiä")
    assert found.complete == set()

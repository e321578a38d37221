"""Replies to residents: said once whatever dies or gets lost on the way, and what the network holds is what is told."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels import registry
from channels.sandbox.faults import Kind, Rule
from publisher.answering import Answers, Outcome, Point, Result, nothing
from publisher.delivery import REQUEST_AT_MOST
from publisher.store import engagement, replies
from publisher.store.engagement import CommentView
from publisher.store.replies import Addressed, Stage
from tests.delivery.town import Town, town, write, write_picture

ANSWER = "Hei! Kyllä toimii, myös <tabletilla> & puhelimella."
CONFIRM_FOR = timedelta(minutes=10)


class KilledError(BaseException):
    """What a process feels of kill -9: nothing below it runs."""


@contextmanager
def asked(folder: Path, channels: tuple[str, ...] = registry.NAMES) -> Iterator[Town]:
    """A town whose announcement is out, with one question under each post, read."""
    (folder / "schedules").mkdir(exist_ok=True)
    write_picture(folder, "talo.png")
    write(
        folder,
        "lupa",
        "text: Rakennusluvan voi hakea verkossa.\npublish: asap\nimages: [{file: talo.png, alt: Talo.}]\n",
    )
    with town(folder, channels=channels) as one:
        one.service.read_queue()
        one.work()
        one.clock.advance(600)
        for channel in channels:
            (post,) = one.posts(channel)
            one.sandbox.comment(post.id, "Toimiiko tämä puhelimella?", author="Eero Lehtonen")
        one.clock.advance(60)
        one.service.collect(all_posts=True)
        yield one


def comments(one: Town, *, unanswered: bool = False) -> tuple[CommentView, ...]:
    with one.service.store.read() as conn:
        return engagement.list_comments(conn, unanswered=unanswered)


def addressed(one: Town, comment: CommentView) -> Addressed:
    with one.service.store.read() as conn:
        found = replies.comment(conn, comment.id)
    assert found is not None
    return found


def said(one: Town, channel: str) -> list[str]:
    """What we have said below the residents' comments, as the network holds it."""
    return [comment.text for post in one.posts(channel) for comment in post.comments if comment.own]


def answers(one: Town, reached: object = nothing) -> Answers:
    return Answers(
        one.service.store,
        one.service._lend,
        one.clock,
        confirm_for=CONFIRM_FOR,
        reached=reached,  # type: ignore[arg-type]
    )


def say(one: Town, to: Addressed, *, again: bool = False, by: Answers | None = None) -> Result:
    """What `tiedote reply` does where no approval is required."""
    desk = by or answers(one)
    result = desk.ask(to, ANSWER, "maija", approved=True, again=again)
    return desk.send(result.reply.id) if result.outcome is Outcome.DONE and result.reply else result


def the_only(one: Town, channel: str) -> Addressed:
    (comment,) = [each for each in comments(one) if each.channel == channel]
    return addressed(one, comment)


def test_a_reply_is_said_once_on_every_network(tmp_path: Path) -> None:
    """It stands below the comment, which is answered at once and after the next reading; the same words again say nothing."""
    with asked(tmp_path) as one:
        for comment in comments(one, unanswered=True):
            to = addressed(one, comment)
            assert say(one, to).outcome is Outcome.DONE
            assert say(one, to).outcome is Outcome.WAS_DONE
            other = answers(one).ask(to, "Jotain aivan muuta.", "matti", approved=True)
            assert (other.outcome, other.reply and other.reply.by) == (Outcome.ANSWERED, "maija")
        assert comments(one, unanswered=True) == ()
        assert {channel: len(said(one, channel)) for channel in registry.NAMES} == dict.fromkeys(registry.NAMES, 1)
        assert all(ANSWER in said(one, channel)[0] for channel in registry.NAMES)
        one.clock.advance(3600)
        one.service.collect(all_posts=True)
        assert comments(one, unanswered=True) == ()
        assert len(comments(one)) == len(registry.NAMES)


def test_what_was_answered_on_the_network_itself_is_answered_again_only_by_will(tmp_path: Path) -> None:
    """Somebody wrote there, and Tiedote has read it: nothing more is said, but with `again`."""
    with asked(tmp_path, ("facebook",)) as one:
        to = the_only(one, "facebook")
        with one.service.store.write() as conn:
            conn.exec_driver_sql("UPDATE comments SET answered_at = created_at")
        told = say(one, to)
        assert (told.outcome, told.reply, said(one, "facebook")) == (Outcome.ANSWERED, None, [])
        assert say(one, to, again=True).outcome is Outcome.DONE
        assert said(one, "facebook") == [ANSWER]


@pytest.mark.parametrize("point", Point)
def test_whatever_dies_it_is_said_at_most_once(tmp_path: Path, point: Point) -> None:
    """Killed after the intent, after the answer or after it was written down: then looked for, and told as it is."""

    def killed(here: Point) -> None:
        if here is point:
            raise KilledError

    went_out = point is not Point.AFTER_INTENT

    def must_be(first: Outcome, otherwise: Outcome) -> None:
        """Ask again on every network; nothing is sent by itself."""
        for channel in registry.NAMES:
            assert say(one, the_only(one, channel)).outcome is (first if went_out else otherwise), channel
            assert len(said(one, channel)) == went_out, channel

    with asked(tmp_path) as one:
        for channel in registry.NAMES:
            with pytest.raises(KilledError):
                say(one, the_only(one, channel), by=answers(one, killed))
        # The request may still be on its way, unless its end was written down.
        must_be(Outcome.WAS_DONE if point is Point.AFTER_OUTCOME else Outcome.BUSY, Outcome.BUSY)
        one.clock.advance(REQUEST_AT_MOST.total_seconds() + 60)
        one.service.answers.settle()
        must_be(Outcome.WAS_DONE, Outcome.DOUBT)
        one.clock.advance(CONFIRM_FOR.total_seconds())
        one.service.answers.settle()
        must_be(Outcome.WAS_DONE, Outcome.ABSENT)
        if not went_out:
            for channel in registry.NAMES:
                assert say(one, the_only(one, channel), again=True).outcome is Outcome.DONE
                assert len(said(one, channel)) == 1


def test_a_process_that_is_killed_with_an_answer_in_hand_leaves_one_reply(tmp_path: Path) -> None:
    """A real process and a real kill -9: the reply stands there, is looked for, found, and never said again."""
    with asked(tmp_path, ("facebook",)) as one:
        to = the_only(one, "facebook")
        line = [sys.executable, "-m", "tests.delivery.replyvictim", str(tmp_path / "config.yaml"), str(to.id), ANSWER]
        died = subprocess.run([*line, Point.AFTER_ANSWER], check=False, capture_output=True)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert len(said(one, "facebook")) == 1
        one.clock.set(datetime.now(UTC) + REQUEST_AT_MOST + timedelta(minutes=1))  # the process had the machine's clock
        with one.service.store.read() as conn:
            (reply,) = replies.unsettled(conn, one.clock.now())
        # The sandbox's clock stood still meanwhile: the reply is as old as the question.
        with one.service.store.write() as conn:
            conn.exec_driver_sql("UPDATE replies SET intent_at = (SELECT min(created_at) FROM comments)")
        one.service.answers.settle()
        assert say(one, to).outcome is Outcome.WAS_DONE
        assert len(said(one, "facebook")) == 1
        with one.service.store.read() as conn:
            assert replies.get(conn, reply.id).stage is Stage.SENT


@pytest.mark.parametrize("fault", [Kind.LOST_AFTER, Kind.MALFORMED, Kind.LOST_BEFORE])
def test_a_lost_answer_is_looked_for_and_never_sent_again(tmp_path: Path, fault: Kind) -> None:
    """What went out is found at once, or once the listing has it; what did not is told as absent, and a person decides."""
    with asked(tmp_path) as one:
        for channel in registry.NAMES:
            to = the_only(one, channel)
            one.sandbox.add_rule(Rule(kind=fault, network=channel, method="POST"))
            told = say(one, to)
            one.sandbox.rules.clear()
            assert told.outcome in {Outcome.DONE, Outcome.DOUBT}, channel
        one.clock.advance(120)
        one.service.answers.settle()
        one.clock.advance(CONFIRM_FOR.total_seconds())
        one.service.answers.settle()
        went_out = fault is not Kind.LOST_BEFORE
        for channel in registry.NAMES:
            assert len(said(one, channel)) == went_out, channel
            expected = Outcome.WAS_DONE if went_out else Outcome.ABSENT
            assert say(one, the_only(one, channel)).outcome is expected, channel
            assert len(said(one, channel)) == went_out, channel


def test_a_refusal_says_nothing_and_can_be_tried_again(tmp_path: Path) -> None:
    """A network that is busy, and X, which takes no answer to strangers: the row says so, and nothing lingers."""
    with asked(tmp_path, ("facebook", "x")) as one:
        to = the_only(one, "facebook")
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, network="facebook", method="POST"))
        assert say(one, to).outcome is Outcome.REFUSED
        assert say(one, to).outcome is Outcome.DONE
        (post,) = one.posts("x")
        first = next(each for each in comments(one) if each.channel == "x")
        one.sandbox.comment(post.id, "Niinpä!", author="Aino Mäkelä", parent=first.remote_id)
        one.clock.advance(3600)
        one.service.collect(all_posts=True)
        stranger = next(each for each in comments(one) if each.channel == "x" and each.id != first.id)
        refused = say(one, addressed(one, stranger))
        assert refused.outcome is Outcome.REFUSED
        assert refused.error is not None
        assert said(one, "x") == []


def test_two_people_answer_at_once_and_one_is_heard(tmp_path: Path) -> None:
    """Another reply waits while one is open; a reply that is being sent is sent by nobody else."""
    with asked(tmp_path, ("facebook",)) as one:
        to = the_only(one, "facebook")
        desk = answers(one)
        first = desk.ask(to, ANSWER, "maija", approved=True)
        assert first.reply is not None
        assert desk.ask(to, "Jotain aivan muuta.", "matti", approved=True).outcome is Outcome.BUSY
        one.clock.advance(REQUEST_AT_MOST.total_seconds() + 1)
        other = desk.ask(
            to, "Jotain aivan muuta.", "matti", approved=True
        )  # Maija's process is dead, or finds her reply called off.
        assert (other.outcome, desk.send(first.reply.id).outcome) == (Outcome.DONE, Outcome.BUSY)
        first = other
        assert first.reply is not None
        with one.service.store.write() as conn:
            assert replies.open_intent(conn, first.reply.id, one.clock.now(), one.clock.now() + REQUEST_AT_MOST)
        assert desk.send(first.reply.id).outcome is Outcome.BUSY
        assert said(one, "facebook") == []


def test_a_process_that_stood_still_sends_nothing(tmp_path: Path) -> None:
    """Suspended between the intent and the request: others may be looking already."""
    with asked(tmp_path, ("facebook",)) as one:
        slept = answers(one, lambda point: one.clock.advance(60) if point is Point.AFTER_INTENT else None)
        assert say(one, the_only(one, "facebook"), by=slept).outcome is Outcome.BUSY
        assert said(one, "facebook") == []
        assert say(one, the_only(one, "facebook")).outcome is Outcome.DONE


def test_a_reply_waits_for_approval_and_is_called_off(tmp_path: Path) -> None:
    """Nothing is sent before somebody approves it; what is called off never is; whoever is forgotten is not answered any more."""
    with asked(tmp_path, ("facebook", "linkedin")) as one:
        to = the_only(one, "facebook")
        waiting = answers(one).ask(to, ANSWER, "maija", approved=False)
        assert waiting.outcome is Outcome.AWAITS
        assert waiting.reply is not None
        assert answers(one).send(waiting.reply.id).outcome is Outcome.BUSY
        assert answers(one).ask(to, ANSWER, "matti", approved=False).outcome is Outcome.AWAITS
        assert answers(one).ask(to, "Muuta.", "matti", approved=False).outcome is Outcome.OTHER_AWAITS
        assert said(one, "facebook") == []
        with one.service.store.write() as conn:
            assert replies.drop(conn, waiting.reply.id, one.clock.now())
            assert not replies.approve(conn, waiting.reply.id, "matti")
        second = answers(one).ask(to, ANSWER, "maija", approved=False)
        assert second.reply is not None
        with one.service.store.write() as conn:
            assert replies.approve(conn, second.reply.id, "matti")
        assert answers(one).send(second.reply.id).outcome is Outcome.DONE
        assert len(said(one, "facebook")) == 1
        other = the_only(one, "linkedin")
        third = answers(one).ask(other, ANSWER, "maija", approved=False)
        assert third.reply is not None
        with one.service.store.write() as conn:
            replies.rename(conn, other.account_id, other.target.remote_id, "forgotten-1", one.clock.now())
            assert replies.get(conn, third.reply.id).stage is Stage.DROPPED


def test_a_comment_that_is_gone_takes_its_lost_reply_along(tmp_path: Path) -> None:
    """Nothing is looked for under what is no more, and nothing is sent."""
    with asked(tmp_path, ("facebook",)) as one:
        to = the_only(one, "facebook")
        one.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, network="facebook", method="POST"))
        assert say(one, to).outcome is Outcome.DOUBT
        one.sandbox.rules.clear()
        one.sandbox.remove(to.target.remote_id)
        one.clock.advance(CONFIRM_FOR.total_seconds())
        one.service.answers.settle()
        with one.service.store.read() as conn:
            (reply,) = replies.of_comment(conn, to.account_id, to.target.remote_id)
        assert (reply.stage, reply.error_kind) == (Stage.REFUSED, "post_gone")


def test_comments_are_hidden_shown_and_deleted_where_that_is_possible(tmp_path: Path) -> None:
    """Facebook and Instagram hide; LinkedIn only deletes; X does neither. A lost answer is asked for again."""
    with asked(tmp_path) as one:
        for channel in registry.NAMES:
            to = the_only(one, channel)
            one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, network=channel, method="POST"))
            hidden = one.service.answers.hide(to, hidden=True).outcome
            one.sandbox.rules.clear()
            if channel in {"facebook", "instagram"}:
                assert hidden is Outcome.DONE
                assert one.sandbox.world.remarks[to.target.remote_id].hidden
                assert addressed(one, next(each for each in comments(one) if each.channel == channel)).hidden
                assert one.service.answers.hide(to, hidden=False).outcome is Outcome.DONE
                assert not one.sandbox.world.remarks[to.target.remote_id].hidden
            else:
                assert hidden is Outcome.NOT_POSSIBLE
            erased = one.service.answers.erase(to).outcome
            assert erased is (Outcome.NOT_POSSIBLE if channel == "x" else Outcome.DONE)
        assert [each.channel for each in comments(one)] == ["x"]

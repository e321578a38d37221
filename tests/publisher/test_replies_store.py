"""Replies in the database: one open at a time, each move made once, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from channels.base import Target
from publisher.store import Store, replies
from publisher.store.replies import Addressed, Reply, Stage
from tests.publisher.rows import an_account

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def addressed(store: Store, remote_id: str = "c1") -> Addressed:
    return Addressed(
        id=1,
        account_id=an_account(store, NOW).id,
        delivery_id=None,
        organisation="hausjarvi",
        channel="facebook",
        account="facebook",
        announcement=None,
        target=Target(post_id="p1", remote_id=remote_id),
        text="Toimiiko?",
        url=None,
        hidden=False,
    )


def test_a_comment_has_one_open_reply_and_any_number_of_finished_ones(store: Store) -> None:
    """A second one is refused by the database itself, whoever asks."""
    to = addressed(store)
    with store.write() as conn:
        assert not replies.hold(conn, to.id), "it is not answered, nor even there"
        first = replies.ask(conn, to, "Kyllä", "maija", Stage.READY, NOW)
        assert replies.drop(conn, first.id, NOW)
        replies.ask(conn, to, "Kyllä", "maija", Stage.AWAITING, NOW)
    with pytest.raises(IntegrityError), store.write() as conn:
        replies.ask(conn, to, "Ei", "matti", Stage.READY, NOW)
    with store.read() as conn:
        assert [one.stage for one in replies.of_comment(conn, to.account_id, "c1")] == [Stage.DROPPED, Stage.AWAITING]
        assert [one.text for one in replies.awaiting(conn)] == ["Kyllä"]


def test_each_move_is_made_once(store: Store) -> None:
    """Awaiting, ready, sending, doubt, sent: what has moved on moves no more."""
    to = addressed(store)
    with store.write() as conn:
        reply: Reply = replies.ask(conn, to, "Kyllä", "maija", Stage.AWAITING, NOW)
        later = NOW + timedelta(minutes=2)
        assert not replies.open_intent(conn, reply.id, NOW, later)
        assert [replies.approve(conn, reply.id, "matti") for _ in range(2)] == [True, False]
        assert [replies.open_intent(conn, reply.id, NOW, later) for _ in range(2)] == [True, False]
        assert not replies.drop(conn, reply.id, NOW)
        assert replies.unsettled(conn, NOW) == ()
        assert [one.id for one in replies.unsettled(conn, later)] == [reply.id]
        assert [replies.doubt(conn, reply.id, NOW) for _ in range(2)] == [True, False]
        assert [one.id for one in replies.unsettled(conn, NOW)] == [reply.id]
        assert [replies.settle(conn, reply.id, Stage.SENT, NOW, remote_id="r1") for _ in range(2)] == [True, False]
        assert replies.remote_ids(conn, reply.account_id) == {"r1"}
        done = replies.get(conn, reply.id)
    assert (done.stage, done.remote_id, done.by, done.approved_by) == (Stage.SENT, "r1", "maija", "matti")


def test_an_answer_to_somebody_who_is_forgotten_names_nobody(store: Store) -> None:
    """It stays as a record, without the name that it begins with; one whose answer was lost is still looked for by its words."""
    to = addressed(store)
    with store.write() as conn:
        for text in ("@eero_l Kyllä.", "@eero_l Ja näin."):
            reply = replies.ask(conn, to, text, "maija", Stage.READY, NOW)
            replies.drop(conn, reply.id, NOW)
        doubted = replies.ask(conn, to, "@eero_l Vielä.", "maija", Stage.READY, NOW)
        assert replies.open_intent(conn, doubted.id, NOW, NOW)
        replies.rename(conn, to.account_id, "c1", "forgotten:1", NOW)
        said = [one.text for one in replies.of_comment(conn, to.account_id, "forgotten:1")]
    assert said == ["Kyllä.", "Ja näin.", "@eero_l Vielä."]

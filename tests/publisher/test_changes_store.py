"""What a person wants changed about posts that are out, as it is kept: on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from publisher.model import State
from publisher.store import Store, engagement
from publisher.store import deliveries as rows
from publisher.store.deliveries import ChangeKind, FrozenPost, Setback, Standing, tables
from tests.publisher.rows import a_delivery, a_post, an_account, comment_rows
from tests.publisher.test_engagement_store import a_comment

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD, NEW = FrozenPost(text="Vanhat sanat"), FrozenPost(text="Uudet sanat")


def a_post_of(store: Store, **columns: Any) -> int:
    return a_post(store, an_account(store, NOW), NOW, post=OLD.as_json(), evidence="answer", **columns)


def test_a_withdrawal_is_asked_once_and_kept_for_good(store):
    """Who asked first stays; the words before, the moment and the outcome are kept, the comments are not."""
    post = a_post_of(store)
    with store.write() as conn:
        engagement.upsert_comments(conn, 1, [a_comment(post)], NOW)
        rows.ask_withdrawal(conn, post, "anna", "Väärä päivä", NOW)
        rows.ask_withdrawal(conn, post, "onni", None, NOW + HOUR)
        assert rows.to_withdraw(conn, NOW) == (post,)
        assert rows.take(conn, post, NOW) is not None
        rows.record_put_off(conn, post, Setback(kind="busy", detail=""), NOW + HOUR, NOW)
        assert rows.to_withdraw(conn, NOW) == ()
        assert rows.to_withdraw(conn, NOW + HOUR) == (post,)
        assert rows.record_withdrawn(conn, post, NOW + HOUR) == 1
        assert rows.to_withdraw(conn, NOW + HOUR) == ()
        assert rows.standing(conn, post) is Standing.GONE
        (change,) = rows.changes_of(conn, post)
    assert (change.kind, change.by, change.why, change.outcome) == (ChangeKind.WITHDRAWN, "anna", "Väärä päivä", "done")
    assert (change.before, change.after, change.finished_at) == (OLD, None, NOW + HOUR)
    assert comment_rows(store) == {}


def test_words_before_and_after_are_kept(store):
    """The delivery has the new ones, the change both; a wish that came later takes the place of an open one."""
    post = a_post_of(store)
    with store.write() as conn:
        rows.ask_amendment(conn, post, "anna", None, NEW, NOW)
        rows.record_amended(conn, post, NEW, "f", NOW)
        assert rows.outside(conn, post).post == NEW
        rows.ask_amendment(conn, post, "anna", None, OLD, NOW)
        rows.ask_withdrawal(conn, post, "anna", None, NOW)
        changes = rows.changes_of(conn, post)
    assert [(change.before, change.after, change.outcome) for change in changes] == [
        (OLD, NEW, "done"),
        (NEW, OLD, "superseded"),
        (NEW, None, None),
    ]


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_the_answer_to_an_amendment_settles_no_withdrawal_that_came_meanwhile(store, outcome):
    """It was on its way when somebody took the post down: that stays to be done."""
    post = a_post_of(store)
    with store.write() as conn:
        rows.ask_amendment(conn, post, "anna", None, NEW, NOW)
        rows.ask_withdrawal(conn, post, "onni", None, NOW)
        if outcome == "done":
            rows.record_amended(conn, post, NEW, "f", NOW)
        else:
            rows.record_refused(conn, post, ChangeKind.AMENDED, Setback(kind="post_refused", detail=""), NOW)
        assert rows.to_withdraw(conn, NOW) == (post,)
        assert rows.standing(conn, post) is Standing.LEAVING
        assert rows.list_deliveries(conn, [post])[0].error_kind == rows.REMOVING
        assert rows.take(conn, post, NOW) is not None
        rows.record_withdrawn(conn, post, NOW)
        assert rows.standing(conn, post) is Standing.GONE


def test_a_delivery_has_one_open_change(store):
    """The database itself holds it."""
    post = a_post_of(store)
    with store.write() as conn:
        rows.ask_withdrawal(conn, post, "anna", None, NOW)
    second = {"delivery_id": post, "kind": "amended", "by": "x", "asked_at": NOW, "before": OLD.as_json()}
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.execute(insert(tables.CHANGES).values(**second))


def test_what_is_being_sent_is_not_taken(store):
    """An attempt that is open may still make something public; afterwards the claim of its worker is void."""
    post = a_post_of(store, owner="worker", token=4)
    attempt = {
        "delivery_id": post,
        "account_id": 1,
        "n": 1,
        "step": "comment",
        "token": 4,
        "intent_at": NOW,
        "deadline_at": NOW,
    }
    with store.write() as conn:
        conn.execute(insert(tables.ATTEMPTS).values(**attempt))
        assert rows.standing(conn, post) is Standing.BUSY
        assert rows.take(conn, post, NOW) is None
        conn.execute(tables.ATTEMPTS.update().values(outcome="done"))
        assert rows.take(conn, post, NOW) is not None
        row = conn.execute(tables.DELIVERIES.select()).one()
    assert (row.token, row.owner, row.state) == (5, None, State.PUBLISHED)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.FAILED, State.CANCELLED])
def test_what_was_never_out_is_not_taken(store, state):
    """There is nothing to take down."""
    delivery = a_delivery(store, an_account(store, NOW), NOW, state=state, post=OLD.as_json())
    with store.write() as conn:
        assert rows.standing(conn, delivery) is Standing.NOT_OUT
        assert rows.take(conn, delivery, NOW) is None


def test_fresh_posts_of_ours_are_read_back_once(store):
    """Not what was adopted, not what is old or brand new, not what is about to be changed."""
    post = a_post_of(store)
    a_post(store, an_account(store, NOW, "x"), NOW, post=OLD.as_json(), evidence="adopted")
    with store.write() as conn:

        def due() -> list[int]:
            return [one.id for one in rows.to_read_back(conn, 1, NOW - HOUR, NOW)]

        assert due() == [post]
        assert rows.to_read_back(conn, 2, NOW - HOUR, NOW) == ()
        assert rows.to_read_back(conn, 1, NOW - HOUR, NOW - HOUR) == ()
        rows.ask_amendment(conn, post, "anna", None, NEW, NOW)
        assert due() == []
        rows.record_amended(conn, post, NEW, "f", NOW)
        rows.record_read_back(conn, post, ("text", "alt:1"), NOW)
        assert due() == []
        (view,) = rows.list_deliveries(conn, [post])
        assert (view.error_kind, view.error_detail) == ("differs", "text,alt:1")
        rows.record_read_back(conn, post, (), NOW)
        assert rows.list_deliveries(conn, [post])[0].error_kind is None

"""A day of thirty tracked posts and lively residents: nothing is missed, and it costs no more than is promised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from publisher.cues import Kind
from publisher.store import Store, engagement, migrate
from tests.publisher.aday import MIDNIGHT, living


@pytest.fixture
def store(tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path}/tiedote.db")
    migrate(store, MIDNIGHT)
    yield store
    store.close()


@pytest.mark.parametrize(
    "variant, calls", [("facebook", 12), ("instagram", 12), ("linkedin development", 3), ("x owner", None)]
)
def test_a_days_reading_misses_nothing_and_costs_little(
    store: Store, tmp_path: Path, variant: str, calls: int | None
) -> None:
    """By the sandbox's own count; what `make bench` prints for all tiers."""
    with living(variant, store, tmp_path) as life:
        day = life.a_day()
    assert day.new > 80
    assert day.missed == []
    if calls is not None:
        assert day.calls <= calls
    else:
        # Each new direct answer and mention once at the price for the owner of the app, each further answer once at the usual one.
        assert day.dollars <= 0.05 + day.direct * 0.001 + (day.new - day.direct) * 0.005


_BY_INDEX: tuple[tuple[dict[str, Any], str], ...] = (
    ({"unanswered": True}, "ix_comments_unanswered"),
    ({"unanswered": True, "organisation": "hausjarvi"}, "ix_comments_unanswered"),
    ({"unanswered": True, "looks": {"question"}}, "ix_comments_unanswered"),
    ({"unanswered": True, "questions": True, "organisation": "hausjarvi"}, "ix_comments_unanswered"),
    ({"looks": {"idea"}}, "ix_comments_topics"),
    ({"looks": {"idea", "thanks"}, "organisation": "hausjarvi"}, "ix_comments_topics"),
)


def test_what_is_looked_for_is_found_by_an_index(store: Store) -> None:
    """However many comments are stored: each list touches those alone that it shows."""
    for asked, index in _BY_INDEX:
        query = engagement.listed(**asked).compile(dialect=store.engine.dialect, compile_kwargs={"literal_binds": True})
        with store.read() as conn:
            plan = " / ".join(row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
        assert index in plan, (asked, plan)


def test_every_look_is_known_to_the_database() -> None:
    """In the order in which they are written down."""
    assert tuple(one for one in Kind if one is not Kind.QUESTION) == engagement.TOPICS


def test_a_posts_comments_are_counted_by_an_index(store: Store) -> None:
    """Without a look at them."""
    with store.read() as conn:
        counted = conn.execute(
            text("EXPLAIN QUERY PLAN SELECT count(*) FROM comments WHERE delivery_id IN (1, 2) AND kind = 'comment'")
        ).all()
    assert "COVERING INDEX ix_comments_delivery_id" in counted[0][-1]

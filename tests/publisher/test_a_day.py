"""A day of thirty tracked posts and lively residents: nothing is missed, and it costs no more than is promised."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

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


def test_what_waits_is_found_by_an_index(store: Store) -> None:
    """However many comments are stored: the list of unanswered ones touches those alone, and an upsert finds its row at once."""
    statement = str(engagement._views().where(engagement.WAITS).compile(dialect=store.engine.dialect))
    with store.read() as conn:
        plan = " / ".join(row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))
        counted = conn.execute(
            text("EXPLAIN QUERY PLAN SELECT count(*) FROM comments WHERE delivery_id IN (1, 2) AND kind = 'comment'")
        ).all()
    assert "ix_comments_unanswered" in plan, plan
    assert "COVERING INDEX ix_comments_delivery_id" in counted[0][-1]

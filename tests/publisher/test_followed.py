"""What is changed, hidden, shown again or deleted on a network is followed here, replies included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.keeping import Keeper
from publisher.store import Store, migrate
from tests.publisher.aday import MIDNIGHT, Life, living
from tests.publisher.rows import comment_rows

VARIANTS = ("facebook", "instagram", "linkedin standard", "x owner")
EDITS = {"facebook", "linkedin", "x"}
TELLS_HIDDEN = {"facebook", "instagram"}


@pytest.fixture(params=VARIANTS)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Life]:
    store = Store(f"sqlite:///{tmp_path}/tiedote.db")
    migrate(store, MIDNIGHT)
    with living(request.param, store, tmp_path, posts=2) as life:
        yield life
    store.close()


def test_what_happens_on_the_network_happens_here(life: Life) -> None:
    """A comment, an answer to it and one more: edited, hidden, shown again, deleted; at the next reading of everything at the latest."""
    network, post_id = life.account.channel, life.posts[-1][1]
    top = life.sandbox.comment(post_id, "Onko auki?", author="Eero Lehtonen")
    reply = life.sandbox.comment(post_id, "Sama kysymys.", author="Helmi Niemi", parent=top)
    other = life.sandbox.comment(post_id, "Hienoa!", author="Aino Mäkelä")
    later(life)
    assert set(comment_rows(life.store)) == {top, reply, other}
    if network in EDITS:
        life.sandbox.edit(reply, "Sama kysymys, muutettuna.")
        later(life)
        rows = comment_rows(life.store)
        assert set(rows) == {top, reply, other}
        assert (rows[reply].text or "").endswith("Sama kysymys, muutettuna.")
    for one in (reply, other):
        life.sandbox.hide(one)
        later(life)
        rows = comment_rows(life.store)
        assert (one in rows and rows[one].hidden) if network in TELLS_HIDDEN else one not in rows
        life.sandbox.hide(one, hidden=False)
        later(life)
        assert not comment_rows(life.store)[one].hidden
    life.sandbox.remove(reply)
    later(life)
    assert set(comment_rows(life.store)) == {top, other}
    life.sandbox.remove(other)
    later(life)
    assert set(comment_rows(life.store)) == {top}
    life.sandbox.comment(
        post_id, "kiitos!" if network == "x" else "@EeroLehtonen kiitos!", author="Aino Mäkelä", parent=top
    )
    later(life)
    forget(life, top)
    for hours in (0, 0, 8 * 24):
        life.sandbox.clock.advance(timedelta(hours=hours).total_seconds())
        later(life)
        rows = {row.parent_remote_id or "": row for row in comment_rows(life.store).values()}
        veiled = rows.pop("" if "" in rows else post_id).remote_id
        assert veiled.startswith("forgotten:")
        (answer,) = rows.values()
        over = network == "linkedin" and hours > 48
        assert (answer.parent_remote_id, answer.text) == (veiled, None if over else "kiitos!")


def forget(life: Life, remote_id: str) -> None:
    """Forget who wrote a comment."""
    now = life.sandbox.clock.now()
    keeper = Keeper(life.store, life.collector._channels, life.collector._config)
    keeper.forget(keeper.who([f"c-{comment_rows(life.store)[remote_id].id}"], now), now, "maija")


def later(life: Life) -> None:
    """An hour later, everything is read."""
    life.sandbox.clock.advance(timedelta(hours=1).total_seconds())
    passed = life.collector.collect_account(life.account, life.sandbox.clock.now(), all_posts=True)
    assert passed is not None
    assert passed.error is None

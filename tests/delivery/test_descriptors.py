"""No file descriptor is left: what cannot be opened is not sent, that is told, and all goes out when there are some again."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from publisher.delivery import Point
from publisher.model import State
from publisher.store import Store, StoreAway
from tests.delivery import victim
from tests.delivery.conftest import Victims
from tests.delivery.test_killed import ledger, states
from tests.delivery.town import write, write_config

NETWORKS = ("facebook", "x", "linkedin")


@pytest.mark.parametrize("at", [Point.AFTER_INTENT, Point.AFTER_ANSWER])
def test_a_process_without_descriptors_loses_and_doubles_nothing(
    tmp_path: Path, networks: str, victims: Victims, at: Point
) -> None:
    """From a step on it opens no file, and a connection only after another was closed. The next does the rest, or says that it waits."""
    for number in range(2):
        write(tmp_path, f"tiedote-{number}", f"text: Tiedote numero {number}.\npublish: asap\n")
    config = write_config(tmp_path, networks, channels=NETWORKS, confirm_for="2s")
    config.write_text(config.read_text(encoding="utf-8").replace("first: 30s", "first: 1s"), encoding="utf-8")
    told = tmp_path / "told"
    starved = victims.run(config, str(told), at, to=victim.starve)
    once = Counter(post["network"] for post in ledger(networks))
    # Where all connections were open by then, nothing ran short, and there is nothing to tell.
    ran_short = re.search("Too many open files|unable to open|unreachable", told.read_text(encoding="utf-8"))
    assert ran_short or starved == 75 or once == dict.fromkeys(NETWORKS, 2)
    assert starved in {0, 75}, told.read_text(encoding="utf-8")
    ended = victims.run(config)
    out, found = Counter(post["network"] for post in ledger(networks)), states(tmp_path)
    assert once <= out
    assert set(out.values()) <= {1, 2}
    assert set(found.values()) <= {State.PUBLISHED, State.SCHEDULED, State.RETRYING}, found
    # An account that met five troubles in a row rests for longer than this process waits; it says so by how it ends.
    resting = {channel for channel in NETWORKS if out[channel] < 2}
    assert ended == (75 if resting else 0), (found, told.read_text(encoding="utf-8"))
    assert {channel for channel, state in found.items() if state is not State.PUBLISHED} <= resting


def test_a_database_that_cannot_be_opened_at_this_moment_is_away(tmp_path: Path) -> None:
    """As where descriptors run out, or a disk is not mounted: a fault that passes, not one of the program."""
    store = Store(f"sqlite:///{tmp_path}/data/tiedote.db")
    (tmp_path / "data").rename(tmp_path / "moved")
    with pytest.raises(StoreAway, match="unable to open"), store.read():
        pytest.fail("it was not to open")

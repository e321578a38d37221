"""`tiedote unpublish` and `amend` as processes of their own, beside the daemon and without it, and killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter

from tests.end_to_end.conftest import Place, running, wait_for


def visible(place: Place) -> int:
    return sum(post.visible for post in place.sandbox.ledger())


def widest(place: Place) -> str:
    """The announcement that is out on the most accounts."""
    return Counter(name for name, _organisation, _account in place.states()).most_common(1)[0][0]


def of(place: Place, announcement: str) -> set[str]:
    return {state for (name, _organisation, _account), state in place.states().items() if name == announcement}


def test_a_wrong_post_is_taken_down_beside_the_daemon(place: Place) -> None:
    """While the daemon goes on with the others: all its posts vanish, none comes back, and the others stay."""
    with running(place):
        assert wait_for(lambda: visible(place) == 12)
        announcement = widest(place)
        count = sum(name == announcement for name, _organisation, _account in place.states())
        told = place.tiedote("unpublish", announcement, "--yes", "--why", "Väärä päivä")
        assert told.stdout.count("http") == count
        assert visible(place) == 12 - count
        assert of(place, announcement) == {"withdrawn"}
        file = place.folder / "schedules" / f"{announcement}.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "# korjattu\n", encoding="utf-8")
        os.utime(file, (file.stat().st_mtime - 3600, file.stat().st_mtime - 3600))
        assert not wait_for(lambda: visible(place) != 12 - count, 4)
    place.tiedote("run", "--once")
    assert visible(place) == 12 - count


def test_a_withdrawal_that_was_killed_is_finished_by_the_next_run(place: Place) -> None:
    """The wish is written down before the first request: whatever dies on the way, all of it goes."""
    place.tiedote("run", "--once")
    announcement = widest(place)
    count = sum(name == announcement for name, _organisation, _account in place.states())
    assert count > 2
    place.sandbox.settings.delays.answer = 0.5
    command = subprocess.Popen(
        [sys.executable, "-m", "publisher", "unpublish", announcement, "--yes"],
        cwd=place.folder,
        env={**os.environ, **place.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_for(lambda: visible(place) < 12)
    command.send_signal(signal.SIGKILL)
    command.wait(10)
    assert visible(place) > 12 - count, "it was to be killed in the middle"
    place.sandbox.settings.delays.answer = 0
    place.tiedote("run", "--once")
    assert visible(place) == 12 - count
    assert of(place, announcement) == {"withdrawn"}

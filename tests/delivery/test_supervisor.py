"""What the daemon tells its supervisor, and that it never waits for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from publisher.daemon import tell_supervisor


@pytest.mark.timeout(20)
def test_a_supervisor_that_does_not_read_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket is full: what cannot be told is left untold, for the tick must go on."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "bell"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.bind(str(tmp_path / "bell"))
        for _ in range(2000):
            tell_supervisor("WATCHDOG=1")
        assert bell.recv(64) == b"WATCHDOG=1"

"""`tiedote run` as a process that is killed, stopped and started again, and how it tells that it is at work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
_READY_WITHIN = 40.0
_USUAL_START = 1.0
"""Seconds that a start takes on a machine that does nothing else."""

_MOST_SLOWNESS = 5.0


class Daemon:
    """The victim. `kills`: how often it was ended without a word; `ended_by_itself`: exit codes that nobody asked for."""

    def __init__(self, folder: Path, *, blind: bool) -> None:
        self._folder = folder
        self._command = [sys.executable, "-m", "tests.torture.victim", str(folder), *(["--blind"] if blind else [])]
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._bell.bind(str(folder / "bell"))
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0
        self.ended_by_itself: Counter[int] = Counter()
        self.slowest_start = 0.0
        self.slowness = 1.0
        """How many times longer than usual the last start took: a busy machine needs that much longer for all else, too."""

    def start(self) -> None:
        """Start it if it is not there, and wait until it is at work; one that ends by itself is started again."""
        begun = time.monotonic()
        while time.monotonic() < begun + _READY_WITHIN:
            self.spawn()
            if self._rings(0.5):
                took = time.monotonic() - begun
                self.slowest_start = max(self.slowest_start, took)
                self.slowness = min(max(1.0, took / _USUAL_START), _MOST_SLOWNESS)
                return
        raise TimeoutError("the daemon does not start")

    def spawn(self) -> None:
        """Start it if it is not there, without waiting for it."""
        if self.is_alive():
            return
        self.hush()
        environment = {**os.environ, "NOTIFY_SOCKET": str(self._folder / "bell")}
        with (self._folder / "daemon.err").open("ab") as errors:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=environment, stderr=errors)

    def hush(self) -> None:
        """Forget what was said so far; nobody reads it later, and what is full takes no more."""
        self._bell.setblocking(False)
        try:
            while self._bell.recv(64):
                pass
        except BlockingIOError:
            return

    def _rings(self, seconds: float) -> bool:
        self._bell.settimeout(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self._bell.recv(64) == b"READY=1":
                    return True
            except TimeoutError:
                return False
        return False

    def is_alive(self) -> bool:
        """Tell whether it runs; note how it ended if it does not."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is not None:
            self.ended_by_itself[code] += 1
            self._process = None
        return code is None

    def pause(self, seconds: float) -> None:
        """Stop it in mid-air for a while."""
        if self.is_alive() and self._process:
            self._process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        if self.is_alive() and self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.kills += 1

    def end(self) -> int:
        """End it as a supervisor does; return its exit code, -1 if it was not there."""
        if not self.is_alive() or not self._process:
            return -1
        self._process.terminate()
        code = self._process.wait(100)
        self._process = None
        return code

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._bell.close()

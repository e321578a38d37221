"""Which lines of an adapter ask its network: so that a test can tell whether it has seen a request of each."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class CallSites:
    """The lines of `module` that use `self.<attribute>` to ask the network, and which of them have run."""

    def __init__(
        self,
        module: ModuleType,
        attribute: str,
        *,
        but: frozenset[str] = frozenset({"close", "version", "asked", "told_at", "usage", "ration"}),
    ) -> None:
        """`but`: what of it asks nobody."""
        self._file = str(module.__file__)
        used = re.compile(rf"self\.{attribute}\.(\w+)")
        self.all = {
            number: found[1]
            for number, line in enumerate(Path(self._file).read_text(encoding="utf-8").splitlines(), 1)
            if (found := used.search(line)) and found[1] not in but
        }
        self.seen: set[int] = set()

    def watched(self, target: Any) -> Any:
        """Give `target` behind something that notes who uses it."""
        return _Watched(target, self)

    def note(self, file: str, line: int) -> None:
        if file == self._file:
            self.seen.add(line)

    @property
    def unseen(self) -> list[str]:
        """The lines that have not run, as people find them."""
        return [f"{Path(self._file).name}:{line} {name}" for line, name in self.all.items() if line not in self.seen]


class _Watched:
    def __init__(self, target: Any, sites: CallSites) -> None:
        self._target = target
        self._sites = sites

    def __getattr__(self, name: str) -> Any:
        frame = sys._getframe(1)
        self._sites.note(frame.f_code.co_filename, frame.f_lineno)
        return getattr(self._target, name)

"""Publishing by hand: every step through JSON and a new adapter, as after a restart between each two."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from channels.base import Channel, Post, Published, Step
from channels.sandbox import Sandbox


def reborn(step: Step) -> Step:
    """Return the step as a database gives it back."""
    plain = json.dumps([step.name, dict(step.memo), step.wait.total_seconds(), step.commits, step.repeatable])
    name, memo, wait, commits, repeatable = json.loads(plain)
    return Step(name=name, memo=memo, wait=timedelta(seconds=wait), commits=commits, repeatable=repeatable)


@dataclass
class Chain:
    """Runs a publication and keeps what happened."""

    sandbox: Sandbox
    connect: Callable[[], Channel]
    post: Post
    steps: list[Step] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    visible: list[int] = field(default_factory=list)
    """How many posts residents saw after each step."""

    def start(self) -> Step:
        return self.connect().begin(self.post)

    def run(self, step: Step) -> Step | Published:
        """Run one step after its wait."""
        step = reborn(step)
        self.steps.append(step)
        self.sandbox.clock.advance(step.wait.total_seconds())
        channel = self.connect()
        try:
            result = channel.advance(self.post, step)
        finally:
            channel.close()
        self.visible.append(len(self.sandbox.ledger()))
        if isinstance(result, Published):
            self.published.append(result)
        return result

    def until(self, name: str) -> Step:
        """Run up to the step of this name, and return it."""
        step: Step | None = self.start()
        while step is not None and step.name != name:
            step = following(self.run(step))
        assert step is not None, f"there is no {name}"
        return reborn(step)

    def finish(self, step: Step | None = None) -> Published:
        """Run to the end, from `step` or from the beginning."""
        step = step or self.start()
        while step is not None:
            step = following(self.run(step))
        return self.published[-1]

    @property
    def names(self) -> list[str]:
        return [step.name for step in self.steps]


def following(result: Step | Published) -> Step | None:
    return result.then if isinstance(result, Published) else result

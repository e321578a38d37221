"""A delivery worker in a page: it keeps every promise that a worker has to keep, and moves the sandbox's clock instead of waiting.

Each step goes through JSON and each call gets a channel of its own, as if the process had died in between. A committing step is never run
again on a guess: after doubt it looks, and runs again only on proof, or where the policy is `resend` and two complete looks found nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from channels.base import Channel, Post, Published, Step
from channels.errors import ChannelError, Kind, OutcomeUnknown, Rejected, Retryable
from channels.sandbox import Clock

Policy = Literal["hold", "resend"]
_MOST_CALLS = 150
_DEFAULT_PAUSE = timedelta(minutes=1)
_HORIZON = timedelta(minutes=10)


def through_json(step: Step) -> Step:
    """Return what is left of a step after a restart."""
    stored = json.loads(json.dumps({**asdict(step), "wait": step.wait.total_seconds(), "memo": dict(step.memo)}))
    return Step(**{**stored, "wait": timedelta(seconds=stored["wait"])})


@dataclass
class Courier:
    """Delivers one post. `published` is what became of it; `unsettled`: the committing steps that nobody can tell about."""

    connect: Callable[[], Channel]
    clock: Clock
    policy: Policy = "hold"
    owned: set[str] = field(default_factory=set)
    published: Published | None = None
    unsettled: list[str] = field(default_factory=list)
    refused: ChannelError | None = None
    steps: list[Step] = field(default_factory=list)
    _doubts: dict[str, datetime] = field(default_factory=dict)

    def deliver(self, post: Post, step: Step | None = None) -> Courier:
        """Run the chain to its end, from `step` if one is given."""
        with closing(self.connect()) as channel:
            following: Step | None = step or channel.begin(post)
        for _ in range(_MOST_CALLS):
            if following is None:
                return self
            step = through_json(following)
            self.steps.append(step)
            self.clock.advance(step.wait.total_seconds())
            following = self._after(post, step)
        raise AssertionError(f"no end after {_MOST_CALLS} calls: {self.steps[-1]}")

    def _after(self, post: Post, step: Step) -> Step | None:
        began = self.clock.now()
        try:
            with closing(self.connect()) as channel:
                return self._take(channel.advance(post, step))
        except OutcomeUnknown:
            return self._look(post, step, began) if step.commits else self._again(step, _DEFAULT_PAUSE)
        except Retryable as refusal:
            return self._again(step, refusal.after or _DEFAULT_PAUSE)
        except Rejected as refusal:
            if refusal.kind is Kind.DUPLICATE and step.name in self._doubts:
                hinted = replace(step, memo={**step.memo, **({"hint": refusal.remote_id} if refusal.remote_id else {})})
                return self._look(post, hinted, began)
            self.refused = refusal
            return None

    def _take(self, result: Step | Published) -> Step | None:
        if isinstance(result, Step):
            return result
        self.published = replace(result, url=result.url or (self.published.url if self.published else None))
        return result.then

    def _again(self, step: Step, pause: timedelta) -> Step:
        return replace(step, wait=pause)

    def _look(self, post: Post, step: Step, began: datetime) -> Step | None:
        since = self._doubts.setdefault(step.name, began)
        self.clock.advance(_HORIZON.total_seconds())
        complete = 0
        for _ in range(6):
            self.clock.advance(_DEFAULT_PAUSE.total_seconds())
            try:
                with closing(self.connect()) as channel:
                    found = channel.locate(post, step, since)
            except (OutcomeUnknown, Retryable):
                continue  # a look that failed proves nothing
            own = [candidate for candidate in found.candidates if candidate.remote_id not in self.owned]
            if own:
                return self._take(own[0])
            complete += found.complete
            if found.absent or (self.policy == "resend" and complete > 1):
                return self._again(step, timedelta(0))
        self.unsettled.append(step.name)
        return None

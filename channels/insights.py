"""Metrics that are asked for beside the counters. Meta drops some every year, and one that is gone fails the whole request.

Which ones they are is data (`Capabilities.insights`, or the configuration); one that is refused is found out, and left out for a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from channels.errors import AccountBlocked, ChannelError, Kind, Rejected, Retryable
from channels.graph import GraphWire, Rows

Answer = TypeVar("Answer")

_REST: Final = timedelta(days=1)


class _Value(GraphWire):
    value: int | Mapping[str, int] | None = None


class Metric(GraphWire):
    """One metric of a post: as a number, or by kinds that are added up; in `values`, or in `total_value` of newer ones."""

    name: str
    values: tuple[_Value, ...] = ()
    total_value: _Value | None = None

    @property
    def number(self) -> int | None:
        """What it says; None: nothing."""
        told = self.total_value or (self.values[0] if self.values else _Value())
        return sum(told.value.values()) if isinstance(told.value, Mapping) else told.value


class Insights:
    """The metrics of one account. `wanted`: each by what it is to us (`views`, `clicks` …)."""

    def __init__(self, wanted: Mapping[str, str], told_at: Callable[[], datetime | None]) -> None:
        """`told_at` gives the network's own time."""
        self._wanted = wanted
        self._told_at = told_at
        self._refused: dict[str, datetime | None] = {}

    @property
    def refused(self) -> frozenset[str]:
        """The metrics that are left out at the moment."""
        now = self._told_at()
        self._refused = {
            metric: since
            for metric, since in self._refused.items()
            if since is None or now is None or now - since < _REST
        }
        return frozenset(self._refused)

    def number(self, what: str, told: Rows[Metric] | None) -> int | None:
        """Look up what a metric says, by what it is to us; None where it is unknown."""
        name = self._wanted.get(what)
        return next((one.number for one in told.data if one.name == name), None) if told else None

    def read(self, ask: Callable[[str], Answer], try_one: Callable[[str], object]) -> Answer:
        """Ask with the field of all metrics; if that is refused, find out which one it was by `try_one`, and ask without it.

        `ask` takes what is to be added to the fields. Raises any ChannelError that has nothing to do with metrics.
        """
        wanted = [metric for metric in dict.fromkeys(self._wanted.values()) if metric not in self.refused]
        if not wanted:
            return ask("")
        try:
            return ask(_field(wanted))
        except ChannelError as error:
            if not _may_be_a_metric(error):
                raise
        for metric in wanted:
            try:
                try_one(metric)
            except ChannelError as error:
                if not _may_be_a_metric(error):
                    raise
                self._refused[metric] = self._told_at()
        left = [metric for metric in wanted if metric not in self._refused]
        if left == wanted:
            return ask("")  # each by itself is well: what is wrong is not known, and the counters matter more
        return ask(_field(left) if left else "")


def _field(metrics: list[str]) -> str:
    return f",insights.metric({','.join(metrics)}){{name,values}}"


def _may_be_a_metric(error: ChannelError) -> bool:
    """Tell whether a refusal may be about a metric: that it is none, that the permission or enough viewers for it are missing."""
    if isinstance(error, Retryable):
        return False
    return isinstance(error, Rejected) or (isinstance(error, AccountBlocked) and error.kind is Kind.PERMISSION_MISSING)

"""The summary of a week, a month or a year, computed: values in, values out, no clock, no words.

Two measures that are never mixed:

- *received* in the span on all posts: the difference between two readings of the counters, at its start and at its end. A post that was
  published within it counts from 0. Where a reading is missing the number is unknown (None), never 0.
- *so far*: a post's counters as last read. Only the best post uses it.

Interactions are reactions, comments and shares together, as far as the network tells them.
"""

from publisher.summary.counting import PERCENT_FROM, UNREAD_AFTER, compare, summarise
from publisher.summary.values import (
    NOTHING,
    WEEKS_DRAWN,
    Attention,
    Awaiting,
    Bar,
    Best,
    Change,
    Cost,
    Direction,
    Facts,
    Gap,
    Idea,
    Line,
    Period,
    PostFacts,
    Question,
    Queued,
    Reading,
    Service,
    Summary,
    Tally,
    Trouble,
    Upcoming,
)

__all__ = [
    "NOTHING",
    "PERCENT_FROM",
    "UNREAD_AFTER",
    "WEEKS_DRAWN",
    "Attention",
    "Awaiting",
    "Bar",
    "Best",
    "Change",
    "Cost",
    "Direction",
    "Facts",
    "Gap",
    "Idea",
    "Line",
    "Period",
    "PostFacts",
    "Question",
    "Queued",
    "Reading",
    "Service",
    "Summary",
    "Tally",
    "Trouble",
    "Upcoming",
    "compare",
    "summarise",
]

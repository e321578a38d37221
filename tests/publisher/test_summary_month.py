"""Four weeks on the sandbox's networks: every number that the summaries tell is the networks' own."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from publisher.cadence import Month, Week, week_of
from publisher.summary import Summary, Trouble
from tests.delivery.town import NETWORKS, START, Town, town, write, write_picture
from tests.publisher.test_engagement import TOLD

Counts = tuple[int, int, int | None]
"""Reactions, residents' comments, shares; None where the network tells none."""
Truth = dict[tuple[str, str], Counts]
"""By network and the post's id there."""

NOBODY: Counts = (0, 0, 0)
FIRST = 48


def announced(name: str, day: str) -> str:
    return f"""
        title: Palvelu {name}
        service: {name}
        text: Palvelu {name} on nyt verkossa.
        publish: {day} 09:00
        image: {{file: talo.png, alt: Talo.}}
        """


def test_a_month_of_summaries_equals_what_the_networks_hold(tmp_path):
    """Posts, reactions and comments that are taken back, a post that is deleted, and four days without a reading across an edge."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    for name, day in (("lupa", "2026-11-25"), ("vene", "2026-12-02"), ("haku", "2026-12-09"), ("koulu", "2026-12-16")):
        write(tmp_path, name, announced(name, day))
    with town(tmp_path) as one:
        one.service.read_queue()
        month = Simulated(one)
        for n in range(1, 27):
            month.live(n)
        weeks = [Week.of(2026, FIRST + n, one.service.config.timezone) for n in range(4)]
        summaries = [month.summary(week) for week in weeks]
        for week, summary in zip(weeks, summaries, strict=True):
            month.holds(week, summary)
        # The gap moves numbers from one week to the next, and loses none.
        received = [summary.total.received.interactions or 0 for summary in summaries]
        assert sum(received) == month.in_all()
        assert min(received) > 10
        assert [bar.interactions for bar in summaries[-1].bars[-4:]] == received
        gaps = [(len(summary.read_late), said(summary).count(Trouble.NOT_READ)) for summary in summaries]
        assert gaps == [(0, 0), (0, 4), (4, 0), (0, 0)]
        assert [said(summary).count(Trouble.GONE) for summary in summaries] == [0, 0, 0, 1]
        december = one.service.reporter.build(
            one.service.config.organisations["hausjarvi"],
            Month.of(2026, 12, one.service.config.timezone),
            one.clock.now(),
        )
        assert december.total.posts == 12


def said(summary: Summary) -> list[Trouble]:
    return [attention.trouble for attention in summary.attention]


class Simulated:
    """Residents who do this and that every day, and a reading three times a week and just before each Monday."""

    def __init__(self, one: Town) -> None:
        self._one = one
        self._chance = Random(8)
        self._read: list[tuple[datetime, Truth]] = []
        self._last: Truth = {}

    def live(self, day: int) -> None:
        one, noon = self._one, START.replace(hour=10) + timedelta(days=day)
        one.work(until=noon)
        one.clock.set(noon)
        self._deeds(day)
        if day == 24:
            gone = self._posts("facebook")[0]
            self._collect()
            one.sandbox.remove(gone)
        sunday = noon.isoweekday() == 7
        if sunday:
            one.clock.set(week_of(noon, one.service.config.timezone).end - timedelta(seconds=30))
        if (sunday or day % 2) and not timedelta(days=9) < noon - START < timedelta(days=14, hours=12):
            self._collect()

    def _posts(self, network: str) -> list[str]:
        return [post.id for post in self._one.posts(network) if post.visible and post.reply_to is None]

    def _deeds(self, day: int) -> None:
        sandbox = self._one.sandbox
        for network in NETWORKS:
            for post in self._posts(network):
                for n in range(self._chance.randrange(4)):
                    sandbox.react(post, "like", author=f"Asukas {day} {n}")
                if self._chance.random() < 0.4:
                    sandbox.comment(post, f"Kommentti {day}", author=f"Asukas {day}")
                if self._chance.random() < 0.3:
                    sandbox.share(post, author=f"Asukas {day}")
            posts = [post for post in self._one.posts(network) if post.visible]
            theirs = [one.id for post in posts for one in post.comments if not one.own]
            if theirs and self._chance.random() < 0.3:
                sandbox.remove(self._chance.choice(theirs))

    def _collect(self) -> None:
        now = self._one.clock.now()
        assert [one.error for one in self._one.service.collect(all_posts=True) if one.error] == []
        for network in NETWORKS:
            for post in self._one.posts(network):
                if post.visible and post.reply_to is None:
                    comments = sum(not comment.own for comment in post.comments)
                    shares = post.shares if "shares" in TOLD[network] else None
                    self._last[network, post.id] = (sum(post.reactions.values()), comments, shares)
        self._read.append((now, dict(self._last)))

    def summary(self, week: Week) -> Summary:
        """What the mail of the Monday after would have said."""
        config = self._one.service.config
        return self._one.service.reporter.build(config.organisations["hausjarvi"], week, week.end + timedelta(hours=8))

    def _known(self, moment: datetime) -> Truth:
        return next((truth for at, truth in reversed(self._read) if at <= moment), {})

    def holds(self, week: Week, summary: Summary) -> None:
        """Compare each channel's line with the difference of what the networks held when they were read."""
        before, after = self._known(week.start), self._known(week.end)
        expected: defaultdict[str, list[Counts]] = defaultdict(list)
        for key, counts in after.items():
            expected[key[0]].append(difference(counts, before.get(key, NOBODY)))
        for line in summary.channels:
            got = line.received
            rows = expected[line.channel]
            assert got.reactions == sum(row[0] for row in rows), (week.label, line.channel)
            assert got.comments == sum(row[1] for row in rows), (week.label, line.channel)
            shares = [row[2] for row in rows]
            assert got.shares == (None if None in shares else sum(one or 0 for one in shares)), (
                week.label,
                line.channel,
            )
            # What went out in the gap has no reading by its end, and is in no number until it has one.
            assert (line.unread, line.posts) == (int(week.number == 49), 1)
        assert summary.total.received.interactions == sum(line.received.interactions or 0 for line in summary.channels)
        by_service = sum(one.line.received.interactions or 0 for one in summary.services)
        assert by_service == summary.total.received.interactions

    def in_all(self) -> int:
        """Everything that the networks have ever held, as last read."""
        return sum(reactions + comments + (shares or 0) for reactions, comments, shares in self._last.values())


def difference(after: Counts, before: Counts) -> Counts:
    shares = None if after[2] is None else after[2] - (before[2] or 0)
    return after[0] - before[0], after[1] - before[1], shares

"""Who hears that the database is away, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from publisher.alarm import LASTS, OVER_AFTER, Alarm
from publisher.store import DiskFull, StoreAway

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
IT, CLERK = ("it@example.fi", "fi"), ("viestinta@example.fi", "sv")


class Post:
    """Takes mails down; those to `refused` are not taken."""

    def __init__(self) -> None:
        self.sent: list[tuple[type[StoreAway], str]] = []
        self.refused: set[str] = set()

    def __call__(self, away: StoreAway, recipient: tuple[str, str]) -> bool:
        if recipient[0] in self.refused:
            return False
        self.sent.append((type(away), recipient[0]))
        return True


def test_a_full_disk_is_told_at_once_and_once_a_day() -> None:
    """Everybody hears of it the first time that mails leave, again on the next day, and not in between."""
    alarm, post = Alarm(), Post()
    alarm.tell([IT, CLERK], post, NOW)
    assert post.sent == []
    for minute in range(120):
        now = NOW + timedelta(minutes=minute)
        alarm.note(DiskFull("database or disk is full"), now)
        alarm.tell([IT, CLERK], post, now)
    assert post.sent == [(DiskFull, IT[0]), (DiskFull, CLERK[0])]
    tomorrow = NOW + timedelta(days=1)
    alarm.note(DiskFull("database or disk is full"), tomorrow)
    alarm.tell([IT], post, tomorrow)
    assert post.sent[2:] == [(DiskFull, IT[0])]


def test_a_mail_that_was_not_taken_is_tried_again_without_repeating_the_others() -> None:
    """The mail server refuses one of two for a while; a full disk is told even when there is room again by then."""
    alarm, post = Alarm(), Post()
    alarm.note(DiskFull("full"), NOW)
    post.refused = {CLERK[0]}
    alarm.tell([IT, CLERK], post, NOW)
    post.refused.clear()
    alarm.tell([IT, CLERK], post, NOW + OVER_AFTER * 10)
    assert post.sent == [(DiskFull, IT[0]), (DiskFull, CLERK[0])]


def test_a_server_that_is_only_restarted_alarms_nobody() -> None:
    """A few seconds are no news; a minute is; two short troubles with a pause between them are not one long one."""
    alarm, post = Alarm(), Post()
    alarm.note(StoreAway("refused"), NOW)
    alarm.tell([IT], post, NOW + timedelta(seconds=5))
    later = NOW + OVER_AFTER + LASTS
    alarm.note(StoreAway("refused"), later)
    alarm.tell([IT], post, later)
    assert post.sent == []
    for second in range(0, int(LASTS.total_seconds()) + 10, 10):
        alarm.note(StoreAway("refused"), later + timedelta(seconds=second))
    alarm.tell([IT], post, later + LASTS)
    assert post.sent == [(StoreAway, IT[0])]


def test_a_disk_that_turns_out_to_be_full_is_told_as_such() -> None:
    """What began as another trouble is told by its real name."""
    alarm, post = Alarm(), Post()
    alarm.note(StoreAway("busy"), NOW)
    alarm.note(DiskFull("full"), NOW + timedelta(seconds=1))
    alarm.note(StoreAway("busy"), NOW + timedelta(seconds=2))
    alarm.tell([IT], post, NOW + timedelta(seconds=3))
    assert post.sent == [(DiskFull, IT[0])]

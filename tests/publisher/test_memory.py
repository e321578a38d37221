from __future__ import annotations

import os
import time

import pytest

from publisher.announcements import Memory, read_queue, reader
from publisher.service import Service, SystemClock
from publisher.store import Store
from tests.publisher.test_announcements import Desk

AN_HOUR_AGO = time.time() - 3600


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A desk whose file system's clock was always ahead of changes: what is written is settled at once."""
    monkeypatch.setattr("publisher.announcements.memory._SETTLED", -60_000_000_000)
    return Desk(tmp_path)


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are really read, from now on."""
    names: list[str] = []
    really = reader.read_file

    def note(path, config, *, now=None):
        names.append(path.name)
        return really(path, config, now=now)

    monkeypatch.setattr("publisher.announcements.queue.read_file", note)
    return names


def taken(names):
    found = list(names)
    names.clear()
    return found


def test_only_what_changed_is_read_again(desk, read):
    """A file with other words, a new one, one that was replaced, one with another picture; and one with a fault each time."""
    memory, config = Memory(), desk.config
    desk.picture("b.png")
    desk.write("text: A\n", "a.yaml")
    desk.write("text: B\nimage: {file: b.png, alt: Kuva}\n", "b.yaml")
    desk.write("text: C\n", "c.yaml")
    desk.write("txet: D\n", "d.yaml")
    first = read_queue(config, memory=memory)
    assert taken(read) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    again = read_queue(config, memory=memory)
    assert taken(read) == ["d.yaml"]
    assert (again.announcements, again.problems) == (first.announcements, first.problems)
    desk.write("text: AA\n", "a.yaml")
    desk.picture("b.png", (60, 60))
    desk.write("text: X\n", "uusi.txt").replace(desk.queue / "c.yaml")
    os.utime(desk.queue / "c.yaml", (AN_HOUR_AGO, AN_HOUR_AGO))
    queue = read_queue(config, memory=memory)
    assert taken(read) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert [one.top.text for one in queue.announcements] == [{"": "AA"}, {"": "B"}, {"": "X"}]
    assert queue.announcements[1].content_hash != first.announcements[1].content_hash


def test_what_is_gone_is_forgotten(desk, read):
    """A file that comes back is read, and one that is not there is no announcement."""
    memory, config = Memory(), desk.config
    path = desk.write("text: A\n", "a.yaml")
    read_queue(config, memory=memory)
    path.unlink()
    assert read_queue(config, memory=memory).announcements == ()
    desk.write("text: A\n", "a.yaml")
    assert len(read_queue(config, memory=memory).announcements) == 1
    assert taken(read) == ["a.yaml", "a.yaml"]


def test_a_link_and_what_was_touched_a_moment_ago_are_read_again(desk, read, monkeypatch):
    """A link may lead elsewhere next time; and two changes within one tick of a file system's clock look the same."""
    memory, config = Memory(), desk.config
    desk.write("text: A\n", "a.yaml")
    desk.queue.joinpath("b.yaml").symlink_to("a.yaml")
    monkeypatch.setattr("publisher.announcements.memory._SETTLED", 2_000_000_000)
    read_queue(config, memory=memory)
    read_queue(config, memory=memory)
    assert taken(read) == ["a.yaml", "b.yaml", "a.yaml", "b.yaml"]


def test_the_service_takes_in_a_queue_without_reading_it_twice(desk, read, store: Store):
    """Nothing is added, changed or cancelled by a second look, and an edit is seen."""
    config = desk.config
    desk.write("text: A\nlink: https://a.fi\npublish: 1.12.2030\n", "a.yaml")
    desk.write("text: B\nlink: https://a.fi\npublish: 1.12.2030\n", "b.yaml")
    service = Service(config, store, SystemClock(), "http://127.0.0.1:9")
    assert service.read_queue().added == 10
    again = service.read_queue()
    assert taken(read) == ["a.yaml", "b.yaml"]
    assert (again.added, again.changed, again.cancelled, again.held) == (0, 0, 0, 0)
    desk.write("text: Bee\nlink: https://a.fi\npublish: 1.12.2030\n", "b.yaml")
    assert service.read_queue().changed == 5
    assert taken(read) == ["b.yaml"]

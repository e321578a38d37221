"""Pictures on their way through the whole worker, to what the networks hold."""

from __future__ import annotations

from pathlib import Path

from channels import registry
from publisher.model import State
from tests.delivery.town import town, write, write_picture

ANNOUNCEMENT = """
    text: Rakennusluvan voi nyt hakea kokonaan verkossa.
    publish: asap
    images:
      - {file: talo.png, alt: Talo jonka katolla istuu lintu.}
      - {file: ovi.png, alt: Avoin ovi.}
"""


def announce(folder: Path) -> None:
    """Put an announcement with two pictures into the queue."""
    (folder / "schedules").mkdir(exist_ok=True)
    write_picture(folder, "talo.png")
    write_picture(folder, "ovi.png", "gold")
    write(folder, "lupa", ANNOUNCEMENT)


def test_a_network_that_loses_alt_texts_publishes_all_the_same(tmp_path: Path) -> None:
    """It answers as if it had taken them; only reading back tells."""
    announce(tmp_path)
    with town(tmp_path) as one:
        one.sandbox.settings.habits.loses_alts = ("facebook", "x")
        one.service.read_queue()
        one.work()
        assert set(one.states().values()) == {State.PUBLISHED}
        kept = {name: [picture.alt for picture in one.posts(name)[0].pictures] for name in registry.NAMES}
    whole = ["Talo jonka katolla istuu lintu.", "Avoin ovi."]
    assert kept == {"facebook": ["", ""], "instagram": whole, "x": ["", ""], "linkedin": whole}

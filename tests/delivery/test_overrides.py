"""Overrides and languages, from the file to what the four networks hold: the nearest word wins, and each reader gets his language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import compress, product
from pathlib import Path
from typing import Any

from channels import registry
from channels.sandbox import Sandbox, SandboxAccount, serve
from channels.sandbox.clock import Clock
from channels.sandbox.ledger import LedgerPost
from publisher.config import load_config
from publisher.model import State
from publisher.service import Service
from tests.delivery.town import START, Town, write, write_picture

KEYS = {
    "facebook": 'page_id: "{id}", access_token: page-{id}',
    "instagram": 'user_id: "{ig}", access_token: page-{id}, media: facebook_page',
    "x": 'user_id: "{id}", api_key: key, api_secret: secret, access_token: x-{id}, access_token_secret: s-{id}',
    "linkedin": 'organization_id: "{id}", access_token: li-{id}',
}
HEAD = """\
sandbox: no
timezone: Europe/Helsinki
queue: schedules
database: sqlite:///tiedote.db
mail: {host: 127.0.0.1, port: 1, security: none, from: T <t@example.fi>, alerts_to: [it@example.fi]}
networks: {%s}
organisations:
"""


def known_to_the_networks(organisation: str, channel: str, number: int) -> SandboxAccount:
    keys: dict[str, Any] = {
        "facebook": {"account_id": f"{number}", "token": f"page-{number}"},
        "instagram": {"account_id": f"1784{number}", "token": f"page-{number}", "page_id": f"{number}"},
        "x": {"account_id": f"{number}", "token": f"x-{number}", "token_secret": f"s-{number}"}
        | {"api_key": "key", "api_secret": "secret"},
        "linkedin": {"account_id": f"{number}", "token": f"li-{number}"},
    }
    return SandboxAccount(organisation=organisation, channel=channel, name=organisation, **keys[channel])


@contextmanager
def towns(folder: Path, organisations: dict[str, list[str]]) -> Iterator[Town]:
    """Open some towns, each with accounts of its own on every network; given: what each of them says of its languages."""
    accounts, lines = [], []
    numbers = iter(range(500_101, 501_000))
    for organisation, wishes in organisations.items():
        lines.append(f"  {organisation}:\n    name: {organisation}\n    languages: [fi, sv]\n    accounts:")
        own = [next(numbers) for _ in wishes]
        for channel in registry.NAMES:
            accounts += [known_to_the_networks(organisation, channel, number) for number in own]
            lines.append(f"      {channel}:")
            for number, wish in zip(own, wishes, strict=True):
                keys = KEYS[channel].format(id=number, ig=f"1784{number}")
                lines.append(f"        - {{{keys}, name: {channel}-{number}, languages: {wish}}}")
    clock = Clock(START, frozen=True)
    sandbox = Sandbox(accounts=accounts, clock=clock)
    with serve(sandbox, ports=(0,)) as server:
        moved = ", ".join(f'{name}: {{base_url: "{server.base_url}"}}' for name in registry.NAMES)
        (folder / "config.yaml").write_text(HEAD % moved + "\n".join(lines) + "\n", encoding="utf-8")
        with Service.open(load_config(folder / "config.yaml"), clock) as service:
            yield Town(folder, service, sandbox, clock)


def out(one: Town, organisation: str, channel: str) -> list[LedgerPost]:
    return [post for post in one.posts(channel) if post.organisation == organisation]


LEVELS = ("", "for", "channel", "both")
"""From the top to the nearest: for.ORG.CHANNEL over CHANNEL over for.ORG over the top."""


def said(level: str, number: int, only: tuple[str, ...] | None = None) -> list[str]:
    """Lines that say everything at a level, or some of it."""
    lines = {
        "text": f"text: Sanat {number} {level}.",
        "link": f"link: https://a.example/{number}{level}",
        "hashtags": f"hashtags: [Tunniste{level}]",
        "images": f"images: [{{file: talo.png, alt: Kuva {level}}}]",
        "first_comment": f"first_comment: Kommentti {level}.",
    }
    return [line for name, line in lines.items() if only is None or name in only]


def a_file(number: int, levels: dict[str, tuple[str, ...] | None]) -> str:
    """A file that says something at some levels. X has no first comment, and a block of its own may not give one."""

    def block(level: str, indent: int, *, x: bool) -> str:
        lines = [line for line in said(level, number, levels[level]) if not (x and line.startswith("first_comment"))]
        return "".join(f"{' ' * indent}{line}\n" for line in lines) or f"{' ' * indent}skip: no\n"

    text = "languages: [fi]\npublish: asap\n" + block("", 0, x=False)
    if "channel" in levels:
        text += "".join(f"{name}:\n{block('channel', 2, x=name == 'x')}" for name in registry.NAMES)
    if "for" in levels or "both" in levels:
        text += "for:\n  loppi:\n" + (block("for", 4, x=False) if "for" in levels else "")
        if "both" in levels:
            text += "".join(f"    {name}:\n{block('both', 6, x=name == 'x')}" for name in registry.NAMES)
    return text


def test_the_nearest_word_is_what_each_network_holds(tmp_path: Path) -> None:
    """All eight ways to say something at two levels and more, and each field from another one: on four networks, for two towns."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    cases: dict[int, dict[str, tuple[str, ...] | None]] = {}
    for number, chosen in enumerate(product([False, True], repeat=3)):
        cases[number] = dict.fromkeys(["", *compress(LEVELS[1:], chosen)])
    cases[8] = {"": None, "for": ("link", "hashtags"), "channel": ("hashtags", "images"), "both": ("images",)}
    for number, levels in cases.items():
        write(tmp_path, f"tiedote-{number}", a_file(number, levels))
    with towns(tmp_path, {"hausjarvi": ["together"], "loppi": ["together"]}) as one:
        one.service.read_queue()
        one.work()
        assert {delivery.state for delivery in one.deliveries()} == {State.PUBLISHED}
        for (number, levels), organisation, channel in product(cases.items(), ("hausjarvi", "loppi"), registry.NAMES):
            reach = [level for level in levels if organisation == "loppi" or level in {"", "channel"}]

            def nearest(name: str, levels: dict[str, Any] = levels, reach: list[str] = reach) -> str:
                given = [level for level in reach if levels[level] is None or name in levels[level]]
                return max(given, key=LEVELS.index)

            (post,) = [post for post in out(one, organisation, channel) if post.text.startswith(f"Sanat {number}")]
            where = f"{number} {organisation} {channel}"
            link = f"https://a.example/{number}{nearest('link')}"
            assert post.text == f"Sanat {number} {nearest('text')}.\n\n{link}\n\n#Tunniste{nearest('hashtags')}", where
            assert [picture.alt for picture in post.pictures] == [f"Kuva {nearest('images')}".strip()], where
            comments = [comment.text for comment in post.comments if comment.own]
            expected = [] if channel == "x" else [f"Kommentti {nearest('first_comment')}."]
            assert comments == expected, where


WORDS = """\
text: {fi: Hae lupa verkossa., sv: Ansök på nätet.}
link: {fi: "https://a.example/fi", sv: "https://a.example/sv"}
image: {file: talo.png, alt: {fi: Talo, sv: Hus}}
first_comment: {fi: Ohjeet., sv: Anvisningar.}
publish: asap
"""


def test_languages_go_out_together_separately_or_to_an_account_each(tmp_path: Path) -> None:
    """On all four networks: one post with both, a post for each, or each on an account of its own; alt texts and comments alike."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "talo.png")
    write(tmp_path, "lupa", WORDS)
    modes = {"yhdessa": ["together"], "erikseen": ["separate"], "kumpikin": ["[fi]", "[sv]"]}
    fi, sv = "Hae lupa verkossa.\n\nhttps://a.example/fi", "Ansök på nätet.\n\nhttps://a.example/sv"
    with towns(tmp_path, modes) as one:
        one.service.read_queue()
        one.work()
        assert {delivery.state for delivery in one.deliveries()} == {State.PUBLISHED}
        for channel in registry.NAMES:
            told = {
                mode: sorted(
                    (
                        post.text,
                        *(picture.alt for picture in post.pictures),
                        *(comment.text for comment in post.comments if comment.own),
                    )
                    for post in out(one, mode, channel)
                )
                for mode in modes
            }
            comment = () if channel == "x" else (("Ohjeet.",), ("Anvisningar.",))
            in_fi, in_sv = (fi, "Talo", *(comment[0] if comment else ())), (sv, "Hus", *(comment[1] if comment else ()))
            both = (f"{fi}\n\n{sv}", "Talo / Hus", *(("Ohjeet.\n\nAnvisningar.",) if comment else ()))
            assert told == {
                "yhdessa": [both],
                "erikseen": sorted([in_fi, in_sv]),
                "kumpikin": sorted([in_fi, in_sv]),
            }, channel
            owners = {post.account_id: post.text for post in out(one, "kumpikin", channel)}
            assert len(owners) == len(modes["kumpikin"])

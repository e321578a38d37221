"""200 posts due at once over eight accounts, each call answered after 0.2 s, beside a bare loop that makes 200 posts.

The floor is the least that 200 posts can cost: eight threads, one for each account of X, that post words one after the other with
nothing but `requests`: one call a post, no intent, no record, no looking. Ours is measured twice: words alone on X and LinkedIn, where a
post is one call as well; and with a picture on all four networks, where a post is up to seven calls. The clock runs from the first
request of `tiedote run --once` to the last post that became public.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests
from PIL import Image

from benchmarks.measuring import BIN, Figure, seconds_of, side_by_side

_ANSWERS_AFTER = 0.2
_POSTS = 25
_ACCOUNTS = 8
_PATIENCE = 30.0
_ID = {
    "facebook": ("page_id", "1000000000001"),
    "instagram": ("user_id", "178414000000001"),
    "x": ("user_id", "20000001"),
    "linkedin": ("organization_id", "50001"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    town: int
    channel: str

    @property
    def account_id(self) -> str:
        return f"{_ID[self.channel][1]}{self.town:02}"

    @property
    def token(self) -> str:
        # A Page's token serves its Instagram account too.
        return f"bench-{self.town}-{'page' if self.channel in {'facebook', 'instagram'} else self.channel}"

    def for_sandbox(self) -> Mapping[str, str]:
        page = {"page_id": f"{_ID['facebook'][1]}{self.town:02}"} if self.channel == "instagram" else {}
        known = {"organisation": f"town{self.town}", "name": f"Kunta {self.town}", "tier": "standard"}
        return {"channel": self.channel, "account_id": self.account_id, "token": self.token} | known | page

    def for_config(self) -> str:
        tier = ", tier: standard" if self.channel == "linkedin" else ""  # the other one has 100 calls a day
        return (
            f'      {self.channel}: {{{_ID[self.channel][0]}: "{self.account_id}", access_token: {self.token}{tier}}}'
        )


def throughput(repeats: int) -> list[Figure]:
    """Seconds until all 200 are out."""
    all_x = [_Account(town=town, channel="x") for town in range(_ACCOUNTS)]
    of_words = [_Account(town=town, channel=channel) for town in range(_ACCOUNTS // 2) for channel in ("x", "linkedin")]
    with_pictures = [_Account(town=town, channel=channel) for town in range(_ACCOUNTS // 4) for channel in _ID]
    floor, words, pictures = side_by_side(
        lambda: _bare_loop(all_x),
        lambda: _tiedote(of_words, picture=False),
        lambda: _tiedote(with_pictures, picture=True),
        repeats=repeats,
    )
    return [
        Figure(name=name, value=value, unit="s", floor=floor, floor_name="bare requests", limit=10)
        for name, value in (
            ("200 posts of words, X and LinkedIn", words),
            ("200 posts with a picture, all four", pictures),
        )
    ]


@contextmanager
def _networks(folder: Path, accounts: Sequence[_Account]) -> Iterator[str]:
    """A sandbox as a process of its own, with nothing in it; gives its address. More goes through than a network would let."""
    settings = {
        "accounts": [account.for_sandbox() for account in accounts],
        "delays": {"answer": _ANSWERS_AFTER},
        "quotas": {"graph_engaged_users": 100_000, "x_limits": {}},
    }
    file, address = folder / "networks.json", folder / "address"
    file.write_text(json.dumps(settings), encoding="utf-8")
    command: list[str | Path] = [sys.executable, "-m", "channels.sandbox", "--accounts", file, "--port-file", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + _PATIENCE
            while not address.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the sandbox did not start")
                time.sleep(0.05)
            yield address.read_text(encoding="utf-8").split()[0]
        finally:
            process.terminate()


def _all_out(url: str, start: datetime) -> float:
    """Seconds from `start` to the last post; each must be there once."""
    with urllib.request.urlopen(f"{url}/_sandbox/ledger", timeout=_PATIENCE) as answer:  # noqa: S310 -- our own sandbox
        posts = json.load(answer)["posts"]
    different = {(post["account_id"], post["text"]) for post in posts}
    if len(posts) != len(different) or len(posts) != _POSTS * _ACCOUNTS:
        raise RuntimeError(f"the networks hold {len(posts)} posts, {len(different)} different ones")
    return max((datetime.fromisoformat(post["published_at"]) - start).total_seconds() for post in posts)


def _words(number: int, town: int) -> str:
    return f"Tiedote numero {number} kunnasta {town}"


def _bare_loop(accounts: Sequence[_Account]) -> float:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name, _networks(Path(name), accounts) as url:
        start = datetime.now(UTC)
        with ThreadPoolExecutor(len(accounts)) as pool:
            list(pool.map(lambda account: _post_all(url, account), accounts))
        return _all_out(url, start)


def _post_all(url: str, account: _Account) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {account.token}"
        for number in range(_POSTS):
            answer = session.post(f"{url}/2/tweets", json={"text": _words(number, account.town)}, timeout=_PATIENCE)
            answer.raise_for_status()


def _tiedote(accounts: Sequence[_Account], *, picture: bool) -> float:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name, _networks(Path(name), accounts) as url:
        folder = Path(name)
        _write_config(folder, url, accounts)
        _write_queue(folder / "schedules", {account.town for account in accounts}, picture=picture)
        seconds_of([BIN / "tiedote", "run", "--once"], folder)
        return _all_out(url, _first_request(url))


def _first_request(url: str) -> datetime:
    """When the work began: a daemon is there already when posts fall due, so a start of the program does not count."""
    with urllib.request.urlopen(f"{url}/_sandbox/requests", timeout=_PATIENCE) as answer:  # noqa: S310 -- our own sandbox
        return datetime.fromtimestamp(min(entry["at"] for entry in json.load(answer)["requests"]), UTC)


def _write_config(folder: Path, url: str, accounts: Sequence[_Account]) -> None:
    lines = [
        "sandbox: no",
        "language: en",
        "networks:",
        *(f"  {name}: {{base_url: {url}}}" for name in _ID),
        "organisations:",
    ]
    for town in sorted({account.town for account in accounts}):
        lines += [f"  town{town}:", "    languages: [fi]", "    accounts:"]
        lines += [account.for_config() for account in accounts if account.town == town]
    (folder / "config.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_queue(queue: Path, towns: set[int], *, picture: bool) -> None:
    image = "image: {file: kuva.jpg, alt: Sininen ruutu.}\n" if picture else ""
    for town in towns:
        folder = queue / f"town{town}"
        folder.mkdir(parents=True)
        Image.new("RGB", (600, 600), "teal").save(folder / "kuva.jpg")
        for number in range(_POSTS):
            announcement = f"text: {_words(number, town)}\npublish: asap\n{image}"
            (folder / f"{number:02}.yaml").write_text(announcement, encoding="utf-8")

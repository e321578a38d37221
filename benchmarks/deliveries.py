"""200 posts due at once over eight accounts, each answer of the network after 0.2 s, beside a bare loop that makes the same posts.

The accounts are four on X and four on LinkedIn, where a post of words is one call. The floor is eight threads, one for each account,
that post one after the other with nothing but `requests`: no intent, no record, no looking.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from benchmarks.measuring import BIN, Figure, seconds_of, side_by_side

_ANSWERS_AFTER = 0.2
_POSTS = 25
_TOWNS = ("hausjarvi", "loppi", "tervakoski", "turenki")
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    town: str
    channel: str
    account_id: str

    @property
    def token(self) -> str:
        return f"bench-{self.town}-{self.channel}"


_ACCOUNTS = [
    _Account(town=town, channel=channel, account_id=f"{first}{number}")
    for number, town in enumerate(_TOWNS, 1)
    for channel, first in (("x", "200000010"), ("linkedin", "500010"))
]


def throughput(repeats: int) -> list[Figure]:
    """Seconds from the start of `tiedote run --once` until all 200 are out."""
    floor, ours = side_by_side(_bare_loop, _tiedote, repeats=repeats)
    name = f"{_POSTS * len(_ACCOUNTS)} posts over {len(_ACCOUNTS)} accounts, {_ANSWERS_AFTER} s an answer"
    return [Figure(name=name, value=ours, unit="s", floor=floor, floor_name="bare requests", limit=10)]


@contextmanager
def _networks(folder: Path) -> Iterator[str]:
    """A sandbox as a process of its own, with nothing in it; gives its address."""
    accounts = [
        {
            "organisation": one.town,
            "channel": one.channel,
            "account_id": one.account_id,
            "token": one.token,
            "name": one.town,
        }
        for one in _ACCOUNTS
    ]
    settings = folder / "accounts.json"
    settings.write_text(json.dumps({"accounts": accounts, "delays": {"answer": _ANSWERS_AFTER}}), encoding="utf-8")
    address = folder / "address"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "channels.sandbox",
        "--accounts",
        settings,
        "--port",
        "0",
        "--port-file",
        address,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + _PATIENCE
            while not address.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the sandbox did not start")
                time.sleep(0.05)
            yield address.read_text(encoding="utf-8").split()[0]
        finally:
            process.send_signal(signal.SIGTERM)


def _all_out(url: str, start: datetime) -> float:
    """Seconds from `start` to the last post; each must be there once."""
    with urllib.request.urlopen(f"{url}/_sandbox/ledger", timeout=_PATIENCE) as answer:  # noqa: S310 -- our own sandbox
        posts = json.load(answer)["posts"]
    different = {(post["account_id"], post["text"]) for post in posts}
    if len(posts) != len(different) or len(posts) != _POSTS * len(_ACCOUNTS):
        raise RuntimeError(f"the networks hold {len(posts)} posts")
    return max((datetime.fromisoformat(post["created_at"]) - start).total_seconds() for post in posts)


def _bare_loop() -> float:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name, _networks(Path(name)) as url:
        start = datetime.now(UTC)
        with ThreadPoolExecutor(len(_ACCOUNTS)) as pool:
            list(pool.map(lambda account: _post_all(url, account), _ACCOUNTS))
        return _all_out(url, start)


def _post_all(url: str, account: _Account) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {account.token}"
        for number in range(_POSTS):
            if account.channel == "x":
                answer = session.post(f"{url}/2/tweets", json={"text": _words(number, account.town)}, timeout=_PATIENCE)
            else:
                answer = session.post(
                    f"{url}/rest/posts", json=_organisation_post(number, account), headers=_REST, timeout=_PATIENCE
                )
            answer.raise_for_status()


_REST = {"LinkedIn-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}


def _organisation_post(number: int, account: _Account) -> dict[str, object]:
    return {
        "author": f"urn:li:organization:{account.account_id}",
        "commentary": _words(number, account.town),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


def _words(number: int, town: str) -> str:
    return f"Tiedote numero {number} kunnasta {town}"


def _tiedote() -> float:
    with tempfile.TemporaryDirectory(prefix="tiedote-bench-") as name, _networks(Path(name)) as url:
        folder = Path(name)
        _write_queue(folder, url)
        start = datetime.now(UTC)
        seconds_of([BIN / "tiedote", "run", "--once"], folder)
        return _all_out(url, start)


def _write_queue(folder: Path, url: str) -> None:
    towns = "\n".join(
        f"  {town}:\n    languages: [fi]\n    accounts:\n"
        + "\n".join(_account_line(one) for one in _ACCOUNTS if one.town == town)
        for town in _TOWNS
    )
    (folder / "config.yaml").write_text(
        f"sandbox: no\nlanguage: en\nnetworks:\n  x: {{base_url: {url}}}\n  linkedin: {{base_url: {url}}}\norganisations:\n{towns}\n",
        encoding="utf-8",
    )
    for town in _TOWNS:
        (folder / "schedules" / town).mkdir(parents=True)
        for number in range(_POSTS):
            words = f"text: {_words(number, town)}\npublish: asap\n"
            (folder / "schedules" / town / f"{number:02}.yaml").write_text(words, encoding="utf-8")


def _account_line(account: _Account) -> str:
    key = "user_id" if account.channel == "x" else "organization_id"
    return f'      {account.channel}: {{{key}: "{account.account_id}", access_token: {account.token}}}'

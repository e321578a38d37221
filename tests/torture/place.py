"""Two towns with an account on each network, and their announcements."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from channels.sandbox import SandboxAccount

TOWNS = {"hausjarvi": "Hausjärven kunta", "loppi": "Lopen kunta"}
NETWORKS = ("facebook", "instagram", "x", "linkedin")
_CONFIG = """\
sandbox: no
language: en
queue: schedules
database: sqlite:///tiedote.db
mail: {{host: 127.0.0.1, port: {port}, security: none, from: Tiedote <tiedote@example.fi>, alerts_to: [it@example.fi]}}
networks:
{networks}
organisations:
{towns}
"""


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A post that must go out: what it is called, and for whom on which network."""

    marker: str
    town: str
    network: str

    @property
    def comment(self) -> bool:
        """Whether a first comment belongs under it: on every second one; X takes none."""
        return self.network != "x" and int(self.marker[-4:]) % 2 == 1


def write_config(folder: Path, url: str, port: int, on_doubt: str, used: Sequence[str] = NETWORKS) -> Path:
    """Write a live configuration whose networks are at `url` and whose mail server is at `port`; each town `used` these networks."""
    networks = "\n".join(f'  {network}: {{base_url: "{url}"}}' for network in used)
    path = folder / "config.yaml"
    towns = "\n".join(_town(key, on_doubt, used) for key in TOWNS)
    words = _CONFIG.format(port=port, networks=networks, towns=towns)
    path.write_text(words, encoding="utf-8")
    (folder / "schedules").mkdir()
    Image.new("RGB", (400, 400), "teal").save(folder / "schedules" / "kuva.jpg")
    return path


def _town(key: str, on_doubt: str, used: Sequence[str]) -> str:
    secrets = {account.channel: account for account in remote_accounts() if account.organisation == key}
    page, instagram, x, linkedin = (secrets[network] for network in NETWORKS)
    settings = {
        "facebook": f'page_id: "{page.account_id}", access_token: {page.token}',
        "instagram": f'user_id: "{instagram.account_id}", access_token: {page.token}, media: facebook_page',
        "x": f'user_id: "{x.account_id}", api_key: key, api_secret: secret, access_token: {x.token}, '
        f"access_token_secret: {x.token_secret}",
        "linkedin": f'organization_id: "{linkedin.account_id}", access_token: {linkedin.token}, tier: standard',
    }
    accounts = "\n".join(f"      {network}: {{{settings[network]}, on_doubt: {on_doubt}}}" for network in used)
    return f"  {key}:\n    name: {TOWNS[key]}\n    languages: [fi]\n    accounts:\n{accounts}"


def remote_accounts() -> list[SandboxAccount]:
    """The same accounts as the networks know them."""
    accounts = []
    for number, key in enumerate(TOWNS, 101):
        page, token = f"100000000000{number}", f"planted-{key}-page-token"
        x = {"account_id": f"2000000{number}", "token": f"planted-{key}-x", "token_secret": f"planted-{key}-x-secret"}
        each: list[dict[str, Any]] = [
            {"channel": "facebook", "account_id": page, "token": token},
            {"channel": "instagram", "account_id": f"17841400000000{number}", "token": token, "page_id": page},
            {"channel": "x", "api_key": "key", "api_secret": "secret", **x},
            {"channel": "linkedin", "account_id": f"5000{number}", "token": f"planted-{key}-in", "tier": "standard"},
        ]
        accounts += [SandboxAccount(organisation=key, name=TOWNS[key], **one) for one in each]
    return accounts


def announce(folder: Path, number: int, used: Sequence[str] = NETWORKS) -> list[Wanted]:
    """Put an announcement into the queue, as if written an hour ago; return what must come of it.

    Every second one has a first comment, every third a picture on each network, the others only where Instagram needs one.
    """
    marker = f"tiedote-{number:04d}"
    picture = "images: [{file: kuva.jpg, alt: Sininen ruutu.}]"
    lines = [f"title: {marker}", f"text: Kuntalaisille {marker} verkossa.", "publish: asap"]
    if not number % 3:
        lines.append(picture)
    elif "instagram" in used:
        lines.append(f"instagram: {{{picture}}}")
    if number % 2 and set(used) - {"x"}:
        lines.append("first_comment: Ohjeet ovat verkkosivuilla.")
        lines += ["x: {first_comment: null}"] if "x" in used else []
    path = folder / "schedules" / f"{marker}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for old in (path, path.parent / "kuva.jpg", path.parent):
        os.utime(old, (path.stat().st_ctime - 3600,) * 2)
    return [Wanted(marker, town, network) for town in TOWNS for network in used]

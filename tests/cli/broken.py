"""Installations with one thing broken each: what `doctor` must name, and how each is set up. All networks are one sandbox."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from channels.sandbox import Sandbox, SandboxAccount
from channels.sandbox.settings import update
from publisher.store import Store, credentials
from publisher.store.credentials import Kept
from tests.mailserver import MailServer

FACEBOOK = '{page_id: "100000000000101", access_token: fb-hausjarvi}'
INSTAGRAM = '{user_id: "17841400000000101", access_token: fb-hausjarvi, media: facebook_page}'
X = '{user_id: "2000000101", api_key: key, api_secret: secret, access_token: x-hausjarvi, access_token_secret: x-1}'
LINKEDIN = '{organization_id: "5000101", access_token: li-hausjarvi}'
PUBLIC = 'media: public_url, public_folder: FOLDER, public_base_url: "%s"'


def accounts() -> list[SandboxAccount]:
    """Two municipalities on four networks, each with tokens of its own."""
    return [
        SandboxAccount(
            organisation=key,
            channel=channel,
            name=name,
            account_id=f"{number}{end}",
            token=f"{prefix}-{key}",
            token_secret=f"x-{end[-1]}" if channel == "x" else "",
            api_key="key" if channel == "x" else "",
            api_secret="secret" if channel == "x" else "",
            page_id=f"100000000000{end}" if channel == "instagram" else "",
        )
        for key, name, end in (("hausjarvi", "Hausjärven kunta", "101"), ("loppi", "Lopen kunta", "102"))
        for channel, prefix, number in (
            ("facebook", "fb", "100000000000"),
            ("instagram", "fb", "17841400000000"),
            ("x", "x", "2000000"),
            ("linkedin", "li", "5000"),
        )
    ]


@dataclass
class Place:
    """One installation, and the networks that it talks to."""

    folder: Path
    sandbox: Sandbox
    smtp: MailServer
    port: int
    """Where nobody answers."""
    config: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "config.yaml"

    def account(self, channel: str) -> SandboxAccount:
        return next(one for one in self.sandbox.accounts if one.channel == channel)

    def write(self, channel: str, settings: str) -> None:
        """Write a configuration with one account."""
        url = self.sandbox.base_url
        networks = "\n".join(f"  {name}: {{base_url: {url}}}" for name in ("facebook", "instagram", "x", "linkedin"))
        self.config = (
            "sandbox: no\ntimezone: Europe/Helsinki\ndatabase: sqlite:///tiedote.db\n"
            "links: {private_hosts: [127.0.0.1]}\n"
            f"mail: {{host: 127.0.0.1, port: {self.smtp.port}, security: none, from: t@example.fi, alerts_to: [it@example.fi]}}\n"
            f"networks:\n{networks}\n"
            "organisations:\n  hausjarvi:\n    name: Hausjärven kunta\n    languages: [fi]\n"
            f"    accounts:\n      {channel}: {settings}\n"
        )

    def replace(self, before: str, after: str) -> None:
        """Spoil the configuration."""
        assert before in self.config
        self.config = self.config.replace(before, after)


Breaking = Callable[[Place], None]


@dataclass(frozen=True)
class Case:
    """`finding`: the name of the check that must tell; `level`: how bad it is."""

    channel: str
    settings: str
    spoil: Breaking
    finding: str
    level: str = "fail"


def _sandbox(**values: Any) -> Breaking:
    def spoil(place: Place) -> None:
        channel = next(one for one in ("facebook", "instagram", "x", "linkedin") if f"      {one}: " in place.config)
        update(place.account(channel), values)

    return spoil


def _text(before: str, after: str) -> Breaking:
    return lambda place: place.replace(before, after)


def _announce(place: Place, link: str) -> None:
    (place.folder / "schedules" / "lupa.yaml").write_text(f"text: Lupa verkossa.\nlink: {link}\npublish: 2099-12-01\n")


def _link(path: str) -> Breaking:
    return lambda place: _announce(place, f"{place.sandbox.base_url}{path}")


def _no_private_hosts(place: Place) -> None:
    place.replace("private_hosts: [127.0.0.1]", "private_hosts: []")
    _announce(place, f"{place.sandbox.base_url}/")


def _read_only(place: Place) -> None:
    # The format's "write version": a file with one that SQLite does not know can be read alone (sqlite.org/fileformat2.html, 1.3.3).
    with (place.folder / "tiedote.db").open("r+b") as file:
        file.seek(18)
        file.write(b"\x03")


def _locked_token(place: Place) -> None:
    """A token from `login`, and the key that it was closed with is gone."""
    at = datetime.now(UTC)
    kept = Kept(
        account=("hausjarvi", "facebook", "facebook"),
        serial=0,
        closed="gAAAA",
        key_name="lost",
        flow="facebook_login",
        account_id="100000000000101",
        name="Hausjärven kunta",
        page_id=None,
        scopes=(),
        expires_at=None,
        refresh_expires_at=None,
        data_until=None,
        refreshable=False,
        obtained_at=at,
        login_at=at,
    )
    store = Store(f"sqlite:///{place.folder / 'tiedote.db'}")
    with store.write() as conn:
        credentials.keep(conn, kept)
    store.close()


def _newer(place: Place) -> None:
    with sqlite3.connect(place.folder / "tiedote.db") as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")


def _folder_for_a_file(place: Place) -> None:
    place.replace("sqlite:///tiedote.db", "sqlite:///schedules")


def _open_to_all(place: Place) -> None:
    place.path.touch(mode=0o644)


def _hidden_pictures(place: Place) -> None:
    (place.folder / "julkiset").mkdir()
    place.replace("ADDRESS", f"{place.sandbox.base_url}/julkiset")
    _no_public_folder(place)


def _no_public_folder(place: Place) -> None:
    place.replace("FOLDER", str(place.folder / "julkiset"))


def _used_quota(place: Place) -> None:
    update(place.sandbox.settings.quotas, {"instagram_posts": 0})


def _later(place: Place) -> None:
    place.sandbox.clock.advance(17 * 60)


def _ends_soon(place: Place) -> None:
    update(place.account("linkedin"), {"expires_at": datetime.now(UTC) + timedelta(days=3)})


CASES: dict[str, Case] = {
    "wrong_page": Case("facebook", FACEBOOK, _text("fb-hausjarvi", "fb-loppi"), "account:hausjarvi:facebook"),
    "instagram_of_the_other": Case(
        "instagram", INSTAGRAM, _text("fb-hausjarvi", "fb-loppi"), "account:hausjarvi:instagram"
    ),
    "x_of_the_other": Case(
        "x",
        X,
        _text("x-hausjarvi, access_token_secret: x-1", "x-loppi, access_token_secret: x-2"),
        "account:hausjarvi:x",
    ),
    "linkedin_of_the_other": Case(
        "linkedin", LINKEDIN, _text("li-hausjarvi", "li-loppi"), "account:hausjarvi:linkedin"
    ),
    "missing_scope": Case(
        "linkedin", LINKEDIN, _sandbox(missing=["rw_organization_admin"]), "account:hausjarvi:linkedin"
    ),
    "token_expired": Case("facebook", FACEBOOK, _sandbox(status="expired"), "account:hausjarvi:facebook"),
    "token_revoked": Case("x", X, _sandbox(status="revoked"), "account:hausjarvi:x"),
    "not_connected": Case(
        "facebook",
        FACEBOOK.replace(", access_token: fb-hausjarvi", ""),
        lambda _place: None,
        "account:hausjarvi:facebook",
    ),
    "key_missing": Case(
        "facebook",
        FACEBOOK.replace(", access_token: fb-hausjarvi", ""),
        _locked_token,
        "account:hausjarvi:facebook",
    ),
    "role_lost": Case("facebook", FACEBOOK, _sandbox(status="no_role"), "account:hausjarvi:facebook"),
    "linkedin_role_lost": Case("linkedin", LINKEDIN, _sandbox(role=""), "account:hausjarvi:linkedin"),
    "linkedin_weak_role": Case(
        "linkedin", LINKEDIN, _sandbox(role="CONTENT_ADMINISTRATOR"), "account:hausjarvi:linkedin", "warn"
    ),
    "no_credit": Case("x", X, _sandbox(credit=0.0), "account:hausjarvi:x"),
    "dead_version": Case(
        "linkedin",
        LINKEDIN,
        _text("linkedin: {base_url:", 'linkedin: {version: "202501", base_url:'),
        "account:hausjarvi:linkedin",
    ),
    "answered_by_another_version": Case(
        "facebook",
        FACEBOOK,
        _text("facebook: {base_url:", "facebook: {version: v20.0, base_url:"),
        "account:hausjarvi:facebook",
        "warn",
    ),
    "version_that_ends": Case(
        "facebook",
        FACEBOOK,
        _text("facebook: {base_url:", "facebook: {version: v21.0, base_url:"),
        "account:hausjarvi:facebook",
        "warn",
    ),
    "quota_used": Case("instagram", INSTAGRAM, _used_quota, "account:hausjarvi:instagram", "warn"),
    "network_away": Case(
        "facebook",
        FACEBOOK,
        lambda place: place.replace(
            f"facebook: {{base_url: {place.sandbox.base_url}}}",
            f"facebook: {{base_url: http://127.0.0.1:{place.port}}}",
        ),
        "account:hausjarvi:facebook",
    ),
    "clock_off": Case("facebook", FACEBOOK, _later, "clock"),
    "mail_refuses": Case(
        "facebook", FACEBOOK, lambda place: place.replace(f"port: {place.smtp.port}", f"port: {place.port}"), "mail"
    ),
    "no_mail": Case(
        "facebook",
        FACEBOOK,
        lambda place: place.replace(place.config[place.config.index("mail:") : place.config.index("networks:")], ""),
        "mail",
        "warn",
    ),
    "pictures_hidden": Case(
        "instagram",
        INSTAGRAM.replace("media: facebook_page", PUBLIC % "ADDRESS"),
        _hidden_pictures,
        "account:hausjarvi:instagram",
    ),
    "public_folder_missing": Case(
        "instagram",
        INSTAGRAM.replace("media: facebook_page", PUBLIC % "http://127.0.0.1:1"),
        _no_public_folder,
        "account:hausjarvi:instagram",
    ),
    "database_read_only": Case("facebook", FACEBOOK, _read_only, "database"),
    "database_newer": Case("facebook", FACEBOOK, _newer, "database"),
    "database_is_a_folder": Case("facebook", FACEBOOK, _folder_for_a_file, "database"),
    "token_for_everybody": Case("facebook", FACEBOOK, _open_to_all, "config", "warn"),
    "queue_missing": Case("facebook", FACEBOOK, lambda place: shutil.rmtree(place.folder / "schedules"), "queue"),
    "link_dead": Case("facebook", FACEBOOK, _link("/ei-ole"), "link"),
    "link_away": Case(
        "facebook", FACEBOOK, lambda place: _announce(place, f"http://127.0.0.1:{place.port}/lupa"), "link"
    ),
    "link_inside": Case("facebook", FACEBOOK, _no_private_hosts, "link"),
}

"""`apps`: the developer apps with which `login` asks people for consent; `token_key`: what the tokens are encrypted with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from channels.oauth.values import App
from publisher.config.accounts import read_channel
from publisher.config.values import AppSettings, Config
from publisher.locale import _
from publisher.yamlfile import Items, Scalar, Section

_WEB = re.compile(r"(?:https://|http://(?:localhost|127\.0\.0\.1)(?=[:/]))[^\s?#]+|oob")


def read_apps(section: Section) -> Mapping[str, AppSettings]:
    """Read the apps by network; only X has an API key beside its client id."""
    apps: dict[str, AppSettings] = {}
    for entry in section:
        channel = read_channel(entry.key, section.faults)
        one = section.below(entry)
        app = AppSettings(
            client_id=one.text("client_id", required=channel != "x"),
            client_secret=_secret(one, "client_secret", required=channel != "x"),
            api_key=one.text("api_key") if channel == "x" else None,
            api_secret=_secret(one, "api_secret") if channel == "x" else None,
            redirect_uri=one.parsed(
                "redirect_uri",
                None,
                _redirect,
                _("Write the address as it stands in the network's developer portal, such as http://127.0.0.1:8765/"),
            ),
        )
        one.finish()
        if channel:
            apps[channel] = app
    return apps


def read_keys(root: Section) -> tuple[SecretStr, ...]:
    """Read one key, or a list of them, the newest first."""
    found = root.entry("token_key")
    if found is None:
        return ()
    nodes = found.value.items if isinstance(found.value, Items) else (found.value,)
    values = [node.value for node in nodes if isinstance(node, Scalar) and node.value]
    return tuple(SecretStr(key) for value in values for key in value.split())


def app_of(config: Config, channel: str, flow: str) -> App | None:
    """Return the app that asks for consent in one of a network's flows; None where the configuration has none.

    With Facebook's login an Instagram account is connected by Facebook's app. A rehearsal has apps of its own.
    """
    of = "facebook" if flow == "facebook_login" else channel
    settings = config.apps.get(of)
    if settings is None and config.sandbox:
        settings = REHEARSED[of]
    if settings is None:
        return None
    by_key = flow == "x_oauth1"
    client_id = settings.api_key if by_key else settings.client_id
    secret = settings.api_secret if by_key else settings.client_secret
    if client_id is None:
        return None
    return App(client_id=client_id, client_secret=secret, redirect_uri=settings.redirect_uri or USUAL.get(of, ""))


USUAL: Mapping[str, str] = {
    "facebook": "https://www.facebook.com/connect/login_success.html",
    "x": "http://127.0.0.1:8765/",
}
"""Where a browser is sent when the app does not say: Meta's own page for programs, and this machine. The others take neither."""

_PRACTICE = "https://tiedote.example/login"
REHEARSED: Mapping[str, AppSettings] = {
    "facebook": AppSettings(client_id="100200300400500", client_secret=SecretStr("practice")),
    "instagram": AppSettings(client_id="100200300400501", client_secret=SecretStr("practice"), redirect_uri=_PRACTICE),
    "x": AppSettings(
        client_id="practice",
        client_secret=SecretStr("practice"),
        api_key="practice-key",
        api_secret=SecretStr("practice"),
    ),
    "linkedin": AppSettings(client_id="practice", client_secret=SecretStr("practice"), redirect_uri=_PRACTICE),
}
"""The apps of a rehearsal whose configuration has none."""


def _secret(section: Section, name: str, *, required: bool = False) -> SecretStr | None:
    value = section.text(name, required=required)
    return SecretStr(value) if value else None


def _redirect(text: str) -> str:
    if not _WEB.fullmatch(text):
        raise ValueError(text)
    _port = urlsplit(text).port  # raises ValueError for one that there is not
    return text

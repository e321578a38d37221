"""A town whose accounts were connected by `login`: real consent in the sandbox, tokens that live as long as the networks say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from channels import registry
from channels.sandbox import Sandbox, SandboxAccount, SandboxApp, SandboxPerson, serve
from channels.sandbox.clock import Clock
from publisher.config import load_config
from publisher.config.apps import app_of
from publisher.delivery import Point, nothing
from publisher.service import Service
from tests.browser import answer_of, consent
from tests.delivery.town import START, Town
from tests.mailserver import MailServer

WEB = "https://hausjarvi.example/tiedote"
HERE = "http://127.0.0.1:8765/"
KEY = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="

WAYS = {
    "facebook": ("facebook", "facebook_login"),
    "instagram": ("instagram", "instagram_login"),
    "x": ("x", "x_oauth2"),
    "linkedin": ("linkedin", "linkedin_login"),
}
IDS = {
    "facebook": 'page_id: "100000000000101"',
    "instagram": 'user_id: "17841400000000101", media: public_url, public_folder: FOLDER, public_base_url: "URL"',
    "x": 'user_id: "2000000101"',
    "linkedin": 'organization_id: "5000101"',
}
REMOTE = {
    "facebook": "100000000000101",
    "instagram": "17841400000000101",
    "x": "2000000101",
    "linkedin": "5000101",
}

CONFIG = """\
sandbox: no
language: fi
timezone: Europe/Helsinki
queue: schedules
database: {database}
token_key: {key}
links: {{private_hosts: [127.0.0.1]}}
delivery: {{late_limit: 6h}}
mail: {{host: 127.0.0.1, port: {port}, security: none, from: t@example.fi, alerts_to: [{{address: it@example.fi, language: en}}]}}
apps:
  facebook: {{client_id: fb-app, client_secret: fb-secret, redirect_uri: "{web}"}}
  instagram: {{client_id: ig-app, client_secret: ig-secret, redirect_uri: "{web}"}}
  x: {{client_id: x-app, client_secret: x-secret, redirect_uri: "{here}"}}
  linkedin: {{client_id: li-app, client_secret: li-secret, redirect_uri: "{web}"}}
networks:
{networks}
organisations:
  hausjarvi:
    name: Hausjärven kunta
    languages: [fi]
    accounts:
{accounts}
"""


def connect(town: Town, channel: str) -> None:
    """Let a person log in, as `tiedote login` does: consent at the network, then the token is kept."""
    name = WAYS[channel][1]
    config = town.service.config
    app = app_of(config, channel, name)
    assert app is not None
    flow = registry.flow(channel, name, app, town.service.pool.network(channel))
    now = town.clock.now()
    begun = flow.begin("tila", "v" * 50)
    person = flow.exchange(answer_of(consent(begun.url)), begun, now)
    mine = next(one for one in flow.accounts(person, now) if one.account_id == REMOTE[channel])
    flow.close()
    with town.service.store.write() as conn:
        town.service.vault.save(conn, ("hausjarvi", channel, channel), mine.credentials, now)


@contextmanager
def shown(folder: Path) -> Iterator[str]:
    """Show a folder on the web, as a municipality does for Instagram; gives its address."""
    folder.mkdir(exist_ok=True)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            """The screen belongs to the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def a_connected_town(
    folder: Path,
    smtp: MailServer,
    channels: Sequence[str],
    *,
    refresh_tokens: bool = True,
    database: str = "sqlite:///tiedote.db",
    start: datetime = START,
    frozen: bool = True,
    reached: Callable[[Point], None] = nothing,
) -> Iterator[Town]:
    """Open a town and log in to its accounts."""
    clock = Clock(start, frozen=frozen)
    sandbox = Sandbox(
        accounts=[
            SandboxAccount(
                organisation="hausjarvi", channel=channel, name="Hausjärven kunta", token="", account_id=REMOTE[channel]
            )
            for channel in channels
        ],
        apps=[
            SandboxApp(network="facebook", client_id="fb-app", client_secret="fb-secret", redirect_uris=(WEB,)),
            SandboxApp(network="instagram", client_id="ig-app", client_secret="ig-secret", redirect_uris=(WEB,)),
            SandboxApp(network="x", client_id="x-app", client_secret="x-secret", redirect_uris=(HERE,)),
            SandboxApp(
                network="linkedin",
                client_id="li-app",
                client_secret="li-secret",
                redirect_uris=(WEB,),
                refresh_tokens=refresh_tokens,
            ),
        ],
        people=[SandboxPerson(name="Viestintä", manages_all=True)],
        clock=clock,
    )
    with serve(sandbox, ports=(0,)) as server, shown(folder / "julki") as public:
        ids = {name: text.replace("FOLDER", str(folder / "julki")).replace("URL", public) for name, text in IDS.items()}
        path = folder / "config.yaml"
        path.write_text(
            CONFIG.format(
                database=database,
                key=KEY,
                port=smtp.port,
                web=WEB,
                here=HERE,
                networks="\n".join(f"  {name}: {{base_url: {server.base_url}}}" for name in IDS),
                accounts="\n".join(f"      {name}: {{{ids[name]}, owner: omistaja@example.fi}}" for name in channels),
            ),
            encoding="utf-8",
        )
        (folder / "schedules").mkdir(exist_ok=True)
        with Service.open(load_config(path), clock, reached=reached) as service:
            town = Town(folder, service, sandbox, clock)
            for channel in channels:
                connect(town, channel)
            yield town

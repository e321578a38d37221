"""The main job on the sandbox, in a folder of its own: publish, let residents answer, collect, sum the week up.

Returns what happened as values; `cli.demo` shows them. Nothing here is a special way of working: it calls the same service as `run --once`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.cadence import week_of
from publisher.config import Config, Organisation, load_config
from publisher.daemon import run_daemon
from publisher.locale import _
from publisher.mail import FolderOutbox
from publisher.rehearsal import Rehearsal, on_sandbox, open_rehearsal
from publisher.reporting import Reporter
from publisher.service import Service
from publisher.store.deliveries import DeliveryView, list_deliveries
from publisher.store.engagement import CommentView, list_comments

if TYPE_CHECKING:
    from email.message import EmailMessage

PATIENCE = timedelta(seconds=15)
"""Publishing may take this long; it takes two seconds."""

RESIDENTS_EVERY = 30.0
"""Seconds between two visits of the residents while the demo goes on."""

_PACKAGE = Path(__file__).parent
_SHIPPED = ("config.yaml", "schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyMail:
    """A summary that was written. `headline`: its subject."""

    organisation: str
    recipient: str
    headline: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the demo did. Addresses in `deliveries` and `comments` lead to the sandbox's pages."""

    config: Config
    database: Path | None
    pages: str
    deliveries: tuple[DeliveryView, ...]
    comments: tuple[CommentView, ...]
    mails: tuple[WeeklyMail, ...]
    links: dict[int, str]


def fresh_folder() -> Path:
    """Make a folder with the configuration and the queue that ship with Tiedote."""
    folder = Path(tempfile.mkdtemp(prefix="tiedote-demo-"))
    source = shipped()
    for name in _SHIPPED:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copyfile
        copy(source / name, folder / name)
    return folder


def shipped() -> Path:
    """Tell where the shipped configuration lies: inside an installed package, or at the top of a checkout."""
    inside = _PACKAGE / "shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


@contextmanager
def rehearse(folder: Path, tell: Callable[[str], None]) -> Iterator[tuple[Shown, Rehearsal]]:
    """Do the whole job in `folder`; the sandbox and its pages live as long as the block. `tell` hears what is going on."""
    config = load_config(folder / "config.yaml")
    with open_rehearsal(config) as rehearsal:
        yield _do_everything(config, rehearsal, tell), rehearsal


def keep_going(config: Config, rehearsal: Rehearsal) -> None:
    """Be the daemon until somebody stops it, with residents who go on answering."""
    if rehearsal.sandbox is not None:
        rehearsal.sandbox.lively.start(RESIDENTS_EVERY)
    run_daemon(config)


def _do_everything(config: Config, rehearsal: Rehearsal, tell: Callable[[str], None]) -> Shown:
    with Service.open(config) as service:
        tell(_("Publishing to all networks …"))
        with service.alone():
            service.read_queue()
            service.publish_due(PATIENCE)
        tell(_("Residents are answering …"))
        if rehearsal.sandbox is not None:
            rehearsal.sandbox.lively.play()
        tell(_("Collecting what they wrote …"))
        service.collect(all_posts=True)
        tell(_("Writing the weekly mails …"))
        mails = tuple(_write_mails(service, rehearsal.base_url))
        with service.store.read() as conn:
            deliveries, comments = list_deliveries(conn), list_comments(conn)
        database = service.store.path
    links = {one.id: on_sandbox(one.url, rehearsal.base_url) for one in deliveries if one.url}
    return Shown(
        config=config,
        database=database,
        pages=rehearsal.base_url,
        deliveries=deliveries,
        comments=comments,
        mails=mails,
        links=links,
    )


def _write_mails(service: Service, base_url: str) -> Iterator[WeeklyMail]:
    """Write the running week's mail for everybody who gets one; the real one still comes when the week is over."""
    config, now = service.config, service.clock.now()
    outbox = FolderOutbox(config.var / "mails")
    reporter = Reporter(service.store, config, outbox, shown=lambda url: on_sandbox(url, base_url))
    week = week_of(now, config.timezone)
    for organisation in config.organisations.values():
        for recipient in organisation.report.to if organisation.report else ():
            message = reporter.message(organisation, week, recipient.address, recipient.language, now)
            outbox.send(message)
            yield _as_mail(organisation, recipient.address, message, outbox)


def _as_mail(organisation: Organisation, recipient: str, message: EmailMessage, outbox: FolderOutbox) -> WeeklyMail:
    return WeeklyMail(
        organisation=organisation.name,
        recipient=recipient,
        headline=str(message["Subject"]),
        path=outbox.path(message),
    )

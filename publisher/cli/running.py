"""`run`, `pause`, `resume`: the work itself, and stopping it."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.logs import start_logging
from publisher.cli.shared import (
    another_runs,
    later,
    load,
    must_be_writable,
    must_exist,
    now,
    open_service,
    open_store,
    refusal,
    say,
    wait_option,
)
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.service import Service


@click.command(help=N_("Publish, collect and mail what is due. Without --once: go on until stopped."))
@click.option("--once", is_flag=True, help=N_("Do what is due now, then end."))
@wait_option(N_("With --once: how long to wait for networks that need time."))
@click.pass_context
def run(ctx: click.Context, once: bool, wait: timedelta) -> None:  # noqa: FBT001 -- click passes by name
    """Work once, or as a daemon until SIGTERM."""
    if once:
        start_logging(level=logging.WARNING)
        with open_service(ctx) as service:
            begun = now()
            code = service.run_once(wait)
            _tell(service, begun)
        ctx.exit(code)
    start_logging(level=logging.INFO)
    ctx.exit(_run_until_stopped(load(ctx)))


def _tell(service: Service, begun: datetime) -> None:
    """Say what became of everything that this run had in hand."""
    from publisher.store.deliveries import list_deliveries

    with service.store.read() as conn:
        touched = [delivery for delivery in list_deliveries(conn) if delivery.updated_at >= begun]
    counts = Counter(delivery.state for delivery in touched)
    if not counts:
        say(_("Nothing was due."))
        return
    say(", ".join(f"{n} {words.state_word(state)}" for state, n in counts.most_common()))
    if set(counts) - words.FINE:
        say(_("tiedote status tells how it stands."))


def _run_until_stopped(config: Config) -> int:
    from publisher.daemon import ANOTHER_RUNS, run_daemon
    from publisher.store import DatabaseProblem, StoreAway

    must_be_writable(config)
    try:
        code = run_daemon(config)
    except DatabaseProblem as problem:
        raise refusal(problem) from problem
    except StoreAway as away:
        raise later(away) from away
    if code == ANOTHER_RUNS:
        raise another_runs()
    return code


org_option = click.option(
    "--org", "organisation", metavar=N_("ORGANISATION"), help=N_("Only this organisation's accounts.")
)


@click.command(help=N_("Stop publishing for now. What is being sent this moment is finished; collecting goes on."))
@org_option
@click.pass_context
def pause(ctx: click.Context, organisation: str | None) -> None:
    """Stop publishing everywhere, or for one organisation."""
    from publisher.store import meta

    with open_store(ctx) as (config, store):
        must_exist(organisation, config)
        with store.write() as conn:
            meta.pause(conn, organisation, now())
    say(_("Publishing is paused. To go on: tiedote resume"))


@click.command(help=N_("Go on publishing after a pause."))
@org_option
@click.pass_context
def resume(ctx: click.Context, organisation: str | None) -> None:
    """End a pause; without an organisation, every pause."""
    from publisher.store import meta

    with open_store(ctx) as (config, store):
        must_exist(organisation, config)
        with store.write() as conn:
            was_paused = meta.resume(conn, organisation)
            still = meta.paused(conn)
    say(_("Publishing goes on.") if was_paused else _("Publishing was not paused."))
    if meta.EVERYWHERE in still:
        say(_("All publishing is still paused. To go on: tiedote resume"))

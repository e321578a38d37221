"""`migrate`: the database's upkeep."""

from __future__ import annotations

import click

from publisher.cli.shared import load, must_be_writable, now, refusal, say
from publisher.locale import N_, _


@click.command(help=N_("Bring the database up to this version. A copy of it is made first."))
@click.pass_context
def migrate(ctx: click.Context) -> None:
    """Run the migrations that are missing."""
    from publisher import store as database

    config = load(ctx)
    must_be_writable(config)
    store = database.Store(config.database)
    try:
        before = database.schema_state(store)
        copy = database.migrate(store, now())
    except database.DatabaseProblem as problem:
        raise refusal(problem) from problem
    finally:
        store.close()
    if before is database.SchemaState.CURRENT:
        say(_("The database is up to date."))
        return
    say(_("The database has been brought up to date."))
    if copy is not None:
        say(_("A copy of it as it was: %(path)s") % {"path": copy})

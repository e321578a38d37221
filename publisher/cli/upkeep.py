"""`migrate`, `backup`, `restore`: the database's upkeep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.shared import (
    Exit,
    Stop,
    another_runs,
    later,
    load,
    must_be_writable,
    not_written,
    now,
    open_store,
    refusal,
    say,
    says_yes,
    tell,
    who,
)
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.store import Store
    from publisher.store.care import Outliving


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
        say(_("A copy of it as it was, without residents' words: %(path)s") % {"path": copy})


@click.command(
    help=N_(
        "Copy the database while the service runs, read the copy through, and keep the newest 14. Residents' words are not in it: "
        "they come back from the networks. A PostgreSQL database is copied with pg_dump."
    )
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=N_("DIR"),
    help=N_("The folder; default: backups beside the database."),
)
@click.pass_context
def backup(ctx: click.Context, to: Path | None) -> None:
    """Make one copy."""
    from publisher.store import care
    from publisher.store.copies import back_up

    with open_store(ctx) as (config, store):
        path = _file(store)
        with _told(path):
            copy = back_up(path, to or config.var / "backups", now())
        with store.write() as conn:
            care.note(conn, by=who(), action="backup", numbers={"bytes": copy.stat().st_size}, now=now())
    click.echo(copy)
    say(_("The copy was read through and is whole."))


@click.command(
    help=N_(
        "Put a copy in the database's place; the service must be stopped. What was there stays beside it. FILE: what backup made, or a "
        "copy from before an update."
    )
)
@click.argument("copy", metavar=N_("FILE"), type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@click.pass_context
def restore(ctx: click.Context, copy: Path, yes: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Go back to a copy."""
    from publisher import store as database
    from publisher.store import care

    config = load(ctx)
    must_be_writable(config)
    store = database.Store(config.database)
    try:
        path = _file(store)
        if not yes and not says_yes(
            ctx, _("Put %(copy)s in the place of %(path)s? [y/N]") % {"copy": copy, "path": path}
        ):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        with _alone(store):
            known = care.what_outlives(store)
            store.close()
            kept = _put_back(copy, path)
            _note(config, known)
    finally:
        store.close()
    say(_("Restored: %(path)s") % {"path": path})
    if kept is not None:
        say(_("What was there: %(path)s") % {"path": kept})
    tell(
        _(
            "What fell due since the copy was made is looked for on the accounts before anything is sent. Look yourself as well: "
            "tiedote pause, tiedote run, tiedote status, then tiedote resume."
        )
    )


def _put_back(copy: Path, path: Path) -> Path | None:
    from publisher.store.copies import put_back, verify
    from publisher.store.migrate import HEAD

    with _told(copy):
        version = verify(copy)
        if version > HEAD:
            raise Stop(
                _("%(path)s is from a newer version of Tiedote than this one.") % {"path": copy},
                remedy=_("Install the newer version."),
                code=Exit.CONFIGURATION,
            )
        return put_back(copy, path, now())


def _note(config: Config, known: Outliving) -> None:
    """Bring what was put back up to this version, and add to its trail."""
    from publisher import store as database
    from publisher.store import care

    store = database.Store(config.database)
    try:
        database.migrate(store, now())
        with store.write() as conn:
            care.take_over(conn, known, now())
            care.note(conn, by=who(), action="restore", numbers={"forgotten": len(known.forgotten)}, now=now())
    except database.DatabaseProblem as problem:
        raise refusal(problem) from problem
    finally:
        store.close()


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    from publisher.store import DaemonLock

    lock = DaemonLock(store)
    if not lock.acquire():
        raise another_runs()
    try:
        yield
    finally:
        lock.release()


def _file(store: Store) -> Path:
    if store.path is None:
        raise Stop(
            _("The database is a PostgreSQL server."),
            remedy=_(
                "Copy it with: pg_dump --exclude-table-data=comments; residents' words come back from the networks."
            ),
            code=Exit.USAGE,
        )
    return store.path


@contextmanager
def _told(path: Path) -> Iterator[None]:
    from publisher.store import DiskFull
    from publisher.store.copies import BadCopy

    try:
        yield
    except DiskFull as full:
        raise later(full) from full
    except BadCopy as error:
        raise Stop(
            _("%(path)s is damaged, or no database of Tiedote.") % {"path": path},
            remedy=_("Take another copy; tiedote backup keeps fourteen."),
            code=Exit.CONFIGURATION,
        ) from error
    except OSError as error:
        raise not_written(error, error.filename or path, code=Exit.USAGE) from error

"""`doctor`: looks at everything that a rehearsal cannot, and says what to mend. Publishes nothing, mails nothing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.examined import Finding, outside
from publisher.cli.shared import HEARTBEAT, Exit, Stop, echo_folded, json_option, load, now, print_json, refusal
from publisher.locale import N_, _, ngettext
from publisher.remarks import Level

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.store import Store

SILENT = timedelta(minutes=3)
"""A daemon at work is heard of more often than this."""

_LITTLE_SPACE = 1_000_000_000
_NO_SPACE = 50_000_000

_SOUND_SQLITE = (3, 51, 3)
_BACKPORTED = ((3, 44, 6), (3, 50, 7))
"""SQLite's WAL-reset fault is mended from 3.51.3 on, and in these (sqlite.org/wal.html#walresetbug, read 2026-11)."""


@click.command(help=N_("Test the installation and say what to mend. Nothing is published or mailed."))
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Run every check; 1 if one of them failed."""
    config = load(ctx)
    findings = list(examine(config))
    if as_json:
        print_json({"version": 1, "checks": [_as_data(finding) for finding in findings]})
    else:
        for finding in findings:
            _print(finding)
    ctx.exit(Exit.FINDINGS if any(finding.level is Level.FAIL for finding in findings) else Exit.DONE)


def examine(config: Config) -> Iterator[Finding]:
    """Run the checks one after another; what a broken database would spoil is left out after it."""
    yield _versions()
    yield _configuration(config)
    for fault in config.warnings:
        yield Finding(
            name="config",
            level=Level.WARN,
            message=f"{config.path.name}:{fault.position.line}: {fault.message}.",
            remedy=fault.remedy,
        )
    yield _clock(config)
    yield _space(config)
    yield _queue(config)
    database = _database(config)
    yield database
    yield from _sqlite(config)
    if database.level is not Level.FAIL:
        yield _daemon(config)
        yield from outside(config)
    yield from _mail(config, stored=database.level is not Level.FAIL)


def _as_data(finding: Finding) -> dict[str, str]:
    return {
        "name": finding.name,
        "status": str(finding.level),
        "message": finding.message,
        "remedy": finding.remedy,
    }


_WORDS = {Level.OK: N_("ok"), Level.WARN: N_("warning"), Level.FAIL: N_("FAILED")}
_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


def _print(finding: Finding) -> None:
    word = _(_WORDS[finding.level])
    echo_folded(f"{word:<10} ", finding.message, fg=_COLOURS[finding.level])
    if finding.remedy:
        echo_folded(f"{'':<10} = ", finding.remedy)


def _versions() -> Finding:
    from importlib.metadata import version

    found = {"tiedote": version("tiedote"), "python": platform.python_version()}
    return Finding(name="versions", level=Level.OK, message=_("Tiedote %(tiedote)s on Python %(python)s.") % found)


def _configuration(config: Config) -> Finding:
    accounts = sum(len(organisation.accounts) for organisation in config.organisations.values())
    message = ngettext("%(path)s: %(n)d account.", "%(path)s: %(n)d accounts.", accounts) % {
        "path": config.path,
        "n": accounts,
    }
    if config.sandbox:
        return Finding(
            name="config",
            level=Level.WARN,
            message=message + " " + _("'sandbox: yes': nothing is really published."),
            remedy=_("That is right for a rehearsal. To go live: tiedote init in a new folder."),
        )
    return Finding(name="config", level=Level.OK, message=message)


def _clock(config: Config) -> Finding:
    local = now().astimezone(config.timezone)
    seen = {"time": words.moment(local, config.timezone), "zone": config.timezone.key}
    return Finding(name="clock", level=Level.OK, message=_("It is %(time)s in %(zone)s.") % seen)


def _space(config: Config) -> Finding:
    folder = config.var if config.var.exists() else config.folder
    free = shutil.disk_usage(folder).free
    level = Level.FAIL if free < _NO_SPACE else Level.WARN if free < _LITTLE_SPACE else Level.OK
    remedy = "" if level is Level.OK else _("Make room on this disk, or move 'database' to a larger one.")
    message = _("%(free)s GB free for %(folder)s.") % {"free": words.decimal(free / 1e9), "folder": folder}
    if not os.access(folder, os.W_OK):
        level, remedy = Level.FAIL, _("Let the user that runs Tiedote write into this folder.")
        message = _("%(folder)s cannot be written to.") % {"folder": folder}
    return Finding(name="disk", level=level, message=message, remedy=remedy)


def _queue(config: Config) -> Finding:
    from publisher.announcements import read_queue

    queue = read_queue(config, now())
    if not queue.readable:
        return Finding(
            name="queue",
            level=Level.FAIL,
            message=_("The queue's folder %(folder)s cannot be read.") % {"folder": config.queue},
            remedy=_("Check 'queue' in the configuration, and that the folder or network share is there."),
        )
    faulty = len(
        [file for file, problems in queue.problems.items() if any(not problem.warning for problem in problems)]
    )
    files = len(queue.announcements)
    message = ngettext("%(n)d announcement in the queue.", "%(n)d announcements in the queue.", files) % {"n": files}
    if faulty:
        more = ngettext("%(n)d file has faults.", "%(n)d files have faults.", faulty) % {"n": faulty}
        return Finding(
            name="queue", level=Level.WARN, message=f"{message} {more}", remedy=_("tiedote check shows them all.")
        )
    return Finding(name="queue", level=Level.OK, message=message)


def _database(config: Config) -> Finding:
    from publisher.store import DatabaseProblem, SchemaState, Store, schema_state
    from publisher.store.migrate import check_integrity

    store = Store(config.database)
    try:
        match schema_state(store):
            case SchemaState.EMPTY:
                return Finding(name="database", level=Level.OK, message=_("The database is empty: a first start."))
            case SchemaState.OLD:
                return Finding(
                    name="database",
                    level=Level.FAIL,
                    message=_("The database is from an older version of Tiedote."),
                    remedy=_("Run: tiedote migrate (it makes a copy first)."),
                )
            case SchemaState.NEWER:
                return _broken(refusal(DatabaseProblem("newer", str(store.path or ""))))
        check_integrity(store)
        if unwritable := _unwritable(store):
            return unwritable
    except DatabaseProblem as problem:
        return _broken(refusal(problem))
    finally:
        store.close()
    where = store.path or store.url.render_as_string(hide_password=True)
    return Finding(name="database", level=Level.OK, message=_("The database %(path)s is sound.") % {"path": where})


def _unwritable(store: Store) -> Finding | None:
    """Try to write: a database that can only be read looks sound in every other way."""
    from publisher.store.migrate import why_unwritable

    detail = why_unwritable(store, now())
    if detail is None:
        return None
    where = store.path or store.url.render_as_string(hide_password=True)
    return Finding(
        name="database",
        level=Level.FAIL,
        message=_("The database %(path)s cannot be written to: %(detail)s") % {"path": where, "detail": detail},
        remedy=_(
            "Let the user that runs Tiedote write to the file and to its folder, and look whether the disk is mounted read-only."
        ),
    )


def _broken(stop: Stop) -> Finding:
    return Finding(name="database", level=Level.FAIL, message=stop.message, remedy=stop.remedy)


def _sqlite(config: Config) -> Iterator[Finding]:
    import sqlite3

    if not config.database.startswith("sqlite"):
        return
    version = sqlite3.sqlite_version_info
    message = _("SQLite %(version)s.") % {"version": sqlite3.sqlite_version}
    if wal_is_sound(version):
        yield Finding(name="sqlite", level=Level.OK, message=message)
        return
    yield Finding(
        name="sqlite",
        level=Level.WARN,
        message=message + " " + _("Before 3.51.3, two programs that write at the same instant can damage the file."),
        remedy=_("Tiedote takes care that they do not. Open the database with no other program while it runs."),
    )


def wal_is_sound(version: tuple[int, int, int]) -> bool:
    """Tell whether this SQLite is free of the WAL-reset fault."""
    return version >= _SOUND_SQLITE or any(version[:2] == fixed[:2] and version >= fixed for fixed in _BACKPORTED)


def _daemon(config: Config) -> Finding:
    from publisher.store import SchemaState, Store, meta, schema_state

    store = Store(config.database)
    try:
        with store.read() as conn:
            last = meta.written_at(conn, HEARTBEAT) if schema_state(store) is SchemaState.CURRENT else None
    finally:
        store.close()
    return _judge_daemon(last, now())


def _judge_daemon(last: datetime | None, at: datetime) -> Finding:
    if last is not None and last - at > SILENT:
        return Finding(
            name="daemon",
            level=Level.FAIL,
            message=_("The clock is behind: Tiedote was last at work at a time that has not come yet."),
            remedy=_("Set the machine's clock, and let it be kept right (NTP)."),
        )
    if last is None or at - last > SILENT:
        seen = _("Tiedote is not running.") if last is None else _("Tiedote was last at work %(ago)s.")
        return Finding(
            name="daemon",
            level=Level.WARN,
            message=seen % {"ago": words.ago(at - last)} if last else seen,
            remedy=_("Start it: systemctl start tiedote, or tiedote run"),
        )
    # It may have been stopped since, or have been a command that worked by itself.
    told = _("Tiedote was last at work %(ago)s.") % {"ago": words.ago(at - last)}
    return Finding(name="daemon", level=Level.OK, message=told)


def _mail(config: Config, *, stored: bool) -> Iterator[Finding]:
    from publisher.cli import mailed  # it brings the templates along

    yield mailed.mail(config)
    if stored:
        yield from mailed.unsent(config)

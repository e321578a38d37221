"""`tiedote check`: every fault of the configuration and the announcements, offline and without secrets."""

from __future__ import annotations

import gc
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.shared import Exit, Stop, config_path, load, not_written, now, say
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.announcements import Reading
    from publisher.config import Config
    from publisher.model import Problem


@click.command(
    help=N_(
        "Find all faults at once in the configuration and in announcements: those of the whole queue, or the files and folders named."
    )
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar=N_("[PATH]..."))
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "github", "json")),
    default="text",
    help=N_("How faults are printed: for people, as a code host's annotations, or for scripts."),
)
@click.option("--json", "form", flag_value="json", help=N_("The same as --format json."))
@click.option(
    "--fix",
    "mend",
    is_flag=True,
    help=N_(
        "Mend what needs no person (quotation marks, fields under another name, indentation, the encoding), and keep the file as it "
        "was beside it, as NAME.bak."
    ),
)
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], form: str, *, mend: bool) -> None:
    """Check and print."""
    # A short life: what it leaves behind goes with the process, and looking for it takes a twentieth of its time.
    gc.disable()
    from publisher.config import ConfigFaults, load_config

    path = config_path(ctx)
    if not path.is_file():
        load(ctx)  # says what is missing, and ends
    try:
        config = load_config(path, secrets=False)
    except ConfigFaults as faults:
        _print(form, faults.problems, [])
        say(_("The announcements were not checked: the configuration comes first."))
        ctx.exit(Exit.FINDINGS)
    readings = _readings(config, paths)
    if mend and sum([_fix(reading, config) for reading in readings]):
        readings = _readings(config, paths)
    _print(form, config.warnings, readings)
    if any(reading.announcement is None for reading in readings):
        ctx.exit(Exit.FINDINGS)


def _readings(config: Config, paths: Sequence[Path]) -> list[Reading]:
    from publisher.announcements import paths_below, read_file, read_queue

    if paths:
        found = [found_file(path, config.queue) for path in paths]
        files = [file for path in found for file in (paths_below(path) if path.is_dir() else [path])]
        return [read_file(file, config, now=now()) for file in dict.fromkeys(files)]
    queue = read_queue(config, now=now())
    if not queue.readable:
        raise Stop(
            _("The folder of announcements cannot be read: %(path)s") % {"path": config.queue},
            remedy=_("Make it, or name another one as 'queue' in the configuration."),
            code=Exit.FINDINGS,
        )
    return list(queue.readings)


def _fix(reading: Reading, config: Config) -> bool:
    """Mend a file, and say so; a copy of it as it was is made first."""
    from publisher.announcements import read_file
    from publisher.announcements.reader import LIMITS
    from publisher.yamlfile import Unreadable, read_bytes
    from publisher.yamlfile.fixing import fix

    path = reading.path
    if reading.announcement is not None or path.is_symlink():
        return False
    try:
        source = read_bytes(path, LIMITS.bytes)
        fixed = fix(source, lambda content: read_file(path, config, now=now(), source=content).problems)
        if fixed is None:
            return False
        backup = _write_beside(path, source, fixed.content)
    except Unreadable:
        return False
    except OSError as error:
        raise not_written(
            error,
            error.filename or path,
            remedy=_("Mend the file by hand, or give the command with the right to write into that folder."),
            code=Exit.FAILED,
        ) from error
    message = ngettext("%(n)d fault mended in %(path)s", "%(n)d faults mended in %(path)s", fixed.mended)
    say(message % {"n": fixed.mended, "path": path}, _("as it was: %(path)s") % {"path": backup})
    return True


def _write_beside(path: Path, source: bytes, content: bytes) -> Path:
    """Keep the old content under a name that is free, then put the new one in its place in one step. Raises OSError."""
    number = 1
    # On a share somebody else may have put a link there, which would be written through.
    while os.path.lexists(backup := path.with_name(f"{path.name}.bak{number if number > 1 else ''}")):
        number += 1
    backup.write_bytes(source)
    new = path.with_name(f".{path.name}.tmp")
    new.unlink(missing_ok=True)
    new.write_bytes(content)
    shutil.copymode(path, new)
    new.replace(path)
    return backup


def found_file(path: Path, queue: Path) -> Path:
    """Find a path from here, or as mails name a file: from the queue's folder."""
    for candidate in (path, queue / path):
        if candidate.exists():
            return candidate
    raise click.UsageError(_("There is no file or folder %(path)s.") % {"path": path})


def _print(form: str, of_config: Iterable[Problem], readings: Sequence[Reading]) -> None:
    from publisher.yamlfile import render, render_github

    problems = [*of_config, *(problem for reading in readings for problem in reading.problems)]
    if form == "json":
        click.echo(json.dumps(_content(problems, readings), ensure_ascii=False, indent=2))
        return
    printed: Callable[[Problem], str] = render if form == "text" else render_github
    for problem in problems:
        click.echo(printed(problem))
    if readings:
        click.echo(_summary(readings), err=form == "github")


def _summary(readings: Sequence[Reading]) -> str:
    good = sum(reading.announcement is not None for reading in readings)
    first = ngettext("%(n)d announcement in order", "%(n)d announcements in order", good) % {"n": good}
    faulty = len(readings) - good
    then = ngettext("%(n)d to mend", "%(n)d to mend", faulty) % {"n": faulty}
    return f"{first}, {then}"


def _content(problems: Iterable[Problem], readings: Sequence[Reading]) -> dict[str, object]:
    good = sum(reading.announcement is not None for reading in readings)
    return {
        "version": 1,
        "in_order": good,
        "to_mend": len(readings) - good,
        "problems": [problem_data(problem) for problem in problems],
    }


def problem_data(problem: Problem) -> dict[str, object]:
    """Give a fault for scripts."""
    return {
        "file": problem.position.file,
        "line": problem.position.line,
        "column": problem.position.column,
        "length": problem.position.length,
        "severity": "warning" if problem.warning else "error",
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy or None,
        "instead": problem.instead,
    }

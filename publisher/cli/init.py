"""`tiedote init`: what somebody needs to go live, written once and never overwritten."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from publisher.cli.shared import not_written, say
from publisher.cli.writing import editor_files
from publisher.locale import N_, _, current

EXAMPLE = "example-announcement.yaml"


@click.command(
    help=N_("Write a starter configuration, an empty queue and an example of an announcement; nothing is overwritten.")
)
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False), metavar=N_("[DIR]"))
@click.option(
    "--sandbox", is_flag=True, help=N_("For practice: the built-in networks, with an account that works at once.")
)
def init(folder: Path, *, sandbox: bool) -> None:
    """Write what is missing."""
    language = current()
    starter = files("publisher.cli") / "starter"
    contents = {
        folder / "config.yaml": _configuration(language, practice=sandbox),
        folder / EXAMPLE: dated(
            (starter / f"announcement.{language}.yaml").read_text(encoding="utf-8"), datetime.now().astimezone().date()
        ),
        folder / ".gitignore": "/var/\n",
    }
    try:
        (folder / "schedules" / "images").mkdir(parents=True, exist_ok=True)
        written = {path: _write(path, content) for path, content in contents.items()} | dict(editor_files(folder))
    except OSError as error:
        raise not_written(error, error.filename or folder) from error
    for path, is_new in written.items():
        click.echo((_("written: %(path)s") if is_new else _("left as it is: %(path)s")) % {"path": path})
    if sandbox:
        say("", _("Next: tiedote new, then tiedote check and tiedote publish FILE. Nothing leaves this machine."))
        _say_where(folder)
        return
    say(
        "",
        _("Next: fill in your organisation and its first account in %(path)s.") % {"path": folder / "config.yaml"},
        _("Connect it: tiedote login facebook --org kunta, with your own organisation's short name."),
        _("Then: tiedote check, tiedote doctor, and your first announcement: tiedote new."),
    )
    _say_where(folder)


def dated(example: str, today: date) -> str:
    """Put days that are still to come in the place of the example's own: a Monday after at least a week, and one eight weeks later."""
    monday = today + timedelta(days=14 - today.weekday())
    for written, day in ((date(2026, 12, 7), monday), (date(2027, 1, 31), monday + timedelta(weeks=8))):
        for old, new in (
            (f"{written}", f"{day}"),
            (f"{written.day}.{written.month}.{written.year}", f"{day.day}.{day.month}.{day.year}"),
        ):
            example = re.sub(rf"{re.escape(old)}([^\n#]*#)", partial(_in_its_place, new), example)
    return example


def _in_its_place(day: str, found: re.Match[str]) -> str:
    """What is told behind a day stays in its column."""
    return f"{day}{found[1][:-1].rstrip()}".ljust(len(found[0]) - 1) + "#"


def _say_where(folder: Path) -> None:
    if folder.resolve() != Path.cwd():
        say(
            _("Give the commands in that folder (cd %(folder)s), or name it: tiedote --config %(path)s check")
            % {"folder": folder, "path": folder / "config.yaml"}
        )


def _configuration(language: str, *, practice: bool) -> str:
    """Fill the starter of a language. `practice`: with an account of the built-in networks that works at once."""
    starters = Environment(
        loader=PackageLoader("publisher.cli", "starter"),
        autoescape=False,  # noqa: S701 -- YAML, and nothing foreign goes in
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return starters.get_template(f"config.{language}.yaml.jinja").render(practice=practice)


def _write(path: Path, content: str) -> bool:
    """Write a file unless it is there; tell whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True

"""`tiedote new` and `tiedote schema`: an announcement to begin with, and what an editor needs to help with it."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.shared import Exit, Stop, config_path, not_written, say
from publisher.locale import LANGUAGES, N_, _, current, use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SCHEMAS = Path(".schema")
_SETTINGS = Path(".vscode", "settings.json")


@click.command(
    help=N_(
        "Write an announcement to fill in. It stands in the queue, with comments, and is a draft until it says when. Without a "
        "name one is made up; nothing is overwritten."
    )
)
@click.argument("name", required=False, metavar=N_("[NAME]"))
@click.pass_context
def new(ctx: click.Context, name: str | None) -> None:
    """Write a file that `check` finds in order."""
    queue, base = _queue(ctx)
    path = _place(queue, name) if name else _free(queue, _("new-announcement"))
    words = (files("publisher.cli") / "starter" / f"announcement.{current()}.yaml").read_text(encoding="utf-8")
    schema = base / _SCHEMAS / f"announcement.{current()}.json"
    head = f"# yaml-language-server: $schema={os.path.relpath(schema, path.parent)}\n" if schema.is_file() else ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(head + words.partition("\n")[2])
    except FileExistsError as error:
        raise Stop(
            _("%(path)s is there already.") % {"path": path}, remedy=_("Give another name."), code=Exit.USAGE
        ) from error
    except OSError as error:
        raise not_written(error, error.filename or path) from error
    click.echo(_("written: %(path)s") % {"path": path})
    say(_("Change the texts, then: tiedote check %(path)s") % {"path": path})


@click.command(
    help=N_(
        "Write what an editor needs to help with announcements. JSON Schemas in three languages and settings for VS Code: fields "
        "are then completed and explained. Without a folder: beside the configuration."
    )
)
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False), metavar=N_("[DIR]"))
@click.option("--print", "printed", is_flag=True, help=N_("Print the schema of your language instead."))
@click.pass_context
def schema(ctx: click.Context, folder: Path | None, *, printed: bool) -> None:
    """Write or print."""
    from publisher.announcements.schema import schema as made

    names = _organisations(ctx)
    if printed:
        click.echo(json.dumps(made(names), ensure_ascii=False, indent=2))
        return
    path = config_path(ctx)
    try:
        for written, is_new in editor_files(folder or (path.parent if path.is_file() else Path()), names):
            shown = _("written: %(path)s") if is_new else _("left as it is: %(path)s")
            click.echo(shown % {"path": written})
    except OSError as error:
        raise not_written(error, error.filename or path) from error


def editor_files(folder: Path, organisations: Iterable[str] = ()) -> Iterator[tuple[Path, bool]]:
    """Write what an editor needs into a folder; give each path, and whether it was written.

    Schemas are made anew each time, since they are made from this version; somebody's settings are never touched. Raises OSError.
    """
    from publisher.announcements.schema import schema as made

    names = tuple(organisations)
    (folder / _SCHEMAS).mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        path = folder / _SCHEMAS / f"announcement.{language}.json"
        with use(language):
            path.write_text(json.dumps(made(names), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        yield path, True
    settings = folder / _SETTINGS
    settings.parent.mkdir(exist_ok=True)
    own = (_SCHEMAS / f"announcement.{current()}.json").as_posix()
    content = {
        "yaml.schemas": {own: ["schedules/**/*.yaml", "schedules/**/*.yml"]},
        "[yaml]": {"editor.insertSpaces": True, "editor.tabSize": 2},
        "files.encoding": "utf8",
    }
    try:
        with settings.open("x", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
    except FileExistsError:
        yield settings, False
    else:
        yield settings, True


def _queue(ctx: click.Context) -> tuple[Path, Path]:
    """Give the folder of announcements and the one of the configuration; without a usable configuration, `schedules` here."""
    from publisher.config import ConfigFaults, load_config

    path = config_path(ctx)
    if path.is_file():
        try:
            return load_config(path, secrets=False).queue, path.parent
        except ConfigFaults:
            return path.parent / "schedules", path.parent
    return Path("schedules"), Path()


def _organisations(ctx: click.Context) -> tuple[str, ...]:
    from publisher.config import ConfigFaults, load_config

    path = config_path(ctx)
    if not path.is_file():
        return ()
    try:
        return tuple(load_config(path, secrets=False).organisations)
    except ConfigFaults:
        return ()


def _place(queue: Path, name: str) -> Path:
    """Find where a named announcement goes: where it is named from here if that is in the queue, else below the queue."""
    given = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    real = queue.resolve()
    for path in (given, queue / given):
        if path.resolve().is_relative_to(real):
            return path
    raise click.UsageError(_("%(path)s is outside the folder of announcements.") % {"path": given})


def _free(queue: Path, name: str) -> Path:
    """Make up a name that is not taken."""
    number = 1
    while (path := queue / f"{name}{f'-{number}' if number > 1 else ''}.yaml").exists():
        number += 1
    return path

"""`tiedote init`: what somebody needs to go live, written once and never overwritten."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from publisher.cli.shared import not_written, say
from publisher.cli.writing import editor_files
from publisher.locale import N_, _, current

EXAMPLE = "example-announcement.yaml"


@click.command(
    help=N_("Write a starter configuration, an empty queue and an example of an announcement; nothing is overwritten.")
)
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]")
@click.option(
    "--sandbox", is_flag=True, help=N_("For practice: the built-in networks, with an account that works at once.")
)
def init(folder: Path, *, sandbox: bool) -> None:
    """Write what is missing."""
    language = current()
    starter = files("publisher.cli") / "starter"
    config = (starter / "config.yaml").read_text(encoding="utf-8").replace("LANGUAGE", language)
    if sandbox:
        config = _for_practice(config)
    contents = {
        folder / "config.yaml": config,
        folder / EXAMPLE: (starter / f"announcement.{language}.yaml").read_text(encoding="utf-8"),
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


def _say_where(folder: Path) -> None:
    if folder.resolve() != Path.cwd():
        say(
            _("Give the commands in that folder (cd %(folder)s), or name it: tiedote --config %(path)s check")
            % {"folder": folder, "path": folder / "config.yaml"}
        )


_TO_PRACTISE = {
    "sandbox: no                        # yes: a rehearsal, nothing leaves this machine": (
        "sandbox: yes                       # nothing leaves this machine; to go live: tiedote init in a new folder"
    ),
    '        page_id: "100000000000000"   # tiedote login shows the right number': (
        '        page_id: "100000000000000"\n        access_token: practice       # any word will do here'
    ),
}
"""Lines of the starter, and what stands there instead where nobody needs an account."""


def _for_practice(config: str) -> str:
    for line, instead in _TO_PRACTISE.items():
        config = config.replace(line, instead)
    return config


def _write(path: Path, content: str) -> bool:
    """Write a file unless it is there; tell whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True

"""`export`: the archive of record, written and verified."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.shared import Exit, Stop, json_option, not_written, now, open_store, print_json, say, tell, who
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.archive import Verdict, Written


@click.command(
    help=N_(
        "Write what was published in a year into a folder, as JSON Lines and CSV with a manifest of hashes: exact words, alternative "
        "texts, approvals, links, every attempt, counts. No resident's words are in it."
    )
)
@click.option(
    "--year",
    type=click.IntRange(2000, 9998),
    metavar=N_("YEAR"),
    help=N_("The year; default: the last one that is over."),
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=N_("DIR"),
    help=N_("The folder to write, which is not there yet; default: tiedote-YEAR here."),
)
@click.option(
    "--verify",
    "archive",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar=N_("DIR"),
    help=N_("Instead, compare an archive with its manifest."),
)
@json_option
@click.pass_context
def export(ctx: click.Context, year: int | None, to: Path | None, archive: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Write a year's archive, or verify one."""
    if archive is None:
        _write(ctx, year, to, as_json=as_json)
    elif year is not None or to is not None:
        raise click.UsageError(_("--verify goes with no other option."))
    else:
        _verify(ctx, archive, as_json=as_json)


def _write(ctx: click.Context, year: int | None, to: Path | None, *, as_json: bool) -> None:
    from importlib.metadata import version

    from publisher import archive
    from publisher.store import care
    from publisher.store.archive import Span

    with open_store(ctx) as (config, store):
        wanted = now().astimezone(config.timezone).year - 1 if year is None else year
        start, end = (datetime(one, 1, 1, tzinfo=config.timezone).astimezone(UTC) for one in (wanted, wanted + 1))
        folder = to or Path(f"tiedote-{wanted}")
        about = {"made_at": now().astimezone(config.timezone).isoformat(timespec="seconds"), "made_by": who()}
        about |= {"program": f"tiedote {version('tiedote')}", "year": str(wanted)}
        try:
            with store.read() as conn:
                written = archive.write(conn, folder, Span(start=start, end=end), config.timezone, about)
        except archive.AlreadyThere as error:
            raise Stop(
                _("%(path)s is already there.") % {"path": folder},
                remedy=_("An archive is never written over: name another folder with --to."),
                code=Exit.USAGE,
            ) from error
        except OSError as error:
            raise not_written(error, folder, code=Exit.USAGE) from error
        with store.write() as conn:
            care.note(conn, by=who(), action="export", numbers={"year": wanted, **written.rows}, now=now())
    if as_json:
        print_json(
            {
                "version": 1,
                "folder": str(folder),
                "year": wanted,
                "rows": dict(written.rows),
                "pictures": written.pictures,
                "pictures_missing": written.missing,
                "manifest_sha256": written.sha256,
            }
        )
    else:
        _print_written(written, wanted)


def _print_written(written: Written, year: int) -> None:
    click.echo(_("Written, year %(year)s: %(path)s") % {"year": year, "path": written.folder})
    for name, n in written.rows.items():
        click.echo(f"  {name}  {n}")
    click.echo(f"  pictures  {written.pictures}")
    if written.missing:
        say(_("Pictures that are named but not kept: %(n)d") % {"n": written.missing})
    click.echo(f"  SHA-256 {written.sha256}")
    tell(_("Write this hash of the manifest into your records: it vouches for every file of the archive."))


def _verify(ctx: click.Context, folder: Path, *, as_json: bool) -> None:
    from publisher import archive

    try:
        verdict = archive.verify(folder)
    except archive.NoArchive as error:
        raise Stop(
            _("%(path)s has no manifest that can be read: %(why)s") % {"path": folder, "why": error},
            remedy=_("Name the folder that tiedote export wrote."),
            code=Exit.USAGE,
        ) from error
    if as_json:
        print_json(
            {
                "version": 1,
                "whole": verdict.whole,
                "files": verdict.files,
                "manifest_sha256": verdict.sha256,
                "changed": list(verdict.changed),
                "missing": list(verdict.missing),
                "added": list(verdict.added),
            }
        )
    else:
        _print_verdict(verdict)
    if not verdict.whole:
        ctx.exit(Exit.FINDINGS)


def _print_verdict(verdict: Verdict) -> None:
    for word, names in (
        (_("changed"), verdict.changed),
        (_("missing"), verdict.missing),
        (_("added"), verdict.added),
    ):
        for name in names:
            click.echo(f"{word}: {name}")
    if verdict.whole:
        click.echo(_("All %(n)d files are as they were written.") % {"n": verdict.files})
    click.echo(_("SHA-256 of the manifest: %(hash)s") % {"hash": verdict.sha256})

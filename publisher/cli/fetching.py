"""`fetch URL`: a draft from a page of the website, or from a feed's item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.shared import Exit, Stop, load, not_written, now, say, tell
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.drafting import DraftError, Place


@click.command(
    help=N_(
        "Write a draft from a page or a feed of your website. It has title, link, words and picture; of an RSS or Atom feed those of the "
        "newest item. It has no time, so nothing of it goes out before a person gives it one."
    )
)
@click.argument("url", metavar="URL")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=N_("FILE"),
    help=N_("The file, or its folder; default: the queue."),
)
@click.option("--org", "organisation", metavar=N_("ORGANISATION"), help=N_("Whose announcement it is."))
@click.option(
    "--item",
    type=click.IntRange(1, 50),
    default=1,
    show_default=True,
    metavar=N_("NUMBER"),
    help=N_("Of a feed: which one, from the newest."),
)
@click.pass_context
def fetch(ctx: click.Context, url: str, out: Path | None, organisation: str | None, item: int) -> None:
    """Fetch, write, and say what is left to do."""
    from publisher.announcements import read_file
    from publisher.drafting import DraftError, Website, write
    from publisher.yamlfile import render

    config = load(ctx, secrets=False)
    if organisation is not None and organisation not in config.organisations:
        raise click.UsageError(
            _("The configuration has no organisation %(name)s; it has: %(names)s")
            % {"name": organisation, "names": ", ".join(config.organisations)},
            ctx,
        )
    website = Website(config)
    try:
        is_feed, found = website.look(url)
        if item > len(found):
            raise DraftError("no_item", str(len(found)))  # noqa: TRY301 - worded below, like the others
        one = website.completed(found[item - 1], url) if is_feed else found[0]
        picture = website.picture(one, url)
        written = write(one, picture, _place(config, out, organisation), config, now())
    except DraftError as error:
        raise _worded(error, url) from error
    except FileExistsError as error:
        raise Stop(
            _("%(path)s is there already.") % {"path": out}, remedy=_("Give another name."), code=Exit.USAGE
        ) from error
    except OSError as error:
        raise not_written(error, error.filename or out or config.queue) from error
    click.echo(_("written: %(path)s") % {"path": written.path})
    if written.picture is not None:
        click.echo(_("written: %(path)s") % {"path": written.picture})
    elif one.picture:
        tell(_("Its picture could not be used; put another one beside the file if it needs one."))
    if is_feed and len(found) > 1:
        n = len(found) - 1
        tell(
            ngettext("The feed has %(n)d more item: --item 2", "The feed has %(n)d more items: --item 2 …", n)
            % {"n": n}
        )
    for problem in read_file(written.path, config).problems:
        say(render(problem))
    tell(
        _("It is a draft. Read it, fill in what it says, give it a time, then: tiedote check %(path)s")
        % {"path": written.path}
    )


def _place(config: Config, out: Path | None, organisation: str | None) -> Place:
    from publisher.drafting import Place

    folder = config.queue / organisation if organisation else config.queue
    path = None
    if out is not None and (out.is_dir() or out.suffix.lower() not in {".yaml", ".yml"}):
        folder = out
    elif out is not None:
        folder, path = out.parent, out
    inside = folder.resolve().is_relative_to(config.queue.resolve())
    return Place(folder=folder, path=path, organisation=organisation, later=None if inside else config.queue)


_TROUBLES = {
    "no_address": N_("%(url)s is no web address."),
    "private": N_("%(url)s leads to a machine inside a private network, which is not asked: %(detail)s"),
    "unreachable": N_("%(url)s could not be read: its server does not answer, or breaks off in the middle."),
    "refuses": N_("The server does not give %(url)s: %(detail)s"),
    "loops": N_("%(url)s leads on and on."),
    "too_large": N_("What stands at %(url)s is too large."),
    "unreadable": N_("What stands at %(url)s takes too long to read, or is broken."),
    "empty": N_("At %(url)s stands no page with words."),
    "no_item": N_("The feed %(url)s has no such item."),
    "offline": N_("%(url)s is not fetched: with 'sandbox: yes' nothing outside this machine is asked."),
}

_REMEDIES = {
    "no_address": N_("Write it with https:// at the beginning, as the browser shows it."),
    "private": N_(
        "If that is your own server, name its host under 'links: {private_hosts: […]}' in the configuration."
    ),
    "empty": N_("Give the address of a single page, or write the announcement with tiedote new."),
    "offline": N_("Write 'sandbox: no' in the configuration of the folder that goes live."),
}


def _worded(error: DraftError, url: str) -> Stop:
    known = {"url": url, "detail": error.detail}
    remedy = _REMEDIES.get(
        error.code, N_("Look at it in a browser, and try again later, or write the announcement with tiedote new.")
    )
    code = Exit.USAGE if error.code == "no_address" else Exit.FAILED
    return Stop(_(_TROUBLES[error.code]) % known, remedy=_(remedy), code=code)

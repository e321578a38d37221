"""`preview FILE`: the exact words of each account before anything is sent, counted as the network counts; or all of it as an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from channels import registry
from publisher.cli import words
from publisher.cli.check import found_file, problem_data
from publisher.cli.shared import Exit, Stop, json_option, load, not_written, now, print_json, say
from publisher.errors import left_out, omission
from publisher.locale import N_, _, ngettext
from publisher.terminal import WIDTH, folded

if TYPE_CHECKING:
    from publisher.announcements import Reading
    from publisher.config import Config
    from publisher.preview import CardView, PostView, Preview, Shown, Words

_STDOUT = Path("-")
_BEGINNING = b"<!doctype html>"


@click.command(
    help=N_(
        "Show what an announcement will look like on each network: the exact words and how many characters are left, links, pictures "
        "with their alternative texts, and what is left out. Nothing is sent or kept; no network is asked, and no secret is needed."
    )
)
@click.argument("file", type=click.Path(path_type=Path), metavar=N_("FILE"))
@click.option("--channel", metavar=N_("NETWORK"), help=N_("This network alone."))
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar=N_("OUT"),
    help=N_("Write a page for a browser, pictures included; - for standard output."),
)
@json_option
@click.pass_context
def preview(ctx: click.Context, file: Path, channel: str | None, html: Path | None, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Compose one file and show it."""
    from publisher.announcements import read_file
    from publisher.preview import preview as compose

    config = load(ctx, secrets=False)
    network = _network(ctx, channel)
    reading = read_file(_file(file, config), config, now=now())
    if reading.announcement is None:
        if as_json:
            print_json(_data(None, reading, config))
        else:
            _print_problems(reading)
            say(_("There is no preview: %(file)s has a fault.") % {"file": reading.file})
        ctx.exit(Exit.FINDINGS)
    found = compose(reading.announcement, config, network)
    if html is not None:
        if not as_json:
            _print_problems(reading)
        _write(html, _page(found, reading, config), found, reading.path)
    if as_json:
        print_json(_data(found, reading, config))
    elif html is None:
        _print_problems(reading)
        for line in _lines(found, config):
            click.echo(line)


def _network(ctx: click.Context, channel: str | None) -> str | None:
    if channel is None or registry.is_known(registry.canonical(channel.lower())):
        return channel and registry.canonical(channel.lower())
    message = _("There is no network '%(name)s'; there are %(names)s.")
    raise click.UsageError(message % {"name": channel, "names": ", ".join(registry.names())}, ctx)


def _file(file: Path, config: Config) -> Path:
    path = found_file(file, config.queue)
    if path.is_dir():
        raise click.UsageError(_("%(path)s is a folder; name one announcement.") % {"path": path})
    return path


def _print_problems(reading: Reading) -> None:
    from publisher.yamlfile import render

    for problem in reading.problems:
        click.echo(render(problem), err=True)


# ---------------------------------------------------------------- the page


def _page(found: Preview, reading: Reading, config: Config) -> str:
    from channels.pictures import PictureError  # Pillow and Jinja are slow to import
    from publisher.preview.page import PictureGone, page

    limits = {one.channel: config.capabilities(one.channel) for one in found.posts}
    try:
        return page(found, limits, config.timezone, reading.problems)
    except (PictureGone, PictureError) as error:
        raise Stop(
            _("A picture cannot be shown: %(picture)s") % {"picture": error},
            remedy=_("It was changed a moment ago. Try again; tiedote check tells if something is wrong with it."),
            code=Exit.FINDINGS,
        ) from error


def _write(path: Path, content: str, found: Preview, announcement: Path) -> None:
    if path == _STDOUT:
        click.echo(content)
        return
    if path.exists() and path.samefile(announcement):
        raise click.UsageError(_("%(path)s is the announcement itself; name another file.") % {"path": path})
    beside = path.with_name(f".{path.name}.tmp")
    try:
        if path.is_file() and not _is_page(path):
            raise click.UsageError(_("%(path)s is there already and is no page; name another file.") % {"path": path})
        beside.unlink(missing_ok=True)  # never through a link that somebody else has put there
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise not_written(error, path, code=Exit.USAGE) from error
    count = len(found.posts)
    say(ngettext("%(n)d post in %(path)s", "%(n)d posts in %(path)s", count) % {"n": count, "path": path})


def _is_page(path: Path) -> bool:
    """Tell a preview of before, which may be written anew, from a file that somebody would miss."""
    with path.open("rb") as file:
        return file.read(len(_BEGINNING)).lower() in {_BEGINNING, b""}


# ---------------------------------------------------------------- for people


def _lines(found: Preview, config: Config) -> Iterator[str]:
    """Give the preview line by line, each at most as wide as 80 columns, but for a link."""
    from publisher.preview.wording import several, when, which

    yield from _folded(f"{found.file}: {_one_line(found.title)}", "")
    for post in found.posts:
        account = words.account_word(post.channel, post.account)
        head = f"{post.name}, {account}{which(post, several=several(post, found))}"
        yield ""
        yield from (click.style(line, bold=True) for line in _folded(head, ""))
        yield from _folded(when(post, config.timezone), "  ")
        yield from _post_lines(post)
    if found.skipped:
        yield ""
        yield click.style(_("Does not go out"), bold=True)
        for one in found.skipped:
            account = words.account_word(one.channel, one.account)
            yield from _folded(f"{found.names[one.organisation]}, {account}: {omission(one.reason)}", "  ")


def _post_lines(post: PostView) -> Iterator[str]:
    from publisher.mail import formats
    from publisher.preview.wording import counted, links_closed

    for n, one in enumerate(post.posts, 1):
        told = counted(one.count, one.most)
        many = _("Post %(n)d: %(count)s") % {"n": n, "count": told}
        yield from _folded(many if len(post.posts) > 1 else _("Text: %(count)s") % {"count": told}, "  ")
        yield from _quoted(one.text)
    for n, shown in enumerate(post.pictures, 1):
        yield from _picture(shown, f"{n}/{len(post.pictures)}")
    if post.poll:
        days = ngettext("A poll, open for %(n)d day", "A poll, open for %(n)d days", post.poll.days)
        yield from _folded(days % {"n": post.poll.days}, "  ")
        yield from _quoted("\n".join(filter(None, [post.poll.question, *(f"( ) {one}" for one in post.poll.options)])))
    if post.card:
        yield from _card(post.card)
    if post.first_comment:
        told = counted(post.first_comment.count, post.first_comment.most)
        yield from _folded(_("First comment: %(text)s") % {"text": told}, "  ")
        yield from _quoted(post.first_comment.text)
    if links_closed(post):
        yield from _folded(_("Links cannot be opened here."), "  ")
    for code in post.left_out:
        yield from _folded(_("Left out: %(what)s") % {"what": left_out(code)}, "  ")
    if post.cost:
        yield from _folded(_("Costs %(amount)s") % {"amount": formats.dollars(post.cost, 3)}, "  ")


def _picture(shown: Shown, number: str) -> Iterator[str]:
    yield from _folded(_("Picture %(n)s: %(file)s") % {"n": number, "file": shown.picture.name}, "  ")
    yield from _quoted(shown.alt.text, _("Alternative text: "))


def _card(card: CardView) -> Iterator[str]:
    from publisher.preview.wording import counted

    yield from _folded(_("Link card: %(link)s") % {"link": card.link}, "  ")
    if card.title is None:
        yield from _folded(_("The network reads the card's title and picture from the page."), "    ")
        return
    yield from _folded(_("Card's title: %(count)s") % {"count": counted(card.title.count, card.title.most)}, "  ")
    yield from _quoted(card.title.text)
    if card.description:
        told = counted(card.description.count, card.description.most)
        yield from _folded(_("Card's description: %(count)s") % {"count": told}, "  ")
        yield from _quoted(card.description.text)
    if card.thumbnail:
        yield from _picture(card.thumbnail, "1/1")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _folded(text: str, indent: str) -> list[str]:
    return folded(_one_line(text), WIDTH, indent, indent + "  ")


def _quoted(text: str, first: str = "") -> Iterator[str]:
    """Mark words that go out, so that it is seen where they begin and end; each of their lines begins a new one."""
    for line in f"{first}{text}".splitlines() or [""]:
        yield from folded(line, WIDTH, "  \N{BOX DRAWINGS LIGHT VERTICAL} ", "  \N{BOX DRAWINGS LIGHT VERTICAL} ")


# ---------------------------------------------------------------- for scripts


def _data(found: Preview | None, reading: Reading, config: Config) -> Mapping[str, object]:
    return {
        "version": 1,
        "file": reading.file,
        "announcement": found.announcement if found else None,
        "title": found.title if found else None,
        "in_order": found is not None,
        "problems": [problem_data(problem) for problem in reading.problems],
        "posts": [_post_data(post, config) for post in found.posts] if found else [],
        "not_going": [
            {
                "organisation": one.organisation,
                "channel": one.channel,
                "account": one.account,
                "reason": one.reason,
                "message": omission(one.reason),
            }
            for one in found.skipped
        ]
        if found
        else [],
    }


def _post_data(post: PostView, config: Config) -> Mapping[str, object]:
    return {
        "organisation": post.organisation,
        "channel": post.channel,
        "account": post.account,
        "language": post.language,
        "turn": post.turn,
        "turns": post.turns,
        "draft": post.draft,
        "due": words.iso(post.due_at, config.timezone),
        "posts": [_words_data(one) for one in post.posts],
        "links": list(post.links),
        "pictures": _pictures_data(post.pictures),
        "card": _card_data(post.card) if post.card else None,
        "poll": {"question": post.poll.question or None, "options": list(post.poll.options), "days": post.poll.days}
        if post.poll
        else None,
        "first_comment": _words_data(post.first_comment) if post.first_comment else None,
        "left_out": list(post.left_out),
        "cost": float(post.cost),
    }


def _words_data(one: Words) -> Mapping[str, object]:
    return {"text": one.text, "count": one.count, "most": one.most, "left": one.left}


def _pictures_data(pictures: Sequence[Shown]) -> list[Mapping[str, object]]:
    return [{"file": one.picture.name, "sha256": one.picture.sha256, "alt": _words_data(one.alt)} for one in pictures]


def _card_data(card: CardView) -> Mapping[str, object]:
    return {
        "link": card.link,
        "title": _words_data(card.title) if card.title else None,
        "description": _words_data(card.description) if card.description else None,
        "thumbnail": _pictures_data([card.thumbnail])[0] if card.thumbnail else None,
    }

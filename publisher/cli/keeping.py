"""`purge` and `forget`: residents' words are kept no longer than they may be."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import (
    Exit,
    Stop,
    json_option,
    now,
    open_service,
    open_store,
    print_json,
    say,
    says_yes,
    tell,
    who,
)
from publisher.locale import N_, _, ngettext

if TYPE_CHECKING:
    from datetime import tzinfo

    from publisher.keeping import Forgotten, Person, Proof
    from publisher.purging import Purged
    from publisher.store.care import Trace

_PATIENCE = timedelta(minutes=2)
"""The running service writes the file anew within seconds; a long reading may be in its way."""


# purge


@click.command(
    help=N_(
        "Erase what may be kept no longer: by each network's rule, and by 'retention' in the configuration. "
        "'tiedote run' does it by itself, three times an hour."
    )
)
@click.option("--dry-run", is_flag=True, help=N_("Only say what would be erased."))
@click.option("--log", "as_log", is_flag=True, help=N_("Show who erased, copied and exported what, and when."))
@json_option
@click.pass_context
def purge(ctx: click.Context, dry_run: bool, as_log: bool, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Erase what is too old, or show the trail."""
    if as_log:
        _show_trail(ctx, as_json=as_json)
        return
    with open_service(ctx) as service:
        purged = service.keeper.purge(now(), who(), dry_run=dry_run)
        anew = dry_run or service.rewrite_soon(_PATIENCE)
    if as_json:
        print_json({"version": 1, "dry_run": dry_run, "rewritten": anew, **purged.numbers})
    else:
        _print_purged(purged, dry_run=dry_run)
    if not anew:
        _tell_not_rewritten()
        ctx.exit(Exit.TRY_LATER)


def _print_purged(purged: Purged, *, dry_run: bool) -> None:
    if not any(purged.numbers.values()):
        click.echo(_("Nothing is kept for too long."))
        return
    click.echo(_("Would be erased:") if dry_run else _("Erased:"))
    for n, what in (
        (purged.words, ngettext("the words of %(n)d comment", "the words of %(n)d comments", purged.words)),
        (
            purged.names,
            ngettext("the author's name of %(n)d comment", "the authors' names of %(n)d comments", purged.names),
        ),
        (purged.rows, ngettext("%(n)d old comment", "%(n)d old comments", purged.rows)),
    ):
        if n:
            click.echo("  " + what % {"n": n})
    say(_("The counts of each post stay."))


def _show_trail(ctx: click.Context, *, as_json: bool) -> None:
    from publisher.store import care

    with open_store(ctx) as (config, store), store.read() as conn:
        found = care.trail(conn)
    if as_json:
        print_json({"version": 1, "trail": [_trace_data(one, config.timezone) for one in found]})
        return
    for one in found:
        numbers = ", ".join(f"{name} {n}" for name, n in one.numbers.items())
        click.echo(f"{words.moment(one.at, config.timezone)}  {one.by}  {one.action}  {numbers}")
    if not found:
        say(_("Nothing was erased, copied or exported so far."))


def _trace_data(one: Trace, zone: tzinfo) -> dict[str, object]:
    return {"at": words.iso(one.at, zone), "by": one.by, "action": one.action, "numbers": dict(one.numbers)}


# forget


@click.command(
    help=N_(
        "Erase what one person wrote, everywhere, and prove it. PERSON: a comment's id (c-12), a pseudonym, a profile's "
        "address or id, or a name, with NETWORK: before it if it is one network's. Several name the same person, on "
        "several networks."
    )
)
@click.argument("person", nargs=-1, required=True, metavar=N_("PERSON…"))
@click.option(
    "--ask",
    is_flag=True,
    help=N_("Read the tracked posts' comments once more, to know a person by a name that is not kept; X bills it."),
)
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@json_option
@click.pass_context
def forget(ctx: click.Context, person: tuple[str, ...], ask: bool, yes: bool, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Forget one person."""
    from publisher.keeping import wanted_by

    with open_service(ctx) as service:
        found = service.keeper.who(person, now(), ask=ask)
        _show_person(found)
        # Whoever has not written yet can be forgotten by an id on a network; a name alone would be forgotten to no avail.
        by_id = found.authors and any(wanted_by(one).has_id for one in person)
        if not found.said and not by_id:
            _tell_mentioned(found)
            raise Stop(
                _("Nobody was found who goes by this."),
                remedy=_("Name one of the person's comments, for example c-12; tiedote comments lists them."),
                code=Exit.FINDINGS,
            )
        question = ngettext(
            "Erase this comment for good? [y/N]", "Erase these %(n)d comments for good? [y/N]", len(found.said)
        )
        if not yes and not says_yes(ctx, question % {"n": len(found.said)}):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        forgotten = service.keeper.forget(found, now(), who())
        if forgotten.mails:
            service.reporter.send_due(now())
        anew = service.rewrite_soon(_PATIENCE)
        proof = service.keeper.prove(forgotten)
        on_server = not service.store.is_sqlite
    if as_json:
        print_json(_data(found, forgotten, proof, anew=anew))
    else:
        _print_forgotten(forgotten, proof, on_server=on_server)
    _end(ctx, found, proof, anew=anew)


def _show_person(found: Person) -> None:
    by_account: dict[str, int] = {}
    for one in found.said:
        name = f"{one.organisation} {words.account_word(one.channel, one.account)}"
        by_account[name] = by_account.get(name, 0) + 1
    for name, n in sorted(by_account.items()):
        say(ngettext("%(account)s: %(n)d comment", "%(account)s: %(n)d comments", n) % {"account": name, "n": n})
    for key in found.unread:
        tell(_("%(account)s could not be asked now.") % {"account": " ".join(key[:2])})


def _print_forgotten(forgotten: Forgotten, proof: Proof, *, on_server: bool) -> None:
    n = forgotten.comments
    click.echo(ngettext("%(n)d comment was emptied.", "%(n)d comments were emptied.", n) % {"n": n})
    if forgotten.mails:
        n = forgotten.mails
        click.echo(
            ngettext("%(n)d mail was written anew or taken away.", "%(n)d mails were written anew or taken away.", n)
            % {"n": n}
        )
    if forgotten.copies:
        n = forgotten.copies
        click.echo(ngettext("%(n)d old copy was cleaned.", "%(n)d old copies were cleaned.", n) % {"n": n})
    same = (
        _("The counts are as before: %(counts)s")
        if forgotten.before == forgotten.after
        else _("Counts now: %(counts)s")
    )
    counts = ", ".join(f"{words.NETWORKS.get(name, name)} {n}" for name, n in forgotten.after.items())
    click.echo(same % {"counts": counts})
    click.echo(
        _("Searched: %(files)d files, %(size)d bytes, for %(words)d pieces of what was erased.")
        % {"files": proof.files, "size": proof.size, "words": proof.words}
    )
    if on_server:
        tell(
            _(
                "The database is a PostgreSQL server: no query finds it any more, but the server's own files, logs and "
                "copies could not be searched. Ask whoever looks after it to vacuum, and to drop older copies."
            )
        )
    elif not proof.left:
        click.echo(_("Nothing was found."))


def _end(ctx: click.Context, found: Person, proof: Proof, *, anew: bool) -> None:
    for path in proof.left:
        say(_("Still has something: %(path)s") % {"path": path})
    _tell_mentioned(found)
    tell(_("On the networks it stays as it is: there the person, or you, can delete it."))
    if proof.left and anew:
        ctx.exit(Exit.FAILED)
    if not anew:
        _tell_not_rewritten()
    if found.unread:
        tell(_("Not every account could be asked: try this again later."))
    if found.unread or not anew:
        ctx.exit(Exit.TRY_LATER)


def _tell_mentioned(found: Person) -> None:
    if found.mentioned:
        ids = ", ".join(f"c-{one}" for one in found.mentioned[:10])
        tell(_("Others' comments have the name in their words; look at them: %(ids)s") % {"ids": ids})


def _tell_not_rewritten() -> None:
    tell(
        _(
            "It is erased, but pieces may be left in the gaps of the database's file: it could not be written anew so far. "
            "The running service will do it; or try again in a while: tiedote purge"
        )
    )


def _data(found: Person, forgotten: Forgotten, proof: Proof, *, anew: bool) -> dict[str, object]:
    return {
        "version": 1,
        "comments": forgotten.comments,
        "mails": forgotten.mails,
        "copies": forgotten.copies,
        "not_asked": ["/".join(key) for key in found.unread],
        "counts_before": forgotten.before,
        "counts_after": forgotten.after,
        "rewritten": anew,
        "searched": {"files": proof.files, "bytes": proof.size, "pieces": proof.words},
        "left": [str(path) for path in proof.left],
    }

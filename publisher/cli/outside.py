"""`unpublish`, `amend`: what a person can still do about posts that are out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.shared import Exit, Stop, echo_unbroken, open_service, say, says_yes, who
from publisher.errors import explain
from publisher.locale import N_, _, ngettext
from publisher.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publisher.afterwards import Result
    from publisher.service import FileSays, Service
    from publisher.store.deliveries import DeliveryView

_PATIENCE = 90.0
_GLANCE = 0.5
"""Seconds: how long a request of another process is waited for, and how often it is looked for."""

_which = click.argument("spec", metavar=N_("DELIVERY"))
_reason = click.option("--why", metavar=N_("TEXT"), help=N_("The reason, kept in the archive."))
_sure = click.option("--yes", is_flag=True, help=N_("Do not ask first."))


@click.command(
    help=N_(
        "Take posts that are out down. DELIVERY is as for retry, or an announcement: then all of its posts. "
        "What was sent stays in the archive."
    )
)
@_which
@_reason
@_sure
@click.pass_context
def unpublish(ctx: click.Context, spec: str, why: str | None, yes: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Take one post down, or every post of an announcement."""
    with open_service(ctx) as service:
        out, waiting = _out_and_waiting(service, spec)
        _show(service, out)
        question = ngettext("Take this post down? [y/N]", "Take these %(n)d posts down? [y/N]", len(out))
        if not yes and not says_yes(ctx, question % {"n": len(out)}):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        # All are noted first: what a crisis interrupts goes on by itself.
        by = who()
        for one in out:
            service.afterwards.ask_withdrawal(one.id, by, why)
        results = [(one, _patiently(lambda one=one: service.afterwards.withdraw(one.id))) for one in out]  # type: ignore[misc]
    for one, result in results:
        _tell_withdrawal(one, result)
    for one in waiting:
        say(_("%(post)s is not out: to call it off, tiedote cancel %(delivery)s") % _named(one))
    _end([result for _one, result in results])


@click.command(
    help=N_(
        "Give posts that are out the present words of their file, where the network allows it. DELIVERY is as for "
        "retry, or an announcement: then all of its posts. The earlier words stay in the archive."
    )
)
@_which
@_reason
@_sure
@click.pass_context
def amend(ctx: click.Context, spec: str, why: str | None, yes: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Change the words of one post, or of every post of an announcement."""
    with open_service(ctx) as service:
        out, _waiting = _out_and_waiting(service, spec)
        says = service.file_says(out[0].key.announcement)
        _must_be_ready(out[0], says)
        fit = [one for one in out if _can_be_amended(service, one, says)]
        if not fit:
            raise click.exceptions.Exit(Exit.FINDINGS)
        _show(service, fit)
        question = ngettext(
            "Change the words of this post? [y/N]", "Change the words of these %(n)d posts? [y/N]", len(fit)
        )
        if not yes and not says_yes(ctx, question % {"n": len(fit)}):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        results = [(one, _amended(service, one, says, why)) for one in fit]
    for one, result in results:
        _tell_amendment(one, result)
    _end([result for _one, result in results], all_of_them=len(fit) == len(out))


def _amended(service: Service, one: DeliveryView, says: FileSays, why: str | None) -> Result:
    return _patiently(lambda: service.afterwards.amend(one.id, says.posts[one.key], who(), why))


# ---------------------------------------------------------------- which posts


def _out_and_waiting(service: Service, spec: str) -> tuple[list[DeliveryView], list[DeliveryView]]:
    """Find the posts that are out, and what is still to come; ends with 2 for no such name, with 1 when nothing is out."""
    from publisher.store import deliveries

    with service.store.read() as conn:
        found = deliveries.find_deliveries(conn, spec)
    if not found:
        raise Stop(
            _("There is no delivery %(name)s.") % {"name": spec},
            remedy=_("tiedote status lists them all."),
            code=Exit.USAGE,
        )
    out = [one for one in found if one.remote_id is not None and one.state is not State.WITHDRAWN]
    if not out and all(one.state is State.WITHDRAWN for one in found):
        say(*(_("%(post)s was taken down before.") % _named(one) for one in found))
        raise click.exceptions.Exit(Exit.DONE)
    if not out:
        raise _nothing_out(found)
    return out, [one for one in found if one.remote_id is None and one.state in _COMING]


_COMING = (State.DRAFT, State.SCHEDULED, State.RETRYING, State.HELD, State.AWAITING_APPROVAL, State.CONFIRMING)


def _nothing_out(found: Sequence[DeliveryView]) -> Stop:
    one = found[0]
    told = _("%(post)s is not out: %(state)s.") % {**_named(one), "state": words.state_word(one.state)}
    return Stop(told, remedy=_("To call it off: tiedote cancel %(delivery)s") % _named(one), code=Exit.FINDINGS)


def _named(one: DeliveryView) -> dict[str, str]:
    return {"delivery": one.name, "post": f"{one.name} ({words.account_word(one.key.channel, one.key.account)})"}


def _show(service: Service, out: Sequence[DeliveryView]) -> None:
    from publisher.rehearsal import shown

    address = shown(service.config)
    for one in out:
        account = f"{one.key.organisation} {words.account_word(one.key.channel, one.key.account)}"
        echo_unbroken(f"  {one.name:<6} {account:<24}", address(one.url) if one.url else "")


def _must_be_ready(one: DeliveryView, says: FileSays) -> None:
    announcement = {"announcement": one.key.announcement}
    if says.faulty:
        raise Stop(
            _("The file of %(announcement)s has a fault.") % announcement,
            remedy=_("Mend it first; tiedote check shows the place."),
            code=Exit.FINDINGS,
        )
    if not says.posts:
        raise Stop(
            _("There is no file of %(announcement)s any more.") % announcement,
            remedy=_("Put the file back, or take the post down: tiedote unpublish %(delivery)s") % _named(one),
            code=Exit.FINDINGS,
        )
    if says.unapproved:
        raise Stop(
            _("The new words of %(announcement)s are not approved.") % announcement,
            remedy=_("Somebody approves them first: tiedote approve %(announcement)s") % announcement,
            code=Exit.FINDINGS,
        )


def _can_be_amended(service: Service, one: DeliveryView, says: FileSays) -> bool:
    """Tell whether there is something to change that the network changes; say what it does not."""
    from channels import registry
    from publisher.afterwards import stays, with_words
    from publisher.store import deliveries

    if one.error_kind == deliveries.REMOVING:
        say(f"{_named(one)['post']}: {explain(one.error_kind).message}")
        return False
    with service.store.read() as conn:
        is_out = deliveries.outside(conn, one.id).post
    new = says.posts.get(one.key)
    if new is None:
        say(_("%(post)s: the file does not go to this account any more.") % _named(one))
        return False
    left = stays(is_out, new)
    has_words = with_words(is_out, new) == is_out
    if has_words and not left:
        say(_("%(post)s has the words of the file already.") % _named(one))
        return False
    if left:
        what = ", ".join(_(_STAYS[code]) for code in left)
        say(_("%(post)s: no network changes these once a post is out: %(what)s.") % {**_named(one), "what": what})
    if not has_words and not registry.capabilities(one.key.channel).edits_words:
        say(_("%(post)s: this network does not change the words of a post that is out.") % _named(one))
    elif not has_words:
        return True
    say(_("  = Take it down and publish it under a new name: tiedote unpublish %(delivery)s") % _named(one))
    return False


_STAYS = {
    "thread": N_("the thread"),
    "pictures": N_("the pictures"),
    "alt": N_("the alternative texts"),
    "poll": N_("the poll"),
    "card": N_("the link's card"),
    "first_comment": N_("the first comment"),
}


# ---------------------------------------------------------------- what became of it


def _patiently(change: Callable[[], Result]) -> Result:
    """Make a change; while another process is sending something of the post, wait for its request to end."""
    from publisher.afterwards import Outcome

    pause = threading.Event()
    end = time.monotonic() + _PATIENCE
    while (result := change()).outcome is Outcome.BUSY and time.monotonic() < end:
        pause.wait(_GLANCE)
    return result


def _tell_withdrawal(one: DeliveryView, result: Result) -> None:
    from publisher.afterwards import Outcome

    match result.outcome:
        case Outcome.DONE | Outcome.WAS_DONE:
            say(_("%(post)s is taken down.") % _named(one))
        case Outcome.REFUSED:
            say(_("%(post)s is still out: the network does not let Tiedote take it down.") % _named(one))
            _tell_error(result)
            say(
                _("  = Remove it by hand. Tiedote notices that and counts it as taken down: %(url)s") % {"url": one.url}
            )
        case _:
            say(_("%(post)s is still out. Tiedote tries again by itself while it runs.") % _named(one))
            _tell_error(result)
            say(_("  = If it is urgent, remove it by hand: %(url)s") % {"url": one.url})


def _tell_amendment(one: DeliveryView, result: Result) -> None:
    from publisher.afterwards import Outcome

    match result.outcome:
        case Outcome.DONE | Outcome.WAS_DONE:
            say(_("%(post)s has the words of the file now.") % _named(one))
        case Outcome.REFUSED:
            say(_("%(post)s keeps its words: the network did not take the new ones.") % _named(one))
            _tell_error(result)
        case _:
            say(_("%(post)s: the network did not answer. Try again: tiedote amend %(delivery)s") % _named(one))
            _tell_error(result)


def _tell_error(result: Result) -> None:
    if result.error is not None:
        say(f"  {explain(result.error.kind, result.error.detail).message}")


def _end(results: Sequence[Result], *, all_of_them: bool = True) -> None:
    """End with the code that fits: 4 for a refusal, 75 for what is to be tried again, 1 if some posts could not be changed at all."""
    from publisher.afterwards import Outcome

    outcomes = {result.outcome for result in results}
    if Outcome.REFUSED in outcomes:
        raise click.exceptions.Exit(Exit.FAILED)
    if outcomes - {Outcome.DONE, Outcome.WAS_DONE}:
        raise click.exceptions.Exit(Exit.TRY_LATER)
    if not all_of_them:
        raise click.exceptions.Exit(Exit.FINDINGS)

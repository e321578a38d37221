"""`reply`, `hide`: what a person does about a resident's comment, on the network where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli import words
from publisher.cli.comments import comment_number, no_comment, print_said
from publisher.cli.shared import Exit, Stop, echo_folded, echo_unbroken, open_service, say, says_yes, tell, who
from publisher.errors import explain
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.answering import Result
    from publisher.service import Service
    from publisher.store.replies import Addressed, Reply

_which = click.argument("comment_id", metavar="ID")
_sure = click.option("--yes", is_flag=True, help=N_("Do not ask."))


@click.command(
    help=N_(
        "Answer a resident's comment. ID as 'tiedote comments' shows it. Shows first what is said to whom, and asks. It is said once, "
        "whatever happens on the way."
    )
)
@_which
@click.argument("text", metavar=N_("TEXT"), required=False)
@_sure
@click.option("--by", metavar=N_("NAME"), help=N_("Who says so; default: the account that gives the command."))
@click.option("--approve", is_flag=True, help=N_("Approve the reply that waits for it, and send it."))
@click.option("--drop", is_flag=True, help=N_("Call the reply off that waits for approval."))
@click.option("--again", is_flag=True, help=N_("Say it although the comment is answered, or may be."))
@click.pass_context
def reply(
    ctx: click.Context,
    *,
    comment_id: str,
    text: str | None,
    yes: bool,
    by: str | None,
    approve: bool,
    drop: bool,
    again: bool,
) -> None:
    """Answer a comment."""
    if sum((text is not None, approve, drop)) != 1:
        raise click.UsageError(_("Give the words of the reply, or --approve, or --drop."), ctx)
    name = (by or who()).strip()
    with open_service(ctx) as service:
        to = _comment(service, comment_id)
        if drop:
            _drop(service, to)
            return
        waiting = _waiting(service, to, name) if approve else None
        said = waiting.text if waiting else (text or "").strip()
        _must_fit(service, to, said)
        _show(service, to, said)
        question = _("Approve and send it as %(by)s? [y/N]") if approve else _("Send it? [y/N]")
        if not yes and not says_yes(ctx, question % {"by": name}):
            raise Stop(_("Nothing was sent."), code=Exit.FINDINGS)
        result = _approved(service, waiting, name) if waiting else _asked(service, to, said, name, again=again)
    ctx.exit(_tell(to, result, service))


@click.command(
    help=N_(
        "Hide a comment from everybody but who wrote it, where the network can do that. ID as 'tiedote comments' shows it. Criticism "
        "is no reason: everybody may say what they think of a municipality."
    )
)
@_which
@click.option("--undo", is_flag=True, help=N_("Show it again."))
@click.option("--delete", is_flag=True, help=N_("Delete it for good instead, with what stands below it."))
@_sure
@click.pass_context
def hide(ctx: click.Context, *, comment_id: str, undo: bool, delete: bool, yes: bool) -> None:
    """Hide a comment, show it again, or delete it."""
    if undo and delete:
        raise click.UsageError(_("--undo and --delete do not go together."), ctx)
    with open_service(ctx) as service:
        to = _comment(service, comment_id)
        _must_be_possible(service, to, delete=delete)
        _print_comment(service, to)
        hiding = _("Show it again? [y/N]") if undo else _("Hide it? [y/N]")
        if not yes and not says_yes(ctx, _("Delete it for good? [y/N]") if delete else hiding):
            raise Stop(_("Nothing was changed."), code=Exit.FINDINGS)
        result = service.answers.erase(to) if delete else service.answers.hide(to, hidden=not undo)
    ctx.exit(_tell_hidden(to, result, undo=undo, delete=delete))


def _must_be_possible(service: Service, to: Addressed, *, delete: bool) -> None:
    network = {"network": words.NETWORKS.get(to.channel, to.channel)}
    answers = service.answers
    if answers.can_erase(to) if delete else answers.can_hide(to):
        return
    if delete:
        raise Stop(_("%(network)s lets no program delete comments.") % network)
    if answers.can_erase(to):
        remedy = _("To delete it for good: tiedote hide %(id)s --delete") % {"id": _name(to)}
    else:
        remedy = _("Do it on the network itself.")
    raise Stop(_("%(network)s lets no program hide comments.") % network, remedy=remedy)


def _comment(service: Service, comment_id: str) -> Addressed:
    from publisher.pseudonyms import is_veiled
    from publisher.purging import PROGRAM
    from publisher.store import replies

    number = comment_number(comment_id)
    service.keeper.purge_due(service.clock.now(), PROGRAM)
    with service.store.read() as conn:
        found = None if number is None else replies.comment(conn, number)
    if found is None:
        raise no_comment(comment_id)
    if is_veiled(found.target.remote_id):
        raise Stop(
            _("It is not on the network any more, or was forgotten here."),
            remedy=_("Do it on the network itself."),
            code=Exit.FINDINGS,
        )
    return found


def _name(to: Addressed) -> str:
    return f"c-{to.id}"


# ---------------------------------------------------------------- the plan


def _print_comment(service: Service, to: Addressed) -> None:
    from publisher.rehearsal import shown

    place = f"{to.organisation} {words.account_word(to.channel, to.account)}"
    click.echo(f"{_name(to)}  {place}: {to.announcement or _('a mention of the account')}")
    print_said(to.text, shown(service.config)(to.url or ""))


def _show(service: Service, to: Addressed, text: str) -> None:
    from decimal import Decimal

    from channels.base import Post
    from channels.limits import cost
    from publisher.mail.formats import dollars

    _print_comment(service, to)
    echo_folded("  → ", text)
    price = cost(service.config.capabilities(to.channel), Post(text=text))
    if price > Decimal(0):
        click.echo("  " + _("It costs %(price)s.") % {"price": dollars(price, 3)})


def _must_fit(service: Service, to: Addressed, text: str) -> None:
    from publisher.answering import room_for_reply

    most, measure = room_for_reply(service.config.capabilities(to.channel))
    if not text:
        raise click.UsageError(_("The reply has no words."))
    if measure(text) > most:
        known = {"count": measure(text), "most": most, "network": words.NETWORKS.get(to.channel, to.channel)}
        raise Stop(
            _("The reply is too long for %(network)s: %(count)d of %(most)d.") % known,
            remedy=_("Say it in fewer words."),
            code=Exit.FINDINGS,
        )


# ---------------------------------------------------------------- approval


def _asked(service: Service, to: Addressed, text: str, name: str, *, again: bool) -> Result:
    from publisher.answering import Outcome

    approved = service.config.approval == "optional"
    result = service.answers.ask(to, text, name, approved=approved, again=again)
    if result.outcome is Outcome.DONE and result.reply is not None:
        return service.answers.send(result.reply.id)
    return result


def _waiting(service: Service, to: Addressed, name: str) -> Reply:
    """Find the reply that awaits approval, or was approved by somebody who died before it was sent; four eyes are two people."""
    from publisher.store import replies

    with service.store.read() as conn:
        of_comment = replies.of_comment(conn, to.account_id, to.target.remote_id)
    waiting = next((one for one in of_comment if one.stage is replies.Stage.AWAITING or _is_left(one)), None)
    if waiting is None:
        raise Stop(_("No reply to %(id)s awaits approval.") % {"id": _name(to)}, code=Exit.FINDINGS)
    if service.config.approval == "four_eyes" and waiting.by.casefold() == name.casefold():
        raise Stop(
            _("%(by)s wrote this reply: somebody else has to approve it.") % {"by": waiting.by}, code=Exit.FINDINGS
        )
    return waiting


def _is_left(reply: Reply) -> bool:
    from publisher.store.replies import Stage

    return reply.stage is Stage.READY and reply.approved_by is not None


def _approved(service: Service, waiting: Reply, name: str) -> Result:
    from publisher.store import replies

    with service.store.write() as conn:
        replies.approve(conn, waiting.id, name)
    return service.answers.send(waiting.id)


def _drop(service: Service, to: Addressed) -> None:
    from publisher.store import replies

    with service.store.write() as conn:
        dropped = [
            one
            for one in replies.of_comment(conn, to.account_id, to.target.remote_id)
            if replies.drop(conn, one.id, service.clock.now())
        ]
    if not dropped:
        raise Stop(_("No reply to %(id)s awaits approval.") % {"id": _name(to)}, code=Exit.FINDINGS)
    say(_("The reply to %(id)s is called off.") % {"id": _name(to)})


# ---------------------------------------------------------------- what became of it


def _tell(to: Addressed, result: Result, service: Service) -> Exit:
    known = {"id": _name(to), "by": result.reply.by if result.reply else _("somebody on the network itself")}
    if result.outcome in _TOLD:
        text, code = _TOLD[result.outcome]
        tell(_(text) % known)
    else:
        text, code = "", Exit.FAILED
        tell(_("%(id)s is not answered.") % known)
        _tell_error(result)
        tell(_("  = Answer it on the network; Tiedote sees that when it reads the comments next."))
    if code in {Exit.FAILED, Exit.TRY_LATER}:
        _where(to, service)
    return code


_TOLD: dict[str, tuple[str, Exit]] = {
    "done": (N_("%(id)s is answered."), Exit.DONE),
    "was_done": (
        N_("%(id)s was answered with these words before. To say them once more, add --again."),
        Exit.DONE,
    ),
    "answered": (
        N_("%(id)s was answered already by %(by)s, so nothing was sent. To answer it once more, add --again."),
        Exit.FINDINGS,
    ),
    "other_awaits": (
        N_(
            "Another reply to %(id)s, by %(by)s, awaits approval, so yours was not written down. To send that one: tiedote reply %(id)s "
            "--approve; to call it off: tiedote reply %(id)s --drop"
        ),
        Exit.FINDINGS,
    ),
    "awaits": (N_("The reply to %(id)s by %(by)s awaits approval: tiedote reply %(id)s --approve"), Exit.DONE),
    "busy": (
        N_("A reply to %(id)s is being sent at this moment. Try again in a minute or two."),
        Exit.TRY_LATER,
    ),
    "doubt": (
        N_(
            "The network's answer was lost. Tiedote looks for the reply under %(id)s by itself while it runs, and never sends it "
            "twice; tiedote reply with the same words tells how it stands."
        ),
        Exit.TRY_LATER,
    ),
    "absent": (
        N_(
            "The network's answer was lost, and the reply is not found under %(id)s. Look yourself; if it is not there, send it "
            "with --again."
        ),
        Exit.FAILED,
    ),
}
"""What is told of a reply, by outcome, and the exit code."""


def _where(to: Addressed, service: Service) -> None:
    from publisher.mail.formats import weblink
    from publisher.rehearsal import shown

    if address := weblink(shown(service.config)(to.url or "")):
        echo_unbroken("", address)


def _tell_hidden(to: Addressed, result: Result, *, undo: bool, delete: bool) -> Exit:
    from publisher.answering import Outcome

    known = {"id": _name(to)}
    if result.outcome is Outcome.DONE:
        if delete:
            tell(_("%(id)s is deleted.") % known)
        else:
            tell((_("%(id)s is shown again.") if undo else _("%(id)s is hidden.")) % known)
        return Exit.DONE
    tell(_("%(id)s stays as it is.") % known)
    _tell_error(result)
    return Exit.FAILED


def _tell_error(result: Result) -> None:
    if result.error is not None:
        told = explain(result.error.kind, result.error.detail)
        tell(f"  {told.message}")

"""`approve FILE`: somebody says that exactly these words may go out."""

from __future__ import annotations

import getpass
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import words as words_
from publisher.cli.publishing import account_name, in_queue, show_words, take_in, taken_in, words_of
from publisher.cli.shared import Exit, Stop, echo_folded, open_service, say, says_yes
from publisher.locale import N_, _

if TYPE_CHECKING:
    from publisher.config import Config
    from publisher.model import Announcement, Plan
    from publisher.service import Service
    from publisher.store.approvals import Approvals


@click.command(
    help=N_(
        "Approve the words of one announcement. Shows them first, and asks. The approval counts for exactly these words, pictures and "
        "times: whoever edits the file afterwards has it approved anew."
    )
)
@click.argument("file", metavar=N_("FILE"))
@click.option(
    "--by", metavar=N_("NAME"), help=N_("Who approves; default: the name of the account that gives the command.")
)
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@click.pass_context
def approve(ctx: click.Context, file: str, by: str | None, yes: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Approve one file."""
    from publisher.store import approvals

    with open_service(ctx) as service:
        path = _path(file, service.config)
        announcement = taken_in(service, path, _("Nothing was approved: %(file)s has a fault."))
        name = _name(ctx, by)
        author = _author(service, announcement, name)
        with service.store.read() as conn:
            known = approvals.known(conn)
        plans = service.plans(announcement, service.clock.now())
        if plans and all(plan.approved_by for plan in plans) and service.config.approval != "optional":
            say(_("%(file)s is approved already, by %(by)s.") % {"file": announcement.file, "by": plans[0].approved_by})
            return
        _show(service.config, announcement, plans, known)
        if not yes and not says_yes(ctx, _("Approve it as %(by)s? [y/N]") % {"by": name}):
            raise Stop(_("Nothing was approved."), code=Exit.FINDINGS)
        approval = approvals.Approval(
            announcement=announcement.key,
            content_hash=announcement.content_hash,
            by=name,
            how=approvals.How.COMMAND,
            author=author,
            detail=_system_account(),
            at=service.clock.now(),
        )
        with service.store.write() as conn:
            approvals.add(conn, approval)
        take_in(service, path)
        _outcome(service, announcement, name)


def _path(file: str, config: Config) -> Path:
    """Find a file of the queue by its path, its name in the queue, or its announcement's name."""
    names = [file, f"{file}.yaml", f"{file}.yml"]
    found = next((one for name in names for one in (Path(name), config.queue / name) if one.is_file()), None)
    if found is None:
        from publisher.announcements import read_queue

        readings = read_queue(config).readings
        found = next((one.path for one in readings if one.announcement and one.announcement.key == file), Path(file))
    return in_queue(found, config)


def _system_account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _name(ctx: click.Context, by: str | None) -> str:
    """Tell who approves: the name that was given, else the full name of the system account."""
    name = " ".join((by or "").split())
    if by is not None and not name:
        raise click.UsageError(_("--by wants a name."), ctx)
    if not name:
        import pwd

        name = _system_account()
        with suppress(KeyError):
            name = pwd.getpwnam(name).pw_gecos.partition(",")[0].strip() or name
    if not name:
        raise click.UsageError(_("Say who approves, with --by."), ctx)
    return name


def _author(service: Service, announcement: Announcement, by: str) -> str | None:
    """Tell who wrote the words; ends with 1 where somebody else must approve them and nobody knows that it is somebody else."""
    merge = service.merge_of(announcement)
    author = ", ".join(one.name for one in merge.authors) if merge else announcement.author
    if service.config.approval != "four_eyes":
        return author
    if author is None:
        raise Stop(
            _("Nothing was approved: who wrote %(file)s is not known, and somebody else must approve it.")
            % {"file": announcement.file},
            remedy=_("Write into the file who wrote it, as 'author'."),
            code=Exit.FINDINGS,
        )
    if by.casefold() in {one.strip().casefold() for one in author.split(",")}:
        raise Stop(
            _("Nothing was approved: %(by)s wrote it, and somebody else must approve it.") % {"by": by},
            remedy=_("Let somebody else approve it, under a name of their own: tiedote approve %(file)s --by NAME")
            % {"file": announcement.file},
            code=Exit.FINDINGS,
        )
    return author


def _show(config: Config, announcement: Announcement, plans: tuple[Plan, ...], known: Approvals) -> None:
    """Show the words of each account, the same ones once, and when they go out."""
    before = known.latest.get(announcement.key)
    if before is not None:
        say(_("It was changed since %(by)s approved it.") % {"by": before.by}, "")
    alike: dict[tuple[object, ...], list[Plan]] = {}
    for plan in plans:
        if plan.occurrence == 1:
            alike.setdefault((*words_of(plan), plan.due_wall), []).append(plan)
    for several in alike.values():
        first = several[0]
        when = words_.moment(first.due_at, config.timezone) if first.due_at else first.due_wall
        where = ", ".join(account_name(config, one.organisation, one.channel, one.account) for one in several)
        say(f"{where}: {when or _(_DRAFT)}")
        show_words(first)


_DRAFT = N_("a draft; it has no time under 'publish'")


def _outcome(service: Service, announcement: Announcement, name: str) -> None:
    from publisher.model import State
    from publisher.store import deliveries

    echo_folded("", _("%(file)s is approved by %(by)s.") % {"file": announcement.file, "by": name})
    with service.store.read() as conn:
        found = deliveries.find_deliveries(conn, announcement.key)
    if any(one.state is State.AWAITING_APPROVAL for one in found):
        say(
            _("The file was changed meanwhile, so it waits again: tiedote approve %(file)s")
            % {"file": announcement.file}
        )
    missed = [one for one in found if one.state is State.MISSED]
    for one in missed:
        account = account_name(service.config, one.key.organisation, one.key.channel, one.key.account)
        echo_folded(
            f"{account}: ",
            _("its time has passed; give a later one in the file, and approve it again"),
        )

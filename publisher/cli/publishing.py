"""`publish FILE`: an announcement goes out now, whatever time its file names; once, as ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from channels import registry
from publisher.cli import words
from publisher.cli.check import found_file
from publisher.cli.deliveries import as_data, explained
from publisher.cli.shared import (
    Exit,
    Stop,
    echo_folded,
    echo_unbroken,
    json_option,
    open_service,
    print_json,
    say,
    says_yes,
    wait_option,
)
from publisher.errors import omission
from publisher.locale import N_, _
from publisher.terminal import WIDTH, folded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.announcements import Reading
    from publisher.config import Config
    from publisher.model import Announcement, Plan
    from publisher.planning import Prospect
    from publisher.service import Service
    from publisher.store.deliveries import DeliveryView


@click.command(
    help=N_(
        "Publish one announcement now. The time in its file does not count. Shows first what goes out where, and asks. "
        "It works beside tiedote run and without it, and sends nothing else."
    )
)
@click.argument("file", type=click.Path(path_type=Path), metavar=N_("FILE"))
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@wait_option(N_("How long to wait for networks that need time."))
@json_option
@click.pass_context
def publish(ctx: click.Context, file: Path, yes: bool, wait: timedelta, as_json: bool) -> None:  # noqa: FBT001 -- click passes by name
    """Publish one file."""
    with open_service(ctx) as service:
        path = in_queue(file, service.config)
        announcement = taken_in(service, path)
        prospects = _prospects(service, announcement)
        _show(service.config, announcement, prospects)
        if not any(_goes(one) for one in prospects):
            code = _nothing_goes(prospects)
        else:
            if not yes and not says_yes(ctx, _("Publish it now? [y/N]")):
                raise Stop(_("Nothing was published."), code=Exit.FINDINGS)
            prospects = service.publish_now(announcement, wait)
            code = _outcome(service, prospects, quiet=as_json)
        if as_json:
            deliveries = _deliveries(service, prospects)
            print_json({"version": 1, "deliveries": [as_data(one, service.config.timezone) for one in deliveries]})
    ctx.exit(code)


# ---------------------------------------------------------------- the file


def in_queue(file: Path, config: Config) -> Path:
    path = found_file(file, config.queue)
    if not path.is_file() or not path.absolute().is_relative_to(config.queue.absolute()):
        raise _not_of_the_queue(file, config)
    return path.absolute()


def taken_in(service: Service, path: Path, otherwise: str = "") -> Announcement:
    """Take the queue in as the daemon does, this file without waiting; ends with 1 when it has a fault, and prints it as `check` does.

    `otherwise`: what did not come about because of the fault.
    """
    reading = _reading(service.config, path)
    if reading.announcement is None:
        from publisher.yamlfile import render

        for problem in reading.problems:
            click.echo(render(problem), err=True)
        raise Stop(
            (otherwise or _("Nothing was published: %(file)s has a fault.")) % {"file": reading.file},
            remedy=_("Mend it and try again."),
            code=Exit.FINDINGS,
        )
    take_in(service, path)
    return reading.announcement


def take_in(service: Service, path: Path) -> None:
    """Take the queue in as the daemon does, one file without waiting until nobody is writing it any more."""
    from publisher.announcements import Stillness
    from publisher.service import AnotherDaemonError

    still = Stillness(timedelta(seconds=30))

    def is_still(other: Path, now: datetime) -> bool:
        return other.absolute() == path or still.is_still(other, now)

    try:
        # Alone, a database that was put back from an older copy is noticed before anything of it is sent.
        with service.alone():
            service.read_queue(is_still)
    except AnotherDaemonError:
        service.read_queue(is_still)


def _reading(config: Config, path: Path) -> Reading:
    from publisher.announcements import file_name, read_queue

    name = file_name(path.relative_to(config.queue.absolute()))
    # Read with all others: two files with one identity are a fault that neither shows alone.
    found = next((one for one in read_queue(config).readings if one.file == name), None)
    if found is None:
        raise _not_of_the_queue(path, config)
    return found


def _not_of_the_queue(path: Path, config: Config) -> Stop:
    return Stop(
        _("%(path)s is not a file of the queue.") % {"path": path},
        remedy=_("Save it below %(folder)s, so that it is known what has been published.") % {"folder": config.queue},
        code=Exit.USAGE,
    )


# ---------------------------------------------------------------- before


def _prospects(service: Service, announcement: Announcement) -> tuple[Prospect, ...]:
    from publisher import planning

    now = service.clock.now()
    with service.store.read() as conn:
        return planning.prospects(conn, service.plans(announcement, now), service.times, now)


def _goes(prospect: Prospect) -> bool:
    from publisher.planning import Verdict

    return prospect.verdict in {Verdict.GOES, Verdict.ON_ITS_WAY}


def _show(config: Config, announcement: Announcement, prospects: Sequence[Prospect]) -> None:
    """Say what goes out where, the same words once; then what does not, and why."""
    going: dict[tuple[object, ...], list[Prospect]] = {}
    for one in prospects:
        if _goes(one):
            going.setdefault(words_of(one.plan), []).append(one)
    for alike in going.values():
        say(", ".join(account_name(config, one.plan.organisation, one.plan.channel, one.plan.account) for one in alike))
        show_words(alike[0].plan)
    left = [(one.plan, _why_not(one)) for one in prospects if not _goes(one)]
    for plan, why in left:
        say(f"{account_name(config, plan.organisation, plan.channel, plan.account)}: {why}")
    for skipped in _skipped(config, announcement):
        say(skipped)


def words_of(plan: Plan) -> tuple[object, ...]:
    """Give all that `show_words` shows: accounts that agree in it are shown once."""
    pictures = (tuple(picture.sha256 for picture in plan.pictures), plan.alts)
    card = (plan.link, plan.title, plan.description, plan.thumbnail and plan.thumbnail.sha256, plan.thumbnail_alt)
    return (plan.text, plan.thread, plan.hashtags, card, pictures, plan.poll, plan.first_comment)


def show_words(plan: Plan) -> None:
    tags = " ".join(f"#{tag}" for tag in plan.hashtags)
    posts = [plan.text, *plan.thread]
    lines = [line for number, post in enumerate(posts, 1) for line in _post(post, number, len(posts))]
    lines += filter(None, [tags])
    if plan.link and plan.link not in plan.text:
        lines.append(_("Link: %(link)s") % {"link": plan.link})
    if plan.link and plan.title and registry.capabilities(plan.channel).max_card_title is not None:
        lines.append(_("Title: %(text)s") % {"text": plan.title})
    if plan.description:
        lines.append(_("Description: %(text)s") % {"text": plan.description})
    pictures = [*zip(plan.pictures, plan.alts, strict=True)]
    pictures += [(plan.thumbnail, plan.thumbnail_alt)] if plan.thumbnail else []
    lines += [_("Picture: %(file)s (%(alt)s)") % {"file": picture.name, "alt": alt} for picture, alt in pictures]
    if plan.poll:
        lines.append(_("Poll: %(question)s") % {"question": plan.poll.question})
        lines += [f"    {option}" for option in plan.poll.options]
    if plan.first_comment:
        lines.append(_("First comment: %(text)s") % {"text": plan.first_comment})
    for line in (part for several in lines for part in several.splitlines() or [""]):
        say(*folded(line, WIDTH, "    ", "    "))
    say("")


def _post(text: str, number: int, count: int) -> list[str]:
    """Give a post's lines; each of a thread has its number before it."""
    return [*([f"{number}/{count}"] if count > 1 else []), *text.splitlines()]


def account_name(config: Config, organisation: str, channel: str, account: str) -> str:
    return f"{config.organisations[organisation].name} {words.account_word(channel, account)}"


def _skipped(config: Config, announcement: Announcement) -> list[str]:
    from publisher.compose import compose
    from publisher.model import Skipped

    told = {"not_in_organisations", "not_in_channels", "skip"}
    return [
        f"{account_name(config, one.organisation, one.channel, one.account)}: {omission(one.reason)}"
        for one in compose(announcement, config)
        if isinstance(one, Skipped) and one.reason not in told
    ]


_WHY_NOT = {
    "out": N_("is out already"),
    "edited": N_(
        "is out already, with the words that the file had then; tiedote amend %(delivery)s changes them where the network allows "
        "it, or save new words under a new name"
    ),
    "withdrawn": N_("was taken down by a person; to publish it again, save the file under a new name"),
    "in_doubt": N_("may be out already; say first whether it is: tiedote resolve %(delivery)s"),
    "cancelled": N_("was called off by a person; if it is to go out after all: tiedote retry %(delivery)s"),
    "held": N_("is on hold; tiedote status tells why. To send it all the same: tiedote retry %(delivery)s"),
    "awaits": N_("awaits approval: tiedote approve %(announcement)s"),
    "paused": N_("publishing is paused; to go on: tiedote resume"),
    "expired": N_("its last moment for publishing has passed; give a later 'expires' in the file"),
}
"""Why an account does not get it now: half sentences that follow the account's name and a colon."""


def _why_not(prospect: Prospect) -> str:
    return _(_WHY_NOT[str(prospect.verdict)]) % {
        "delivery": f"d-{prospect.delivery_id}",
        "announcement": prospect.plan.announcement,
    }


def _nothing_goes(prospects: Sequence[Prospect]) -> Exit:
    from publisher.planning import Verdict

    verdicts = {one.verdict for one in prospects}
    if verdicts == {Verdict.OUT}:
        say(_("Nothing to do: all of it is out already."))
        return Exit.DONE
    say(_("Nothing was published."))
    return Exit.TRY_LATER if Verdict.PAUSED in verdicts else Exit.FINDINGS


# ---------------------------------------------------------------- afterwards


def _deliveries(service: Service, prospects: Sequence[Prospect]) -> tuple[DeliveryView, ...]:
    from publisher.store.deliveries import list_deliveries

    ids = [one.delivery_id for one in prospects if one.delivery_id is not None]
    with service.store.read() as conn:
        return list_deliveries(conn, ids)


def _outcome(service: Service, prospects: Sequence[Prospect], *, quiet: bool) -> Exit:
    """Say what became of each delivery that went, and give the exit code."""
    from publisher.model import State
    from publisher.planning import to_follow

    followed = [one for one in _deliveries(service, prospects) if one.id in to_follow(prospects)]
    if not quiet:
        for one in followed:
            _print_outcome(service, one)
    states = {one.state for one in followed}
    if states <= {State.PUBLISHED}:
        return Exit.DONE
    going = {State.SCHEDULED, State.PUBLISHING, State.RETRYING, State.CONFIRMING, State.PUBLISHED}
    if states <= going:
        say(_("The rest goes on by itself while tiedote run is at work; tiedote status tells how it stands."))
        return Exit.TRY_LATER
    return Exit.FAILED


def _blocked(service: Service, delivery: DeliveryView) -> str | None:
    from publisher.store import accounts

    with service.store.read() as conn:
        return accounts.get_account(conn, delivery.account_id).blocked_kind


def _print_outcome(service: Service, delivery: DeliveryView) -> None:
    from publisher.model import State
    from publisher.rehearsal import shown

    key = delivery.key
    if delivery.error_kind is None and delivery.state is State.SCHEDULED:
        delivery = replace(delivery, error_kind=_blocked(service, delivery))
    account = account_name(service.config, key.organisation, key.channel, key.account)
    line = f"{account}: {words.state_word(delivery.state)}"
    if delivery.url:
        echo_unbroken(line, shown(service.config)(delivery.url))
    else:
        echo_folded("", line)
    if delivery.error_kind is not None:
        told = explained(delivery, delivery.error_kind)
        echo_folded("    ", told.message)
        echo_folded("    = ", told.remedy)

"""What `doctor` finds outside this machine: accounts, their cost, and the addresses that announcements lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from publisher.cli import words
from publisher.examining import SOON
from publisher.locale import _, ngettext
from publisher.remarks import Level, Remark, word

if TYPE_CHECKING:
    from publisher.config import Account, Config
    from publisher.lifetimes import TokenLife
    from publisher.service import Service
    from publisher.spending import Month

_LOGIN = re.compile(r"tiedote login [A-Z]+ --org [A-Z]+")
"""A command with what is to be filled in, in any language."""
_MOST_LINKS = 50
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: its name, how it came out, what was seen and what to do."""

    name: str
    level: Level
    message: str
    remedy: str = ""


def outside(config: Config) -> Iterator[Finding]:
    """Ask the networks about each account, and the e-services whether they answer. The database must be in order."""
    from publisher import spending
    from publisher.config import configured
    from publisher.service import Service

    with Service.open(config) as service:
        service.renew_tokens()
        clock_told = False
        for account in configured(config).values():
            for finding in of_account(service, account):
                if finding.name == "clock":
                    if clock_told:
                        continue
                    clock_told = True
                yield finding
        yield from _links(service)
        with service.store.read() as conn:
            months = spending.months(conn, config, service.clock.now())
    yield from map(_judge_month, months)


def of_account(service: Service, account: Account) -> Iterator[Finding]:
    """Ask one account's network, and judge the answer."""
    from channels.base import Health
    from publisher.examining import judge, look_at_pictures
    from publisher.lifetimes import login_command

    answer, at = service.examine(account), service.clock.now()
    life = service.life_of(account)
    remarks = [*judge(answer, at), look_at_pictures(account, service.links, at), service.lacking(account)]
    found = [remark for remark in remarks if remark is not None and remark.code != "token_ends"]
    for remark in found:
        if remark.code == "clock":
            yield _found("clock", "", remark)
    worst = [remark for remark in found if remark.code != "clock"]
    if isinstance(answer, Health):
        service.keep_life(account)
        identity = judge_identity(account, answer.identity.name, life, at, service.config.timezone)
        if not worst or identity.level is not Level.OK:
            yield identity
    for remark in worst:
        told = _found(f"account:{account.organisation}:{account.name}", f"{_name(account)}: ", remark)
        # The sentences are for every account; here it is known which one is meant.
        command = login_command(account.organisation, account.channel, account.name)
        yield replace(told, remedy=_LOGIN.sub(command, told.remedy))


def _found(name: str, before: str, remark: Remark) -> Finding:
    told = word(remark)
    return Finding(name=name, level=remark.level, message=before + told.message, remedy=told.remedy)


def _links(service: Service) -> Iterator[Finding]:
    """Ask what is still to be announced for, a few addresses at once."""
    from publisher.announcements import read_queue

    at = service.clock.now()
    leading: dict[str, str] = {}
    for announcement in read_queue(service.config, at).announcements:
        for plan in service.plans(announcement, at):
            if plan.due_at is None or plan.due_at > at:
                for address in plan.addresses:
                    leading.setdefault(address, announcement.key)
    asked = list(leading)[:_MOST_LINKS]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="link") as workers:
        dead = [one for one in workers.map(lambda address: service.links.dead([address], at), asked) if one]
    for one in dead:
        remark = Remark(code=one.kind, level=Level.FAIL, params={"detail": one.detail})
        yield _found("link", f"{leading[one.address]}: ", remark)
    if asked and not dead and not service.config.sandbox:
        message = ngettext("%(n)d announced link answers.", "%(n)d announced links answer.", len(asked))
        yield Finding(name="link", level=Level.OK, message=message % {"n": len(asked)})


def _judge_month(month: Month) -> Finding:
    """Say what an account has cost; one whose budget is used up is not read any more, and what is due of it is held."""
    used_up = month.budget is not None and month.spent >= month.budget
    return Finding(
        name=f"cost:{month.organisation}:{month.account}",
        level=Level.WARN if used_up else Level.OK,
        message=words.spent(month),
        remedy=_(
            "It is not read any more this month, and announcements wait for you. To go on, raise 'monthly_budget'."
        )
        if used_up
        else "",
    )


def _name(account: Account) -> str:
    return f"{account.organisation} {words.account_word(account.channel, account.name)}"


def judge_identity(account: Account, name: str, life: TokenLife | None, at: datetime, zone: tzinfo) -> Finding:
    """Say whose token this is and how long it lasts."""
    from publisher.cli.accounts import tells_until
    from publisher.lifetimes import login_command

    message = _("%(account)s: %(name)s.") % {"account": _name(account), "name": name}
    level, remedy = Level.OK, ""
    if life is not None and life.expires_at is not None:
        days = life.days_left(at) or 0
        token = ngettext("Its token ends in %(n)d day.", "Its token ends in %(n)d days.", days) % {"n": days}
        message += " " + (tells_until(life.expires_at, zone, at) if life.reading else token)
        if life.expires_at - at <= SOON:
            level, remedy = Level.WARN, _("Get a new token for the account before that.")
            if life.by_login:
                command = login_command(life.organisation, life.channel, life.account)
                remedy = _("Connect it again: %(command)s") % {"command": command}
    return Finding(name=f"account:{account.organisation}:{account.name}", level=level, message=message, remedy=remedy)

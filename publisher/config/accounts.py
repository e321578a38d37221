"""The accounts of an organisation: what every account may say, and around it the channel's own model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from channels import registry
from publisher.config.values import Account, AccountLanguages, OnDoubt
from publisher.locale import _
from publisher.yamlfile import Block, Entry, Faults, Items, Node, Scalar, Section, closest
from publisher.yamlfile.reading import did_you_mean, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SYNONYMS: Mapping[str, str] = {
    "organizations": "organisations",
    "aikavyöhyke": "timezone",
    "tidszon": "timezone",
    "kieli": "language",
    "språk": "language",
    "sähköposti": "mail",
    "email": "mail",
    "smtp": "mail",
    "db": "database",
    "tietokanta": "database",
    "databas": "database",
    "jono": "queue",
    "kö": "queue",
    "raportti": "report",
    "rapport": "report",
    "nimi": "name",
    "namn": "name",
    "tilit": "accounts",
    "konton": "accounts",
    "kielet": "languages",
    "token": "access_token",
    "user": "username",
    "sender": "from",
    "twitter": "x",
    "insta": "instagram",
    "fb": "facebook",
    "maanantai": "monday",
    "måndag": "monday",
    "mon": "monday",
    "ssl": "tls",
}
"""Words that people write, in Finnish, Swedish or otherwise, and the key or value that is meant."""

_ON_DOUBT: Mapping[str, OnDoubt] = {"hold": "hold", "resend": "resend"}
_NAME = re.compile(r"[\w-]+")


def read_channel(node: Scalar, faults: Faults) -> str | None:
    """Read a network's name; `twitter` is taken for `x`."""
    channel = registry.canonical((node.value or "").casefold())
    if registry.is_known(channel):
        return channel
    guess = closest(channel, registry.names(), SYNONYMS)
    remedy = (
        did_you_mean(guess) if guess else _("Possible here: %(choices)s.") % {"choices": ", ".join(registry.names())}
    )
    faults.error(node, "choice", _("'%(value)s' is not a channel") % {"value": shown(node)}, remedy)
    return None


class Holders:
    """Which accounts of the networks are taken. One that stands twice gets everything twice."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, tuple[tuple[str, str], ...]]] = set()

    def claim(self, account: Account) -> bool:
        """Take an account; tells whether it was taken already. Its network knows it by the settings whose names end with `_id`."""
        ids = tuple(
            (name, value) for name, value in account.settings if name.endswith("_id") and isinstance(value, str)
        )
        again = bool(ids) and (account.channel, ids) in self._taken
        self._taken.add((account.channel, ids))
        return again


def read_accounts(organisation: Section, key: str, holders: Holders) -> tuple[Account, ...]:
    """Read `accounts`: each network with one account or a list of them."""
    section = organisation.section("accounts")
    accounts: list[Account] = []
    for entry in section:
        section.entry(entry.name)
        channel = read_channel(entry.key, section.faults)
        if channel is None:
            continue
        nodes = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
        for node in nodes:
            account = _AccountReader(section, entry, key, channel).read(node)
            if account is not None:
                where = node.entries[0].key if isinstance(node, Block) and node.entries else entry.key
                _compare(account, accounts, holders, section.faults, where)
                accounts.append(account)
    return tuple(accounts)


def _compare(account: Account, others: list[Account], holders: Holders, faults: Faults, where: Scalar) -> None:
    known = {"name": account.name, "channel": account.channel}
    if any((one.channel, one.name) == (account.channel, account.name) for one in others):
        message = _("there is already an account '%(name)s' on %(channel)s") % known
        faults.error(where, "duplicate", message, _("Give each account of a list a 'name' of its own."))
    elif holders.claim(account):
        message = _("this account on %(channel)s stands here twice, and would get everything twice") % known
        faults.warn(where, "same_account", message, _("Check its ids: were they copied from another organisation?"))


class _AccountReader:
    def __init__(self, section: Section, entry: Entry, organisation: str, channel: str) -> None:
        self._section = section
        self._entry = entry
        self._organisation = organisation
        self._channel = channel
        self._faults = section.faults
        self._model = registry.settings_model(channel)

    def read(self, node: Node) -> Account | None:
        """Read one account; None if its own settings have a fault."""
        one = self._section.of(node, self._entry.key.at, self._entry.name)
        if not one:
            return None
        name = one.parsed("name", self._channel, _account_name, _("Use letters, digits, - and _."))
        on_doubt = one.choice("on_doubt", "hold", _ON_DOUBT)
        languages = self._languages(one)
        owner = one.address("owner")
        budget = self._budget(one)
        settings = self._settings(one)
        if settings is None:
            return None
        return Account(
            organisation=self._organisation,
            channel=self._channel,
            name=name,
            on_doubt=on_doubt,
            languages=languages,
            owner=owner,
            monthly_budget=budget,
            settings=settings,
        )

    def _languages(self, one: Section) -> AccountLanguages:
        found = one.entry("languages")
        if found and isinstance(found.value, Scalar) and found.value.value == "separate":
            return "separate"
        if found is None or (isinstance(found.value, Scalar) and found.value.value in {"together", None}):
            return "together"
        return one.languages("languages") or "together"

    def _budget(self, one: Section) -> Decimal | None:
        if "monthly_budget" in self._model.model_fields:
            return None
        budget = one.parsed("monthly_budget", None, _dollars, _("Write an amount of US dollars, such as 20 USD."))
        if budget is not None and not registry.capabilities(self._channel).prices:
            self._faults.warn(
                one.where("monthly_budget"),
                "not_billed",
                _("this network bills nothing for posts, so 'monthly_budget' has no effect"),
                _("Leave it out."),
            )
        return budget

    def _settings(self, one: Section) -> BaseModel | None:
        own = {
            "name",
            "on_doubt",
            "languages",
            "owner",
            *(() if "monthly_budget" in self._model.model_fields else ("monthly_budget",)),
        }
        given = {entry.name: entry for entry in one if entry.name not in own}
        for name in self._model.model_fields:
            one.entry(name)
        unknown = {name for name, entry in given.items() if _is_unknown(entry.value)}
        values = {name: _plain(entry.value) for name, entry in given.items() if name not in unknown}
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            before = len(self._faults.problems)
            for detail in error.errors(include_url=False, include_context=False, include_input=False):
                self._complain(detail, one, given, unknown, own)
            if len(self._faults.problems) > before:
                return None
        # Only what could not be looked up is missing.
        return self._model.model_construct(
            None, **{name: values[name] for name in values if name in self._model.model_fields}
        )

    def _complain(
        self, detail: ErrorDetails, one: Section, given: Mapping[str, Entry], unknown: set[str], own: set[str]
    ) -> None:
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in unknown or (not name and unknown):
            return
        if detail["type"] == "missing":
            one.missing(name)
        elif detail["type"] == "extra_forbidden":
            guess = closest(name, [*self._model.model_fields, *own], SYNONYMS)
            choices = ", ".join(sorted({*self._model.model_fields, *own}))
            remedy = did_you_mean(guess) if guess else _("Possible here: %(choices)s.") % {"choices": choices}
            self._faults.error(
                given[name].key, "unknown_field", _("there is no field '%(field)s'") % {"field": name}, remedy
            )
        elif name in given:
            node = given[name].value
            where = given[name].key if not isinstance(node, Scalar) or node.value is None else node
            self._faults.error(
                where, "value", _("this does not fit '%(field)s'") % {"field": name}, _sentence(detail["msg"])
            )
        else:
            self._faults.error(one.at, "value", _("these settings do not fit together"), _sentence(detail["msg"]))


def _account_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(text)
    return text


def _dollars(text: str) -> Decimal:
    """Read an amount; networks bill in US dollars, so no other currency can be compared with it."""
    found = re.fullmatch(r"(?:\$\s*)?(\d{1,7}(?:[.,]\d{1,2})?)\s*(?:USD|usd|\$)?", text.strip())
    if not found:
        raise ValueError(text)
    return Decimal(found[1].replace(",", "."))


def _sentence(message: str) -> str:
    """Make a finished sentence of pydantic's words, or of a model's own."""
    words = message.removeprefix("Value error, ")
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _is_unknown(node: Node) -> bool:
    if isinstance(node, Scalar):
        return node.unknown
    if isinstance(node, Items):
        return any(_is_unknown(item) for item in node.items)
    return any(_is_unknown(entry.value) for entry in node.entries)


def _plain(node: Node) -> object:
    """Give a node as the plain values that a model reads."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return {entry.name: _plain(entry.value) for entry in node.entries}

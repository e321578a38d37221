"""Who hears of what: the accounts of a configuration and the addresses that it names."""

from __future__ import annotations

from publisher.config.values import Account, Config


def configured(config: Config) -> dict[tuple[str, str, str], Account]:
    """Return every account of the configuration by organisation, channel and name."""
    return {
        (account.organisation, account.channel, account.name): account
        for organisation in config.organisations.values()
        for account in organisation.accounts
    }


def everybody(config: Config, *more: str | None) -> list[tuple[str, str]]:
    """Return `alerts_to` and some further addresses, each once, with the language to write in.

    That is the language that the configuration gives the address for its weekly summary, or else its own.
    """
    people = {recipient.address: recipient.language for recipient in (config.mail.alerts_to if config.mail else ())}
    return list((people | {one: language for one, language in only(config, *more) if one not in people}).items())


def only(config: Config, *addresses: str | None) -> list[tuple[str, str]]:
    """Return these addresses, each once, with the language to write in."""
    people: dict[str, str] = {}
    known = {
        recipient.address: recipient.language
        for organisation in config.organisations.values()
        for recipient in (organisation.report.to if organisation.report else ())
    }
    named = {recipient.address: recipient.language for recipient in (config.mail.alerts_to if config.mail else ())}
    for address in addresses:
        if address:
            people.setdefault(address, named.get(address) or known.get(address, config.language))
    return list(people.items())

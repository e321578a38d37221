"""`mail`: how mails leave, who signs in there and how, and who hears of what needs a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from publisher.config.values import MailOAuth, MailSettings, Recipient, Security
from publisher.locale import LANGUAGES, _
from publisher.yamlfile import Items, Node, Scalar, Section
from publisher.yamlfile.reading import address

_SECURITY: Mapping[str, Security] = {"none": "none", "starttls": "starttls", "tls": "tls"}
_USUAL_PORTS: Mapping[str, int] = {"none": 25, "starttls": 587, "tls": 465}
_OF_A_SERVER = ("host", "port", "security", "username", "password", "oauth")
_THIS_MACHINE = re.compile(r"127\.[0-9.]+|localhost|\[?::1\]?")

MICROSOFT = "https://login.microsoftonline.com/%s/oauth2/v2.0/token"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
"""Of client credentials at Exchange Online's SMTP (learn.microsoft.com, "Authenticate an IMAP, POP or SMTP connection using OAuth")."""


def read_mail(section: Section, folder: Path, language: str) -> MailSettings | None:
    """Read the whole section; None where there is none. Paths start at `folder`; recipients without a language get `language`."""
    if not section:
        return None
    ways = [name for name in ("host", "sendmail", "folder") if section.entry(name)]
    security = section.choice("security", "starttls", _SECURITY)
    mail = MailSettings(
        host=section.text("host", required=not ways) or "",
        port=section.whole("port", _USUAL_PORTS[security], 1, 65535),
        security=security,
        sendmail=_path(section, "sendmail", folder),
        folder=_path(section, "folder", folder),
        sender=section.address("from", named=True, required=True) or "",
        alerts_to=read_recipients(section, "alerts_to", language),
        reply_to=section.address("reply_to", named=True),
        username=section.text("username"),
        password=_secret(section, "password"),
        oauth=_oauth(section.section("oauth")),
    )
    _one_way(section, ways)
    _one_login(section)
    if mail.security == "none" and (mail.password or mail.oauth) and not _THIS_MACHINE.fullmatch(mail.host):
        message = _("whoever is on the way to %(host)s can read the password or token") % {"host": mail.host}
        section.faults.warn(
            section.where("security"), "unencrypted", message, _("Write 'starttls' or 'tls' if it is possible.")
        )
    section.finish()
    return mail


def _one_way(section: Section, ways: list[str]) -> None:
    """A server, or a program, or a folder. What belongs to a server is a fault beside the others."""
    stray = (
        ways[1:]
        if len(ways) > 1
        else [name for name in _OF_A_SERVER if ways[:1] not in ([], ["host"]) and section.entry(name)]
    )
    for name in stray:
        entry = section.entry(name)
        if entry is not None:
            section.faults.error(
                entry.key,
                "misplaced",
                _("'%(one)s' does not go together with '%(other)s'") % {"one": name, "other": ways[0]},
                _("Mail leaves through a server ('host'), or a program ('sendmail'), or into a folder ('folder')."),
            )


def _one_login(section: Section) -> None:
    oauth, password, username = (section.entry(name) for name in ("oauth", "password", "username"))
    if oauth is not None and password is not None:
        section.faults.error(
            password.key,
            "misplaced",
            _("'%(one)s' does not go together with '%(other)s'") % {"one": "password", "other": "oauth"},
            _("Leave one of them out: the server is signed in to with a password, or with a token."),
        )
    given = password or username
    if oauth is None and given is not None and not (password and username):
        message, remedy = _("'username' and 'password' belong together"), _("Give both, or leave both out.")
        section.faults.error(given.key, "missing", message, remedy)


def _oauth(section: Section) -> MailOAuth | None:
    if not section:
        return None
    tenant = section.parsed("tenant", None, _tenant, _("Write the directory (tenant) ID as Microsoft Entra shows it."))
    expected = _("Write an address such as https://login.example.fi/oauth2/token.")
    token_url = section.parsed("token_url", None, _token_url, expected)
    if section.entry("tenant") is None and section.entry("token_url") is None:
        section.missing("tenant")
    settings = MailOAuth(
        token_url=token_url or MICROSOFT % (tenant or ""),
        client_id=section.text("client_id", required=True) or "",
        client_secret=_secret(section, "client_secret", required=True) or SecretStr(""),
        scope=section.text("scope") or MICROSOFT_SCOPE,
    )
    section.finish()
    return settings


def read_recipients(section: Section, name: str, language: str, *, required: bool = False) -> tuple[Recipient, ...]:
    """Read one recipient or a list of them: an address, or `{address, language}`."""
    found = section.entry(name)
    nodes = found.value.items if found and isinstance(found.value, Items) else [found.value] if found else []
    recipients = [one for node in nodes if (one := _recipient(section, node, name, language)) is not None]
    if required and not nodes:
        section.missing(name)
    return tuple(recipients)


def _recipient(section: Section, node: Node, name: str, usual: str) -> Recipient | None:
    if isinstance(node, Scalar):
        found = address(node, section.faults)
        return Recipient(address=found, language=usual) if found else None
    one = section.of(node, node.at, name)
    found = one.address("address", required=True)
    language = one.choice("language", usual, {known: known for known in LANGUAGES})
    one.finish()
    return Recipient(address=found, language=language) if found else None


def is_private(origin: str) -> bool:
    """Whether what is sent there cannot be read on the way: encrypted, or never on a wire."""
    return origin.startswith("https://") or bool(re.match(r"http://(?:127\.|localhost\b|\[::1\])", origin))


def _path(section: Section, name: str, folder: Path) -> Path | None:
    value = section.text(name)
    return folder / value if value else None


def _secret(section: Section, name: str, *, required: bool = False) -> SecretStr | None:
    value = section.text(name, required=required)
    return SecretStr(value) if value else None


def _tenant(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+", text):
        raise ValueError(text)
    return text


def _token_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+/[^\s?#]*", text) or not is_private(text):
        raise ValueError(text)
    return text

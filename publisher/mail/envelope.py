"""What every mail of ours has in common: its headers, and a text part beside the HTML part."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from functools import cache
from textwrap import TextWrapper
from types import MappingProxyType
from urllib.parse import quote

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from publisher.locale import _, current, ngettext
from publisher.mail import formats

WIDTH = 72
"""Columns of the text part: what a mail program quotes and prints without folding."""

_NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})

NOBODY = "Tiedote <tiedote@localhost>"
"""The sender where the configuration has no mail section; such mails only become files."""


class _AsItIs(UnstructuredHeader, BaseHeader):
    """A header that machines read: on one line, however long. The library would put a long address into an encoded word."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _headers() -> HeaderRegistry:
    headers = HeaderRegistry()
    for name in ("list-unsubscribe", "list-id", "references", "in-reply-to"):
        headers.map_to_type(name, _AsItIs)
    return headers


_POLICY = SMTP.clone(header_factory=_headers())


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """From whom to whom, when, and under which name. `topic` goes into List-Id, so that people can sort by it.

    `reply_to`: who reads an answer, '' where nobody does but the sender. `caretaker`: who takes a recipient off the list. `thread`: the
    Message-ID under which mail programs gather what belongs together; no mail needs to bear it.
    """

    sender: str
    recipient: str
    subject: str
    message_id: str
    topic: str
    at: datetime
    reply_to: str = ""
    caretaker: str = ""
    thread: str = ""


def domain(sender: str) -> str:
    """Tell the domain of a From header, for names that must be ours alone."""
    return parseaddr(sender)[1].partition("@")[2] or "localhost"


def message_id(sender: str, kind: str, *parts: str) -> str:
    """Make a Message-ID that is the same whenever it is asked for: `kind` and what it is about, with a hash over all."""
    told = ".".join(re.sub(r"[^A-Za-z0-9-]", "-", part) for part in (kind, *parts[:-1]))
    digest = hashlib.sha256("\n".join((kind, *parts)).encode()).hexdigest()[:12]
    return f"<{told}.{digest}@{domain(sender)}>"


def compose(envelope: Envelope, text: str, html: str, pictures: Mapping[str, bytes] = _NO_PICTURES) -> EmailMessage:
    """Put a mail together in the language in use. `pictures`: PNGs by the content id under which the HTML part shows them."""
    message = EmailMessage(policy=_POLICY)
    # Quoted-printable passes every server as it is; the choice between 8bit and base64 would be the library's otherwise.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for content_id, png in pictures.items():
        # The first one turns the HTML part into a multipart/related, which every further one joins.
        page = next(part for part in message.iter_parts() if part.get_content_type() != "text/plain")
        page.add_related(png, "image", "png", cid=f"<{content_id}>", disposition="inline", filename=f"{content_id}.png")
    message["From"] = _address(envelope.sender)
    message["To"] = _address(envelope.recipient)
    message["Subject"] = formats.plain(envelope.subject)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<{envelope.topic}.tiedote.{domain(envelope.sender)}>"
    caretaker = parseaddr(envelope.caretaker or envelope.reply_to or envelope.sender)[1]
    subject = quote(_("Tiedote: take me off the list"))
    message["List-Unsubscribe"] = f"<mailto:{quote(caretaker, safe='@')}?subject={subject}>"
    if envelope.reply_to:
        message["Reply-To"] = _address(envelope.reply_to)
    if envelope.thread:
        message["References"] = message["In-Reply-To"] = envelope.thread
    # After the parts: set_content drops every Content-* header that stands before it.
    message["Content-Language"] = current()
    return message


def _address(written: str) -> Address:
    name, address = parseaddr(written)
    local_part, _at, where = address.rpartition("@")
    return Address(display_name=name, username=local_part, domain=where)


def render(template: str, **values: object) -> str:
    """Fill a template of this package in the language in use; of an HTML one, put the styles where mail programs want them."""
    filled = _templates().get_template(template).render(language=current(), **values)
    return _inliner().inline(filled) if template.endswith(".html") else filled


@cache
def _inliner() -> CSSInliner:
    # What stands under @media cannot be put inline: dark mode stays in the head, with !important.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("publisher.mail"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(_=_, ngettext=ngettext, formats=formats)
    templates.filters["fill"] = fill
    templates.filters["fold"] = fold
    templates.filters["unbroken"] = formats.unbroken
    templates.filters["code"] = code
    return templates


def fill(text: str, first: str = "", rest: str | None = None) -> str:
    """Break lines at `WIDTH` columns, but never an address nor a command, so that both can be copied.

    A command at the end of a sentence, after a colon, gets a line of its own, without the sentence's full stop. `first` and `rest` stand
    before the lines.
    """
    indent = first if rest is None else rest
    lines: list[str] = []
    for part in _AT_THE_END.split(text):
        if _COMMAND.fullmatch(part):
            lines.append(f"{indent}  {part}")
            continue
        whole = _COMMAND.sub(lambda found: found[0].replace(" ", _GLUE), part)
        lines += (line.replace(_GLUE, " ") for line in _wrapped(whole, indent if lines else first, indent))
    return "\n".join(lines) or first


def code(text: str) -> Markup:
    """Mark the commands in a sentence for HTML: what begins with a hyphen, or is a number like c-211, stays whole on its line."""
    parts, end = [], 0
    for found in _COMMAND.finditer(text):
        words = (_WHOLE.format(one) if _HYPHENED.fullmatch(one) else escape(one) for one in found[0].split(" "))
        parts += [escape(text[end : found.start()]), Markup("<code>{}</code>").format(Markup(" ").join(words))]
        end = found.end()
    return Markup("").join((*parts, escape(text[end:])))


_HYPHENED = re.compile(r"--[a-z-]+|[cd]-\d+")
_WHOLE = Markup('<span class="whole">{}</span>')


def fold(text: str, first: str = "", rest: str | None = None) -> str:
    """Break the lines of what others wrote: nothing in it is a command of ours."""
    return "\n".join(_wrapped(text, first, first if rest is None else rest)) or first


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    wrapper = TextWrapper(
        WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(text)


_GLUE = "\ue000"
"""Stands for a space at which no line may end: a character that no text has, for `formats.plain` takes it out."""

_COMMAND = re.compile(
    # Only what is one: "tiedote" is an announcement, too.
    r"\btiedote (?:accounts|amend|approve|cancel|check|collect|comments|doctor|fetch|forget|hide|login|plan|preview|publish|reply"
    r"|report|resolve|resume|retry|run|status|unpublish)\b"
    r"(?: (?:done|show|facebook|instagram|x|linkedin|--org \S*\w|--[a-z-]+|[cd]-\d+|(?:\"[^\"]*\"|'[^']*')+"
    r"|[A-ZÅÄÖ]{2,}\b|\S*(?:/\S*\w|\.ya?ml)))*"
)
"""A command as it stands in a sentence, with what belongs to it: options, numbers, names in capitals, quoted words, paths."""

_AT_THE_END = re.compile(rf"(?<=:)\s+({_COMMAND.pattern})(?:\.(?=\s|\Z)|\Z)\s*")


def as_page(message: EmailMessage) -> str:
    """Give a mail's HTML part as a page for a browser: the pictures that came along with the mail stand in it."""
    body = message.get_body(("html",))
    page = str(body.get_content()) if body is not None else ""
    for picture in message.walk():
        name = str(picture.get("Content-ID", "")).strip("<>")
        if name:
            bare = picture.get_payload(decode=True)
            content = b64encode(bare if isinstance(bare, bytes) else b"").decode("ascii")
            page = page.replace(f"cid:{name}", f"data:{picture.get_content_type()};base64,{content}")
    return page

"""Golden mails in a browser: what a reader sees, at a phone's and a desk's width, light and dark."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
SCHEMES = ("light", "dark")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium; Playwright brings none along."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        here = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield here
        here.close()


@contextmanager
def opened(here: Browser, html: str, width: int, scheme: str) -> Iterator[Page]:
    """Show a page; nothing of it comes from the network."""
    context = here.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    page.set_content(html, wait_until="load")
    yield page
    context.close()


def text_of(message: EmailMessage) -> str:
    """Take the text part."""
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    """Take the HTML part, with the picture put where its content id stands, as a mail program does."""
    html = _part(message, "html")
    for part in message.walk():
        if part.get_content_type() == "image/png":
            data = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{str(part['Content-ID']).strip('<>')}", f"data:image/png;base64,{data}")
    assert "cid:" not in html
    return html


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


class Outline(HTMLParser):
    """What a page is made of, as a screen reader goes through it: headings, paragraphs, items, tables, links, pictures."""

    _BLOCKS = frozenset({"h1", "h2", "p", "li", "caption", "th", "td", "a"})
    _HIDDEN = frozenset({"style", "title"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self._lines: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append("hidden" if tag in self._HIDDEN or self._is_hidden(dict(attrs)) else tag)
        if "hidden" in self._open:
            return
        if tag in self._BLOCKS:
            self._lines.append((tag, ""))
        if tag == "img":
            self._lines.append((tag, dict(attrs)["alt"] or ""))
        if tag in {"img", "meta", "br"}:
            self._open.pop()

    @staticmethod
    def _is_hidden(attributes: dict[str, str | None]) -> bool:
        return attributes.get("aria-hidden") == "true" or "display: none" in (attributes.get("style") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._lines and self._open and "hidden" not in self._open:
            tag, words = self._lines[-1]
            self._lines[-1] = (tag, words + data)

    def __str__(self) -> str:
        return "".join(f"{tag}: {' '.join(words.split())}\n" for tag, words in self._lines if re.search(r"\S", words))

"""Golden mails: what they say is kept word for word, and what they look like is asked of a browser. `make goldens` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from publisher.mail import LONGEST, excerpt
from publisher.store.notices import NoticeKind
from tests.golden.cases import GOLDENS, Golden, failures, lively
from tests.golden.looking import SCHEMES, Outline, browser, html_of, needs_chromium, opened, text_of
from tests.publisher.test_mail import an_alert

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
EVERY = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all mails."""
    with browser() as here:
        yield here


@EVERY
def test_a_mail_says_what_was_agreed(golden: Golden):
    """Subject, text part and the outline of the HTML part, word for word. A change is made on purpose: `make goldens`."""
    mail = golden.mail()
    text = f"{mail['Subject']}\n\n{text_of(mail)}"
    assert text == (HERE / f"{golden.name}.txt").read_text(encoding="utf-8")
    assert str(Outline(html_of(mail))) == (HERE / f"{golden.name}.outline").read_text(encoding="utf-8")
    assert [line for line in text_of(mail).splitlines() if len(line) > 72] == []


@EVERY
def test_a_mail_is_small(golden: Golden):
    """Gmail cuts HTML off at 102 KB, and a mail is forwarded and kept for years."""
    mail = golden.mail()
    html = mail.get_body(("html",))
    assert html is not None
    assert len(html.get_content().encode()) < 90_000
    assert len(mail.as_bytes()) < 150_000


def test_the_worst_week_is_small_too():
    """As many of everything as a mail shows, and residents' words at their longest, every letter of them dear on its way."""
    summary, words = failures(), "Ääkkösiä & <b>merkkejä</b> " * 200
    question = replace(summary.questions[0], text=excerpt(words, LONGEST))
    idea = replace(lively().ideas[0], text=excerpt(words))
    worst = replace(
        summary,
        questions=(question,) * 10,
        waiting=99_999,
        ideas=(idea,) * 5,
        attention=summary.attention * 10,
        services=summary.services * 10,
        upcoming=summary.upcoming * 20,
        awaiting=lively().awaiting * 30,
    )
    mail = Golden(name="worst", language="fi", summary=lambda: worst).mail()
    html = mail.get_body(("html",))
    assert html is not None
    assert len(html.get_content().encode()) < 90_000
    assert len(mail.as_bytes()) < 150_000


@needs_chromium
@EVERY
def test_everybody_can_read_it(golden: Golden, chromium: Browser):
    """No violation that axe knows, light and dark; nothing to scroll sideways on the narrowest telephone, and the chart is shown."""
    html = html_of(golden.mail())
    for scheme in SCHEMES:
        with opened(chromium, html, 320, scheme) as page:
            found = Axe().run(page)
            assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0 && one.alt)")
            paper = page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
            assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 31)"}[scheme]


@needs_chromium
@pytest.mark.parametrize("kind", [NoticeKind.UNCONFIRMED, NoticeKind.REJECTED, NoticeKind.RECONNECT], ids=str)
def test_everybody_can_read_an_alert(kind: NoticeKind, chromium: Browser):
    """The other mails are of the same hand."""
    html = html_of(an_alert(kind, "fi"))
    for scheme in SCHEMES:
        with opened(chromium, html, 320, scheme) as page:
            found = Axe().run(page)
            assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320


@needs_chromium
def test_no_alert_scrolls_sideways(chromium: Browser):
    """Whatever the kind, and however long a file's name and an address are."""
    far = {
        "file": f"hausjarvi/{'rakennusvalvonnan-ajanvaraus' * 2}.yaml",
        "url": "https://x.com/i/web/status/" + "1" * 60,
    }
    with opened(chromium, "", 320, "light") as page:
        for kind in NoticeKind:
            page.set_content(html_of(an_alert(kind, "fi", **far)))
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, kind

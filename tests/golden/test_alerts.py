"""What a browser and axe say of the mails about one thing that needs a person."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from publisher.store.notices import NoticeKind
from tests.golden.looking import CHROMIUM, browser, html_of, opened
from tests.publisher.test_mail import an_alert

LONG = {
    "file": f"hausjarvi/{'rakennusvalvonnan-ajanvaraus' * 2}.yaml",
    "url": "https://x.com/i/web/status/1" + "0" * 60,
}
LOOKED_AT = {
    "light": an_alert(NoticeKind.REJECTED, "fi", file=LONG["file"]),
    "dark": an_alert(NoticeKind.FAILED, "fi", url=LONG["url"]),
}


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
def test_everybody_can_read_an_alert():
    """Nothing to scroll sideways on the narrowest telephone, whatever the kind; no violation that axe knows, light and dark."""
    with browser() as chromium:
        with opened(chromium, "", 320, "light") as page:
            for kind in NoticeKind:
                page.set_content(html_of(an_alert(kind, "fi", **LONG)))
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, kind
        for scheme, mail in LOOKED_AT.items():
            with opened(chromium, html_of(mail), 320, scheme) as page:
                found = Axe().run(page)
                assert found.violations_count == 0, f"{mail['Subject']} {scheme}: {found.generate_report()}"

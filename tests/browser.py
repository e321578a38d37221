"""A person at a browser: opens a page of consent in the sandbox, chooses, ticks, and ends at the address that the program waits for."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests


class Refused(AssertionError):
    """The page shows a fault instead of asking."""


def consent(url: str, who: str | None = None, *, allow: bool = True, leave_out: tuple[str, ...] = ()) -> str:
    """Answer the page at `url` as `who` (by label or value; None: whoever stands first); return where the browser is sent, or the PIN."""
    page = requests.get(url, timeout=10)
    trouble = re.search(r'role="alert">(.*?)</p>', page.text, re.DOTALL)
    if trouble:
        raise Refused(unescape(trouble[1]))
    choices = re.findall(r'<option value="([^"]*)">([^<]*)</option>', page.text)
    value = next(value for value, label in choices if who in {None, unescape(value), unescape(label)})
    scopes = [unescape(scope) for scope in re.findall(r'name="scope" value="([^"]*)"', page.text)]
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert action is not None
    form = [("who", unescape(value)), ("decision", "allow" if allow else "deny")]
    form += [("scope", scope) for scope in scopes if scope not in leave_out]
    answer = requests.post(urljoin(url, unescape(action[1])), data=form, timeout=10, allow_redirects=False)
    pin = re.search(r'<code id="pin">(\d+)</code>', answer.text)
    if pin:
        return pin[1]
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def answer_of(address: str) -> dict[str, str]:
    """Take the answer out of an address that the browser was sent to."""
    return dict(parse_qsl(urlsplit(address).query))

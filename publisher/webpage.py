"""What a page or a feed says, read out of bytes that anybody may have written: `python -m publisher.webpage`.

Parsers have bad days: some hundred kilobytes of nested tags take lexbor and feedparser minutes. So they run in a child that the system ends
after `CPU_SECONDS`, and that gets no more than `MOST_MEMORY`; what it prints is plain text in JSON. It reads no file and no network.
"""

from __future__ import annotations

import codecs
import json
import re
import resource
import sys
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

CPU_SECONDS = 5
MOST_MEMORY = 512 * 1024 * 1024
MOST_ITEMS = 50
_MOST_TITLE = 200
_MOST_WORDS = 2_000
_MOST_ADDRESS = 2_000
_HEAD = 4_096
_IS_FEED = re.compile(rb"<(?:rss|rdf:RDF|feed)[\s>]", re.IGNORECASE)
_IS_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_SUBSET = re.compile(rb"<!DOCTYPE[^>\[]{0,300}\[.*?\]\s*>", re.DOTALL | re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2}")


def main() -> None:
    """Read bytes from stdin, print what they say. Arguments: the address, and the charset of the answer's header or ''."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    url, charset = sys.argv[1:3]
    sys.stdout.write(json.dumps(parse(sys.stdin.buffer.read(), url, charset)))


def parse(body: bytes, url: str, charset: str) -> dict[str, Any]:
    """Tell whether it is a page or a feed, and what it says; an empty mapping: neither."""
    head = body[:_HEAD]
    if _IS_FEED.search(head) and not _IS_PAGE.search(head):
        return _feed(body, url)
    if b"\0" in head.replace(b"\0\0", b"") and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return {}
    return _page(_decoded(body, charset), url)


def _decoded(body: bytes, charset: str) -> str:
    """Decode a page: by its byte order mark, the header, its own word for it, else UTF-8, else as Windows did."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(name, "replace")
    said = _CHARSET.search(body[:_HEAD])
    for name in (charset, said[1].decode("ascii") if said else "", "utf-8", "cp1252"):
        try:
            # Only what is made of single characters: "base64" and "zlib" are codecs, too.
            if name and codecs.lookup(name)._is_text_encoding:  # noqa: SLF001 - the one way to tell
                return body.decode(name)
        except (LookupError, ValueError):
            continue
    return body.decode("utf-8", "replace")


# ---------------------------------------------------------------- pages


def _page(text: str, url: str) -> dict[str, Any]:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    said = _metas(tree)
    title = _without_site(
        said.get("og:title") or _text_of(tree, "title") or _text_of(tree, "h1"), said.get("og:site_name")
    )
    picture = said.get("og:image:secure_url") or said.get("og:image") or said.get("twitter:image")
    return {
        "kind": "page",
        "title": plain(title, _MOST_TITLE),
        "text": plain(said.get("og:description") or said.get("description") or _paragraphs(tree), _MOST_WORDS),
        "link": _own(_attribute(tree, "link[rel=canonical]", "href"), url),
        "language": _language(_attribute(tree, "html", "lang") or said.get("og:locale")),
        "picture": address(picture, url),
        "alt": plain(said.get("og:image:alt") or said.get("twitter:image:alt") or "", _MOST_TITLE),
    }


def _metas(tree: LexborHTMLParser) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for meta in tree.css("meta"):
        name = meta.attributes.get("property") or meta.attributes.get("name") or ""
        content = meta.attributes.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower()[:100], content)
    return found


def _text_of(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return node.text() if node is not None else ""


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return (node.attributes.get(name) or "") if node is not None else ""


def _paragraphs(tree: LexborHTMLParser) -> str:
    for selector in ("article p", "main p", "p"):
        found = [words for node in tree.css(selector)[:8] if len(words := node.text().strip()) > 40]
        if found:
            return "\n\n".join(found[:3])
    return ""


def _without_site(title: str, site: str | None) -> str:
    """Take the site's name off a title that ends with it."""
    for sign in (" | ", " - ", " – ", " — ", " :: "):
        first, _sign, last = title.rpartition(sign)
        if first.strip() and site and last.strip().casefold() == site.strip().casefold():
            return first
    return title


def _own(written: str, url: str) -> str:
    """Give the address that a page calls its own, if it is on the same host; else the one where it was found."""
    said = address(written, url)
    hosts = {(urlsplit(one).hostname or "").removeprefix("www.") for one in (said or url, url)}
    return said if said and len(hosts) == 1 else url


# ---------------------------------------------------------------- feeds


def _feed(body: bytes, url: str) -> dict[str, Any]:
    import feedparser

    # A feed needs no entities of its own; nine of them, each ten of the one before, are a billion.
    body = _SUBSET.sub(b"", body, count=1)
    found = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    language = found.feed.get("language")
    items = [_item(entry, url, language) for entry in found.entries[:MOST_ITEMS]]
    return {"kind": "feed", "title": _no_tags(found.feed.get("title", ""), _MOST_TITLE), "items": items}


def _item(entry: Any, url: str, language: str | None) -> dict[str, Any]:  # noqa: ANN401 - feedparser has no types
    content = next((one.get("value", "") for one in entry.get("content") or ()), "")
    link = address(entry.get("link"), url)
    picture, alt = _picture_of(entry)
    return {
        "identity": str(entry.get("id") or link or entry.get("title", ""))[:_MOST_ADDRESS],
        "title": _no_tags(entry.get("title", ""), _MOST_TITLE),
        "text": _no_tags(entry.get("summary") or content, _MOST_WORDS),
        "link": link,
        "language": _language(entry.get("language") or language),
        "picture": address(picture, link or url),
        "alt": plain(alt, _MOST_TITLE),
        "at": _moment(entry.get("published_parsed") or entry.get("updated_parsed")),
    }


def _moment(parsed: Any) -> str:  # noqa: ANN401 - time.struct_time in UTC, or None
    return f"{parsed[0]:04}-{parsed[1]:02}-{parsed[2]:02}T{parsed[3]:02}:{parsed[4]:02}" if parsed else ""


def _picture_of(entry: Any) -> tuple[str, str]:  # noqa: ANN401
    for one in [*(entry.get("media_content") or ()), *(entry.get("enclosures") or ())]:
        kind = str(one.get("type") or one.get("medium") or "")
        if kind.startswith("image"):
            return str(one.get("url") or one.get("href") or ""), ""
    for one in entry.get("media_thumbnail") or ():
        return str(one.get("url") or ""), ""
    return "", ""


def _no_tags(markup: str, most: int) -> str:
    """Give the words of a piece of HTML; each block on a line of its own."""
    from selectolax.lexbor import LexborHTMLParser

    if "<" not in markup and "&" not in markup:
        return plain(markup, most)
    ended = re.sub(r"(?i)</(?:p|div|li|h[1-6]|tr)>|<br\s*/?>", "\n", markup[: 20 * _MOST_WORDS])
    tree = LexborHTMLParser(ended)
    tree.strip_tags(["script", "style", "template", "noscript"])
    return plain(tree.body.text() if tree.body is not None else "", most)


# ---------------------------------------------------------------- both


def plain(text: object, most: int) -> str:
    """Give words without anything that cannot be seen, or that breaks a file; lines stay, several empty ones become one."""
    given = unicodedata.normalize("NFC", str(text or "")[: 10 * most]).replace("\r\n", "\n")
    kept = "".join(_character(sign) for sign in given)
    lines = [" ".join(line.split()) for line in kept.splitlines()]
    words = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    # `@[key]` would be one of our own mentions.
    return words[:most].rstrip().replace("@[", "[")


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINER = "\u200d"


def _character(sign: str) -> str:
    if sign in "\n\u2028\u2029\x85\r\x0b\x0c":
        return "\n"
    if sign == "\t" or unicodedata.category(sign) == "Zs":
        return " "
    return "" if unicodedata.category(sign) in _INVISIBLE and sign != _JOINER else sign


def address(written: object, base: str) -> str:
    """Give a web address as a whole one, or ''."""
    text = str(written or "").strip()
    if not text or len(text) > _MOST_ADDRESS or re.search(r"[\s\x00-\x20\x7f\"<>\\^`{|}]", text):
        return ""
    try:
        whole = urljoin(base, text)
        parts = urlsplit(whole)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _port = parts.port
    except ValueError:
        return ""
    return whole if usable else ""


def _language(written: object) -> str:
    found = _LANGUAGE.match(str(written or "").strip().lower())
    return found[0] if found else ""


if __name__ == "__main__":
    main()

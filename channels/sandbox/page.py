"""The pages: each network's timeline as residents see it, and one page per post where they can comment and react."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from channels.sandbox import instagram, tweettext
from channels.sandbox.ledger import moment
from channels.sandbox.residents import NAMES
from channels.sandbox.settings import NETWORKS, SandboxAccount
from channels.sandbox.state import Picture, Post, Remark

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox

_ZONE = ZoneInfo("Europe/Helsinki")
_TITLES = {"facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn"}
_REACTIONS: Mapping[str, Mapping[str, str]] = {
    "facebook": {
        "LIKE": "Tykkään",
        "LOVE": "Ihanaa",
        "CARE": "Välitän",
        "HAHA": "Haha",
        "WOW": "Vau",
        "SAD": "Surullista",
        "ANGRY": "Suututtaa",
    },
    "linkedin": {
        "LIKE": "Tykkää",
        "PRAISE": "Hienoa",
        "APPRECIATION": "Tue",
        "EMPATHY": "Ihanaa",
        "INTEREST": "Oivaltavaa",
        "ENTERTAINMENT": "Hauskaa",
    },
    "instagram": {"LIKE": "Tykkää"},
    "x": {"LIKE": "Tykkää"},
}
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,:;!?)]")
_CONTENT_POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture on a page."""

    path: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """A comment on a page, with its replies."""

    id: str
    author: str
    own: bool
    text: Markup
    when: str
    iso: str
    hidden: bool
    kind: str
    replies: tuple[CommentView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A link shown as a card."""

    url: str
    title: str
    host: str
    description: str
    picture: PictureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post on a page."""

    id: str
    network: str
    network_title: str
    author: str
    handle: str
    profile: str
    path: str
    when: str
    iso: str
    edited: bool
    text: Markup
    pictures: tuple[PictureView, ...]
    question: str
    options: tuple[str, ...]
    card: CardView | None
    reactions: tuple[tuple[str, int], ...]
    choices: Mapping[str, str]
    shares: int
    comments: tuple[CommentView, ...]
    comment_count: int


def routes(sandbox: Sandbox) -> list[Route]:
    """All pages."""
    pages = _Pages(sandbox)
    return [
        Route("/", pages.home),
        Route("/_page/style.css", pages.style),
        Route("/favicon.ico", pages.icon),
        Route("/_page/comment", pages.comment, methods=["POST"]),
        Route("/_page/react", pages.react, methods=["POST"]),
        Route("/{page:int}/posts/{number}", pages.post(lambda part: f"{part['page']}_{part['number']}")),
        Route("/p/{code}/", pages.post(lambda part: _by_code(sandbox, part["code"]))),
        Route("/i/web/status/{id}", pages.post(lambda part: part["id"])),
        Route("/{name}/status/{id}", pages.post(lambda part: part["id"])),
        Route("/feed/update/{id}/", pages.post(lambda part: part["id"])),
        *(Route(f"/{network}", pages.timeline(network)) for network in NETWORKS),
        *(Route(f"/{network}/{{account}}", pages.timeline(network)) for network in NETWORKS),
    ]


def _by_code(sandbox: Sandbox, code: str) -> str:
    posts = (post for post in sandbox.world.posts.values() if post.network == "instagram")
    return next((post.id for post in posts if instagram.shortcode(post) == code), "")


class _Pages:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def home(self, _request: Request) -> Response:
        with self._sandbox.lock:
            views = [post_view(self._sandbox, post) for post in _timeline(self._sandbox, None, None)]
            return _html("timeline.html", heading="Kaikki kanavat", posts=views, **self._frame(""))

    async def icon(self, _request: Request) -> Response:
        return Response(status_code=204)

    async def style(self, _request: Request) -> Response:
        return Response(_stylesheet(), media_type="text/css", headers={"cache-control": "max-age=60"})

    def timeline(self, network: str) -> Callable[[Request], Any]:
        async def view(request: Request) -> Response:
            wanted = request.path_params.get("account")
            account = self._sandbox.account(network, wanted) if wanted else None
            if wanted and account is None:
                return _missing()
            with self._sandbox.lock:
                views = [post_view(self._sandbox, post) for post in _timeline(self._sandbox, network, wanted)]
                heading = f"{account.name} – {_TITLES[network]}" if account else _TITLES[network]
                return _html("timeline.html", heading=heading, posts=views, **self._frame(network))

        return view

    def post(self, find: Callable[[Mapping[str, Any]], str]) -> Callable[[Request], Any]:
        async def view(request: Request) -> Response:
            with self._sandbox.lock:
                post = self._sandbox.world.posts.get(find(request.path_params))
                if post is None or not post.visible:
                    return _missing()
                shown = post_view(self._sandbox, post)
                return _html(
                    "post.html",
                    heading=f"{shown.author} – {shown.network_title}",
                    post=shown,
                    **self._frame(post.network),
                )

        return view

    async def comment(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {name: str(value) for name, value in form.items()}
        text = fields.get("text", "").strip()
        try:
            if text:
                self._sandbox.comment(fields["post"], text, author=_author(fields), parent=fields.get("parent") or None)
            return self._back(fields["post"])
        except KeyError:
            return _missing()

    async def react(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {name: str(value) for name, value in form.items()}
        try:
            self._sandbox.react(fields["post"], fields["kind"], author=_author(fields))
            return self._back(fields["post"])
        except (KeyError, ValueError):
            return _missing()

    def _back(self, post_id: str) -> Response:
        path = self._sandbox.path_of(self._sandbox.world.posts[post_id])
        return RedirectResponse(f"{path}#kommentit", 303)

    def _frame(self, here: str) -> dict[str, Any]:
        tabs = [("", "/", "Kaikki"), *((network, f"/{network}", _TITLES[network]) for network in NETWORKS)]
        return {"tabs": tabs, "here": here, "accounts": _accounts(self._sandbox), "names": NAMES}


def _author(fields: Mapping[str, str]) -> str:
    return fields.get("author", "").strip()[:60] or NAMES[0]


def _accounts(sandbox: Sandbox) -> list[tuple[str, list[tuple[str, str, str]]]]:
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for account in sandbox.accounts:
        row = (f"/{account.channel}/{account.account_id}", _TITLES[account.channel], account.name)
        groups.setdefault(account.organisation, []).append(row)
    return list(groups.items())


def _timeline(sandbox: Sandbox, network: str | None, account: str | None) -> Iterable[Post]:
    posts = [
        post
        for post in sandbox.world.posts.values()
        if post.visible and post.own and network in {None, post.network} and account in {None, post.author}
    ]
    return sorted(posts, key=lambda post: (post.published or 0, post.id), reverse=True)


# From what the networks hold to what a page shows


def post_view(sandbox: Sandbox, post: Post) -> PostView:
    """Make what a page shows of a post."""
    comments = _threads(sandbox, post)
    account = sandbox.account(post.network, post.author)
    kinds = list(post.reactions.values())
    published = post.published or post.created
    return PostView(
        id=post.id,
        network=post.network,
        network_title=_TITLES[post.network],
        author=post.author_name,
        handle=_handle(account),
        profile=f"/{post.network}/{post.author}",
        path=sandbox.path_of(post),
        when=_when(published),
        iso=moment(published).isoformat(timespec="seconds"),
        edited=post.edited is not None,
        text=_marked_up(post),
        pictures=tuple(_picture(sandbox, picture) for picture in post.pictures),
        question=post.question or "",
        options=tuple(post.options),
        card=_card(sandbox, post),
        reactions=tuple(
            (label, kinds.count(kind)) for kind, label in _REACTIONS[post.network].items() if kind in kinds
        ),
        choices=_REACTIONS[post.network],
        shares=len(post.sharers),
        comments=comments,
        comment_count=_count(comments),
    )


def _count(comments: Iterable[CommentView]) -> int:
    return sum(1 + _count(item.replies) for item in comments)


def _handle(account: SandboxAccount | None) -> str:
    if account is None or account.channel not in {"x", "instagram"}:
        return ""
    return f"@{account.username}"


def _picture(sandbox: Sandbox, picture: Picture) -> PictureView:
    return PictureView(path=sandbox.cdn_path(picture), alt=picture.alt, width=picture.width, height=picture.height)


def _card(sandbox: Sandbox, post: Post) -> CardView | None:
    if not post.link or (post.network == "facebook" and post.pictures):
        return None
    host = urlsplit(post.link).hostname or ""
    bare = post.link.partition("://")[2].removeprefix("www.")
    return CardView(
        url=post.link,
        title=post.title or bare.partition("?")[0],
        host=host.removeprefix("www."),
        description=post.description or "",
        picture=_picture(sandbox, post.thumbnail) if post.thumbnail else None,
    )


def _marked_up(post: Post) -> Markup:
    """Escape the words and make links of what each network makes links of; Instagram makes none."""
    if post.network == "instagram":
        return escape(post.text)
    return _with_links(post.text, shorten=post.network == "x")


def _with_links(text: str, *, shorten: bool) -> Markup:
    pieces: list[Markup] = []
    at = 0
    for match in _LINK.finditer(text):
        address = match.group()
        shown = tweettext.displayed(address) if shorten else address
        pieces += [
            escape(text[at : match.start()]),
            Markup('<a href="{}" rel="nofollow">{}</a>').format(address, shown),
        ]
        at = match.end()
    return Markup("").join([*pieces, escape(text[at:])])


def _threads(sandbox: Sandbox, post: Post) -> tuple[CommentView, ...]:
    if post.network == "x":
        return _x_threads(sandbox, post)
    remarks = list(sandbox.world.remarks_of(post.id))
    return tuple(_comment(item, remarks) for item in remarks if item.parent is None)


def _comment(remark: Remark, remarks: list[Remark]) -> CommentView:
    return CommentView(
        id=remark.id,
        author=remark.author_name,
        own=remark.own,
        text=_with_links(remark.text, shorten=False),
        when=_when(remark.created),
        iso=moment(remark.created).isoformat(timespec="seconds"),
        hidden=remark.hidden,
        kind="",
        replies=tuple(_comment(item, remarks) for item in remarks if item.parent == remark.id),
    )


def _x_threads(sandbox: Sandbox, post: Post) -> tuple[CommentView, ...]:
    return tuple(_x_comment(sandbox, item) for item in sandbox.world.answers_to(post.id))


def _x_comment(sandbox: Sandbox, post: Post) -> CommentView:
    return CommentView(
        id=post.id,
        author=post.author_name,
        own=post.own,
        text=_with_links(post.text, shorten=True),
        when=_when(post.created),
        iso=moment(post.created).isoformat(timespec="seconds"),
        hidden=False,
        kind="lainaus" if post.quotes else "",
        replies=tuple(_x_comment(sandbox, item) for item in sandbox.world.answers_to(post.id)),
    )


def _when(stamp: float) -> str:
    local = datetime.fromtimestamp(stamp, _ZONE)
    return f"{local.day}.{local.month}.{local.year} klo {local.hour}.{local.minute:02d}"


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("channels.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


@cache
def _stylesheet() -> str:
    return resources.files("channels.sandbox").joinpath("templates", "style.css").read_text("utf-8")


def render(template: str, **values: object) -> str:
    """Fill a template in."""
    return _templates().get_template(template).render(**values)


def _html(template: str, **values: object) -> Response:
    content = render(template, **values)
    return HTMLResponse(content, headers={"content-security-policy": _CONTENT_POLICY})


def _missing() -> Response:
    return HTMLResponse(render("missing.html", heading="Sivua ei löydy", tabs=[], here=""), 404)

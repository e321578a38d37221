"""The preview as one HTML page: no script, nothing fetched from elsewhere, each network's post as it will look."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from channels.base import Capabilities, Picture, PictureRules
from channels.pictures import Fitted, fit, fit_all, master
from publisher.announcements.pictures import MOST_BYTES
from publisher.errors import left_out, omission
from publisher.locale import _, current, ngettext
from publisher.mail import formats
from publisher.model import PictureRef, Problem
from publisher.preview.values import LINK, PostView, Preview, Shown
from publisher.preview.wording import NO_LINKS, counted, links_closed, several, when, which
from publisher.yamlfile import Unreadable, read_bytes

_AS_SENT = 300_000
"""A picture of more bytes is shown reduced: eight accounts and four photos would make a page of 40 MB."""
_ON_PAGE = PictureRules(most=1, formats=("JPEG",), max_bytes=3_000_000, max_side=1_000, max_alt=0)
_PICTURES_FIRST = frozenset({"instagram"})


class PictureGone(Exception):
    """A picture is not what it was when the file was read a moment ago. Its text is the picture's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture on the page: `source` as a data URI; `width` and `height` in pixels, `size` in bytes, as it is sent."""

    source: str
    name: str
    alt: str
    width: int
    height: int
    size: int
    form: str


class Darkroom:
    """Makes of pictures what each network gets, each once."""

    def __init__(self) -> None:
        self._masters: dict[str, bytes] = {}
        self._made: dict[tuple[PictureRules, tuple[str, ...]], tuple[tuple[Fitted, str], ...]] = {}

    def views(self, shown: Sequence[Shown], rules: PictureRules) -> tuple[PictureView, ...]:
        """Give the pictures of a post. Raises PictureGone, PictureError."""
        key = rules, tuple(one.picture.sha256 for one in shown)
        if key not in self._made:
            pictures = [Picture(name=one.picture.name, data=self._master(one.picture), alt="") for one in shown]
            self._made[key] = tuple((fitted, _data_uri(fitted)) for fitted in fit_all(pictures, rules))
        return tuple(
            PictureView(
                source=source,
                name=one.picture.name,
                alt=one.alt.text,
                width=fitted.width,
                height=fitted.height,
                size=len(fitted.data),
                form=fitted.mime.removeprefix("image/").upper(),
            )
            for one, (fitted, source) in zip(shown, self._made[key], strict=True)
        )

    def _master(self, picture: PictureRef) -> bytes:
        if picture.sha256 not in self._masters:
            try:
                data = read_bytes(picture.path, MOST_BYTES)
            except Unreadable as why:
                raise PictureGone(picture.name) from why
            if hashlib.sha256(data).hexdigest() != picture.sha256:
                raise PictureGone(picture.name)
            self._masters[picture.sha256] = master(data)
        return self._masters[picture.sha256]


def _data_uri(fitted: Fitted) -> str:
    shown = fitted if len(fitted.data) <= _AS_SENT else fit(fitted.data, _ON_PAGE)
    return f"data:{shown.mime};base64,{b64encode(shown.data).decode()}"


def page(found: Preview, limits: Mapping[str, Capabilities], zone: tzinfo, hints: Iterable[Problem] = ()) -> str:
    """Write the page in the language in use. Raises PictureGone, PictureError.

    `limits`: of each channel, as they count. `hints`: what `check` warns of.
    """
    darkroom = Darkroom()
    organisations = [
        (name, [_view(one, found, darkroom, limits[one.channel].pictures, zone) for one in posts])
        for name, posts in groupby(found.posts, key=lambda one: one.name)
    ]
    return _template().render(
        language=current(),
        preview=found,
        title=harmless(found.title) or found.file,
        times=list(dict.fromkeys(when(one, zone) for one in found.posts)),
        organisations=organisations,
        skipped=[
            (found.names[one.organisation], formats.network(one.channel, one.account), omission(one.reason))
            for one in found.skipped
        ],
        hints=list(hints),
    )


def _view(post: PostView, found: Preview, darkroom: Darkroom, rules: PictureRules, zone: tzinfo) -> dict[str, object]:
    card = post.card
    return {
        "post": post,
        "network": formats.network(post.channel, post.account),
        "anchor": re.sub(r"\W+", "-", f"{post.organisation}-{post.channel}-{post.account}-{post.language}-{post.turn}"),
        "which": which(post, several=several(post, found)),
        "when": when(post, zone),
        "texts": [words(one.text, links=post.channel not in NO_LINKS) for one in post.posts],
        "counts": [counted(one.count, one.most) for one in post.posts],
        "pictures": darkroom.views(post.pictures, rules),
        "pictures_first": post.channel in _PICTURES_FIRST,
        "thumbnail": darkroom.views((card.thumbnail,), rules)[0] if card and card.thumbnail else None,
        "comment": words(post.first_comment.text) if post.first_comment else None,
        "comment_count": counted(post.first_comment.count, post.first_comment.most) if post.first_comment else "",
        "links_closed": links_closed(post),
        "left_out": [left_out(code) for code in post.left_out],
        "cost": formats.dollars(post.cost, 3) if post.cost else "",
        "tag": post.language if "+" not in post.language else None,
    }


def size(picture: PictureView) -> str:
    """Say what is sent of a picture."""
    return _("%(width)s × %(height)s pixels, %(form)s, %(size)s kB") % {
        "width": formats.number(picture.width),
        "height": formats.number(picture.height),
        "form": picture.form,
        "size": formats.number(max(1, round(picture.size / 1000))),
    }


def harmless(text: str) -> str:
    """Show control characters as signs, so that nothing is hidden."""
    return "".join(_sign(one) if unicodedata.category(one) == "Cc" and one not in "\n\t" else one for one in text)


def _sign(control: str) -> str:
    return chr(0x2400 + ord(control)) if ord(control) < 0x20 else "\N{REPLACEMENT CHARACTER}"


def words(text: str, *, links: bool = True) -> Markup:
    """Escape words, and make links of the addresses in them."""
    text = harmless(text)
    pieces: list[Markup] = []
    at = 0
    for found in LINK.finditer(text) if links else ():
        pieces += [
            escape(text[at : found.start()]),
            Markup('<a href="{0}" rel="nofollow noopener">{0}</a>').format(found[0]),
        ]
        at = found.end()
    return Markup("").join([*pieces, escape(text[at:])])


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("publisher.preview"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, ngettext=ngettext, size=size, counted=counted, face=_face)
    environment.filters["harmless"] = harmless
    environment.policies["ext.i18n.trimmed"] = True
    return environment.get_template("preview.html")


def _face(name: str) -> str:
    return re.sub(r"\W", "", name)[:1].upper()

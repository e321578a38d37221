"""What the preview says in a terminal and on its page."""

from __future__ import annotations

from datetime import tzinfo

from publisher.locale import _, ngettext
from publisher.mail import formats
from publisher.preview.values import PostView, Preview

NO_LINKS = frozenset({"instagram"})
"""Networks that make no link of an address in the words."""


def when(post: PostView, zone: tzinfo) -> str:
    """Say when a post goes out."""
    if post.draft:
        return _("a draft; it has no time under 'publish'")
    return formats.full(post.due_at, zone) if post.due_at else _("as soon as possible")


def several(post: PostView, found: Preview) -> bool:
    """Tell whether the account gets a post in each language."""
    return len({one.language for one in found.posts if _account(one) == _account(post)}) > 1


def _account(post: PostView) -> tuple[str, str, str]:
    return post.organisation, post.channel, post.account


def which(post: PostView, *, several: bool) -> str:
    """Say which of an account's posts it is: its language where it gets one in each, and its turn where it comes round."""
    known = formats.locale().languages
    said = [known.get(post.language, post.language)] if several else []
    if post.turns > 1:
        said.append(_("text %(n)d of %(count)d") % {"n": post.turn, "count": post.turns})
    return f" ({', '.join(said)})" if said else ""


def counted(count: int, most: int) -> str:
    """Say how many characters some words are, and how many are left."""
    left = ngettext("%(left)s character left", "%(left)s characters left", most - count)
    return _("%(count)s of %(most)s, %(left)s") % {
        "count": formats.number(count),
        "most": formats.number(most),
        "left": left % {"left": formats.number(most - count)},
    }


def links_closed(post: PostView) -> bool:
    """Tell whether a post has links that readers cannot open."""
    return post.channel in NO_LINKS and bool(post.links)

"""What a network holds of a post, against what was meant: pure, and patient with what networks do to texts.

A difference is a short code, in the order of how much it matters: `text`, `link`, `pictures`, `order`, `alt:2` (of the second picture).
What the network does not tell is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from channels.base import Held, Post
from channels.text import links_in, same_words, words


def differences(post: Post, held: Held, *, has_words: bool) -> tuple[str, ...]:
    """List what is not as it was meant. `has_words`: what the channel's own `is_same` says of the two."""
    return tuple(_differences(post, held, has_words=has_words))


def _differences(post: Post, held: Held, *, has_words: bool) -> Iterator[str]:
    if not has_words:
        yield "text"
    if _links(f"{words(post)} {post.link or ''}") - _links(" ".join(held.links)):
        yield "link"
    if held.alts is not None:
        yield from _of_pictures([picture.alt for picture in post.shown], held.alts)


def _links(text: str) -> set[str]:
    return {link.casefold().rstrip("/") for link in links_in(text)}


def _of_pictures(meant: list[str], held: tuple[str, ...]) -> Iterator[str]:
    if len(meant) != len(held):
        yield "pictures"
        return
    wrong = [n for n, (ours, theirs) in enumerate(zip(meant, held, strict=True), 1) if not same_words(ours, theirs)]
    if wrong and sorted(map(_plain, meant)) == sorted(map(_plain, held)):
        yield "order"
        return
    yield from (f"alt:{n}" for n in wrong)


def _plain(text: str) -> str:
    return " ".join(text.split())

"""The pages: each network's timeline as residents see it, and one page per post where they can comment and react."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox


def routes(sandbox: Sandbox) -> list[Route]:
    """All pages."""
    del sandbox
    return []

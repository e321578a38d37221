"""What the networks allow us to keep, as dated data; the organisation's own setting counts where it is stricter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

WORDS_KEPT: Mapping[str, timedelta] = {"linkedin": timedelta(hours=48)}
"""How long members' words, and who wrote them, may be kept. Counted from the first reading, so that reading again never renews it; after
that only the counts and the comment's id remain. Such words never enter a mail either, for nobody can take a mail back after 48 hours.

LinkedIn: Marketing API Program, data storage requirements, "members' social activity" (read 2026-11). No other network names a time."""

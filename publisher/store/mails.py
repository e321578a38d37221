"""What of our mails, summaries and alerts alike, has not left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, union_all

from publisher.store.models import NoticeRow, ReportRow
from publisher.store.notices import WAITING

_notices = NoticeRow.__table__  # type: ignore[attr-defined]
_reports = ReportRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Mails that were tried in vain: those that are tried again, and those that never will be. `since`: the oldest was made then."""

    waiting: int
    given_up: int
    since: datetime | None


def unsent(conn: Connection, made_since: datetime) -> Unsent:
    """Count what was made since then and has been tried in vain."""
    each = union_all(
        *(
            select(table.c.state, table.c.created_at).where(
                table.c.created_at >= made_since,
                or_(
                    table.c.state == "given_up",
                    and_(table.c.state.in_(WAITING), table.c.tries > 0, table.c.error.is_not(None)),
                ),
            )
            for table in (_reports, _notices)
        )
    ).subquery()
    rows = conn.execute(
        select(each.c.state == "given_up", func.count(), func.min(each.c.created_at)).group_by(
            each.c.state == "given_up"
        )
    )
    found = {bool(given_up): (n, since) for given_up, n, since in rows}
    waiting, given_up = found.get(False, (0, None)), found.get(True, (0, None))
    since = min((at for _n, at in (waiting, given_up) if at is not None), default=None)
    return Unsent(waiting=waiting[0], given_up=given_up[0], since=since)

"""The files: new, edited, renamed, broken, missing, back again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from publisher.model import UNSET, Announcement
from publisher.planning.values import Reading, Times
from publisher.store import Connection, announcements
from publisher.store.announcements import Content, KnownFile
from publisher.store.deliveries import SAME_WORDS_FOR
from publisher.store.notices import NoticeKind, raise_notice
from publisher.yamlfile import brief


def take_in_files(conn: Connection, reading: Reading, times: Times, now: datetime) -> bool:
    known = announcements.known_files(conn)
    present = {announcement.key: announcement for announcement in reading.announcements}
    broken = {file.key for file in known.values() if file.file in reading.problems and file.key not in present}
    _rename(conn, known, present, broken, reading.unsettled, now)
    known = announcements.known_files(conn)
    announcements.add(conn, [_content(one) for key, one in present.items() if key not in known], now)
    for key, announcement in present.items():
        if key in known:
            _take_in_file(conn, known[key], announcement, now)
    announcements.mark_broken(conn, broken)
    unsettled = {file.key for file in known.values() if file.file in reading.unsettled and file.key not in present}
    announcements.hold_back(conn, unsettled, held=True)
    _tell_of_faults(conn, reading, known, now)
    return _take_in_missing(conn, reading, set(present) | broken | unsettled, times, now)


def _rename(
    conn: Connection,
    known: Mapping[str, KnownFile],
    present: Mapping[str, Announcement],
    broken: set[str],
    unsettled: frozenset[str],
    now: datetime,
) -> None:
    """The same content under a new name is the same announcement, unless it was gone for as long as words count as the same."""
    vanished = {
        file.content_hash: file.key
        for file in known.values()
        if file.key not in present
        and file.key not in broken
        and file.file not in unsettled
        and (file.gone_at is None or now - file.gone_at < SAME_WORDS_FOR)
    }
    for key, announcement in present.items():
        old = vanished.pop(announcement.content_hash, None) if key not in known else None
        if old is not None:
            announcements.rename(conn, old, key)


def _take_in_file(conn: Connection, known: KnownFile, announcement: Announcement, now: datetime) -> None:
    content = _content(announcement)
    edited = known.content_hash != announcement.content_hash
    as_known = (known.file, known.contact, known.approved_by) == (content.file, content.contact, content.approved_by)
    if edited or known.held_back or known.missing_since or known.broken or not as_known:
        announcements.change(conn, content, edited_at=now if edited else known.edited_at)


def _content(announcement: Announcement) -> Content:
    top = announcement.top
    return Content(
        key=announcement.key,
        file=announcement.file,
        title=next(iter(top.title.values()), None) if isinstance(top.title, Mapping) else None,
        service=top.service if top.service is not UNSET else None,
        contact=top.contact if top.contact is not UNSET else None,
        approved_by=top.approved_by if top.approved_by is not UNSET else None,
        content_hash=announcement.content_hash,
        source=announcement.source,
    )


def _tell_of_faults(conn: Connection, reading: Reading, known: Mapping[str, KnownFile], now: datetime) -> None:
    by_file = {file.file: file for file in known.values()}
    faulty = {
        file: count
        for file, problems in sorted(reading.problems.items())
        if (count := sum(not problem.warning for problem in problems))
    }
    announcements.note_faulty(conn, faulty, now)
    for file, problems in reading.problems.items():
        faults = [problem for problem in problems if not problem.warning]
        if not faults:
            continue
        places = [f"{fault.position.line}:{fault.position.column}: {fault.code}" for fault in faults]
        digest = hashlib.sha256("\n".join(places).encode()).hexdigest()[:12]
        known_file = by_file.get(file)
        audience = reading.contacts.get(known_file.key, reading.alerts_to) if known_file else reading.alerts_to
        audience = reading.file_contacts.get(file, audience)
        raise_notice(
            conn,
            cause=f"rejected:{file}:{digest}",
            kind=NoticeKind.REJECTED,
            # Worded again in each reader's language when it is mailed; these words are for a folder that cannot be read then.
            params={"file": file, "faults": brief(faults)},
            recipients=list(audience),
            now=now,
            once=True,
        )


def _take_in_missing(conn: Connection, reading: Reading, there: set[str], times: Times, now: datetime) -> bool:
    """Mark what is missing, cancel what has been for long enough; tell whether over half of the queue is gone at once."""
    live = [file for file in announcements.known_files(conn).values() if file.gone_at is None]
    missing = [file for file in live if file.key not in there]
    fresh = [file.key for file in missing if file.missing_since is None]
    announcements.mark_missing(conn, fresh, now)
    # Of a queue of one, the one is no half that a missing disk took: somebody deleted it, and it must not go out.
    half_gone = len(missing) > 1 and len(missing) * 2 > len(live)
    announcements.hold_back(conn, [file.key for file in missing], held=not half_gone)
    if half_gone:
        names = ", ".join(sorted(file.file for file in missing)[:10])
        raise_notice(
            conn,
            cause="queue_gone",
            kind=NoticeKind.QUEUE_GONE,
            params={"missing": str(len(missing)), "known": str(len(live)), "files": names},
            recipients=list(reading.alerts_to),
            now=now,
        )
        return True
    over = [file.key for file in missing if file.missing_since and now - file.missing_since >= times.cancel_after]
    announcements.mark_gone(conn, over, now)
    return False

"""The weekly summary and the alerts: built from the database, sent once to everybody, again only if nobody took them.

    prepare    at the hour of each organisation: one row for each recipient of the week, unique
    send_due   rows that are due become mails, summaries and alerts alike; each recipient on their own

A row is taken with a lease, its Message-ID is stored before the first try, and every try bears the same. A machine that was off at the hour
sends the same week's summary when it is back. That a mail is handed over is written down before it is. One whose answer was lost, or whose
sender died meanwhile, is sent a single time more: nobody gets a third.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from publisher import mail
from publisher.announcements import Queue, read_queue
from publisher.cadence import Span, report_due, span_of
from publisher.config import Config, Organisation
from publisher.gathering import gather
from publisher.locale import use
from publisher.mail import Fault, FolderOutbox, MailError, Outbox, Refused, Unclear
from publisher.store import Connection, DiskFull, Store, StoreAway, notices, reports
from publisher.store.notices import DUE, RESENDING, Notice, NoticeKind, leaving_state
from publisher.store.reports import Report
from publisher.summary import (
    Period,
    Summary,
    summarise,
)
from publisher.yamlfile import brief

LEASE = timedelta(minutes=15)
"""Longer than a mail can take: the server has ten minutes for its answer to one."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=4)
"""As mail servers do among themselves."""

UNCLEAR_PAUSE = timedelta(minutes=15)
"""After a lost answer: the server may still be busy with the first, and knows the second by its Message-ID only once it is done."""

SHUTS = frozenset({Fault.UNREACHABLE, Fault.CERTIFICATE, Fault.NO_ENCRYPTION, Fault.SIGN_IN, Fault.TOKEN})
"""What every mail would meet. The rest of a round is left for later: twenty wrong passwords in a minute lock a mailbox."""

LONGEST_SHUT = timedelta(minutes=10)
"""How long nothing is tried after one of them, at most; whoever mends it should not wait for long."""

_log = logging.getLogger(__name__)


_Row = TypeVar("_Row", Report, Notice)


class _OnFailed(Protocol):
    def __call__(
        self, conn: Connection, row_id: int, error: str, not_before: datetime | None, *, unclear: bool = False
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book(Generic[_Row]):
    """Where the mails of one kind are written down: which is next, and what became of it."""

    claim: Callable[[Connection, datetime, timedelta], _Row | None]
    leaves: Callable[[Connection, int, str], None]
    sent: Callable[[Connection, int, datetime], None]
    failed: _OnFailed


_SUMMARIES = _Book(
    claim=reports.claim_report,
    leaves=reports.report_leaves,
    sent=reports.report_sent,
    failed=reports.report_failed,
)
_ALERTS = _Book(
    claim=notices.claim_notice,
    leaves=notices.notice_leaves,
    sent=notices.notice_sent,
    failed=notices.notice_failed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How many mails were taken."""

    summaries: int
    alerts: int


class Reporter:
    """Builds and sends; thread-safe, since all state is in the database."""

    def __init__(
        self, store: Store, config: Config, outbox: Outbox, *, shown: Callable[[str], str] = lambda address: address
    ) -> None:
        """`shown` turns a post's address into the one that people are to open: in the sandbox, the sandbox's page."""
        self._store = store
        self._config = config
        self._outbox = outbox
        self._shown = shown
        self._shut = 0
        self._shut_until: datetime | None = None

    @property
    def sender(self) -> str:
        """The From header of every mail."""
        return self._config.mail.sender if self._config.mail else mail.NOBODY

    @property
    def folder(self) -> Path | None:
        """Where mails become files; None where they leave."""
        return self._outbox.folder if isinstance(self._outbox, FolderOutbox) else None

    def _answers(self, organisation: str, recipient: str) -> dict[str, str]:
        """Say who reads an answer, and who takes a recipient off the list, to those who make the mail.

        An answer goes to the configured `reply_to`, or else to the communications office: whoever gets the organisation's summary first. A
        mail to that address itself is answered by whoever looks after Tiedote.
        """
        settings = self._config.mail
        known = self._config.organisations.get(organisation)
        office = known.report.to[0].address if known and known.report and known.report.to else ""
        caretaker = settings.alerts_to[0].address if settings and settings.alerts_to else ""
        chosen = (settings.reply_to or "") if settings else ""
        reply_to = chosen or next((one for one in (office, caretaker) if one and one != recipient), "")
        return {"reply_to": reply_to, "caretaker": caretaker}

    # The week

    def build(self, organisation: Organisation, span: Span, now: datetime) -> Summary:
        """Sum a week, a month or a year up, whole or so far."""
        period = Period.of(span, self._config.timezone, now)
        with self._store.read() as conn:
            facts = gather(conn, self._config, organisation, period, now, self._shown)
        channels = [account.channel for account in organisation.accounts]
        return summarise(organisation.key, organisation.name, channels, period, facts, now)

    # Sending the week

    def prepare(self, now: datetime) -> int:
        """Note down the summaries whose hour has come; returns how many are new.

        A week that ended before the organisation's first account was known has nothing to tell and is left out.
        """
        new = 0
        for organisation in self._config.organisations.values():
            if organisation.report is None:
                continue
            week = report_due(now, organisation.report.weekday, organisation.report.time, self._config.timezone)
            with self._store.write() as conn:
                known_since = reports.known_since(conn, organisation.key)
                if known_since is not None and known_since < week.end:
                    new += self._add(conn, organisation, week, now)
        return new

    def prepare_span(self, organisation: Organisation, span: Span, now: datetime, *, again: bool = False) -> None:
        """Note down one summary for everybody who has not had it, with `again` also for the others; for a person who asks."""
        with self._store.write() as conn:
            self._add(conn, organisation, span, now)
            settled = reports.list_settled(conn, organisation.key, span.label) if again else ()
            for row in settled:
                # Another identity: it is another mail, and must not be dropped as a copy of the first.
                fresh = self._copy_id(organisation, span, row.recipient, row.language, now)
                reports.send_again(conn, row.id, fresh, now)

    def send_copy(self, organisation: Organisation, span: Span, recipient: str, language: str, now: datetime) -> None:
        """Mail a summary to one address now, whoever has had it; nothing is noted down. Raises MailError."""
        message = self.message(organisation, span, recipient, language, now)
        message.replace_header("Message-ID", self._copy_id(organisation, span, recipient, language, now))
        self._outbox.send(message)

    def _copy_id(self, organisation: Organisation, span: Span, recipient: str, language: str, now: datetime) -> str:
        about = f"{recipient}\n{now.isoformat()}"
        return mail.weekly_id(self.sender, organisation.key, span.label, language, about)

    def _add(self, conn: Connection, organisation: Organisation, week: Span, now: datetime) -> int:
        recipients = organisation.report.to if organisation.report else ()
        return sum(
            reports.add_report(
                conn,
                organisation=organisation.key,
                week=week.label,
                recipient=one.address,
                language=one.language,
                message_id=mail.weekly_id(self.sender, organisation.key, week.label, one.language, one.address),
                now=now,
            )
            for one in recipients
        )

    def send_due(self, now: datetime) -> Sent:
        """Send every summary and every alert that is due. What is not taken is tried again; it stops nothing else."""
        return Sent(summaries=self._send_summaries(now), alerts=self._send_alerts(now))

    def _send_summaries(self, now: datetime) -> int:
        taken = 0
        built: dict[tuple[str, str], Summary] = {}
        while (report := self._claim(_SUMMARIES, now)) is not None:
            organisation = self._config.organisations.get(report.organisation)
            if organisation is None or not _gets_it(organisation, report.recipient):
                self._not_taken(report, _SUMMARIES, "the recipient is no longer configured", None)
                continue
            key = (report.organisation, report.week)
            if key not in built:
                built[key] = self.build(organisation, span_of(report.week, self._config.timezone), now)
            message = mail.weekly_mail(
                built[key],
                sender=self.sender,
                recipient=report.recipient,
                language=report.language,
                message_id=report.message_id,
                **self._answers(report.organisation, report.recipient),
            )
            taken += self._hand_over(report, message, _SUMMARIES, now)
        return taken

    def _send_alerts(self, now: datetime) -> int:
        taken = 0
        names = {key: organisation.name for key, organisation in self._config.organisations.items()}
        queues: dict[str, Queue] = {}
        while (claimed := self._claim(_ALERTS, now)) is not None:
            notice = self._worded(claimed, queues) if claimed.kind is NoticeKind.REJECTED else claimed
            if notice is None:
                with self._store.write() as conn:
                    notices.notice_overtaken(conn, claimed.id)
                continue
            message_id = notice.message_id or mail.alert_id(self.sender, notice)
            with self._store.write() as conn:
                notices.keep_message_id(conn, notice.id, message_id)
            message = mail.alert_mail(
                notice,
                sender=self.sender,
                message_id=message_id,
                organisations=names,
                zone=self._config.timezone,
                now=now,
                **self._answers(notice.params.get("organisation", ""), notice.recipient),
            )
            taken += self._hand_over(notice, message, _ALERTS, now)
        return taken

    def _worded(self, notice: Notice, queues: dict[str, Queue]) -> Notice | None:
        """Give a file's faults in the recipient's language, as it reads now; None when it has none any more, or is gone."""
        with use(notice.language):
            queue = queues.setdefault(notice.language, read_queue(self._config))
            if not queue.readable:
                return notice
            faults = [one for one in queue.problems.get(notice.params["file"], ()) if not one.warning]
            return replace(notice, params={**notice.params, "faults": brief(faults)}) if faults else None

    def tell_past_the_database(self, away: StoreAway, recipient: tuple[str, str], now: datetime) -> bool:
        """Mail at once that the database is away; tell whether the mail is settled: taken, or refused for good."""
        full = isinstance(away, DiskFull)
        notice = Notice(
            id=0,
            cause="database",
            kind=NoticeKind.DISK_FULL if full else NoticeKind.DATABASE_AWAY,
            params={"file": str(self._store.path or self._store.url.database), "detail": str(away)},
            recipient=recipient[0],
            language=recipient[1],
            message_id="",
            tries=1,
            created_at=now,
        )
        message = mail.alert_mail(
            notice,
            sender=self.sender,
            message_id=mail.alert_id(self.sender, notice),
            organisations={},
            zone=self._config.timezone,
            now=now,
            **self._answers("", notice.recipient),
        )
        try:
            self._outbox.send(message)
        except MailError as error:
            _log.warning("a mail to %s was not taken: %s", notice.recipient, error)
            # One that was handed over is most likely there; asking every minute for certainty would fill a mailbox.
            return isinstance(error, Refused | Unclear)
        return True

    def _claim(self, book: _Book[_Row], now: datetime) -> _Row | None:
        if self._shut_until is not None and now < self._shut_until:
            return None
        while True:
            with self._store.write() as conn:
                row = book.claim(conn, now, LEASE)
            if row is None or row.state != RESENDING:
                return row
            self._not_taken(row, book, "its sender died twice while it was handed over", None, unclear=True)

    def _hand_over(self, row: _Row, message: EmailMessage, book: _Book[_Row], now: datetime) -> bool:
        doubted = row.state != DUE
        with self._store.write() as conn:
            book.leaves(conn, row.id, leaving_state(row.state))
        try:
            self._outbox.send(message)
        except Unclear as error:
            again = None if doubted else now + max(pause(row.tries), UNCLEAR_PAUSE)
            self._not_taken(row, book, str(error), again, unclear=True)
            return False
        except MailError as error:
            if error.fault in SHUTS:
                self._shut += 1
                self._shut_until = now + min(pause(self._shut), LONGEST_SHUT)
            hopeless = isinstance(error, Refused) or now - row.created_at >= GIVE_UP_AFTER
            again = None if hopeless else now + pause(row.tries)
            self._not_taken(row, book, str(error), again, unclear=doubted and not hopeless)
            return False
        self._shut, self._shut_until = 0, None
        with self._store.write() as conn:
            book.sent(conn, row.id, now)
        return True

    def _not_taken(
        self, row: _Row, book: _Book[_Row], why: str, again: datetime | None, *, unclear: bool = False
    ) -> None:
        outcome = "was perhaps taken" if unclear else "was not taken"
        _log.warning("a mail to %s %s%s: %s", row.recipient, outcome, "" if again else " and is given up", why)
        with self._store.write() as conn:
            book.failed(conn, row.id, why, again, unclear=unclear)

    def message(
        self, organisation: Organisation, span: Span, recipient: str, language: str, now: datetime
    ) -> EmailMessage:
        """Make the summary's mail for one recipient; sends nothing."""
        return mail.weekly_mail(
            self.build(organisation, span, now),
            sender=self.sender,
            recipient=recipient,
            language=language,
            message_id=mail.weekly_id(self.sender, organisation.key, span.label, language, recipient),
            **self._answers(organisation.key, recipient),
        )


def _gets_it(organisation: Organisation, address: str) -> bool:
    return any(one.address == address for one in (organisation.report.to if organisation.report else ()))


def pause(tries: int) -> timedelta:
    """Tell how long to wait after so many tries."""
    doubled: int = 2 ** min(tries - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)

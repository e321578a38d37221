"""The weekly summary and the alerts leave once, to everybody, whatever the mail server does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from publisher import lifetimes
from publisher.cadence import Week
from publisher.config import Config, MailSettings, Recipient, ReportSettings
from publisher.mail import Fault, FolderOutbox, NotTaken, Refused, SmtpOutbox, Unclear, open_outbox
from publisher.mail.waiting import written_with
from publisher.model import State
from publisher.reporting import GIVE_UP_AFTER, Reporter, Sent, pause
from publisher.store import Store, engagement, migrate, reports, summaries
from publisher.store import notices as notice_rows
from publisher.store.engagement import Counters, NewComment
from publisher.store.notices import NoticeKind
from publisher.summary import Trouble
from tests.mailserver import MailServer
from tests.publisher.configs import ZONE, a_config, an_organisation
from tests.publisher.rows import a_delivery, a_post, an_account
from tests.publisher.test_outbox import GOOD, OURS, secure_server, token_endpoint

MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
"""Eight o'clock in Finland, when the summary of week 48 leaves."""
WEEK = Week.of(2026, 48, ZONE)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOTHING = Sent(summaries=0, alerts=0)


@dataclass
class Post:
    """An outbox that keeps what it was given, and answers each address as it is told to."""

    answers: dict[str, list[BaseException]] = field(default_factory=dict)
    sent: list[EmailMessage] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        self.tried.append((str(message["To"]), str(message["Message-ID"])))
        waiting = self.answers.get(str(message["To"]), [])
        if waiting:
            raise waiting.pop(0)
        self.sent.append(message)

    def check(self, recipient: str = "") -> str:
        return f"post {recipient}"

    def recipients(self) -> list[str]:
        return [str(message["To"]) for message in self.sent]


@dataclass
class Office:
    """A reporter, its store and its post."""

    store: Store
    config: Config
    post: Post
    reporter: Reporter

    def round(self, now: datetime) -> Sent:
        """What the mailing worker does each time."""
        self.reporter.prepare(now)
        return self.reporter.send_due(now)


class Killed(BaseException):
    """What nothing of ours catches, as if the process had ended after the server's yes."""


def people(*languages: str) -> ReportSettings:
    return ReportSettings(
        to=tuple(Recipient(address=f"{language}@hausjarvi.example", language=language) for language in languages)
    )


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """An organisation with two recipients, known since before the week."""
    an_account(store, WEEK.start)
    config = a_config(tmp_path, an_organisation(report=people("fi", "en")))
    post = Post()
    return Office(store=store, config=config, post=post, reporter=Reporter(store, config, post))


def test_the_summary_leaves_at_its_hour_and_once(office):
    """Nothing a minute before eight; then one mail to each recipient in their language; never again that week."""
    assert office.round(MONDAY - MINUTE) == NOTHING
    assert office.round(MONDAY) == Sent(summaries=2, alerts=0)
    assert office.post.recipients() == ["fi@hausjarvi.example", "en@hausjarvi.example"]
    assert [message["Content-Language"] for message in office.post.sent] == ["fi", "en"]
    for later in (MINUTE, DAY, 6 * DAY):
        assert office.round(MONDAY + later) == NOTHING


def test_each_week_has_its_own(office):
    """The Monday after, the next week's leaves, named after the week that is over."""
    office.round(MONDAY)
    office.round(MONDAY + 7 * DAY)
    subjects = [str(message["Subject"]) for message in office.post.sent if message["Content-Language"] == "en"]
    assert [subject.partition(":")[0] for subject in subjects] == [
        "Hausjärven kunta, week 48",
        "Hausjärven kunta, week 49",
    ]


def test_a_machine_that_was_off_on_monday_sends_the_same_week_later(office):
    """On Thursday, week 48 is still what is missing, and it comes once."""
    assert office.round(MONDAY + 3 * DAY) == Sent(summaries=2, alerts=0)
    assert {str(message["Subject"]).partition(":")[0][-2:] for message in office.post.sent} == {"48"}
    assert office.round(MONDAY + 4 * DAY) == NOTHING


def test_a_week_before_the_first_day_has_no_summary(store, tmp_path):
    """A fresh installation does not report on days that it knows nothing of."""
    an_account(store, MONDAY - HOUR)
    config = a_config(tmp_path, an_organisation(report=people("en")))
    post = Post()
    office = Office(store=store, config=config, post=post, reporter=Reporter(store, config, post))
    assert office.round(MONDAY) == NOTHING
    assert office.round(MONDAY + 7 * DAY) == Sent(summaries=1, alerts=0)


def test_an_organisation_without_recipients_gets_none(store, tmp_path):
    """No `report` in the configuration, no mail."""
    an_account(store, WEEK.start)
    post = Post()
    reporter = Reporter(store, a_config(tmp_path, an_organisation(report=None)), post)
    assert reporter.prepare(MONDAY) == 0
    assert reporter.send_due(MONDAY) == NOTHING


def test_one_bad_recipient_does_not_stop_the_others(office):
    """Who is refused for good is not tried again; the others have their mail."""
    office.post.answers["fi@hausjarvi.example"] = [Refused("550 no such mailbox")]
    assert office.round(MONDAY) == Sent(summaries=1, alerts=0)
    assert office.post.recipients() == ["en@hausjarvi.example"]
    assert office.round(MONDAY + DAY) == NOTHING
    with office.store.read() as conn:
        states = {row.recipient: (row.state, row.error) for row in reports.list_reports(conn, "hausjarvi", "2026-W48")}
    assert states["fi@hausjarvi.example"] == ("given_up", "550 no such mailbox")


def test_a_mail_that_was_not_taken_is_the_same_mail_next_time(office):
    """A greylisting server is asked again after a pause that doubles, with the same Message-ID."""
    office.post.answers["fi@hausjarvi.example"] = [NotTaken("451 later"), NotTaken("451 later")]
    assert office.round(MONDAY) == Sent(summaries=1, alerts=0)
    assert office.round(MONDAY + MINUTE - timedelta(seconds=1)) == NOTHING
    assert office.round(MONDAY + MINUTE) == NOTHING
    assert office.round(MONDAY + 2 * MINUTE) == NOTHING
    assert office.round(MONDAY + 3 * MINUTE) == Sent(summaries=1, alerts=0)
    tries = [message_id for to, message_id in office.post.tried if to.startswith("fi@")]
    assert len(tries) == 3
    assert len(set(tries)) == 1


def test_the_pauses_grow_to_two_hours():
    """One minute, doubling; a hundred tries are no overflow."""
    assert [pause(tries) for tries in (1, 2, 3, 8, 100)] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 2 * HOUR, 2 * HOUR]


def test_a_server_that_never_takes_it_is_given_up(office):
    """After four days nobody reads last week's numbers."""
    office.post.answers = {
        f"{language}@hausjarvi.example": [NotTaken("connection refused") for _try in range(999)]
        for language in ("fi", "en")
    }
    office.round(MONDAY)
    office.round(MONDAY + GIVE_UP_AFTER)
    office.post.answers.clear()
    assert office.round(MONDAY + GIVE_UP_AFTER + DAY) == NOTHING


def test_a_wrong_password_is_not_tried_for_every_mail(office):
    """What every mail would meet ends the round, and the next one waits: a minute, then longer, ten minutes at most."""
    wrong = NotTaken("535 no", Fault.SIGN_IN)
    office.post.answers = {f"{language}@hausjarvi.example": [wrong] * 99 for language in ("fi", "en")}
    for minute in range(60):
        office.round(MONDAY + minute * MINUTE)
    assert 6 <= len(office.post.tried) <= 9
    office.post.answers.clear()
    assert office.round(MONDAY + 70 * MINUTE).summaries >= 1
    office.round(MONDAY + 4 * HOUR)
    assert sorted(office.post.recipients()) == ["en@hausjarvi.example", "fi@hausjarvi.example"]


def test_a_recipient_who_left_is_not_mailed(office):
    """Taken out of the configuration while the mail waited: it is given up."""
    office.post.answers["fi@hausjarvi.example"] = [NotTaken("451 later")]
    office.round(MONDAY)
    config = a_config(office.config.folder, an_organisation(report=people("en")))
    office.reporter = Reporter(office.store, config, office.post)
    assert office.round(MONDAY + HOUR) == NOTHING
    assert office.post.recipients() == ["en@hausjarvi.example"]


def test_a_lost_answer_is_a_single_mail_more(office):
    """The server may have taken it: once more with the same Message-ID, and after a second lost answer never again."""
    office.post.answers["fi@hausjarvi.example"] = [Unclear("broke"), Unclear("broke"), Unclear("broke")]
    assert office.round(MONDAY) == Sent(summaries=1, alerts=0)
    assert office.round(MONDAY + 14 * MINUTE) == NOTHING
    assert len(office.post.tried) == 2
    for later in (15 * MINUTE, HOUR, DAY):
        assert office.round(MONDAY + later) == NOTHING
    tried = [message_id for to, message_id in office.post.tried if to.startswith("fi@")]
    assert (len(tried), len(set(tried))) == (2, 1)


def test_a_lost_answer_at_a_real_server_is_no_third_mail(office, smtp: MailServer):
    """It took the first, and drops the connection each time: two mails with one identity, and no more of them."""
    settings = MailSettings(host=smtp.host, port=smtp.port, security="none", sender="Tiedote <tiedote@example.fi>")
    office.reporter = Reporter(office.store, replace(office.config, mail=settings), SmtpOutbox(settings))
    smtp.drops += [True, True, True, True]
    for later in (timedelta(0), HOUR, 2 * HOUR, DAY):
        assert office.round(MONDAY + later) == NOTHING
    identities = [str(message["Message-ID"]) for message in smtp.messages]
    assert [identities.count(one) for one in sorted(set(identities))] == [2, 2]


def test_a_bad_day_at_the_mail_server_ends_with_one_mail_for_each(office):
    """No token, an untrusted certificate, a refused token, greylisting, a broken line: over STARTTLS each heals as one mail."""
    down: tuple[int, dict[str, object]] = (503, {})
    stale: tuple[int, dict[str, object]] = (200, {"access_token": "revoked", "expires_in": 3599})
    with secure_server("starttls") as server, token_endpoint(down, stale, GOOD) as endpoint:
        settings = MailSettings(
            host=server.host,
            port=server.port,
            security="starttls",
            sender="tiedote@example.fi",
            oauth=endpoint.settings(),
        )
        config = replace(office.config, mail=settings, ca_bundle=OURS)
        office.reporter = Reporter(office.store, config, open_outbox(config))
        assert office.round(MONDAY) == NOTHING  # no token, so the second mail is not even tried
        untrusted = Reporter(office.store, config, open_outbox(replace(config, ca_bundle=None)))
        assert untrusted.send_due(MONDAY + HOUR) == NOTHING
        assert office.round(MONDAY + 2 * HOUR) == NOTHING  # the server refuses the token
        assert server.messages == []
        server.refusals.append("451 4.7.1 greylisted")
        server.drops.append(True)
        assert office.round(MONDAY + 4 * HOUR) == NOTHING
        assert office.round(MONDAY + 8 * HOUR) == Sent(summaries=2, alerts=0)
        assert office.round(MONDAY + 16 * HOUR) == NOTHING
    copies = [(received.recipients[0], str(received.message["Message-ID"])) for received in server.received]
    assert sorted(address for address, _id in set(copies)) == ["en@hausjarvi.example", "fi@hausjarvi.example"]
    assert len(copies) == 3  # the broken line's mail was taken, and the second copy bears the same Message-ID


def test_answers_go_to_the_office_and_the_office_s_to_whoever_looks_after_it(office):
    """Reply-To is the first recipient of the summary, or what the configuration says; nobody is asked to answer themselves."""
    alerts = (Recipient(address="it@example.fi", language="fi"),)
    mail = MailSettings(host="smtp.example", sender="t@example.fi", alerts_to=alerts)
    office.reporter = Reporter(office.store, replace(office.config, mail=mail), office.post)
    office.round(MONDAY)
    assert [message["Reply-To"] for message in office.post.sent] == ["it@example.fi", "fi@hausjarvi.example"]
    office.reporter = Reporter(
        office.store, replace(office.config, mail=replace(mail, reply_to="viestinta@example.fi")), office.post
    )
    office.round(MONDAY + 7 * DAY)
    assert [message["Reply-To"] for message in office.post.sent[2:]] == ["viestinta@example.fi"] * 2


def test_a_sender_that_died_is_followed_by_another(office):
    """A row that was taken and never finished is taken again after its lease."""
    office.reporter.prepare(MONDAY)
    with office.store.write() as conn:
        taken = reports.claim_report(conn, MONDAY, 5 * MINUTE)
    assert taken is not None
    assert office.round(MONDAY + MINUTE) == Sent(summaries=1, alerts=0)
    assert office.round(MONDAY + 5 * MINUTE) == Sent(summaries=1, alerts=0)
    assert sorted(office.post.recipients()) == ["en@hausjarvi.example", "fi@hausjarvi.example"]


def test_a_sender_that_dies_before_it_sends_loses_no_mail(office):
    """However often: nothing was handed over, so there is no doubt."""
    office.reporter.prepare(MONDAY)
    for later in (0, 1, 2):
        with office.store.write() as conn:
            assert reports.claim_report(conn, MONDAY + later * HOUR, MINUTE) is not None
    assert office.round(MONDAY + 3 * HOUR) == Sent(summaries=2, alerts=0)


@pytest.mark.parametrize(
    "answers",
    [
        (Killed(), Killed(), Killed()),
        (Killed(), NotTaken("421 busy"), Killed(), Killed()),
        (Killed(), NotTaken("421 busy"), Unclear("broke"), Unclear("broke")),
        (Unclear("broke"), Killed(), Killed()),
        (Unclear("broke"), NotTaken("421 busy"), Unclear("broke"), Unclear("broke")),
    ],
    ids=lambda answers: "-".join(type(one).__name__ for one in answers),
)
def test_whatever_happens_nobody_gets_a_third_mail(office, answers):
    """Killed between the server's yes and the commit, put off in between, answers lost: two that may have been taken are the most."""
    raise_notice(office.store, MONDAY, recipients=[("it@example.fi", "fi")])
    for address in ("fi@hausjarvi.example", "it@example.fi"):
        office.post.answers[address] = list(answers)
    for later in range(24):
        with suppress(Killed):
            office.round(MONDAY + later * HOUR)
    for address in ("fi@hausjarvi.example", "it@example.fi"):
        met = answers[: sum(to == address for to, _id in office.post.tried)]
        assert sum(not isinstance(one, NotTaken) for one in met) == 2
    assert office.post.recipients() == ["en@hausjarvi.example"]
    with office.store.read() as conn:
        assert [one.state for one in reports.list_reports(conn, "hausjarvi", WEEK.label)] == ["perhaps", "sent"]


def test_it_arrives_at_a_real_server(office, smtp: MailServer):
    """A greylisted mail arrives at the second try with the identity of the first."""
    settings = MailSettings(host=smtp.host, port=smtp.port, security="none", sender="Tiedote <tiedote@example.fi>")
    config = replace(office.config, mail=settings)
    office.reporter = Reporter(office.store, config, SmtpOutbox(settings))
    smtp.refusals.append("451 4.7.1 greylisted")
    assert office.round(MONDAY) == Sent(summaries=1, alerts=0)
    assert office.round(MONDAY + HOUR) == Sent(summaries=1, alerts=0)
    assert office.round(MONDAY + 2 * HOUR) == NOTHING
    assert sorted(one.recipients[0] for one in smtp.received) == ["en@hausjarvi.example", "fi@hausjarvi.example"]
    assert all(message["Message-ID"].endswith("@example.fi>") for message in smtp.messages)


def raise_notice(store: Store, now: datetime, **fields: Any) -> None:
    values: dict[str, Any] = {
        "cause": "unconfirmed:d-12",
        "kind": NoticeKind.UNCONFIRMED,
        "params": {
            "delivery": "d-12",
            "title": "Rakennuslupa",
            "organisation": "hausjarvi",
            "channel": "x",
            "account": "x",
        },
        "recipients": [("it@example.fi", "en"), ("viestinta@example.fi", "en")],
    }
    with store.write() as conn:
        notice_rows.raise_notice(conn, now=now, **values | fields)


def test_alerts_leave_by_the_same_machine(office):
    """Once to each person, tried again as the same mail, and one refusal stops nobody else."""
    raise_notice(office.store, WEEK.start)
    office.post.answers["it@example.fi"] = [NotTaken("421 busy")]
    assert office.round(WEEK.start) == Sent(summaries=0, alerts=1)
    assert office.round(WEEK.start + MINUTE) == Sent(summaries=0, alerts=1)
    assert office.round(WEEK.start + HOUR) == NOTHING
    ids = [message_id for to, message_id in office.post.tried if to == "it@example.fi"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert office.post.sent[0]["Subject"] == "Did it go out? Rakennuslupa (X)"


# What is in it


def snap(store: Store, delivery_id: int, at: datetime, likes: int, comments: int = 0) -> None:
    counters = Counters(delivery_id=delivery_id, reactions={"like": likes}, comments=comments, shares=0, views=None)
    with store.write() as conn:
        engagement.add_snapshots(conn, [counters], at)


def ask(
    store: Store,
    account_id: int,
    delivery_id: int,
    remote_id: str,
    at: datetime,
    text: str = "Onko auki?",
    topics: str | None = None,
    *,
    hidden: bool = False,
) -> None:
    comment = NewComment(
        delivery_id=delivery_id,
        remote_id=remote_id,
        parent_remote_id=None,
        kind="comment",
        author_key=None,
        author_name=None,
        text=text,
        url=f"https://example.org/{remote_id}",
        created_at=at,
        own=False,
        question=topics is None,
        topics=topics,
        hidden=hidden,
    )
    with store.write() as conn:
        engagement.upsert_comments(conn, account_id, [comment], at)


def test_the_numbers_are_differences_between_the_weeks_edges(office):
    """Readings at both edges count, the ones within do not, what came after does not either."""
    account = an_account(office.store, WEEK.start - DAY)
    old = a_post(office.store, account, WEEK.start - 3 * DAY, "old", announcement="vanha")
    new = a_post(office.store, account, WEEK.start + DAY, "new", announcement="uusi", title="Uusi palvelu")
    for at, likes in ((WEEK.start - HOUR, 30), (WEEK.start + HOUR, 31), (WEEK.end, 36), (WEEK.end + HOUR, 90)):
        snap(office.store, old, at, likes)
    for at, likes in ((WEEK.start + DAY + MINUTE, 1), (WEEK.end - HOUR, 8), (WEEK.end + HOUR, 50)):
        snap(office.store, new, at, likes, comments=2)
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    assert (summary.total.posts, summary.total.received.interactions) == (1, 6 + 8 + 2)
    assert (summary.total.change.difference, summary.total.change.percent) == (-14, -47)
    assert summary.best is not None
    assert (summary.best.title, summary.best.so_far.interactions) == ("Uusi palvelu", 10)


def test_the_running_week_is_summed_up_so_far(office):
    """The demo's week: as of now, with what is still to come this week and next."""
    account = an_account(office.store, WEEK.start)
    now = WEEK.start + 2 * DAY
    post = a_post(office.store, account, WEEK.start + DAY, announcement="a")
    snap(office.store, post, now, 4)
    a_delivery(office.store, account, now, announcement="b", state=State.SCHEDULED, due_at=now + DAY)
    a_delivery(office.store, account, now, announcement="c", state=State.SCHEDULED, due_at=WEEK.end + DAY)
    a_delivery(office.store, account, now, announcement="d", state=State.SCHEDULED, due_at=WEEK.end + 8 * DAY)
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, now)
    assert summary.period.running
    assert (summary.total.posts, summary.total.received.interactions) == (1, 4)
    assert [one.announcement for one in summary.upcoming] == ["b", "c"]


def test_questions_and_troubles_are_told(office):
    """Unanswered questions with their links, LinkedIn's without words; deliveries and accounts that need a hand."""
    facebook, linkedin = an_account(office.store, WEEK.start), an_account(office.store, WEEK.start, "linkedin")
    post_on: dict[str, int] = {}
    for account in (facebook, linkedin):
        post = a_post(office.store, account, WEEK.start + DAY, f"{account.channel}-1", announcement=account.channel)
        post_on[account.channel] = post
        ask(office.store, account.id, post, f"{account.channel}-q", WEEK.start + 2 * DAY)
    a_delivery(
        office.store, facebook, WEEK.start + DAY, announcement="c", state=State.FAILED, error_kind="text_refused"
    )
    a_post(office.store, facebook, WEEK.start + DAY, "d", announcement="d", error_kind="first_comment")
    a_post(office.store, facebook, WEEK.start + DAY, "e", announcement="e", error_kind="post_gone")
    snap(office.store, post_on["facebook"], WEEK.end - HOUR, 1)
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    assert {question.channel: (question.text, question.url) for question in summary.questions} == {
        "facebook": ("Onko auki?", "https://example.org/facebook-q"),
        "linkedin": (None, "https://example.org/linkedin-q"),
    }
    assert [(one.trouble, one.channel) for one in summary.attention] == [
        (Trouble.FAILED, "facebook"),
        (Trouble.NEVER_READ, "linkedin"),
        (Trouble.PARTIAL, "facebook"),
        (Trouble.GONE, "facebook"),
    ]


@pytest.mark.parametrize("shown, least, most", [("full", 900, 1000), ("excerpt", 150, 200), ("none", 0, 0)])
def test_the_configuration_says_how_much_of_residents_words_the_mail_holds(office, shown, least, most):
    """All of a message but for the longest, its beginning, or a link alone; LinkedIn's never."""
    words = "Milloin ajanvaraus toimii taas? " * 100
    for account in (an_account(office.store, WEEK.start), an_account(office.store, WEEK.start, "linkedin")):
        post = a_post(office.store, account, WEEK.start + DAY, f"{account.channel}-1", announcement=account.channel)
        ask(office.store, account.id, post, f"{account.channel}-q", WEEK.start + 2 * DAY, text=words)
    config = a_config(office.config.folder, an_organisation(report=replace(people("fi"), comment_text=shown)))
    Office(office.store, config, office.post, Reporter(office.store, config, office.post)).round(MONDAY)
    for kind in ("plain", "html"):
        body = office.post.sent[0].get_body((kind,))
        assert body is not None
        held = " ".join(str(body.get_content()).replace("&#34;", '"').split())
        assert "https://example.org/facebook-q" in held
        found = max((quote for quote in held.split("Milloin")[1:2]), default="")
        told = held.count("Milloin ajanvaraus toimii taas?") * 32
        assert least <= told <= most, found[:50]


def test_the_ideas_of_the_week_are_told(office):
    """Oldest first, at most five with their words and all counted; none from before or after, and LinkedIn's without words."""
    facebook, linkedin = an_account(office.store, WEEK.start), an_account(office.store, WEEK.start, "linkedin")
    for account in (facebook, linkedin):
        post = a_post(office.store, account, WEEK.start + DAY, f"{account.channel}-1", announcement=account.channel)
        moments = [WEEK.start - HOUR, *(WEEK.start + n * HOUR for n in range(3)), WEEK.end]
        for n, at in enumerate(moments):
            ask(office.store, account.id, post, f"{account.channel}-{n}", at, f"Kartta {n}", "idea thanks")
        ask(office.store, account.id, post, f"{account.channel}-thanks", WEEK.start + DAY, "Kiitos", "thanks")
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    told = [(one.channel, one.text) for one in summary.ideas]
    assert told == [
        ("facebook", "Kartta 1"),
        ("linkedin", None),
        ("facebook", "Kartta 2"),
        ("linkedin", None),
        ("facebook", "Kartta 3"),
    ]
    assert summary.ideas_found == 6


def test_what_was_hidden_on_its_network_is_counted_and_not_quoted(office):
    """Hidden perhaps for the personal data in it: it waits all the same, with its link; shown again, it is quoted again."""
    account = an_account(office.store, WEEK.start)
    post = a_post(office.store, account, WEEK.start + DAY)
    told = []
    for hidden in (True, False):
        ask(office.store, account.id, post, "q", WEEK.start + DAY, "Soitatko 040 123?", hidden=hidden)
        (question,) = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY).questions
        told.append((question.text, question.url))
    assert told == [(None, "https://example.org/q"), ("Soitatko 040 123?", "https://example.org/q")]


def test_the_names_before_a_question_on_x_stay_out_of_the_mail(office):
    """Other residents are among them."""
    account = an_account(office.store, WEEK.start, "x")
    ask(office.store, account.id, a_post(office.store, account, WEEK.start + DAY), "q", MONDAY, "@kunta @naapuri Onko?")
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    assert [one.text for one in summary.questions] == ["Onko?"]
    # A mail in a folder is found by the words as they are stored: who is to be forgotten is forgotten there too.
    office.round(MONDAY)
    outbox = FolderOutbox(office.config.folder / "mails")
    outbox.send(office.post.sent[0])
    assert list(written_with(outbox.folder.iterdir(), ["@kunta @naapuri Onko?"])) == [outbox.path(office.post.sent[0])]


def test_more_questions_than_are_listed_are_counted(office):
    """The ten that have waited longest come out of the database; the subject tells of all."""
    account = an_account(office.store, WEEK.start)
    post = a_post(office.store, account, WEEK.start + DAY)
    for n in range(13):
        ask(office.store, account.id, post, f"q{n}", WEEK.start + DAY + n * MINUTE)
    summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    assert ([one.created_at for one in summary.questions][-1], len(summary.questions)) == (
        WEEK.start + DAY + 9 * MINUTE,
        10,
    )
    assert summary.waiting == 13


def test_what_waits_is_found_by_its_index(tmp_path):
    """Of a million comments a handful waits: SQLite must see the index behind the words of the query."""
    store = Store(f"sqlite:///{tmp_path / 'tiedote.db'}")
    migrate(store, MONDAY)
    asked: list[tuple[str, Any]] = []
    with store.read() as conn:
        event.listen(
            conn, "before_cursor_execute", lambda _c, _cur, words, values, *_more: asked.append((words, values))
        )
        summaries.oldest_questions(conn, "hausjarvi", 10)
        engagement.count_unanswered(conn, "hausjarvi")
        (oldest, values), (counted, others) = asked[0], asked[-1]
        for words, parameters in ((oldest, values), (counted, others)):
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", parameters).all()
            assert "ix_comments_unanswered" in str(plan)
    store.close()


def test_files_with_faults_are_told_to_those_who_can_mend_them(office):
    """Those of the organisation's own folder and of none; a warning is no fault, and another organisation's file is theirs."""
    queue = office.config.queue
    faulty = "teksti: Avoinna\n"
    files = {
        "hausjarvi/a.yaml": faulty,
        "b.yaml": faulty,
        "hausjarvi/c.yaml": "text: Avoinna\n",
        "loppi/d.yaml": faulty,
    }
    for name, content in files.items():
        (queue / name).parent.mkdir(parents=True, exist_ok=True)
        (queue / name).write_text(content, encoding="utf-8")
    both = replace(office.config, organisations={one: an_organisation(one) for one in ("hausjarvi", "loppi")})
    summary = Reporter(office.store, both, office.post).build(both.organisations["hausjarvi"], WEEK, MONDAY)
    told = {one.file: one.faults for one in summary.attention if one.trouble is Trouble.REJECTED}
    assert set(told) == {"hausjarvi/a.yaml", "b.yaml"}
    assert all(told.values())


def test_access_that_ends_soon_is_told(office):
    """A token that the network ends within a fortnight; not one that lives longer."""
    an_account(office.store, WEEK.start)
    account = office.config.organisations["hausjarvi"].accounts[0]
    for days, told in ((13, [Trouble.ACCESS_ENDS]), (15, [])):
        with office.store.write() as conn:
            lifetimes.note(conn, account, MONDAY + days * DAY, MONDAY)
        summary = office.reporter.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
        assert [one.trouble for one in summary.attention] == told


def test_links_open_where_the_reader_can_follow(office):
    """A rehearsal's addresses lead to the sandbox's pages."""
    account = an_account(office.store, WEEK.start)
    post = a_post(office.store, account, WEEK.start + DAY)
    ask(office.store, account.id, post, "q", WEEK.start + DAY)
    shown = Reporter(
        office.store,
        office.config,
        office.post,
        shown=lambda url: url.replace("https://example.org", "http://127.0.0.1:1"),
    )
    summary = shown.build(office.config.organisations["hausjarvi"], WEEK, MONDAY)
    assert summary.questions[0].url == "http://127.0.0.1:1/q"


def test_an_organisation_that_left_is_given_up(office, tmp_path):
    """Its row neither blocks the others nor comes back."""
    office.reporter.prepare(MONDAY)
    other = Reporter(office.store, a_config(tmp_path, an_organisation("loppi")), office.post)
    assert other.send_due(MONDAY) == NOTHING
    assert office.reporter.send_due(MONDAY + DAY) == NOTHING

"""What our mails say, and how they leave."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from publisher.config import MailSettings
from publisher.locale import LANGUAGES, use
from publisher.mail import (
    FolderOutbox,
    SmtpOutbox,
    alert_id,
    alert_mail,
    formats,
    open_outbox,
    weekly_id,
    weekly_mail,
    weekly_text,
    wording,
    write_eml,
)
from publisher.mail.envelope import code, fill
from publisher.mail.waiting import written_with
from publisher.store.notices import Notice, NoticeKind
from publisher.summary import Attention, Change, Direction, Summary, Tally, Trouble
from tests.publisher.configs import ZONE, a_config
from tests.publisher.weeks import BEFORE, CHANNELS, TUESDAY, WEEK, a_lively_summary, a_period, a_summary

SENDER = "Tiedote <tiedote@example.fi>"
CERTIFICATES = Path(__file__).parent / "certificates"


def a_mail(
    summary: Summary | None = None, language: str = "en", recipient: str = "viestinta@hausjarvi.example"
) -> EmailMessage:
    return weekly_mail(
        summary or a_lively_summary(),
        sender=SENDER,
        recipient=recipient,
        language=language,
        message_id=weekly_id(SENDER, "hausjarvi", "2026-W48", language, recipient),
    )


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


class Page(HTMLParser):
    """Collects the tags and the visible words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


# What it says


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_weekly_mail_has_two_parts_and_its_headers(language):
    """A text and an HTML part in the recipient's language, and headers that keep machines from answering."""
    message = message_from_bytes(a_mail(language=language).as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert message["From"] == SENDER
    assert message["To"] == "viestinta@hausjarvi.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Id"] == "<hausjarvi.tiedote.example.fi>"
    assert message["Content-Language"] == language
    assert message["Date"].datetime == WEEK.end + timedelta(hours=6)
    assert Page(part(message, "html")).named("html") == [{"lang": language}]


def test_an_answer_and_a_wish_to_leave_reach_a_person():
    """Reply-To and List-Unsubscribe; what tells of one announcement is one thread, whatever its subjects say."""
    plain, failed = a_mail(), an_alert(NoticeKind.FAILED)
    assert (plain["Reply-To"], plain["References"]) == (None, None)
    assert plain["List-Unsubscribe"].startswith("<mailto:tiedote@example.fi?subject=Tiedote")
    summary = a_lively_summary()
    people = {"reply_to": "Viestintä <v@hausjarvi.example>", "caretaker": "it@example.fi"}
    answered = weekly_mail(summary, sender=SENDER, recipient="a@b.example", language="fi", message_id="<1@a>", **people)
    assert answered["Reply-To"] == "Viestintä <v@hausjarvi.example>"
    assert answered["List-Unsubscribe"].startswith("<mailto:it@example.fi?subject=")
    far = {"caretaker": "tietohallinnon.palvelupiste@esimerkkilan-kaupunki.example.fi"}
    whole = weekly_mail(summary, sender=SENDER, recipient="a@b.example", language="sv", message_id="<1@a>", **far)
    assert f"\r\nList-Unsubscribe: <mailto:{far['caretaker']}?subject=".encode() in whole.as_bytes()
    doubt = an_alert(NoticeKind.UNCONFIRMED, "sv")
    assert failed["References"] == failed["In-Reply-To"] == doubt["References"]
    assert an_alert(NoticeKind.FAILED, announcement="hausjarvi/toinen")["References"] != failed["References"]
    assert an_alert(NoticeKind.MISSED, items=ITEMS)["References"] is None


def test_the_subject_carries_the_news():
    """Who opens no mail still knows the week: how much came in, what waits for an answer, what needs a hand."""
    subject = a_mail()["Subject"]
    assert subject.startswith(
        "Hausjärven kunta, week 48: 4,943 interactions (+3,721), 2 questions wait for an answer, "
    )
    assert subject.endswith("11 things need attention")


def test_a_quiet_week_says_so_and_is_sent():
    """Silence would look like a fault."""
    message = a_mail(a_summary())
    assert message["Subject"] == "Hausjärven kunta, week 48: a quiet week"
    assert "A quiet week: nothing was published and nothing came in." in part(message, "plain")
    assert "Nothing is scheduled." in part(message, "plain")


def test_the_week_so_far_says_that_it_is_not_over():
    """A running week is named as one and compared with the same span of the week before."""
    period = a_period(until=TUESDAY, previous_until=BEFORE.start + timedelta(days=1, hours=9))
    text = part(a_mail(a_summary(period)), "plain")
    assert "23–29 November 2026, the week so far" in text
    assert "Nothing has been published this week so far" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_part_fits_72_columns(language):
    """No line is wider, except an address, which stands alone so that it can be opened."""
    text = part(a_mail(language=language), "plain")
    wide = [line for line in text.splitlines() if len(line) > 72 and "://" not in line]
    assert wide == []
    assert all(line.strip().startswith("https://") for line in text.splitlines() if "://" in line and len(line) > 72)


@pytest.mark.parametrize("channels", [CHANNELS[:1], CHANNELS])
def test_both_parts_tell_the_same_numbers(channels):
    """The table of the text part and the one of the HTML part come from the same lines."""
    summary = replace(a_lively_summary(), channels=a_lively_summary().channels[: len(channels)])
    text, page = part(a_mail(summary), "plain"), Page(part(a_mail(summary), "html"))
    for line in summary.channels:
        name = formats.network(line.channel)
        (row,) = [one.split() for one in text.splitlines() if one.startswith(name) and one.split()[1:2] == ["1"]]
        assert row[2] == f"{line.received.reactions:,}"
        assert f"{line.received.interactions:,}" in page.words
    assert len(page.named("caption")) == 2
    assert {one["scope"] for one in page.named("th")} == {"col", "rowgroup"}


def test_what_a_network_does_not_tell_is_not_a_zero():
    """Instagram's shares: 'not told' in the table, and no word of shares beside its number."""
    message = a_mail()
    (row,) = [line for line in part(message, "plain").splitlines() if line.startswith("Instagram ")]
    assert "not told" in row
    for kind in ("plain", "html"):
        assert "Not told by the network: shares on Instagram." in part(message, kind)


def test_a_number_is_not_broken_on_a_narrow_screen():
    """Thousands and per cent stay with their number in the HTML part; the text part has ordinary spaces."""
    message = a_mail(language="fi")
    words = Page(part(message, "html")).words
    assert "4\N{NO-BREAK SPACE}943" in words
    assert "(+305\N{NO-BREAK SPACE}%)" in words
    assert "\N{NO-BREAK SPACE}" not in part(message, "plain")
    assert formats.unbroken("vuonna 2026 julkaistiin 3 721") == "vuonna 2026 julkaistiin 3\N{NO-BREAK SPACE}721"


def test_residents_words_are_harmless():
    """No tag of theirs is a tag, no control character and no turned direction passes, nothing reaches a header."""
    message = a_mail()
    text, html = part(message, "plain"), part(message, "html")
    page = Page(html)
    assert page.named("script") == []
    assert "&lt;script&gt;" in html
    for unwanted in ("\u202e", "\u0007", "\nSubject: huijaus"):
        assert unwanted not in text
        assert unwanted not in html
    assert "huijaus" not in message["Subject"]
    assert [name for name in message if name.lower() == "subject"] == ["Subject"]


@pytest.mark.parametrize("channel", ["facebook", "x"])
@pytest.mark.parametrize(
    "said",
    [
        "Toimiiko \u202etämä\u202c kirjaston\u0007koneella, vai pitääkö tulla virastoon asti jonottamaan?",
        "Onko 5 < 6 vai <b>lihavaa</b>, ja sydän <3 kaikille; entä sitten > & muut merkit?",
        "ä\u0301\u0302\u0303\u0304\u0305 kasattu kirjain ja lisää sanoja perään niin että riittää",
        "Pitkäsana" * 40,
        "@kunta_fi @muu kiitos tästä palvelusta, se oli helppo käyttää",
        "Rivi yksi\n\n> rivi kaksi\u00a0ja   vielä välejä",
    ],
    ids=["marks", "tags", "piles", "one word", "names", "lines"],
)
def test_a_mail_that_lies_in_a_folder_is_found_by_what_it_quotes(tmp_path, channel, said):
    """However its words were cut, escaped and made harmless; and not by what it does not quote."""
    quoted = formats.excerpt(formats.unaddressed(said, channel))
    question = replace(a_lively_summary().questions[0], text=quoted, channel=channel)
    write_eml(a_mail(a_summary(questions=[question])), tmp_path / "viikko.eml")
    assert list(written_with(tmp_path.iterdir(), [said])) == [tmp_path / "viikko.eml"]
    assert written_with(tmp_path.iterdir(), ["Tätä ei kukaan ole kirjoittanut."]) == {}


def test_addresses_open_only_on_the_web():
    """A network that hands out another kind of address gets no link."""
    assert formats.weblink("javascript:alert(1)") == ""
    assert formats.weblink("https://[half") == ""
    assert formats.weblink(None) == ""
    assert formats.weblink("https://example.org/a b\n") == "https://example.org/a%20b"


def test_long_words_of_residents_are_cut_between_words():
    """At most 200 characters of a message; the link leads to the rest."""
    cut = formats.excerpt("sana " * 100)
    assert cut.endswith("sana…")
    assert len(cut) <= 200
    assert formats.excerpt("Toimiiko se?\n") == "Toimiiko se?"


@pytest.mark.parametrize(
    "text, channel, shown",
    [
        ("@Hausjrvenkunta @naapuri_1 Kuinka kauan käsittely kestää?", "x", "Kuinka kauan käsittely kestää?"),
        ("@Hausjrvenkunta\nkysy @naapuri_1", "x", "kysy @naapuri_1"),
        ("@Hausjrvenkunta: toimiiko?", "x", "@Hausjrvenkunta: toimiiko?"),
        ("@kunta@example.fi on osoite", "x", "@kunta@example.fi on osoite"),
        ("@a @b ", "x", "@a @b "),
        ("@naapuri_1 katso", "facebook", "@naapuri_1 katso"),
    ],
)
def test_the_names_before_an_answer_on_x_are_left_out(text, channel, shown):
    """X puts them there, other residents' too; what somebody wrote further on stays."""
    assert formats.unaddressed(text, channel) == shown


def test_what_was_taken_back_is_not_done_a_negative_number_of_times():
    """More likes withdrawn than given: a sentence of its own."""
    with use("fi"):
        line = replace(a_summary().total, posts=0, received=Tally(reactions=-2, comments=0, shares=0))
        told = wording.headline(replace(a_summary(), total=line, announcements=0))
    assert told == "Yhtään tiedotetta ei julkaistu. Kuntalaiset peruivat enemmän reaktioita kuin antoivat: −2."  # noqa: RUF001


def test_a_summary_of_long_ago_does_not_ask_what_comes_next():
    """In May nobody is told that the queue of April's last week is empty."""
    summary = a_summary()
    assert "NEXT WEEK" in weekly_text(summary, "en")
    assert "NEXT WEEK" not in weekly_text(replace(summary, as_of=summary.period.end + timedelta(days=7)), "en")


def test_members_words_that_may_not_be_kept_are_a_link():
    """A LinkedIn member's question is told without its words."""
    text = part(a_mail(), "plain")
    assert "The words of this question stand on the network alone." in text
    assert "https://www.example.org/linkedin/13" in text


def test_only_the_oldest_questions_are_listed():
    """Ten are shown, the rest is a command away; the heading counts all."""
    (question,) = a_lively_summary().questions[:1]
    many = a_summary(questions=[replace(question, id=n) for n in range(1, 26)])
    text = part(a_mail(many), "plain")
    assert "QUESTIONS WITHOUT AN ANSWER (25)" in text
    assert "c-10" in text
    assert "c-11" not in text
    assert "The rest:\n  tiedote comments --unanswered\n" in text


@pytest.mark.parametrize(
    "language, number, period, moment, spoken, change",
    [
        ("fi", "12 345", "16.–22. marraskuuta 2026", "ma 16.11. klo 9.05", "ma 16.11. klo 9.05", "+150 (+22 %)"),
        ("sv", "12 345", "16–22 november 2026", "mån 16 nov. kl. 9.05", "måndag 16 november kl. 9.05", "+150 (+22 %)"),
        ("en", "12,345", "16–22 November 2026", "Mon 16 Nov, 09:05", "Monday 16 November at 09:05", "+150 (+22%)"),
    ],
)
def test_numbers_and_days_are_written_as_each_language_does(language, number, period, moment, spoken, change):
    """Thousands, spans of days, weekdays and percentages, with ordinary spaces throughout."""
    start = datetime(2026, 11, 16, 7, 5, tzinfo=UTC)
    with use(language):
        assert formats.number(12345) == number
        assert formats.days(start, start + timedelta(days=6, hours=14), ZONE) == period
        assert formats.moment(start, ZONE) == moment
        assert formats.spoken(start, ZONE) == spoken
        assert formats.change(Change(direction=Direction.MORE, difference=150, percent=22)) == change


@pytest.mark.parametrize(
    "language, end, written",
    [
        ("fi", datetime(2026, 12, 6, 22, tzinfo=UTC), "30. marraskuuta – 6. joulukuuta 2026"),
        ("sv", datetime(2026, 12, 6, 22, tzinfo=UTC), "30 november–6 december 2026"),
        ("en", datetime(2026, 12, 6, 22, tzinfo=UTC), "30 November – 6 December 2026"),
        ("sv", datetime(2027, 1, 3, 22, tzinfo=UTC), "30 november 2026–3 januari 2027"),
        ("en", datetime(2026, 11, 30, 8, tzinfo=UTC), "30 November 2026"),
    ],
)
def test_months_have_their_whole_names_in_a_span_of_days(language, end, written):
    """Over the end of a month and of a year, and within one day."""
    with use(language):
        assert formats.days(datetime(2026, 11, 29, 22, tzinfo=UTC), end, ZONE) == written


@pytest.mark.parametrize(
    "text, lines",
    [
        (
            "Look at the account. If the post is there: tiedote resolve d-412 --published URL. If not: tiedote cancel d-412",
            [
                "- Look at the account. If the post is there:",
                "    tiedote resolve d-412 --published URL",
                "  If not:",
                "    tiedote cancel d-412",
            ],
        ),
        (
            "What is wrong and where: tiedote check 'hausjarvi/pitkä nimi, joka ei mahtuisi mitenkään yhdelle riville tässä.yaml'",
            [
                "- What is wrong and where:",
                "    tiedote check 'hausjarvi/pitkä nimi, joka ei mahtuisi mitenkään yhdelle riville tässä.yaml'",
            ],
        ),
        (
            "If what is out is wrong and has to be changed at once, tiedote amend d-12 gives it the words of the file.",
            [
                "- If what is out is wrong and has to be changed at once,",
                "  tiedote amend d-12 gives it the words of the file.",
            ],
        ),
    ],
)
def test_a_command_can_be_copied_from_the_text_part(text, lines):
    """On a line of its own after a colon, without the full stop; never broken anywhere."""
    assert fill(text, "- ", "  ").splitlines() == lines


def test_a_command_can_be_copied_from_the_html_part():
    """It is marked as one and no line ends at a hyphen of it; an announcement, "tiedote" in Finnish, is none."""
    told = code('Vastaa: tiedote reply c-211 "…". Loput <b>: tiedote comments --unanswered. 1 tiedote odottaa.')
    assert told == (
        'Vastaa: <code>tiedote reply <span class="whole">c-211</span> &#34;…&#34;</code>. '
        'Loput &lt;b&gt;: <code>tiedote comments <span class="whole">--unanswered</span></code>. 1 tiedote odottaa.'
    )


def test_what_a_resident_writes_never_looks_like_a_command_of_ours():
    """Quoted words are laid out as words."""
    (question,) = a_lively_summary().questions[:1]
    asked = replace(question, text="Kokeile tätä: tiedote unpublish d-1")
    text = part(a_mail(a_summary(questions=[asked])), "plain")
    assert '- "Kokeile tätä: tiedote unpublish d-1"\n' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_subject_of_a_week_that_took_back_has_no_negative_number(language):
    """'-2 interactions (-40)' is no news."""
    line = replace(
        a_summary().total,
        posts=1,
        received=Tally(reactions=-2, comments=0, shares=0),
        change=Change(direction=Direction.FEWER, difference=-40),
    )
    subject = a_mail(replace(a_summary(), total=line), language=language)["Subject"]
    assert re.search(r"\d", subject.partition(": ")[2]) is None
    assert {
        "fi": "reaktioita peruttiin enemmän kuin saatiin",
        "sv": "fler reaktioner togs tillbaka än kom in",
        "en": "more reactions were taken back than given",
    }[language] in subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_that_was_never_read_is_not_said_to_have_been_read(language):
    """It has no last time."""
    never = Attention(trouble=Trouble.NEVER_READ, channel="x", account="x", since=TUESDAY)
    with use(language):
        told = wording.hint(never, "hausjarvi", ZONE)
    assert told.what.startswith("X: ")
    assert re.search(r"\d", told.what) is None
    assert "tiedote doctor" in told.remedy


def test_a_fall_has_a_minus_sign():
    """Fewer is told by a sign, not by a colour."""
    with use("en"):
        assert (
            formats.change(Change(direction=Direction.FEWER, difference=-10, percent=-50))
            == "\N{MINUS SIGN}10 (\N{MINUS SIGN}50%)"
        )
        assert formats.change(Change(direction=Direction.SAME)) == "same"
        assert formats.change(Change(direction=Direction.UNKNOWN)) == "not known"
        assert formats.change(Change(direction=Direction.NEW, difference=3)) == "+3 (new)"


def test_the_terminal_gets_the_same_text():
    """`tiedote report` prints the mail's text part."""
    assert weekly_text(a_lively_summary(), "en").strip() == part(a_mail(), "plain").strip()


def test_a_message_id_is_the_same_at_every_try_and_another_for_everybody():
    """It is ours alone, and only what it is about changes it."""
    first = weekly_id(SENDER, "hausjarvi", "2026-W48", "fi", "a@example.fi")
    assert first == weekly_id(SENDER, "hausjarvi", "2026-W48", "fi", "a@example.fi")
    assert first.startswith("<report.hausjarvi.2026-W48.fi.")
    assert first.endswith("@example.fi>")
    assert first != weekly_id(SENDER, "hausjarvi", "2026-W48", "fi", "b@example.fi")


# Alerts

PARAMS = {
    "delivery": "d-12",
    "announcement": "hausjarvi/rakennuslupa",
    "title": "Rakennuslupa verkossa",
    "organisation": "hausjarvi",
    "channel": "x",
    "account": "x",
    "error_kind": "text_refused",
    "detail": "No.",
    "file": "hausjarvi/rakennuslupa.yaml",
    "faults": "3:1: 'teksti' is not a field\n9:4: <b>no</b>",
    "missing": "4",
    "login": "tiedote login x --org hausjarvi",
    "known": "6",
    "drafts": "Uimahalli auki\tdrafts/hausjarvi/uimahalli-1.yaml",
    "folder": "drafts/hausjarvi",
    "branch": "main",
    "feed": "https://www.hausjarvi.example/rss",
    "spent": "19.905",
    "budget": "20",
}

COMMANDS = {
    NoticeKind.FAILED: ["tiedote retry d-12", "tiedote cancel d-12"],
    NoticeKind.UNCONFIRMED: ["tiedote resolve d-12 --published URL", "tiedote resolve d-12 --not-published"],
    NoticeKind.MISSED: ["tiedote retry d-12", "tiedote cancel d-12"],
    NoticeKind.BLOCKED: ["tiedote doctor", "tiedote status"],
    NoticeKind.REJECTED: [
        "tiedote check hausjarvi/rakennuslupa.yaml",
        "tiedote publish hausjarvi/rakennuslupa.yaml",
    ],
    NoticeKind.QUEUE_GONE: ["tiedote status", "tiedote cancel DELIVERY"],
    NoticeKind.EDITED_AFTER: [],
    NoticeKind.OVER_BUDGET: ["tiedote retry d-12", "tiedote cancel d-12"],
    NoticeKind.READING_STOPPED: ["tiedote status"],
    NoticeKind.DIFFERS: ["tiedote unpublish d-12"],
    NoticeKind.EXPIRED: ["tiedote retry d-12", "tiedote cancel d-12"],
    NoticeKind.HELD: ["tiedote retry d-12", "tiedote cancel d-12"],
    NoticeKind.LINK_DOWN: ["tiedote retry DELIVERY", "tiedote status"],
    NoticeKind.RECONNECT: ["tiedote login x --org hausjarvi", "tiedote doctor"],
    NoticeKind.PREFLIGHT: ["tiedote doctor", "tiedote plan"],
    NoticeKind.QUEUE_NOT_PULLED: ["git -C drafts/hausjarvi pull --ff-only"],
    NoticeKind.DRAFTS: ["tiedote check drafts/hausjarvi"],
    NoticeKind.FEED_TROUBLE: ["tiedote fetch https://www.hausjarvi.example/rss"],
    NoticeKind.AWAITING_APPROVAL: ["tiedote approve hausjarvi/rakennuslupa.yaml", "tiedote plan"],
    NoticeKind.BEHIND: ["tiedote collect --all", "tiedote doctor"],
    NoticeKind.DISK_FULL: ["df -h", "tiedote status"],
    NoticeKind.DATABASE_AWAY: ["tiedote status"],
}


def an_alert(kind: NoticeKind, language: str = "en", **params: str) -> EmailMessage:
    notice = Notice(
        id=1,
        cause=f"{kind}:d-12",
        kind=kind,
        params=PARAMS | params,
        recipient="it@example.fi",
        language=language,
        message_id="",
        tries=1,
        created_at=TUESDAY,
    )
    return alert_mail(
        notice,
        sender=SENDER,
        message_id=alert_id(SENDER, notice),
        organisations={"hausjarvi": "Hausjärven kunta"},
        zone=ZONE,
        now=TUESDAY,
    )


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alert_names_what_settles_it(kind, language):
    """Each kind has its words and its commands, in both parts, within 72 columns."""
    message = an_alert(kind, language)
    text, page = part(message, "plain"), Page(part(message, "html"))
    delivery = {"fi": "LÄHETYS", "sv": "UTSKICK", "en": "DELIVERY"}[language]
    for command in COMMANDS[kind]:
        line = command.replace("DELIVERY", delivery)
        assert f"  {line}\n" in text
        assert line in page.words
    assert [line for line in text.splitlines() if len(line) > 72] == []
    assert "%(" not in text
    assert message["Content-Language"] == language
    assert page.named("b") == []


ITEMS = "\n".join(f"d-{n}\tRakennuslupa {n}\tx\tx\t2026-11-30T07:00:00+00:00" for n in range(12, 36))


@pytest.mark.parametrize("kind", [NoticeKind.MISSED, NoticeKind.EXPIRED, NoticeKind.HELD])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_cause_has_met_is_listed_in_one_mail(kind, language):
    """Twenty of twenty-four deliveries, each with its number, time and network, and how to act on one."""
    text = part(an_alert(kind, language, items=ITEMS, count="24", error_kind="same_words"), "plain")
    assert "d-12: Rakennuslupa 12, X, " in text
    assert "d-31: " in text
    assert "d-32: " not in text
    assert {"fi": "- ja 4 muuta", "sv": "- och 4 till", "en": "- and 4 more"}[language] in text
    word = {"fi": "LÄHETYS", "sv": "UTSKICK", "en": "DELIVERY"}[language]
    assert f"  tiedote retry {word}\n" in text
    assert [line for line in text.splitlines() if len(line) > 72] == []


def test_a_mail_about_a_delivery_says_which_announcement_and_when():
    """A title may be like another; the file's name and the time are not."""
    text = part(an_alert(NoticeKind.MISSED, "fi", due="2026-11-30T07:00:00+00:00"), "plain")
    assert "- Tiedote: hausjarvi/rakennuslupa\n- Julkaisuaika: ma 30.11. klo 9.00\n" in text


def test_an_edit_during_the_sending_does_not_sound_like_one_after_it():
    """The old words may not be out yet, and can be stopped."""
    text = part(an_alert(NoticeKind.EDITED_AFTER, state="retrying"), "plain")
    assert "  tiedote cancel d-12\n" in text
    assert "still out" not in text
    assert "still out" in part(an_alert(NoticeKind.EDITED_AFTER, state="published"), "plain")


def test_an_unconfirmed_post_is_explained():
    """It says that nothing is sent again by itself, and why."""
    text = part(an_alert(NoticeKind.UNCONFIRMED), "plain")
    assert 'Hausjärven kunta: "Rakennuslupa verkossa" was sent to X' in text
    assert "not sent again by itself" in text


def test_a_post_that_is_out_but_not_wholly_is_not_called_unpublished():
    """A refused first comment: the mail links the post and offers no retry of what is out."""
    message = an_alert(NoticeKind.FAILED, url="https://x.com/i/web/status/1")
    assert message["Subject"] == "Not wholly published: Rakennuslupa verkossa (X)"
    assert "https://x.com/i/web/status/1" in part(message, "plain")
    assert "tiedote retry" not in part(message, "plain")


def test_reading_that_is_blocked_does_not_sound_like_publishing():
    """An account that cannot be read still publishes, and the mail says so."""
    assert "Publishing is not stopped" in part(an_alert(NoticeKind.BLOCKED, reading="yes"), "plain").replace("\n", " ")
    assert "Nothing of this account goes out" in part(an_alert(NoticeKind.BLOCKED), "plain").replace("\n", " ")


# Where it goes


def test_the_sandbox_and_a_missing_mail_server_write_files(tmp_path, smtp):
    """With `sandbox: yes` nothing leaves, even where a server is configured."""
    server = MailSettings(host=smtp.host, port=smtp.port, sender=SENDER)
    live = a_config(tmp_path, mail=server)
    assert open_outbox(live) == SmtpOutbox(server)
    assert open_outbox(replace(live, sandbox=True)) == FolderOutbox(tmp_path / "var" / "mails")
    assert open_outbox(replace(live, mail=None)) == FolderOutbox(tmp_path / "var" / "mails")


def test_a_mail_that_is_written_twice_is_one_file(tmp_path):
    """The file is named after the Message-ID; it opens as the mail that was sent."""
    outbox = FolderOutbox(tmp_path / "mails")
    outbox.send(a_mail())
    outbox.send(a_mail())
    outbox.send(a_mail(recipient="toinen@hausjarvi.example"))
    files = sorted((tmp_path / "mails").iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    read = {message_from_bytes(path.read_bytes(), policy=policy.default)["To"] for path in files}
    assert read == {"viestinta@hausjarvi.example", "toinen@hausjarvi.example"}


def test_a_mail_stays_small():
    """Gmail clips at 102 KB of HTML; ours stays far below, however lively the week."""
    assert len(part(a_mail(), "html")) < 30_000
    assert Tally().interactions is None

"""Mails about one thing that needs a person: what happened, what it means, and the commands that settle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from email.message import EmailMessage
from typing import TYPE_CHECKING

from publisher.locale import _, ngettext, use
from publisher.mail import formats
from publisher.mail.envelope import Envelope, compose, message_id, render
from publisher.mail.told import Alert, Command, Told
from publisher.model import State

if TYPE_CHECKING:
    from publisher.store.notices import Notice  # mail stands beside the store, not on it

TOPIC = "alerts"


def alert_id(sender: str, notice: Notice) -> str:
    """Give the Message-ID of a notice; every try bears the same."""
    return message_id(
        sender, str(notice.kind), notice.created_at.date().isoformat(), f"{notice.cause}\n{notice.recipient}"
    )


def thread_id(sender: str, notice: Notice) -> str:
    """Name the thread of everything that is told of one announcement; '' for what is about none, or about several."""
    announcement = notice.params.get("announcement", "")
    several = notice.also or notice.params.get("items")
    return message_id(sender, "announcement", announcement) if announcement and not several else ""


def alert_mail(
    notice: Notice,
    *,
    sender: str,
    message_id: str,
    organisations: Mapping[str, str],
    zone: tzinfo,
    now: datetime,
    reply_to: str = "",
    caretaker: str = "",
) -> EmailMessage:
    """Make the mail, in the recipient's language. `organisations`: key to name; `reply_to`, `caretaker`: see `Envelope`."""
    with use(notice.language):
        alert = _WORDS[notice.kind](Told(notice.params, organisations, zone, notice.also))
        envelope = Envelope(
            sender=sender,
            recipient=notice.recipient,
            subject=alert.subject,
            message_id=message_id,
            topic=TOPIC,
            at=now.astimezone(zone),
            reply_to=reply_to,
            caretaker=caretaker,
            thread=thread_id(sender, notice),
        )
        why = _("You get this because Tiedote's configuration or the announcement names you for such news.")
        hint = _by_somebody_else(caretaker) if alert.commands and notice.recipient != caretaker else ""
        values = {"alert": alert, "title": alert.subject, "why": why, "hint": hint}
        return compose(envelope, render("alert.txt", **values), render("alert.html", **values))


def _by_somebody_else(caretaker: str) -> str:
    """Say where the commands are typed: who writes announcements may have no terminal."""
    if caretaker:
        return _(
            "The commands are typed on the machine that Tiedote runs on. If you do not use them, forward this mail to %(address)s."
        ) % {"address": caretaker}
    return _(
        "The commands are typed on the machine that Tiedote runs on. "
        "If you do not use them, forward this mail to whoever looks after Tiedote."
    )


def _failed(told: Told) -> Alert:
    message, remedy = told.because("failed", State.PUBLISHED if told.link else State.FAILED)
    if told.link:
        return Alert(
            subject=_("Not wholly published: %(title)s (%(where)s)") % told.words,
            what=_('%(organisation)s: "%(title)s" is out on %(where)s, but something after it failed.') % told.words,
            meaning=message,
            remedy=remedy,
            link=told.link,
            network=told.words["network"],
        )
    if told.deliveries:
        return Alert(
            subject=_("Not published: %(count)s posts (%(where)s)") % told.words,
            what=_("%(organisation)s: %(count)s posts did not go out on %(where)s:") % told.words,
            details=told.deliveries,
            meaning=message,
            remedy=remedy,
            commands=_of_several(),
        )
    return Alert(
        subject=_("Not published: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        details=told.about,
        meaning=message,
        remedy=remedy,
        commands=(_retry(told), _cancel(told)),
    )


def _unconfirmed(told: Told) -> Alert:
    if told.deliveries:
        return Alert(
            subject=_("Did they go out? %(count)s posts (%(where)s)") % told.words,
            what=_(
                "%(organisation)s: %(count)s posts were sent to %(where)s, but the answers were lost, and looking at the account did not "
                "tell whether they are out:"
            )
            % told.words,
            details=told.deliveries,
            meaning=_(
                "They are not sent again by themselves, so that nobody sees them twice. Everything else goes on. "
                "Please look at the account and say of each which it is."
            ),
            commands=(
                Command(
                    when=_("If one is there, by its number and with its address:"),
                    line=f"tiedote resolve {_('DELIVERY')} --published URL",
                ),
                Command(
                    when=_("If one is not there; it is then sent:"),
                    line=f"tiedote resolve {_('DELIVERY')} --not-published",
                ),
            ),
        )
    subject, what = (
        _("Did it go out? %(title)s (%(where)s)"),
        _(
            '%(organisation)s: "%(title)s" was sent to %(where)s, but the answer was lost, and looking at the account did not tell '
            "whether it is out."
        ),
    )
    if told.link:
        subject = _("Did all of it go out? %(title)s (%(where)s)")
        what = _(
            '%(organisation)s: "%(title)s" is out on %(where)s. What follows it, the next post of its thread or its first comment, '
            "was sent too, but the answer was lost, and looking at the account did not tell whether it is out."
        )
    return Alert(
        subject=subject % told.words,
        what=what % told.words,
        details=told.about,
        meaning=_(
            "It is not sent again by itself, so that nobody sees it twice. Everything else goes on. "
            "Please look at the account and say which it is."
        ),
        link=told.link,
        network=told.words["network"],
        commands=(
            Command(
                when=_("If the post is there, with its address:"),
                line=f"tiedote resolve {told.words['delivery']} --published URL",
            ),
            Command(
                when=_("If it is not there; it is then sent:"),
                line=f"tiedote resolve {told.words['delivery']} --not-published",
            ),
        ),
    )


def _missed(told: Told) -> Alert:
    meaning = _("Tiedote does not send old news unasked.")
    if told.deliveries:
        return Alert(
            subject=_("Too late: %(count)s posts") % told.words,
            what=_("%(count)s posts were to go out, but their time passed before they could be sent:") % told.words,
            details=told.deliveries,
            meaning=meaning,
            commands=_of_several(),
        )
    return Alert(
        subject=_("Too late: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" was to go out on %(where)s, but its time passed before it could be sent.')
        % told.words,
        details=told.about,
        meaning=meaning,
        commands=(_retry(told), _cancel(told)),
    )


def _expired(told: Told) -> Alert:
    message, remedy = told.because("expired")
    if told.deliveries:
        return Alert(
            subject=_("Expired: %(count)s posts") % told.words,
            what=_("%(count)s posts did not go out before the last moment that their files name:") % told.words,
            details=told.deliveries,
            meaning=_("After that moment nothing of them is sent."),
            remedy=remedy,
            commands=_of_several(),
        )
    return Alert(
        subject=_("Expired: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        details=told.about,
        meaning=message,
        remedy=remedy,
        commands=(_retry(told), _cancel(told)),
    )


def _held(told: Told) -> Alert:
    message, remedy = told.because("held")
    if told.deliveries:
        return Alert(
            subject=_("On hold: %(title)s, %(count)s accounts") % told.words,
            what=_('"%(title)s" was to go out now, but waits for you:') % told.words,
            details=told.deliveries,
            meaning=message,
            remedy=remedy,
            commands=_of_several(),
        )
    return Alert(
        subject=_("On hold: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" was to go out on %(where)s now, but waits for you.') % told.words,
        details=told.about,
        meaning=message,
        remedy=remedy,
        commands=(_retry(told), _cancel(told)),
    )


def _blocked(told: Told) -> Alert:
    message, remedy = told.because("blocked")
    goes_on = (
        _("Counts and comments of this account are not read before this is mended. Publishing is not stopped by it.")
        if told["reading"]
        else _("Nothing of this account goes out before this is mended; what waits is kept. Other accounts go on.")
    )
    return Alert(
        subject=_("An account needs you: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: %(where)s does not let Tiedote in.") % told.words,
        meaning=f"{message} {goes_on}",
        remedy=remedy,
        commands=(
            Command(when=_("To see whether it works again:"), line="tiedote doctor"),
            Command(when=_("To read it at once then:"), line="tiedote collect --all")
            if told["reading"]
            else Command(when=_("To see what waits for it:"), line="tiedote status"),
        ),
    )


def _link_down(told: Told) -> Alert:
    message, remedy = told.because("link_unreachable")
    return Alert(
        subject=_("Waiting for its e-service: %(title)s") % told.words,
        what=_('%(organisation)s: "%(title)s" was to go out now, but waits, since residents could not follow its link.')
        % told.words,
        details=(*told.about, *([told.link] if told.link else [])),
        meaning=message
        + " "
        + _(
            "Tiedote asks every minute and sends the announcement as soon as the link works. "
            "If that takes longer than 'late_limit' allows, it is not sent and you hear of it."
        ),
        remedy=remedy,
        commands=(
            Command(
                when=_("To send it all the same, for each of its accounts:"), line=f"tiedote retry {_('DELIVERY')}"
            ),
            Command(when=_("To see its accounts and how they stand:"), line="tiedote status"),
        ),
    )


def _preflight(told: Told) -> Alert:
    count = int(told["count"] or 0)
    subject = ngettext(
        "Before the next announcement: %(n)d thing to see to",
        "Before the next announcement: %(n)d things to see to",
        count,
    )
    return Alert(
        subject=subject % {"n": count},
        what=_(
            "The next announcement goes out %(due)s. Tiedote looked ahead and found what may stop it or others of that day:"
        )
        % told.words,
        details=told.remarks,
        meaning=_("Nothing is stopped yet. What is mended by then goes out as planned."),
        commands=(
            Command(when=_("To see whether all is well now:"), line="tiedote doctor"),
            Command(when=_("To see what goes out when:"), line="tiedote plan"),
        ),
    )


def _awaiting_approval(told: Told) -> Alert:
    edited = bool(told["by"])
    what = _('"%(title)s" waits until somebody approves it.')
    if edited:
        what = _('"%(title)s" was changed since %(by)s approved it, so it waits until somebody approves it anew.')
    return Alert(
        subject=_("Please approve: %(title)s") % told.words,
        what=what % {**told.words, "by": told["by"]},
        details=told.about,
        meaning=_(
            "An approval counts for exactly the words, pictures and times that the file has. Without one nothing of it goes out."
        ),
        commands=(
            Command(when=_("To read it and approve it:"), line=f"tiedote approve {told.words['file']}"),
            Command(when=_("To see what else waits:"), line="tiedote plan"),
        ),
    )


def _drafts(told: Told) -> Alert:
    n = int(told["count"] or 0)
    subject = ngettext("%(n)d draft from the website waits", "%(n)d drafts from the website wait", n)
    return Alert(
        subject=subject % {"n": n} + f" ({told.words['organisation']})",
        what=_("%(organisation)s: what is new on the website was written down as drafts:") % told.words,
        details=told.drafts,
        meaning=_(
            "Nothing of a draft goes out by itself. Read it, fill in what it says, give it a time under 'publish', and move it with its "
            "picture into the folder of announcements: %(folder)s"
        )
        % {"folder": told["queue"]},
        commands=(Command(when=_("To see what is still to be filled in:"), line=f"tiedote check {told['folder']}"),),
    )


def _feed_trouble(told: Told) -> Alert:
    return Alert(
        subject=_("The website's feed cannot be read (%(organisation)s)") % told.words,
        what=_("%(organisation)s: the feed %(feed)s could not be read since %(since)s.")
        % {**told.words, "feed": told["feed"]},
        details=(told["detail"],),
        meaning=_("No drafts are made of it meanwhile. Everything else goes on; it is tried again by itself."),
        remedy=_("If the website has a new feed, put its address under 'feeds' in the configuration."),
        commands=(Command(when=_("To try it now:"), line=f"tiedote fetch {told['feed']}"),),
    )


def _queue_not_pulled(told: Told) -> Alert:
    return Alert(
        subject=_("The announcements cannot be fetched from git"),
        what=_("The folder %(folder)s could not be brought up to date with the branch %(branch)s since %(since)s.")
        % {**told.words, "folder": told["folder"], "branch": told["branch"]},
        details=(told["detail"],),
        meaning=_("What lies there goes out as planned; what was changed in git since then does not count yet."),
        remedy=_("Please see to it, or ask IT to. It is tried again every minute by itself."),
        commands=(Command(when=_("To see what git says:"), line=f"git -C {told['folder']} pull --ff-only"),),
    )


def _reconnect(told: Told) -> Alert:
    by_hand = _("Get a new token for the account, put it where the configuration takes it from, and restart Tiedote.")
    remedy = _("Connect the account again with the command below; it takes some minutes.") if told["login"] else by_hand
    commands = [Command(when=_("To connect it again:"), line=told["login"])] if told["login"] else []
    commands.append(Command(when=_("To see whether it works:"), line="tiedote doctor"))
    if told["error_kind"]:
        message, _remedy = told.because("token_expired")
        still = _("The present one still works until %(due)s.") % told.words if told["due"] else ""
        return Alert(
            subject=_("Please connect again: %(where)s, %(organisation)s") % told.words,
            what=_("%(organisation)s: the access token of %(where)s could not be renewed.") % told.words,
            meaning=" ".join(part for part in (message, still, _what_a_token_stops()) if part),
            remedy=remedy,
            commands=tuple(commands),
        )
    if told["reading"]:
        return Alert(
            subject=_("Please connect again by %(due)s: %(where)s, %(organisation)s") % told.words,
            what=_(
                "%(organisation)s: on %(due)s Meta stops telling what residents write on %(where)s, until a person logs in again."
            )
            % told.words,
            meaning=_(
                "Meta wants that at least every 90 days. Without it announcements go out all the same, but comments and reactions are "
                "not read."
            ),
            remedy=remedy,
            commands=tuple(commands),
        )
    return Alert(
        subject=_("Please connect again by %(due)s: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: the connection to %(where)s ends on %(due)s, and only a person can make a new one.")
        % told.words,
        meaning=_("Until then everything goes on.") + " " + _what_a_token_stops(),
        remedy=remedy,
        commands=tuple(commands),
    )


def _what_a_token_stops() -> str:
    return _("After that, what is due on this account waits until it is connected again. Other accounts go on.")


def _over_budget(told: Told) -> Alert:
    message, _remedy = told.because("over_budget")
    return Alert(
        subject=_("Held, for it costs too much: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" did not go out on %(where)s.') % told.words,
        meaning=message
        + " "
        + _("It waits for you. Everything else goes on; a larger 'monthly_budget' counts for what is due later."),
        commands=(
            Command(when=_("To send it all the same:"), line=f"tiedote retry {told.words['delivery']}"),
            _cancel(told),
        ),
    )


def _behind(told: Told) -> Alert:
    message, remedy = told.because("unread")
    goes_on = _(
        "What residents wrote meanwhile is in no list and no summary yet; what is missing is read by itself once it works again. "
        "Publishing is not stopped by it."
    )
    return Alert(
        subject=_("Comments are not being read: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: counts and comments of %(where)s could not be read since %(since)s.") % told.words,
        meaning=f"{message} {goes_on}",
        remedy=remedy,
        commands=(
            Command(when=_("To read it now:"), line="tiedote collect --all"),
            Command(when=_("To see whether the account works:"), line="tiedote doctor"),
        ),
    )


def _reading_stopped(told: Told) -> Alert:
    sums = {"spent": formats.dollars(told["spent"]), "budget": formats.dollars(told["budget"])}
    return Alert(
        subject=_("Reading has stopped for this month: %(where)s, %(organisation)s") % told.words,
        what=_("%(organisation)s: %(where)s has cost %(spent)s of %(budget)s this month.") % {**told.words, **sums},
        meaning=_(
            "What is left is kept for the announcements that are still to go out this month, so counts and comments are not "
            "read before the next month. The numbers that you see are as of the last reading."
        ),
        remedy=_("To have them read again sooner, raise 'monthly_budget' in the configuration and restart Tiedote."),
        commands=(Command(when=_("To see what was spent:"), line="tiedote status"),),
    )


def _rejected(told: Told) -> Alert:
    return Alert(
        subject=_("A file needs mending: %(file)s") % told.words,
        what=_("The file %(file)s has faults:") % told.words,
        details=told.faults,
        meaning=_("Nothing of it goes out before it is mended. Then it goes out by itself."),
        commands=(
            Command(when=_("To see each fault and its place:"), line=f"tiedote check {told.words['file']}"),
            Command(
                when=_("If it is to go out at once, when it is mended:"), line=f"tiedote publish {told.words['file']}"
            ),
        ),
    )


def _queue_gone(told: Told) -> Alert:
    return Alert(
        subject=_("The queue lost %(missing)s of its %(known)s announcements at once") % told.words,
        what=_("%(missing)s of %(known)s announcements are gone from the folder.") % told.words,
        meaning=_(
            "That looks like a mishap, so nothing was cancelled: what was scheduled goes out as planned. "
            "Please see whether the folder is in place."
        ),
        commands=(
            Command(when=_("To see what is scheduled:"), line="tiedote status"),
            Command(when=_("If they were removed on purpose, cancel each:"), line=f"tiedote cancel {_('DELIVERY')}"),
        ),
    )


def _edited_after(told: Told) -> Alert:
    message, remedy = told.because("edited_after_publishing")
    if told["state"] not in {"", State.PUBLISHED}:
        return Alert(
            subject=_("Changed while it is being sent: %(title)s") % told.words,
            what=_("The file was changed after its sending had begun, so the old words go out where it had."),
            details=told.about,
            meaning=_("A change counts until the first try to send; what was not tried yet takes the new words."),
            remedy=remedy,
            commands=(
                Command(
                    when=_("If the old words must not go out, and are not out yet:"),
                    line=f"tiedote cancel {told.words['delivery']}",
                ),
                Command(when=_("To see how it stands:"), line="tiedote status"),
            ),
        )
    return Alert(
        subject=_("Changed after publishing: %(title)s") % told.words,
        what=message,
        details=told.about,
        meaning=_("The old words are still out."),
        remedy=remedy,
    )


def _differs(told: Told) -> Alert:
    message, remedy = told.because("differs", State.PUBLISHED)
    return Alert(
        subject=_("Not as it was meant: %(title)s (%(where)s)") % told.words,
        what=_('%(organisation)s: "%(title)s" is out on %(where)s, but reading it back showed a difference.')
        % told.words,
        meaning=message,
        remedy=remedy,
        link=told.link,
        network=told.words["network"],
        commands=(Command(when=_("To take it down:"), line=f"tiedote unpublish {told.words['delivery']}"),),
    )


def _of_several() -> tuple[Command, ...]:
    return (
        Command(when=_("To send one of them now, by its number:"), line=f"tiedote retry {_('DELIVERY')}"),
        Command(when=_("To let one be:"), line=f"tiedote cancel {_('DELIVERY')}"),
    )


def _disk_full(told: Told) -> Alert:
    return Alert(
        subject=_("The disk is full, so Tiedote stands still"),
        what=_("There is no space left on the disk of the database %(file)s.") % told.words,
        meaning=_nothing_is_sent(),
        remedy=_("Please make room on this disk, or ask IT to. Nothing has to be restarted."),
        commands=(
            Command(when=_("To see how full the disks are:"), line="df -h"),
            Command(when=_("To see afterwards how everything stands:"), line="tiedote status"),
        ),
    )


def _database_away(told: Told) -> Alert:
    return Alert(
        subject=_("The database cannot be used, so Tiedote stands still"),
        what=_("The database cannot be used. It says: %(detail)s") % {"detail": told["detail"]},
        meaning=_nothing_is_sent(),
        remedy=_("Please ask IT to see to the database. Nothing has to be restarted."),
        commands=(Command(when=_("To see afterwards how everything stands:"), line="tiedote status"),),
    )


def _nothing_is_sent() -> str:
    return _(
        "Nothing is sent while nothing can be written down, so that nothing goes out twice. What waits is kept and goes out by itself as "
        "soon as the database can be used again; what was being sent is looked for first."
    )


def _retry(told: Told) -> Command:
    return Command(when=_("To send it now:"), line=f"tiedote retry {told.words['delivery']}")


def _cancel(told: Told) -> Command:
    return Command(when=_("To let it be:"), line=f"tiedote cancel {told.words['delivery']}")


_WORDS: Mapping[str, Callable[[Told], Alert]] = {
    "failed": _failed,
    "unconfirmed": _unconfirmed,
    "missed": _missed,
    "blocked": _blocked,
    "rejected": _rejected,
    "queue_gone": _queue_gone,
    "edited_after": _edited_after,
    "expired": _expired,
    "over_budget": _over_budget,
    "reading_stopped": _reading_stopped,
    "differs": _differs,
    "held": _held,
    "behind": _behind,
    "link_down": _link_down,
    "preflight": _preflight,
    "drafts": _drafts,
    "queue_not_pulled": _queue_not_pulled,
    "feed_trouble": _feed_trouble,
    "awaiting_approval": _awaiting_approval,
    "reconnect": _reconnect,
    "disk_full": _disk_full,
    "database_away": _database_away,
}

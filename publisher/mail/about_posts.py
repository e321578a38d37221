"""Alerts about announcements and their posts: what happened, what it means, and the commands that settle it."""

from __future__ import annotations

from publisher.locale import _
from publisher.mail.told import Alert, Command, Told
from publisher.model import State


def failed(told: Told) -> Alert:
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


def unconfirmed(told: Told) -> Alert:
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


def missed(told: Told) -> Alert:
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


def expired(told: Told) -> Alert:
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


def held(told: Told) -> Alert:
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


def over_budget(told: Told) -> Alert:
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


def link_down(told: Told) -> Alert:
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


def awaiting_approval(told: Told) -> Alert:
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
            Command(when=_("To read it and approve it:"), line=f"tiedote approve {told.words['argument']}"),
            Command(when=_("To see what else waits:"), line="tiedote plan"),
        ),
    )


def edited_after(told: Told) -> Alert:
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


def differs(told: Told) -> Alert:
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


def _retry(told: Told) -> Command:
    return Command(when=_("To send it now:"), line=f"tiedote retry {told.words['delivery']}")


def _cancel(told: Told) -> Command:
    return Command(when=_("To let it be:"), line=f"tiedote cancel {told.words['delivery']}")

"""Alerts about files, feeds, the folder, the day ahead, and the machine that all of it runs on."""

from __future__ import annotations

import shlex

from publisher.locale import _, ngettext
from publisher.mail.told import Alert, Command, Told


def preflight(told: Told) -> Alert:
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


def drafts(told: Told) -> Alert:
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
        commands=(
            Command(
                when=_("To see what is still to be filled in:"), line=f"tiedote check {shlex.quote(told['folder'])}"
            ),
        ),
    )


def feed_trouble(told: Told) -> Alert:
    return Alert(
        subject=_("The website's feed cannot be read (%(organisation)s)") % told.words,
        what=_("%(organisation)s: the feed %(feed)s could not be read since %(since)s.")
        % {**told.words, "feed": told["feed"]},
        details=(told["detail"],),
        meaning=_("No drafts are made of it meanwhile. Everything else goes on; it is tried again by itself."),
        remedy=_("If the website has a new feed, put its address under 'feeds' in the configuration."),
        commands=(Command(when=_("To try it now:"), line=f"tiedote fetch {told['feed']}"),),
    )


def queue_not_pulled(told: Told) -> Alert:
    return Alert(
        subject=_("The announcements cannot be fetched from git"),
        what=_("The folder %(folder)s could not be brought up to date with the branch %(branch)s since %(since)s.")
        % {**told.words, "folder": told["folder"], "branch": told["branch"]},
        details=(told["detail"],),
        meaning=_("What lies there goes out as planned; what was changed in git since then does not count yet."),
        remedy=_("Please see to it, or ask IT to. It is tried again every minute by itself."),
        commands=(
            Command(when=_("To see what git says:"), line=f"git -C {shlex.quote(told['folder'])} pull --ff-only"),
        ),
    )


def rejected(told: Told) -> Alert:
    return Alert(
        subject=_("A file needs mending: %(file)s") % told.words,
        what=_("The file %(file)s has faults:") % told.words,
        details=told.faults,
        meaning=_("Nothing of it goes out before it is mended. Then it goes out by itself."),
        commands=(
            Command(when=_("To see each fault and its place:"), line=f"tiedote check {told.words['argument']}"),
            Command(
                when=_("If it is to go out at once, when it is mended:"),
                line=f"tiedote publish {told.words['argument']}",
            ),
        ),
    )


def queue_gone(told: Told) -> Alert:
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


def disk_full(told: Told) -> Alert:
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


def database_away(told: Told) -> Alert:
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

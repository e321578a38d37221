"""What went wrong, in words: every kind of error, hold and omission with what the communications officer does about it.

A kind is a stable English word; the database, JSON and the other modules carry only that. `explain` gives sentence and remedy in the
language in use. A test holds that every kind of `channels.errors` and every reason that the planner gives has its words here.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass

from publisher.locale import N_, _
from publisher.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What happened, and what a person does about it; both finished sentences."""

    message: str
    remedy: str


_WAITS = N_("Nothing to do: Tiedote tries again by itself.")
_NEW_TOKEN = N_(
    "Connect the account again: tiedote login %(network)s --org %(organisation)s. If the configuration gives it a token, put a new one "
    "there instead, and restart Tiedote. What waits goes out by itself."
)
_GAVE_UP = N_("Tiedote has tried for long enough. If it is still timely: tiedote retry %(delivery)s")
_BY_HAND = N_("Write the comment under the post by hand.")
_THREAD_BY_HAND = N_(
    "Once the reason is gone: tiedote retry %(delivery)s. Or write the rest by hand, each post as an answer to the one before."
)
_EDIT = N_(
    "Change it in the file, in a block for this network if the others took it, and give it a new time. "
    "It then goes out by itself."
)
_LOOK = N_(
    "Look at the account. If the post is there: tiedote resolve %(delivery)s --published URL. "
    "If it is not: tiedote resolve %(delivery)s --not-published."
)

_LINK = N_(
    "Open the link in a browser. If it does not work, tell whoever looks after the e-service; "
    "if the address is wrong, correct 'link' in the file."
)

_NOT_SPOKEN = frozenset({"unreachable", "answer_lost"})
"""Here the network said nothing that was heard; the detail is of our own side."""
_PASSING = frozenset({"unreachable", "rate_limited", "quota_used", "busy", "not_ready", "answer_lost", "internal"})
"""What usually ends by itself."""

NETWORK: Mapping[str, tuple[str, str]] = {
    "unreachable": (
        N_("The network could not be reached."),
        N_(
            "Nothing to do: Tiedote tries again by itself. "
            "If this goes on, ask IT whether connections to the network are open."
        ),
    ),
    "rate_limited": (N_("The network asks us to wait."), N_("Nothing to do: it goes out when the network allows it.")),
    "quota_used": (
        N_("The network takes no more posts from this account for now."),
        N_("Nothing to do: it goes out when the network allows it. Next time, spread announcements over more days."),
    ),
    "busy": (N_("The network is out of order for now."), _WAITS),
    "not_ready": (N_("The network is still preparing the post."), _WAITS),
    "answer_lost": (
        N_("The network's answer was lost, so it is not known whether the post went out."),
        N_("Nothing to do yet: Tiedote looks at the account, and asks you if it cannot tell."),
    ),
    "duplicate": (
        N_("The network says that the account already has the same post."),
        N_(
            "Look at the account. If the post is missing, change a few words in the file, in a block for this network. "
            "It then goes out by itself."
        ),
    ),
    "text_too_long": (N_("The text is too long for this network."), _EDIT),
    "text_refused": (N_("The network does not take this text."), _EDIT),
    "link_refused": (
        N_("The network does not take this link."),
        N_(
            "Open the link in a browser. If it works, leave it out in a block for this network. "
            "The announcement then goes out by itself."
        ),
    ),
    "picture_refused": (
        N_("The network does not take this picture."),
        N_("Save the picture again as a JPEG and name it in the file. The announcement then goes out by itself."),
    ),
    "picture_unreachable": (
        N_("The network could not fetch the picture."),
        N_("Ask IT whether the folder of public pictures opens from the internet; then: tiedote retry %(delivery)s"),
    ),
    "post_refused": (N_("The network does not take this post."), _EDIT),
    "token_expired": (N_("The account's access token has expired."), _NEW_TOKEN),
    "token_invalid": (N_("The network does not accept the account's access token."), _NEW_TOKEN),
    "wrong_account": (
        N_("The access token belongs to another account than the one that the configuration names."),
        N_(
            "Look whether the id and the token of two accounts were mixed up in the configuration. "
            "If not, make a token for the right account."
        ),
    ),
    "no_role": (
        N_("The person behind the access token has no role on the page any more."),
        N_(
            "Ask an administrator of the page to give the role back on the network, or make a token as a person who has it. "
            "A new token alone does not help."
        ),
    ),
    "permission_missing": (
        N_("The access token does not have every permission that is needed."),
        N_("Make a new token with all the permissions that the README lists for this network; then restart Tiedote."),
    ),
    "not_connected": (
        N_("The account has no access token yet."),
        N_("Connect it: tiedote login %(network)s --org %(organisation)s. What waits goes out by itself."),
    ),
    "token_locked": (
        N_("The account's access token is encrypted, and the key to it is missing or is another one."),
        N_("Give Tiedote the key that was in use at the login (token_key or TIEDOTE_KEY); then restart it."),
    ),
    "code_refused": (
        N_("The network does not take this answer any more: it was used, or took too long."),
        N_("Run the same command again, and answer soon after the browser has come back."),
    ),
    "app_refused": (
        N_("The network does not accept the developer app."),
        N_("Compare 'apps' in the configuration with the network's developer portal: id, secret and redirect_uri."),
    ),
    "account_restricted": (
        N_("The network has restricted the account."),
        N_("Sign in to the network, see what it asks for, and do that. What waits goes out by itself afterwards."),
    ),
    "out_of_credit": (
        N_("The account has no credit left on this network."),
        N_("Buy more credit in the network's developer portal. What waits goes out by itself afterwards."),
    ),
    "version_dead": (
        N_("The network has closed the version of its interface that is in use."),
        N_("Install the newest Tiedote, or remove the old version number from the configuration's networks."),
    ),
    "post_gone": (
        N_("The post is no longer on the network."),
        N_("If nobody removed it on purpose, ask whoever looks after the account."),
    ),
    "not_understood": (
        N_("The network gave an answer that Tiedote does not know."),
        N_("Look at the account. If the post is missing: tiedote retry %(delivery)s. Send the message above to IT."),
    ),
}
"""The kinds of `channels.errors.Kind`; the network's own words follow the sentence."""

OWN: Mapping[str, tuple[str, str]] = {
    "missed": (
        N_("Its time passed while it could not be sent, and it is now too late to send it unasked."),
        N_("If it is still timely: tiedote retry %(delivery)s. Or give it a new time in the file."),
    ),
    "expired": (
        N_("Its last moment for publishing has passed."),
        N_("If it still matters, give it a new time and a later 'expires' in the file."),
    ),
    "same_words": (
        N_("The account has published the same words within 90 days."),
        N_("Change the words, or write 'repost: yes' in the file to publish them again."),
    ),
    "over_budget": (
        N_("It costs more than is left of the account's 'monthly_budget' (%(detail)s)."),
        N_(
            "To send it all the same: tiedote retry %(delivery)s. To let it be: tiedote cancel %(delivery)s. "
            "A larger 'monthly_budget' counts for what is due later."
        ),
    ),
    "data_access_over": (
        N_("Meta tells nothing more of what residents write: the last login was more than 90 days ago."),
        N_("Connect the account again: tiedote login %(network)s --org %(organisation)s"),
    ),
    "file_broken": (
        N_("The file has a fault, so nothing of it is sent."),
        N_("Mend the file; tiedote check shows the place. It then goes out by itself."),
    ),
    "picture_changed": (
        N_("A picture of the announcement is missing or was changed while it was being sent."),
        N_("Put the picture back. The announcement then goes out by itself."),
    ),
    "edited_after_publishing": (
        N_("The file was changed after it had been published. What is out stays as it is."),
        N_(
            "If what is out is wrong: tiedote amend %(delivery)s gives it the file's words where the network allows that. "
            "To publish the new words as well, save them under a new name with a new time."
        ),
    ),
    "half_queue_gone": (
        N_("More than half of the announcements disappeared at once, so nothing was cancelled."),
        N_(
            "Check that the queue's folder is in place. "
            "If they were removed on purpose, cancel them: tiedote cancel DELIVERY"
        ),
    ),
    "file_gone": (
        N_("The file was removed before it went out."),
        N_("If it is to go out after all, put the file back."),
    ),
    "account_removed": (
        N_("The account is no longer in the configuration."),
        N_("Put the account back, or cancel this: tiedote cancel %(delivery)s"),
    ),
    "internal": (
        N_("A fault inside Tiedote got in the way: %(detail)s"),
        N_("Tiedote tries again by itself. Send this message to whoever looks after Tiedote."),
    ),
    "unconfirmed": (N_("Nobody can tell from here whether the post went out."), _LOOK),
    "restored": (
        N_("The database was put back from an older copy, so it is not known whether the post went out meanwhile."),
        N_("Nothing to do yet: Tiedote looks at the account, and asks you if it cannot tell."),
    ),
    "left_out": (
        N_("The announcement does not go to this account any more."),
        N_("If it is to go there after all, name the channel in the file again."),
    ),
    "differs": (
        N_("On the network the post is not as it was meant: %(differences)s."),
        N_(
            "Look at the post and mend it there by hand if the network lets you. If not, take it down with "
            "tiedote unpublish %(delivery)s and publish it under a new name."
        ),
    ),
    "being_removed": (
        N_("It is to be taken down, but that has not succeeded so far."),
        N_("Nothing to do: Tiedote tries again by itself while it runs. If it is urgent, remove the post by hand."),
    ),
    "not_removed": (
        N_("It was to be taken down, but the network does not let Tiedote do that."),
        N_("Remove the post by hand on the network. Tiedote notices that and counts it as taken down."),
    ),
    "unread": (
        N_("Why is not known; no network has refused it."),
        N_("Ask whoever looks after Tiedote to see its log."),
    ),
    "link_refuses": (
        N_("The announcement's link does not work (%(detail)s)."),
        _LINK,
    ),
    "link_unreachable": (
        N_("The server that the announcement's link leads to does not answer (%(detail)s)."),
        _LINK,
    ),
    "link_private": (
        N_("The announcement's link leads into an internal network (%(detail)s), where residents cannot follow it."),
        N_(
            "Write the public address into 'link'. If it is public and only looks internal from this machine, "
            "name the host under 'links: private_hosts' in the configuration."
        ),
    ),
    "link_loops": (
        N_("The announcement's link leads from one address to the next without an end (%(detail)s)."),
        _LINK,
    ),
    "link_no_address": (
        N_("The announcement's link is no address that a browser opens."),
        N_("Write the whole address into 'link', https:// included."),
    ),
    "person": (N_("A person cancelled it."), N_("If it is to go out after all: tiedote retry %(delivery)s")),
}
"""Tiedote's own reasons to hold, to end or to complain."""

OMITTED: Mapping[str, str] = {
    "skip": N_("the file says 'skip: yes' for it"),
    "not_in_channels": N_("the file names other channels"),
    "not_in_organisations": N_("the file names other organisations"),
    "no_picture": N_("it takes only posts with a picture"),
    "no_language": N_("the account takes other languages"),
    "first_comment": N_("it has no first comment"),
    "older_than_account": N_("the announcement is older than the account"),
}
"""Why an account, or a part of a post, is left out: half sentences that follow the account's name and a colon."""


DIFFERENCES: Mapping[str, str] = {
    "text": N_("a part of the text is missing or changed"),
    "link": N_("the link is missing"),
    "pictures": N_("pictures are missing"),
    "order": N_("the pictures are in another order"),
    "alt": N_("the alternative text of picture %(n)s is missing or another one"),
}
"""What reading a post back may find, as clauses of a sentence; see `comparing`."""


def difference_words(codes: str) -> str:
    """Word the differences of a post, given as codes with commas between them."""
    parts = [code.partition(":") for code in codes.split(",")]
    told = "; ".join(_(DIFFERENCES[code]) % {"n": n} for code, _colon, n in parts if code in DIFFERENCES)
    return told or _("something is missing or changed")


def explain(
    kind: str,
    detail: str | None = None,
    params: Mapping[str, str] | None = None,
    *,
    state: State | None = None,
    thread: bool = False,
) -> Explained:
    """Word a kind. `detail`: the network's own words.

    `params`: `delivery` (its id), `network` and `organisation`, as the commands of a remedy name them.
    `state`: how the delivery stands, where one is meant: what passes by itself in a waiting one has ended a failed one, and beside a
    published one it is about what follows the post: the rest of it if it is a `thread`, else a first comment.
    """
    places = {"delivery": _("DELIVERY"), "network": _("NETWORK"), "organisation": _("ORGANISATION")}
    known = {**places, "detail": detail or "", **(params or {})}
    if kind == "differs":
        known["differences"] = difference_words(detail or "")
    message, remedy = OWN.get(kind) or NETWORK.get(kind, NETWORK["not_understood"])
    told = _(message) % known
    if kind in NETWORK:
        told = _with_detail(kind, told, detail)
    if state is State.FAILED and kind in _PASSING:
        remedy = _GAVE_UP
    if state is State.PUBLISHED and kind in NETWORK and kind != "post_gone":
        missing = (
            _("The rest of the thread is missing. %(why)s") if thread else _("The first comment is missing. %(why)s")
        )
        told, remedy = missing % {"why": told}, _THREAD_BY_HAND if thread else _BY_HAND
    elif state is State.PUBLISHED and kind == "unconfirmed":
        told = _(
            "Nobody can tell from here whether what follows the post went out: the next post of its thread, or its first comment."
        )
    return Explained(message=told, remedy=_(remedy) % known)


_REFUSED: Mapping[int, str] = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EACCES: N_("whoever runs this command has no right to it"),
    errno.EPERM: N_("whoever runs this command has no right to it"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("a part of the path is no folder"),
    errno.EEXIST: N_("something of that name is there already"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EROFS: N_("the disk can only be read"),
    errno.ENAMETOOLONG: N_("the name is too long"),
}


def why(error: OSError) -> str:
    """Word what the system refused, as a clause; what is not known here in the system's own words, in brackets."""
    known = _REFUSED.get(error.errno or 0)
    return _(known) if known else _("it did not succeed (%(words)s)") % {"words": error.strerror or error}


def omission(code: str) -> str:
    """Word why an account, or a part of a post, is left out."""
    return _(OMITTED[code]) if code in OMITTED else code


def left_out(code: str) -> str:
    """Word which part of a post a network does not take."""
    return _(_PARTS[code]) if code in _PARTS else omission(code)


_PARTS: Mapping[str, str] = {"first_comment": N_("the first comment, which it does not take")}


def _with_detail(kind: str, message: str, detail: str | None) -> str:
    if not detail:
        return message
    if kind in _NOT_SPOKEN:
        return f"{message.removesuffix('.')} ({detail.removesuffix('.')})."
    return _("%(message)s The network's own words: %(detail)s") % {"message": message, "detail": detail}

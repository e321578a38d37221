"""Errors, named by what the caller must do next.

    ChannelError
      Retryable        the network refused and changed nothing; the same step again, not before `after`
      OutcomeUnknown   doubt: the request may have taken effect; look with `locate` before anything else
      Rejected         this post as it stands will never be taken; a person must change it
      AccountBlocked   token, permission, restriction, credit or version; pause the account, tell its owner once
      Gone             the remote post is no longer there
      Unexpected       an answer nobody understood; never a blind retry

An error carries a `kind` from a closed vocabulary, which the faces word for people in their language, and `detail`: the network's own
words, redacted and cut. It never carries a token, a request body or a resident's words.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

_LONGEST_DETAIL = 300


class Kind(StrEnum):
    """What happened, independent of the network that told it."""

    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    QUOTA_USED = "quota_used"
    BUSY = "busy"
    NOT_READY = "not_ready"
    ANSWER_LOST = "answer_lost"
    DUPLICATE = "duplicate"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_REFUSED = "text_refused"
    LINK_REFUSED = "link_refused"
    PICTURE_REFUSED = "picture_refused"
    PICTURE_UNREACHABLE = "picture_unreachable"
    POST_REFUSED = "post_refused"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_INVALID = "token_invalid"
    WRONG_ACCOUNT = "wrong_account"
    NO_ROLE = "no_role"
    PERMISSION_MISSING = "permission_missing"
    NOT_CONNECTED = "not_connected"
    TOKEN_LOCKED = "token_locked"
    CODE_REFUSED = "code_refused"
    APP_REFUSED = "app_refused"
    ACCOUNT_RESTRICTED = "account_restricted"
    OUT_OF_CREDIT = "out_of_credit"
    VERSION_DEAD = "version_dead"
    POST_GONE = "post_gone"
    NOT_UNDERSTOOD = "not_understood"


class ChannelError(Exception):
    """Base of every error that a channel raises."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        after: timedelta | None = None,
        announced: bool = False,
        remote_id: str | None = None,
    ) -> None:
        """Say what happened.

        `after`: how long the network asked to wait. `announced`: the wait is a reset that the network itself named.
        `remote_id`: the post that the network named in its answer (a duplicate refusal of LinkedIn does).
        """
        self.kind = kind
        self.detail = detail[:_LONGEST_DETAIL]
        self.after = after
        self.announced = announced
        self.remote_id = remote_id
        super().__init__(f"{kind}: {self.detail}" if self.detail else str(kind))


class Retryable(ChannelError):
    """The network refused and changed nothing; run the same step again, not before `after`."""


class OutcomeUnknown(ChannelError):
    """The request may have taken effect; nobody knows before somebody looks."""


class Rejected(ChannelError):
    """This post as it stands will never be taken."""


class AccountBlocked(ChannelError):
    """Nothing of this account works until a person has done something."""


class Gone(ChannelError):
    """The remote post is no longer there."""


class Unexpected(ChannelError):
    """An answer that no table knows."""

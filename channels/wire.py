"""What comes in at the door: secrets from the configuration, and answers of a network, read into small models.

Nothing of an answer that does not fit is ever quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from channels.errors import ChannelError, Kind, OutcomeUnknown, Retryable

if TYPE_CHECKING:
    from channels.session import Response  # a type only: whoever asks for limits should not wait for requests


def _fits_a_header(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("a secret has no spaces, line breaks or letters beyond a-z")
    return secret


Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_fits_a_header)]
"""A token or key. A line break that came along from a file would otherwise be found out at three in the morning."""


NO_TOKEN = SecretStr("none")
"""In the place of a token that an account does not have; nothing is sent with it, for its `Network` is barred."""


class Wire(BaseModel):
    """A part of an answer; what it does not name is ignored."""

    # Built at its first answer: whoever asks for limits has no time for it.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


Answer = TypeVar("Answer", bound=Wire)
Item = TypeVar("Item")


def read(response: Response, model: type[Answer]) -> Answer:
    """Read a good answer's body. Raises OutcomeUnknown for one that does not fit: the request may well have taken effect."""
    answer = understand(response, model)
    if answer is None:
        raise OutcomeUnknown(Kind.ANSWER_LOST, f"HTTP {response.status_code} with a body that does not fit")
    return answer


def understand(response: Response, model: type[Answer]) -> Answer | None:
    """Read a body, or return None. pydantic's own error would quote it, and it may hold a resident's words."""
    with suppress(ValidationError):
        return model.model_validate_json(response.content)
    return None


def judge_by_status(response: Response, detail: str) -> ChannelError | None:
    """Judge by the status alone. Reading leaves no doubt: a server that could not answer was busy."""
    from channels.session import error_by_status  # limits are asked for without waiting for requests

    error = error_by_status(response, detail)
    if isinstance(error, OutcomeUnknown) and response.request.method == "GET":
        return Retryable(Kind.BUSY, detail, after=error.after)
    return error


def answered_at(response: Response) -> datetime | None:
    """When the network says that it answered. A channel has no clock of its own."""
    from email.utils import parsedate_to_datetime  # 7 ms, and limits are asked for without any date

    with suppress(KeyError, ValueError, OverflowError):
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    return None


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut into pieces of at most `size`, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))

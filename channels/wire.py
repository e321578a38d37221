"""Reading what a network sends: a small model at the door, and nothing quoted from an answer that does not fit it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from channels.errors import Kind, OutcomeUnknown

if TYPE_CHECKING:
    from channels.session import Response  # a type only: whoever asks for limits should not wait for requests


class Wire(BaseModel):
    """A part of an answer; what it does not name is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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


def answered_at(response: Response) -> datetime | None:
    """When the network says that it answered. A channel has no clock of its own."""
    with suppress(KeyError, ValueError):
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    return None


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut into pieces of at most `size`, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))

"""What comes in at the door: secrets from the configuration, and answers of a network, read into small models.

Nothing of an answer that does not fit is ever quoted. What a network lets residents write, and so what it may hand on, is anything: ids,
addresses and times are held to what a database takes, half characters are replaced, and a row that does not fit costs its page no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)

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


Id = Annotated[str, Field(pattern=r"^[!-~]{1,300}$")]
"""What a network calls a post, a comment or a person: numbers and URNs. PostgreSQL takes no NUL, and no index of it 2,700 bytes."""


_ADDRESS: Final = re.compile(r"https?://\S{1,2000}")


def _address_or_none(told: object) -> str | None:
    return told if isinstance(told, str) and told.isprintable() and _ADDRESS.fullmatch(told) else None


Address = Annotated[str | None, BeforeValidator(_address_or_none)]
"""Where people are led; None for what is no address, for nothing depends on it."""


def _storable(moment: datetime) -> datetime:
    if not 1990 < moment.year < 2990:
        raise ValueError("no network was there at that time")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_storable)]
"""When something was written. The first and the last years cannot be turned into UTC."""


class Page(Wire):
    """A page of a listing. A row that does not fit is left out: one bad comment must not hide the others. It is not the whole then."""

    rows: ClassVar[str] = "data"
    """What the rows are called on the wire."""
    _misfits: int = PrivateAttr(0)

    @model_validator(mode="wrap")
    @classmethod
    def _without_misfits(cls, told: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(told)
        except ValidationError as error:
            places = [one["loc"] for one in error.errors(include_url=False, include_context=False, include_input=False)]
            if not isinstance(told, dict) or any(len(place) < 2 or place[0] != cls.rows for place in places):
                raise
        misfits = {place[1] for place in places}
        page = handler(told | {cls.rows: [row for n, row in enumerate(told[cls.rows]) if n not in misfits]})
        return page.without(len(misfits))

    def without(self, rows: int) -> Self:
        """Count rows that are missing here."""
        self._misfits += rows
        return self

    @property
    def misfits(self) -> int:
        """How many rows were left out, of this page and of those before it (`in_row`)."""
        return self._misfits

    @classmethod
    def in_row(cls, pages: Iterable[Self]) -> Iterator[Self]:
        """Give the pages of one listing as they come; what one leaves out is missing from the whole of it."""
        before = 0
        for page in pages:
            before = page.without(before).misfits
            yield page


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
    with suppress(ValueError, RecursionError):  # ValidationError is a ValueError
        return model.model_validate(mended(json.loads(response.content.decode("utf-8", "replace"))))
    return None


def mended(told: object) -> object:
    """Replace half characters, which JSON can name (one of a pair of surrogates) and neither pydantic nor a database takes."""
    if isinstance(told, str):
        return told if told.isascii() else told.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(told, dict):
        return {mended(key): mended(value) for key, value in told.items()}
    return [mended(one) for one in told] if isinstance(told, list) else told


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

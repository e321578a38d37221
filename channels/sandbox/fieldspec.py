"""Graph's `fields=`: names with modifiers, sub-fields and aliases, as in `reactions.type(LOVE).limit(0).summary(total_count).as(love)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that was asked for."""

    name: str
    args: Mapping[str, str]
    sub: tuple[Field, ...] = ()

    @property
    def key(self) -> str:
        """The key under which it is answered."""
        return self.args.get("as", self.name)


class FieldSyntaxError(ValueError):
    """`fields` cannot be read."""


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read a `fields` parameter. Raises FieldSyntaxError with the network's own wording."""
    reader = _Reader(text.replace(" ", ""))
    found = reader.fields()
    if reader.at < len(reader.text):
        raise FieldSyntaxError(reader.complaint("end of string"))
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fields(self) -> tuple[Field, ...]:
        found: list[Field] = []
        while self.at < len(self.text) and self.text[self.at] != "}":
            found.append(self.field())
            if not self.take(","):
                break
        keys = [item.key for item in found]
        for key in keys:
            if keys.count(key) > 1:
                message = (
                    f'Syntax error "Field {key} specified more than once. This is only possible before version 2.1" '
                    f"at character {self.at}: {self.text}"
                )
                raise FieldSyntaxError(message)
        return tuple(found)

    def field(self) -> Field:
        name = self.name()
        args: dict[str, str] = {}
        while self.take("."):
            modifier = self.name()
            args[modifier] = self.argument()
        sub: tuple[Field, ...] = ()
        if self.take("{"):
            sub = self.fields()
            if not self.take("}"):
                raise FieldSyntaxError(self.complaint('"}"'))
        return Field(name=name, args=args, sub=sub)

    def name(self) -> str:
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise FieldSyntaxError(self.complaint("a field name"))
        self.at = match.end()
        return match.group()

    def argument(self) -> str:
        if not self.take("("):
            raise FieldSyntaxError(self.complaint('"("'))
        end = self.text.find(")", self.at)
        if end < 0:
            raise FieldSyntaxError(self.complaint('")"'))
        value, self.at = self.text[self.at : end], end + 1
        return value

    def take(self, sign: str) -> bool:
        if self.text.startswith(sign, self.at):
            self.at += len(sign)
            return True
        return False

    def complaint(self, wanted: str) -> str:
        found = f'"{self.text[self.at]}"' if self.at < len(self.text) else "end of string"
        return f'Syntax error "Expected {wanted} instead of {found}." at character {self.at}: {self.text}'

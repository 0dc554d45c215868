"""Values that must not be shown in clear: they mask themselves wherever they are written, logged or serialised.

C2 (JR/T 0171): identity and financial identifiers, shown masked, in clear only through a reasoned reveal.
C3: secrets, never shown at all.
"""

from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class DataClass(StrEnum):
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


class Sensitive:
    """A C2 text. `str()`, `repr()` and JSON give the mask; only `clear()` gives the value: a reader can grep for it."""

    __slots__ = ("_value",)
    keep_head, keep_tail = 0, 0

    def __init__(self, value: str) -> None:
        self._value = value

    def clear(self) -> str:
        return self._value

    def masked(self) -> str:
        value = self._value
        if len(value) <= self.keep_head + self.keep_tail:
            return "*" * len(value)
        hidden = len(value) - self.keep_head - self.keep_tail
        return value[: self.keep_head] + "*" * hidden + value[len(value) - self.keep_tail :]

    def __str__(self) -> str:
        return self.masked()

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._value == self._value  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        def write(value: "Sensitive", info: core_schema.SerializationInfo) -> str:
            between_rooms = bool(info.context and info.context.get("between_rooms"))
            return value.clear() if between_rooms else value.masked()

        return core_schema.no_info_plain_validator_function(
            lambda given: given if isinstance(given, cls) else cls(str(given)),
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                write, info_arg=True, return_schema=core_schema.str_schema()
            ),
        )


class Phone(Sensitive):
    keep_head, keep_tail = 3, 4


class IdNumber(Sensitive):
    keep_head, keep_tail = 3, 2


class AccountNumber(Sensitive):
    keep_head, keep_tail = 0, 4


class Address(Sensitive):
    """Province and city stay visible, which is what planning a visit needs."""

    keep_head, keep_tail = 6, 0


class BirthDate(Sensitive):
    """ISO date; the year stays visible, which is what a conversation needs."""

    keep_head, keep_tail = 4, 0

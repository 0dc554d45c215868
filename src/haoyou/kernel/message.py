"""Messages: what one room tells another. Frozen, typed, add-only; a CloudEvent once it leaves the house."""

from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter

_known: dict[str, type["Message"]] = {}


class Message:
    """Base of all events and requests. `message` is `room.Name` of the room whose contract declares it."""

    message: ClassVar[str] = ""
    schema_version: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        if cls.message:
            _known[cls.message] = cls

    @property
    def key(self) -> str:
        """Messages with one key arrive in the order they were told."""
        raise NotImplementedError


@cache
def _adapter(kind: type[Message]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def encode(message: Message) -> dict[str, Any]:
    return _adapter(type(message)).dump_python(message, mode="json", context={"between_rooms": True})


def decode(name: str, body: dict[str, Any]) -> Message:
    return _adapter(_known[name]).validate_python(body)


def known_messages() -> dict[str, type[Message]]:
    return dict(_known)

"""What a room says of itself: its manifest. Only the composition, which reads them, knows which rooms there are."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.message import Message
from haoyou.kernel.port import Port

if TYPE_CHECKING:
    from haoyou.kernel.web.operation import Router

Reaction = Callable[[Ctx, Any], Awaitable[None]]
Task = Callable[[Ctx], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timer:
    """Something a room does by itself, every so often. It must be harmless to run twice and on two machines."""

    name: str
    every_s: float
    run: Task


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    storey: int
    metadata: MetaData
    routers: "tuple[Router, ...]" = ()
    port: type[Port] | None = None
    answers: Any = None
    """The object whose methods answer the port."""
    reactions: Mapping[type[Message], tuple[Reaction, ...]] = field(
        default_factory=dict[type[Message], tuple[Reaction, ...]]
    )
    timers: tuple[Timer, ...] = ()
    provides: tuple[Any, ...] = ()
    """Implementations of interfaces that lower rooms declare; a lower room asks the house for all of one type."""
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Permission → the roles that hold it in a new house."""

"""Ports: how one room asks another.

A port is a class of typed, keyword-only, async questions in a room's contract; its first argument is the caller's
ctx. The caller does not know where the answer is computed. In wire mode (in one process, for proof) every argument,
answer and error is encoded and decoded as it would be between two.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints

from pydantic import TypeAdapter, create_model

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.db.engine import open_transaction
from haoyou.kernel.errors import AppError, from_problem

P = TypeVar("P", bound="Port")
BETWEEN_ROOMS = {"between_rooms": True}


class PortInsideTransaction(AssertionError):
    """A question to another room may take seconds; a row lock must not wait for it."""


class Port:
    """Base of the doors. Subclasses say `room` and declare static async methods `(ctx, *, …)`."""

    room: ClassVar[str]


class _Question:
    """One method of a port, with what is needed to carry it over a wire."""

    def __init__(self, port: type[Port], name: str) -> None:
        function = getattr(port, name)
        hints = get_type_hints(function)
        names = [p for p in inspect.signature(function).parameters if p != "ctx"]
        fields: dict[str, Any] = {p: (hints[p], ...) for p in names}
        self.arguments = create_model(f"{port.__name__}_{name}", **fields)
        self.answer: TypeAdapter[Any] = TypeAdapter(hints["return"])


@cache
def questions(port: type[Port]) -> dict[str, _Question]:
    return {
        name: _Question(port, name)
        for name, _ in inspect.getmembers(port, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }


class Ports:
    """All doors that are open in this process."""

    def __init__(self, *, wire: bool) -> None:
        self._wire = wire
        self._doors: dict[type[Port], Any] = {}

    def register(self, port: type[Port], answers: Any) -> None:
        methods = {
            name: staticmethod(self._bind(port, question, getattr(answers, name)))
            for name, question in questions(port).items()
        }
        self._doors[port] = type(f"{port.__name__}Door", (), methods)()

    def open(self, port: type[P]) -> P:
        return self._doors[port]

    def wrap(self, interface: type[Port], answers: Any) -> Port:
        """An interface declared low and implemented high (provided, not owned), behind the same rules."""
        room = answers.room
        methods = {
            name: staticmethod(self._bind(interface, question, getattr(answers, name), room=room))
            for name, question in questions(interface).items()
        }
        return type(f"{interface.__name__}Of_{room}", (Port,), {**methods, "room": room})()

    def _bind(
        self, port: type[Port], question: _Question, function: Callable[..., Awaitable[Any]], room: str | None = None
    ) -> Callable[..., Awaitable[Any]]:
        room = room or port.room

        async def ask(ctx: Ctx, **given: Any) -> Any:
            if open_transaction.get() is not None:
                raise PortInsideTransaction(f"{ctx.room} asked {room} inside a transaction")
            theirs = replace(ctx, room=room, edge=None, wrote=False)
            if not self._wire:
                return await function(theirs, **given)
            return await _over_the_wire(question, function, theirs, given)

        return ask


async def _over_the_wire(question: _Question, function: Callable[..., Awaitable[Any]], ctx: Ctx, given: Any) -> Any:
    """Encode, decode, call, encode, decode: a slip between Decimal and float shows here, in one process."""
    # Not validated on the way out: a float would quietly become the Decimal that is expected.
    sent = question.arguments.model_construct(**given).model_dump_json(context=BETWEEN_ROOMS, warnings="error")
    received = question.arguments.model_validate_json(sent)
    arguments = {name: getattr(received, name) for name in type(received).model_fields}
    try:
        answer = await function(ctx, **arguments)
    except AppError as error:
        raise from_problem(error.as_problem()) from None
    return question.answer.validate_json(question.answer.dump_json(answer, context=BETWEEN_ROOMS, warnings="error"))

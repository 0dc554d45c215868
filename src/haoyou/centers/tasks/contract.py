"""The door of tasks: the one to-do list. Other rooms ask for a task by message and hear how it ended."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from haoyou.kernel.message import Message
from haoyou.kernel.names import Name


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a task comes from; opaque here, a link for the screen."""

    room: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class OpenTask(Message):
    """Ask for a task. `task_id` is made by whoever asks, so asking twice makes one task."""

    message: ClassVar[str] = "tasks.OpenTask"
    task_id: UUID
    origin: Origin
    customer_no: int
    institution_id: int
    assignee_id: int
    line: str
    title: Name
    why: Name
    due_on: date
    value_minor: int
    currency: str

    @property
    def key(self) -> str:
        return f"task:{self.task_id}"


@dataclass(frozen=True, slots=True)
class RescheduleTask(Message):
    """Ask that a live task falls due on another day, for a reason the person will read."""

    message: ClassVar[str] = "tasks.RescheduleTask"
    task_id: UUID
    due_on: date
    why: Name

    @property
    def key(self) -> str:
        return f"task:{self.task_id}"


@dataclass(frozen=True, slots=True)
class CloseTask(Message):
    """Ask that a task be closed because its origin is finished."""

    message: ClassVar[str] = "tasks.CloseTask"
    task_id: UUID
    result: str
    closed_by: int

    @property
    def key(self) -> str:
        return f"task:{self.task_id}"


@dataclass(frozen=True, slots=True)
class TaskClosed(Message):
    """A task has ended."""

    message: ClassVar[str] = "tasks.TaskClosed"
    task_id: UUID
    origin: Origin
    closed_by: int
    closed_at: datetime
    result: str

    @property
    def key(self) -> str:
        return f"task:{self.task_id}"

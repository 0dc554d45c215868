"""Who is asking, and which rows they may see. Rooms fill it in; the kernel only carries it to the database."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows a principal may see: of its units, its own, and single ones granted to it, all within its lines."""

    units: tuple[int, ...] = ()
    owner: int = 0
    lines: tuple[str, ...] = ()
    extra: tuple[int, ...] = ()
    everything: bool = False

    def settings(self) -> dict[str, str]:
        """The transaction settings that the row-level policies read."""
        return {
            "app.inst": _array(self.units),
            "app.staff": str(self.owner),
            "app.lines": _array(self.lines),
            "app.extra": _array(self.extra),
            "app.all": "on" if self.everything else "off",
        }


def _array(values: tuple[object, ...]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person in one post, or a room acting for itself. `id` is the person's number, 0 for a room."""

    id: int
    name: str
    scope: Scope
    permissions: frozenset[str] = frozenset()
    post_id: int = 0
    session_id: UUID | None = None
    service: bool = False
    caused_by: int = 0
    """The person whose act set a room going; the audit names them."""
    claims: dict[str, str] = field(default_factory=dict[str, str])
    """What sign-on says besides (role, unit, code); no decision in the kernel reads it."""

    @property
    def label(self) -> str:
        return f"service:{self.name}" if self.service else f"person:{self.id}"


NOBODY = Principal(id=0, name="nobody", scope=Scope())


def service_principal(room: str, *, caused_by: int = 0) -> Principal:
    """A room acting for itself, over every row. Only the kernel's runners (relay, jobs, command line) may call this."""
    return Principal(id=0, name=room, scope=Scope(everything=True), service=True, caused_by=caused_by)

"""What the gateway asks about a session cookie. A room provides the answer; the gateway does not know which."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Unauthenticated
from haoyou.kernel.port import Port
from haoyou.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Either a principal, or why there is none (`ended`: idle, absolute, left, moved, signed_out, replaced, unknown)."""

    principal: Principal | None
    ended: str = ""


class SessionEnded(Unauthenticated):
    """`reason`: one of the words of `SignedOn.ended`."""

    code = "identity.session_ended"
    title = "Your session has ended, please sign in again"


class SignOn(Port):
    room: ClassVar[str] = ""  # whoever provides it

    @staticmethod
    async def resolve_session(ctx: Ctx, *, token: str) -> SignedOn:
        """Who holds this session token, as of now."""
        raise NotImplementedError

    @staticmethod
    async def list_over(ctx: Ctx, *, session_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
        """Those of these sessions (≤ 1,000) that have ended; asking does not keep a session alive."""
        raise NotImplementedError

"""What every HTTP operation must say of itself; one that says nothing does not start (deny by default)."""

from dataclasses import dataclass
from enum import StrEnum


class Write(StrEnum):
    """How a repeated write is recognised (design: "every write declares one class")."""

    NONE = "none"
    KEY = "key"  # Idempotency-Key, bound to principal, route and body
    NATURAL = "natural"  # a client-made id or a state that is the same when set twice
    VERSION = "version"  # If-Match
    HANDSHAKE = "handshake"  # sign-in and secrets: one-time, never replayed, never stored


class Data(StrEnum):
    """Whose data the operation touches; the rights matrix is generated from it."""

    OWN = "own"  # the caller's own session, posts, drafts
    HOUSE = "house"  # institutions and settings, not about customers
    STAFF = "staff"  # other staff
    CUSTOMER = "customer"  # customers' data: data scope and row-level security


PUBLIC = "public"
SIGNED_IN = "signed_in"

SESSION, OWN_PAGE = "session", "page"
"""The names of the security schemes in the OpenAPI document: the cookie, and the header of our own pages."""


@dataclass(frozen=True, slots=True)
class Policy:
    permission: str
    """A permission's name, or PUBLIC, or SIGNED_IN."""
    data: Data
    write: Write = Write.NONE

    def as_dict(self) -> dict[str, str]:
        return {"permission": self.permission, "data": self.data.value, "write": self.write.value}

    def security(self) -> list[dict[str, list[str]]]:
        """What must come with a request, in OpenAPI's words; all of it together."""
        named = [SESSION] * (self.permission != PUBLIC) + [OWN_PAGE] * (self.write is not Write.NONE)
        return [{name: [] for name in named}]

"""Pure decisions of identity: how long a session lives, how long an account is locked, which password will do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from haoyou.kernel.errors import Conflict, Forbidden, RateLimited, Unauthenticated
from haoyou.kernel.names import Name

FAILURES_FREE = 4  # typing errors of a person in a hurry
LOCK_FIRST_S = 30
LOCK_MAX_S = 15 * 60  # long enough to make guessing hopeless, short enough not to lock a colleague out for a day
PASSWORD_LENGTH_MIN = 10  # length is what resists guessing (ASVS 5, 6.2.1); composition rules are not imposed
SEEN_EVERY_S = 60  # how exactly idleness is known


class Reach(StrEnum):
    """How far a role sees from its institution."""

    OWN = "own"
    INSTITUTION = "institution"
    SUBTREE = "subtree"


class BadCredentials(Unauthenticated):
    code = "identity.bad_credentials"
    title = "The staff number or the password is wrong"


class AccountLocked(RateLimited):
    code = "identity.locked"
    title = "Too many wrong passwords, please wait"


class AlreadyLeft(Conflict):
    code = "identity.already_left"
    title = "This person has already left"


class NotYourself(Forbidden):
    code = "identity.not_yourself"
    title = "Somebody else must do this for you"


class UnknownCode(Conflict):
    code = "identity.unknown_code"
    title = "The feed names something this house does not know"


@dataclass(frozen=True, slots=True)
class SessionLife:
    created_at: datetime
    seen_at: datetime
    ended: str


def ended_because(life: SessionLife, *, now: datetime, idle_s: int, absolute_s: int) -> str:
    """Why a session is over, or nothing while it lives."""
    if life.ended:
        return life.ended
    if (now - life.created_at).total_seconds() > absolute_s:
        return "absolute"
    if (now - life.seen_at).total_seconds() > idle_s:
        return "idle"
    return ""


def lock_after(failures: int, *, now: datetime) -> datetime | None:
    """Until when an account is locked after so many failures in a row: doubling from the fifth."""
    beyond = failures - FAILURES_FREE
    if beyond <= 0:
        return None
    seconds = min(LOCK_MAX_S, LOCK_FIRST_S * 2 ** min(beyond - 1, 10))
    return now + timedelta(seconds=seconds)


def device_of(user_agent: str) -> str:
    """Phone, tablet or desktop, as far as a browser says so; shown to the owner of the session."""
    agent = user_agent.lower()
    if "ipad" in agent or ("android" in agent and "mobile" not in agent):
        return "tablet"
    return "phone" if "mobile" in agent or "iphone" in agent else "desktop"


def units_of(reach: Reach, institution_id: int, subtree: tuple[int, ...]) -> tuple[int, ...]:
    """The institutions whose customers a post sees; a relationship manager sees their own customers only."""
    match reach:
        case Reach.OWN:
            return ()
        case Reach.INSTITUTION:
            return (institution_id,)
        case Reach.SUBTREE:
            return subtree


ROLES = (
    ("relationship_manager", Name("客户经理", "Relationship manager"), Reach.OWN),
    ("lobby_manager", Name("厅堂经理", "Lobby manager"), Reach.INSTITUTION),
    ("branch_manager", Name("支行行长", "Branch manager"), Reach.SUBTREE),
    ("head_office", Name("总行管理", "Head office"), Reach.SUBTREE),
    ("administrator", Name("系统管理员", "Administrator"), Reach.OWN),  # runs the house, sees no customer
)
"""Code, name and reach of the roles a new house starts with."""

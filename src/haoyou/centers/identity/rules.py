"""Pure decisions of identity: how long a session lives, how long an account is locked, which password will do."""

from collections.abc import Set
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


class PasswordUse(StrEnum):
    """Who may sign in by password: anybody, only the login kept for the day the single sign-on is down, or nobody."""

    ANYBODY = "anybody"
    RESERVED = "reserved"
    NOBODY = "nobody"


class BadCredentials(Unauthenticated):
    code = "identity.bad_credentials"
    title = "The staff number or the password is wrong"


class AccountLocked(RateLimited):
    code = "identity.locked"
    title = "Too many wrong passwords, please wait"


class AlreadyLeft(Conflict):
    code = "identity.already_left"
    title = "This person has already left"


class Disabled(Forbidden):
    code = "identity.disabled"
    title = "This account was locked by an administrator"


class PasswordOff(Forbidden):
    code = "identity.password_off"
    title = "Passwords are switched off here; use the bank's single sign-on"


class SignOnOver(Unauthenticated):
    """A state that is unknown, too old, spent, or of another browser: the four look the same on purpose."""

    code = "identity.sign_on_over"
    title = "This attempt to sign in is over, please start again"


class SignOnRefused(Unauthenticated):
    """Why stands in the log and in the record, under the reference of the answer."""

    code = "identity.sign_on_refused"
    title = "The single sign-on did not let you in"


class NotKnownHere(Forbidden):
    code = "identity.not_known_here"
    title = "The single sign-on knows you, this workbench does not"


class LastPost(Conflict):
    code = "identity.last_post"
    title = "This is the person's only post; record that they leave instead"


class PostHeld(Conflict):
    code = "identity.post_held"
    title = "This person already has that post"


class NotYourself(Forbidden):
    code = "identity.not_yourself"
    title = "Somebody else must do this for you"


class PlaceClosed(Conflict):
    code = "identity.place_closed"
    title = "This institution is closed"


class PlaceInUse(Conflict):
    """`staff` and `customers`: how many are still there; `below`: open institutions under it."""

    code = "identity.place_in_use"
    title = "This institution still has staff, customers or institutions below it"


class PlaceCannotMove(Conflict):
    """`reason`: top, circle, outlet (nothing stands below an outlet)."""

    code = "identity.place_cannot_move"
    title = "This institution cannot be put there"


class PlaceChanged(Conflict):
    code = "identity.place_changed"
    title = "Somebody else has moved this institution meanwhile"


class CodeTaken(Conflict):
    code = "identity.code_taken"
    title = "This code is taken"


class UnknownCode(Conflict):
    code = "identity.unknown_code"
    title = "The feed names something this house does not know"


@dataclass(frozen=True, slots=True)
class SessionLife:
    created_at: datetime
    seen_at: datetime
    device: str
    ended: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session may live: without being used, on a tablet that is shared, and however busy."""

    idle_s: int
    idle_tablet_s: int
    absolute_s: int


def ended_because(life: SessionLife, *, now: datetime, limits: Limits) -> str:
    """Why a session is over, or nothing while it lives."""
    if life.ended:
        return life.ended
    if (now - life.created_at).total_seconds() > limits.absolute_s:
        return "absolute"
    idle_s = limits.idle_tablet_s if life.device == "tablet" else limits.idle_s
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


ONE_AT_A_TIME = ("phone", "tablet", "desktop")
"""Devices of which a person has one at a time; programs of the bank may sign in side by side."""


def device_of(user_agent: str) -> str:
    """Phone, tablet or desktop, as far as a browser says so, or a program; shown to the owner of the session."""
    agent = user_agent.lower()
    if not agent.startswith("mozilla/"):  # every browser begins so; a program that wants to is a browser to us
        return "program"
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


def refuse_move(*, place: int, parent: int, kind_of_parent: str, below: Set[int], top: bool) -> str:
    """Why an institution cannot be put under a parent, or nothing; `below` are the institutions under it."""
    if top:
        return "top"
    if parent == place or parent in below:
        return "circle"
    return "outlet" if kind_of_parent == "outlet" else ""


ROLES = (
    ("relationship_manager", Name("客户经理", "Relationship manager"), Reach.OWN),
    ("lobby_manager", Name("厅堂经理", "Lobby manager"), Reach.INSTITUTION),
    ("branch_manager", Name("支行行长", "Branch manager"), Reach.SUBTREE),
    ("head_office", Name("总行管理", "Head office"), Reach.SUBTREE),
    ("administrator", Name("系统管理员", "Administrator"), Reach.OWN),  # runs the house, sees no customer
)
"""Code, name and reach of the roles a new house starts with."""

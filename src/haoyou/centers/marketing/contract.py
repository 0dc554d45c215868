"""The door of marketing: what an opportunity may be. No room above asks anything of it yet, so it has no port."""

from enum import StrEnum


class Status(StrEnum):
    OPEN = "open"
    CONTACTED = "contacted"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"


class SuppressedReason(StrEnum):
    """Why a signal became no work for anybody."""

    UNKNOWN_CUSTOMER = "unknown_customer"
    NO_MANAGER = "no_manager"
    ALREADY_OPEN = "already_open"


class ResultKind(StrEnum):
    """What became of the money, by the bank's own facts."""

    HELD = "held"
    PRODUCT = "product"
    LEFT = "left"

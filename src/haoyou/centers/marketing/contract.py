"""The door of marketing: what an opportunity may be. No room above asks anything of it yet, so it has no port."""

from enum import StrEnum


class Status(StrEnum):
    """`control`: it would have been dispatched; its customer is held out for comparison, and nobody is told."""

    OPEN = "open"
    CONTACTED = "contacted"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"
    CONTROL = "control"


class Arm(StrEnum):
    """Whether a customer's opportunities are worked on, or only watched; of a customer for good."""

    TREATED = "treated"
    CONTROL = "control"


class RuleCode(StrEnum):
    """The rules that raise opportunities, as insight names them."""

    LARGE_INFLOW = "large_inflow"
    DEPOSIT_MATURING = "deposit_maturing"
    BALANCE_RUNOFF = "balance_runoff"
    SALARY_MOVED = "salary_moved"
    IDLE_BALANCE = "idle_balance"
    LOAN_ENDING = "loan_ending"
    BUSINESS_GROWTH = "business_growth"


class SuppressedReason(StrEnum):
    """Why a signal became no work for anybody."""

    UNKNOWN_CUSTOMER = "unknown_customer"
    NO_MANAGER = "no_manager"
    ALREADY_OPEN = "already_open"
    OUTSCORED = "outscored"


class ResultKind(StrEnum):
    """What became of it, by the bank's own facts: stayed or came back, a product was taken, or neither."""

    HELD = "held"
    PRODUCT = "product"
    LEFT = "left"

"""Who may see what, said a second time and independently: nothing here is asked of the product."""

from tests.trust.world import BELOW, PARENT, PEOPLE, STAFF, Target

_CUSTOMERS = {one.code: one for one in PEOPLE}


def reach(code: str) -> set[str]:
    """The institutions whose customers this person sees by their role."""
    row = STAFF[code]
    match row.role:
        case "lobby_manager":
            return {row.institution_code}
        case "branch_manager" | "head_office":
            return BELOW[row.institution_code]
        case _:  # a relationship manager sees single customers, an administrator none
            return set()


def sees_customer(code: str, customer: str) -> bool:
    one, row = _CUSTOMERS[customer], STAFF[code]
    if row.role == "administrator" or one.line not in row.lines:
        return False
    return code == one.manager or code in one.assisting or one.institution in reach(code)


def sees_task(code: str, task: Target) -> bool:
    """Whoever has it, whoever assists its customer, and whoever answers for the institution."""
    row = STAFF[code]
    if task.line not in row.lines:
        return False
    assisting = task.customer is not None and code in _CUSTOMERS[task.customer].assisting
    return task.owner == code or assisting or task.place in reach(code)


def _reads_report(code: str, report: Target) -> bool:
    """Whoever sees the customer reads what is normal; of what is restricted the manager and those above."""
    near = code == report.owner or STAFF[code].role in ("branch_manager", "head_office")
    readable = {"normal": True, "restricted": near, "private": code == report.owner}[report.level]
    return readable and sees_customer(code, report.customer or "")


def may(code: str, target: Target, *, work: bool = False) -> bool:
    """Whether this person, in a role that may do such a thing at all, may do it to this target.

    `work`: what was set aside is nobody's work and looks absent.
    """
    match target.kind:
        case "customer":
            return sees_customer(code, target.customer or "")
        case "opportunity":
            customer = target.customer or ""
            return sees_customer(code, customer) and not (work and _CUSTOMERS[customer].manager is None)
        case "task":
            return sees_task(code, target)
        case "governed" | "merge":
            return target.place in reach(code) and target.line in STAFF[code].lines
        case "pooled":
            return target.place == STAFF[code].institution_code and target.line in STAFF[code].lines
        case "move":
            return target.owner == code or target.place in reach(code)
        case "report":
            return _reads_report(code, target)
        case "session" | "post" | "reservation" | "view" | "draft" | "dropped":
            return target.owner == code
        case "institution" | "staff" | "receiver":
            return target.place in BELOW[STAFF[code].institution_code]
        case _:
            raise AssertionError(target.kind)


def relation(code: str, target: Target) -> str:
    """How near a target is to a person; the matrix must have tried all of these."""
    here = STAFF[code].institution_code
    if target.owner == code:
        return "own"
    if target.place in BELOW[here]:
        return "same branch"
    if PARENT.get(target.place) == PARENT.get(here):
        return "sibling branch"
    return "other subtree"


RELATIONS = ("own", "same branch", "sibling branch", "other subtree", "unknown")

"""What everybody means to do on one bank day: made in the morning, kept in a file, done in any number of tries.

A plan holds what its people saw in the morning. Everything they do follows from that and from chance, under lasting
names; so a day that was killed half-way is done again from the start, and what was done before changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from demobank.feed import BankError, write_whole
from demobank.staff.habit import Case


class Kind(StrEnum):
    CONTACT = "contact"
    RENEW = "renew"  # the customer brings a new document
    FINISH = "finish"  # a to-do of one's own
    CHASE = "chase"  # a manager goes through what is overdue
    HAND_OVER = "hand_over"  # a manager gives a neglected customer to a colleague of `holder`


@dataclass(frozen=True, slots=True)
class Errand:
    """`task` is what it is about; a chase has none and is told by its person and day. `document`: the kind renewed."""

    kind: Kind
    task: str
    case: Case | None = None
    customer_id: str = ""
    holder: int = 0
    document: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`away`: people who did not come, or whose sign-in is somebody else's by now."""

    day: date
    errands: Mapping[str, tuple[Errand, ...]]
    away: int
    left: int


def save_plan(path: Path, plan: Plan) -> None:
    people = {login: [asdict(errand) for errand in errands] for login, errands in plan.errands.items()}
    told = {"day": plan.day.isoformat(), "away": plan.away, "left": plan.left, "people": people}
    write_whole(path, json.dumps(told, ensure_ascii=False) + "\n")


def find_plan(path: Path, day: date) -> Plan | None:
    """The plan of this day, if it was made already. Raises BankError where the file is damaged."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["day"] != day.isoformat():
            return None
        errands = {login: tuple(map(_read_errand, listed)) for login, listed in told["people"].items()}
        return Plan(day, errands, away=told["away"], left=told["left"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BankError(f"the plan {path} is damaged: {error!r}; remove it and the day is planned anew") from None


def _read_errand(told: dict[str, Any]) -> Errand:
    case = Case(**told["case"]) if told["case"] else None
    values: dict[str, Any] = {**told, "kind": Kind(told["kind"]), "case": case}
    return Errand(**values)

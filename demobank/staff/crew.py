"""Who works, and where they meet the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demobank.staff.chance import Chance
from demobank.staff.desk import Desk

MANAGER = "branch_manager"
MARKETING, TASKS = "/api/marketing/v1", "/api/tasks/v1"
CUSTOMERS, IDENTITY = "/api/customers/v1", "/api/identity/v1"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the bank's staff, as the sign-ins name them."""

    login: str
    role: str
    desk: Desk


@dataclass(frozen=True, slots=True)
class Crew:
    """Everybody, the seed they live by, and where their plan and the bank's inbox of contacts lie."""

    people: Sequence[Person]
    seed: int
    plan_path: Path
    contacts: Path

    def chance_of(self, login: str) -> Chance:
        return Chance(f"{self.seed}").of(login)

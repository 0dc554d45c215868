"""What somebody sees on their list in the morning and means to do about it; nothing is done yet."""

import logging
from datetime import date, timedelta

from demobank.staff import habit, words
from demobank.staff.chance import Chance
from demobank.staff.crew import CUSTOMERS, MANAGER, MARKETING, TASKS, Crew, Person
from demobank.staff.desk import Json, Refused
from demobank.staff.plan import Errand, Kind

log = logging.getLogger(__name__)

FIRST_PLACES = 3  # of a person's list
LOOKS_AROUND = 0.25  # how likely a manager goes through the branch's list on a day
PATIENCE = timedelta(days=6)  # after which a to-do nobody came to may go to somebody else, with its customer
HANDS_OVER = 0.15


def look(crew: Crew, person: Person, today: date) -> tuple[tuple[Errand, ...], int] | None:
    """What somebody takes up today and how much that is due they leave; None for who does not come."""
    chance = crew.chance_of(person.login)
    if not habit.works_today(chance, today):
        return None
    if person.role == MANAGER:
        return _look_around(person, chance.of(today), today), 0
    try:
        items = person.desk.get(f"{TASKS}/today")["items"]
    except Refused as no:
        log.info("%s is not ours to sign in (%s)", person.login, no)
        return None
    errands: list[Errand] = []
    left = 0
    for place, item in enumerate(items):
        is_full = len(errands) >= habit.ACTS_A_DAY_MAX
        errand = None if is_full else _errand_of(person, chance, place, item, today)
        if errand:
            errands.append(errand)
        elif date.fromisoformat(item["due_on"]) <= today:
            left += 1
    return tuple(errands), left


def _look_around(person: Person, chance: Chance, today: date) -> tuple[Errand, ...]:
    """A manager now and then reads the branch's results and what is overdue there, and does something about it."""
    if not chance.happens("looks around", LOOKS_AROUND):
        return ()
    try:
        person.desk.get(f"{MARKETING}/results")
        overdue = person.desk.get(f"{TASKS}/tasks", assignee="team", due="overdue", limit="10")["items"]
        mine = person.desk.get(f"{TASKS}/today")["items"]
    except Refused as no:
        log.info("%s is not ours to sign in (%s)", person.login, no)
        return ()
    errands = [Errand(Kind.FINISH, item["id"]) for item in mine if _is_known_own(item)]
    old = [item for item in overdue if item["customer"] and date.fromisoformat(item["due_on"]) + PATIENCE < today]
    if old and chance.happens("hands over", HANDS_OVER):
        holder = old[0]["assignee"]["id"]
        errands.append(Errand(Kind.HAND_OVER, old[0]["id"], customer_id=old[0]["customer"]["id"], holder=holder))
    elif overdue and not errands:
        errands.append(Errand(Kind.CHASE, ""))
    return tuple(errands)


def _is_known_own(item: Json) -> bool:
    """A to-do that one of us wrote; what a person at the real screen wrote is theirs to end."""
    return item["origin"]["kind"] == "own" and item["title"]["zh"] in (*words.OWN_AFTER_YES, *words.CHASING)


def _errand_of(person: Person, chance: Chance, place: int, item: Json, today: date) -> Errand | None:
    task, due_on = str(item["id"]), date.fromisoformat(item["due_on"])
    if _is_known_own(item):
        is_taken = due_on <= today and habit.takes_up(
            chance, chance.of(task), due_on=due_on, today=today, is_first=False
        )
        return Errand(Kind.FINISH, task) if is_taken else None
    if item["customer"] is None:
        return None
    is_taken = habit.takes_up(chance, chance.of(task), due_on=due_on, today=today, is_first=place < FIRST_PLACES)
    match (item["origin"]["room"], item["origin"]["kind"]):
        case ("marketing", "opportunity") if is_taken:
            return _contact(person, item, due_on=due_on, today=today)
        case ("customers", "document") if is_taken and habit.brings_document(
            chance.of(task), due_on=due_on, today=today
        ):
            return _renewal(person, item)
        case _:
            return None


def _contact(person: Person, item: Json, *, due_on: date, today: date) -> Errand | None:
    try:
        card = person.desk.get(f"{MARKETING}/opportunities/{item['origin']['id']}")
    except Refused:  # it went to somebody else a moment ago
        return None
    case = habit.Case(
        id=card["id"],
        customer=card["customer"]["number"],
        customer_id=card["customer"]["id"],
        rule=card["rule"]["code"],
        value_minor=card["value"]["minor"],
        last_outcome=card["last_outcome"],
    )
    is_later = habit.is_promised_later(case, due_on=due_on, today=today)
    return None if is_later else Errand(Kind.CONTACT, str(item["id"]), case)


def _renewal(person: Person, item: Json) -> Errand | None:
    """The document that the to-do's title names, as the customer's checklist writes it."""
    customer = item["customer"]["id"]
    try:
        listed = person.desk.get(f"{CUSTOMERS}/customers/{customer}/documents")["items"]
    except Refused:
        return None
    named = [one["kind"] for one in listed if one["name"]["zh"] in item["title"]["zh"]]
    return Errand(Kind.RENEW, str(item["id"]), customer_id=customer, document=named[0]) if named else None

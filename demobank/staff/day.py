"""One bank day of everybody: read what is to be done, choose, do it, and let the bank's telephones know."""

import csv
import io
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from demobank.feed import write_whole
from demobank.staff import habit, words
from demobank.staff.chance import Chance
from demobank.staff.crew import CUSTOMERS, IDENTITY, MANAGER, MARKETING, TASKS, Crew, Person
from demobank.staff.desk import Desk, Json, Refused
from demobank.staff.morning import look
from demobank.staff.plan import Errand, Kind, Plan, find_plan, save_plan

log = logging.getLogger(__name__)
T = TypeVar("T")

AT_A_TIME = 4  # people before their screens at one moment: a load, not an attack
RM = "relationship_manager"
CONTACT_COLUMNS = ("customer_id", "channel", "topic", "made_on")
MAY_BE_VISITED = ("quiet_hours", "no_consent")


@dataclass(slots=True)
class Done:
    """What one person did: contacts by outcome, refusals by reason, and the lines the bank is told."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    renewed: int = 0
    finished: int = 0
    noted: int = 0
    handed_over: int = 0
    lines: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])


def work_day(crew: Crew) -> Json:
    """Do the present bank day's work, all of it or what is left of it; answers what was done, counted."""
    today = _bank_day(crew)
    plan = find_plan(crew.plan_path, today)
    if plan is None:
        plan = _plan_day(crew, today)
        save_plan(crew.plan_path, plan)
    busy = [person for person in crew.people if plan.errands.get(person.login)]
    done = _side_by_side(lambda person: _work(crew, person, plan), busy)
    lines = [line for one in done for line in one.lines]
    _tell_bank(crew.contacts, today, lines)
    return {
        "day": today.isoformat(),
        "people": len(busy),
        "away": plan.away,
        "contacts": sum(one.outcomes.total() for one in done),
        "outcomes": dict(sum((one.outcomes for one in done), Counter())),
        "refused": dict(sum((one.refused for one in done), Counter())),
        "renewed": sum(one.renewed for one in done),
        "finished": sum(one.finished for one in done),
        "noted": sum(one.noted for one in done),
        "handed_over": sum(one.handed_over for one in done),
        "left": plan.left,
        "told": len(lines),
    }


def _side_by_side(do: Callable[[Person], T], people: Sequence[Person]) -> list[T]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(do, people))


def _bank_day(crew: Crew) -> date:
    """As the first person whose sign-in works is told. Raises Refused where nobody's does."""
    last: Refused | None = None
    for person in crew.people:
        try:
            return date.fromisoformat(person.desk.get("/api/identity/v1/me")["business_date"])
        except Refused as no:
            last = no
    raise last or Refused(401, {"code": "nobody"})


def _plan_day(crew: Crew, today: date) -> Plan:
    found = _side_by_side(lambda person: look(crew, person, today), crew.people)
    planned = {person.login: seen[0] for person, seen in zip(crew.people, found, strict=True) if seen and seen[0]}
    taken_up = {errand.task for errands in planned.values() for errand in errands if errand.kind is not Kind.HAND_OVER}
    return Plan(
        today,
        # A manager does not take away what somebody is about to do.
        {login: tuple(one for one in errands if not _takes_away(one, taken_up)) for login, errands in planned.items()},
        away=sum(seen is None for seen in found),
        left=sum(seen[1] for seen in found if seen),
    )


def _takes_away(errand: Errand, taken_up: set[str]) -> bool:
    return errand.kind is Kind.HAND_OVER and errand.task in taken_up


def _work(crew: Crew, person: Person, plan: Plan) -> Done:
    """Do what this person planned, in their order. What the house refuses stays undone today."""
    done = Done()
    mine = crew.chance_of(person.login).of(plan.day)
    for errand in plan.errands[person.login]:
        chance = mine.of(errand.task)
        try:
            if errand.kind is Kind.CONTACT and errand.case:
                _get_in_touch(person.desk, errand.case, chance, plan.day, done)
            elif errand.kind is Kind.RENEW:
                until = habit.new_end(errand.document, plan.day)
                body: Json = {"held": True, "expires_on": until.isoformat() if until else None}
                person.desk.put(f"{CUSTOMERS}/customers/{errand.customer_id}/documents/{errand.document}", body)
                done.renewed += 1
            elif errand.kind is Kind.FINISH:
                body = {"result": chance.pick("result", words.CHASED if person.role == MANAGER else words.OWN_DONE)}
                person.desk.post(f"{TASKS}/tasks/{errand.task}/close", body, key=chance.id("close"))
                done.finished += 1
            elif errand.kind is Kind.HAND_OVER:
                _hand_over(person.desk, errand, chance, done)
            else:
                tomorrow = habit.working_day(plan.day + timedelta(days=1))
                _note_own(person.desk, chance, title=chance.pick("title", words.CHASING), due_on=tomorrow, done=done)
        except Refused as no:
            done.refused[str(no.body.get("reason", no.code))] += 1
            log.info("%s, %s of %s: %s", person.login, errand.kind, errand.task, no)
    return done


def _get_in_touch(desk: Desk, case: habit.Case, chance: Chance, today: date, done: Done) -> None:
    """Ring up, write or go there. Whom one may not ring now, one sometimes visits instead; raises Refused."""
    wanted = habit.channel_for(case, chance)
    try:
        talk = _make_contact(desk, case, chance, habit.talk(case, chance, channel=wanted, today=today))
    except Refused as no:
        if no.body.get("reason") not in MAY_BE_VISITED or not chance.happens("goes", habit.WHEN_NOT_ALLOWED_TO_RING):
            raise
        visit = habit.talk(case, chance, channel=habit.VISIT, today=today)
        talk = _make_contact(desk, case, chance, visit)
    done.outcomes[talk.outcome] += 1
    topic = habit.TOPICS.get(case.rule)
    if topic and talk.outcome != habit.NOT_REACHED:
        done.lines.append((case.customer, habit.BANK_CHANNELS[talk.channel], topic))
    if talk.outcome == habit.AGREED and chance.happens("notes", habit.NOTES_AFTER_YES):
        due_on = habit.working_day(today + timedelta(days=1 + chance.below("own due", 3)))
        _note_own(desk, chance, title=chance.pick("own", words.OWN_AFTER_YES), due_on=due_on, done=done, about=case)


def _make_contact(desk: Desk, case: habit.Case, chance: Chance, talk: habit.Talk) -> habit.Talk:
    """A call is made with leave asked first, as the screen does it; of others the house asks when it is told."""
    place = f"{MARKETING}/opportunities/{case.id}"
    body: Json = {"channel": talk.channel, "outcome": talk.outcome, "note": talk.note or None}
    body["next_on"] = talk.next_on.isoformat() if talk.next_on else None
    if talk.channel == habit.CALL:
        leave = str(chance.id("leave"))
        desk.post(f"{place}/reservations", {"id": leave, "channel": talk.channel})
        body["reservation_id"] = leave
    desk.post(f"{place}/contacts", body, key=chance.id(f"contact {talk.channel}"))
    return talk


def _note_own(
    desk: Desk, chance: Chance, *, title: str, due_on: date, done: Done, about: habit.Case | None = None
) -> None:
    body: Json = {"title": title, "due_on": due_on.isoformat(), "customer_id": about.customer_id if about else None}
    desk.post(f"{TASKS}/tasks", body, key=chance.id("own"))
    done.noted += 1


def _hand_over(desk: Desk, errand: Errand, chance: Chance, done: Done) -> None:
    """The customer of a to-do that nobody came to goes to a colleague of the same outlet, if there is one."""
    colleagues = _colleagues_of(desk, errand.holder)
    if not colleagues:
        return
    wish: Json = {"select": {"customers": [errand.customer_id]}, "to": [chance.pick("colleague", colleagues)]}
    seen = desk.post(f"{CUSTOMERS}/move-previews", wish)
    if seen["total"]:
        order = wish | {"seen": seen["seen"], "reason": chance.pick("reason", words.HANDED_OVER)}
        desk.post(f"{CUSTOMERS}/moves", order, key=chance.id("move"))
    done.handed_over += seen["total"] + seen["left_already"]


def _colleagues_of(desk: Desk, holder: int) -> list[int]:
    """Relationship managers who sit where this one sits, among the first hundred people the manager answers for."""
    staff = desk.get(f"{IDENTITY}/staff", limit="100")["items"]
    seats = {one["id"]: {p["institution"]["id"] for p in one["posts"] if p["role"]["code"] == RM} for one in staff}
    here = seats.get(holder, set[int]())
    return sorted(who for who, places in seats.items() if who != holder and places & here)


def _tell_bank(folder: Path, today: date, lines: Sequence[tuple[str, str, str]]) -> None:
    """The day's talks in the bank's own inbox, whole; a day without any leaves no file."""
    if not lines:
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CONTACT_COLUMNS)
    writer.writerows((*line, today.isoformat()) for line in sorted(lines))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{today}.csv", text.getvalue())

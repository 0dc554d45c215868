"""How the people of a bank work: what they take up today, how they get in touch, what comes of it. Nothing but choices.

Shares are of a hundred unless they say otherwise. They are guesses of what a Chinese regional bank's telephone sees,
not measurements; what truly moves a customer is in demobank/guangxi/truth.py and is not known here.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from demobank.staff.chance import Chance
from demobank.staff.words import NOTES, SILENT_OF_HUNDRED, TOPIC_NOTES

CALL, VISIT, MEETING, MESSAGE = "call", "visit", "meeting", "message"
NOT_REACHED, REACHED, INTERESTED, AGREED, REFUSED = "not_reached", "reached", "interested", "agreed", "refused"

SATURDAY = 5
ON_DUTY_AT_WEEKENDS = 0.3
AWAY = 0.05  # of an ordinary day: ill, on a course, at the branch
ACTS_A_DAY_MAX = 12  # what one person gets done besides the counter and the paperwork
FORGETFUL, FORGOTTEN = 0.15, 0.06  # of to-dos that slip somebody's mind; and how likely each day to come back to one
LARGE_MINOR = 50_000_000
WHEN_NOT_ALLOWED_TO_RING = 0.4  # somebody who may not ring now goes there instead

BRINGS_DOCUMENT, BRINGS_DOCUMENT_EARLY = 0.45, 0.12  # of customers asked, on one day
VALID_YEARS = {"identity_document": 20, "business_licence": 10, "risk_assessment": 1}
NOTES_AFTER_YES = 0.6  # a to-do of one's own, so that what was agreed gets done

TOPICS = {
    "large_inflow": "inflow",
    "deposit_maturing": "maturity",
    "loan_ending": "loan",
    "business_growth": "loan",
    "balance_runoff": "retention",
    "salary_moved": "retention",
}
"""What a rule of the house is about, in the bank's words; of other rules the bank has nothing to be told."""

BANK_CHANNELS = {CALL: "phone", VISIT: "visit", MEETING: "visit", MESSAGE: "wechat"}

_CHANNELS = {CALL: 70, VISIT: 13, MEETING: 9, MESSAGE: 8}
_CHANNELS_OF_LARGE = {CALL: 52, VISIT: 28, MEETING: 18, MESSAGE: 2}
_CHANNELS_AFTER_SILENCE = {CALL: 48, VISIT: 22, MEETING: 5, MESSAGE: 25}

_FIRST = {
    CALL: {NOT_REACHED: 30, REACHED: 25, INTERESTED: 22, AGREED: 12, REFUSED: 11},
    MESSAGE: {NOT_REACHED: 52, REACHED: 26, INTERESTED: 13, AGREED: 5, REFUSED: 4},
    VISIT: {NOT_REACHED: 12, REACHED: 30, INTERESTED: 29, AGREED: 21, REFUSED: 8},
    MEETING: {NOT_REACHED: 4, REACHED: 31, INTERESTED: 33, AGREED: 25, REFUSED: 7},
}
_AGAIN = {NOT_REACHED: 14, REACHED: 17, INTERESTED: 15, AGREED: 41, REFUSED: 13}
_AFTER_SILENCE = {NOT_REACHED: 33, REACHED: 27, INTERESTED: 18, AGREED: 10, REFUSED: 12}


@dataclass(frozen=True, slots=True)
class Case:
    """An opportunity as it stood in the morning; `customer` is the bank's own number."""

    id: str
    customer: str
    customer_id: str
    rule: str
    value_minor: int
    last_outcome: str | None


@dataclass(frozen=True, slots=True)
class Talk:
    """One contact as its maker writes it down."""

    channel: str
    outcome: str
    note: str
    next_on: date | None


def works_today(person: Chance, today: date) -> bool:
    """Somebody who is away works through nobody's list; at weekends a few are on duty."""
    likely = ON_DUTY_AT_WEEKENDS if today.weekday() >= SATURDAY else 1 - AWAY
    return person.happens(f"works {today}", likely)


def diligence(person: Chance) -> float:
    """How likely this person is to do on a day what is due; most are steady, one in six is not."""
    if person.happens("unsteady", 1 / 6):
        return 0.45 + 0.2 * person.share("diligence")
    return 0.8 + 0.17 * person.share("diligence")


def takes_up(person: Chance, task: Chance, *, due_on: date, today: date, is_first: bool) -> bool:
    """Whether this to-do is done today. What is not due yet is often done ahead, what stands first hardly ever left."""
    likely = diligence(person)
    if task.happens("slips the mind", FORGETFUL):
        likely *= FORGOTTEN
    elif is_first:
        likely = 1 - (1 - likely) / 2
    if due_on > today:
        likely *= 0.5
    return task.happens(f"taken up {today}", likely)


def brings_document(task: Chance, *, due_on: date, today: date) -> bool:
    """Whether the customer, asked for a new document, comes with it today; hardly anybody long before it ends."""
    likely = BRINGS_DOCUMENT if due_on <= today else BRINGS_DOCUMENT_EARLY
    return task.happens(f"brings it {today}", likely)


def new_end(document: str, today: date) -> date | None:
    """The last day of the new document; what is not in the list holds for good."""
    years = VALID_YEARS.get(document)
    return date(today.year + years, today.month, min(today.day, 28)) if years else None


def is_promised_later(case: Case, *, due_on: date, today: date) -> bool:
    """The customer was told another day; ringing before it would be rude."""
    return due_on > today and case.last_outcome in (NOT_REACHED, INTERESTED)


def channel_for(case: Case, chance: Chance) -> str:
    if case.last_outcome == NOT_REACHED:
        return chance.weighed("channel", _CHANNELS_AFTER_SILENCE)
    return chance.weighed("channel", _CHANNELS_OF_LARGE if case.value_minor >= LARGE_MINOR else _CHANNELS)


def talk(case: Case, chance: Chance, *, channel: str, today: date) -> Talk:
    """What comes of getting in touch this way today."""
    match case.last_outcome:
        case "interested":
            outcomes = _AGAIN
        case "not_reached" if channel == CALL:
            outcomes = _AFTER_SILENCE
        case _:
            outcomes = _FIRST[channel]
    outcome = chance.weighed(f"outcome {channel}", outcomes)
    next_on = _next_day(outcome, chance, today)
    return Talk(channel, outcome, _note(case, outcome, chance), next_on)


def _next_day(outcome: str, chance: Chance, today: date) -> date | None:
    """Tomorrow or soon after an unanswered call, a few days for somebody who wants to think it over."""
    match outcome:
        case "not_reached":
            wait = 1 + chance.below("next", 2)
        case "interested":
            wait = 2 + chance.below("next", 6)
        case _:
            return None
    return working_day(today + timedelta(days=wait))


def working_day(day: date) -> date:
    """This day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= SATURDAY else 0)


def _note(case: Case, outcome: str, chance: Chance) -> str:
    """Not everybody writes something down; a no and a yes are worth a word more often than a number that rings out."""
    if chance.happens("silent", SILENT_OF_HUNDRED[outcome] / 100):
        return ""
    fitting = TOPIC_NOTES.get((TOPICS.get(case.rule, ""), outcome), ())
    return chance.pick("note", (*NOTES[outcome], *fitting))

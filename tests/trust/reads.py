"""Everything that shows customers' data, read as one person to the last page, against what the oracle says they see."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from tests.trust.oracle import may, reach, sees_customer
from tests.trust.world import BELOW, JUDGED, PEOPLE, REPORTED, STAFF, Target, World

PAGES_MAX = 50
READERS = ("relationship_manager", "lobby_manager", "branch_manager", "head_office")
BOARD_READERS = ("relationship_manager", "branch_manager", "head_office")
MOVERS = ("branch_manager", "head_office")
STAFF_READERS = ("branch_manager", "head_office", "administrator")
CARDS_MAX = 8
CUSTOMERS, TASKS, MARKETING = "/api/customers/v1", "/api/tasks/v1", "/api/marketing/v1"
IDENTITY = "/api/identity/v1"


async def find_differences(world: World, code: str) -> list[str]:
    """What this person sees and should not, or should see and does not; empty when all is well."""
    row = STAFF[code]
    found = [one async for one in _tasks(world, code)]
    found += [one async for one in _people(world, code)]
    if row.role in READERS:
        found += [one async for one in _customers(world, code)]
        found += [one async for one in _search(world, code)]
        found += [one async for one in _cards(world, code)]
        found += [one async for one in _opportunities(world, code)]
        found += [one async for one in _pool(world, code)]
        found += [one async for one in _reports(world, code)]
    if row.role in MOVERS:
        found += [one async for one in _moves(world, code)]
    if row.role in BOARD_READERS:
        found += [one async for one in _board(world, code)]
    return found


async def read_all(world: World, code: str, path: str, *, limit: int = 2) -> list[dict[str, Any]]:
    """A list to its end, a small page at a time."""
    items: list[dict[str, Any]] = []
    joint, after = "&" if "?" in path else "?", ""
    for _ in range(PAGES_MAX):
        page = await _get(world, code, f"{path}{joint}limit={limit}{after}")
        items += page["items"]
        if not page["next"]:
            return items
        after = f"&after={quote(page['next'])}"
    raise AssertionError(f"{path} does not end")


async def _get(world: World, code: str, path: str) -> Any:
    answer = await world.people[code].get(path)
    assert answer.status_code == 200, f"{code} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def _compare(code: str, what: str, seen: Iterable[str], expected: Iterable[str]) -> list[str]:
    seen, expected = list(seen), set(expected)
    found = [f"{code} {what}: sees {one}, which is not theirs" for one in sorted(set(seen) - expected)]
    found += [f"{code} {what}: does not see {one}" for one in sorted(expected - set(seen))]
    return found + [f"{code} {what}: sees something twice"] * (len(seen) != len(set(seen)))


def _visible(world: World, code: str, kind: str) -> list[Target]:
    return [target for target in world.of_kind(kind) if may(code, target)]


async def _customers(world: World, code: str) -> AsyncIterator[str]:
    mine = _visible(world, code, "customer")
    for sort in ("aum", "name", "recent"):
        items = await read_all(world, code, f"{CUSTOMERS}/customers?view=all&sort={sort}")
        for one in _compare(code, f"customers by {sort}", _ids(items), [target.id for target in mine]):
            yield one
    own = [target.id for target in mine if target.owner == code]
    for one in _compare(code, "own customers", _ids(await read_all(world, code, f"{CUSTOMERS}/customers")), own):
        yield one
    count = (await _get(world, code, f"{CUSTOMERS}/customers?view=all"))["count"]
    if count != len(mine):
        yield f"{code} customers: counts {count}, sees {len(mine)}"
    for target in world.of_kind("customer"):
        async for one in _page(world, code, target):
            yield one


async def _page(world: World, code: str, customer: Target) -> AsyncIterator[str]:
    """A customer's page and contacts; the lines of other rooms on it are the reader's too."""
    path, expected = f"{CUSTOMERS}/customers/{customer.id}", 200 if may(code, customer) else 404
    for part in ("", "/contacts"):
        answer = await world.people[code].get(path + part)
        if answer.status_code != expected:
            yield f"{code} page{part} of {customer.customer}: {answer.status_code}, expected {expected}"
        elif expected == 200 and not part:
            for kind, lines in answer.json()["parts"].items():
                theirs = [
                    target.id
                    for target in _visible(world, code, {"tasks": "task", "opportunities": "opportunity"}[kind])
                    if target.customer == customer.customer and may(code, target, work=True) and not _is_done(target)
                ]
                for one in _compare(code, f"{kind} on the page of {customer.customer}", _ids(lines), theirs):
                    yield one


async def _cards(world: World, code: str) -> AsyncIterator[str]:
    """All customers there are, named by their ids."""
    named = [str(world.cards[one.code].id) for one in PEOPLE]
    seen: list[str] = []
    for at in range(0, len(named), CARDS_MAX):
        query = "&".join(f"ids={one}" for one in named[at : at + CARDS_MAX])
        seen += [item["number"] for item in (await _get(world, code, f"{CUSTOMERS}/cards?{query}"))["items"]]
    for one in _compare(code, "cards", seen, [one.code for one in PEOPLE if sees_customer(code, one.code)]):
        yield one


async def _search(world: World, code: str) -> AsyncIterator[str]:
    """Every customer by name, number, telephone and its last digits."""
    for one in PEOPLE:
        assert one.name and one.phone
        for words in (one.name, one.name[-1], one.code, one.phone, one.phone[-4:]):
            items = (await _get(world, code, f"{CUSTOMERS}/search?q={quote(words)}"))["items"]
            foreign = [item["number"] for item in items if not sees_customer(code, item["number"])]
            found = one.code in {item["number"] for item in items}
            if foreign:
                yield f"{code} search {words}: sees {foreign}, which are not theirs"
            if found != sees_customer(code, one.code):
                yield f"{code} search {words}: {'finds' if found else 'does not find'} {one.code}"


async def _pool(world: World, code: str) -> AsyncIterator[str]:
    """Whom nobody manages, of the institutions one answers for; a manager sees the pool of their own outlet."""
    row = STAFF[code]
    places = reach(code) | {row.institution_code}
    expected = [one.id for one in world.of_kind("pooled") if one.place in places and one.line in row.lines]
    for one in _compare(code, "pool", _ids(await read_all(world, code, f"{CUSTOMERS}/pool", limit=1)), expected):
        yield one


async def _reports(world: World, code: str) -> AsyncIterator[str]:
    """Of each customer, those the level lets one read; the others are counted nowhere."""
    for customer, _ in REPORTED:
        if sees_customer(code, customer):
            items = await read_all(world, code, f"{CUSTOMERS}/customers/{world.cards[customer].id}/reports", limit=1)
            theirs = [target.id for target in _visible(world, code, "report") if target.customer == customer]
            for one in _compare(code, f"reports about {customer}", _ids(items), theirs):
                yield one
    mine = [target.id for target in world.of_kind("report") if target.owner == code]
    for one in _compare(code, "own reports", _ids(await read_all(world, code, f"{CUSTOMERS}/reports", limit=1)), mine):
        yield one


async def _moves(world: World, code: str) -> AsyncIterator[str]:
    moves = _visible(world, code, "move")
    items = await read_all(world, code, f"{CUSTOMERS}/moves", limit=1)
    for one in _compare(code, "moves", _ids(items), [target.id for target in moves]):
        yield one
    merges = await read_all(world, code, f"{CUSTOMERS}/merges", limit=1)
    for one in _compare(code, "merges", _ids(merges), [target.id for target in _visible(world, code, "merge")]):
        yield one
    everybody = {"customers": [str(card.id) for card in world.cards.values()]}
    receiver = next(one.id for one in world.of_kind("receiver") if one.place in reach(code))
    answer = await world.people[code].post(
        f"{CUSTOMERS}/move-previews", json={"select": everybody, "to": [int(receiver)]}
    )
    governed = [target.id for target in world.of_kind("governed") if may(code, target)]
    for one in _compare(code, "customers to move", _ids(answer.json()["items"]), governed):
        yield one


async def _opportunities(world: World, code: str) -> AsyncIterator[str]:
    items = await read_all(world, code, f"{MARKETING}/opportunities")
    mine = _visible(world, code, "opportunity")
    for one in _compare(code, "opportunities", _ids(items), [target.id for target in mine]):
        yield one
    for target in world.of_kind("opportunity"):
        status = (await world.people[code].get(f"{MARKETING}/opportunities/{target.id}")).status_code
        if status != (200 if target in mine else 404):
            yield f"{code} opportunity of {target.customer}: {status}"


async def _board(world: World, code: str) -> AsyncIterator[str]:
    board = await _get(world, code, f"{MARKETING}/results")
    mine = _visible(world, code, "opportunity")
    judged = [target for target in mine if target.customer in JUDGED]
    for one in _compare(code, "board", _ids(board["opportunities"]), [target.id for target in judged]):
        yield one
    managers = {(world.institutions[one.place], world.staff[one.owner]) for one in mine if one.owner}
    seen = {(row["institution"]["id"], row["staff"]["id"]) for row in board["rows"]}
    if seen != managers:
        yield f"{code} board: rows of {sorted(seen - managers)} too many, {sorted(managers - seen)} too few"
    if (board["totals"]["raised"], board["totals"]["booked"]) != (len(mine), len(judged)):
        yield f"{code} board: {board['totals']} of {len(mine)} opportunities, {len(judged)} judged"


async def _tasks(world: World, code: str) -> AsyncIterator[str]:
    mine = [target for target in _visible(world, code, "task") if not _is_done(target)]
    team = await read_all(world, code, f"{TASKS}/tasks?assignee=team")
    for one in _compare(code, "tasks of all", _ids(team), [target.id for target in mine]):
        yield one
    own = [target.id for target in mine if target.owner == code]
    for what, items in (
        ("own tasks", await read_all(world, code, f"{TASKS}/tasks")),
        ("today", (await _get(world, code, f"{TASKS}/today"))["items"]),
    ):
        for one in _compare(code, what, _ids(items), own):
            yield one
    for item in team:
        shown = item["customer"]
        if shown and not sees_customer(code, shown["number"]):
            yield f"{code} task {item['id']}: shows customer {shown['number']}, who is not theirs"
    for target in world.of_kind("task"):
        status = (await world.people[code].get(f"{TASKS}/tasks/{target.id}")).status_code
        if status != (200 if may(code, target) else 404):
            yield f"{code} task of {target.owner}: {status}"


def _is_done(task: Target) -> bool:
    """The tasks of the two contacts that were made are closed."""
    return task.kind == "task" and task.customer in ("W1", "W8") and task.owner != "BM-B1"


async def _people(world: World, code: str) -> AsyncIterator[str]:
    below = BELOW[STAFF[code].institution_code]
    places = (await _get(world, code, f"{IDENTITY}/institutions"))["items"]
    for one in _compare(code, "institutions", (place["code"] for place in places), below):
        yield one
    sessions = (await _get(world, code, f"{IDENTITY}/sessions"))["items"]
    foreign = {target.id for target in world.of_kind("session") if target.owner != code} & {*_ids(sessions)}
    if foreign:
        yield f"{code} sessions: sees {foreign}"
    if STAFF[code].role in STAFF_READERS:
        seen = await read_all(world, code, f"{IDENTITY}/staff")
        posts = {target.owner for target in world.of_kind("post") if target.place in below}
        for one in _compare(code, "staff", (person["code"] for person in seen), {one for one in posts if one}):
            yield one


def _ids(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return [item["id"] for item in items]

"""Bank days that people have worked: the staff of a demonstration bank, a program of its own, work each day in turn.

They come in by the public API and sign in like anybody else. Nothing here decides what they do.
"""

import asyncio
import json
import os
import secrets
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from haoyou import bank as banks
from haoyou.app import build_app
from haoyou.centers.identity import service as identity
from haoyou.centers.identity import session
from haoyou.centers.tasks import service as tasks
from haoyou.ground import Ground
from haoyou.kernel.house import House

WORKED_DAYS = 15  # of a first start that fills the house by itself: as many as fit into the patience of who waits
SIGN_INS, STAFF_SIGN_INS = "sign-ins.json", "staff-sign-ins.json"  # those the first start prints, and everybody's
ROLES = ("relationship_manager", "branch_manager")
PASSWORD_BYTES = 9  # twelve letters
WORK_S = 900  # one bank day of a large bank's people, on a machine that does other things besides
STOP_S = 10

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Staff:
    """The program that works, and one line in and out for each bank day."""

    process: asyncio.subprocess.Process

    async def work(self) -> Json:
        """Let everybody do the present bank day's work. Raises NoBank with what the program said."""
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.write(b"work\n")
        async with asyncio.timeout(WORK_S):
            line = await self.process.stdout.readline()
            if not line:
                raise banks.NoBank((await self.process.stderr.read()).decode().strip())
        return json.loads(line)


def at_any_hour(ground: Ground) -> Ground:
    """The same ground for a house whose staff live bank days long past: no telephone rings, so no hour is quiet.

    The house that serves keeps its hours. See docs/decisions/0022.
    """
    settings = ground.settings.model_copy(update={"contact_from_hour": 0, "contact_until_hour": 24})
    return replace(ground, settings=settings)


async def find_owed(house: House) -> date | None:
    """The day up to which a first start that was not finished still owes worked days."""
    if not (house.settings.home / "bank.json").exists():
        return None
    until = banks.Bank.read(house.settings.home).live_until
    if not until:
        return None
    today = (await identity.get_bank_day(house.service_ctx("identity"))).business_date
    return date.fromisoformat(until) if until > today.isoformat() else None


async def live(house: House, *, days: int, address: str | None, say: banks.Say) -> int:
    """Let people work the present bank day and the bank go on to the next one, so many times; answers how often.

    Without an address they come in by a door of this process.
    """
    banks.Bank.read(house.settings.home)
    people = await give_sign_ins(house)
    say(f"{len(people)} people come to work")
    await banks.import_inbox(house, say)
    async with AsyncExitStack() as open_until_the_end:
        where = address or await open_until_the_end.enter_async_context(open_door(house))
        staff = await open_until_the_end.enter_async_context(send_staff(house, where, people))
        for lived in range(days):
            done = await staff.work()
            await house.settle(timeout_s=banks.SETTLE_S)
            say(_sentence(done))
            if not await banks.advance(house, 1, say):
                return lived
    return days


def _sentence(done: Json) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(done["outcomes"].items(), key=lambda one: -one[1]))
    refused = sum(done["refused"].values())
    parts = [f"bank day {done['day']} worked by {done['people']}: {done['contacts']} contacts"]
    parts += [f" ({outcomes})"] if outcomes else []
    parts += [f", {done['renewed']} documents renewed"] if done["renewed"] else []
    parts += [f", {done['finished']} own to-dos ended"] if done["finished"] else []
    parts += [f", {refused} refused"] if refused else []
    parts += [f", {done['left']} left for later"] if done["left"] else []
    return "".join(parts)


async def give_sign_ins(house: House) -> list[Json]:
    """Everybody's sign-in, kept beside the keys. Who has a password already keeps it, and so works for themselves.

    Written down before it is given: a command killed between the two finds it again.
    """
    home, ctx = house.settings.home, house.service_ctx("identity")
    kept = _read(home / STAFF_SIGN_INS)
    waiting = await session.list_without_password(ctx, roles=ROLES)
    password = kept[0]["password"] if kept else secrets.token_urlsafe(PASSWORD_BYTES)
    shown = [(one["role"], one["login"], one["password"]) for one in _read(home / SIGN_INS) if one["role"] in ROLES]
    known = {one["login"] for one in kept}
    for role, login, secret in (*shown, *((role, code, password) for role, code in waiting)):
        if login not in known:
            kept.append({"role": role, "login": login, "password": secret})
    keep_secret(home / STAFF_SIGN_INS, kept)
    if waiting:
        await session.set_first_password(ctx, codes=tuple(code for _, code in waiting), password=password)
    return kept


async def show_busiest(house: House, say: banks.Say) -> None:
    """The sign-in of whoever has most to do by now becomes the relationship manager's among those that are shown."""
    home = house.settings.home
    prefer = await tasks.find_busiest(house.service_ctx("tasks"))
    people = dict(await identity.list_one_per_role(house.service_ctx("identity"), prefer=prefer))
    card = people[ROLES[0]]
    password = next((one["password"] for one in _read(home / STAFF_SIGN_INS) if one["login"] == card.code), None)
    if password and card.id == prefer:
        mine = {"role": ROLES[0], "login": card.code, "name": card.name, "password": password}
        keep_secret(home / SIGN_INS, [mine if one["role"] == ROLES[0] else one for one in _read(home / SIGN_INS)])
        say(f"most to do today: {card.code}   {password}   {card.name}")


def _read(path: Path) -> list[Json]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def keep_secret(path: Path, value: object) -> None:
    """A file that only its owner reads, replaced whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
    temporary.replace(path)


@asynccontextmanager
async def open_door(house: House) -> AsyncGenerator[str]:
    """The house's own gateway on a free port of loopback; answers its address."""
    port = _free_port()
    server = Server(
        build_app(house, run_loops=False),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await serving


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def send_staff(house: House, address: str, people: list[Json]) -> AsyncGenerator[Staff]:
    """The program with its sign-ins told; its input's end is its own."""
    words = ["--address", address, "--state", str(house.settings.home / "bank-state.json")]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "demobank.staff", *words),
        cwd=Path(__file__).parents[2],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    assert process.stdin
    try:
        process.stdin.write(json.dumps(people).encode() + b"\n")
        yield Staff(process)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

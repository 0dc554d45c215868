"""The command `haoyou`: run a house, let its bank live, import feeds, keep and restore it, check its audit."""

import asyncio
import contextlib
import functools
import json
import secrets
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, TextIO

import cyclopts
import uvloop
from cyclopts import Parameter
from granian.constants import Interfaces
from granian.server.embed import Server

from haoyou import bank as banks
from haoyou import life
from haoyou.app import build_app, build_house, describe
from haoyou.backup import back_up
from haoyou.backup import restore as restore_house
from haoyou.centers.backoffice import jobs
from haoyou.centers.backoffice.reconciliation import reconcile, sentences
from haoyou.centers.identity import service as identity
from haoyou.centers.identity import session
from haoyou.centers.identity.contract import NoBankDay
from haoyou.centers.identity.oidc.configuration import read_configuration
from haoyou.centers.tasks import service as tasks
from haoyou.ground import Ground, HouseBusy, hold, open_ground
from haoyou.kernel.audit import verify
from haoyou.kernel.errors import AppError
from haoyou.kernel.house import House
from haoyou.kernel.log import configure
from haoyou.kernel.settings import Settings

app = cyclopts.App(name="haoyou", help="A workbench for regional banks.")
bank_app = cyclopts.App(name="bank", help="The demonstration bank that feeds this house.")
app.command(bank_app)

Home = Annotated[Path | None, Parameter(help="Where the house keeps its data (default: HAOYOU_HOME).")]

CUSTOMERS_DEFAULT = 2_000

_began = monotonic()


def say(line: str, *, to: TextIO | None = None) -> None:
    print(f"[{monotonic() - _began:6.1f} s] {line}", flush=True, file=to)


def _settings(home: Path | None, **values: Any) -> Settings:
    given: dict[str, Any] = {"home": home.resolve() if home else None, **values}
    return Settings(**{name: value for name, value in given.items() if value is not None})


@asynccontextmanager
async def _house(ground: Ground) -> AsyncGenerator[House]:
    """A house with its loops running and its roles as this version wants them."""
    house = build_house(ground.settings, ground.keyring, ground.app_url)
    permissions = {name: roles for room in house.rooms for name, roles in room.permissions.items()}
    try:
        await identity.seed_roles(house.service_ctx("identity"), permissions=permissions)
        async with house.running():
            yield house
    finally:
        await house.engine.dispose()


def _go(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


@app.command
def run(
    *,
    port: int | None = None,
    home: Home = None,
    customers: int | None = None,
    bank: str | None = None,
    worked_days: int | None = None,
) -> None:
    """Start the house: database, migrations, an empty house is filled, then it serves on loopback.

    Parameters
    ----------
    port
        Where to serve on 127.0.0.1 (default: HAOYOU_PORT or 8080).
    customers
        Size of the invented bank that fills an empty house (default: 2,000).
    bank
        What fills an empty house: `demo` (the default), `berka:DIR` (the PKDD'99 files), or `none`.
    worked_days
        How many of the last bank days of a new invented bank its people work, while the house already serves (default:
        15 where neither --customers nor --bank is given, else none).
    """
    if worked_days is None:
        worked_days = 0 if customers or bank else life.WORKED_DAYS
    told = banks.Bank(spec=bank or banks.DEMO, customers=customers or CUSTOMERS_DEFAULT)
    settings = _settings(home, port=port)
    read_configuration(settings)  # a single sign-on that cannot work is said now, not to the first who signs in
    address = f"http://127.0.0.1:{settings.port}"
    with hold(settings.home, "serve", address=address):
        _claim_port(settings.port)
        with open_ground(settings) as ground:
            say("database ready")
            _go(_run(ground, told, worked_days, address))


def _claim_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise HouseBusy(json.dumps({"port": port})) from None


async def _run(ground: Ground, bank: banks.Bank, worked_days: int, address: str) -> None:
    async with _house(ground) as house:
        if bank.spec != "none" and await _is_empty(house):
            say(f"filling the empty house from {bank.spec}")
            with hold(ground.settings.home, "import"):  # nobody's feed may come in between
                await banks.open_bank(house, bank, say, worked_days=worked_days)
        await _show_sign_ins(house, address)
        gateway = build_app(house, run_loops=False)
        server = Server(
            gateway,
            address="127.0.0.1",
            port=ground.settings.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )

        def stop() -> None:
            house.hub.close()
            server.stop()

        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, stop)
        async with _owed_days(house):
            await server.serve()
        say("stopped")


@asynccontextmanager
async def _owed_days(house: House) -> AsyncGenerator[None]:
    """What the first start owes of worked days, lived by a command beside this one while it serves."""
    until = await life.find_owed(house)
    if until is None:
        yield
        return
    words = ["bank", "live", "--until", until.isoformat(), "--home", str(house.settings.home)]
    say(f"its people now work the bank days up to {until}; the house is yours meanwhile")
    # Out of the terminal's own group: an interrupt is for us, and we stop it.
    beside = await asyncio.create_subprocess_exec(sys.executable, "-m", "haoyou", *words, start_new_session=True)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            beside.terminate()
        await beside.wait()


async def _is_empty(house: House) -> bool:
    try:
        await identity.get_bank_day(house.service_ctx("identity"))
    except NoBankDay:
        return True
    return (house.settings.home / "bank-state.json").exists() and not (house.settings.home / "bank.json").exists()


async def _show_sign_ins(house: House, address: str) -> None:
    """One sign-in per role of a demonstration house; the password is this house's own and lies beside its keys."""
    say(f"serving on {address}")
    if not (house.settings.home / "bank.json").exists():
        return
    path = house.settings.home / life.SIGN_INS
    if not path.exists():
        busiest = await tasks.find_busiest(house.service_ctx("tasks"))
        people = await identity.list_one_per_role(house.service_ctx("identity"), prefer=busiest)
        password = secrets.token_urlsafe(life.PASSWORD_BYTES)
        for _, card in people:
            await session.set_password(house.service_ctx("identity"), code=card.code, password=password)
        sign_ins = [{"role": role, "login": one.code, "name": one.name, "password": password} for role, one in people]
        life.keep_secret(path, sign_ins)
    for one in json.loads(path.read_text()):
        say(f"  {one['role']:<22} {one['login']:<10} {one['password']}   {one['name']}")


@app.command(name="import")
def import_feeds(
    folder: Path,
    *,
    mapping: Path | None = None,
    restates: int = 1,
    home: Home = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Import one feed folder (docs/door.md). The same folder again changes nothing.

    Parameters
    ----------
    folder
        The folder of one bank day, with its manifest; or, with a mapping, as the bank's own systems write it.
    mapping
        A file that says how the bank's own files become the door's (docs/mappings/).
    restates
        With a mapping: the version of this day, more than 1 to restate it.
    as_json
        Print the reconciliation report as one JSON document; progress goes to the error stream.
    """
    feed = folder.resolve()
    tell = functools.partial(say, to=sys.stderr if as_json else sys.stdout)

    def progress(stage: str, what: str, rows: int, percent: int) -> None:
        tell(f"{percent:3} % {stage} {what}: {rows} rows")

    async def work(ground: Ground) -> None:
        async with _house(ground) as house:
            if mapping:
                imported = await jobs.import_mapped(house, feed, mapping, version=restates, progress=progress)
            else:
                imported = await jobs.import_feed(house, feed, progress=progress)
            await house.settle(timeout_s=banks.SETTLE_S)
        if as_json:
            print(json.dumps(reconcile(imported), ensure_ascii=False, indent=1))
        else:
            for line in sentences(imported):
                tell(line)

    _in_house(home, "import", work)


@bank_app.command
def advance(*, days: int = 1, home: Home = None) -> None:
    """Let the demonstration bank live for some days; works beside a running house."""

    async def work(ground: Ground) -> None:
        async with _house(ground) as house:
            lived = await banks.advance(house, days, say)
            say(f"{lived} day(s) lived")

    _in_house(home, "import", work)


@bank_app.command
def live(*, days: int = 1, until: date | None = None, address: str | None = None, home: Home = None) -> None:
    """Let the demonstration bank's people work its days: each day's to-dos first, then the next day.

    Parameters
    ----------
    days
        How many bank days.
    until
        Instead: up to this bank day.
    address
        Where they sign in, such as http://127.0.0.1:8080 with its own quiet hours (default: a door of this command's
        own, where no hour is quiet).
    """

    async def work(ground: Ground) -> None:
        async with _house(life.at_any_hour(ground)) as house:
            today = (await identity.get_bank_day(house.service_ctx("identity"))).business_date
            wanted = max(0, (until - today).days) if until else days
            lived = await life.live(house, days=wanted, address=address, say=say)
            if until:
                await life.show_busiest(house, say)
            say(f"{lived} day(s) worked and lived")

    _in_house(home, "import", work)


@bank_app.command
def faults(kind: str, *, days: int = 1, home: Home = None) -> None:
    """Let the next days go wrong: late-feed, duplicate-feed or restated-day; --days 0 takes it back."""
    print(banks.tell(_settings(home).home, "fault", kind, "--days", str(days)))


@bank_app.command
def check(*, home: Home = None) -> None:
    """Prove the demonstration bank's own books; exits 1 where they are wrong."""
    print(banks.tell(_settings(home).home, "check"))


@bank_app.command
def truth(*, home: Home = None) -> None:
    """Print what truly moves the demonstration bank's customers, as JSON; the house itself never learns it."""
    print(banks.tell(_settings(home).home, "truth"))


def _in_house(home: Path | None, what: str, work: Any) -> None:
    settings = _settings(home)
    with hold(settings.home, what), open_ground(settings) as ground:
        _go(work(ground))


@app.command
def openapi() -> None:
    """Print the OpenAPI 3.1 document of all rooms (web/openapi.json is made from it)."""
    print(json.dumps(describe(), ensure_ascii=False, indent=1, sort_keys=True))


@app.command
def staff_password(code: str, *, home: Home = None) -> None:
    """Give one person a new password and print it, once; works beside a running house, and the audit tells of it."""

    async def work(ground: Ground) -> None:
        password = secrets.token_urlsafe(life.PASSWORD_BYTES)
        async with _house(ground) as house:
            await session.set_password(house.service_ctx("identity"), code=code, password=password)
        print(password)

    _in_house(home, "staff-password", work)


@app.command
def verify_audit(*, home: Home = None) -> None:
    """Recompute the audit chain and hold it against the second sink; exits 1 when something was changed."""

    async def work(ground: Ground) -> None:
        house = build_house(ground.settings, ground.keyring, ground.app_url)
        verdict = await verify(house.engine, house.sink)
        await house.engine.dispose()
        print(f"{verdict.rows} rows, {'sound' if verdict.sound else 'NOT SOUND'}")
        for fault in verdict.faults:
            print(f"  {fault}")
        if not verdict.sound:
            raise SystemExit(1)

    _in_house(home, "verify", work)


@app.command
def backup(folder: Path, *, home: Home = None) -> None:
    """Copy the whole house, its keys too, into a new folder; works beside a running house."""
    back_up(_settings(home), folder, say)
    say(f"backup complete in {folder.resolve()}; it holds the keys of the house, keep it as safe")


@app.command
def restore(folder: Path, *, home: Home = None) -> None:
    """Make a house from a backup, in a home that does not exist yet, and prove that it is the same."""
    settings = _settings(home)
    restore_house(settings, folder, say)
    say(f"house restored in {settings.home}; start it with: haoyou run --home {settings.home}")


def main() -> None:
    configure()
    try:
        app()
    except HouseBusy as busy:
        _explain_busy(busy)
    except (banks.NoBank, AppError) as error:
        print(f"haoyou: {error}", file=sys.stderr)
        sys.exit(1)


def _explain_busy(busy: HouseBusy) -> None:
    note: dict[str, Any] = {}
    with contextlib.suppress(ValueError):
        note = json.loads(str(busy))
    if "port" in note:
        print(f"haoyou: port {note['port']} is taken; choose another with --port N.", file=sys.stderr)
    elif "address" in note:
        print(f"haoyou: this house is already open at {note['address']} (process {note['pid']}).", file=sys.stderr)
    else:
        print(f"haoyou: another command is working on this house (process {note.get('pid', '?')}).", file=sys.stderr)
    sys.exit(1)

"""A backup taken while the house writes restores to the same house, and nothing else passes for one."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.ground import add_customers
from haoyou.backup import MANIFEST, BackupRefused, Manifest, back_up, read_backup, restore
from haoyou.centers.identity.tests import factories
from haoyou.kernel.audit import Sink, verify
from haoyou.kernel.db import embedded
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.server import Database, Server

ROOT = Path(__file__).parents[2]
FACTS = b"columns of a bank's day"
FACTS_PATH = "base/accounts/2026-11-20.run.parquet"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def silent(_line: str) -> None:
    pass


@pytest.fixture
def settings(house: House, database: Database, server: Server, tmp_path: Path) -> Settings:
    """The house of this test as its operator names it: its home with its keys, and its database by address."""
    assert house.settings.home == tmp_path
    shutil.copy(server.home / "secrets.json", tmp_path)
    return Settings(home=tmp_path, database_url=database.admin_url)


@pytest.fixture
async def lived_in(house: House, settings: Settings, database: Database, bank: factories.Bank) -> AsyncGenerator[House]:
    """Customers, a landed file of facts that the database names, and a file among the objects."""
    await add_customers(house, {"RM-O11": 30, "RM-O21": 20})
    for path, content in (
        (f"lake/{FACTS_PATH}", FACTS),
        ("objects/a/picture", b"\x00\x01"),
        ("lake/.landing/x", b"half"),
    ):
        (settings.home / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.home / path).write_bytes(content)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute(
            "insert into backoffice.import_run (id, source, bank_date, currency, status, report, known_at, done_at)"
            " values ('run', 'core', '2026-11-20', 'CNY', 'done', '[]', now(), now())"
        )
        connection.execute(
            "insert into backoffice.snapshot (run_id, dataset, bank_date, path, sha256, rows)"
            " values ('run', 'accounts', '2026-11-20', %s, %s, 1)",
            [FACTS_PATH, hashlib.sha256(FACTS).hexdigest()],
        )
    for number in range(3):
        async with house.service_ctx("tasks").write() as tx:
            tx.audit("looked_around", ids=[number])
        await house.sealer.seal()
    await house.settle()
    yield house


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder for other homes and backups that the database's own user may walk through."""
    folder = Path(tempfile.mkdtemp(prefix="haoyou-durability-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def other_database(server: Server, database: Database) -> Iterator[str]:
    """The address of an empty database."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("create database restored")
        yield database.admin_url.rsplit("/", 1)[0] + "/restored"
        connection.execute("drop database restored with (force)")


@pytest.fixture
async def made(lived_in: House, settings: Settings, elsewhere: Path) -> Manifest:
    return await asyncio.to_thread(back_up, settings, elsewhere / "backup", silent)


async def keep_writing(client: Client, acknowledged: list[str], stop: asyncio.Event) -> None:
    """To-dos of one person, one after the other."""
    person = client.as_staff("RM-O11")
    while not stop.is_set():
        body = {"title": f"backup {len(acknowledged)}", "due_on": factories.BANK_DATE.isoformat()}
        answer = await person.post("/api/tasks/v1/tasks", json=body)
        assert answer.status_code == 201
        acknowledged.append(answer.json()["id"])


async def wait_for_more(acknowledged: list[str], count: int) -> None:
    enough = len(acknowledged) + count
    while len(acknowledged) < enough:  # noqa: ASYNC110 - the test's own time limit ends it
        await asyncio.sleep(0.01)


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


CREATED = (
    "select (select count(*) from tasks.task where title->>'zh' like 'backup %'),"
    " (select count(*) from kernel.outbox o join tasks.task t on o.key = 'tasks,task:' || t.id),"
    " (select count(*) from kernel.idempotency where room = 'tasks'),"
    " (select count(*) from kernel.audit_log where entry->>'operation' = 'tasks.task_created')"
    " + (select count(*) from kernel.audit_pending where entry->>'operation' = 'tasks.task_created')"
)


@pytest.mark.slow
async def test_a_backup_under_writes_restores_to_one_moment_of_the_house(
    lived_in: House, settings: Settings, client: Client, elsewhere: Path
) -> None:
    stop = asyncio.Event()
    acknowledged: list[str] = []
    writers = [asyncio.create_task(keep_writing(client, acknowledged, stop)) for _ in range(3)]
    sealing = asyncio.create_task(seal_all_the_time(lived_in, stop))
    await wait_for_more(acknowledged, 5)
    made = await asyncio.to_thread(back_up, settings, elsewhere / "backup", silent)
    await wait_for_more(acknowledged, 5)
    stop.set()
    await asyncio.gather(*writers, sealing)

    said: list[str] = []
    home = elsewhere / "home"
    await asyncio.to_thread(restore, Settings(home=home), elsewhere / "backup", said.append)
    with embedded.start(home) as running:
        url = running.cluster.url()
        (counts,) = ask(url, CREATED)
        assert len(set(counts)) == 1, "a to-do without its message, its answer or its audit row, or the other way round"
        assert 5 <= int(str(counts[0])) < len(acknowledged), "the snapshot was to be taken while the writers wrote"
        assert ask(url, "select count(*) from customers.customer") == [(50,)]
        ((last, highest),) = ask(
            url, "select (select last_value from customers.customer_no_seq), (select max(no) from customers.customer)"
        )
        assert last == highest == 50
        engine = open_engine(running.cluster.url(), pool_size=1)
        verdict = await verify(engine, Sink(home / "audit" / "roots.jsonl"))
        await engine.dispose()
        assert (verdict.rows, verdict.faults) == (made.seal[0], ())
    assert (home / "lake" / FACTS_PATH).read_bytes() == FACTS
    assert (home / "objects/a/picture").read_bytes() == b"\x00\x01"
    assert (home / "secrets.json").read_bytes() == (settings.home / "secrets.json").read_bytes()
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert not list(home.glob("lake/.landing*"))
    assert f"read back: {len(made.tables)} tables, {made.rows} rows, every count and hash equal" in said


async def seal_all_the_time(house: House, stop: asyncio.Event) -> None:
    """As a busy house does: the second sink runs ahead of the snapshot."""
    while not stop.is_set():
        await house.sealer.seal()
        await asyncio.sleep(0.02)


async def test_a_backup_restores_into_an_empty_database_of_ones_own(
    made: Manifest, elsewhere: Path, other_database: str, database: Database
) -> None:
    settings = Settings(home=elsewhere / "home", database_url=other_database)
    await asyncio.to_thread(restore, settings, elsewhere / "backup", silent)
    for table in made.tables:
        query = f"select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {table.name} t"
        assert ask(other_database, query) == ask(database.admin_url, query), table.name
    assert made.rows > 300
    with pytest.raises(BackupRefused, match="holds a house already"):
        await asyncio.to_thread(
            restore, Settings(home=elsewhere / "third", database_url=other_database), elsewhere / "backup", silent
        )
    assert not (elsewhere / "third").exists()


FILES: list[Callable[[Manifest], str]] = [
    lambda made: max(made.tables, key=lambda table: table.rows).path,
    lambda made: min(made.tables, key=lambda table: table.rows).path,
    lambda _made: f"home/lake/{FACTS_PATH}",
    lambda _made: "home/audit/roots.jsonl",
    lambda _made: "home/secrets.json",
    lambda _made: MANIFEST,
    lambda _made: f"{MANIFEST}.sha256",
]


@pytest.mark.parametrize(
    "choose", FILES, ids=["table", "empty-table", "facts", "roots", "keys", "manifest", "its-hash"]
)
async def test_one_flipped_bit_anywhere_is_found_before_anything_is_made(
    made: Manifest, elsewhere: Path, choose: Callable[[Manifest], str]
) -> None:
    path = elsewhere / "backup" / choose(made)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BackupRefused, match=path.name if path.name != f"{MANIFEST}.sha256" else MANIFEST):
        restore(Settings(home=elsewhere / "home"), elsewhere / "backup", silent)
    assert not (elsewhere / "home").exists()


async def test_a_missing_file_is_found(made: Manifest, elsewhere: Path) -> None:
    (elsewhere / "backup/home/objects/a/picture").unlink()
    with pytest.raises(BackupRefused, match="home/objects/a/picture"):
        read_backup(elsewhere / "backup")


def rewrite(manifest: Path, **changed: object) -> None:
    """As another version of this program would have written it: whole, and with its hash."""
    written = json.dumps(json.loads(manifest.read_text()) | changed).encode()
    manifest.write_bytes(written)
    manifest.with_name(f"{MANIFEST}.sha256").write_text(hashlib.sha256(written).hexdigest())


@pytest.mark.parametrize(
    ("number", "words"), [("9999", r"newer version of haoyou \(tasks_9999\)"), ("0000", "older version of haoyou")]
)
async def test_a_backup_of_another_version_is_refused(
    made: Manifest, elsewhere: Path, other_database: str, number: str, words: str
) -> None:
    versions = [f"tasks_{number}" if one.startswith("tasks_") else one for one in made.versions]
    rewrite(elsewhere / "backup" / MANIFEST, versions=versions)
    settings = Settings(home=elsewhere / "home", database_url=other_database)
    with pytest.raises(BackupRefused, match=words):
        await asyncio.to_thread(restore, settings, elsewhere / "backup", silent)
    assert not settings.home.exists()


async def test_a_backup_of_a_tampered_record_does_not_restore(
    lived_in: House, settings: Settings, database: Database, elsewhere: Path, other_database: str
) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("update kernel.audit_log set at = at + interval '1 hour' where seq = 2")
    await asyncio.to_thread(back_up, settings, elsewhere / "backup", silent)
    target = Settings(home=elsewhere / "home", database_url=other_database)
    with pytest.raises(BackupRefused, match="row 2 was changed"):
        await asyncio.to_thread(restore, target, elsewhere / "backup", silent)
    assert not target.home.exists()


async def test_facts_that_the_database_names_must_be_in_the_backup(
    lived_in: House, settings: Settings, elsewhere: Path, other_database: str
) -> None:
    (settings.home / "lake" / FACTS_PATH).unlink()
    await asyncio.to_thread(back_up, settings, elsewhere / "backup", silent)
    target = Settings(home=elsewhere / "home", database_url=other_database)
    with pytest.raises(BackupRefused, match=FACTS_PATH):
        await asyncio.to_thread(restore, target, elsewhere / "backup", silent)
    assert not target.home.exists()


async def test_a_home_that_holds_anything_is_left_alone(made: Manifest, elsewhere: Path) -> None:
    home = elsewhere / "home"
    home.mkdir()
    (home / "mine").write_text("stays")
    with pytest.raises(BackupRefused, match="is not empty"):
        restore(Settings(home=home), elsewhere / "backup", silent)
    assert names_in(home) == ["mine"]


async def test_a_backup_never_overwrites_and_never_lies_in_the_house(
    made: Manifest, settings: Settings, elsewhere: Path
) -> None:
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(settings, elsewhere / "backup", silent)
    with pytest.raises(BackupRefused, match="inside the house"):
        back_up(settings, settings.home / "backup", silent)
    assert read_backup(elsewhere / "backup") == made
    assert names_in(elsewhere) == ["backup"]


async def test_a_backup_that_fails_leaves_nothing(lived_in: House, settings: Settings, elsewhere: Path) -> None:
    unreadable = settings.home / "objects" / "broken"
    unreadable.symlink_to("/proc/self/mem")  # a file that opens and cannot be read
    with pytest.raises(OSError):
        await asyncio.to_thread(back_up, settings, elsewhere / "backup", silent)
    assert names_in(elsewhere) == []


def test_no_house_no_backup_and_none_is_made(elsewhere: Path) -> None:
    command = [sys.executable, "-m", "haoyou", "backup", str(elsewhere / "backup"), "--home", str(elsewhere / "home")]
    environment = {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, f"haoyou: There is no house in {elsewhere / 'home'}.\n")
    assert names_in(elsewhere) == []


async def test_the_manifest_is_what_was_written(made: Manifest, elsewhere: Path) -> None:
    assert read_backup(elsewhere / "backup") == made
    assert all(len(table.sha256) == 64 for table in made.tables)
    assert {table.name.split(".")[0] for table in made.tables} >= {"kernel", "identity", "customers", "tasks"}

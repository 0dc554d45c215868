"""The audit chain: complete, tampering shows, and nothing that must be recorded is done while it is not."""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from haoyou.kernel.audit import GENESIS, ROWS_PER_SEAL, Verdict, link, verify
from haoyou.kernel.errors import Unavailable
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from tests.kernel.conftest import person
from tests.kernel.rooms import add_item, list_items

pytestmark = pytest.mark.house(running=False)
ROWS, SEED, TAMPERINGS = 40, 20261122, 15


async def write_rows(house: House, count: int, start: int = 0) -> None:
    async with house.service_ctx("probe").write() as tx:
        for n in range(start, start + count):
            tx.audit("thing_done", ids=[n], reason="因为 a reason", amount=n)


async def seal_in_parts(house: House, parts: int = 4) -> None:
    """Several seals, so that the second sink knows several roots."""
    for part in range(parts):
        await write_rows(house, ROWS // parts, part * ROWS // parts)
        await house.sealer.seal()


async def check(house: House) -> Verdict:
    return await verify(house.engine, house.sink)


async def test_what_was_done_is_sealed_and_sound(house: House) -> None:
    await seal_in_parts(house)
    assert await check(house) == Verdict(ROWS, ())
    assert [seq for seq, _ in house.sink.roots()] == [10, 20, 30, 40]


async def test_an_entry_says_who_what_which_and_why(house: House, admin: Connection) -> None:
    ctx = person(house, 7, units=(1,))
    item_id = await add_item(ctx, words="w")
    await house.sealer.seal()
    (entry,) = admin.execute(text("select entry from kernel.audit_log")).scalars()
    assert entry == {
        "operation": "probe.item_added",
        "who": "person:7",
        "caused_by": 7,
        "post": 0,
        "ids": [str(item_id)],
        "count": 1,
        "reason": "a test",
        "request": ctx.request_ref,
    }


async def test_a_transaction_that_fails_leaves_no_entry(house: House) -> None:
    with pytest.raises(ZeroDivisionError):
        async with house.service_ctx("probe").write() as tx:
            tx.audit("thing_done")
            raise ZeroDivisionError
    await house.sealer.seal()
    assert await check(house) == Verdict(0, ())


async def test_a_long_list_is_recorded_by_its_length(house: House, admin: Connection) -> None:
    async with house.service_ctx("probe").write() as tx:
        tx.audit("things_listed", ids=range(5_000))
    await house.sealer.seal()
    (entry,) = admin.execute(text("select entry from kernel.audit_log")).scalars()
    assert (len(entry["ids"]), entry["count"]) == (200, 5_000)


Tampering = Callable[[Connection, random.Random], None]


def edit(admin: Connection, chance: random.Random) -> None:
    change = text('update kernel.audit_log set entry = entry || \'{"who": "person:99"}\' where seq = :seq')
    admin.execute(change, {"seq": chance.randint(1, ROWS)})


def edit_time(admin: Connection, chance: random.Random) -> None:
    change = text("update kernel.audit_log set at = at - interval '1 microsecond' where seq = :seq")
    admin.execute(change, {"seq": chance.randint(1, ROWS)})


def edit_hash(admin: Connection, chance: random.Random) -> None:
    change = text("update kernel.audit_log set hash = sha256(hash) where seq = :seq")
    admin.execute(change, {"seq": chance.randint(1, ROWS)})


def delete(admin: Connection, chance: random.Random) -> None:
    admin.execute(text("delete from kernel.audit_log where seq = :seq"), {"seq": chance.randint(1, ROWS - 1)})


def delete_and_close_up(admin: Connection, chance: random.Random) -> None:
    seq = chance.randint(1, ROWS - 1)
    admin.execute(text("delete from kernel.audit_log where seq = :seq"), {"seq": seq})
    for later in range(seq + 1, ROWS + 1):
        admin.execute(text("update kernel.audit_log set seq = :seq - 1 where seq = :seq"), {"seq": later})


def insert(admin: Connection, chance: random.Random) -> None:
    seq = chance.randint(1, ROWS)
    for later in range(ROWS, seq - 1, -1):
        admin.execute(text("update kernel.audit_log set seq = :seq + 1 where seq = :seq"), {"seq": later})
    admin.execute(
        text("insert into kernel.audit_log select :seq, at, entry, hash from kernel.audit_log where seq = :seq + 1"),
        {"seq": seq},
    )


def append(admin: Connection, chance: random.Random) -> None:
    admin.execute(
        text("insert into kernel.audit_log select :seq + 1, at, entry, hash from kernel.audit_log where seq = :seq"),
        {"seq": ROWS},
    )


def swap(admin: Connection, chance: random.Random) -> None:
    first, second = chance.sample(range(1, ROWS + 1), 2)
    for was, becomes in ((first, -1), (second, first), (-1, second)):
        admin.execute(
            text("update kernel.audit_log set seq = :becomes where seq = :was"), {"was": was, "becomes": becomes}
        )


def cut_tail(admin: Connection, chance: random.Random) -> None:
    admin.execute(text("delete from kernel.audit_log where seq > :seq"), {"seq": chance.randint(0, ROWS - 1)})


def cut_tail_and_seal(admin: Connection, chance: random.Random) -> None:
    """A careful cut: the seal is set back to the row that is now the last."""
    keep = chance.randint(1, ROWS - 1)
    admin.execute(text("delete from kernel.audit_log where seq > :seq"), {"seq": keep})
    reseal(admin)


def rewrite(admin: Connection, chance: random.Random) -> None:
    """Whoever owns the database changes a row and computes every hash after it anew: only the second sink can tell."""
    edit(admin, chance)
    root = GENESIS
    for row in admin.execute(text("select seq, at, entry from kernel.audit_log order by seq")).all():
        root = link(root, row.seq, row.at, row.entry)
        admin.execute(text("update kernel.audit_log set hash = :hash where seq = :seq"), {"hash": root, "seq": row.seq})
    reseal(admin)


def rewrite_and_cut(admin: Connection, chance: random.Random) -> None:
    rewrite(admin, chance)
    admin.execute(text("delete from kernel.audit_log where seq > :seq"), {"seq": ROWS - 3})
    reseal(admin)


def empty(admin: Connection, chance: random.Random) -> None:
    admin.execute(text("truncate kernel.audit_log, kernel.audit_seal"))


def lose_the_seal(admin: Connection, chance: random.Random) -> None:
    admin.execute(text("update kernel.audit_seal set hash = sha256(hash)"))


def remove_the_seal(admin: Connection, chance: random.Random) -> None:
    admin.execute(text("truncate kernel.audit_seal"))


def reseal(admin: Connection) -> None:
    admin.execute(
        text(
            "update kernel.audit_seal set (seq, hash) ="
            " (select l.seq, l.hash from kernel.audit_log l order by l.seq desc limit 1)"
        )
    )


KINDS: tuple[Tampering, ...] = (
    edit,
    edit_time,
    edit_hash,
    delete,
    delete_and_close_up,
    insert,
    append,
    swap,
    cut_tail,
    cut_tail_and_seal,
    rewrite,
    rewrite_and_cut,
    empty,
    lose_the_seal,
    remove_the_seal,
)


@pytest.mark.parametrize("tamper", KINDS)
async def test_every_tampering_is_found(house: House, admin: Connection, tamper: Tampering) -> None:
    await seal_in_parts(house)
    admin.execute(text("create table public.kept_log as table kernel.audit_log"))
    admin.execute(text("create table public.kept_seal as table kernel.audit_seal"))
    chance = random.Random(f"{SEED} {tamper.__name__}")
    unseen = 0
    for _ in range(TAMPERINGS):
        tamper(admin, chance)
        unseen += (await check(house)).sound
        admin.execute(
            text(
                "truncate kernel.audit_log, kernel.audit_seal; insert into kernel.audit_log table public.kept_log;"
                " insert into kernel.audit_seal table public.kept_seal"
            )
        )
        assert (await check(house)).sound, "the log was not put back: the next finding would prove nothing"
    assert unseen == 0


async def test_a_second_sink_that_was_shortened_is_no_alarm_but_one_that_was_changed_is(house: House) -> None:
    """A line that a crash cut off was never relied on; a root that differs is a fault of one of the two."""
    await seal_in_parts(house)
    path = house.settings.home / "audit" / "roots.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) + lines[-1][:20])
    assert (await check(house)).sound
    root = json.loads(lines[0])
    path.write_text("".join([json.dumps(root | {"hash": "00" * 32}) + "\n", *lines[1:]]))
    assert (await check(house)).faults == ("row 10 differs from the second sink",)


async def test_the_house_itself_may_not_change_what_is_sealed(house: House) -> None:
    await seal_in_parts(house)
    for statement in ("delete from kernel.audit_log", "update kernel.audit_log set seq = seq"):
        async with house.engine.connect() as connection:
            await connection.execute(text("select set_config('role', 'haoyou_kernel', true)"))
            with pytest.raises(Exception, match="permission denied for table audit_log"):
                await connection.execute(text(statement))


async def test_two_sealers_make_one_chain(make_house, house: House) -> None:  # type: ignore[no-untyped-def]
    other = await make_house()
    for n in range(5):
        await write_rows(house, 20, n * 20)
        await asyncio.gather(*(one.sealer.seal() for one in (house, other) for _ in range(4)))
    assert await check(house) == Verdict(100, ())


async def test_more_rows_than_one_seal_takes_are_all_sealed(house: House, admin: Connection) -> None:
    admin.execute(
        text("insert into kernel.audit_pending (entry, at) select '{}', '2026-11-20' from generate_series(1, :rows)"),
        {"rows": ROWS_PER_SEAL + 7},
    )
    assert await house.sealer.seal() == ROWS_PER_SEAL
    assert await house.sealer.seal() == 7
    assert await check(house) == Verdict(ROWS_PER_SEAL + 7, ())


def stop_sealing(admin: Connection) -> None:
    """The record cannot be written; everything else works."""
    admin.execute(text("revoke insert on kernel.audit_log from haoyou_kernel"))


async def test_while_the_record_is_behind_nothing_that_must_be_recorded_is_done(
    house: House, admin: Connection, clock: SetClock
) -> None:
    await write_rows(house, 1)
    stop_sealing(admin)
    clock.jump(clock() + timedelta(seconds=4.9))
    await add_item(house.service_ctx("probe"), words="in time")
    clock.jump(clock() + timedelta(seconds=0.2))
    with pytest.raises(Unavailable, match="audit record is behind"):
        await add_item(house.service_ctx("probe"), words="too late")
    with pytest.raises(Unavailable):
        async with house.service_ctx("probe").audited_read():
            pass
    assert await list_items(house.service_ctx("probe")) == ["in time"]  # what needs no record goes on

    admin.execute(text("grant insert on kernel.audit_log to haoyou_kernel"))
    await add_item(house.service_ctx("probe"), words="again")
    await house.sealer.seal()
    assert (await check(house)).sound


async def test_the_caller_is_told_503(client: Client, house: House, admin: Connection, clock: SetClock) -> None:
    await write_rows(house, 1)
    stop_sealing(admin)
    clock.jump(clock() + timedelta(seconds=6))
    one = client.as_staff("1")
    answers = [
        await one.post("/api/probe/v1/counts", json={"words": "w"}),
        await one.get("/api/probe/v1/audited"),
        await one.get("/api/probe/v1/items"),
    ]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["code"] == "unavailable"
    assert admin.execute(text("select count(*) from probe.done")).scalar_one() == 0


async def test_a_sink_that_cannot_be_written_puts_the_record_behind(house: House, clock: SetClock) -> None:
    path = house.settings.home / "audit" / "roots.jsonl"
    await write_rows(house, 1)
    path.mkdir()  # neither a file nor to be made one
    clock.jump(clock() + timedelta(seconds=6))
    with pytest.raises(Unavailable):
        await write_rows(house, 1)
    path.rmdir()
    await write_rows(house, 1)
    await house.sealer.seal()
    assert (await check(house)).sound
    assert [seq for seq, _ in house.sink.roots()][-1] == 2


async def test_a_machine_that_was_merely_busy_is_not_refused(house: House, clock: SetClock) -> None:
    clock.jump(clock() + timedelta(hours=1))
    await add_item(house.service_ctx("probe"), words="late, but sealed")
    assert await list_items(house.service_ctx("probe")) == ["late, but sealed"]


async def test_whoever_finds_the_record_behind_waits_for_the_seal_that_is_under_way(
    house: House, admin: Connection, clock: SetClock
) -> None:
    await write_rows(house, 1)
    admin.execute(text("begin; select pg_advisory_xact_lock(9025)"))  # another sealer has its turn
    clock.jump(clock() + timedelta(seconds=6))
    late = [asyncio.create_task(add_item(house.service_ctx("probe"), words=word)) for word in ("one", "two")]
    done, _ = await asyncio.wait(late, timeout=0.5)
    assert not done
    admin.execute(text("commit"))
    await asyncio.gather(*late)
    assert sorted(await list_items(house.service_ctx("probe"))) == ["one", "two"]


def test_a_root_depends_on_all_before_it(tmp_path: Path, clock: SetClock) -> None:
    first = link(GENESIS, 1, clock(), {"a": 1, "b": "二"})
    assert first == link(GENESIS, 1, clock(), {"b": "二", "a": 1}), "the order of words in a document means nothing"
    assert len({first, link(first, 1, clock(), {"a": 1}), link(GENESIS, 2, clock(), {"a": 1, "b": "二"})}) == 3

"""What the measurements would miss if they could not see: each fault is planted once and must be counted."""

import psycopg
import pytest

from bench.ground import add_customers
from bench.promises import kill, pool, relay
from haoyou.centers.identity.tests import factories
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.server import Database


@pytest.mark.parametrize(
    ("heard", "faults"),
    [
        ([("a", 1), ("b", 11), ("a", 2)], (0, 0, 0)),
        ([("a", 1), ("b", 11)], (1, 0, 0)),
        ([("a", 1), ("b", 11), ("a", 2), ("a", 2)], (0, 1, 0)),
        ([("a", 2), ("b", 11), ("a", 1)], (0, 0, 1)),
    ],
)
def test_the_relay_s_judge_sees_a_loss_a_double_and_a_disorder(
    heard: list[tuple[str, int]], faults: tuple[int, int, int]
) -> None:
    assert tuple(figure.value for figure in relay.judge(heard, events=3)) == faults


async def test_without_row_level_security_foreign_rows_are_counted(house: House, database: Database) -> None:
    people = await pool.two_managers(house, 4)
    assert await pool.alternate(house, people, pool.Dose(6, 4)) == pool.Seen(turns=6)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("alter table customers.listing disable row level security")
    leaked = await pool.alternate(house, people, pool.Dose(6, 4))
    assert (leaked.foreign, leaked.missing, leaked.without_scope) == (24, 0, 16)


PLANTED = {
    "lost": "delete from tasks.task where id = (select id from tasks.task order by id limit 1)",
    "doubled": "insert into tasks.task select gen_random_uuid(), {rest} from tasks.task order by id limit 1",
    "told_less": "delete from kernel.outbox where seq ="
    " (select min(seq) from kernel.outbox where key like 'tasks,task:%')",
    "told_more": "insert into kernel.outbox (id, room, message, version, key, partition, body, caused_by, request_ref,"
    " told_at) select gen_random_uuid(), room, message, version, key, partition, body, caused_by, request_ref, told_at"
    " from kernel.outbox where key like 'tasks,task:%' order by seq limit 1",
}


@pytest.mark.parametrize("fault", PLANTED)
async def test_the_examination_after_the_storm_sees_what_was_planted(
    client: Client, house: House, bank: factories.Bank, database: Database, fault: str
) -> None:
    await add_customers(house, {"RM-O11": 1})
    acts: list[kill.Act] = []
    for number in range(3):
        word = f"bench {number}"
        body = {"title": word, "due_on": factories.BANK_DATE.isoformat()}
        answer = await client.as_staff("RM-O11").post("/api/tasks/v1/tasks", json=body)
        assert answer.status_code == 201
        acts.append(kill.Act(word, "tasks/v1/tasks", body, "key"))
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        sound = kill.examine(connection, acts)
        assert set(sound.values()) == {0}
        names = connection.execute(
            "select string_agg(attname, ', ' order by attnum) from pg_attribute"
            " where attrelid = 'tasks.task'::regclass and attnum > 1 and not attisdropped"
        ).fetchone()
        assert names
        connection.execute(PLANTED[fault].replace("{rest}", names[0]).encode())
        assert kill.examine(connection, acts)[fault] == 1

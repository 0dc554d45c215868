"""Every wall falls when it is broken: a guard that nobody has seen fail is not a guard."""

import pytest

from tests.architecture import lints, walls
from tests.architecture.conftest import Garden
from tests.architecture.linter import lint_imports

CENTERS = "src/haoyou/centers"
LOW, HIGH, BESIDE = f"{CENTERS}/planted_low", f"{CENTERS}/planted_high", f"{CENTERS}/planted_beside"
OF = "from haoyou.centers."


@pytest.mark.parametrize(
    ("contract", "path", "text", "named"),
    [
        ("storeys", "src/haoyou/kernel/ids.py", f"{OF}planted_low import contract\n", "haoyou.kernel.ids"),
        ("storeys", "src/haoyou/kernel/ids.py", "from haoyou.gateway import limits\n", "haoyou.kernel.ids"),
        ("storeys", "src/haoyou/kernel/ids.py", "from haoyou.lake import door\n", "haoyou.kernel.ids"),
        ("storeys", "src/haoyou/lake/door.py", f"{OF}planted_low import contract\n", "haoyou.lake.door"),
        ("storeys", "src/haoyou/gateway/limits.py", f"{OF}planted_low import contract\n", "haoyou.gateway.limits"),
        ("storeys", f"{LOW}/service.py", "from haoyou.gateway import limits\n", "planted_low.service"),
        ("storeys", f"{LOW}/service.py", "from haoyou import rooms\n", "planted_low.service"),
        (
            "storeys",
            f"{LOW}/service.py",
            "def act():\n    from haoyou import app\n    return app\n",
            "planted_low.service",
        ),
        ("storeys", "src/haoyou/common.py", "NUMBER = 1\n", "haoyou.common"),
        ("gateway", "src/haoyou/gateway/limits.py", "from haoyou.lake import door\n", "haoyou.gateway.limits"),
        ("doors", f"{HIGH}/service.py", f"{OF}planted_low import store\n", "planted_high.service"),
        ("doors", f"{HIGH}/service.py", f"{OF}planted_low.tables import task\n", "planted_high.service"),
        ("doors", f"{HIGH}/tests/test_it.py", f"{OF}planted_low import service\n", "planted_high.tests.test_it"),
        ("pure", f"{LOW}/rules.py", "import sqlalchemy\n", "planted_low.rules"),
        ("pure", f"{LOW}/rules.py", "from haoyou.kernel.clock import system_now\n", "planted_low.rules"),
        ("pure", f"{LOW}/contract.py", "import fastapi\n", "planted_low.contract"),
        ("pure", f"{LOW}/contract.py", "from haoyou.kernel.web.page import Page\n", "planted_low.contract"),
        ("pure", f"{LOW}/contract.py", "from haoyou.kernel.db.engine import role_of\n", "planted_low.contract"),
        ("banks", "demobank/feed.py", "from haoyou.lake import door\n", "demobank.feed"),
        ("banks", "src/haoyou/lake/door.py", "from demobank import feed\n", "haoyou.lake.door"),
    ],
)
def test_import_linter_sees(garden: Garden, contract: str, path: str, text: str, named: str) -> None:
    with garden.plant(path, text):
        code, said = lint_imports(garden.root, contract)
    assert code == 1, said
    assert "BROKEN" in said
    assert named in said


@pytest.mark.parametrize("contract", ["storeys", "gateway", "doors", "pure", "banks"])
def test_import_linter_is_content_without_a_plant(garden: Garden, contract: str) -> None:
    code, said = lint_imports(garden.root, contract)
    assert code == 0, said


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (f"{LOW}/service.py", f"{OF}planted_high import contract\n", "planted_low.service:1 looks up or sideways"),
        (f"{HIGH}/service.py", f"{OF}planted_beside import contract\n", "planted_high.service:1 looks up or sideways"),
        (f"{LOW}/contract.py", f"{OF}planted_high import contract\n", "planted_low.contract:1 looks up or sideways"),
        (
            f"{HIGH}/service.py",
            f"{OF}planted_low import service\n",
            "planted_high.service:1 enters planted_low through service",
        ),
        (f"{HIGH}/service.py", "from haoyou.centers import planted_low\n", "planted_high.service:1 enters planted_low"),
        (
            f"{HIGH}/service.py",
            f"{OF}planted_low.tests import factories\n",
            "planted_high.service:1 enters planted_low",
        ),
        (f"{LOW}/tests/test_it.py", f"{OF}planted_high.tests import factories\n", "test_it:1 looks up or sideways"),
        (
            f"{HIGH}/service.py",
            f"def ask():\n    {OF}planted_low import rules\n",
            "planted_high.service:2 enters planted_low",
        ),
    ],
)
def test_a_room_that_looks_up_or_climbs_in(garden: Garden, path: str, text: str, words: str) -> None:
    with garden.plant(path, text) as modules:
        assert [one for one in walls.check_storeys(modules) if words in one]


def test_rooms_may_ask_below(garden: Garden) -> None:
    with garden.plant(f"{HIGH}/service.py", f"{OF}planted_low import contract\n") as modules:
        assert [one for one in walls.check_storeys(modules) if "planted" in one] == []
    with garden.plant(f"{HIGH}/tests/test_it.py", f"{OF}planted_low.tests import factories\n") as modules:
        assert [one for one in walls.check_storeys(modules) if "planted" in one] == []


def test_a_folder_without_a_manifest_is_no_room(garden: Garden) -> None:
    with garden.plant(f"{HIGH}/service.py", f"{OF}planted_nowhere import contract\n") as modules:
        seen = set(walls.check_storeys(modules)) - set(walls.check_storeys(garden.modules))
    assert seen == {"haoyou.centers.planted_high.service:1 uses planted_nowhere, and one of the two has no manifest"}


@pytest.mark.parametrize(
    ("part", "uses", "words"),
    [
        ("store", "service", "store uses service, which is not below it"),
        ("rules", "store", "rules uses store, which is not below it"),
        ("rules", "session", "rules uses session, which is not below it"),
        ("contract", "rules", "contract uses rules, which is not below it"),
        ("contract", "tables", "contract uses tables, which is not below it"),
        ("service", "api", "service uses api, which is not below it"),
        ("session", "reactions", "session uses reactions, which is not below it"),
        ("api", "reactions", "api uses reactions, which is not below it"),
        ("api", "store", "api opens the store"),
        ("reactions", "store", "reactions opens the store"),
        ("jobs", "store", "jobs opens the store"),
        ("center", "store", "center opens the store"),
        ("api", "tables", "api uses the tables"),
        ("service", "tables", "service uses the tables"),
        ("session", "center", "session uses center, which is not below it"),
        ("service", "tests", "service uses tests, which is not below it"),
        ("migrations/m1", "contract", "migrations uses contract, which is not below it"),
    ],
)
def test_a_part_that_is_in_the_wrong_place(garden: Garden, part: str, uses: str, words: str) -> None:
    with garden.plant(f"{LOW}/{part}.py", f"{OF}planted_low import {uses}\n") as modules:
        assert [one for one in walls.check_floor_plan(modules) if words in one and "planted_low" in one]


@pytest.mark.parametrize(
    ("part", "uses"),
    [
        ("center", "tables"),
        ("center", "api"),
        ("service", "session"),
        ("api", "session"),
        ("store", "rules"),
        ("store", "tables"),
    ],
)
def test_a_part_may_use_what_is_below(garden: Garden, part: str, uses: str) -> None:
    with garden.plant(f"{LOW}/{part}.py", f"{OF}planted_low import {uses}\n") as modules:
        assert [one for one in walls.check_floor_plan(modules) if "planted" in one] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{LOW}/migrations/m1.py", f"{OF}planted_low import tables\n"),
        (f"{LOW}/migrations/m1.py", "from haoyou.kernel import ids\n"),
        ("src/haoyou/kernel/migrations/m1.py", "def upgrade():\n    from haoyou.kernel import tables\n"),
    ],
)
def test_a_migration_that_does_not_stand_alone(garden: Garden, path: str, text: str) -> None:
    with garden.plant(path, text) as modules:
        (seen,) = walls.check_migrations(modules)
    assert seen.endswith("; a migration stands alone")


def test_a_room_that_acts_when_imported(garden: Garden) -> None:
    with garden.plant(f"{LOW}/__init__.py", "NUMBER = 1\n") as modules:
        assert walls.check_room_packages(modules) == ["haoyou.centers.planted_low is not empty"]


@pytest.mark.parametrize("name", ["utils", "helpers", "task_manager", "common"])
def test_a_name_that_says_nothing(garden: Garden, name: str) -> None:
    with garden.plant(f"{LOW}/{name}.py", "") as modules:
        assert walls.check_names(modules) == [f"haoyou.centers.planted_low.{name} has a name that says nothing"]


SERVICE, STORE = f"{LOW}/service.py", f"{LOW}/store.py"


@pytest.mark.parametrize(
    ("lint", "path", "text", "words"),
    [
        (lints.sql_outside_store, SERVICE, "import sqlalchemy\n", "imports sqlalchemy"),
        (lints.sql_outside_store, f"{LOW}/api.py", "from sqlalchemy import text\n", "imports sqlalchemy"),
        (lints.sql_outside_store, "src/haoyou/gateway/limits.py", "import psycopg\n", "imports psycopg"),
        (lints.sql_outside_store, SERVICE, "Q = 'select id from task'\n", "holds SQL text"),
        (lints.sql_outside_store, SERVICE, "Q = f'''\n  delete from {1}'''\n", "holds SQL text"),
        (lints.sql_outside_store, SERVICE, "Q = 'update planted_low.task set id = 1'\n", "holds SQL text"),
        (lints.sql_outside_store, SERVICE, "def act(t):\n    return t.select()\n", "builds SQL with .select()"),
        (lints.foreign_schema, STORE, "Q = 'select 1 from planted_high.task'\n", "names the schema of planted_high"),
        (
            lints.foreign_schema,
            STORE,
            "Q = f'select 1 from a{1} join identity.staff'\n",
            "names the schema of identity",
        ),
        (lints.foreign_schema, STORE, "Q = 'delete from kernel.audit_log'\n", "names the schema of kernel"),
        (
            lints.foreign_schema,
            f"{LOW}/migrations/m1.py",
            "Q = 'create table a (b int references identity.staff)'\n",
            "names the schema of identity",
        ),
        (lints.other_clocks, SERVICE, "from datetime import datetime\nNOW = datetime.now()\n", "reads the clock"),
        (lints.other_clocks, SERVICE, "import datetime\nNOW = datetime.datetime.utcnow()\n", "reads the clock"),
        (lints.other_clocks, "src/haoyou/kernel/audit.py", "import time\nNOW = time.time()\n", "reads the clock"),
        (lints.other_clocks, SERVICE, "from datetime import date\nDAY = date.today()\n", "reads the clock"),
        (lints.other_clocks, STORE, "Q = 'update t set at = now()'\n", "lets the database read the clock"),
        (
            lints.other_clocks,
            STORE,
            "from sqlalchemy import func\nQ = func.now()\n",
            "lets the database read the clock",
        ),
        (lints.float_money, SERVICE, "amount: float = 0\n", "amount is money and a float"),
        (lints.float_money, SERVICE, "def pay(value_minor: float | None): ...\n", "value_minor is money and a float"),
        (lints.float_money, SERVICE, "def balance() -> float: ...\n", "balance is money and a float"),
        (
            lints.float_money,
            f"{LOW}/tables.py",
            "from sqlalchemy import Column, Numeric\nC = Column('a_minor', Numeric)\n",
            "is money and not a BigInteger",
        ),
        (
            lints.acting_for_itself,
            SERVICE,
            "def act(p):\n    return p.service_principal('identity')\n",
            "calls service_principal",
        ),
        (
            lints.values_in_clear,
            SERVICE,
            "def show(phone):\n    return phone.clear()\n",
            "planted_low.service.show calls .clear()",
        ),
        (
            lints.values_in_clear,
            SERVICE,
            "def show(phones):\n    return map(phones.clear, [])\n",
            "planted_low.service.show",
        ),
        (lints.too_long, SERVICE, "A = 1\n" * 501, "has 501 lines, more than 500"),
        (lints.too_long, SERVICE, "def act():\n" + "    a = 1\n" * 70, "act has 71 lines, more than 70"),
        (lints.acting_at_import, SERVICE, "print('here')\n", "acts when imported"),
    ],
)
def test_a_lint_sees(garden: Garden, lint: lints.Lint, path: str, text: str, words: str) -> None:
    with garden.plant(path, text) as modules:
        (seen,) = set(lint(modules)) - set(lint(garden.modules))
    assert words in seen


def test_every_lint_has_a_plant() -> None:
    planted = {mark.args[1][i][0] for mark in test_a_lint_sees.pytestmark for i in range(len(mark.args[1]))}  # type: ignore[attr-defined]
    assert planted == set(lints.LINTS)


def test_a_listed_place_that_shows_nothing_is_struck_off(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = garden.root / "clear_allowed.txt"
    listed.write_text("haoyou.centers.planted_low.service.show  was needed once\n")
    monkeypatch.setattr(lints, "CLEAR_ALLOWED", listed)
    with garden.plant(SERVICE, "def show(phone):\n    return str(phone)\n") as modules:
        assert (
            "clear_allowed.txt lists haoyou.centers.planted_low.service.show, which does not clear"
            in lints.values_in_clear(modules)
        )

"""The bank's own books: a DuckDB file beside its state, which nobody but the bank opens.

The journal has one row an entry: so many hundredths from the account debited to the account credited. Accounts of
customers and the bank's own (cash, clearing, interest, fees) are numbers of one kind, so that all balances sum to
nothing at any moment. A balance is what was credited less what was debited: a loan, a claim of the bank, is negative.

All chance is a hash of the seed, a word and who and when it is about: the same question has the same answer in any
order, on any number of cores, in the history and on a later day.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from demobank.guangxi import accounts, history, needs, numbers
from demobank.guangxi.chart import CUSTOMER_STEP, KIND_STEP
from demobank.guangxi.shape import EPOCH

MEMORY_LIMIT = "2500MB"
THREADS = 2

TABLES = """
CREATE TABLE customers (
    idx INTEGER, kind VARCHAR, living VARCHAR, active BOOLEAN, since DATE, income_fen BIGINT, payday TINYINT,
    payroll_until DATE, employer INTEGER, spend_bps INTEGER, spend_mean_fen BIGINT, outlet VARCHAR, line VARCHAR,
    name VARCHAR, birth_date DATE, sex VARCHAR, phone VARCHAR, id_kind VARCHAR, id_number VARCHAR, uscc VARCHAR,
    address VARCHAR, occupation VARCHAR, id_expires_on DATE, risk_level VARCHAR, risk_until DATE, changed_on DATE);
CREATE TABLE relationships (
    from_idx INTEGER, to_idx INTEGER, kind VARCHAR, share DECIMAL(9,4), from_date DATE, changed_on DATE);
CREATE TABLE institutions (
    institution_id VARCHAR, name_zh VARCHAR, name_en VARCHAR, kind VARCHAR, parent_id VARCHAR, changed_on DATE);
CREATE TABLE outlets (number INTEGER, institution_id VARCHAR, place VARCHAR, prefecture INTEGER);
CREATE TABLE towns (prefecture INTEGER, number INTEGER, name VARCHAR);
CREATE TABLE staff (
    staff_id VARCHAR, name VARCHAR, institution_id VARCHAR, role VARCHAR, lines VARCHAR, phone VARCHAR,
        changed_on DATE);
CREATE TABLE teams (outlet VARCHAR, line VARCHAR, turn INTEGER, size INTEGER, staff_id VARCHAR);
CREATE TABLE assignments (idx INTEGER, staff_id VARCHAR, kind VARCHAR, from_date DATE, changed_on DATE);
CREATE TABLE parties (party INTEGER, name VARCHAR);
CREATE TABLE kinds (kind UTINYINT, word VARCHAR, category VARCHAR, channel VARCHAR, text VARCHAR);
CREATE TABLE products (
    product_id VARCHAR, name_zh VARCHAR, name_en VARCHAR, kind VARCHAR, risk_level VARCHAR, months INTEGER,
    from_date DATE, changed_on DATE);
CREATE TABLE rates (product_id VARCHAR, from_date DATE, rate DECIMAL(9,4), changed_on DATE);
CREATE TABLE accounts (
    account BIGINT, idx INTEGER, kind VARCHAR, product_id VARCHAR, opened_on DATE, closed_on DATE,
    balance_fen BIGINT, rate DECIMAL(9,4), months INTEGER, matures_on DATE, renews BOOLEAN,
    principal_fen BIGINT, repayment VARCHAR, paid INTEGER, class VARCHAR, overdue_fen BIGINT,
    limit_fen BIGINT, due_dom TINYINT, interest_base BIGINT, interest_day DATE, changed_on DATE);
CREATE TABLE own_accounts (account BIGINT, name VARCHAR, balance_fen BIGINT);
CREATE TABLE journal (
    entry BIGINT, bank_date DATE, debit BIGINT, credit BIGINT, amount_fen BIGINT, kind UTINYINT, party INTEGER);
CREATE TABLE plans (idx INTEGER, due_on DATE, number BIGINT, amount_fen BIGINT, kind UTINYINT);
CREATE TABLE needs (
    need BIGINT, idx INTEGER, topic VARCHAR, opened_on DATE, decides_on DATE, amount_fen BIGINT, account BIGINT,
    luck DOUBLE, contacted BOOLEAN, said_yes BOOLEAN);
CREATE TABLE contacts (idx INTEGER, channel VARCHAR, topic VARCHAR, made_on DATE);
CREATE TABLE contact_files (file VARCHAR, rows INTEGER, refused INTEGER);
CREATE TABLE feeds (bank_date DATE, dataset VARCHAR, rows BIGINT, amount_fen BIGINT);
CREATE TABLE evening (bank_date DATE);
"""

# `h` draws a number, `chance` a share of one; `acc` numbers an account, `entry_no` an entry:
# day, customer, what, and which of theirs (`slot` of an account).
MACROS = """
CREATE TEMP MACRO h(word, who, nth) AS hash(word, {seed}::BIGINT, who::BIGINT, nth::BIGINT);
CREATE TEMP MACRO below(n, word, who, nth) AS (h(word, who, nth) % (n)::UBIGINT)::BIGINT;
CREATE TEMP MACRO chance(word, who, nth) AS (h(word, who, nth) % 1000003)::DOUBLE / 1000003;
CREATE TEMP MACRO pick(list, word, who, nth) AS list[1 + (h(word, who, nth) % len(list)::UBIGINT)::BIGINT];
CREATE TEMP MACRO dayno(day) AS (day - DATE '{epoch}')::INTEGER;
CREATE TEMP MACRO acc(kind, idx, number) AS kind::BIGINT * {kind_step} + idx::BIGINT * {customer_step} + number::BIGINT;
CREATE TEMP MACRO owner(account) AS ((account % {kind_step}) // {customer_step})::INTEGER;
CREATE TEMP MACRO entry_no(day, idx, kind, number) AS
    dayno(day)::BIGINT * 1000000000000 + idx::BIGINT * 10000 + kind::BIGINT * 100 + number::BIGINT;
CREATE TEMP MACRO slot(account) AS (account // {kind_step} - 1) * 20 + account % 20;
CREATE TEMP MACRO yuan(low, high, word, who, nth) AS (low + below(high - low, word, who, nth))::BIGINT * 100;
CREATE TEMP MACRO part(amount, low, high, word, who, nth) AS
    (amount * (low + (high - low) * chance(word, who, nth)))::BIGINT;
CREATE TEMP MACRO plus_months(day, months) AS (day + to_months(months))::DATE;
"""


def connect(path: Path, *, seed: int) -> duckdb.DuckDBPyConnection:
    """Open the books for one run, their chance bound to the bank's seed."""
    spill = path.with_name(f".{path.name}.spill")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": THREADS,
        "temp_directory": str(spill),
    }
    connection = duckdb.connect(str(path), config=config)
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        MACROS.format(seed=seed, epoch=EPOCH.isoformat(), kind_step=KIND_STEP, customer_step=CUSTOMER_STEP)
    )
    for macros in (numbers.MACROS, accounts.MACROS, history.MACROS, needs.MACROS):
        connection.execute(macros)
    return connection


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    """All of it or nothing: a run killed inside leaves the books as they were the evening before."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

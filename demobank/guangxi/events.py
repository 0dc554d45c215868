# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""What customers do of themselves: earn, spend, pay their bills, and now and then have a great deal of money come in.

Each statement proposes entries for the customers in `actives` (or `sleepers`) on the days in `days`. The same ones
make the history, many days and customers at a time, and a single later day. Nothing here knows a balance.
"""

from datetime import date, timedelta

from duckdb import DuckDBPyConnection

from demobank.guangxi.chart import ACQUIRER, CARD, CASH, CLEARING, DEMAND, FEES
from demobank.guangxi.people import BLOCK
from demobank.guangxi.shape import Shape
from demobank.guangxi.words import (
    FIRMS,
    FIRMS_FROM,
    KIND,
    MERCHANTS,
    MERCHANTS_FROM,
    OTHER,
    PEOPLE,
    PEOPLE_FROM,
    SELF,
)

_INTO = "INSERT INTO proposed (entry, bank_date, debit, credit, amount_fen, kind, party) "
_WHO = f"acc({DEMAND}, idx, 0)"
_DAY = "dayno(bank_date)"


def _comes_in(word: str, *, of: int, amount: str, party: str, source: str, own: int = CLEARING) -> str:
    return (
        f"{_INTO} SELECT entry_no(bank_date, idx, {KIND[word]}, {of}), bank_date, {own}, {_WHO}, {amount}, "
        f"{KIND[word]}, {party} FROM {source}"
    )


def _goes_out(word: str, *, of: int, amount: str, party: str, source: str, own: int = CLEARING) -> str:
    return (
        f"{_INTO} SELECT entry_no(bank_date, idx, {KIND[word]}, {of}), bank_date, {_WHO}, {own}, {amount}, "
        f"{KIND[word]}, {party} FROM {source}"
    )


def _on_dues(dom: str, condition: str = "true") -> str:
    return f"actives JOIN dues ON dues.dom = {dom} WHERE bank_date > since AND {condition}"


def _on_days(per_10000: str, word: str, condition: str = "true") -> str:
    """Days on which a customer's chance comes up, so many times in 10,000 days."""
    draw = f"below(10000, '{word}', idx, {_DAY})"
    return f"actives, days WHERE bank_date > since AND {condition} AND {draw} < {per_10000}"


_STILL_PAID = "(payroll_until IS NULL OR due <= payroll_until)"
_WORKER, _PENSIONER, _MERCHANT, _FIRM = (
    f"living = '{word}'" for word in ("worker", "pensioner", "merchant", "company")
)
_FIRM_PARTY = f"{FIRMS_FROM} + below({FIRMS}, 'firm', idx * 7 + below(6, 'which firm', idx, {_DAY}), 0)"
_PERSON_PARTY = f"{PEOPLE_FROM} + below({PEOPLE}, 'friend', idx * 7 + below(6, 'which friend', idx, {_DAY}), 0)"
_SHOP_PARTY = f"{MERCHANTS_FROM} + below({MERCHANTS}, 'shop', idx, {_DAY})"


def _incomes() -> list[str]:
    paid = part("income_fen", 0.95, 1.05, "salary")
    takings = part("income_fen", 0.4, 1.6, "takings")
    return [
        _comes_in(
            "salary", of=0, amount=paid, party="employer", source=_on_dues("payday", f"{_WORKER} AND {_STILL_PAID}")
        ),
        _comes_in("pension", of=0, amount="income_fen", party="1", source=_on_dues("payday", _PENSIONER)),
        _comes_in(
            "bonus",
            of=0,
            amount=part("income_fen", 1.0, 5.5, "bonus"),
            party="employer",
            source=_on_dues(
                "payday",
                f"{_WORKER} AND {_STILL_PAID} AND month(due) = 1 + below(2, 'bonus month', idx, year(due))"
                " AND below(100, 'bonus', idx, year(due)) < 55",
            ),
        ),
        _comes_in(
            "takings", of=0, amount=takings, party="0", own=ACQUIRER, source=_on_days("3000", "takings", _MERCHANT)
        ),
        _comes_in("receipt", of=0, amount=takings, party=_FIRM_PARTY, source=_on_days("2000", "receipt", _FIRM)),
        _comes_in(
            "cash_in", of=0, amount=yuan(2, 60, "cash in", 100), party="0", own=CASH, source=_on_days("40", "cash in")
        ),
    ]


def _outgoings() -> list[str]:
    spent = part("spend_mean_fen", 0.2, 1.8, "spent")
    way = f"below(100, 'way', idx, {_DAY})"
    paid = part("income_fen", 0.3, 1.55, "paid")
    return [
        _goes_out("purchase", of=0, amount=spent, party=_SHOP_PARTY, own=ACQUIRER,
                  source=_on_days("spend_bps", "spend", f"{way} < 42")),
        _goes_out("online_purchase", of=0, amount=spent, party="8", own=ACQUIRER,
                  source=_on_days("spend_bps", "spend", f"{way} >= 42 AND {way} < 70")),
        _goes_out("transfer_out", of=0, amount=spent, party=_PERSON_PARTY,
                  source=_on_days("spend_bps", "spend", f"{way} >= 70 AND {way} < 91")),
        _goes_out("withdrawal", of=0, amount=f"greatest(1, {spent} // 10000) * 10000", party="0", own=CASH,
                  source=_on_days("spend_bps", "spend", f"{way} >= 91")),
        _goes_out("payment", of=0, amount=paid, party=_FIRM_PARTY, source=_on_days("1500", "payment", _FIRM)),
        _goes_out("wages", of=0, amount=part("income_fen", 0.8, 1.0, "wages"), party="0",
                  source=_on_dues("payday", _FIRM)),
        _goes_out("tax", of=0, amount=part("income_fen", 0.1, 0.5, "tax"), party="3", source=_on_dues("15", _FIRM)),
        _goes_out("account_fee", of=0, amount="pick([1000, 3000, 5000], 'fee', idx, 0)::BIGINT", party="0", own=FEES,
                  source=_on_dues("25", _FIRM)),
        _goes_out("utilities", of=0, amount=f"{yuan(60, 420, 'utilities', 1)} + below(100, 'fen', idx, {_DAY})",
                  party="2", source=_on_dues("16", "below(100, 'has utilities', idx, 0) < 70")),
        _goes_out("premium", of=0, amount="yuan(80, 600, 'premium', idx, 0)", party="7",
                  source=_on_dues("12", "living <> 'company' AND below(100, 'insured', idx, 0) < 12")),
        _goes_out("rent", of=0, amount="yuan(800, 2600, 'rent', idx, 0)", party="10",
                  source=_on_dues("28", f"{_WORKER} AND below(100, 'rents', idx, 0) < 15")),
    ]  # fmt: skip


def _between_customers() -> list[str]:
    """Housekeeping money between spouses, from the first of a block to the second, both in these books."""
    couples = (
        f"(SELECT a.*, s.since AS other_since FROM actives a JOIN customers s ON s.idx = a.idx + 1"
        f" WHERE a.idx % {BLOCK} IN (0, 2) AND below(100, 'shares', a.idx, 0) < 40)"
    )
    return [
        (
            f"{_INTO} SELECT entry_no(bank_date, idx, {KIND['family']}, 0), bank_date, {_WHO}, "
            f"acc({DEMAND}, idx + 1, 0), "
            f"{part('income_fen', 0.1, 0.3, 'family')}, {KIND['family']}, {OTHER} "
            f"FROM {couples} JOIN dues ON dues.dom = 6 + idx % 20 WHERE bank_date > greatest(since, other_since)"
        )
    ]


# word, chance in ten million days of an active customer of a large bank, thousands of yuan from and to, from whom
_RARE = (
    ("from_other_bank", 3_300, 20, 200, SELF),
    ("securities", 2_000, 20, 300, 6),
    ("dividend", 900, 20, 120, 9),
    ("house_sale", 260, 300, 1_500, 4),
    ("demolition", 240, 150, 1_800, 5),
    ("claim", 320, 20, 160, 7),
)


def _rare_inflows(factor: int) -> list[str]:
    return [
        _comes_in(
            word,
            of=0,
            amount=f"{yuan(low, high, word, 1000)} + if(below(2, 'round', idx, {_DAY}) = 0, 0,"
            f" {yuan(0, 999, word + ' rest', 1)})",
            party=str(party),
            source=f"actives, days WHERE bank_date > since AND living <> 'company'"
            f" AND below(10000000, '{word}', idx, {_DAY}) < {chance * factor}",
        )
        for word, chance, low, high, party in _RARE
    ]


def _sleeping() -> list[str]:
    amount = yuan(1, 20, "asleep", 100)
    source = f"sleepers, days WHERE bank_date > since AND below(10000, 'asleep', idx, {_DAY}) "
    return [
        _comes_in("cash_in", of=1, amount=amount, party="0", own=CASH, source=f"{source} < 11"),
        _goes_out("withdrawal", of=1, amount=amount, party="0", own=CASH, source=f"{source} BETWEEN 11 AND 20"),
    ]


def _on_cards() -> list[str]:
    amount = f"yuan(20, 500, 'card spent', idx, {_DAY}) + below(100, 'card fen', idx, {_DAY})"
    return [
        (
            f"{_INTO} SELECT entry_no(bank_date, idx, {KIND['card_purchase']}, 0), bank_date, account, {ACQUIRER}, "
            f"{amount}, "
            f"{KIND['card_purchase']}, {_SHOP_PARTY} FROM spending_cards, days WHERE bank_date > opened_on "
            f"AND below(100, 'card used', idx, {_DAY}) < 12"
        )
    ]


def part(amount: str, low: float, high: float, word: str) -> str:
    return f"part({amount}, {low}, {high}, '{word}', idx, {_DAY})"


def yuan(low: int, high: int, word: str, step: int) -> str:
    return f"yuan({low}, {high}, '{word}', idx, {_DAY}) * {step}"


def make_days(books: DuckDBPyConnection, first: date, last: date) -> None:
    """The days to make, and which days of the month fall due on them: those of a weekend on the Friday before."""
    books.execute(
        """CREATE OR REPLACE TEMP TABLE days AS
           SELECT d::DATE AS bank_date FROM range($first::DATE, $end::DATE, INTERVAL 1 DAY) t(d)""",
        {"first": first, "end": last + timedelta(days=1)},
    )
    books.execute(
        """CREATE OR REPLACE TEMP TABLE dues AS
           SELECT d::DATE AS due, day(d)::INTEGER AS dom, d::DATE - greatest(0, isodow(d) - 5)::INTEGER AS bank_date
           FROM range($first::DATE, $end::DATE, INTERVAL 1 DAY) t(d)""",
        {"first": first, "end": last + timedelta(days=3)},
    )
    books.execute("DELETE FROM dues WHERE bank_date NOT BETWEEN $first AND $last", {"first": first, "last": last})


def propose(books: DuckDBPyConnection, *, first: int, end: int, shape: Shape) -> None:
    """Fill `proposed` with what the customers from `first` to before `end` do on the days in `days`."""
    bounds = {"first": first, "end": end}
    for name, condition in (("actives", "active"), ("sleepers", "NOT active")):
        books.execute(
            f"""CREATE OR REPLACE TEMP TABLE {name} AS
            SELECT idx, living, since, income_fen, payday::INTEGER AS payday, payroll_until, employer, spend_bps,
                spend_mean_fen
            FROM customers WHERE idx >= $first AND idx < $end AND {condition}""",
            bounds,
        )
    books.execute(
        f"""CREATE OR REPLACE TEMP TABLE spending_cards AS SELECT account, idx, opened_on FROM accounts
        WHERE account >= acc({CARD}, $first, 0) AND account < acc({CARD}, $end, 0) AND closed_on IS NULL""",
        bounds,
    )
    books.execute("CREATE OR REPLACE TEMP TABLE proposed AS SELECT * FROM journal LIMIT 0")
    for statement in (
        *_incomes(), *_outgoings(), *_between_customers(), *_rare_inflows(shape.event_factor),
        *_sleeping(), *_on_cards(),
    ):  # fmt: skip
        books.execute(statement)
    books.execute("DELETE FROM proposed WHERE amount_fen <= 0")

"""SQL of backoffice over landed facts: the rows of one feed, in the shape that identity and the sinks take."""

from collections.abc import Iterator
from datetime import date

from haoyou.centers.backoffice import contract
from haoyou.centers.identity import contract as identity
from haoyou.kernel.masking import Address, BirthDate, IdNumber, Phone
from haoyou.kernel.names import Name
from haoyou.lake.query import Lake


def list_institutions(facts: Lake) -> Iterator[identity.InstitutionRow]:
    query = (
        "SELECT institution_id, name_zh, name_en, kind, parent_id FROM institutions"
        " ORDER BY CASE kind WHEN 'head' THEN 0 WHEN 'branch' THEN 1 ELSE 2 END, institution_id"
    )
    for code, zh, en, kind, parent in facts.iter_rows(query):
        yield identity.InstitutionRow(code, Name(zh, en), identity.InstitutionKind(kind), parent)


def list_staff(facts: Lake) -> Iterator[identity.StaffRow]:
    for code, name, place, role, lines, left_on in facts.iter_rows(
        "SELECT staff_id, name, institution_id, role, lines, left_on FROM staff ORDER BY staff_id"
    ):
        yield identity.StaffRow(code, name, place, role, tuple(lines.split(";")), left_on)


def list_customers(facts: Lake) -> Iterator[contract.CustomerFact]:
    query = (
        "SELECT customer_id, kind, name, institution_id, line, birth_date, sex, phone, id_kind, id_number, uscc, since,"
        " address, occupation, id_expires_on, risk_level, risk_until FROM customers ORDER BY customer_id"
    )
    for code, kind, name, place, line, born, sex, phone, id_kind, id_number, uscc, since, *more in facts.iter_rows(
        query
    ):
        address, occupation, id_expires_on, risk_level, risk_until = more
        yield contract.CustomerFact(
            code=code,
            kind=kind,
            name=name,
            institution_code=place,
            line=line,
            birth_date=born and BirthDate(born.isoformat()),
            sex=sex,
            phone=phone and Phone(phone),
            id_kind=id_kind,
            id_number=id_number and IdNumber(id_number),
            uscc=uscc,
            since=since,
            address=address and Address(address),
            occupation=occupation,
            id_expires_on=id_expires_on,
            risk_level=risk_level and int(risk_level),
            risk_until=risk_until,
        )


def list_relationships(facts: Lake) -> Iterator[contract.RelationshipFact]:
    query = (
        "SELECT from_customer_id, to_customer_id, kind, share_ppm, from_date, to_date"
        " FROM relationships ORDER BY from_customer_id, to_customer_id, kind, from_date"
    )
    for row in facts.iter_rows(query):
        yield contract.RelationshipFact(*row)


def list_assignments(facts: Lake) -> Iterator[contract.AssignmentFact]:
    query = "SELECT customer_id, staff_id, kind, from_date, to_date FROM assignments ORDER BY customer_id, from_date"
    for row in facts.iter_rows(query):
        yield contract.AssignmentFact(*row)


def list_accounts(facts: Lake) -> Iterator[contract.AccountFact]:
    """The product by its name: `product` is the number of one that the bank has sent, or a name itself."""
    query = (
        "SELECT account_id, customer_id, a.kind, currency, coalesce(p.name_zh, a.product), principal_minor, opened_on,"
        " closed_on FROM accounts AS a LEFT JOIN products AS p ON p.product_id = a.product ORDER BY account_id"
    )
    for row in facts.iter_rows(query):
        yield contract.AccountFact(*row)


def list_terms(facts: Lake) -> Iterator[contract.TermFact]:
    query = (
        "SELECT account_id, rate_ppm, matures_on, NULL, CASE renews WHEN 'yes' THEN 'renews' WHEN 'no' THEN 'ends' END"
        " FROM deposits UNION ALL SELECT account_id, rate_ppm, due_on, NULL, class FROM loans"
        " UNION ALL SELECT account_id, NULL, expires_on, credit_limit_minor, status FROM cards ORDER BY account_id"
    )
    for row in facts.iter_rows(query):
        yield contract.TermFact(*row)


def list_balances(facts: Lake) -> Iterator[contract.BalanceFact]:
    """The last balance of each account in this feed; earlier ones stay in the lake."""
    query = (
        "SELECT account_id, max(bank_date), arg_max(balance_minor, bank_date)"
        " FROM balances GROUP BY account_id ORDER BY account_id"
    )
    for row in facts.iter_rows(query):
        yield contract.BalanceFact(*row)


def list_corrected_balances(standing: Lake, replaced: Lake, *, bank_date: date) -> Iterator[contract.BalanceFact]:
    """After a restatement: what every account that the replaced files spoke of holds at the end of that day.

    An account whose balance the bank has taken back stands as it stood before; one that had none before, at nothing.
    """
    accounts = replaced.iter_rows("SELECT DISTINCT account_id FROM balances ORDER BY account_id")
    balances = standing.iter_rows(
        "SELECT account_id, arg_max(balance_minor, bank_date) FROM balances GROUP BY account_id ORDER BY account_id"
    )
    code, balance_minor = next(balances, ("", 0))
    is_over = not code
    for (account,) in accounts:
        while not is_over and code < account:
            code, balance_minor = next(balances, ("", 0))
            is_over = not code
        yield contract.BalanceFact(account, bank_date, 0 if is_over or code != account else balance_minor)

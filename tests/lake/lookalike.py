"""A small bank in the format of the PKDD'99 files, written by us from a seed: for machines without the real files."""

import gzip
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

FIRST_DAY = date(1993, 1, 4)
LAST_DAY = date(1994, 3, 31)
DISTRICTS = (
    (1, "Hlavni mesto", "Prague"),
    (2, "Dolni", "south Bohemia"),
    (3, "Horni", "north Moravia"),
    (4, "Nova", "north Moravia"),
)
ACCOUNTS = 48
LARGE_EVERY = 3  # every third account has a large inflow in the first quarter of 1994


@dataclass
class _Files:
    accounts: list[str] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    disps: list[str] = field(default_factory=list)
    loans: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    trans: list[tuple[date, int, str, str, int, str, str]] = field(default_factory=list)


def write_lookalike(folder: Path, *, seed: int = 1) -> Path:
    """Write the files; the same seed writes the same bytes."""
    random = Random(seed)
    files = _Files()
    for number in range(1, ACCOUNTS + 1):
        _account(random, files, number)
    folder.mkdir(parents=True)
    _write(folder, "account.asc", '"account_id";"district_id";"frequency";"date"', files.accounts)
    _write(folder, "client.asc", '"client_id";"birth_number";"district_id"', files.clients)
    _write(folder, "disp.asc", '"disp_id";"client_id";"account_id";"type"', files.disps)
    _write(folder, "loan.asc", '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"', files.loans)
    _write(folder, "card.asc", '"card_id";"disp_id";"type";"issued"', files.cards)
    names = ";".join(f"A{number}" for number in range(1, 17))
    districts = [f'{number};"{name}";"{region}"' + ";0" * 13 for number, name, region in DISTRICTS]
    _write(folder, "district.asc", names, districts)
    _write_transactions(folder, files)
    return folder


def _yymmdd(day: date) -> str:
    return f"{day:%y%m%d}"


def _account(random: Random, files: _Files, number: int) -> None:
    opened = FIRST_DAY + timedelta(days=random.randrange(330, 420) if number % 12 == 0 else random.randrange(150))
    district = random.choice(DISTRICTS)[0]
    files.accounts.append(f'{number};{district};"POPLATEK MESICNE";{_yymmdd(opened)}')
    _client(random, files, number, number, "OWNER", district)
    if number % 5 == 0:
        _client(random, files, 1_000 + number, number, "DISPONENT", district)
    day, payday = opened, random.randrange(1, 28)
    salary = random.randrange(2_000, 9_000)
    files.trans.append((day, number, "PRIJEM", "VKLAD", 100_000, "", ""))
    while day <= LAST_DAY:
        if day.day == payday:
            files.trans.append(
                (day, number, "PRIJEM", "PREVOD Z UCTU", salary * 100, random.choice(("", "DUCHOD")), "AB")
            )
        if random.random() < 0.08:
            kind = random.choice(("VYDAJ", "VYBER"))
            files.trans.append((day, number, kind, "VYBER", random.randrange(100, salary * 30), "", ""))
        if random.random() < 0.02:
            files.trans.append((day, number, "PRIJEM", "VKLAD", random.randrange(1_000, 300_000), " ", ""))
        if (day + timedelta(days=1)).day == 1:
            files.trans.append((day, number, "PRIJEM", "", random.randrange(100, 9_000), "UROK", ""))
            files.trans.append((day, number, "VYDAJ", "VYBER", 1_460, "SLUZBY", ""))
        day += timedelta(days=1)
    if number % LARGE_EVERY == 0:
        _large_inflow(random, files, number, opened)


def _client(random: Random, files: _Files, client: int, account: int, kind: str, district: int) -> None:
    month = random.randrange(1, 13) + random.choice((0, 50))
    files.clients.append(f'{client};"{random.randrange(20, 75)}{month:02d}{random.randrange(1, 29):02d}";{district}')
    files.disps.append(f'{client};{client};{account};"{kind}"')


def _large_inflow(random: Random, files: _Files, number: int, opened: date) -> None:
    """It stays, leaves in part or whole, or is followed by a loan or card, early or late."""
    day = max(date(1994, 1, 1), opened) + timedelta(days=random.randrange(25))
    amount = random.randrange(30_000, 120_000) * 100
    files.trans.append((day, number, "PRIJEM", "VKLAD", amount, "", ""))
    turn = number // LARGE_EVERY % 5
    later = day + timedelta(days=random.randrange(1, 45))
    if turn in (1, 2, 4):
        files.trans.append(
            (later, number, "VYDAJ", "PREVOD NA UCET", amount * random.randrange(30, 100) // 100, "", "CD")
        )
    if turn in (2, 3):
        files.loans.append(f'{number};{number};{_yymmdd(later)};96396;12;8033.00;"B"')
    if turn == 4:
        files.cards.append(f'{number};{number};"classic";{_yymmdd(later)} 00:00:00')


def _write(folder: Path, name: str, header: str, lines: list[str]) -> None:
    (folder / name).write_bytes("".join(f"{line}\r\n" for line in (header, *lines)).encode("ascii"))


def _write_transactions(folder: Path, files: _Files) -> None:
    names = ("trans_id", "account_id", "date", "type", "operation", "amount", "balance", "k_symbol", "bank", "account")
    lines = [";".join(f'"{name}"' for name in names)]
    balances: dict[int, int] = {}
    for number, (day, account, kind, operation, minor, symbol, bank) in enumerate(sorted(files.trans), start=1):
        if day > LAST_DAY:
            continue
        balances[account] = balances.get(account, 0) + (minor if kind == "PRIJEM" else -minor)
        other = f'"{bank}";"{87_000_000 + account}"' if bank else ";"
        amounts = f"{minor / 100:.2f};{balances[account] / 100:.2f}"
        lines.append(f'{number};{account};{_yymmdd(day)};"{kind}";"{operation}";{amounts};"{symbol}";{other}')
    with gzip.GzipFile(folder / "trans.asc.gz", "wb", mtime=0) as file:
        file.write("".join(f"{line}\r\n" for line in lines).encode("ascii"))

"""Customers as a file, under control: a right of its own, a reason, a limit, whoever took it written in every row.

The file holds what the list shows, sensitive values masked, and exactly as many rows as the list counts; a file of
another size than the person was told of is refused.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from haoyou.centers.customers import listing, listing_store, rules, service
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Conflict
from haoyou.kernel.money import Money

BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets know that the file is UTF-8, and show Chinese
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
HEADINGS = (
    *("客户号", "客户", "类型", "条线", "等级", "资产", "存款", "贷款", "币种", "手机"),
    *("管户经理", "机构", "上次联系", "最近到期", "数据日期", "导出水印"),
)
WORDS = {
    "person": "个人", "organisation": "单位", "retail": "零售", "corporate": "对公",
    "platinum": "白金", "gold": "金卡", "silver": "银卡", "plain": "普通",
}  # fmt: skip
NAMES_AT_ONCE = 200  # of one question to identity: a page's worth


class ExportTooLarge(Conflict):
    """`rows_max`: as many as one file may hold."""

    code = "customers.export_too_large"
    title = "More customers than one file may hold; narrow the list"


class ExportChanged(Conflict):
    """`count`: as many as there are now."""

    code = "customers.export_changed"
    title = "The list has changed since it was counted; look again"


async def count(ctx: Ctx, *, wanted: rules.Wanted) -> int | None:
    """How many rows the file would have; None when they are more than one file may hold."""
    chosen = await listing.choose(ctx, wanted)
    async with ctx.read() as tx:
        return await listing_store.count(tx, ctx.principal.scope, chosen, limit=ctx.house.settings.export_rows_max)


async def export(ctx: Ctx, *, wanted: rules.Wanted, count: int, reason: str) -> list[str]:
    """The file, a line at a time; `count` is how many rows the person was told of."""
    rows_max = ctx.house.settings.export_rows_max
    chosen, scope = await listing.choose(ctx, wanted), ctx.principal.scope
    async with ctx.audited_read() as tx:
        counted = await listing_store.count(tx, scope, chosen, limit=rows_max)
        if counted is None:
            raise ExportTooLarge(rows_max=rows_max)
        rows = await listing_store.list_page(tx, scope, chosen, after=None, limit=rows_max + 1)
        if not len(rows) == counted == count:
            raise ExportChanged(count=counted)
        tx.audit("customers_exported", ids=[row.no for row in rows], reason=reason)
    lines = [service.line_of(ctx, row) for row in rows]
    names = [
        await service.names_of(ctx, lines[start : start + NAMES_AT_ONCE])
        for start in range(0, len(lines), NAMES_AT_ONCE)
    ]
    mark = _watermark(ctx)
    cells = (_cells(line, names[place // NAMES_AT_ONCE], mark) for place, line in enumerate(lines))
    return [BYTE_ORDER_MARK + _write(HEADINGS), *map(_write, cells)]


def _watermark(ctx: Ctx) -> str:
    """Who, when, and the reference by which the audit finds it; in every row, so that a part of the file tells too."""
    at = ctx.now.astimezone(ZoneInfo(ctx.house.settings.time_zone))
    return f"{ctx.principal.claims.get('code', '')} {ctx.principal.name} {at:%Y-%m-%d %H:%M} {ctx.request_ref}"


def _cells(line: service.Line, names: service.Names, mark: str) -> Sequence[str]:
    card = line.card
    place = names.institutions.get(card.institution_id)
    return (
        card.code,
        card.name or "",
        WORDS[card.kind],
        WORDS[card.line],
        WORDS[card.tier],
        _amount(card.aum),
        _amount(line.deposits),
        _amount(line.loans),
        card.aum.currency,
        str(line.phone or ""),
        names.staff.get(card.manager_id or 0, ""),
        place.zh if place else "",
        _day(line.last_contact_on),
        _day(line.next_maturity_on),
        _day(line.as_of),
        mark,
    )


def _amount(money: Money) -> str:
    return str(money.amount)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _write(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(map(_defuse, cells))
    return line.getvalue()


def _defuse(cell: str) -> str:
    """A name that begins like a formula would be run by the spreadsheet that opens the file; a number may stand."""
    if not cell.startswith(FORMULA_STARTS) or cell.lstrip("-").replace(".", "", 1).isdecimal():
        return cell
    return f"'{cell}"

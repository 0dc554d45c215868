"""Field types that requests and answers share: bounded text without control characters, money, names, versions."""

import re
import unicodedata
from datetime import date
from typing import Annotated

from fastapi import Depends, Header
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from haoyou.kernel.errors import PreconditionFailed, PreconditionRequired
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name


def _printable(text: str) -> str:
    """Control characters other than line breaks and tabs have no business in what people type (and PostgreSQL refuses NUL)."""
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\r\t" for one in text):
        raise ValueError("contains a control character")
    return text.strip()


def _iso_day(given: object) -> object:
    """A bare number would be read as seconds since 1970, which nobody who writes a day means."""
    written = isinstance(given, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII)
    if not (written or isinstance(given, date)):
        raise ValueError("write a day as YYYY-MM-DD")
    return given


ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable), Field(min_length=1)]
LongText = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
SearchText = Annotated[str, Field(max_length=60), AfterValidator(_printable)]
RowId = Annotated[int, Field(ge=1, le=2_147_483_647)]
Day = Annotated[date, BeforeValidator(_iso_day)]
PageSize = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str, Field(max_length=1000, pattern=r"^[A-Za-z0-9_=-]*$")]


class MoneyView(BaseModel):
    """Minor units of a currency."""

    minor: int
    currency: str

    @staticmethod
    def of(money: Money) -> "MoneyView":
        return MoneyView(minor=money.minor, currency=money.currency)


class NameView(BaseModel):
    zh: str
    en: str | None = None

    @staticmethod
    def of(name: Name) -> "NameView":
        return NameView(zh=name.zh, en=name.en)


def _version(if_match: Annotated[str | None, Header(max_length=40, description='The version you change, e.g. "3"')] = None) -> int:
    if if_match is None:
        raise PreconditionRequired()
    digits = if_match.strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise PreconditionFailed("If-Match is not one of our versions.")
    return int(digits)


Version = Annotated[int, Depends(_version)]

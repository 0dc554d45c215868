"""Money is an integer count of minor units with its currency (ISO 4217). There is no float on the way."""

from dataclasses import dataclass
from decimal import Decimal

# Currencies whose minor unit is not a hundredth (ISO 4217); everything else has two decimals.
_DECIMALS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3}


def decimals_of(currency: str) -> int:
    return _DECIMALS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "sums of two currencies need a rate"
        return Money(self.minor + other.minor, self.currency)

    @property
    def amount(self) -> Decimal:
        return Decimal(self.minor).scaleb(-decimals_of(self.currency))

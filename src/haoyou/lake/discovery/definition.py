"""The rules of discovery in one table: what each looks at, from which figures on, and how it is judged and weighed.

docs/how-to/discovery-rules.md says every rule in words. A number that changes what is found makes a new version.
"""

from dataclasses import dataclass
from datetime import date, timedelta

LARGE_INFLOW = "large_inflow"
DEPOSIT_MATURING = "deposit_maturing"
BALANCE_RUNOFF = "balance_runoff"
SALARY_MOVED = "salary_moved"
IDLE_BALANCE = "idle_balance"
LOAN_ENDING = "loan_ending"
BUSINESS_GROWTH = "business_growth"

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Definition:
    """One rule. Amounts are minor units, shares hundredths of a percent.

    `needs`: without these facts it raises nothing, and the run says which are missing. `window_days`: how far it looks,
    ahead for what ends and back for what has happened. `judged_after_days`: counted from the day it was raised, or
    from the day the contract ends where `judged_from_end`; `by_opening`: a new contract is the result, not an amount of
    money. `propensity_permille` and `lever_percent` weigh it against others (marketing's arbitration); one that is
    `urgent` does not wait for another to be done.
    """

    code: str
    version: int
    result_version: int
    needs: tuple[str, ...]
    window_days: int
    floor_minor: int
    judged_after_days: int
    won_share_bps: int
    propensity_permille: int
    lever_percent: int = 100
    judged_from_end: bool = False
    by_opening: bool = False
    urgent: bool = False

    def judged_on(self, raised_on: date, ends_on: date | None) -> date:
        """The day whose end decides what became of it; nothing said later can change it."""
        assert not self.judged_from_end or ends_on, f"{self.code} is judged from the end of a contract"
        return (ends_on if self.judged_from_end and ends_on else raised_on) + timedelta(days=self.judged_after_days)


DEFINITIONS = (
    # The floor of this one is a setting of the house (large_inflow_floor_minor); its arithmetic is haoyou.lake.inflow.
    Definition(
        LARGE_INFLOW, version=1, result_version=2, needs=("transactions",), window_days=180, floor_minor=2_000_000,
        judged_after_days=30, won_share_bps=5_000, propensity_permille=300,
    ),
    Definition(
        DEPOSIT_MATURING, version=1, result_version=1, needs=("deposits", "balances"), window_days=14,
        floor_minor=1_000_000, judged_after_days=7, won_share_bps=5_000, propensity_permille=500, lever_percent=120,
        judged_from_end=True, urgent=True,
    ),
    Definition(
        BALANCE_RUNOFF, version=1, result_version=1, needs=("balances", "transactions"), window_days=30,
        floor_minor=5_000_000, judged_after_days=60, won_share_bps=7_500, propensity_permille=250, lever_percent=120,
    ),
    Definition(
        SALARY_MOVED, version=1, result_version=1, needs=("salaries",), window_days=45, floor_minor=200_000,
        judged_after_days=60, won_share_bps=0, propensity_permille=200, lever_percent=120,
    ),
    Definition(
        IDLE_BALANCE, version=1, result_version=1, needs=("balances", "transactions"), window_days=60,
        floor_minor=10_000_000, judged_after_days=30, won_share_bps=5_000, propensity_permille=150,
    ),
    Definition(
        LOAN_ENDING, version=1, result_version=1, needs=("loans",), window_days=60, floor_minor=1_000_000,
        judged_after_days=90, won_share_bps=0, propensity_permille=150, lever_percent=110, by_opening=True,
    ),
    Definition(
        BUSINESS_GROWTH, version=1, result_version=1, needs=("firms", "transactions"), window_days=90,
        floor_minor=50_000_000, judged_after_days=60, won_share_bps=0, propensity_permille=180, by_opening=True,
    ),
)  # fmt: skip

BY_CODE = {one.code: one for one in DEFINITIONS}

RUNOFF_BEFORE_DAYS, RUNOFF_SHARE_BPS = 90, 5_000  # below half of the average of the 90 days before
SALARY_LOOKBACK_DAYS, SALARY_MONTHS_MIN = 240, 4  # paid in at least four months: regular
SALARY_GONE_DAYS_MAX = 120  # whose salary left longer ago has long decided
GROWTH_BPS = 15_000  # half as much again

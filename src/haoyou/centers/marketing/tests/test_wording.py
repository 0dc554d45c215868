"""What staff read of each rule, to the last figure."""

import pytest

from haoyou.centers.customers.contract import ContactOutcome
from haoyou.centers.insight.contract import Figure
from haoyou.centers.marketing import wording
from haoyou.centers.marketing.rules import Factors, Facts
from haoyou.centers.marketing.tests.factories import BANK_DATE, OTHER_FIGURES, day, inflow_figures
from haoyou.centers.marketing.wording import RULES
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.lake.discovery.definition import DEFINITIONS

INFLOW = RULES["large_inflow", 1]


@pytest.mark.parametrize(
    ("value", "figures", "expected"),
    [
        (
            Money(3_200_000, "CNY"),
            inflow_figures(6, 3_650_000),
            Name(
                "入账 ¥32,000.00，约为近半年单笔平均的 5.2 倍",
                "¥32,000.00 came in, about 5.2 times the average credit of the last half year",
            ),
        ),
        (
            Money(300, "CZK"),
            inflow_figures(5, 500),
            Name(
                "入账 CZK 3.00，约为近半年单笔平均的 3.0 倍",
                "CZK 3.00 came in, about 3.0 times the average credit of the last half year",
            ),
        ),
        (
            Money(1_234_567, "JPY"),
            inflow_figures(5, 61_728),
            Name(
                "入账 JPY 1,234,567，约为近半年单笔平均的 100.0 倍",
                "JPY 1,234,567 came in, about 100.0 times the average credit of the last half year",
            ),
        ),
        (Money(5, "CNY"), inflow_figures(0, 0), Name("入账 ¥0.05", "¥0.05 came in")),
    ],
)
def test_why_an_inflow_in_one_line(value: Money, figures: tuple[Figure, ...], expected: Name) -> None:
    assert INFLOW.why(value, Facts(figures)) == expected


def test_the_ratio_never_says_more_than_there_is() -> None:
    assert INFLOW.why(Money(399_999, "CNY"), Facts(inflow_figures(1, 100_000))).zh.endswith("3.9 倍")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("deposit_maturing", "¥96,000.00 存款 2026-12-04 到期（还有 14 天），未约定自动转存"),
        ("balance_runoff", "近 30 天日均余额比之前 90 天少 ¥96,000.00，只剩 4%"),
        ("salary_moved", "代发工资已停 50 天（上次 2026-10-01），此前月均 ¥96,000.00"),
        ("idle_balance", "活期余额 ¥96,000.00 已有 80 天没有动过"),
        ("loan_ending", "¥96,000.00 贷款 2026-12-30 到期，还款记录良好"),
        ("business_growth", "近 90 天入账比之前 90 天多 ¥96,000.00，为之前的 1.5 倍"),
    ],
)
def test_why_of_the_other_rules(rule: str, expected: str) -> None:
    assert RULES[rule, 1].why(Money(9_600_000, "CNY"), Facts(OTHER_FIGURES[rule])).zh == expected


def test_a_loan_that_is_paid_off_says_so() -> None:
    facts = Facts((Figure("due_on", "2027-01-01"), Figure("paid_off_on", "2026-11-19")))
    assert RULES["loan_ending", 1].why(Money(100, "CNY"), facts).en == (
        "A loan of ¥1.00 was paid off on 2026-11-19, in good order"
    )


def test_every_rule_has_words_for_its_version_and_a_meaning_for_each_figure() -> None:
    assert sorted(RULES) == sorted((one.code, one.version) for one in DEFINITIONS)
    for rule, figures in OTHER_FIGURES.items():
        assert {one.name for one in RULES[rule, 1].figures} == {one.name for one in figures}


def listed(figures: tuple[Figure, ...], value: Money, rule: str = "large_inflow") -> list[tuple[str, str, str]]:
    lines = wording.evidence(RULES[rule, 1], value, BANK_DATE, Facts(figures))
    return [(one.label.en or "", one.kind, one.value) for one in lines]


def test_evidence_lists_the_figures_as_they_were() -> None:
    assert listed(inflow_figures(6, 3_650_001, 123_456, "某公司"), Money(3_200_000, "CNY")) == [
        ("Amount that came in", "money", "¥32,000.00"),
        ("Date", "date", "2026-11-20"),
        ("Average credit of the last 180 days", "money", "¥6,083.33"),
        ("Credits in the last 180 days", "number", "6"),
        ("Balance before", "money", "¥1,234.56"),
        ("Counterparty", "text", "某公司"),
    ]


def test_evidence_leaves_out_what_was_not_told() -> None:
    assert listed(inflow_figures(0, 0, -5), Money(100, "CNY"))[2:] == [
        ("Credits in the last 180 days", "number", "0"),
        ("Balance before", "money", "¥-0.05"),
    ]
    assert listed(OTHER_FIGURES["deposit_maturing"], Money(100, "CNY"), "deposit_maturing")[2:] == [
        ("Matures on", "date", "2026-12-04"),
        ("Days left", "number", "14"),
        ("Rate a year", "text", "1.50%"),
    ]


def test_factors_are_written_as_they_were_multiplied() -> None:
    assert wording.factor_texts(Factors(155, 130, 100, 479, 120)) == [
        ("propensity", "15.5%"),
        ("tier", "×1.30"),
        ("time", "×1.00"),
        ("value", "×4.79"),
        ("lever", "×1.20"),
    ]


def test_a_rule_without_words_is_a_programmers_mistake() -> None:
    with pytest.raises(AssertionError, match="no texts for rule large_inflow version 2"):
        wording.text_of("large_inflow", 2)


def test_why_a_task_moved() -> None:
    assert wording.why_again(ContactOutcome.NOT_REACHED, day(5)) == Name(
        "上次未联系上，2026-11-25 再联系", "Not reached last time; try again on 2026-11-25"
    )
    assert wording.why_again(ContactOutcome.INTERESTED, day(5)) == Name(
        "客户有意向，2026-11-25 跟进", "The customer is interested; follow up on 2026-11-25"
    )

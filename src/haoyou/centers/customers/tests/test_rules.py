"""The rule tables of customers."""

from datetime import UTC, datetime

import pytest

from haoyou.centers.customers import rules
from haoyou.centers.customers.contract import Channel, ContactRefused

LIMITS = rules.Limits(per_day=1, per_period=4, from_hour=8, until_hour=21, time_zone="Asia/Shanghai")
FREE = rules.Ledger(consent=True, made_today=0, missed_today=0, made_in_period=0)
MORNING = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # 9:30 in Shanghai


@pytest.mark.parametrize(
    "typed",
    ["王小芳", "小芳", "芳", "wangxiaofang", "xiaofang", "fang", "wxf", "xf", "f", "wangx", "10000001", "1000"],
)
def test_a_chinese_name_is_found_by_the_beginning_of_any_part(typed: str) -> None:
    assert any(token.startswith(typed) for token in rules.tokens_of("王小芳", "10000001"))


@pytest.mark.parametrize("typed", ["小王", "fw", "0000001", "x f"])
def test_what_does_not_begin_a_part_finds_nothing(typed: str) -> None:
    assert not any(token.startswith(typed) for token in rules.tokens_of("王小芳", "10000001"))


def test_a_latin_name_is_found_by_its_words() -> None:
    tokens = rules.tokens_of("Jan Novák", "C7")
    assert {"jannovák", "jan", "novák", "c7"} <= set(tokens)
    assert "jn" not in tokens  # no initials of letters


def test_without_a_name_there_is_the_number() -> None:
    assert rules.tokens_of(None, "C7") == ["c7"]


def test_a_long_name_makes_no_long_keys() -> None:
    """An index takes a third of a page for a key, and nobody types more than sixty characters."""
    name = "广西" * 400
    assert max(map(len, rules.tokens_of(name, "C7"))) == rules.TOKEN_LENGTH_MAX
    assert len(rules.sort_name(name, "C7")) == rules.SORT_NAME_LENGTH_MAX
    assert any(token.startswith(name[:30]) for token in rules.tokens_of(name, "C7"))


def test_names_stand_in_the_order_of_their_sound_and_before_numbers() -> None:
    people = [("张三", "2"), (None, "10"), ("李四", "3"), (None, "9"), ("Adam", "4")]
    in_order = sorted(people, key=lambda one: rules.sort_name(*one))
    assert [code for _, code in in_order] == ["4", "3", "2", "9", "10"]


@pytest.mark.parametrize(
    ("aum", "tier"),
    [
        (50_000_000, "platinum"),
        (49_999_999, "gold"),
        (10_000_000, "gold"),
        (9_999_999, "silver"),
        (2_000_000, "silver"),
        (1_999_999, "plain"),
        (0, "plain"),
        (-1, "plain"),
    ],
)
def test_tiers(aum: int, tier: str) -> None:
    assert rules.tier_of(aum) == tier


@pytest.mark.parametrize(
    ("hour_utc", "channel", "refused_until"),
    [
        (0, Channel.CALL, None),  # 8:00 in Shanghai
        (12, Channel.CALL, None),  # 20:00
        (13, Channel.CALL, "2026-11-21T08:00:00+08:00"),
        (23, Channel.MESSAGE, "2026-11-21T08:00:00+08:00"),  # 7:00 of the next day
        (13, Channel.VISIT, None),
        (23, Channel.MEETING, None),
    ],
)
def test_quiet_hours_are_the_customer_s_own(hour_utc: int, channel: Channel, refused_until: str | None) -> None:
    now = MORNING.replace(hour=hour_utc, minute=0)
    if refused_until is None:
        rules.check_contact(FREE, LIMITS, channel=channel, now=now)
        return
    with pytest.raises(ContactRefused) as refusal:
        rules.check_contact(FREE, LIMITS, channel=channel, now=now)
    assert refusal.value.data == {"reason": "quiet_hours", "next_allowed_at": refused_until}


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        (rules.Ledger(False, 1, 3, 4), {"reason": "no_consent"}),
        (rules.Ledger(True, 1, 0, 1), {"reason": "daily_cap", "next_allowed_at": "2026-11-21T08:00:00+08:00"}),
        (rules.Ledger(True, 0, 3, 0), {"reason": "daily_cap", "next_allowed_at": "2026-11-21T08:00:00+08:00"}),
        (rules.Ledger(True, 0, 0, 4), {"reason": "period_cap"}),
    ],
)
def test_why_not(ledger: rules.Ledger, expected: dict[str, str]) -> None:
    with pytest.raises(ContactRefused) as refusal:
        rules.check_contact(ledger, LIMITS, channel=Channel.CALL, now=MORNING)
    assert refusal.value.data == expected


@pytest.mark.parametrize("ledger", [FREE, rules.Ledger(True, 0, 2, 3)])
def test_up_to_the_limits_it_is_allowed(ledger: rules.Ledger) -> None:
    rules.check_contact(ledger, LIMITS, channel=Channel.CALL, now=MORNING)

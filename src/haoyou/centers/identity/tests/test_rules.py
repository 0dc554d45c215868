"""Pure decisions of identity."""

from datetime import UTC, datetime, timedelta

import pytest

from haoyou.centers.identity import rules
from haoyou.centers.identity.rules import Reach, SessionLife

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
IDLE_S, TABLET_S, ABSOLUTE_S = 15 * 60, 5 * 60, 12 * 3600


@pytest.mark.parametrize(
    ("device", "age_s", "silent_s", "ended", "because"),
    [
        ("desktop", 0, 0, "", ""),
        ("desktop", IDLE_S, IDLE_S, "", ""),
        ("desktop", IDLE_S + 1, IDLE_S + 1, "", "idle"),
        ("phone", IDLE_S, IDLE_S, "", ""),
        ("tablet", TABLET_S, TABLET_S, "", ""),
        ("tablet", TABLET_S + 1, TABLET_S + 1, "", "idle"),
        ("desktop", ABSOLUTE_S, 0, "", ""),
        ("desktop", ABSOLUTE_S + 1, 0, "", "absolute"),
        ("desktop", ABSOLUTE_S + 1, ABSOLUTE_S + 1, "", "absolute"),
        ("desktop", 0, 0, "left", "left"),
        ("desktop", ABSOLUTE_S + 1, 0, "signed_out", "signed_out"),
    ],
)
def test_why_a_session_is_over(device: str, age_s: int, silent_s: int, ended: str, because: str) -> None:
    life = SessionLife(NOW - timedelta(seconds=age_s), NOW - timedelta(seconds=silent_s), device, ended)
    limits = rules.Limits(idle_s=IDLE_S, idle_tablet_s=TABLET_S, absolute_s=ABSOLUTE_S)
    assert rules.ended_because(life, now=NOW, limits=limits) == because


@pytest.mark.parametrize(
    ("failures", "locked_s"),
    [(0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900), (10_000, 900)],
)
def test_how_long_an_account_is_locked(failures: int, locked_s: int) -> None:
    until = rules.lock_after(failures, now=NOW)
    assert ((until - NOW).total_seconds() if until else 0) == locked_s


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("", "program"),
        ("python-httpx/0.28", "program"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0", "desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/142.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X900) Chrome/142.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Mobile/15E148", "tablet"),
    ],
)
def test_which_device_a_browser_says_it_is(agent: str, device: str) -> None:
    assert rules.device_of(agent) == device


@pytest.mark.parametrize(("reach", "units"), [(Reach.OWN, ()), (Reach.INSTITUTION, (3,)), (Reach.SUBTREE, (3, 5, 8))])
def test_the_units_a_post_sees(reach: Reach, units: tuple[int, ...]) -> None:
    assert rules.units_of(reach, 3, (3, 5, 8)) == units


def test_every_role_has_a_chinese_and_an_english_name() -> None:
    assert [code for code, name, _ in rules.ROLES if not name.zh or not name.en] == []
    assert {code: reach for code, _, reach in rules.ROLES} == {
        "relationship_manager": Reach.OWN,
        "lobby_manager": Reach.INSTITUTION,
        "branch_manager": Reach.SUBTREE,
        "head_office": Reach.SUBTREE,
        "administrator": Reach.OWN,  # runs the house, sees no customers
    }

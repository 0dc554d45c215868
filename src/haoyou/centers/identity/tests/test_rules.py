"""Pure decisions of identity."""

from datetime import UTC, datetime, timedelta

import pytest

from haoyou.centers.identity import rules
from haoyou.centers.identity.rules import Reach, SessionLife

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
IDLE_S, ABSOLUTE_S = 15 * 60, 12 * 3600


@pytest.mark.parametrize(
    ("age_s", "silent_s", "ended", "because"),
    [
        (0, 0, "", ""),
        (IDLE_S, IDLE_S, "", ""),
        (IDLE_S + 1, IDLE_S + 1, "", "idle"),
        (ABSOLUTE_S, 0, "", ""),
        (ABSOLUTE_S + 1, 0, "", "absolute"),
        (ABSOLUTE_S + 1, ABSOLUTE_S + 1, "", "absolute"),
        (0, 0, "left", "left"),
        (ABSOLUTE_S + 1, 0, "signed_out", "signed_out"),
    ],
)
def test_why_a_session_is_over(age_s: int, silent_s: int, ended: str, because: str) -> None:
    life = SessionLife(NOW - timedelta(seconds=age_s), NOW - timedelta(seconds=silent_s), ended)
    assert rules.ended_because(life, now=NOW, idle_s=IDLE_S, absolute_s=ABSOLUTE_S) == because


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
        ("", "desktop"),
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

"""What is true of this bank's customers and of no report: how likely they are to say yes, spoken to or not.

A need has a topic, a window and a draw of luck made when it arises. The customer says yes on the deciding day when the
luck lies below the chance: the base, and the lift on top if they were contacted about that very topic within the
window, scaled by the channel. Who hears from the bank too often is no longer moved. The house never sees this page.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    base: float
    lift: float


EFFECTS = {
    "inflow": Effect(base=0.30, lift=0.22),
    "maturity": Effect(base=0.50, lift=0.22),
    "loan": Effect(base=0.08, lift=0.14),
    "card": Effect(base=0.07, lift=0.14),
    "retention": Effect(base=0.25, lift=0.25),
}
CHANNELS = {"visit": 1.2, "phone": 1.0, "wechat": 0.6, "sms": 0.35}
WEARY_CONTACTS = 4  # so many contacts within the days below, and a further one moves nobody
WEARY_DAYS = 30
CHANCE_MAX = 0.95

# Needs that arise of themselves, in a million days of an active customer.
ARISING = {"loan": 900, "card": 700, "retention": 120}

WINDOW_DAYS = {"inflow": (3, 17), "maturity": (14, 14), "loan": (10, 30), "card": (10, 30), "retention": (12, 25)}
INFLOW_MIN_FEN = 2_000_000
LEAVES_OF_HUNDRED = 78  # of those who say no to an inflow talk: the money goes; the rest let it lie


def tell_parameters() -> dict[str, object]:
    """Everything above, for `truth` to print."""
    return {
        "effects": {topic: asdict(effect) for topic, effect in EFFECTS.items()},
        "channels": CHANNELS,
        "weary": {"contacts": WEARY_CONTACTS, "days": WEARY_DAYS},
        "arising_per_million_days": ARISING,
        "window_days": WINDOW_DAYS,
        "inflow_min_fen": INFLOW_MIN_FEN,
    }

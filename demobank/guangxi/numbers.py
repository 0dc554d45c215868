"""Numbers that pass every check and belong to nobody.

Identity numbers carry a region code beginning with 99, which no division of China has; mobile numbers begin with 161,
a prefix assigned to no operator; credit codes carry a 99 region too. Their check digits are right.
"""

from datetime import date
from random import Random

AREA_PREFIX = "99"
MOBILE_PREFIX = "161"

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643: ISO 7064 MOD 11-2
_ID_CHECKS = "10X98765432"
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_ORG_CHECKS = "0123456789X"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_USCC_MODULUS = 31


def id_number(random: Random, born: date, sex: str) -> str:
    """A resident identity number; its sequence is odd for a man, even for a woman."""
    sequence = random.randrange(0, 500) * 2 + (sex == "m")
    body = f"{AREA_PREFIX}{random.randrange(10_000):04d}{born:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + _ID_CHECKS[total % 11]


def credit_code(random: Random) -> str:
    """A unified social credit code of an enterprise (91), with both its check characters."""
    organisation = "".join(random.choice(_USCC_ALPHABET) for _ in range(8))
    total = sum(_ORG_ALPHABET.index(sign) * weight for sign, weight in zip(organisation, _ORG_WEIGHTS, strict=True))
    check = _ORG_CHECKS[-total % 11]
    body = f"91{AREA_PREFIX}{random.randrange(10_000):04d}{organisation}{check}"
    weights = [pow(3, place, _USCC_MODULUS) for place in range(len(body))]
    total = sum(_USCC_ALPHABET.index(sign) * weight for sign, weight in zip(body, weights, strict=True))
    return body + _USCC_ALPHABET[-total % _USCC_MODULUS]


def mobile(random: Random) -> str:
    return f"{MOBILE_PREFIX}{random.randrange(10**8):08d}"

"""Sealing and finding the C2 values of a customer."""

from dataclasses import fields
from typing import Any, TypeVar

from haoyou.centers.customers.rules import PHONE_TAIL
from haoyou.kernel.crypto import Keyring
from haoyou.kernel.masking import BirthDate, IdNumber, Phone, Sensitive

S = TypeVar("S", bound=Sensitive)

_PURPOSE = "customers"


def seal(keys: Keyring, value: Sensitive | None) -> bytes | None:
    return None if value is None else keys.encrypt(value.clear().encode(), purpose=_PURPOSE)


def unseal(keys: Keyring, kind: type[S], sealed: bytes | None) -> S | None:
    return None if sealed is None else kind(keys.decrypt(bytes(sealed), purpose=_PURPOSE).decode())


def phone_index(keys: Keyring, phone: str) -> str:
    return keys.blind(phone, purpose="customers.phone")


def phone_tail_index(keys: Keyring, tail: str) -> str:
    return keys.blind(tail[-PHONE_TAIL:], purpose="customers.phone_tail")


def id_index(keys: Keyring, number: str) -> str:
    return keys.blind(number.upper(), purpose="customers.id_number")


def birth_index(keys: Keyring, name: str | None, birth_date: BirthDate | None) -> str | None:
    """Of a name together with a birth date: neither can be found from it alone."""
    if name is None or birth_date is None:
        return None
    return keys.blind(f"{name}\0{birth_date.clear()}", purpose="customers.birth")


def indexes(keys: Keyring, phone: Phone | None, id_number: IdNumber | None) -> dict[str, str | None]:
    """The fingerprints a customer is found by."""
    return {
        "phone_index": phone and phone_index(keys, phone.clear()),
        "phone_tail_index": phone and phone_tail_index(keys, phone.clear()),
        "id_index": id_number and id_index(keys, id_number.clear()),
    }


def fingerprint(keys: Keyring, row: Any) -> str:
    """Of all that a row (a frozen dataclass) says: two rows with one fingerprint say the same."""
    said = [getattr(row, field.name) for field in fields(row)]
    return keys.blind("\0".join(_plain(value) for value in said), purpose="customers.row")


def _plain(value: object) -> str:
    return f"={value.clear()}" if isinstance(value, Sensitive) else repr(value)

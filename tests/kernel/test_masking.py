"""A sensitive value masks itself wherever it is written; only `clear()` shows it."""

import json
import logging
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, TypeAdapter

from haoyou.kernel.masking import AccountNumber, BirthDate, IdNumber, Phone, Sensitive
from haoyou.kernel.port import BETWEEN_ROOMS

VALUES = [
    (Phone("13800138000"), "13800138000", "138****8000"),
    (IdNumber("11010519491231002X"), "11010519491231002X", "110*************2X"),
    (AccountNumber("6217003230012345678"), "6217003230012345678", "***************5678"),
    (BirthDate("1949-12-31"), "1949-12-31", "1949******"),
    (Sensitive("whatever"), "whatever", "********"),
    (Phone("1234567"), "1234567", "*******"),
    (Phone("1"), "1", "*"),
    (Phone(""), "", ""),
]


@dataclass(frozen=True, slots=True)
class Holder:
    phone: Phone | None


class HolderView(BaseModel):
    phone: Phone | None
    others: list[Phone] = []


@pytest.mark.parametrize(("value", "clear", "masked"), VALUES)
def test_every_way_of_writing_gives_the_mask(value: Sensitive, clear: str, masked: str) -> None:
    kind = TypeAdapter(type(value))
    assert value.clear() == clear
    written = {str(value), repr(value), f"{value}", f"{value!r}", "%s" % value, value.masked()}  # noqa: UP031
    assert written == {masked}
    assert kind.dump_json(value) == json.dumps(masked).encode()
    assert kind.dump_python(value) == masked


def test_it_stays_masked_inside_other_things(caplog: pytest.LogCaptureFixture) -> None:
    phone = Phone("13800138000")
    view = HolderView(phone=phone, others=[phone])
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("called %s of %r", phone, Holder(phone))
    texts = [repr(Holder(phone)), repr({"phone": phone}), str([phone]), repr(view), view.model_dump_json(), caplog.text]
    texts += [str(view.model_dump()), str(ValueError(phone))]
    assert [words for words in texts if "13800138000" in words] == []
    assert all("138****8000" in words for words in texts)


def test_a_plain_json_encoder_refuses_it() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"phone": Phone("13800138000")})


def test_only_between_rooms_it_travels_in_clear() -> None:
    kind = TypeAdapter(Holder)
    holder = Holder(Phone("13800138000"))
    assert kind.dump_json(holder) == b'{"phone":"138****8000"}'
    sent = kind.dump_json(holder, context=BETWEEN_ROOMS)
    assert kind.validate_json(sent) == holder
    assert kind.dump_json(holder, context={"something": "else"}) == b'{"phone":"138****8000"}'


def test_two_values_meet_only_in_their_kind() -> None:
    assert Phone("1") == Phone("1")
    assert len({Phone("1"), Phone("1"), Phone("2"), AccountNumber("1")}) == 3
    assert Phone("13800138000") != AccountNumber("13800138000")
    assert Phone("13800138000") != "13800138000"


def test_a_schema_shows_a_text() -> None:
    assert TypeAdapter(Phone).json_schema(mode="serialization") == {"type": "string"}
    assert TypeAdapter(Phone).json_schema(mode="validation") == {"type": "string"}

"""Sealing with SM4-GCM and look-ups with SM3, held against the published vectors."""

import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from haoyou.kernel.crypto import Keyring, open_keyring, sm3


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path)


@pytest.mark.parametrize(
    ("parts", "digest"),
    [  # GB/T 32905-2016, appendix A
        ((b"abc",), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ((b"a", b"bc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ((b"abcd" * 16,), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_published_digests(parts: tuple[bytes, ...], digest: str) -> None:
    assert sm3(*parts).hex() == digest


def test_sm4_gives_the_published_block() -> None:
    """GB/T 32907-2016, appendix A.1: key and text are the same sixteen bytes."""
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    cipher = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()
    assert cipher.update(block).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_gives_the_published_ciphertext() -> None:
    """RFC 8998, appendix A.1; the nonce is fixed here only."""
    cipher = Cipher(
        algorithms.SM4(bytes.fromhex("0123456789abcdeffedcba9876543210")),
        modes.GCM(bytes.fromhex("00001234567800000000abcd")),
    ).encryptor()
    cipher.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    clear = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    sealed = cipher.update(clear) + cipher.finalize()
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert cipher.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


@pytest.mark.parametrize("clear", [b"", b"x", "身份证 11010519491231002X".encode(), os.urandom(5_000)])
def test_what_is_sealed_can_be_opened(keys: Keyring, clear: bytes) -> None:
    sealed = keys.encrypt(clear, purpose="a")
    assert keys.decrypt(sealed, purpose="a") == clear
    assert not clear or len(clear) < 4 or clear not in sealed


def test_a_value_cannot_be_moved_to_another_place(keys: Keyring) -> None:
    sealed = keys.encrypt(b"13800138000", purpose="customers.phone")
    with pytest.raises(InvalidTag):
        keys.decrypt(sealed, purpose="customers.id_number")


def test_no_bit_can_be_changed(keys: Keyring) -> None:
    sealed = keys.encrypt(b"13800138000", purpose="a")
    start = sealed.index(b"\0") + 1
    for position in range(start, len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(InvalidTag):
            keys.decrypt(bytes(changed), purpose="a")


def test_the_same_value_is_sealed_differently_every_time(keys: Keyring) -> None:
    assert len({keys.encrypt(b"x", purpose="a") for _ in range(10_000)}) == 10_000


def test_old_values_open_after_the_key_was_changed(keys: Keyring) -> None:
    sealed = keys.encrypt(b"x", purpose="a")
    rotated = Keyring(
        seal=keys.seal | {"k2": os.urandom(16)}, current="k2", index=keys.index, app_password=keys.app_password
    )
    assert rotated.decrypt(sealed, purpose="a") == b"x"
    assert rotated.encrypt(b"x", purpose="a").startswith(b"k2\0")
    with pytest.raises(KeyError):
        keys.decrypt(rotated.encrypt(b"x", purpose="a"), purpose="a")


def test_a_blind_index_meets_equal_values_of_one_purpose(keys: Keyring, tmp_path: Path) -> None:
    other = open_keyring(tmp_path / "other")
    index = keys.blind("13800138000", purpose="phone")
    assert index == keys.blind("13800138000", purpose="phone")
    assert len(index) == 32
    others = {
        keys.blind("13800138001", purpose="phone"),
        keys.blind("13800138000", purpose="id_number"),
        other.blind("13800138000", purpose="phone"),
    }
    assert index not in others
    assert len(others) == 3


def test_keys_are_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first, second = open_keyring(tmp_path), open_keyring(tmp_path)
    assert first == second
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]
    assert open_keyring(tmp_path / "another").seal != first.seal

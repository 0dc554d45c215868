"""Sealing and blind indexes, with national algorithms: SM4-GCM for values at rest, HMAC-SM3 for look-ups.

Every sealed value names its key, so that keys can be rotated; the keys lie in `secrets.json` of the house (0600).
"""

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_NONCE_BYTES, _TAG_BYTES = 12, 16


@dataclass(frozen=True, slots=True)
class Keyring:
    """`seal` keys by id (16 bytes each), the id in use, and the key of the blind indexes."""

    seal: dict[str, bytes]
    current: str
    index: bytes
    app_password: str

    def encrypt(self, clear: bytes, *, purpose: str) -> bytes:
        """`keyid ‖ 0x00 ‖ nonce ‖ ciphertext ‖ tag`; the purpose is authenticated: a value cannot move elsewhere."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = Cipher(algorithms.SM4(self.seal[self.current]), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(purpose.encode())
        body = cipher.update(clear) + cipher.finalize()
        return self.current.encode() + b"\0" + nonce + body + cipher.tag

    def decrypt(self, sealed: bytes, *, purpose: str) -> bytes:
        key_id, rest = sealed.split(b"\0", 1)
        nonce, body, tag = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:-_TAG_BYTES], rest[-_TAG_BYTES:]
        cipher = Cipher(algorithms.SM4(self.seal[key_id.decode()]), modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(purpose.encode())
        return cipher.update(body) + cipher.finalize()

    def blind(self, value: str, *, purpose: str) -> str:
        """A keyed fingerprint: equal values meet, nothing else can be told from it."""
        return hmac.digest(self.index, f"{purpose}\0{value}".encode(), "sm3").hex()[:32]


def open_keyring(home: Path) -> Keyring:
    """The keys of this house; made on first use and never replaced by themselves."""
    path = home / "secrets.json"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = {
            "seal": {"k1": secrets.token_hex(16)},
            "current": "k1",
            "index": secrets.token_hex(32),
            "app_password": secrets.token_urlsafe(24),
        }
        partial = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(fresh, file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)  # atomic, and the first of two racing processes wins
        partial.unlink()
    stored = json.loads(path.read_text())
    return Keyring(
        seal={key: bytes.fromhex(value) for key, value in stored["seal"].items()},
        current=stored["current"],
        index=bytes.fromhex(stored["index"]),
        app_password=stored["app_password"],
    )


def sm3(*parts: bytes) -> bytes:
    digest = hashlib.new("sm3")
    for part in parts:
        digest.update(part)
    return digest.digest()

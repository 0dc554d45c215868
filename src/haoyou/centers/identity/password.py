"""Password hashes: argon2id, computed off the event loop, two at a time (each takes 64 MiB and a core)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_turns = asyncio.Semaphore(2)
_NOBODYS_HASH = _hasher.hash("nobody's password")


async def hash_password(password: str) -> str:
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Takes the same time whether or not there is such a person."""
    async with _turns:
        return await asyncio.to_thread(_verify, password_hash or _NOBODYS_HASH, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password) and password_hash != _NOBODYS_HASH
    except (VerificationError, InvalidHashError):
        return False

"""The outbox row: how a message waits, in the transaction that caused it, for the relay to carry it."""

import zlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from haoyou.kernel.ctx import Ctx

PARTITIONS = 16
LIVE = "kernel.Live"
"""Not a business message: the relay hands it to the browsers that listen."""


def partition_of(key: str) -> int:
    """Keys keep their order within a partition; crc32 because it must never change between versions."""
    return zlib.crc32(key.encode()) % PARTITIONS


def outbox_row(ctx: "Ctx", message: str, key: str, body: dict[str, Any], message_id: UUID) -> dict[str, Any]:
    return {
        "id": message_id,
        "room": ctx.room,
        "message": message,
        "version": 1,
        "key": key,
        "partition": partition_of(key),
        "body": body,
        "caused_by": ctx.principal.caused_by or ctx.principal.id,
        "request_ref": ctx.request_ref,
        "told_at": ctx.now,
    }

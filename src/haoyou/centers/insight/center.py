"""The manifest of insight."""

from haoyou.centers.identity.contract import BusinessDateAdvanced
from haoyou.centers.insight import reactions, tables
from haoyou.kernel.room import Manifest

manifest = Manifest(
    name="insight",
    storey=3,
    metadata=tables.metadata,
    reactions={BusinessDateAdvanced: (reactions.look_at_day,)},
)

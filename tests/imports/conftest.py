"""What all tests of the import stand on."""

from pathlib import Path

import pytest

from haoyou.centers.identity.tests.factories import seed_roles
from haoyou.kernel.house import House


@pytest.fixture
async def inbox(house: House) -> Path:
    """Where feeds arrive in a new house, which knows its roles and nothing else."""
    await seed_roles(house)
    return house.settings.home / "inbox"

"""What every test shares: property tests that are the same on every run, and much longer in `make fuzz`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from rapida.providers import outgoing
from tests.databases import place, postgresql, pytest_generate_tests

__all__ = ["place", "postgresql", "pytest_generate_tests"]


@pytest.fixture(autouse=True)
def _doubles_may_be_asked() -> Iterator[None]:
    """The doubles of providers run on this machine, which nobody may ask unless told."""
    outgoing.policy.allow(("127.0.0.1", "localhost"))
    yield
    outgoing.policy.allow(())


settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile(
    "fuzz", deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("steady")

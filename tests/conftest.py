"""What every test shares: property tests that are the same on every run, and much longer in `make fuzz`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.databases import place, postgresql, pytest_generate_tests

__all__ = ["place", "postgresql", "pytest_generate_tests"]

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile(
    "fuzz", deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("steady")

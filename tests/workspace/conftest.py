"""The fixtures of the switchboard's tests, which stand on the same parts."""

from tests.switchboard.conftest import calling, ready

__all__ = ["calling", "ready"]

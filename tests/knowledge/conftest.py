"""The fixtures of the switchboard's tests, which stand on the same database."""

from tests.switchboard.conftest import ready

__all__ = ["ready"]

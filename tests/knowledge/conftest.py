"""The fixtures of the switchboard's tests, which stand on the same database."""

from tests.switchboard.conftest import office

__all__ = ["office"]

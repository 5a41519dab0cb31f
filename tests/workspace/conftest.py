"""The fixtures of the switchboard's tests, which stand on the same parts."""

from tests.switchboard.conftest import desk, office

__all__ = ["desk", "office"]

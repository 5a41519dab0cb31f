"""A provider whose module nothing imports before it is loaded by name."""

from msgspec import Struct


class LateOptions(Struct):
    """Read when a call names the provider."""

    pace: int = 1


class LateProvider:
    """What is built of them."""

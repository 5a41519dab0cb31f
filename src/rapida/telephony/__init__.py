"""Telephone carriers: the catalogue.

The class listed here is a `Carrier` (`carrier.py`): it declares `Options` and `Credential`, and with them the
reading of its webhooks, its documents, its stream's codec and its interface for calls. A third carrier is a
folder and a line here (docs/adding-a-carrier.md). `loopback` is the simplest one, `twilio` the first.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import fields

from ..providers.registry import CatalogueEntry, Registry
from .carrier import Carrier

CATALOGUE: Registry[Carrier] = Registry(
    "carrier",
    {
        "twilio": CatalogueEntry("rapida.telephony.twilio.rest:Twilio"),
        "loopback": CatalogueEntry("rapida.telephony.loopback.rest:Loopback"),
    },
)

DEMO = "twilio"
"""The carrier that the local demo's simulated phone speaks."""
DEMO_CREDENTIAL = "Local demo"
"""What the credential of that phone's account is called."""


def carrier(name: str) -> type[Carrier]:
    """A carrier's class. Raises `UnknownName`, or `ExtraMissing` where its packages are absent."""
    return CATALOGUE.load(name)


def api_url(name: str, configured: Mapping[str, str]) -> str:
    """Where a carrier's REST interface is: as the operator says (carrier → URL), else the carrier's own."""
    declared = next(each for each in fields(carrier(name).Options) if each.name == "api_url")
    return configured.get(name) or str(declared.default)

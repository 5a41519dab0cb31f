"""Telephone carriers: the catalogue.

What a carrier must give (`base`): a `Codec` for its stream's messages, a `Carrier` that places, ends and
hands over calls, and the proof of its webhooks. `loopback` is the simplest one: a phone in memory, without a
wire; `twilio` is a whole one. The class listed here is the `Carrier`: it declares `Options` and `Credential`.
A second one is more than a line here: the switchboard speaks Twilio by name (docs/adding-a-provider.md).
"""

from ..providers.registry import CatalogueEntry, Registry
from .carrier import Carrier

CATALOGUE: Registry[Carrier] = Registry(
    "carrier",
    {
        "twilio": CatalogueEntry("rapida.telephony.twilio.rest:Twilio"),
    },
)

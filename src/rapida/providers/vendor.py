"""A vendor, as all of its providers know it: its credential, how that is shown and tried, and what it says.

A vendor that serves several families has one credential type, in a file of this room that is named after it.
Each family's provider declares that type as its `Credential`. What one family alone speaks stays there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import Struct, structs

from .http import sendable
from .refusals import Failures


class Vendor(Struct, frozen=True):
    """The facts about a vendor that hold in every family."""

    name: str
    """Its name in every catalogue, in credentials and in errors."""
    home: str
    """Its own host, as `https://…`: where a credential goes that names no other."""
    header: str
    """The request header that carries the secret."""
    value: str
    """That header's value, with the credential's fields as `{field}`."""
    check_path: str = ""
    """Behind `home`: a GET that changes nothing, and that is answered with JSON to whom the vendor knows."""
    limited: str = ""
    """What the body of a refusal holds for a key that is good, and may not look at its account."""
    used_up: dict[str, str] = {}
    """What to do about each code in an error's body that says that the account may have no more."""


class VendorCredential(Struct, frozen=True):
    """The base of a vendor's credential: its fields are the subclass's, all of them secret."""

    vendor: ClassVar[Vendor]

    def headers(self) -> dict[str, str]:
        """What proves a request. Without a secret to send there is no header: some servers ask for none.

        Raises `ConfigurationError` for a secret that no request could carry.
        """
        secrets = self._secrets()
        return {self.vendor.header: self.vendor.value.format_map(secrets)} if any(secrets.values()) else {}

    def failures(self, advice: Mapping[int, str], **more: Any) -> Failures:
        """How a provider with this credential fails. `advice` is what it knows better than `ADVICE`."""
        return Failures(
            self.vendor.name,
            tuple(self._secrets().values()),
            advice=advice,
            used_up=self.vendor.used_up,
            **more,
        )

    def _secrets(self) -> dict[str, str]:
        return {name: sendable(self.vendor.name, value) for name, value in structs.asdict(self).items()}

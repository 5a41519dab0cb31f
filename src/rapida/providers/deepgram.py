"""Deepgram: one key for all families.

Follows https://developers.deepgram.com/reference/authentication and
https://developers.deepgram.com/reference/manage/projects/list.
"""

from __future__ import annotations

from typing import ClassVar

from .vendor import Vendor, VendorCredential


class DeepgramCredential(VendorCredential, frozen=True):
    """A key of a project's."""

    vendor: ClassVar[Vendor] = Vendor(
        "deepgram",
        "https://api.deepgram.com",
        "Authorization",
        "Token {api_key}",
        check_path="/v1/projects",
    )

    api_key: str
    """A key of the project's."""

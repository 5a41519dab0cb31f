"""What every page and program may want to know of the server itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter
from msgspec import Struct
from pydantic import BaseModel, Field

from .. import __version__
from .auth import CallerHere
from .forms import router

LOCALTIME = Path("/etc/localtime")
"""Where Unix says which zone the machine is in: a link into the folder of zones."""
ZONES = "zoneinfo/"


class ServerLoad(Struct, frozen=True):
    """How full a process is."""

    calls_now: int = 0
    calls_at_most: int = 1
    others_have_room: bool = False
    """Whether another process at the same port would take a call."""

    @property
    def full(self) -> bool:
        """Whether a caller would hear that the lines are busy."""
        return self.calls_now >= self.calls_at_most and not self.others_have_room


class ServerFacts(BaseModel):
    """The server that answers; of several processes or machines, the one that was asked."""

    version: str = Field(examples=["0.1.0"])
    public_host: str | None = Field(examples=["calls.example.com"])
    """The host at which the carrier reaches it; null = only the demo can be called."""
    draining: bool
    """Whether it finishes its last calls and takes no more."""
    calls_now: int
    """Calls in progress, and calls whose stream is still to come."""
    calls_at_most: int
    """So many it would carry: learned from its load, or RAPIDA_MAX_CALLS."""
    zone: str = Field(examples=["Europe/Berlin"])
    """The machine's time zone, by its IANA name."""


def routes(
    public_host: str | None, accepting: Callable[[], bool], load: Callable[[], ServerLoad]
) -> APIRouter:
    """`/v1/server`."""
    made = router("Operations")
    zone = machine_zone(os.environ.get("TZ", ""), LOCALTIME)

    @made.get("/v1/server", operation_id="readServer", summary="The server itself")
    async def read_server(caller: CallerHere) -> ServerFacts:
        """Its version, its public host, and how full it is."""
        del caller
        now = load()
        return ServerFacts(
            version=__version__,
            public_host=public_host,
            draining=not accepting(),
            calls_now=now.calls_now,
            calls_at_most=now.calls_at_most,
            zone=zone,
        )

    return made


def machine_zone(named: str, localtime: Path) -> str:
    """The IANA name of a machine's time zone: what `TZ` says, or where `localtime` leads; else UTC."""
    if named:
        return named.removeprefix(":")
    return str(localtime.resolve()).partition(ZONES)[2] or "UTC"

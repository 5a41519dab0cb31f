"""What can be configured, drawn from the provider classes' own declarations."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from pydantic import BaseModel

from ..workspace import catalogue
from ..workspace.catalogue import Declaration
from .auth import CallerHere
from .forms import Page, router
from .kinds import Family


class ProviderView(BaseModel):
    """One provider. `options` and `credential` are JSON Schemas; a null `credential` = it takes none."""

    family: Family
    name: str
    available: bool
    missing: str | None
    options: dict[str, Any] | None
    credential: dict[str, Any] | None
    needs_credential: bool


def routes() -> APIRouter:
    """`/v1/providers`."""
    made = router("Providers")

    @made.get("/v1/providers", operation_id="listProviders", summary="What can be configured")
    async def list_providers(caller: CallerHere) -> Page[ProviderView]:
        """Every provider of every family, with the fields of its options and its credential."""
        del caller
        return Page(
            items=await asyncio.to_thread(lambda: [_shown(each) for each in catalogue.declarations()])
        )

    return made


def _shown(declaration: Declaration) -> ProviderView:
    secret = declaration.credential
    return ProviderView(
        family=declaration.family,
        name=declaration.name,
        available=not declaration.missing,
        missing=declaration.missing or None,
        options=_schema(declaration.options),
        credential=_schema(secret),
        needs_credential=secret is not None and any(f.required for f in msgspec.structs.fields(secret)),
    )


def _schema(struct: type[Struct] | None) -> dict[str, Any] | None:
    return None if struct is None else msgspec.json.schema(struct)

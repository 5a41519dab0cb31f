"""What can be configured, drawn from the provider classes' own declarations."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from pydantic import BaseModel

from ..explained import explained
from ..workspace import catalogue
from ..workspace.catalogue import Declaration
from .auth import CallerHere
from .forms import Page, router
from .kinds import Family

SHORT = {each.lower(): each for each in ("API", "HTTP", "ID", "SID", "URL")} | {
    "db": "(dB)",
    "hz": "(Hz)",
    "ms": "(ms)",
    "s": "(s)",
    "wpm": "(words a minute)",
}
"""Words of a field's name that are written otherwise."""


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
    """Its fields in the order of a form, each with a title and the sentence that its declaration says."""
    if struct is None:
        return None
    told = explained(struct)
    schema = msgspec.json.schema(struct)
    fields: dict[str, Any] = schema["$defs"][struct.__name__]["properties"]
    for name, field in fields.items():
        field["title"] = titled(name)
        if name in told:
            field["description"] = told[name]
    return schema


def titled(name: str) -> str:
    """A field's name as a form shows it: `api_key` is "API key"."""
    words = [SHORT.get(word, word) for word in name.split("_")]
    first = words[0]
    return " ".join([first[:1].upper() + first[1:], *words[1:]])

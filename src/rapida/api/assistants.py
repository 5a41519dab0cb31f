"""Assistants: drafts saved as versions that never change, one of them published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Header, Path, Response
from pydantic import BaseModel

from ..assistant import Assistant
from ..node.node import Node
from ..store import assistants
from ..store.assistants import OwnedAssistant
from ..store.db import Transaction
from ..workspace import assistant_changes
from ..workspace.assistant_changes import Saved, etag, own
from .auth import CallerHere
from .forms import PROBLEM, Cursor, Limit, Page, RowId, before, page, router

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AssistantDraft"}}},
    }
}
Draft = Annotated[dict[str, Any], Body()]
Number = Annotated[int, Path(ge=1, lt=2**31)]


class AssistantView(BaseModel):
    """An assistant. `published_version` is the one that answers; null = none does."""

    id: int
    name: str
    published_version: int | None


class VersionView(BaseModel):
    """When and by whom (a user's id) a version was saved."""

    version: int
    note: str
    created_by: int | None
    created_at: datetime
    published: bool


class AssistantDetail(AssistantView):
    """An assistant with the body of one version; `note` was saved with it."""

    version: int
    note: str
    body: dict[str, Any]


class SavedAssistant(AssistantDetail):
    """The same as it was saved; `hints` are sentences on what may be meant and is worth a look."""

    hints: list[str]


def routes(node: Node) -> APIRouter:
    """`/v1/assistants` and their versions."""
    made = router("Assistants")
    _add_reading(made, node)
    _add_saving(made, node)
    _add_answering(made, node)
    return made


def _add_reading(made: APIRouter, node: Node) -> None:
    @made.get("/v1/assistants", operation_id="listAssistants", summary="List assistants")
    async def list_assistants(
        caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[AssistantView]:
        """Newest first."""
        async with node.store.read() as tx:
            found = await assistants.page(tx, caller.project_id, before(cursor), limit + 1)
        return page(found, limit, lambda each: each.id, _shown)

    @made.get("/v1/assistants/{assistant_id}", operation_id="readAssistant", summary="Read an assistant")
    async def read_assistant(assistant_id: RowId, caller: CallerHere, response: Response) -> AssistantDetail:
        """With its newest version's body, published or not. Its ETag goes along with a save as `If-Match`."""
        async with node.store.read() as tx:
            found = await own(tx, caller, assistant_id)
            newest = (await assistants.versions(tx, assistant_id))[0]
            response.headers["etag"] = etag(assistant_id, newest.version)
            return await _detail(tx, found, newest.version)

    @made.get("/v1/assistants/{assistant_id}/versions", operation_id="listVersions", summary="List versions")
    async def list_versions(assistant_id: RowId, caller: CallerHere) -> Page[VersionView]:
        """Newest first."""
        async with node.store.read() as tx:
            found = await own(tx, caller, assistant_id)
            versions = await assistants.versions(tx, assistant_id)
        items = [
            VersionView(published=each.version == found.published_version, **msgspec.structs.asdict(each))
            for each in versions
        ]
        return Page(items=items)

    @made.get(
        "/v1/assistants/{assistant_id}/versions/{version}",
        operation_id="readVersion",
        summary="Read one version",
    )
    async def read_version(assistant_id: RowId, version: Number, caller: CallerHere) -> AssistantDetail:
        """A version never changes."""
        async with node.store.read() as tx:
            return await _detail(tx, await own(tx, caller, assistant_id), version)


def _add_saving(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants",
        operation_id="createAssistant",
        summary="Add an assistant",
        status_code=201,
        openapi_extra=_BODY,
    )
    async def create_assistant(draft: Draft, caller: CallerHere) -> SavedAssistant:
        """Its first version is published at once. `note` may be sent along."""
        return await _saved(node, await assistant_changes.create(node, caller, draft))

    @made.put(
        "/v1/assistants/{assistant_id}",
        operation_id="replaceAssistant",
        summary="Save a new version",
        openapi_extra=_BODY,
        responses={412: {"description": "It was saved meanwhile; the ETag is the newest's", **PROBLEM}},
    )
    async def replace_assistant(
        assistant_id: RowId,
        draft: Draft,
        caller: CallerHere,
        response: Response,
        if_match: Annotated[str | None, Header(description="The ETag of what was read")] = None,
    ) -> SavedAssistant:
        """A draft until it is published: calls go on with the published version.

        With `If-Match`, 412 if somebody else saved it meanwhile.
        """
        saved = await assistant_changes.save(node, caller, assistant_id, draft, if_match)
        response.headers["etag"] = etag(assistant_id, saved.version)
        return await _saved(node, saved)


def _add_answering(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants/{assistant_id}/versions/{version}/publish",
        operation_id="publishVersion",
        summary="Let a version answer",
    )
    async def publish_version(assistant_id: RowId, version: Number, caller: CallerHere) -> AssistantView:
        """From the next call on; an older version can be published again."""
        return _shown(await assistant_changes.publish(node, caller, assistant_id, version))

    @made.delete(
        "/v1/assistants/{assistant_id}",
        operation_id="deleteAssistant",
        summary="Retire an assistant",
        status_code=204,
    )
    async def delete_assistant(assistant_id: RowId, caller: CallerHere) -> None:
        """Refused while it is on the phone. Its conversations stay."""
        await assistant_changes.retire(node, caller, assistant_id)


def draft_schema() -> dict[str, Any]:
    """JSON Schemas of what may be sent: an assistant without what the server gives it, and its parts."""
    _, components = msgspec.json.schema_components([Assistant], ref_template="#/components/schemas/{name}")
    draft = dict(components.pop("Assistant"))
    given = {"id", "version"}
    draft["title"] = "AssistantDraft"
    draft["properties"] = {k: v for k, v in draft["properties"].items() if k not in given}
    draft["properties"]["note"] = {"type": "string", "default": "", "description": "Kept with the version"}
    draft["required"] = [name for name in draft["required"] if name not in given]
    return {**components, "AssistantDraft": draft}


async def _saved(node: Node, saved: Saved) -> SavedAssistant:
    async with node.store.read() as tx:
        detail = await _detail(tx, saved.assistant, saved.version)
    return SavedAssistant(**detail.model_dump(), hints=saved.hints)


def _shown(found: OwnedAssistant) -> AssistantView:
    return AssistantView(id=found.id, name=found.name, published_version=found.published_version)


async def _detail(tx: Transaction, found: OwnedAssistant, version: int) -> AssistantDetail:
    body, note = await assistants.version_and_note(tx, found.id, version)
    plain: dict[str, Any] = msgspec.to_builtins(body)
    for given in ("id", "version"):
        plain.pop(given)
    return AssistantDetail(**_shown(found).model_dump(), version=version, note=note, body=plain)

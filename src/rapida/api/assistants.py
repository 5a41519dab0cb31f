"""Assistants: drafts saved as versions that never change, one of them published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, Field, WithJsonSchema

from ..node.node import Node
from ..store import assistants, contributions
from ..store.assistants import OwnedAssistant, Version
from ..store.db import Transaction
from ..workspace import assistant_changes
from ..workspace.assistant_changes import Saved, etag, own
from ..workspace.assistant_overviews import Overview, Overviews, version_figures
from .assistant_schemas import DRAFT_EXAMPLES, NEW_EXAMPLES, named
from .auth import CallerHere
from .forms import Cursor, IfMatch, Limit, Page, RowId, before, page, router
from .statistics import FAILURES

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/AssistantDraft"},
                "examples": DRAFT_EXAMPLES,
            }
        },
    }
}
NEW: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/NewAssistant"},
                "examples": NEW_EXAMPLES,
            }
        },
    }
}
PINNED = (
    "calls are answered by version {}, to which the phone deployment is pinned: change its `pinned_version`."
)
Draft = Annotated[dict[str, Any], Body()]
MOST_VERSION = 2**31 - 1
"""The largest number that the database keeps for one."""
Number = Annotated[int, Path(ge=1, le=MOST_VERSION)]
AssistantBody = Annotated[dict[str, Any], WithJsonSchema(named("AssistantBody"))]
"""A whole version: what is read can be changed and sent back."""


class AssistantView(BaseModel):
    """An assistant. `published_version` is the one that answers; null = none does."""

    id: int
    name: str
    published_version: int | None


class PublishedAssistant(AssistantView):
    """The same as it answers now; `hints` say if something else decides which version that is."""

    hints: list[str]


class OnPhoneView(BaseModel):
    """The line on which an assistant is; the carrier leads calls there while it is `enabled`."""

    enabled: bool
    provider: str
    phone_number: str | None


class ListedAssistant(AssistantView):
    """An assistant at a glance. What counts calls is of the last seven days, and up to 30 s old."""

    newest_version: int = Field(description="Another than `published_version`: there is a draft")
    on_phone: OnPhoneView | None
    calls_7d: int
    usual_ms: int | None = Field(description="Half of the replies came sooner")
    ended_badly_7d: int = Field(description="Calls that broke off or never reached us")


class VersionView(BaseModel):
    """When and by whom (a user's id) a version was saved."""

    version: int
    note: str
    created_by: int | None
    created_at: datetime
    published: bool
    calls_30d: int = Field(description="Its calls of the last thirty days")
    usual_ms: int | None = Field(description="Half of their replies came sooner")


class AssistantDetail(AssistantView):
    """An assistant with the body of one version; `note` was saved with it."""

    version: int
    note: str
    body: AssistantBody


class SavedAssistant(AssistantDetail):
    """The same as it was saved; `hints` are sentences on what may be meant and is worth a look."""

    live: bool = Field(description="Whether this version answers calls from now on")
    outcome: str = Field(description="The same in a sentence, with what to do if it is not what is wanted")
    hints: list[str]


def routes(node: Node) -> APIRouter:
    """`/v1/assistants` and their versions."""
    made = router("Assistants")
    _add_reading(made, node)
    _add_saving(made, node)
    _add_answering(made, node)
    return made


def _add_reading(made: APIRouter, node: Node) -> None:
    overviews = Overviews(node)

    @made.get("/v1/assistants", operation_id="listAssistants", summary="List assistants")
    async def list_assistants(
        caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ListedAssistant]:
        """Newest first."""
        async with node.store.read() as tx:
            found = await assistants.page(tx, caller.project_id, before(cursor), limit + 1)
            seen = await overviews.of(tx, caller.project_id, found)
        return page(found, limit, lambda each: each.id, lambda each: _listed(seen[each.id]))

    @made.get("/v1/assistants/{assistant_id}", operation_id="readAssistant", summary="Read an assistant")
    async def read_assistant(assistant_id: RowId, caller: CallerHere, response: Response) -> AssistantDetail:
        """With its newest version's body, published or not. Its ETag goes along with a save as `If-Match`."""
        async with node.store.read() as tx:
            found = await own(tx, caller, assistant_id)
            newest = (await assistants.versions(tx, assistant_id))[0]
            response.headers["etag"] = etag(assistant_id, newest.version)
            return await detail(tx, found, newest.version)

    @made.get("/v1/assistants/{assistant_id}/versions", operation_id="listVersions", summary="List versions")
    async def list_versions(
        assistant_id: RowId, caller: CallerHere, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[VersionView]:
        """Newest first."""
        older = None if cursor is None else min(int(cursor), MOST_VERSION)
        async with node.store.read() as tx:
            owned = await own(tx, caller, assistant_id)
            found = await assistants.versions(tx, assistant_id, older, limit + 1)
        answered = await version_figures(node, caller.project_id, assistant_id)

        def shown(each: Version) -> VersionView:
            calls, usual_ms = answered.get(each.version, (0, None))
            return VersionView(
                published=each.version == owned.published_version,
                calls_30d=calls,
                usual_ms=usual_ms,
                **msgspec.structs.asdict(each),
            )

        return page(found, limit, lambda each: each.version, shown)

    @made.get(
        "/v1/assistants/{assistant_id}/versions/{version}",
        operation_id="readVersion",
        summary="Read one version",
    )
    async def read_version(assistant_id: RowId, version: Number, caller: CallerHere) -> AssistantDetail:
        """A version never changes."""
        async with node.store.read() as tx:
            return await detail(tx, await own(tx, caller, assistant_id), version)


def _add_saving(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants",
        operation_id="createAssistant",
        summary="Add an assistant",
        status_code=201,
        openapi_extra=NEW,
    )
    async def create_assistant(draft: Draft, caller: CallerHere) -> SavedAssistant:
        """Its first version is published at once: whoever calls it hears it. `note` may be sent along.

        With a `template` (`GET /v1/assistant-templates`) everything may be left out: what hears, thinks and
        speaks is then chosen from the project's credentials, else from what needs no key.
        """
        return await _saved(node, await assistant_changes.create(node, caller, draft))

    @made.put(
        "/v1/assistants/{assistant_id}",
        operation_id="replaceAssistant",
        summary="Save a new version",
        openapi_extra=BODY,
    )
    async def replace_assistant(
        assistant_id: RowId,
        draft: Draft,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
        publish: Annotated[bool, Query(description="Let it answer calls at once")] = False,
    ) -> SavedAssistant:
        """A whole new version, beside those that there are. It is a draft: calls go on with the published
        version until this one is published, now (`?publish=true`) or later.

        With `If-Match`, 412 if somebody else saved it meanwhile.
        """
        saved = await assistant_changes.save(node, caller, assistant_id, draft, if_match, publish=publish)
        response.headers["etag"] = etag(assistant_id, saved.version)
        return await _saved(node, saved)


def _add_answering(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants/{assistant_id}/versions/{version}/publish",
        operation_id="publishVersion",
        summary="Let a version answer",
    )
    async def publish_version(assistant_id: RowId, version: Number, caller: CallerHere) -> PublishedAssistant:
        """From the next call on; an older version can be published again, which is how to roll back."""
        published = await assistant_changes.publish(node, caller, assistant_id, version)
        async with node.store.read() as tx:
            pinned = await assistant_changes.pinned_version(tx, assistant_id)
        hints = [] if pinned in (None, version) else [f"On the phone {PINNED.format(pinned)}"]
        return PublishedAssistant(**_shown(published).model_dump(), hints=hints)

    @made.delete(
        "/v1/assistants/{assistant_id}",
        operation_id="deleteAssistant",
        summary="Retire an assistant",
        status_code=204,
    )
    async def delete_assistant(assistant_id: RowId, caller: CallerHere, if_match: IfMatch = None) -> None:
        """Refused while it is on the phone. Its conversations stay."""
        await assistant_changes.retire(node, caller, assistant_id, if_match)


async def _saved(node: Node, saved: Saved) -> SavedAssistant:
    async with node.store.read() as tx:
        shown = await detail(tx, saved.assistant, saved.version)
    live = saved.version == (saved.pinned or saved.assistant.published_version)
    return SavedAssistant(
        **shown.model_dump(), live=live, outcome=_outcome(saved, live=live), hints=saved.hints
    )


def _outcome(saved: Saved, *, live: bool) -> str:
    """What saving did to calls, in a sentence."""
    number, answering = saved.version, saved.assistant.published_version
    if live:
        return f"Version {number} answers calls from now on."
    if saved.pinned is not None:
        state = "published" if number == answering else "a draft"
        return f"Version {number} is {state}; {PINNED.format(saved.pinned)}"
    goes_on = "no version answers calls" if answering is None else f"calls go on with version {answering}"
    return (
        f"Version {number} is a draft: {goes_on} until it is published (POST "
        f"/v1/assistants/{saved.assistant.id}/versions/{number}/publish, or save with ?publish=true)."
    )


def _listed(seen: Overview) -> ListedAssistant:
    line, week = seen.on_phone, seen.week
    counts: Mapping[str, int] = {} if week is None else week.counts
    usual: list[int] = [] if week is None else week.percentiles_ms().get("total", [])
    return ListedAssistant(
        **_shown(seen.assistant).model_dump(),
        newest_version=seen.newest_version,
        on_phone=line
        and OnPhoneView(enabled=line.enabled, provider=line.carrier, phone_number=line.phone_number),
        calls_7d=counts.get("calls", 0),
        usual_ms=usual[0] if usual else None,
        ended_badly_7d=sum(counts.get(f"{contributions.ENDED}{reason}", 0) for reason in FAILURES),
    )


def _shown(found: OwnedAssistant) -> AssistantView:
    return AssistantView(id=found.id, name=found.name, published_version=found.published_version)


async def detail(tx: Transaction, found: OwnedAssistant, version: int) -> AssistantDetail:
    body, note = await assistants.version_and_note(tx, found.id, version)
    plain: dict[str, Any] = msgspec.to_builtins(body)
    for given in ("id", "version"):
        plain.pop(given)
    return AssistantDetail(**_shown(found).model_dump(), version=version, note=note, body=plain)

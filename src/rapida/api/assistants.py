"""Assistants: drafts saved as versions that never change, one of them published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Path
from pydantic import BaseModel

from ..assistant import Assistant, Deadlines, Idle, Keypad, TurnTaking
from ..errors import Conflict, InvalidField, refuse
from ..fields import Limit as Bound
from ..fields import Limits
from ..node.node import Node
from ..store import assistants, deployments
from ..store.assistants import Owned
from ..store.db import Transaction
from ..workspace import drafts, phrases
from .auth import Caller, CallerHere
from .forms import Cursor, Limit, Page, RowId, before, page, router
from .strict import fit

_MS = Bound(0, 60_000)
_SAID = Bound(0, 2_000)
MOST_NOTE = 200
LIMITS: Limits = {
    (Assistant, "name"): Bound(1, 100),
    (Assistant, "prompt"): Bound(0, 200_000),
    (Assistant, "variables"): Bound(0, 200),
    (Assistant, "language"): Bound(2, 35),
    (Assistant, "greeting"): _SAID,
    (Assistant, "hello_wait_ms"): Bound(0, 10_000),
    (Assistant, "unclear_message"): _SAID,
    (Assistant, "unclear_limit"): Bound(1, 20),
    (Assistant, "unclear_goodbye"): _SAID,
    (Assistant, "error_message"): _SAID,
    (Assistant, "filler_message"): _SAID,
    (Assistant, "max_duration_s"): Bound(10, 14_400),
    (Assistant, "warning_before_s"): Bound(0, 600),
    (Assistant, "warning_message"): _SAID,
    (Assistant, "duration_goodbye"): _SAID,
    (Assistant, "tools"): Bound(0, 64),
    (Idle, "timeout_s"): Bound(1, 600),
    (Idle, "prompts"): Bound(0, 20),
    (Idle, "goodbye"): _SAID,
    (Keypad, "terminator"): Bound(0, 1),
    (Keypad, "inter_digit_ms"): Bound(200, 60_000),
    (Keypad, "max_digits"): Bound(1, 128),
    **{(TurnTaking, name): _MS for name in TurnTaking.__struct_fields__ if name.endswith("_ms")},
    **{(Deadlines, name): Bound(100, 120_000) for name in Deadlines.__struct_fields__},
}
"""What an assistant's numbers may be, and how long its texts."""

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
    async def read_assistant(assistant_id: RowId, caller: CallerHere) -> AssistantDetail:
        """With its newest version's body, published or not."""
        async with node.store.read() as tx:
            found = await mine(tx, caller, assistant_id)
            newest = (await assistants.versions(tx, assistant_id))[0]
            return await _detail(tx, found, newest.version)

    @made.get("/v1/assistants/{assistant_id}/versions", operation_id="listVersions", summary="List versions")
    async def list_versions(assistant_id: RowId, caller: CallerHere) -> Page[VersionView]:
        """Newest first."""
        async with node.store.read() as tx:
            found = await mine(tx, caller, assistant_id)
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
            return await _detail(tx, await mine(tx, caller, assistant_id), version)


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
        body, note, hints = await _checked(node, caller, draft)
        now = node.clock()
        async with node.store.write() as tx:
            await assistants.take_name(tx, caller.project_id, body.name)
            first = await assistants.create(tx, caller.project_id, body, now, note=note, by=_user(caller))
            await caller.note(tx, now, "assistant.create", f"assistant:{first.id}", name=body.name)
            shown = await _detail(tx, await assistants.find(tx, first.id), 1)
        return SavedAssistant(**shown.model_dump(), hints=hints)

    @made.put(
        "/v1/assistants/{assistant_id}",
        operation_id="replaceAssistant",
        summary="Save a new version",
        openapi_extra=_BODY,
    )
    async def replace_assistant(assistant_id: RowId, draft: Draft, caller: CallerHere) -> SavedAssistant:
        """A draft until it is published: calls go on with the published version."""
        async with node.store.read() as tx:
            await mine(tx, caller, assistant_id)
        body, note, hints = await _checked(node, caller, draft)
        now = node.clock()
        async with node.store.write() as tx:
            await mine(tx, caller, assistant_id)
            await assistants.take_name(tx, caller.project_id, body.name, assistant_id)
            changed = msgspec.structs.replace(body, id=assistant_id)
            saved = await assistants.add_version(tx, changed, now, note=note, by=_user(caller))
            subject = f"assistant:{assistant_id}"
            await caller.note(tx, now, "assistant.save", subject, version=saved.version)
            shown = await _detail(tx, await assistants.find(tx, assistant_id), saved.version)
        return SavedAssistant(**shown.model_dump(), hints=hints)


def _add_answering(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants/{assistant_id}/versions/{version}/publish",
        operation_id="publishVersion",
        summary="Let a version answer",
    )
    async def publish_version(assistant_id: RowId, version: Number, caller: CallerHere) -> AssistantView:
        """From the next call on; an older version can be published again."""
        async with node.store.read() as tx:
            await mine(tx, caller, assistant_id)
            wanted = await assistants.version(tx, assistant_id, version)
        # Its credentials may have gone since it was saved.
        await _check(node, caller, wanted)
        now = node.clock()
        async with node.store.write() as tx:
            await mine(tx, caller, assistant_id)
            # A draft's name is its assistant's only from here on: another may have taken it meanwhile.
            await assistants.take_name(tx, caller.project_id, wanted.name, assistant_id)
            await assistants.publish(tx, assistant_id, version)
            await caller.note(tx, now, "assistant.publish", f"assistant:{assistant_id}", version=version)
            return _shown(await assistants.find(tx, assistant_id))

    @made.delete(
        "/v1/assistants/{assistant_id}",
        operation_id="deleteAssistant",
        summary="Retire an assistant",
        status_code=204,
    )
    async def delete_assistant(assistant_id: RowId, caller: CallerHere) -> None:
        """Refused while it is on the phone. Its conversations stay."""
        now = node.clock()
        async with node.store.write() as tx:
            await mine(tx, caller, assistant_id)
            if await deployments.phone_of(tx, assistant_id) is not None:
                raise Conflict("the assistant is on the phone: delete its phone deployment first")
            await assistants.archive(tx, assistant_id, now)
            await caller.note(tx, now, "assistant.delete", f"assistant:{assistant_id}")


async def mine(tx: Transaction, caller: Caller, assistant_id: int) -> Owned:
    """An assistant of the caller's project. Raises `NotFound`."""
    found = await assistants.find(tx, assistant_id)
    caller.owns(found.project_id, "assistant", assistant_id)
    return found


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


async def _checked(node: Node, caller: Caller, draft: dict[str, Any]) -> tuple[Assistant, str, list[str]]:
    """What was sent, its note, and hints about it. Raises `InvalidField` for all that is wrong."""
    sent = phrases.in_language(draft)
    note, wrong = sent.pop("note", ""), list[InvalidField]()
    if not isinstance(note, str) or len(note) > MOST_NOTE:
        wrong.append(InvalidField("note", f"it must be a text of at most {MOST_NOTE} characters"))
    for given in ("id", "version"):
        if given in sent:
            wrong.append(InvalidField(given, "the server gives it; leave it out"))
    body, misfits = fit(Assistant, {**sent, "id": 0, "version": 0}, LIMITS)
    wrong += misfits
    if body is None:
        refuse(wrong)
        raise AssertionError("what does not fit has a name")
    return body, str(note), await _check(node, caller, body, wrong)


async def _check(
    node: Node, caller: Caller, body: Assistant, wrong: Sequence[InvalidField] = ()
) -> list[str]:
    # Not in the transaction that writes: importing a provider takes seconds, and calls write too.
    async with node.store.read() as tx:
        return await drafts.check(tx, caller.project_id, body, wrong)


def _user(caller: Caller) -> int | None:
    return None if caller.user is None else caller.user.id


def _shown(found: Owned) -> AssistantView:
    return AssistantView(id=found.id, name=found.name, published_version=found.published_version)


async def _detail(tx: Transaction, found: Owned, version: int) -> AssistantDetail:
    body, note = await assistants.version_and_note(tx, found.id, version)
    plain: dict[str, Any] = msgspec.to_builtins(body)
    for given in ("id", "version"):
        plain.pop(given)
    return AssistantDetail(**_shown(found).model_dump(), version=version, note=note, body=plain)

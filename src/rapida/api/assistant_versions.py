"""What can be asked of an assistant before it answers: templates, a check, a diff of versions, a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from ..assistant import Assistant
from ..node.node import Node
from ..store import assistants
from ..workspace import assistant_changes, assistant_files, chosen_parts, named_credentials, version_diff
from ..workspace.assistant_changes import etag, own
from ..workspace.assistant_templates import Mind, templates
from .assistants import BODY, NEW, AssistantBody, Draft, Number
from .auth import CallerHere
from .forms import Page, RowId, router

_YAML: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"application/yaml": {"schema": {"type": "string"}}}}
}


class TemplateView(BaseModel):
    """An assistant to begin with. `lacking` says what the project must have first; empty = it can begin."""

    name: str
    about: str
    mind: Mind = Field(description="What decides what is said: a language model, or a flow")
    variables: dict[str, str] = Field(description="What its texts are filled in with, and may be set")
    lacking: list[str]


class LineView(BaseModel):
    """A line of a text that changed; `skipped` stands for lines that are the same on both sides."""

    kind: Literal["same", "removed", "added", "skipped"]
    text: str


class ChangeView(BaseModel):
    """One field that is different; `lines` compares a text of several lines."""

    field: str
    kind: Literal["changed", "added", "removed"]
    before: Any
    after: Any
    lines: list[LineView]


class DiffView(BaseModel):
    """What is different in `version`, compared with `against`."""

    version: int
    against: int
    changes: list[ChangeView]


class CheckedView(BaseModel):
    """What saving would save. `against` is the newest version, with which `changes` compares; null = none."""

    body: AssistantBody
    hints: list[str]
    against: int | None
    changes: list[ChangeView]


def routes(node: Node) -> APIRouter:
    """Templates, `…/check`, `…/versions/{version}/diff` and `…/versions/{version}/yaml`."""
    made = router("Assistants")
    _add_templates(made, node)
    _add_checking(made, node)
    _add_comparing(made, node)
    return made


def _add_templates(made: APIRouter, node: Node) -> None:
    @made.get(
        "/v1/assistant-templates", operation_id="listTemplates", summary="What an assistant can begin with"
    )
    async def list_templates(
        caller: CallerHere,
        language: Annotated[str, Query(max_length=35, description="As BCP 47")] = chosen_parts.LANGUAGE,
    ) -> Page[TemplateView]:
        """With what this project lacks for each. `POST /v1/assistants` takes a name as `template`."""
        shown: list[TemplateView] = []
        for name, each in templates().items():
            _, lacking = await chosen_parts.choice(node, caller, each, language)
            view = TemplateView(
                name=name,
                about=each.about,
                mind=each.mind,
                variables=each.assistant.get("variables", {}),
                lacking=[str(one) for one in lacking],
            )
            shown.append(view)
        return Page(items=shown)


def _add_checking(made: APIRouter, node: Node) -> None:
    @made.post(
        "/v1/assistants/check",
        operation_id="checkAssistant",
        summary="Check a new assistant",
        openapi_extra=NEW,
    )
    async def check_assistant(draft: Draft, caller: CallerHere) -> CheckedView:
        """As adding it would, and nothing is saved."""
        return _checked(await assistant_changes.check(node, caller, draft))

    @made.post(
        "/v1/assistants/{assistant_id}/check",
        operation_id="checkVersion",
        summary="Check a new version",
        openapi_extra=BODY,
    )
    async def check_version(
        assistant_id: RowId, draft: Draft, caller: CallerHere, response: Response
    ) -> CheckedView:
        """As saving it would, and nothing is saved; with what it would change of the newest version, whose
        ETag goes along with a save as `If-Match`.
        """
        checked = await assistant_changes.check(node, caller, draft, assistant_id)
        response.headers["etag"] = etag(assistant_id, checked.newest or 0)
        return _checked(checked)


def _add_comparing(made: APIRouter, node: Node) -> None:
    @made.get(
        "/v1/assistants/{assistant_id}/versions/{version}/diff",
        operation_id="compareVersions",
        summary="What a version changes",
    )
    async def compare_versions(
        assistant_id: RowId,
        version: Number,
        caller: CallerHere,
        against: Annotated[
            int | None, Query(ge=1, lt=2**31, description="The other version; the published one if left out")
        ] = None,
    ) -> DiffView:
        """Field by field, and of texts of several lines line by line."""
        async with node.store.read() as tx:
            owned = await own(tx, caller, assistant_id)
            after = await assistants.version(tx, assistant_id, version)
            if against is None and owned.published_version is None:
                before = await assistants.published(tx, assistant_id)  # which says that there is none
            else:
                before = await assistants.version(tx, assistant_id, against or owned.published_version or 0)
        return DiffView(version=version, against=before.version, changes=_changes(before, after))

    @made.get(
        "/v1/assistants/{assistant_id}/versions/{version}/yaml",
        operation_id="exportVersion",
        summary="A version as a file",
        response_class=Response,
        responses=_YAML,
    )
    async def export_version(assistant_id: RowId, version: Number, caller: CallerHere) -> Response:
        """YAML: what differs from the defaults, credentials by their names, no secret. What it holds can be
        sent back as JSON, and saves the same version again (`rapida assistants apply`).
        """
        async with node.store.read() as tx:
            await own(tx, caller, assistant_id)
            found = await assistants.version(tx, assistant_id, version)
            kept = await named_credentials.of_project(tx, caller.project_id)
        return Response(assistant_files.written(found, kept), media_type="application/yaml")


def _checked(checked: assistant_changes.Checked) -> CheckedView:
    body: dict[str, Any] = msgspec.to_builtins(checked.body)
    for given in version_diff.GIVEN:
        body.pop(given)
    changed = [] if checked.before is None else _changes(checked.before, checked.body)
    return CheckedView(body=body, hints=checked.hints, against=checked.newest, changes=changed)


def _changes(before: Assistant, after: Assistant) -> list[ChangeView]:
    found = version_diff.changes(before, after)
    return [ChangeView.model_validate(each) for each in msgspec.to_builtins(found)]

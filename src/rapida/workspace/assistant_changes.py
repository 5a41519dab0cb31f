"""Assistants as people change them: created, saved as versions that never change, published, retired.

A draft is read strictly and checked whole before the transaction that saves it: importing a provider takes
seconds, and calls write too. A published version is checked again, since its credentials may have gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ..assistant import Assistant
from ..errors import Conflict, InvalidField, refuse
from ..node.node import Node
from ..store import Transaction, assistants, deployments
from ..store.assistants import OwnedAssistant
from . import drafts, named_credentials, phrases
from .actor import Actor
from .chosen_parts import from_template
from .etags import must_match_tag
from .limits import LIMITS
from .strict import fit

MOST_NOTE = 200
"""Characters of the note that is kept with a version: a line, not an essay."""


@dataclass(frozen=True)
class Saved:
    """A version that was saved. `hints` are sentences on what may be meant and is worth a look.

    `pinned` is the version that the phone deployment is pinned to, whatever is published.
    """

    assistant: OwnedAssistant
    version: int
    hints: list[str]
    pinned: int | None = None


@dataclass(frozen=True)
class Checked:
    """What saving would save. `newest` is the version that it would follow, and `before` its content."""

    body: Assistant
    hints: list[str]
    newest: int | None
    before: Assistant | None


@dataclass(frozen=True)
class _Draft:
    body: Assistant
    note: str
    hints: list[str]


async def create(node: Node, actor: Actor, sent: Mapping[str, Any]) -> Saved:
    """A new assistant, whose first version is published at once. `sent` may bring a `note`.

    Raises `InvalidField` for all that is wrong, `NotFound` for a credential that is not the project's,
    `Conflict` for a name that is taken, and `StoreError`.
    """
    draft = await _read(node, actor, sent)
    now = node.clock()
    async with node.store.write() as tx:
        await assistants.take_name(tx, actor.project_id, draft.body.name)
        first = await assistants.create(
            tx, actor.project_id, draft.body, now, note=draft.note, by=actor.user_id
        )
        after = {"name": draft.body.name, "version": 1, "published_version": 1}
        await actor.note(tx, now, "assistant.create", f"assistant:{first.id}", before=None, after=after)
        return Saved(await assistants.find(tx, first.id), 1, draft.hints)


def etag(assistant_id: int, newest: int) -> str:
    """How an assistant's drafts stand: another one after each save."""
    return f'"{assistant_id}.{newest}"'


async def save(
    node: Node,
    actor: Actor,
    assistant_id: int,
    sent: Mapping[str, Any],
    based_on: str | None = None,
    *,
    publish: bool = False,
) -> Saved:
    """A further version of an assistant; calls go on with the published one, unless it is to `publish`.

    Raises as `create` does, and `Stale` where `based_on` (an `etag`) is not that of the newest version, which
    its actor then has not seen.
    """
    async with node.store.read() as tx:
        await own(tx, actor, assistant_id)
    draft = await _read(node, actor, sent, assistant_id)
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, assistant_id)
        await assistants.take_name(tx, actor.project_id, draft.body.name, assistant_id)
        newest = (await assistants.versions(tx, assistant_id))[0].version
        await _must_match(tx, based_on, assistant_id, newest)
        saved = await assistants.add_version(tx, draft.body, now, note=draft.note, by=actor.user_id)
        told = {"before": {"version": newest}, "after": {"version": saved.version}}
        await actor.note(tx, now, "assistant.save", f"assistant:{assistant_id}", **told)
        if publish:
            await _publish(tx, actor, assistant_id, saved.version, now)
        pinned = await pinned_version(tx, assistant_id)
        return Saved(await assistants.find(tx, assistant_id), saved.version, draft.hints, pinned)


async def publish(node: Node, actor: Actor, assistant_id: int, version: int) -> OwnedAssistant:
    """Let a version answer from the next call on. Raises as `create` does."""
    async with node.store.read() as tx:
        await own(tx, actor, assistant_id)
        body = await assistants.version(tx, assistant_id, version)
    await _check(node, actor, body)
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, assistant_id)
        # A draft's name is its assistant's only from here on: another may have taken it meanwhile.
        await assistants.take_name(tx, actor.project_id, body.name, assistant_id)
        await _publish(tx, actor, assistant_id, version, now)
        return await assistants.find(tx, assistant_id)


async def _publish(tx: Transaction, actor: Actor, assistant_id: int, version: int, now: datetime) -> None:
    old = await assistants.find(tx, assistant_id)
    await assistants.publish(tx, assistant_id, version)
    new = await assistants.find(tx, assistant_id)
    told = {"before": _shown(old), "after": _shown(new)}
    await actor.note(tx, now, "assistant.publish", f"assistant:{assistant_id}", **told)


def _shown(assistant: OwnedAssistant) -> dict[str, Any]:
    return {"name": assistant.name, "published_version": assistant.published_version}


async def _must_match(tx: Transaction, based_on: str | None, assistant_id: int, newest: int) -> None:
    """Raises `Stale`, with the newest version, where `based_on` is another one's ETag."""
    if based_on is None:
        return
    body = msgspec.to_builtins(await assistants.version(tx, assistant_id, newest))
    what = f"the assistant was saved again: version {newest} is the newest. It"
    must_match_tag(based_on, etag(assistant_id, newest), what, {"version": newest, "body": body})


async def pinned_version(tx: Transaction, assistant_id: int) -> int | None:
    """The version that the phone deployment is pinned to."""
    deployment = await deployments.phone_of(tx, assistant_id)
    return None if deployment is None else deployment.options.pinned_version


async def retire(node: Node, actor: Actor, assistant_id: int, based_on: str | None = None) -> None:
    """Archive an assistant; its conversations stay.

    Raises `Conflict` while it is on the phone, and `Stale` as `save` does.
    """
    now = node.clock()
    async with node.store.write() as tx:
        old = await own(tx, actor, assistant_id)
        await _must_match(
            tx, based_on, assistant_id, (await assistants.versions(tx, assistant_id))[0].version
        )
        if await deployments.phone_of(tx, assistant_id) is not None:
            raise Conflict("the assistant is on the phone: delete its phone deployment first")
        await assistants.archive(tx, assistant_id, now)
        told = {"before": _shown(old), "after": None}
        await actor.note(tx, now, "assistant.delete", f"assistant:{assistant_id}", **told)


async def unsaved(node: Node, actor: Actor, sent: Mapping[str, Any]) -> Assistant:
    """A draft that answers without being saved. Raises as `create` does, but for a name that is taken."""
    return (await _read(node, actor, sent)).body


async def own(tx: Transaction, actor: Actor, assistant_id: int) -> OwnedAssistant:
    """An assistant of the actor's project. Raises `NotFound`."""
    assistant = await assistants.find(tx, assistant_id)
    actor.owns(assistant.project_id, "assistant", assistant_id)
    return assistant


async def check(node: Node, actor: Actor, sent: Mapping[str, Any], assistant_id: int = 0) -> Checked:
    """What saving would save, of a new assistant or of `assistant_id`; nothing is saved. Raises as saving."""
    if assistant_id:
        async with node.store.read() as tx:
            await own(tx, actor, assistant_id)
    draft = await _read(node, actor, sent, assistant_id)
    async with node.store.read() as tx:
        await assistants.check_name(tx, actor.project_id, draft.body.name, assistant_id)
        if not assistant_id:
            return Checked(draft.body, draft.hints, None, None)
        newest = (await assistants.versions(tx, assistant_id))[0].version
        return Checked(draft.body, draft.hints, newest, await assistants.version(tx, assistant_id, newest))


async def _read(node: Node, actor: Actor, sent: Mapping[str, Any], assistant_id: int = 0) -> _Draft:
    """What was sent, and hints about it. Raises `InvalidField` for all that is wrong."""
    if "template" in sent and not assistant_id:
        sent = await from_template(node, actor, sent)
    sent, unnamed = await named_credentials.resolved(node, actor, sent)
    fields = phrases.in_language(sent)
    note, wrong = fields.pop("note", ""), unnamed
    if not isinstance(note, str) or len(note) > MOST_NOTE:
        wrong.append(InvalidField("note", f"it must be a text of at most {MOST_NOTE} characters"))
    for given in ("id", "version"):
        if given in fields:
            wrong.append(InvalidField(given, "the server gives it; leave it out"))
    body, misfits = fit(Assistant, {**fields, "id": assistant_id, "version": 0}, LIMITS)
    wrong += misfits
    if body is None:
        refuse(wrong)
        raise AssertionError("what does not fit has a name")
    return _Draft(body, str(note), await _check(node, actor, body, wrong))


async def _check(node: Node, actor: Actor, body: Assistant, wrong: Sequence[InvalidField] = ()) -> list[str]:
    async with node.store.read() as tx:
        return await drafts.check(tx, actor.project_id, body, wrong)

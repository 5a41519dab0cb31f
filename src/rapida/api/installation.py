"""The installation as a whole: its servers, their settings, and the keys of its vault."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..node.node import Node
from ..node.peers import DEAD_AFTER
from ..settings import Settings, in_force
from ..store import servers
from ..workspace import vault_changes, vault_state
from ..workspace.vault_state import Step, VaultState
from .auth import CallerHere
from .forms import Page, router


class ServerView(BaseModel):
    """A living process that holds calls."""

    name: str = Field(examples=["voice-1 (process 4242)"])
    started_at: datetime
    heard_at: datetime
    calls: int
    keys: list[str] = Field(description="Of the vault, by their ids; the first seals")
    answers: bool = Field(description="Whether it is the one that gave this answer")


class SettingView(BaseModel):
    """A setting of the server that answers."""

    name: str = Field(examples=["RAPIDA_PORT"])
    value: str | None = Field(description="Empty = its default holds; null = it is set, and secret")
    default: str
    doc: str


class KeyState(BaseModel):
    """A key of the vault: how many secrets it seals, and the servers that have loaded it."""

    id: str = Field(examples=["k1"])
    secrets: int
    first_on: list[str] = Field(description="Servers that seal with it")
    behind_on: list[str] = Field(description="Servers that open with it")


class KeyMove(BaseModel):
    """The move of all secrets to a key."""

    step: Step = Field(
        description="What is to be done next: `load` the key behind the old one, `first` of all, `rotate`, "
        "`drop` the old one; `none` = no move is under way"
    )
    key_id: str = Field(examples=["k2"])
    waits_for: list[str] = Field(description="Servers on which the step is still to be done")


class VaultView(BaseModel):
    """Which keys seal what."""

    keys: list[KeyState]
    move: KeyMove
    from_setting: bool = Field(description="Whether RAPIDA_MASTER_KEY has the keys, and no file")


class RotationView(BaseModel):
    """What a rotation did."""

    changed: int = Field(description="Secrets that were sealed anew")
    shut: list[int] = Field(description="Credentials whose secrets do not open, and stayed as they were")


def routes(node: Node, settings: Settings) -> APIRouter:
    """`/v1/servers`, `/v1/settings` and `/v1/vault`."""
    made = router("Operations")
    _add_servers(made, node, settings)
    _add_vault(made, node, from_setting=settings.master_key is not None)
    return made


def _add_servers(made: APIRouter, node: Node, settings: Settings) -> None:
    @made.get("/v1/servers", operation_id="listServers", summary="The servers of this installation")
    async def list_servers(caller: CallerHere) -> Page[ServerView]:
        """Those that live, oldest first: all processes that share the database."""
        del caller
        async with node.store.read() as tx:
            found = await servers.living(tx, node.clock() - DEAD_AFTER)
        return Page(
            items=[
                ServerView(
                    name=each.name,
                    started_at=each.started_at,
                    heard_at=each.heard_at,
                    calls=each.calls,
                    keys=vault_state.key_ids(each),
                    answers=each.id == node.server_id,
                )
                for each in found
            ]
        )

    @made.get("/v1/settings", operation_id="listSettings", summary="The settings in force")
    async def list_settings(caller: CallerHere) -> Page[SettingView]:
        """Of the server that answers; a secret one's value is never told."""
        del caller
        found = [SettingView(**vars(each)) for each in in_force(settings)]
        return Page(items=found)


def _add_vault(made: APIRouter, node: Node, *, from_setting: bool) -> None:
    @made.get("/v1/vault", operation_id="readVault", summary="Which keys seal the secrets")
    async def read_vault(caller: CallerHere) -> VaultView:
        """Of the whole installation, and how far the move to a new key has come."""
        del caller
        return _shown(await vault_state.read(node, from_setting=from_setting))

    @made.post("/v1/vault/rotate", operation_id="rotateVault", summary="Seal every secret anew")
    async def rotate_vault(caller: CallerHere) -> RotationView:
        """With the first key of RAPIDA_MASTER_KEY, once every living server has loaded it; calls go on."""
        changed, shut = await vault_changes.rotate(node, caller.name, from_setting=from_setting)
        return RotationView(changed=changed, shut=list(shut))


def _shown(state: VaultState) -> VaultView:
    return VaultView.model_validate(msgspec.to_builtins(state))

"""Which keys of the vault seal what, where they are loaded, and how far the move to a new one has come.

The move has five steps: a key is made; every server loads it behind the old one; every server loads it first;
the secrets are sealed anew; the old key is dropped. How far it has come is told by what servers have loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from ..node.node import Node
from ..node.peers import DEAD_AFTER
from ..store import Transaction, audit, connected_numbers, credentials, servers, tenants
from ..store.servers import LivingServer

Step = Literal["none", "load", "first", "rotate", "drop"]
"""What is to be done next; `none` = no move is under way."""


class LoadedKey(Struct, frozen=True):
    """A key, how many secrets it seals, and which servers have loaded it first or behind another."""

    id: str
    secrets: int
    first_on: Sequence[str]
    behind_on: Sequence[str]


class Move(Struct, frozen=True):
    """The next step, the key that the secrets move to, and the servers that the step waits for."""

    step: Step
    key_id: str
    waits_for: Sequence[str] = ()


class VaultState(Struct, frozen=True):
    """All keys, and the move between them. `from_setting` tells RAPIDA_MASTER_KEY from a key file."""

    keys: Sequence[LoadedKey]
    move: Move
    from_setting: bool


async def read(node: Node, *, from_setting: bool) -> VaultState:
    """The vault as all living servers have it. Raises `StoreError`."""
    async with node.store.read() as tx:
        sealed = await sealed_by(tx)
        living = await servers.living(tx, node.clock() - DEAD_AFTER)
        replaced = await _replaced(tx)
    loaded = {each.name: key_ids(each) for each in living} or {"": own_key_ids(node)}
    known = sorted({*sealed, *(key for ids in loaded.values() for key in ids)})
    keys = [
        LoadedKey(
            id=key,
            secrets=sealed.get(key, 0),
            first_on=[name for name, ids in loaded.items() if ids[:1] == [key]],
            behind_on=[name for name, ids in loaded.items() if key in ids[1:]],
        )
        for key in known
    ]
    return VaultState(keys, move(loaded, sealed, replaced), from_setting)


async def sealed_by(tx: Transaction) -> dict[str, int]:
    """How many secrets each key seals."""
    sealed = await connected_numbers.by_key(tx)
    sealed.update(await credentials.by_key(tx))
    return dict(sorted(sealed.items()))


def key_ids(server: LivingServer) -> list[str]:
    """The ids of the keys that a server has loaded, the one that seals first."""
    return [mark.partition(":")[0] for mark in server.key_marks]


def own_key_ids(node: Node) -> list[str]:
    """The same of this server."""
    return [mark.partition(":")[0] for mark in node.vault.marks]


def move(loaded: Mapping[str, Sequence[str]], sealed: Mapping[str, int], replaced: frozenset[str]) -> Move:
    """What is to be done next.

    `loaded` are each server's keys, the server that started last being the last; `replaced` are the keys that
    the last rotation moved secrets away from.
    """
    target = _target(loaded, sealed, replaced)
    lacking = tuple(_without(loaded, target))
    if lacking:
        return Move("load", target, lacking)
    if behind := tuple(name for name, ids in loaded.items() if ids[0] != target):
        return Move("first", target, behind)
    if any(count for key, count in sealed.items() if key != target):
        return Move("rotate", target)
    if keeping := tuple(name for name, ids in loaded.items() if len(ids) > 1):
        return Move("drop", target, keeping)
    return Move("none", target)


def _target(loaded: Mapping[str, Sequence[str]], sealed: Mapping[str, int], replaced: frozenset[str]) -> str:
    """The key that is first on the server that started last.

    Where that one is first everywhere and seals everything, a newer one that some server has behind it.
    """
    newest = list(loaded.values())[-1]
    first = newest[0] if newest else ""
    if any(ids[:1] != [first] for ids in loaded.values()) or any(key != first for key in sealed):
        return first
    behind = [key for ids in loaded.values() for key in ids[1:] if key not in replaced]
    return behind[-1] if behind else first


def _without(loaded: Mapping[str, Sequence[str]], key: str) -> Iterator[str]:
    return (name for name, ids in loaded.items() if key not in ids)


async def _replaced(tx: Transaction) -> frozenset[str]:
    first = await tenants.first_project(tx)
    if first is None:
        return frozenset()
    wanted = audit.DeedFilter(action="vault.rotate")
    found = await audit.page(tx, first.organization_id, first.id, None, 1, whole=True, wanted=wanted)
    return frozenset(key for each in found for key in each.entry.detail.get("replaced", ()))

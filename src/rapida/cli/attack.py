"""`rapida doctor --attack`: send the running server what a stranger might, and see that it refuses.

It asks the server of this directory at its own address, with the tokens of a line, which a stranger has not:
so that also what is nearly right is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import httpx

from .. import telephony
from ..errors import ConfigurationError
from ..settings import Settings
from ..store import Store, credentials, lines
from ..vault.sealing import open_vault
from . import addresses
from .hostile import ATTACKS, Attack, AttackedLine, HostileRequest, Target

ANSWER_WITHIN_S: Final = 30.0
"""A busy server answers its calls first."""
MOST_LINES: Final = 100
"""Among the lines that answer, those changed last are looked through for one of that carrier."""
_NO_HOST: Final = frozenset({503})
Outcome = Literal["refused", "not refused", "not tried"]


@dataclass(frozen=True)
class AttackReport:
    """What became of an attack. `answer` is what the server said in place of its refusal."""

    name: str
    outcome: Outcome
    answer: str = ""


async def attacked(settings: Settings) -> list[AttackReport]:
    """Every attack on the server of a data directory. Raises `RapidaError`, also where none answers."""
    return await tried(addresses.find(settings), await target_of(settings), ATTACKS)


async def target_of(settings: Settings) -> Target:
    """The server of a data directory, as its attacks see it. Raises `RapidaError`."""
    local = f"localhost:{addresses.find(settings).rpartition(':')[2]}"
    return Target(
        host=settings.public_host or local,
        public_host=settings.public_host,
        line=await _line(settings),
        public_api=settings.public_api,
        open_metrics=settings.open_metrics,
    )


async def tried(where: str, target: Target, attacks: Iterable[Attack]) -> list[AttackReport]:
    """Some attacks on the server at `host:port`. Raises `ConfigurationError` where none answers."""
    async with httpx.AsyncClient(
        base_url=f"http://{where}", timeout=ANSWER_WITHIN_S, trust_env=False
    ) as client:
        try:
            await client.get("/health/live")
        except httpx.HTTPError as away:
            raise ConfigurationError(f"no server answers at {where}: start it with `rapida serve`") from away
        return [await _tried(client, target, each) for each in attacks]


async def _tried(client: httpx.AsyncClient, target: Target, attack: Attack) -> AttackReport:
    requests = attack.request(target)
    if not requests:
        return AttackReport(attack.name, "not tried")
    try:
        answers = [await _sent(client, each) for each in requests]
    except httpx.HTTPError as broken:
        return AttackReport(attack.name, "not refused", f"no answer ({type(broken).__name__})")
    # Without a public host nobody is proved, and the carrier's door says so.
    refusals = attack.refusals | (_NO_HOST if target.public_host is None else frozenset[int]())
    for answer in answers:
        name, wanted = attack.header
        if answer.status_code not in refusals:
            return AttackReport(attack.name, "not refused", f"HTTP {answer.status_code}")
        if wanted not in answer.headers.get(name, ""):
            return AttackReport(attack.name, "not refused", f"{name} does not say {wanted}")
    if len({answer.content for answer in answers}) > 1:
        return AttackReport(attack.name, "not refused", "the answers differ")
    return AttackReport(attack.name, "refused")


async def _sent(client: httpx.AsyncClient, request: HostileRequest) -> httpx.Response:
    return await client.request(
        request.method, request.path, headers=dict(request.headers), content=request.body
    )


async def _line(settings: Settings) -> AttackedLine | None:
    """A line of the carrier that hostile requests imitate, with its secret."""
    store = Store(settings.database_url)
    try:
        async with store.read() as tx:
            answering = await lines.latest(tx, MOST_LINES)
            found = [each for each in answering if each.candidates[0].provider == telephony.DEMO]
            if not found:
                return None
            sealed = await credentials.sample(tx)
    finally:
        await store.aclose()
    vault = open_vault(settings.master_key, settings.data_dir, sealed)
    credential = found[0].candidates[0]
    return AttackedLine(found[0].assistant.id, vault.open(credential.place, credential.sealed))

"""Which host a Twilio credential's secret goes to: its own, else the operator's, and never a private one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import update

from rapida.errors import VaultError
from rapida.node.carriers import Carriers
from rapida.providers import outgoing
from rapida.providers.outgoing import AddressRefused
from rapida.store import credentials
from rapida.store.credentials import Credential
from rapida.store.tables import credentials as table
from rapida.telephony.carrier import Dial
from rapida.workspace.verification import verify
from tests.switchboard.ready_node import NOON, ReadyNode
from tests.telephony.twilio.double import CALL, Double, twilio_double

ORDER = Dial("+14155550132", "+14155550100", "<Response/>", "https://calls.example.org/event")
SUBACCOUNT = "AC" + "5" * 32
PAGE = f"/2010-04-01/Accounts/{SUBACCOUNT}/Calls.json"
AUTHORIZATION = "Basic " + b64encode(f"{SUBACCOUNT}:its-token".encode()).decode()


@pytest_asyncio.fixture
async def operators() -> AsyncIterator[Double]:
    """The host that the settings name."""
    async with twilio_double() as running:
        yield running


@pytest_asyncio.fixture
async def own() -> AsyncIterator[Double]:
    """A host that a credential names."""
    async with twilio_double() as running:
        yield running


@pytest_asyncio.fixture
async def carriers(ready: ReadyNode, operators: Double) -> AsyncIterator[Carriers]:
    made = Carriers(ready.node.prover, {"twilio": operators.url})
    yield made
    await made.aclose()


async def keep(ready: ReadyNode, base_url: str | None) -> Credential:
    secret = {"account_sid": SUBACCOUNT, "account_token": "its-token"}
    draft = credentials.CredentialDraft(
        project_id=ready.project_id,
        provider="twilio",
        name="Subaccount",
        secret=secret,
        account=SUBACCOUNT,
        base_url=base_url,
    )
    async with ready.node.store.write() as tx:
        return await credentials.create(tx, ready.node.vault, draft, NOON)


def asked(double: Double) -> list[tuple[str, str]]:
    return [(each.path, each.headers["authorization"]) for each in double.asked]


async def test_a_credential_without_a_host_of_its_own_is_used_at_the_operators(
    ready: ReadyNode, carriers: Carriers, operators: Double
) -> None:
    outgoing.policy.allow(())  # the operator's host may be anywhere: nobody else named it
    await carriers.of(await keep(ready, None)).dial(ORDER)
    assert asked(operators) == [(PAGE, AUTHORIZATION)]


async def test_a_credentials_own_host_is_asked_and_no_other(
    ready: ReadyNode, carriers: Carriers, operators: Double, own: Double
) -> None:
    credential = await keep(ready, own.url)
    await carriers.of(credential).dial(ORDER)
    assert asked(own) == [(PAGE, AUTHORIZATION)]
    assert operators.asked == []
    assert ready.node.prover.uses == {credential.id: 1}


async def test_a_credential_is_tried_and_used_behind_the_same_path(
    ready: ReadyNode, carriers: Carriers, own: Double
) -> None:
    credential = await keep(ready, f"{own.url}/proxy/")
    own.body = {"status": "active"}
    await verify(credential, ready.node.prover.secret(credential), {})
    own.body = dict(CALL)
    await carriers.of(credential).dial(ORDER)
    assert [each.path for each in own.asked] == [
        f"/proxy/2010-04-01/Accounts/{SUBACCOUNT}.json",
        f"/proxy{PAGE}",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_credentials_own_host_in_a_private_network_is_not_asked(
    ready: ReadyNode, carriers: Carriers, operators: Double, own: Double, host: str
) -> None:
    outgoing.policy.allow(())
    credential = await keep(ready, own.url.replace("127.0.0.1", host))
    with pytest.raises(AddressRefused, match=f"{host} is in a private network"):
        await carriers.of(credential).dial(ORDER)
    assert own.asked == operators.asked == []


async def test_a_credential_whose_host_was_altered_in_the_database_is_used_nowhere(
    ready: ReadyNode, carriers: Carriers, operators: Double, own: Double
) -> None:
    credential = await keep(ready, None)
    await carriers.of(credential).dial(ORDER)  # it is open, and kept
    async with ready.node.store.write() as tx:
        await tx.execute(update(table).where(table.c.id == credential.id).values(base_url=own.url))
        altered = await credentials.find(tx, credential.id)
    with pytest.raises(VaultError, match="host of its row was altered"):
        carriers.of(altered)
    assert (len(operators.asked), own.asked) == (1, [])

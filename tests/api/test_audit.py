"""The audit: every operation that changes something writes what was before and after it, and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapida.api.offline import offline_document
from rapida.node.carriers import Carriers
from rapida.outbound.accepting import Outbound
from rapida.outbound.dialling import Dialler
from rapida.simulator.twilio.network import Account
from rapida.store.contexts import Context
from rapida.workspace.actor import MASK
from tests.api.conftest import PASSWORD, SETUP_CODE, Browser, ServedApi, build_served_api
from tests.api.numbered import FIRST, Stubborn
from tests.api.test_conversations import a_call
from tests.databases import Place
from tests.switchboard.ready_node import SID, TOKEN, open_ready_node

DATABASES = ("sqlite",)  # what is written is the same on both

CHANGES_NOTHING = {
    "checkAssistant": "it says what saving would do",
    "checkVersion": "it says what saving would do",
    "checkPhoneDeployment": "it says what is wrong with a line",
    "askFactsPage": "it says what a caller would be told",
    "sayInVoice": "a sentence is heard, and nothing is kept",
    "login": "a session is no change of what people set up",
    "logout": "the same",
    "openPageTalk": "a visitor's: what comes of it stands in the conversation",
    "answerCall": "the carrier's: what comes of it stands in the conversation",
    "reportOnContext": "the same",
    "reportOnNumber": "the same",
}
"""Operations without an entry, and why."""
SECRETS = ("canary-one", "canary-two", "another fine password", PASSWORD, SETUP_CODE, TOKEN)


async def always(leg: Context) -> bool:
    del leg
    return True


@dataclass
class Walk:
    """A person who asks for one operation after the other, and looks into the audit after each."""

    browser: Browser
    asked: set[str]
    last: int = 0

    async def ask(self, operation_id: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What was answered. The newest entry must tell of it."""
        self.asked.add(operation_id)
        answer = await self.browser.ask(method, path, json=body)
        assert answer.status_code < 300 or operation_id.startswith("create"), (operation_id, answer.text)
        if operation_id == "setup":
            self.browser.csrf = answer.json()["csrf_token"]
        newest = (await self.browser.ask("GET", "/v1/audit?limit=1")).json()["items"][0]
        assert newest["id"] > self.last, f"{operation_id} wrote nothing"
        self.last, detail = newest["id"], newest["detail"]
        assert {"before", "after"} <= set(detail), (operation_id, detail)
        assert (detail["before"], detail["after"]) != (None, None), operation_id
        if method in ("PUT", "PATCH"):
            assert detail["before"] != detail["after"], (operation_id, detail)
        return answer.json() if answer.content else {}


async def test_every_operation_that_changes_something_is_written_down_with_before_and_after(
    place: Place,
) -> None:
    async with (
        open_ready_node(place) as ready,
        Stubborn(Account(SID, TOKEN), numbers=(FIRST,)) as twilio,
    ):
        carriers = Carriers(ready.node.prover, {"twilio": twilio.url})
        outbound = Outbound(ready.node, Dialler(ready.node, carriers))
        api = build_served_api(
            ready,
            place.directory,
            outbound,
            always,
            carriers=carriers,
            carrier_api_urls={"twilio": twilio.url},
            master_key="k1:of-this-only-is-asked-that-it-is-set",
        )
        walk = Walk(Browser(api), set())
        for several in (people, the_vault, assistants, numbers, conversations, settings, farewell):
            await several(walk, api)
        told = (await walk.browser.ask("GET", "/v1/audit?limit=100")).text
        await carriers.aclose()
    changing = {
        told["operationId"]
        for item in offline_document()["paths"].values()
        for method, told in item.items()
        if method != "get"
    }
    assert walk.asked | CHANGES_NOTHING.keys() == changing
    assert walk.asked & CHANGES_NOTHING.keys() == set()
    assert [each for each in SECRETS if each in told] == []
    assert MASK in told


async def people(walk: Walk, api: ServedApi) -> None:
    del api
    mine = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    await walk.ask(
        "setup", "POST", "/v1/setup", mine | {"code": SETUP_CODE, "organization": "A", "project": "B"}
    )
    project = await walk.ask("createProject", "POST", "/v1/projects", {"name": "Second"})
    await walk.ask("renameProject", "PATCH", f"/v1/projects/{project['id']}", {"name": "Other"})
    bob = {"email": "bob@example.com", "name": "Bob", "password": PASSWORD, "role": "viewer"}
    made = await walk.ask("createMember", "POST", "/v1/members", bob)
    await walk.ask("changeMember", "PATCH", f"/v1/members/{made['id']}", {"role": "editor"})
    await walk.ask("removeMember", "DELETE", f"/v1/members/{made['id']}")
    key = await walk.ask("createApiKey", "POST", "/v1/api-keys", {"name": "CI", "role": "viewer"})
    await walk.ask("revokeApiKey", "DELETE", f"/v1/api-keys/{key['id']}")
    told = (await walk.browser.ask("GET", "/v1/audit")).text
    assert key["key"] not in told


async def the_vault(walk: Walk, api: ServedApi) -> None:
    secret = {"provider": "openai", "name": "Mind", "value": {"api_key": "canary-one"}}
    kept = await walk.ask("createCredential", "POST", "/v1/credentials", secret)
    path = f"/v1/credentials/{kept['id']}"
    changed = {"name": "Mind 2", "value": {"api_key": "canary-two"}}
    await walk.ask("replaceCredential", "PATCH", path, changed)
    await walk.ask("deleteCredential", "DELETE", path)
    await walk.ask("verifyCredential", "POST", f"/v1/credentials/{api.ready.credential_id}/verify")
    await walk.ask("rotateVault", "POST", "/v1/vault/rotate")


async def assistants(walk: Walk, api: ServedApi) -> None:
    made = await walk.ask("createAssistant", "POST", "/v1/assistants", {"template": "flow", "name": "Desk"})
    path = f"/v1/assistants/{made['id']}"
    await walk.ask("replaceAssistant", "PUT", path, made["body"] | {"greeting": "Hello."})
    await walk.ask("publishVersion", "POST", f"{path}/versions/2/publish")
    line = {"provider": "twilio", "credential_id": api.ready.credential_id, "phone_number": "+14155550100"}
    await walk.ask("putPhoneDeployment", "PUT", f"{path}/deployments/phone", {"telephony": line})
    await walk.ask("deletePhoneDeployment", "DELETE", f"{path}/deployments/phone")
    await walk.ask("deleteAssistant", "DELETE", path)
    facts = {"text": "- title: Parking\n  text: Behind the house.\n"}
    await walk.ask("writeFactsPage", "PUT", "/v1/knowledge/parking", facts)
    await walk.ask("deleteFactsPage", "DELETE", "/v1/knowledge/parking")


async def numbers(walk: Walk, api: ServedApi) -> None:
    account = {"credential_id": api.ready.credential_id}
    to = account | {"assistant_id": api.ready.assistant_id}
    await walk.ask("connectPhoneNumber", "PUT", f"/v1/phone-numbers/{FIRST}", to)
    await walk.ask("restorePhoneNumber", "POST", f"/v1/phone-numbers/{FIRST}/restore", account)
    params = {**account, "country": "US"}
    sold = await walk.browser.ask("GET", "/v1/available-phone-numbers", params=params)
    number = next(each["number"] for each in sold.json()["items"] if not each["needs_address"])
    await walk.ask(
        "buyPhoneNumber", "POST", "/v1/phone-numbers", account | {"number": number, "confirm": True}
    )


async def conversations(walk: Walk, api: ServedApi) -> None:
    ready = api.ready
    over = await a_call(api)
    path = f"/v1/conversations/{over}"
    await walk.ask("markConversation", "PATCH", path, {"tags": ["angry"], "note": "Call back"})
    await walk.ask("deleteConversation", "DELETE", path)
    await ready.deploy(phone_number="+14155550100")
    call = {"assistant": {"assistant_id": ready.assistant_id}, "to_number": "+14155550132"}
    await walk.ask("createPhoneCall", "POST", "/v1/talk/create-phone-call", call)
    many = await walk.ask(
        "createBulkPhoneCall", "POST", "/v1/talk/create-bulk-phone-call", {"phone_calls": [call]}
    )
    waiting = many["items"][0]["conversation_id"]
    await walk.ask("hangUp", "POST", f"/v1/conversations/{waiting}/hangup")
    await walk.ask("openTalk", "POST", "/v1/talk/browser", {"assistant_id": ready.assistant_id})
    shown = {"name": "Site", "assistant_id": ready.assistant_id, "origins": ["https://larkfield.example"]}
    token = await walk.ask("createPublishableToken", "POST", "/v1/publishable-tokens", shown)
    await walk.ask("revokePublishableToken", "DELETE", f"/v1/publishable-tokens/{token['id']}")


async def settings(walk: Walk, api: ServedApi) -> None:
    del api
    await walk.ask("setRetention", "PUT", "/v1/retention", {"days": 90})
    paid = {"currency": "EUR", "rates": []}
    await walk.ask("setRates", "PUT", "/v1/rates", paid)
    most = {"calls_per_second": 2, "concurrent_calls": 3, "calls_per_day": 4, "credentials": []}
    await walk.ask("setOutboundLimits", "PUT", "/v1/outbound-limits", most)


async def farewell(walk: Walk, api: ServedApi) -> None:
    """A new password, which ends the session."""
    form = {"old_password": PASSWORD, "new_password": "another fine password"}
    assert (await walk.browser.ask("POST", "/v1/auth/password", json=form)).status_code == 204
    walk.asked.add("changePassword")
    walk.browser = Browser(api)
    await walk.browser.sign_in("ada@example.com", "another fine password")
    newest = (await walk.browser.ask("GET", "/v1/audit?limit=1")).json()["items"][0]
    assert (newest["action"], newest["detail"]) == (
        "member.password",
        {"before": {"password": MASK}, "after": {"password": MASK}},
    )

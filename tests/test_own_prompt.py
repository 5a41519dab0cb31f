"""A stranger follows docs/your-own-prompt.md: three requests, and a model with their prompt has the number.

The requests are the page's own, typed in a shell; a double stands for the language model, and the simulated
carrier for Twilio. The call that follows is held by text.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from msgspec.structs import replace

from rapida.assistant import Provider
from rapida.providers import outgoing
from rapida.simulator.twilio.account import Number
from rapida.store import assistants
from rapida.switchboard.provider_cache import ProviderCache
from tests.acceptance.calling_server import HOST, OURS, opened
from tests.cli.test_call import a_key
from tests.doubles.openai_double import OpenAIDouble
from tests.llm.talk import Talk
from tests.test_start import Stranger, fences, stranger_in

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "your-own-prompt.md").read_text(encoding="utf-8")
REQUESTS = 3


def test_the_page_has_three_requests_and_says_the_models_address_once() -> None:
    typed = "".join(block.text for block in fences(PAGE))
    assert len(re.findall(r"^curl ", typed, re.MULTILINE)) == REQUESTS
    assert typed.count("base_url") == 1


async def test_three_requests_put_a_prompt_on_the_phone(tmp_path: Path) -> None:
    double = OpenAIDouble(words=("We open ", "at seven."))
    async with double.running(), opened(tmp_path / "data") as calling:
        outgoing.policy.allow(("127.0.0.1",))  # as RAPIDA_ALLOW_HOSTS says
        number = Number(OURS)
        calling.rest.account_calls.numbers[number.sid] = number
        stranger: Stranger = stranger_in(tmp_path / "shell")
        stranger.ports = {"8080": str(calling.rapida.port)}
        account, *requests = [block.text for block in fences(PAGE)]
        stranger.types(re.sub(r" +#.*", "", account))
        key, credential = await a_key(calling, "admin"), str(calling.credential_id)
        stranger.environment |= {"KEY": key, "CREDENTIAL": credential}
        for request in requests:
            ours = request.replace("https://api.openai.com/v1", f"{double.url}/v1")
            await asyncio.to_thread(stranger.types, ours)
        bakery = int(stranger.environment["BAKERY"])
        made, connected = stranger.answers[-2:]
        assert (made["live"], made["hints"]) == (True, [])
        assert connected["answered_by"]["assistant_id"] == bakery
        assert number.settings["voice_url"] == f"https://{HOST}/v1/talk/twilio/call/{bakery}"
        node = calling.rapida.node
        async with node.store.read() as tx:
            found = await assistants.published(tx, bakery)
        assert Provider(found.llm.name, found.llm.options) == Provider("openai", {"model": "gpt-4o-mini"})
        cache = ProviderCache(node.store, node.vault, node.prover.uses)
        # Held by text: who hears and speaks need not be loaded.
        by_text = replace(found, stt=Provider("scripted"), tts=Provider("tone"), vad=Provider("energy"))
        talk = Talk((await cache.of(replace(by_text, turn_end=None), {})).brain)
        await talk.says("When do you open?")
        await cache.aclose()
    assert talk.spoken == "We open at seven."
    asked = double.requests[-1].json
    assert asked["messages"][0]["content"].startswith("You answer the telephone of Crumb and Co, a bakery.")
    assert double.requests[-1].headers["authorization"] == "Bearer your-key-of-the-language-model"

"""`rapida doctor --attack` on a real server: all is refused, and each guard that is taken away is missed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.acceptance.server import InProcessServer, assistant, opened
from typer.testing import CliRunner

from rapida.api import auth, gate, pages
from rapida.cli import app
from rapida.cli.attack import AttackReport, Outcome, attacked, target_of, tried
from rapida.cli.hostile import ATTACKS
from rapida.errors import NotFound
from rapida.node.proof import Prover
from rapida.settings import Settings
from rapida.store import lines
from rapida.switchboard.claims import Claims
from rapida.switchboard.inbound import Inbound
from rapida.telephony.twilio import webhook
from rapida.telephony.twilio.request import TwilioWebhook

HOST = "calls.example.org"
Patch = pytest.MonkeyPatch


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcessServer]:
    async with opened(tmp_path_factory.mktemp("attacked") / "data", public_host=HOST) as server:
        await server.install(assistant(), demo=False)
        yield server


def settings(server: InProcessServer, **more: Any) -> Settings:
    port = int(server.address.rpartition(":")[2])
    return Settings(data_dir=server.data_dir, port=port, public_host=HOST, **more)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_sound_server_refuses_all_of_it_and_nothing_is_kept(server: InProcessServer) -> None:
    before = await server.counted()
    reports = await attacked(settings(server))
    assert [each.name for each in reports] == [each.name for each in ATTACKS]
    assert {(each.outcome, each.answer) for each in reports} == {("refused", "")}
    assert await server.counted() == before


def every_signature_is_good(patch: Patch) -> None:
    patch.setattr(Prover, "who_signed", lambda prover, asked, host, known: next(iter(known), None))


def an_empty_token_signs(patch: Patch) -> None:
    def first(strings: Sequence[str], signature: str, tokens: Sequence[str], algorithm: Any) -> int:
        made = [webhook._sign(text, token, algorithm) for token in tokens for text in strings]
        return 0 if signature in made else -1

    patch.setattr(webhook, "_first_proved", first)


def the_address_is_not_signed(patch: Patch) -> None:
    patch.setattr(
        webhook,
        "sign",
        lambda url, params, token: webhook._sign(webhook._appended(params), token, "HMAC_SHA1"),
    )
    patch.setattr(webhook, "_port_forms", lambda url: [""])


def the_host_is_what_host_says(patch: Patch) -> None:
    whole = TwilioWebhook.signed
    patch.setattr(
        TwilioWebhook, "signed", lambda each, host, keys: whole(each, each.request.headers["host"], keys)
    )


def the_fields_are_not_signed(patch: Patch) -> None:
    patch.setattr(webhook, "_appended", lambda params: "")


def an_account_is_not_looked_at(patch: Patch) -> None:
    whole = lines.find

    async def find(tx: Any, wanted: int, carrier: str, account: str) -> lines.NumberLookup:
        any_line = next(iter(await lines.latest(tx, 1)))
        return await whole(tx, wanted, carrier, any_line.candidates[0].account)

    patch.setattr(lines, "find", find)


def doubles_are_let_through(patch: Patch) -> None:
    patch.setattr(webhook, "refuse_doubles", lambda *sources: None)


def who_is_there_is_told_first(patch: Patch) -> None:
    whole = Inbound.proved

    def proved(inbound: Inbound, wanted: int, found: lines.NumberLookup, asked: Any) -> Any:
        if found.line is None:
            raise NotFound("assistant", wanted)
        return whole(inbound, wanted, found, asked)

    patch.setattr(Inbound, "proved", proved)


def sockets_are_not_proved(patch: Patch) -> None:
    def prove(
        claims: Claims, handshake: Any, carrier: str, wanted: Any, context: Any, credential: Any
    ) -> Any:
        raise NotFound("context", wanted)

    patch.setattr(Claims, "_prove", prove)


def carriers_may_send_anything(patch: Patch) -> None:
    patch.setattr(gate, "MOST_BODY_BYTES", 2**30)


def people_may_send_anything(patch: Patch) -> None:
    patch.setattr(gate, "MOST_MANAGEMENT_BYTES", 2**30)


def every_host_is_ours(patch: Patch) -> None:
    patch.setattr(gate.HostGate, "_refusal", lambda gate, scope: None)


def everybody_is_an_owner(patch: Patch) -> None:
    async def identify(guard: auth.Guard, request: Any) -> auth.Caller:
        return auth.Caller(organization_id=1, project_id=1, role="owner", name="anybody")

    patch.setattr(auth.Guard, "identify", identify)


def origins_do_not_matter(patch: Patch) -> None:
    patch.setattr(auth.Guard, "check_origin", lambda guard, request: None)


def metrics_are_open(patch: Patch) -> None:
    patch.setitem(auth.LEAST, "GET /metrics", "open")


def pages_say_no_policy(patch: Patch) -> None:
    patch.delitem(pages.HEADERS, "content-security-policy")


ADDRESS = "a report signed for another address"
HOST_NAMED = "a report signed for another host, which Host names"
KEYLESS = {
    f"management {each}" for each in ("without a key", "with an invented key", "with an invented session")
}
MISSED: dict[Callable[[Patch], None], set[str]] = {
    every_signature_is_good: {
        "a call without a signature",
        "a call with a forged signature",
        "a report signed with another token",
        "a report changed after it was signed",
        "a report on a call by its context, unsigned",
    },
    an_empty_token_signs: {"a report signed with an empty token"},
    the_address_is_not_signed: {ADDRESS, HOST_NAMED},
    the_host_is_what_host_says: {HOST_NAMED},
    the_fields_are_not_signed: {"a report changed after it was signed"},
    an_account_is_not_looked_at: {"a report of an account that nobody has here"},
    doubles_are_let_through: {"a report that names its call twice"},
    who_is_there_is_told_first: {"finding out which assistants there are"},
    sockets_are_not_proved: {"a media socket without a signature", "a media socket with a forged signature"},
    carriers_may_send_anything: {"a carrier's request that is too large"},
    people_may_send_anything: {"a request that is too large"},
    every_host_is_ours: {"another host's name", "management under the public host"},
    everybody_is_an_owner: {*KEYLESS, "metrics without a key"},
    origins_do_not_matter: {"signing in from a page of another site"},
    metrics_are_open: {"metrics without a key"},
    pages_say_no_policy: {"our pages in a frame of another site"},
}


@pytest.mark.asyncio(loop_scope="module")
async def test_each_guard_that_is_taken_away_is_missed_by_name(server: InProcessServer) -> None:
    target, known = await target_of(settings(server)), {each.name: each for each in ATTACKS}
    for remove, names in MISSED.items():
        with pytest.MonkeyPatch.context() as patch:
            remove(patch)
            reports = await tried(server.address, target, [known[each] for each in sorted(names)])
        sent = {each.name: each.outcome for each in reports}
        assert sent == dict.fromkeys(names, "not refused"), remove.__name__
    assert set[str].union(*MISSED.values()) == {*known}, "each attack has a guard that it misses"
    assert {each.outcome for each in await tried(server.address, target, ATTACKS)} == {"refused"}


def test_a_pass_list_is_printed_and_where_no_server_answers_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def attacks(chosen: Settings) -> list[AttackReport]:
        return [
            AttackReport("one", "refused"),
            AttackReport("two", "not tried"),
            AttackReport("three", answered, "HTTP 200"),
        ]

    answered: Outcome = "not refused"
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("rapida.cli.doctor.attacked", attacks)
        told = CliRunner().invoke(app, ["doctor", "--attack"])
        assert told.exit_code == 1
        assert [" ".join(each.split()) for each in told.output.splitlines()] == [
            "ok one",
            "– two (there is nothing to try it on)",
            "FAIL three: HTTP 200",
        ]
        as_json = json.loads(CliRunner().invoke(app, ["doctor", "--attack", "--json"]).output)
        assert as_json["attacks"][2] == {"name": "three", "outcome": "not refused", "answer": "HTTP 200"}
    monkeypatch.setenv("RAPIDA_PORT", "9")  # discard: nobody answers there
    assert CliRunner().invoke(app, ["keys", "create", "mine"]).exit_code == 0  # prepares the database
    told = CliRunner().invoke(app, ["doctor", "--attack"])
    assert (told.exit_code, "no server answers at 127.0.0.1:9" in told.stderr) == (1, True)

"""The phone in the browser: a call by microphone, by keys and in writing, over a page's own sockets."""

from __future__ import annotations

import re
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from rapida.node.clock import utc_now
from rapida.store import assistants
from tests.acceptance.server import assistant

from .browser import launched, opened
from .served import EMAIL, OWNER, PASSWORD, Served

FAKE_RATE_HZ = 48_000
GREETING = "Larkfield Dental, hello."
ANSWER = "From eight until six."
MICROPHONE_REFUSED = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""


@pytest.fixture(scope="module")
def speaking_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser into whose microphone somebody speaks again and again: 3 s of nothing, then 1 s of syllables.

    A steady tone would be taken for noise, and suppressed.
    """
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    at_s = np.arange(FAKE_RATE_HZ) / FAKE_RATE_HZ
    pitch = np.cumsum(140 + 40 * np.sin(2 * np.pi * 1.5 * at_s)) / FAKE_RATE_HZ
    buzz = sum(np.sin(2 * np.pi * harmonic * pitch) / harmonic for harmonic in range(1, 20))
    syllables = np.sin(np.pi * 5 * at_s) ** 2
    voice = np.concatenate([np.zeros(3 * FAKE_RATE_HZ), 9000 * buzz * syllables])
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, FAKE_RATE_HZ, 0, "NONE", ""))
        sound.writeframes(voice.astype("<i2").tobytes())
    with launched(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    ) as browser:
        yield browser


async def replace_demo(served: Served) -> None:
    """The front desk of a new installation, with an ear that hears what it is told and a voice of tones."""
    desk = assistant(
        [ANSWER, "You typed it.", "You wrote it."], ["Opening hours?"], name="Front desk", greeting=GREETING
    )
    demo = served.server.rapida.demo
    assert demo is not None
    async with served.server.store.write() as tx:
        newer = await assistants.add_version(
            tx, msgspec.structs.replace(desk, id=demo.assistant_id), utc_now(), note="of the test"
        )
        await assistants.publish(tx, demo.assistant_id, newer.version)


def test_from_the_first_run_to_a_spoken_answer_and_again_without_a_microphone(
    speaking_browser: Browser, unowned: Served
) -> None:
    unowned.do(replace_demo(unowned))
    with opened(speaking_browser, unowned.url) as watched:
        page = watched.open("/welcome#" + OWNER["code"])
        for name, text in (("Your name", "Ada Miller"), ("E-mail", EMAIL), ("Password", PASSWORD)):
            page.get_by_label(name).fill(text)
        page.get_by_label("Organization").fill("Larkfield Dental")
        page.get_by_role("button", name="Create the owner").click()
        expect(page.get_by_role("heading", name="Your phone is ringing.")).to_be_visible()
        expect(page.get_by_text("rpd_")).to_be_visible()

        phone, heard = page.get_by_role("region", name="Phone"), page.get_by_role("log")
        phone.get_by_role("button", name="Answer").click()
        expect(page.get_by_role("heading", name="You are talking to it.")).to_be_visible()
        soon: Any = {"timeout": 60_000}
        expect(phone.get_by_role("button", name="Mute the microphone")).to_have_text("Microphone on", **soon)
        expect(heard.locator("[data-speaker=caller]").first).to_have_text("Opening hours?", **soon)
        answer = heard.locator("[data-speaker=agent]").filter(has_text=ANSWER)
        expect(answer.get_by_role("img", name=re.compile(r"^Turn \d+: "))).to_be_visible(**soon)
        expect(answer.locator(".faint")).to_have_count(0, **soon)
        phone.get_by_role("button", name="Hang up").click()
        expect(page.get_by_role("heading", name="That was a call.")).to_be_visible()
        link = page.get_by_role("link", name="This call, laid open")
        first_call = int(str(link.get_attribute("href")).rsplit("/", 1)[1])

        page.evaluate(MICROPHONE_REFUSED)
        phone.get_by_role("button", name="Call again").click()
        expect(phone.get_by_text("Microphone refused: use the keys")).to_be_visible()
        expect(heard.get_by_text(GREETING)).to_be_visible(**soon)
        phone.get_by_role("button", name="Key 4").click()
        page.keyboard.press("2")
        expect(heard.get_by_label("Typed 42")).to_be_visible(**soon)
        page.get_by_label("Type what you would say").fill("When are you open?")
        page.keyboard.press("Enter")
        expect(heard.get_by_text("When are you open?")).to_be_visible(**soon)
        expect(heard.locator("[data-speaker=agent]").nth(2)).to_be_visible(**soon)
        phone.get_by_role("button", name="Hang up").click()
        page.get_by_role("link", name="This call, laid open").click()
        expect(page).to_have_url(re.compile(r"/calls/\d+"))
        expect(page.get_by_text("When are you open?")).to_be_visible()

    kept = unowned.do(unowned.server.recorded(first_call))
    assert kept.conversation.channel == "browser"
    assert kept.conversation.end_reason == "caller_hangup"
    caller, agent = kept.sound()
    # How loud is the browser's own decision: it brings every microphone to one level.
    assert np.count_nonzero(np.abs(caller) > 3000) > 2000, "the microphone reached the recording"
    assert np.abs(agent).max() > 3000


@contextmanager
def site_of(html: Callable[[], str], policy: str) -> Iterator[str]:
    """A page of another site, at its own origin. Chromium lets only this machine's pages ask this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(html().encode() if found else b"")

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Nothing is told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_page_of_another_site_calls_by_the_widget_under_a_strict_policy(
    speaking_browser: Browser, unowned: Served
) -> None:
    unowned.do(replace_demo(unowned))
    server, shown = unowned.url, [""]
    policy = f"default-src 'none'; script-src {server}; connect-src {server} {server.replace('http', 'ws')}"
    with site_of(lambda: shown[0], policy) as site, unowned.api() as client:
        welcome = client.post("/v1/setup", json=OWNER).json()
        wanted = {"name": "Our site", "assistant_id": 1, "origins": [site], "calls_per_minute": 1}
        key = {"authorization": f"Bearer {welcome['api_key']['key']}"}
        token = client.post("/v1/publishable-tokens", json=wanted, headers=key).json()["token"]
        script = client.get("/widget/rapida-call.js", headers={"accept-encoding": "gzip"})
        assert int(script.headers["content-length"]) < 40_000
        shown[0] = (
            '<!doctype html><html lang="en"><title>Our site</title><h1>Our site</h1>'
            f'<rapida-call token="{token}" label="Talk to us"></rapida-call>'
            f'<script type="module" src="{server}/widget/rapida-call.js"></script>'
        )
        page = speaking_browser.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        soon: Any = {"timeout": 60_000}
        page.goto(site)
        page.get_by_role("button", name="Talk to us").click()
        expect(page.get_by_role("button", name="Mute the microphone")).to_have_text("Microphone on", **soon)
        expect(page.get_by_role("log").get_by_text("Opening hours?")).to_be_visible(**soon)
        expect(page.get_by_role("log").get_by_text(ANSWER).first).to_be_visible(**soon)
        page.get_by_role("button", name="Hang up").click()
        expect(page.get_by_role("status")).to_contain_text("Ended after")
        assert [each for each in complaints if "favicon" not in each] == []
        page.get_by_role("button", name="Call again").click()
        expect(page.get_by_role("status")).to_contain_text("The calls of this minute are used up", **soon)
        page.close()

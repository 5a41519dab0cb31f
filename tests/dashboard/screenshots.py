"""Takes the pictures of docs/screenshots anew (`make screenshots`): by day and by night, wide and narrow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Page, expect

from .browser import FORMS, launched, opened
from .conftest import state_of
from .live_calls import SCENES, tell_calls
from .served import EMAIL, GREETING, NUMBERS, OWNER, PASSWORD, TWILIO, Served, make_calls, served

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PAGES = {
    "assistants": "/assistants",
    "assistant-new": "/assistants?sheet=new",
    "assistant": "/assistants/1",
    "flow": "/assistants/1?view=flow",
    "versions": "/assistants/1/versions",
    "credentials": "/credentials",
    "phone-deployment": "/assistants/2/phone",
    "numbers": "/numbers",
    "your-number": "/welcome/number",
    "credential-new": "/credentials?sheet=new",
    "overview": "/?range=today",
    "calls": "/calls",
    "call": "/calls/1?t=7",
    "call-broken": "/calls/{broken}?t=3.8",
    "first-call": "/welcome/call",
    "settings": "/settings/keys",
    "settings-members": "/settings/members",
    "settings-web": "/settings/web",
    "live": "/live",
    "live-wall": "/live?wall=true",
    "settings-audit": "/settings/audit",
}
PROJECT_ID = 1
FOLLOWED_MS = 12_000
"""A board shows what it has heard since it was opened, of the last half minute."""
OPEN_PAGES = {"sign-in": "/sign-in"}
SHRINK = ("pngquant", "--force", "--quality", "60-95", "--speed", "1", "--strip")


def take(folder: Path, wanted: set[str]) -> None:
    """All pictures, or those whose page's name is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place, served(Path(place) / "data") as running, launched() as browser:
        broken = running.do(make_calls(running.server))
        for size, theme in FORMS:
            with opened(browser, running.url, size=size, theme=theme) as watched:
                shoot(watched.open("/welcome#the-code-behind-the-hash"), folder / f"setup-{size}-{theme}.png")
        with running.api() as client:
            client.post("/v1/setup", json=OWNER).raise_for_status()
            connect_a_number(client)
            save_draft(client)
            make_a_token(client)
        running.do(begin_calls(running))
        state = state_of(running, EMAIL, PASSWORD)
        for size, theme in FORMS:
            for pages, kept in ((PAGES, state), (OPEN_PAGES, None)):
                with opened(browser, running.url, size=size, theme=theme, state=kept) as watched:
                    for name, path in pages.items():
                        if not wanted or name in wanted:
                            page = watched.open(path.format(broken=broken))
                            page.wait_for_timeout(FOLLOWED_MS if path.startswith("/live") else 0)
                            shoot(page, folder / f"{name}-{size}-{theme}.png")


def save_draft(client: httpx.Client) -> None:
    """A draft beside what answers: what the editor and the versions are there for."""
    client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).raise_for_status()
    client.headers["x-csrf-token"] = client.get("/v1/me").json()["csrf_token"]
    body = client.get("/v1/assistants/1").json()["body"]
    body |= {"greeting": GREETING, "note": "Says its name sooner; shorter wait"}
    body["turn"]["silence_ms"] = 600
    client.put("/v1/assistants/1", json=body).raise_for_status()


def make_a_token(client: httpx.Client) -> None:
    """What a page of the owner's site holds; whoever asks is signed in."""
    token = {"name": "Our shop", "assistant_id": 1, "origins": ["https://www.larkfield.example"]}
    client.post("/v1/publishable-tokens", json=token).raise_for_status()


async def begin_calls(running: Served) -> None:
    """One call at each scene that the live board can show."""
    for call in tell_calls(running.server.rapida.live, PROJECT_ID, len(SCENES)):
        call.come_to_scene()


def connect_a_number(client: httpx.Client) -> None:
    """The owner's account at the simulated Twilio, and one of its numbers for the assistant of the calls."""
    client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).raise_for_status()
    client.headers["x-csrf-token"] = client.get("/v1/me").json()["csrf_token"]
    value = {"account_sid": TWILIO.sid, "account_token": TWILIO.token}
    account = {"provider": "twilio", "name": "Larkfield main", "value": value}
    kept = client.post("/v1/credentials", json=account).raise_for_status().json()["id"]
    client.post(f"/v1/credentials/{kept}/verify").raise_for_status()
    told = {"credential_id": kept, "assistant_id": 2}
    client.put(f"/v1/phone-numbers/{NUMBERS[0]}", json=told).raise_for_status()


def shoot(page: Page, path: Path) -> None:
    """One picture, made small where the program for it is there."""
    expect(page.locator("h1, h2").first).to_be_visible(timeout=30_000)
    expect(page.locator(".bones")).to_have_count(0, timeout=30_000)
    page.screenshot(path=path)
    if shutil.which(SHRINK[0]):
        subprocess.run([*SHRINK, "--output", str(path), str(path)], check=False)


if __name__ == "__main__":
    take(FOLDER, set(sys.argv[1:]))

"""A real browser at the dashboard: what each page of it must hold, whatever else a test looks at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright

Size = Literal["desk", "phone"]
Theme = Literal["light", "dark"]
SIZES: dict[Size, tuple[int, int]] = {"desk": (1440, 900), "phone": (390, 844)}
FORMS: tuple[tuple[Size, Theme], ...] = (
    ("desk", "light"),
    ("desk", "dark"),
    ("phone", "light"),
    ("phone", "dark"),
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--force-color-profile=srgb", "--font-render-hinting=none", "--mute-audio")

# Other programs use the processor too.
expect.set_options(timeout=30_000)

OVERFLOWING = """() => {
  const page = document.documentElement, found = [];
  if (page.scrollWidth > page.clientWidth) found.push(`the page scrolls sideways: ${page.scrollWidth} px`);
  for (const each of document.querySelectorAll("body *")) {
    if (each.closest("svg, .unseen, [data-scroll], .calls-table thead")) continue;
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    const name = `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`;
    if (box.width && box.right > page.clientWidth + 1 && style.position !== "fixed")
      found.push(`outside: ${name}`);
    if (!each.children.length && each.textContent.trim() && each.scrollWidth > each.clientWidth + 1
        && style.overflow !== "visible" && style.display !== "inline" && style.textOverflow !== "ellipsis")
      found.push(`clipped: ${name}`);
  }
  return found;
}"""


# What axe tells of what it found right is larger than the page: the browser keeps it, in half the time.
INACCESSIBLE = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
}).then(({violations}) => violations.map(each => `${each.id}: ${each.nodes[0].target}`))"""
AXE_IS_LACKING = "() => typeof axe === 'undefined'"
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TELLS_OF_ITS_POLICY = """
addEventListener("securitypolicyviolation", e => console.error("policy: " + e.blockedURI))
"""


def program() -> str:
    """The machine's Chromium. Fails with the one command where there is none: nothing is skipped."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    assert found, "these tests need Chromium: run  apt-get install -y --no-install-recommends chromium"
    return found


@contextmanager
def launched(*options: str) -> Iterator[Browser]:
    """The browser of a whole run, with options of its own."""
    with sync_playwright() as started:
        yield _launch(started, options)


def _launch(started: Playwright, options: tuple[str, ...]) -> Browser:
    return started.chromium.launch(executable_path=program(), args=[*OPTIONS, *options])


@dataclass
class Watched:
    """A page, and what it must not do: complain, or ask anyone but its own server."""

    page: Page
    url: str
    complaints: list[str]
    elsewhere: list[str]

    def open(self, path: str) -> Page:
        """A path of the dashboard, with its fonts and its first answers. What follows calls is never idle."""
        self.page.goto(self.url + path)
        if path.startswith("/live"):
            self.page.get_by_text("Following", exact=True).wait_for()
        else:
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready")
        return self.page

    def heard(self, said: ConsoleMessage) -> None:
        """Keep what the page complained about."""
        if said.type == "error":
            self.complaints.append(said.text)

    def asked(self, request: Request) -> None:
        """Keep what was asked of anyone else."""
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def take_form(self, size: Size, theme: Theme) -> None:
        """Change the window's size and the system's colours, as the user of an open page may."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=theme)
        self.page.evaluate(PAINTED)

    def tells_of_its_policy(self) -> None:
        """Have each page opened from now on complain of what the content security policy forbids."""
        self.page.add_init_script(TELLS_OF_ITS_POLICY)

    def inaccessible(self) -> list[str]:
        """What axe finds wrong by the rules of WCAG 2.2 AA."""
        if self.page.evaluate(AXE_IS_LACKING):
            self.page.evaluate(AXE_SCRIPT)
        return self.page.evaluate(INACCESSIBLE)

    def overflowing(self) -> list[str]:
        return self.page.evaluate(OVERFLOWING)


@contextmanager
def opened(
    browser: Browser,
    url: str,
    *,
    size: Size = "desk",
    theme: Theme = "light",
    state: Any = None,
    expected: tuple[str, ...] = (),
    **more: Any,
) -> Iterator[Watched]:
    """A page with cookies of its own. `expected` are complaints that the test provokes."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        reduced_motion="reduce",
        storage_state=state,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        **more,
    )
    context.set_default_timeout(30_000)
    watched = Watched(context.new_page(), url, [], [])
    page = watched.page
    page.on("console", watched.heard)
    page.on("pageerror", lambda wrong: watched.complaints.append(str(wrong)))
    page.on("request", watched.asked)
    try:
        yield watched
        assert [each for each in watched.complaints if not any(word in each for word in expected)] == []
        assert watched.elsewhere == []
    finally:
        context.close()

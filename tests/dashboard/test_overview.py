"""How the last days went, in a real browser: each figure leads to the calls behind it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .conftest import Opens
from .served import CALLS


def test_every_figure_leads_to_the_calls_behind_it(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/")
        numbers = page.locator(".numbers > div")
        rows = page.locator("tr.call-row")
        expect(numbers.filter(has_text="Calls").first).to_contain_text(re.compile(r"\d+ in, 0 out"))
        for label, address, least in (
            ("Answered", "answered=true", CALLS),
            ("Interruptions", "happened=cut", 2),
        ):
            numbers.filter(has_text=label).get_by_role("link").first.click()
            expect(page).to_have_url(re.compile(f"/calls.*{address}"))
            # Other tests may have called the same server.
            expect(rows.nth(least - 1)).to_be_visible()
            page.go_back()
        page.get_by_role("link", name="A provider failed").click()
        expect(page).to_have_url(re.compile("ended=provider_failure"))
        expect(rows).to_have_count(1)
        page.go_back()
        page.get_by_role("button", name="today").click()
        expect(page.get_by_text("03:00", exact=True).first).to_be_visible()
        page.get_by_role("link", name=re.compile(r"\b[1-9]\d* calls?, \d+ answered")).first.click()
        expect(page).to_have_url(re.compile("from=.*to="))
        expect(rows.first).to_be_visible()
        page.go_back()
        page.get_by_role("link", name="Front desk").click()
        expect(page).to_have_url(re.compile(r"assistant=\d+"))
        expect(numbers.first).to_contain_text(re.compile(r"[1-9]\d* in, 0 out"))
        page.get_by_role("button", name="yesterday").click()
        expect(page.get_by_role("heading", name="No call in this time")).to_be_visible()

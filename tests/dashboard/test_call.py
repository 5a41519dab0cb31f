"""The page of one call: it explains what went wrong, and leads to it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import Opens


def test_a_broken_call_is_explained_in_four_sentences_each_of_which_leads_to_its_moment(
    opens: Opens, broken_call: str
) -> None:
    told = {
        "A provider failed": r"The ear \(deepgram\) failed at 00:0\d\.\d: .+; it was tried again\.",
        "A sound, not a word": r"A sound without words held the agent for 0\.\d\d s",
        "A slow tool": r"find_slots took \d\.\d\d s; the caller heard nothing for \d\.\d\d s of it\.",
        "The caller cut in": r"The caller pressed a key over the agent; \d+ of 15 words were never heard\.",
    }
    with opens() as watched:
        page = watched.open(broken_call)
        findings = page.get_by_label("What happened").get_by_role("button")
        expect(findings).to_have_count(len(told))
        for name, sentence in told.items():
            finding = findings.filter(has_text=name)
            expect(finding).to_contain_text(re.compile(sentence))
            finding.click()
            expect(page).to_have_url(re.compile(r"\?t=\d"))
            places = [finding.locator(".small").inner_text(), page.locator(".now").inner_text()]
            minutes, seconds = zip(*(map(float, each.split(":")) for each in places), strict=True)
            assert (minutes[0], seconds[0]) == (minutes[1], pytest.approx(seconds[1], abs=0.06))
        expect(page.locator(".pressed")).to_have_text(list("4271#"))
        expect(page.locator(".callbacks").first).to_contain_text("stream started")

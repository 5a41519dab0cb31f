"""The list of calls: its day on a ruler, the shape of each call, a file of the view, any number of rows."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from .conftest import Opens
from .served import Served

ROWS, PAGE = 400, 100


def test_the_day_is_on_a_ruler_each_call_has_a_shape_and_the_view_is_a_file(opens: Opens) -> None:
    with opens() as watched:
        page = watched.open("/calls?direction=inbound")
        expect(page.locator(".shape path").first).to_be_attached()
        told = re.compile(r"\d calls? today.* usual reply", re.S)
        expect(page.locator(".calls-total")).to_contain_text(told)
        ruler = page.locator(".ruler")
        expect(ruler.locator(".ruler-in").first).to_be_attached()
        box = ruler.bounding_box()
        assert box
        page.mouse.move(box["x"] + 1, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20)
        page.mouse.up()
        expect(page).to_have_url(re.compile("from=.*&to="))
        expect(page.locator("tr.call-row")).not_to_have_count(0)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Export CSV").click()
        lines = saved.value.path().read_text("utf-8").splitlines()
        assert lines[0].startswith("id,created_at")
        assert len(lines) == 1 + page.locator("tr.call-row").count()
        ruler.click(position={"x": 5, "y": 20})
        expect(page).not_to_have_url(re.compile("from="))


def test_scrolling_brings_page_after_page_and_only_the_newest_is_asked_for_again(
    opens: Opens, dashboard: Served
) -> None:
    asked: list[str | None] = []

    def paged(route: Route) -> None:
        cursor = parse_qs(urlsplit(route.request.url).query).get("cursor", [None])[0]
        asked.append(cursor)
        answer = route.fetch(url=f"{dashboard.url}/v1/conversations?limit=1")
        newest = ROWS if cursor is None else int(cursor) - 1
        body = answer.json()
        body["items"] = [{**body["items"][0], "id": newest - number} for number in range(PAGE)]
        body["next_cursor"] = str(newest - PAGE + 1) if newest > PAGE else None
        route.fulfill(response=answer, body=json.dumps(body))

    with opens() as watched:
        watched.page.route("**/v1/conversations?*", paged)
        page = watched.open("/calls")
        for rows in range(PAGE, ROWS + 1, PAGE):
            expect(page.locator(".calls-foot")).to_contain_text(f"{rows} shown")
            page.keyboard.press("End")
        page.keyboard.press("End")
        expect(page.locator('tr.call-row a[href="/calls/1"]')).to_be_visible()
        assert page.locator("tr.call-row").count() < 100
        older = [cursor for cursor in asked if cursor is not None]
        assert older == ["301", "201", "101"], "each older page once"

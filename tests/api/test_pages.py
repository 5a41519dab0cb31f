"""The API's own page: whole without loading anything, and safe with any text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from rapida.api import pages
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair

VOID = {"meta", "br", "link", "img"}


class Reader(HTMLParser):
    """Collects the tags and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


async def test_the_page_shows_every_operation_of_the_document(api: ServedApi) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    answer = await api.ask("GET", "/docs")
    shown = {attrs["id"] for tag, attrs in read(answer.text).tags if tag == "details"}
    operations = {told["operationId"] for item in document["paths"].values() for told in item.values()}
    assert shown == operations
    assert answer.headers["content-type"].startswith("text/html")


async def test_the_page_loads_nothing_and_forbids_loading(api: ServedApi) -> None:
    answer = await api.ask("GET", "/docs")
    page = read(answer.text)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "form"}
    assert not re.search(r"@import|url\(|https?://", answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "prefers-color-scheme: dark" in answer.text


def test_text_from_the_document_is_never_markup() -> None:
    evil = "<script>alert('x')</script>\"&"
    html = pages.page(
        {
            "openapi": evil,
            "info": {"title": evil, "version": evil, "description": evil},
            "paths": {
                f"/{evil}": {
                    "get": {
                        "operationId": evil,
                        "tags": [evil],
                        "summary": evil,
                        "description": evil,
                        "parameters": [{"name": evil, "in": "query", "description": evil}],
                        "requestBody": {"content": {evil: {}}},
                        "responses": {"200": {"description": evil}},
                    }
                }
            },
        }
    )
    assert "script" not in {tag for tag, _ in read(html).tags}

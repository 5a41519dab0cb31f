"""One operation of the OpenAPI document as the methods of the generated client."""

from __future__ import annotations

import re
from typing import Any, Protocol

from docs.client_names import class_name, doc, safe, snake

SENT_ON = ("x-rapida-project", "x-csrf-token")
"""Headers that belong to the client as a whole."""
REF = "#/components/schemas/"


class Types(Protocol):
    """What an operation asks about the document's types."""

    schemas: dict[str, Any]

    def kind(self, schema: dict[str, Any]) -> str:
        """A schema as a Python type."""
        ...


class Operation:
    """One operation of the document."""

    def __init__(self, types: Types, method: str, path: str, told: dict[str, Any]) -> None:
        self.types, self.method, self.path, self.told = types, method, path, told
        known = [each for each in told.get("parameters", ()) if each["name"] not in SENT_ON]
        self.in_path = [each for each in known if each["in"] == "path"]
        self.in_query = [each for each in known if each["in"] == "query"]
        self.in_headers = [each for each in known if each["in"] == "header"]
        self.body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        self.has_cursor = "cursor" in {each["name"] for each in self.in_query}
        self.has_key = any(each["name"] == "Idempotency-Key" for each in self.in_headers)

    @property
    def answer(self) -> str:
        answers = next(each for status, each in self.told["responses"].items() if status.startswith("2"))
        content = answers.get("content", {})
        if "application/json" in content:
            return self.types.kind(content["application/json"]["schema"])
        if any(kind.startswith("text/") or kind.endswith("yaml") for kind in content):
            return "str"
        return "bytes" if content else "None"

    @property
    def is_stream(self) -> bool:
        return (
            "text/event-stream" in self.told["responses"]["200"].get("content", {})
            if "200" in self.told["responses"]
            else False
        )

    def name(self, tag: str) -> str:
        full = snake(self.told["operationId"])
        noun = snake(class_name(tag.title())).removesuffix("s")
        short = re.sub(rf"_{noun}s?$", "", full)
        if short == full or "_" in short:  # `create_phone_call` loses nothing
            return full
        return "page" if short == "list" else short

    def arguments(self, *, without: tuple[str, ...] = ()) -> list[str]:
        """The parameters of a method."""
        given = [f"{safe(each['name'])}: {self.types.kind(each['schema'])}" for each in self.in_path]
        if self.body is not None:
            typed = self.types.kind(self.body)
            given.append(
                f"body: {typed} | Mapping[str, Any]"
                if not typed.startswith("dict")
                else "body: Mapping[str, Any]"
            )
        named = [each for each in self.in_query + self.in_headers if each["name"] not in without]
        needed = [
            f"{safe(each['name'])}: {self.types.kind(each['schema'])}"
            for each in named
            if each.get("required")
        ]
        rest = [
            f"{safe(each['name'])}: {self.types.kind(each['schema'])} | None = None"
            for each in named
            if not each.get("required")
        ]
        return ["self", *given, *(["*", *needed, *rest] if named else [])]

    def request(self) -> str:
        path = re.sub(r"\{(\w+)\}", r"{quoted(\1)}", self.path)
        parts = [repr(self.method), f'f"{path}"' if self.in_path else f'"{path}"', self.answer_type()]
        if self.in_query:
            parts.append(
                "query={"
                + ", ".join(f"{each['name']!r}: {safe(each['name'])}" for each in self.in_query)
                + "}"
            )
        if self.in_headers:
            parts.append(
                "headers={"
                + ", ".join(f"{each['name']!r}: {self.header(each['name'])}" for each in self.in_headers)
                + "}"
            )
        if self.body is not None:
            parts.append("body=body")
        if self.method == "GET" or self.has_key:
            parts.append("safe=True")
        return f"Ask({', '.join(parts)})"

    def answer_type(self) -> str:
        if self.is_stream:
            return "bytes"
        return "type(None)" if self.answer == "None" else self.answer

    def header(self, name: str) -> str:
        if name == "Idempotency-Key":
            return f"{safe(name)} or new_key()"
        schema = next(each for each in self.in_headers if each["name"] == name)["schema"]
        plain = safe(name)
        return plain if self.types.kind(schema) == "str" else f"None if {plain} is None else str({plain})"

    def method_lines(self, tag: str, *, is_async: bool) -> list[str]:
        told = doc(f"{self.told['summary'].rstrip('.?!')}. {self.told.get('description', '')}", 8)
        arguments = ", ".join(self.arguments())
        if self.is_stream:
            kind = "AsyncIterator" if is_async else "Iterator"
            head = f"    def {self.name(tag)}({arguments}) -> {kind}[LiveEvent]:"
            return [head, *told, f"        return self._connection.events({self.request()})"]
        begin, wait = ("async def", "await ") if is_async else ("def", "")
        head = f"    {begin} {self.name(tag)}({arguments}) -> {self.answer}:"
        end = f"{wait}self._connection.ask({self.request()})"
        return [head, *told, f"        {end}" if self.answer == "None" else f"        return {end}"]

    def iterator_lines(self, tag: str, *, is_async: bool) -> list[str]:
        """A method that follows `next_cursor`."""
        item = next(each.partition("list[")[2].rstrip("]") for each in [self.types.kind(self.page_items())])
        kind = "AsyncIterator" if is_async else "Iterator"
        page = self.name(tag)
        name = "iterate" if page == "page" else page.replace("list_", "iterate_")
        arguments = ", ".join(self.arguments(without=("cursor",)))
        passed = [f"{safe(each['name'])}" for each in self.in_path]
        passed += [
            f"{safe(each['name'])}={'cursor' if each['name'] == 'cursor' else safe(each['name'])}"
            for each in self.in_query + self.in_headers
        ]
        helper = "every_async" if is_async else "every"
        return [
            f"    def {name}({arguments}) -> {kind}[{item}]:",
            '        """The same, all of it: further pages are asked for as they are needed."""',
            f"        return {helper}(lambda cursor: self.{page}({', '.join(passed)}))",
        ]

    def page_items(self) -> dict[str, Any]:
        content = self.told["responses"]["200"]["content"]["application/json"]["schema"]
        return self.types.schemas[content["$ref"].removeprefix(REF)]["properties"]["items"]

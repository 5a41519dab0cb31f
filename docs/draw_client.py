"""Generates the typed parts of `rapida.client` from the OpenAPI document: run it with `make docs`.

One file for each subject of the document holds the shapes that only it uses, and its operations twice: for
code that waits, and for asyncio. tests/client/test_generated.py fails when a file is not what this script
would write.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docs.client_names import class_name, doc, safe, snake
from docs.client_operation import REF, Operation

from rapida.api.offline import offline_document

HERE = Path(__file__).parent
OUT = HERE.parent / "src" / "rapida" / "client" / "generated"
OTHERS = ("Carrier",)
"""Subjects whose operations only a carrier can ask."""
PARTS = {"stt", "llm", "tts", "vad", "turn_end", "tools"}
"""Fields that hold one of many providers: a dictionary, since each has options of its own."""
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
MANY = 12
"""Shapes of one answer that get a file of their own: fewer are read faster beside the others."""
FORMATS = {"date-time": "datetime", "uuid": "UUID", "date": "date"}
UNTYPED = {"example", "examples", "text/event-stream"}
"""What no shape is drawn of: the data of an event is given as it came (`LiveEvent`)."""


class Writer:
    """One document on its way to Python."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths: dict[str, Any] = document["paths"]
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        self.operations: dict[str, list[Operation]] = defaultdict(list)
        for path, item in self.paths.items():
            for method, told in item.items():
                if told["tags"][0] not in OTHERS:
                    self.operations[told["tags"][0]].append(Operation(self, method.upper(), path, told))
        self.used: dict[str, set[str]] = defaultdict(set)
        self.sent = set[str]()
        for tag, operations in self.operations.items():
            for operation in operations:
                for name in self.reached(operation.told.get("requestBody", {})):
                    self.used[name].add(tag)
                    self.sent.add(name)
                for name in self.reached(operation.told["responses"]):
                    self.used[name].add(tag)

    def reached(self, node: Any) -> set[str]:
        """The schemas that something refers to, and those that they refer to."""
        found, waiting = set[str](), [node]
        while waiting:
            each = waiting.pop()
            if isinstance(each, list):
                waiting += each
            elif isinstance(each, dict):
                name = str(each.get("$ref", "")).removeprefix(REF)
                if name in self.schemas and name not in found and name != "Problem":
                    found.add(name)
                    waiting.append(self.fields_of(name))
                waiting += [value for key, value in each.items() if key not in UNTYPED]
        return found

    def fields_of(self, name: str) -> dict[str, Any]:
        """The properties of a schema that are typed."""
        return {
            key: each
            for key, each in self.schemas[name].get("properties", {}).items()
            if key not in PARTS
            or "properties" not in self.schemas[name]
            or "prompt" not in self.schemas[name]["properties"]
        }

    def kind(self, schema: dict[str, Any], field: str = "") -> str:
        """A schema as a Python type."""
        if "$ref" in schema:
            return self.named(schema["$ref"].removeprefix(REF))
        if "anyOf" in schema or "oneOf" in schema:
            kinds = list(dict.fromkeys(self.kind(each) for each in schema.get("anyOf") or schema["oneOf"]))
            structs = [each for each in kinds if re.fullmatch(r"[A-Z]\w*", each) and each != "None"]
            if len(structs) > 1 or (structs and "dict[str, Any]" in kinds):
                return "dict[str, Any]"  # which of them it is, only their fields say
            return " | ".join(sorted(kinds, key=lambda each: each == "None"))
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        return self.plain(schema)

    def plain(self, schema: dict[str, Any]) -> str:
        """A schema without choices as a Python type."""
        kind = schema.get("type")
        if kind == "array":
            return f"list[{self.kind(schema.get('items', {}))}]"
        if kind == "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {self.kind(more) if isinstance(more, dict) and more else 'Any'}]"
        return FORMATS.get(schema.get("format", ""), PLAIN.get(str(kind), "Any"))

    def named(self, name: str) -> str:
        """A schema's class, or the type that it stands for."""
        schema = self.schemas[name]
        if "properties" not in schema:
            return self.kind({key: value for key, value in schema.items() if key != "title"})
        return class_name(name)

    def struct(self, name: str) -> str:
        """A schema as a class."""
        schema = self.schemas[name]
        needed = set(schema.get("required", ()))
        lines = [
            f"class {class_name(name)}(Struct, kw_only=True):",
            *doc(schema.get("description") or schema.get("title") or name, 4),
        ]
        fields = []
        for key, each in schema["properties"].items():
            typed = (
                "dict[str, Any]"
                if key in PARTS - {"tools"} and "prompt" in schema["properties"]
                else self.kind(each)
            )
            if key == "tools" and "prompt" in schema["properties"]:
                typed = "list[dict[str, Any]]"
            fields.append((key in needed, key, typed, each))
        for is_needed, key, typed, each in fields:
            lines.append(f"    {safe(key)}: {self.with_default(typed, each, is_needed, name)}")
            if told := each.get("description"):
                lines += doc(told, 4)
        return "\n".join(lines)

    def with_default(self, typed: str, schema: dict[str, Any], is_needed: bool, name: str) -> str:
        if is_needed:
            return typed
        if name in self.sent:
            return f"{typed} | UnsetType = UNSET"
        given = schema.get("default")
        if isinstance(given, str | int | float | bool):
            return f"{typed} = {given!r}"
        if given in ([], {}):
            return f"{typed} = msgspec.field(default_factory={typed})"
        return f"{typed} = None" if "None" in typed else f"{typed} | None = None"

    def shared(self) -> list[str]:
        """The schemas that several subjects use."""
        return self.ordered(name for name in self.schemas if len(self.used[name]) > 1 and self.is_class(name))

    def families(self, tag: str) -> list[tuple[str, list[str]]]:
        """A subject's own schemas by file: the others first, then each answer that is made of many."""
        names, found = self.own(tag), list[tuple[str, list[str]]]()
        for root in reversed(names):
            within = self.reached(self.fields_of(root)) | {root}
            others = [each for each in names if each not in within]
            lent = (within - {root}) & set().union(*(self.reached(self.fields_of(each)) for each in others))
            if len(within) >= MANY and not lent:
                found.append((root, [each for each in names if each in within]))
                names = others
        return [("", names), *found] if names else found

    def own(self, tag: str) -> list[str]:
        return self.ordered(name for name in self.schemas if self.used[name] == {tag} and self.is_class(name))

    def ordered(self, names: Iterable[str]) -> list[str]:
        """What others are made of comes first."""
        found: dict[str, None] = {}

        def take(name: str, within: tuple[str, ...]) -> None:
            for each in sorted(self.reached(self.fields_of(name)) & wanted - {name, *within, *found}):
                take(each, (*within, name))
            found[name] = None

        wanted = set(names)
        for name in sorted(wanted):
            if name not in found:
                take(name, ())
        return list(found)

    def is_class(self, name: str) -> bool:
        return "properties" in self.schemas[name]

    def files(self) -> Iterator[tuple[str, str]]:
        """Each file's name and its text."""
        shared = self.shared()
        yield (
            "shared.py",
            self.module("What several subjects use.", [self.struct(name) for name in shared], []),
        )
        groups = []
        for tag, operations in self.operations.items():
            title = class_name(tag.title())
            shared_here = [class_name(name) for name in shared if tag in self.used[name]]
            own = [class_name(name) for name in self.own(tag)]
            imports = [_import("shared", shared_here)]
            for root, own in self.families(tag):
                name = f"{snake(root or title)}_shapes"
                told = f"{tag}: {f'what {root} is made of' if root else 'what is sent and answered'}."
                yield f"{name}.py", self.module(told, [self.struct(each) for each in own], imports)
                imports.append(_import(name, [class_name(each) for each in own]))
            for ending, told in (("", "for code that waits"), ("_async", "for asyncio")):
                group = self.group(tag, operations, is_async=bool(ending))
                text = self.module(f"{tag}: its operations, {told}.", [group], imports)
                yield f"{snake(title)}{ending}.py", text
            groups.append((snake(title), title))
        yield "__init__.py", self.assembly(groups)

    def module(self, told: str, parts: list[str], extra: list[str]) -> str:
        head = [
            f'"""{told}',
            "",
            "Generated by docs/draw_client.py; change the API instead.",
            '"""',
            "from __future__ import annotations",
            "from collections.abc import AsyncIterator, Iterator, Mapping",
            "from datetime import date, datetime",
            "from typing import Any, Literal",
            "from uuid import UUID",
            "import msgspec",
            "from msgspec import UNSET, Struct, UnsetType",
            "from ..connection import Ask, AsyncConnection, Connection, LiveEvent, new_key, quoted",
            "from ..paging import every, every_async",
            *filter(None, extra),
        ]
        body = "\n\n\n".join(parts)
        lines = [
            line for line in head if not line.startswith("from ") or "__future__" in line or _keep(line, body)
        ]
        return "\n".join([*(_only(line, body) for line in lines), "", "", body, ""])

    def assembly(self, groups: list[tuple[str, str]]) -> str:
        lines = ['"""All subjects of the API. Generated by docs/draw_client.py; change the API instead."""']
        lines += [
            "from __future__ import annotations",
            "from ..connection import AsyncConnection, Connection",
        ]
        for module, title in groups:
            lines += [f"from .{module} import {title}", f"from .{module}_async import Async{title}"]
        for prefix in ("", "Async"):
            lines += ["", "", f"class {prefix}Subjects:", '    """The API\'s operations, by subject."""', ""]
            lines += [f"    def __init__(self, connection: {prefix}Connection) -> None:"]
            lines += [f"        self.{module} = {prefix}{title}(connection)" for module, title in groups]
        return "\n".join([*lines, ""])

    def group(self, tag: str, operations: list[Operation], *, is_async: bool) -> str:
        """The operations of a subject as methods of one class."""
        prefix = "Async" if is_async else ""
        lines = [
            f"class {prefix}{class_name(tag.title())}:",
            f'    """{tag}{", for asyncio" if is_async else ""}."""',
            "",
            f"    def __init__(self, connection: {prefix}Connection) -> None:",
            "        self._connection = connection",
        ]
        for each in operations:
            lines += ["", *each.method_lines(tag, is_async=is_async)]
            if each.has_cursor:
                lines += ["", *each.iterator_lines(tag, is_async=is_async)]
        return "\n".join(lines)


def _import(module: str, names: list[str]) -> str:
    return f"from .{module} import {', '.join(sorted(names))}" if names else ""


def _names(line: str) -> list[str]:
    return [each.strip() for each in line.partition(" import ")[2].split(",")]


def _keep(line: str, body: str) -> bool:
    return any(re.search(rf"\b{name}\b", body) for name in _names(line))


def _only(line: str, body: str) -> str:
    """An import without the names that are not used."""
    if not line.startswith("from ") or "__future__" in line:
        return line
    used = [name for name in _names(line) if re.search(rf"\b{name}\b", body)]
    return f"{line.partition(' import ')[0]} import {', '.join(used)}"


def generated() -> dict[str, str]:
    """File → its text, formatted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in Writer(offline_document()).files():
            (folder / file).write_text(text, encoding="utf-8")
        for command in (["check", "--select", "I,F401,RUF036", "--fix-only"], ["format"]):
            settings = ["--config", str(HERE.parent / "pyproject.toml"), "--no-cache", "--quiet"]
            ruff = [sys.executable, "-m", "ruff", *command, *settings, str(folder)]
            subprocess.run(ruff, check=True)  # noqa: S603 - our own tool and text
        return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}


def main() -> None:
    """Write every file that is not as it should be, and remove those that are none any more."""
    OUT.mkdir(exist_ok=True)
    wanted = generated()
    for path in OUT.glob("*.py"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = OUT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"redrew {path.relative_to(HERE.parent)}\n")


if __name__ == "__main__":
    main()

"""The client is what the document says: as its script would write it, every operation, every field."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from docs import draw_client
from docs.client_names import class_name, snake

from rapida import client
from rapida.api.offline import offline_document
from rapida.client import generated

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return offline_document()


def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, told in item.items()
        if told["tags"] != ["Carrier"]
    }


def test_every_file_is_as_its_script_would_write_it() -> None:
    wanted = draw_client.generated()
    written = {path.name: path.read_text(encoding="utf-8") for path in draw_client.OUT.glob("*.py")}
    assert set(written) == set(wanted)
    assert [name for name, text in wanted.items() if written[name] != text] == [], "run `make docs`"


def methods(subjects: object) -> Iterator[Any]:
    for subject in vars(subjects).values():
        for name, method in inspect.getmembers(subject, callable):
            if not name.startswith("_") and type(subject).__module__.startswith(generated.__name__):
                yield method


def called(method: Any) -> Any:
    """A method's answer to the plainest arguments."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.default is inspect.Parameter.empty:
            given[parameter.name] = {} if parameter.name == "body" else "7"
    return method(**given)


class Asked:
    """A server that refuses everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.paths = set[tuple[str, str]]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.add((request.method, request.url.path))
        return httpx.Response(500)


def as_asked(operation: tuple[str, str]) -> tuple[str, str]:
    return operation[0], re.sub(r"\{\w+\}", "7", operation[1])


def test_every_operation_of_the_document_is_a_method_and_nothing_else_is(document: dict[str, Any]) -> None:
    asked = Asked()
    with client.Client("http://localhost", "k", transport=httpx.MockTransport(asked)) as rapida:
        for method in methods(rapida):
            with pytest.raises(client.ApiError) as refused:
                answer = called(method)
                next(answer)
            assert refused.value.status == 500
    assert asked.paths == {as_asked(each) for each in operations(document)}


async def test_so_it_is_for_asyncio(document: dict[str, Any]) -> None:
    asked = Asked()
    async with client.AsyncClient("http://localhost", "k", transport=httpx.MockTransport(asked)) as rapida:
        for method in methods(rapida):
            with pytest.raises(client.ApiError):
                answer = called(method)
                await (anext(answer) if hasattr(answer, "__anext__") else answer)
    assert asked.paths == {as_asked(each) for each in operations(document)}


def test_every_field_of_every_shape_is_there(document: dict[str, Any]) -> None:
    shapes = {
        name: each
        for module in vars(generated).values()
        if inspect.ismodule(module)
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each is not msgspec.Struct
    }
    schemas = {class_name(name): each for name, each in document["components"]["schemas"].items()}
    assert len(shapes) > 80
    for name, shape in shapes.items():
        fields = {each.removesuffix("_") for each in shape.__struct_fields__}
        assert fields == {snake(each) for each in schemas[name]["properties"]}, name


def test_importing_it_brings_nothing_of_the_server() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, rapida.client; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    ours = {name for name in told if name.startswith("rapida.")}
    assert {name for name in ours if not name.startswith("rapida.client")} == set()
    assert not set(told) & {"fastapi", "pydantic", "sqlalchemy", "numpy", "starlette", "typer", "structlog"}

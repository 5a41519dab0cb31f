"""Every setting, command, provider, route and metric is documented, and drawn pages are up to date."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from fastapi.routing import APIRoute
from typer.main import get_command

from rapida import settings
from rapida.api import health, telephony
from rapida.call.happenings import KINDS, kind_of
from rapida.cli import app
from rapida.cli.phone import read_script
from rapida.llm.flow.brain import parse as parse_flow
from rapida.llm.flow.script import Ask, Choice, Script, State
from rapida.simulator.twilio.script import parse as parse_script
from rapida.telemetry.metrics import END_REASONS, Metrics
from rapida.telephony import CATALOGUE, parties
from rapida.workspace import overrides as behaviour

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "bench" / "README.md"]


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_draw", DOCS / "draw.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_a_page_is_as_the_code_would_draw_it(draw: ModuleType, page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    assert draw.redrawn(written) == written, "run `make docs`"


@pytest.mark.parametrize("page", sorted((DOCS / "reference").glob("*.md")), ids=lambda page: page.name)
def test_every_row_of_the_reference_is_explained(page: Path) -> None:
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert rows
    assert [row for row in rows if not row.rstrip("|").rpartition("|")[2].strip()] == []


def test_everything_that_can_be_drawn_stands_on_some_page(draw: ModuleType) -> None:
    drawn = {
        name for page in draw.pages() for name in re.findall(r"<!-- drawn: ([\w-]+) -->", page.read_text())
    }
    assert drawn == set(draw.DRAWN)


def test_every_variable_that_a_call_brings_is_explained_with_its_limits() -> None:
    told = (
        text("reference/assistant.md").partition("## Variables that a call brings")[2].partition("\n## ")[0]
    )
    names = {re.split("[`…]", row)[1] for row in told.splitlines() if row.startswith("| `")}
    assert names == {*behaviour.GIVEN, *parties.CARRIED, parties.SIP_HEADER}
    assert {int(number) for number in re.findall(r"\b\d+\b", told)} == {
        parties.MOST_CHARACTERS,
        parties.MOST_CARRIED,
    }


def test_every_setting_is_explained() -> None:
    for option, _, meaning in settings.reference():
        for name in settings.of_each(option, CATALOGUE):
            assert f"`{name}`" in text("operating.md")
        assert len(meaning) > 10


def test_every_provider_has_its_section(draw: ModuleType) -> None:
    for family in draw.FAMILIES:
        for name in family.CATALOGUE:
            assert f"### `{name}`" in text("reference/providers.md")


def test_every_carrier_has_its_section_with_its_options_and_its_credential() -> None:
    for name in CATALOGUE:
        _, found, section = text("reference/carriers.md").partition(f"\n## `{name}`\n")
        assert found
        carrier = CATALOGUE.load(name)
        for field in (*carrier.Options.__struct_fields__, *carrier.Credential.__struct_fields__):
            assert f"| `{field}` |" in section.partition("\n## ")[0]


def test_every_option_and_command_is_explained(draw: ModuleType) -> None:
    for line in draw.command_line().splitlines():
        assert not re.fullmatch(r"\|.*\|\s*\|", line), f"without an explanation: {line}"


def command_lines() -> Iterator[list[str]]:
    """What the pages tell a person to type, in a block or in a sentence, from the word `rapida` on."""
    for page in (*DOCS.glob("*.md"), ROOT / "README.md"):
        found = re.findall(
            r"(?:^|`)(?:uv run |\.venv/bin/)?(rapida [^`\n]*)(?:`|$)", page.read_text("utf-8"), re.MULTILINE
        )
        # A variable of the reader's shell holds a number where a number is wanted, and a word elsewhere.
        yield from (shlex.split(re.sub(r"\$[A-Z]+", "1", line), comments=True) for line in found)


def taken(words: list[str]) -> Any:
    """The options of a command line as its command reads them; none where it is only named."""
    command: Any = get_command(app)
    rest = words[3:] if words[1] == "--profile" else words[1:]
    while rest and hasattr(command, "list_commands"):
        name = rest.pop(0)
        command = command.get_command(None, name)
        assert command is not None, f"{' '.join(words)}: there is no {name}"
    try:
        return command.make_context(words[1], rest).params if rest else {}
    except typer.Exit as helped:
        assert helped.exit_code == 0
        return {}


def test_every_command_line_is_one_that_its_command_takes() -> None:
    rung = 0
    for words in command_lines():
        given = taken(words)
        if words[1] == "phone" and given:
            read_script(given["script"], *(given[kind] or () for kind in ("say", "wav", "keys")))
            rung += 1
    assert rung


def test_every_route_of_the_carrier_and_of_operations_is_explained() -> None:
    anything: Any = None  # only the paths are looked at; nothing is served
    routers = (
        telephony.routes(anything, anything, anything),
        health.routes(anything, anything, anything, anything),
    )
    page = re.sub(r"\{\w+\}", "{}", text("operating.md"))
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            assert re.sub(r"\{\w+\}", "{}", route.path) in page, route.path


def test_every_way_a_call_ends_is_explained() -> None:
    told = text("operating.md").partition("## How calls end")[2].partition("\n## ")[0]
    assert [reason for reason in END_REASONS if f"`{reason}`" not in told] == []


def test_every_kind_of_event_of_a_call_is_explained_with_its_fields() -> None:
    told = text("operating.md").partition("## What a call's events tell")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows] == [f"`{kind_of(struct)}`" for struct in KINDS]
    for struct, (_, fields, name, meaning) in zip(KINDS, rows, strict=True):
        assert [f"`{field}`" for field in struct.__struct_fields__] == re.findall(r"`\w+`", fields)
        assert name.strip("`")
        assert meaning.endswith("."), struct


def test_every_metric_is_explained() -> None:
    shown = {family.name for family in Metrics().registry.collect() if family.name.startswith("rapida_")}
    missing = {name for name in shown if name not in text("operating.md")}
    assert missing == set()


def test_the_state_diagrams_hold_every_state_and_trigger(draw: ModuleType) -> None:
    page = text("how-a-call-flows.md")
    tables = [table for name, table in vars(draw.states).items() if name.isupper()]
    assert len(tables) == 5
    for table in tables:
        for state, ways in table.items():
            for trigger, following in ways.items():
                one, other = state.replace(" ", "_"), following.replace(" ", "_")
                drawn = re.search(rf"\b{one} --> {other}: .*{re.escape(trigger)}", page)
                assert bool(drawn) == (state != following), "what changes nothing is not drawn"


def test_every_file_that_the_page_on_carriers_names_exists() -> None:
    named = re.findall(r"`((?:[\w<>-]+/)+[\w<>]+\.py|(?:[\w-]+/)+)`", text("adding-a-carrier.md"))
    roots = (ROOT, ROOT / "src" / "rapida")
    wanted = {name for name in named if "<" not in name}
    assert wanted
    assert [name for name in wanted if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_names_only_what_make_can_do() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make ([\w-]+)`", page.read_text(encoding="utf-8")))
        assert named <= targets


def test_the_flows_of_the_pages_are_ones_that_answer_calls() -> None:
    for page, least in (("reference/flow.md", 2), ("flows.md", 4)):
        examples = re.findall(r"```yaml\n(.*?)```", text(page), re.DOTALL)
        assert len(examples) >= least
        assert all(parse_flow(example).states for example in examples)
    fields = {name for struct in (Script, State, Ask, Choice) for name in struct.__struct_encode_fields__}
    assert {name for name in fields if f"`{name}" not in text("reference/flow.md")} == set()


def test_the_phones_script_of_the_reference_is_one_that_it_takes(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", text("reference/commands.md"), re.DOTALL)
    (tmp_path / "thanks.wav").touch()
    assert len(parse_script(example, folder=tmp_path).steps) == 6


def test_the_site_leads_to_every_page() -> None:
    index = text("site/index.md")
    led_to = {(ROOT / "docs/site" / f"{each}.md").resolve() for each in re.findall(r"^\.\..*$", index, re.M)}
    assert {each for each in led_to if not each.is_file()} == set()
    assert {*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/reference").glob("*.md")} <= led_to

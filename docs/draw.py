"""Draws the parts of these pages that the code already says: run it with `make docs`.

A page holds `<!-- drawn: NAME -->` … `<!-- end -->`; what stands between is replaced by what `DRAWN[NAME]`
returns. tests/test_docs.py fails when a page is not what this script would draw.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import typer.main
from msgspec import NODEFAULT, Struct, structs

from rapida import assistant, embeddings, llm, settings, stt, telephony, tools, tts, turn_end, vad
from rapida.api.auth import LEAST
from rapida.api.offline import offline_document
from rapida.call import commands, events, happenings, states
from rapida.cli import app
from rapida.explained import explained
from rapida.llm.flow import brain as flow
from rapida.simulator.twilio import script
from rapida.store import event_names

HERE = Path(__file__).parent
FAMILIES = (stt, llm, tts, vad, turn_end, tools, embeddings)
LONGEST_DEFAULT = 90
COLUMN = 12
"""Where the second column of a docstring's definitions begins."""
GIVEN = ("id", "version")
"""Fields of an assistant that the server gives it: what is sent leaves them out."""
_BLOCK = re.compile(r"(<!-- drawn: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def machine(table: Mapping[str, Mapping[str, str]]) -> str:
    """A state table as a Mermaid diagram; triggers that lead the same way share an arrow.

    What leads back to its own state changes nothing, and is not drawn.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, ways in table.items():
        for trigger, following in ways.items():
            if following != state:
                arrows.setdefault((state, following), []).append(trigger)
    names = {state: state.replace(" ", "_") for state in table}
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items() if state != name]
    lines += [f"    [*] --> {names[next(iter(table))]}"]
    lines += [
        f"    {names[one]} --> {names[other]}: {', '.join(why)}" for (one, other), why in arrows.items()
    ]
    lines += [f"    {names[state]} --> [*]" for state, ways in table.items() if not ways]
    return "\n".join([*lines, "```"])


def rooms() -> str:
    """The folders, the highest floor first: each imports only what stands below it."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    rows = [
        (f"`{name}/`", _first_sentence(_opening(importlib.import_module(f"rapida.{name}"))))
        for layer in layers
        for name in re.findall(r"rapida\.(\w+)", layer)
        if (HERE.parent / "src" / "rapida" / name).is_dir()
    ]
    return _table(("room", "what is in it"), rows)


def settings_table() -> str:
    """Every environment variable, those of a carrier for each carrier."""
    homes = {
        f"RAPIDA_{carrier.upper()}_API_URL": telephony.api_url(carrier, {}) for carrier in telephony.CATALOGUE
    }
    rows = [
        (f"`{each}`", _shown(homes.get(each, default)), doc)
        for name, default, doc in settings.reference()
        for each in settings.of_each(name, telephony.CATALOGUE)
    ]
    return _table(("variable", "default", "what it does"), rows)


def _shown(default: str) -> str:
    """A default as it would be written, or in words."""
    if not default:
        return "–"
    return default if " " in default else f"`{default}`"


def kinds_table(module: ModuleType, root: type[Struct]) -> str:
    """The Structs of a module under `root`, each with the first sentence of its docstring."""
    found = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, root) and kind is not root
    ]
    return _table(
        ("name", "means"), [(f"`{kind.__name__}`", _first_sentence(kind.__doc__ or "")) for kind in found]
    )


def happenings_table() -> str:
    """Every kind of what happens in a call: its kind, its fields, the name that it is also shown by."""
    names = {form.kind: form.name for form in event_names.FORMS} | {"other_happening": "{name}"}
    rows: list[tuple[str, ...]] = []
    for struct in happenings.KINDS:
        kind = happenings.kind_of(struct)
        fields = ", ".join(f"`{field}`" for field in struct.__struct_fields__) or "–"
        rows.append((f"`{kind}`", fields, f"`{names.get(kind, kind)}`", _one_line(struct.__doc__ or "")))
    return _table(("kind", "fields", "name", "what happened"), rows)


def providers() -> str:
    """Every family's catalogue: each provider with its options and credential fields."""
    parts: list[str] = []
    for family in FAMILIES:
        parts.append(f"## {_opening(family).partition(':')[0]} (`{family.__name__.rpartition('.')[2]}`)")
        parts += [] if list(family.CATALOGUE) else ["None ships yet."]
        for name in family.CATALOGUE:
            parts.append(_provider(name, family.CATALOGUE.load(name)))
    return "\n\n".join(parts)


def carriers() -> str:
    """Every carrier of the catalogue, with its options and credential fields."""
    parts: list[str] = []
    for name in telephony.CATALOGUE:
        found = telephony.CATALOGUE.load(name)
        package = sys.modules[found.__module__.rpartition(".")[0]]
        parts += [f"## `{name}`", _opening(package), *_declared(found)]
    return "\n\n".join(parts)


def _provider(name: str, found: Any) -> str:
    return "\n\n".join([f"### `{name}`", _opening(sys.modules[found.__module__]), *_declared(found)])


def _declared(found: Any) -> Iterator[str]:
    """The tables of a class's options and credential fields."""
    declared = getattr(found, "Credential", None)
    for title, struct in (("option", found.Options), ("credential field", declared)):
        if struct is not None and struct.__struct_fields__:
            yield fields_table(struct, title)


def fields_table(struct: type[Struct], title: str = "field") -> str:
    """A Struct's fields with their defaults and the sentences that stand under them."""
    told = explained(struct)
    given = GIVEN if struct is assistant.Assistant else ()
    rows = [
        (f"`{field.name}`", _default(field), told.get(field.name, ""))
        for field in structs.fields(struct)
        if field.name not in given
    ]
    return _table((title, "default", "what it does"), rows)


def assistant_tables() -> str:
    """The whole configuration of an assistant."""
    parts: list[str] = []
    for struct in (
        assistant.Assistant,
        assistant.TurnTaking,
        assistant.Idle,
        assistant.KeypadSettings,
        assistant.Deadlines,
        assistant.Provider,
    ):
        parts += [f"## {struct.__name__}", _one_line(struct.__doc__ or ""), fields_table(struct)]
    return "\n\n".join(parts)


def flow_language() -> str:
    """How a flow is written, as its own module tells those who write one."""
    text = inspect.cleandoc(flow.__doc__ or "").split("==============\n", 1)[1]
    parts: list[str] = []
    for block in re.split(r"\n{2,}", text):
        lines = block.splitlines()
        if len(lines) > 1 and set(lines[1]) == {"-"}:
            parts.append(f"## {lines[0]}")
            lines = lines[2:]
        if lines and lines[0].startswith("    "):
            parts.append("```yaml\n" + textwrap.dedent("\n".join(lines)) + "\n```")
        elif lines and lines[0].startswith("`"):
            parts.append(_table(("field", "what it is"), _defined(lines)))
        elif lines:
            parts.append("\n".join(lines).replace("::", ":"))
    return "\n\n".join(parts)


def _defined(lines: list[str]) -> list[tuple[str, ...]]:
    """Rows of (name, meaning), which stand in two columns; a longer name ends with a colon."""
    rows: list[tuple[str, str]] = []
    for line in lines:
        name, text = line[:COLUMN].strip(), line[COLUMN:].strip()
        if not name:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {text}")
        elif text.startswith(","):
            name, _, text = line.rpartition(": ")
            rows.append((name, text))
        else:
            rows.append((name, text))
    return list(rows)


def phone_script() -> str:
    """An example of what a simulated caller does, as its own module tells it."""
    blocks = re.split(r"\n{2,}", inspect.cleandoc(script.__doc__ or ""))
    example = next(block for block in blocks if block.startswith("    "))
    return "```yaml\n" + textwrap.dedent(example) + "\n```"


def command_line() -> str:
    """Every command with its help and its options."""
    parts: list[str] = []
    for path, command in _commands(typer.main.get_command(app), "rapida"):
        usage = " ".join(
            [path, *(_usage(each) for each in command.params if each.param_type_name == "argument")]
        )
        parts += [f"## `{usage}`", inspect.cleandoc(command.help or "")]
        rows = [
            (f"`{', '.join(each.opts)}`", " ".join((each.help or "").split()))
            for each in command.params
            if each.param_type_name == "option" and each.name != "help"
        ]
        if rows:
            parts.append(_table(("option", "what it does"), rows))
    return "\n\n".join(parts)


def _usage(argument: Any) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The commands that do something, below `command`."""
    if not hasattr(command, "list_commands"):
        yield path, command
        return
    for name in command.list_commands(None):
        yield from _commands(command.get_command(None, name), f"{path} {name}")


def _default(field: structs.FieldInfo) -> str:
    if field.default_factory is not NODEFAULT:
        made = field.default_factory()
        return _written(made)
    if field.default is NODEFAULT:
        return "**needed**"
    if isinstance(field.default, assistant.Provider):
        return f"`{field.default.name}`"
    if isinstance(field.default, Struct):
        return "*see below*"
    return _written(field.default)


def _written(value: object) -> str:
    """A default, unless it is too long to be told in a table."""
    if value in ("", (), [], {}, None):
        return "empty"
    return f"`{value}`" if len(str(value)) <= LONGEST_DEFAULT else "…"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _opening(module: ModuleType) -> str:
    """A module docstring's first paragraph."""
    return _one_line((module.__doc__ or "").split("\n\n", 1)[0])


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?])\s", _one_line(text), maxsplit=1)[0]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def routes() -> str:
    """Every operation of the API by subject, with the least role."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for path, item in offline_document()["paths"].items():
        for method, told in item.items():
            key = f"{method.upper()} {path}"
            rows.setdefault(told["tags"][0], []).append((f"`{key}`", LEAST[key], f"{told['summary']}"))
    return "\n\n".join(
        f"## {tag}\n\n{_table(('route', 'who', 'does'), found)}" for tag, found in rows.items()
    )


DRAWN: dict[str, Callable[[], str]] = {
    "rooms": rooms,
    "call": lambda: machine(states.CALL),
    "floor": lambda: machine(states.FLOOR),
    "utterance": lambda: machine(states.UTTERANCE),
    "closing": lambda: machine(states.CLOSING),
    "collection": lambda: machine(states.COLLECTION),
    "events": lambda: kinds_table(events, events.Event),
    "happenings": happenings_table,
    "commands": lambda: kinds_table(commands, commands.Command),
    "settings": settings_table,
    "providers": providers,
    "carriers": carriers,
    "assistant": assistant_tables,
    "flow": flow_language,
    "phone-script": phone_script,
    "command-line": command_line,
    "routes": routes,
}


def redrawn(text: str) -> str:
    """A page with all its drawn parts as they should be. Raises `KeyError` for an unknown part."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{DRAWN[block[2]]()}\n\n{block[3]}", text)


def pages() -> list[Path]:
    """All pages."""
    return sorted(HERE.rglob("*.md"))


def main() -> None:
    """Redraw every page in place."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (drawn := redrawn(text)) != text:
            page.write_text(drawn, encoding="utf-8")
            sys.stdout.write(f"redrew {page.relative_to(HERE.parent)}\n")


if __name__ == "__main__":
    main()

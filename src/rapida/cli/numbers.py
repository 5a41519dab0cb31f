"""`rapida numbers`: the telephone numbers of a carrier's account, through the running server.

It is a client of the API like any other: it needs an API key (`rapida keys create`) and a running server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer

from ..errors import ConfigurationError, RapidaError
from ..telephony import CATALOGUE, DEMO_CREDENTIAL
from .remote import KeyOption, UrlOption, asked, connected, pages

app = typer.Typer(help="The account's telephone numbers: who answers where.", no_args_is_help=True)
CredentialOption = Annotated[
    int, typer.Option(help="The carrier's credential by its number; 0 = the project's only one.", min=0)
]
NumberArgument = Annotated[str, typer.Argument(help="As +, country code and number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the server's answer instead of a table.")]


@app.command("list")
def list_numbers(
    key: KeyOption = "", credential: CredentialOption = 0, url: UrlOption = "", as_json: JsonOption = False
) -> None:
    """Show each number of the account and who answers it."""
    _run(url, key, lambda client: _tell(_all_numbers(client, _chosen(client, credential)), as_json))


@app.command()
def connect(
    number: NumberArgument,
    assistant: Annotated[int, typer.Option(help="The number of the assistant that is to answer.")],
    key: KeyOption = "",
    fallback_url: Annotated[
        str, typer.Option(help="Asked when this server's address fails; empty = it is asked once more.")
    ] = "",
    credential: CredentialOption = 0,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let an assistant answer a number. What stood there is kept."""
    form = {"assistant_id": assistant} | ({"fallback_url": fallback_url} if fallback_url else {})
    _run(url, key, lambda client: _change(client, "PUT", f"/{quote(number)}", credential, form, as_json))


@app.command()
def restore(
    number: NumberArgument,
    key: KeyOption = "",
    force: Annotated[bool, typer.Option("--force", help="Even if it was changed elsewhere since.")] = False,
    credential: CredentialOption = 0,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put back what stood at a number before it was connected here."""
    at = f"/{quote(number)}/restore"
    _run(url, key, lambda client: _change(client, "POST", at, credential, {"force": force}, as_json))


@app.command()
def search(
    country: Annotated[str, typer.Argument(help="As ISO 3166 code, such as US.")],
    key: KeyOption = "",
    number_type: Annotated[str, typer.Option("--type", help="local, mobile or toll_free.")] = "local",
    contains: Annotated[str, typer.Option(help="Digits that stand in it.")] = "",
    credential: CredentialOption = 0,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show numbers that the carrier sells, with what each costs a month."""
    wanted = {"country": country.upper(), "type": number_type, "contains": contains}
    _run(url, key, lambda client: _search(client, credential, wanted, as_json))


@app.command()
def buy(
    number: NumberArgument,
    key: KeyOption = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Buy it; without, see what it costs.")] = False,
    credential: CredentialOption = 0,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Buy a number for the account, with an admin's key. It costs money from then on."""
    form = {"number": number, "confirm": confirm}
    _run(url, key, lambda client: _change(client, "POST", "", credential, form, as_json))


def _search(client: httpx.Client, credential: int, wanted: dict[str, Any], as_json: bool) -> None:
    whose = {"credential_id": _chosen(client, credential)}
    rows = asked(client, "GET", "/v1/available-phone-numbers", params=whose | wanted)["items"]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        costs = (
            f"{row['monthly_price']} {row['currency']} a month" if row["monthly_price"] else "price unknown"
        )
        address = "needs an address" if row["needs_address"] else ""
        typer.echo("\t".join((row["number"], row["place"], costs, address)).rstrip())


def _change(
    client: httpx.Client, method: str, at: str, credential: int, form: dict[str, Any], as_json: bool
) -> None:
    whose = {"credential_id": _chosen(client, credential)}
    _tell([asked(client, method, f"/v1/phone-numbers{at}", json=whose | form)], as_json)


def _run(url: str, key: str, work: Callable[[httpx.Client], None]) -> None:
    try:
        with connected(url, key) as client:
            work(client)
    except RapidaError as wrong:
        typer.echo(f"rapida numbers: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _chosen(client: httpx.Client, credential: int) -> int:
    """The credential that is meant. Raises `ConfigurationError` where that is not clear."""
    if credential:
        return credential
    kept = pages(client, "/v1/credentials", {})
    # The demo's account is one that no carrier knows.
    found = [each for each in kept if each["provider"] in CATALOGUE and each["name"] != DEMO_CREDENTIAL]
    if len(found) == 1:
        return found[0]["id"]
    if not found:
        raise ConfigurationError("the project has no carrier's credential: keep one by POST /v1/credentials")
    named = ", ".join(f"{each['id']} ({each['name']}, {each['provider']})" for each in found)
    raise ConfigurationError(f"name one of the credentials with --credential: {named}")


def _all_numbers(client: httpx.Client, credential: int) -> list[dict[str, Any]]:
    return pages(client, "/v1/phone-numbers", {"credential_id": credential})


def _tell(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo("\t".join((row["number"], row["name"], _answered_by(row["answered_by"]))))
        for hint in row["hints"]:
            typer.echo(f"\t{hint}")


def _answered_by(told: dict[str, Any]) -> str:
    if told["kind"] == "assistant":
        return f"assistant {told['assistant_id']} ({told['assistant_name']})"
    return "nobody" if told["kind"] == "nobody" else f"elsewhere: {told['where']}"

"""`rapida numbers`: the telephone numbers of a carrier's account, through the running server.

It is a client of the API like any other: it needs an API key (`rapida keys create`) and a running server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from ..client import Client
from ..client.generated.phone_numbers_shapes import (
    AnsweringPartyView,
    AvailableNumberView,
    BuyForm,
    ConnectForm,
    PhoneNumberView,
    RestoreForm,
)
from ..errors import ConfigurationError
from ..telephony import CATALOGUE, DEMO_CREDENTIAL
from .remote import KeyOption, UrlOption
from .shown import JsonOption, as_json, asking

app = typer.Typer(help="The account's telephone numbers: who answers where.", no_args_is_help=True)
CredentialOption = Annotated[
    int, typer.Option(help="The carrier's credential by its number; 0 = the project's only one.", min=0)
]
NumberArgument = Annotated[str, typer.Argument(help="As +, country code and number.")]
NumberType = Literal["local", "mobile", "toll_free"]


@app.command("list")
def list_numbers(
    key: KeyOption = "", credential: CredentialOption = 0, url: UrlOption = "", is_json: JsonOption = False
) -> None:
    """Show each number of the account and who answers it."""
    with asking("numbers", url, key) as api:
        _tell(list(api.phone_numbers.iterate(credential_id=_chosen(api, credential), limit=100)), is_json)


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
    is_json: JsonOption = False,
) -> None:
    """Let an assistant answer a number. What stood there is kept."""
    with asking("numbers", url, key) as api:
        form = ConnectForm(credential_id=_chosen(api, credential), assistant_id=assistant)
        if fallback_url:
            form.fallback_url = fallback_url
        _tell([api.phone_numbers.connect(number, form)], is_json)


@app.command()
def restore(
    number: NumberArgument,
    key: KeyOption = "",
    force: Annotated[bool, typer.Option("--force", help="Even if it was changed elsewhere since.")] = False,
    credential: CredentialOption = 0,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Put back what stood at a number before it was connected here."""
    with asking("numbers", url, key) as api:
        form = RestoreForm(credential_id=_chosen(api, credential), force=force)
        _tell([api.phone_numbers.restore(number, form)], is_json)


@app.command()
def search(
    country: Annotated[str, typer.Argument(help="As ISO 3166 code, such as US.")],
    key: KeyOption = "",
    number_type: Annotated[NumberType, typer.Option("--type", help="local, mobile or toll_free.")] = "local",
    contains: Annotated[str, typer.Option(help="Digits that stand in it.")] = "",
    credential: CredentialOption = 0,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Show numbers that the carrier sells, with what each costs a month."""
    with asking("numbers", url, key) as api:
        found = api.phone_numbers.list_available_phone_numbers(
            credential_id=_chosen(api, credential),
            country=country.upper(),
            type=number_type,
            contains=contains,
        ).items
        if is_json:
            as_json(found)
        else:
            _offer(found)


@app.command()
def buy(
    number: NumberArgument,
    key: KeyOption = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Buy it; without, see what it costs.")] = False,
    credential: CredentialOption = 0,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Buy a number for the account, with an admin's key. It costs money from then on."""
    with asking("numbers", url, key) as api:
        form = BuyForm(credential_id=_chosen(api, credential), number=number, confirm=confirm)
        _tell([api.phone_numbers.buy(form)], is_json)


def _offer(rows: Sequence[AvailableNumberView]) -> None:
    for row in rows:
        costs = f"{row.monthly_price} {row.currency} a month" if row.monthly_price else "price unknown"
        address = "needs an address" if row.needs_address else ""
        typer.echo("\t".join((row.number, row.place, costs, address)).rstrip())


def _chosen(api: Client, credential: int) -> int:
    """The credential that is meant. Raises `ConfigurationError` where that is not clear."""
    if credential:
        return credential
    kept = api.credentials.iterate(limit=100)
    # The demo's account is one that no carrier knows.
    found = [each for each in kept if each.provider in CATALOGUE and each.name != DEMO_CREDENTIAL]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise ConfigurationError(
            "the project has no carrier's credential: keep one with `rapida credentials create`"
        )
    named = ", ".join(f"{each.id} ({each.name}, {each.provider})" for each in found)
    raise ConfigurationError(f"name one of the credentials with --credential: {named}")


def _tell(rows: Sequence[PhoneNumberView], is_json: bool) -> None:
    if is_json:
        as_json(rows)
        return
    for row in rows:
        typer.echo("\t".join((row.number, row.name, _answered_by(row.answered_by))))
        for hint in row.hints:
            typer.echo(f"\t{hint}")


def _answered_by(told: AnsweringPartyView) -> str:
    if told.kind == "assistant":
        return f"assistant {told.assistant_id} ({told.assistant_name})"
    return "nobody" if told.kind == "nobody" else f"elsewhere: {told.where}"

"""`rapida credentials`: secrets for providers, through a running server, which seals them.

A secret is asked for without being shown, or read from standard input; it never stands on a command line.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from ..client import Client
from ..client.generated.credentials_shapes import CredentialView
from ..errors import ConfigurationError
from .remote import KeyOption, UrlOption
from .shown import Columns, JsonOption, as_json, asking, listed

app = typer.Typer(help="Secrets for providers: keep, verify, replace them.", no_args_is_help=True)
CredentialArgument = Annotated[int, typer.Argument(help="The credential's number.")]
ValueOption = Annotated[
    bool, typer.Option("--value-stdin", help="Read its fields from standard input, as a JSON object.")
]
COLUMNS: Columns = {
    "id": lambda each: each.id,
    "provider": lambda each: each.provider,
    "name": lambda each: each.name,
    "account": lambda each: each.account,
    "verified": lambda each: each.verified_at or each.verify_sentence,
    "used by": lambda each: ", ".join(use.name for use in each.used_by),
}


@app.command("list")
def list_credentials(key: KeyOption = "", url: UrlOption = "", is_json: JsonOption = False) -> None:
    """Show each credential, how its verification went and who uses it; no secret."""
    with asking("credentials", url, key) as api:
        listed(list(api.credentials.iterate(limit=100)), COLUMNS, is_json)


@app.command()
def create(
    provider: Annotated[str, typer.Argument(help="Whose it is, such as openai or twilio.")],
    name: Annotated[str, typer.Option(help="What it is called here.")],
    key: KeyOption = "",
    base_url: Annotated[str, typer.Option(help="The only host it goes to; empty = the provider's.")] = "",
    value_stdin: ValueOption = False,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Keep a secret; its fields are asked for."""
    with asking("credentials", url, key) as api:
        form: dict[str, Any] = {
            "provider": provider,
            "name": name,
            "value": _value(api, provider, value_stdin),
        }
        _tell(api.credentials.create(form | ({"base_url": base_url} if base_url else {})), is_json)


@app.command()
def replace(
    credential: CredentialArgument,
    key: KeyOption = "",
    value_stdin: ValueOption = False,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Enter the secret again; the old one still proves callbacks for a day."""
    with asking("credentials", url, key) as api:
        provider = api.credentials.read(credential).provider
        value = _value(api, provider, value_stdin)
        _tell(api.credentials.replace(credential, {"value": value}), is_json)


@app.command()
def verify(credential: CredentialArgument, key: KeyOption = "", url: UrlOption = "") -> None:
    """Ask the provider whether it accepts the secret."""
    with asking("credentials", url, key) as api:
        verified = api.credentials.verify(credential)
        typer.echo(f"accepted{f': {verified.account_name}' if verified.account_name else ''}")


@app.command()
def delete(credential: CredentialArgument, key: KeyOption = "", url: UrlOption = "") -> None:
    """Forget a secret that nobody uses."""
    with asking("credentials", url, key) as api:
        api.credentials.delete(credential)


def _value(api: Client, provider: str, from_stdin: bool) -> dict[str, str]:
    """The fields of a provider's secret. Raises `ConfigurationError`."""
    if from_stdin:
        try:
            return dict(json.load(sys.stdin))
        except (ValueError, TypeError) as wrong:
            raise ConfigurationError(f"standard input holds no JSON object: {wrong}") from wrong
    kept = {each.name: each.credential for each in api.providers.page().items if each.credential}
    if (schema := kept.get(provider)) is None:
        raise ConfigurationError(
            f"{provider!r} takes no secret; one of these does: {', '.join(sorted(kept))}"
        )
    # As msgspec writes it: the declaration by its name, beside a reference to it.
    declared: dict[str, Any] = next(iter(schema["$defs"].values()))
    needed, asked = declared.get("required", ()), dict[str, str]()
    for field in declared["properties"]:
        told = str(
            typer.prompt(field, hide_input=True, default=None if field in needed else "", show_default=False)
        )
        if told:
            asked[field] = told
    return asked


def _tell(kept: CredentialView, is_json: bool) -> None:
    if is_json:
        as_json(kept)
    else:
        typer.echo(f"credential {kept.id} ({kept.name}, {kept.provider})")

"""Who answers a telephone number: an assistant of the project, something elsewhere, or nobody.

It is told by the address that the carrier asks when the number rings. An address may hold a password or a
key, so it is shown without them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ..node.addresses import prefix
from ..store.assistants import OwnedAssistant
from ..store.deployments import Deployment
from ..telephony.account_numbers import AccountNumber

MOST_SHOWN = 300
"""Characters of a foreign address that are shown: whose it is stands at its beginning."""


@dataclass(frozen=True)
class AnsweringParty:
    """Who answers a number."""

    kind: Literal["assistant", "elsewhere", "nobody"]
    assistant: OwnedAssistant | None = None
    where: str = ""
    """The address asked, or what answers in place of one; empty for nobody."""


@dataclass(frozen=True)
class AnsweredNumber:
    """A number of an account, who answers it, and sentences on why a call may not get there."""

    number: AccountNumber
    answering: AnsweringParty
    restorable: bool
    """Whether what stood there before it was connected here is kept."""
    hints: Sequence[str] = ()


@dataclass(frozen=True)
class ProjectLines:
    """What a project has behind the addresses of one carrier."""

    carrier: str
    public_host: str | None
    assistants: Mapping[int, OwnedAssistant]
    deployments: Mapping[int, Deployment]
    connected: Collection[str] = ()
    """The account's numbers that were connected here, by the carrier's names for them."""


def assistant_ids(carrier: str, numbers: Collection[AccountNumber]) -> set[int]:
    """The assistants whose address some numbers ask, on whatever host, and whosever they are."""
    found = (_ours(carrier, each.asks) for each in numbers)
    return {assistant for _, assistant in filter(None, found)}


def answered(number: AccountNumber, lines: ProjectLines) -> AnsweredNumber:
    """A number with who answers it. What names nobody's assistant of this project is elsewhere."""
    answering = _answering(number, lines)
    restorable = number.number_id in lines.connected
    return AnsweredNumber(number, answering, restorable, list(_hints(number, answering, lines)))


def shown(url: str) -> str:
    """An address without what may be secret in it: user, password and query."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:  # half an IPv6 address
        return "an address that is none"
    query = "?…" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path}{query}"[:MOST_SHOWN]


def leads_to(number: AccountNumber) -> str:
    """Where a number leads, in words that hold no secret."""
    return number.instead or (shown(number.asks) if number.asks else "nobody")


def _answering(number: AccountNumber, lines: ProjectLines) -> AnsweringParty:
    if number.instead:
        return AnsweringParty("elsewhere", where=number.instead)
    if not number.asks:
        return AnsweringParty("nobody")
    ours = _ours(lines.carrier, number.asks)
    assistant = lines.assistants.get(ours[1]) if ours else None
    if assistant is None:
        return AnsweringParty("elsewhere", where=shown(number.asks))
    return AnsweringParty("assistant", assistant, shown(number.asks))


def _hints(number: AccountNumber, answering: AnsweringParty, lines: ProjectLines) -> Iterator[str]:
    if not number.takes_calls:
        yield f"{number.number} takes no calls by voice."
    if answering.assistant is None:
        return
    name = answering.assistant.name
    host, _ = _ours(lines.carrier, number.asks) or ("", 0)
    if lines.public_host is None:
        yield "PUBLIC_ASSISTANT_HOST is not set, so that this server answers no carrier: set it and restart."
    elif host != lines.public_host:
        yield (
            f"It asks {host}, and this server's public host is {lines.public_host}: connect it again if "
            "that is not meant."
        )
    deployment = lines.deployments.get(answering.assistant.id)
    if deployment is None:
        yield f"Callers hear that it is not connected: {name!r} is not on the phone; connect it again."
    elif deployment.carrier != lines.carrier:
        yield f"Callers hear that it is not connected: {name!r} is on the phone at {deployment.carrier}."
    elif not deployment.enabled:
        yield f"Callers hear that it is not connected: the phone deployment of {name!r} is switched off."


def _ours(carrier: str, url: str) -> tuple[str, int] | None:
    """(host, assistant) of an address of ours, on whatever host."""
    found = re.fullmatch(rf"https://([^/?#@]+){re.escape(prefix(carrier))}call/(\d{{1,15}})", url)
    return (found[1].lower().removesuffix(":443"), int(found[2])) if found else None

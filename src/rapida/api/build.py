"""The HTTP application: which routers there are, what stands before them, and the OpenAPI document.

A new resource is one file beside this one and one line in `build_api`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI

from .. import __version__
from ..engine.live import Live
from ..knowledge.search import Knowledge, by_words
from ..node.call_files import CallFiles, DirectoryFiles
from ..node.carriers import Carriers
from ..node.files import Paths
from ..node.node import Node
from ..outbound.accepting import Outbound
from ..settings import Settings
from ..sockets.session import WireCounts
from ..switchboard.callbacks import Callbacks, MachineAnswered, ignore_machines
from ..switchboard.control import Complete, no_carrier
from ..switchboard.inbound import Inbound
from ..switchboard.live_board import LiveBoard
from ..switchboard.page_talks import PageTalks
from ..switchboard.talks import Talks
from ..switchboard.timelines import Timelines
from ..switchboard.voice_samples import VoiceSamples
from ..telemetry.metrics import Metrics
from ..telemetry.refusals import Refusals
from ..vault.passwords import Passwords
from ..workspace.people import People, SetupCode
from . import (
    api_keys,
    assistant_versions,
    assistants,
    audit,
    calls,
    conversations,
    credentials,
    dashboard,
    deployments,
    document,
    facts,
    health,
    installation,
    live,
    page_talks,
    pages,
    phone_checks,
    phone_numbers,
    problems,
    providers,
    publishable_tokens,
    retention,
    server_facts,
    sessions,
    statistics,
    talks,
    telephony,
    tenancy,
    timelines,
    voices,
)
from .auth import Guard
from .gate import BodyLimit, HostGate
from .guarded import check_guarded
from .refused import RefusalLog
from .request_ids import RequestIds
from .server_facts import ServerLoad


def build_api(
    settings: Settings,
    node: Node,
    inbound: Inbound,
    metrics: Metrics,
    *,
    accepting: Callable[[], bool] = lambda: True,
    outbound: Outbound | None = None,
    carriers: Carriers | None = None,
    machine_answered: MachineAnswered = ignore_machines,
    complete: Complete = no_carrier,
    passwords: Passwords | None = None,
    refusals: Refusals | None = None,
    board: LiveBoard | None = None,
    knowledge: Knowledge | None = None,
    files: dashboard.Files | None = None,
    call_files: CallFiles | None = None,
    load: Callable[[], ServerLoad] = ServerLoad,
    metrics_of_all: Callable[[], Awaitable[bytes]] | None = None,
    talk: Talks | None = None,
    samples: VoiceSamples | None = None,
    counts: WireCounts | None = None,
) -> FastAPI:
    """The application to serve. `accepting` turns false while the server drains; `refusals` are told of each;
    `files` are the dashboard's, `call_files` those of calls, else they lie in the data directory.

    `metrics_of_all` gives what `/metrics` shows of several processes at one port.

    Raises `LookupError` when a route is missing from the table of least roles (`auth.py`).
    """
    app = _application()
    kept = call_files or DirectoryFiles(Paths(settings.data_dir))
    app.state.guard = Guard(settings, node.store, node.clock)
    routers = [
        *_management(settings, node, app.state.guard, passwords or Passwords(), complete, kept),
        facts.routes(node, knowledge or Knowledge(node.store, by_words)),
        live.routes(board or LiveBoard(Live(), node.clock)),
        telephony.routes(inbound, Callbacks(node, inbound, machine_answered), metrics),
        *(_of_carriers(node, carriers) if carriers is not None else ()),
        *([calls.routes(node, outbound)] if outbound is not None else []),
        *(_talks(node, talk, app.state.guard, counts or WireCounts()) if talk is not None else ()),
        *([voices.routes(node, samples)] if samples is not None else []),
        health.routes(node.store, metrics_of_all or metrics.told, accepting, load),
        server_facts.routes(settings.public_host, accepting, load),
        installation.routes(node, settings),
        pages.routes(app.openapi),
        # The last: it answers what no other does.
        *([dashboard.routes(files)] if files is not None else []),
    ]
    for router in routers:
        # Their routes as they are: after `include_router` the first request reads every signature once more.
        app.router.routes.extend(router.routes)
    problems.install(app)
    check_guarded(app.routes)
    # The last one added stands first.
    app.add_middleware(BodyLimit)
    app.add_middleware(HostGate, settings=settings)
    app.add_middleware(RefusalLog, addresses=node.addresses, refusals=refusals or Refusals(metrics.refused))
    app.add_middleware(RequestIds)
    return app


def _talks(node: Node, talk: Talks, guard: Guard, counts: WireCounts) -> tuple[APIRouter, ...]:
    """Talks of our own pages, and of other sites'."""
    return talks.routes(talk, guard, counts), page_talks.routes(PageTalks(node, talk), counts)


def _application() -> FastAPI:
    """An application without routes yet. Its document is made once, when it is first asked for."""
    app = FastAPI(
        title=document.TITLE,
        version=__version__,
        openapi_url=None,  # pages.py serves it, without holding the loop up
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host the sender chose
    )

    def drawn() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document.draw(app.routes)
        return app.openapi_schema

    app.openapi = drawn
    return app


def _of_carriers(node: Node, carriers: Carriers) -> tuple[APIRouter, ...]:
    """What asks the accounts at the carriers."""
    return phone_numbers.routes(node, carriers), phone_checks.routes(node, carriers)


def _management(
    settings: Settings,
    node: Node,
    guard: Guard,
    passwords: Passwords,
    complete: Complete,
    kept: CallFiles,
) -> tuple[APIRouter, ...]:
    """The resources people and programs manage, in the order the documentation shows them."""
    people = People(node.store, node.clock, passwords)
    code = SetupCode(settings.data_dir, settings.setup_code)
    return (
        sessions.routes(people, code, guard, node.store),
        tenancy.projects(node),
        tenancy.members(node, people),
        api_keys.routes(node),
        publishable_tokens.routes(node),
        credentials.routes(node, settings.carrier_api_urls),
        providers.routes(),
        assistants.routes(node),
        assistant_versions.routes(node),
        deployments.routes(node),
        retention.routes(node),
        statistics.routes(node),  # before the conversations: a summary is no number of one
        conversations.routes(node, kept, complete),
        timelines.routes(Timelines(node, kept)),
        audit.routes(node),
    )

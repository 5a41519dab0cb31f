"""What the server says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapida import __version__
from rapida.api.server_facts import ServerLoad, machine_zone
from tests.api.conftest import ServedApi, build_served_api

DATABASES = ("sqlite",)  # nothing here is the database's affair


async def test_a_viewer_reads_how_full_the_server_is(api: ServedApi) -> None:
    served = build_served_api(api.ready, load=lambda: ServerLoad(3, 40))
    facts = (await served.ask("GET", "/v1/server", key=await served.a_key("viewer"))).json()
    assert (facts["version"], facts["calls_now"], facts["calls_at_most"]) == (__version__, 3, 40)
    assert (facts["draining"], bool(facts["zone"])) == (False, True)
    api.ready.accepting = False
    assert (await served.ask("GET", "/v1/server", key=await served.a_key("viewer"))).json()["draining"]
    assert (await served.ask("GET", "/v1/server")).status_code == 401


@pytest.mark.parametrize(("named", "zone"), [("", "Europe/Berlin"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_the_machines_zone_is_told_by_its_name(tmp_path: Path, named: str, zone: str) -> None:
    there = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    there.parent.mkdir(parents=True)
    there.touch()
    (link := tmp_path / "localtime").symlink_to(there)
    assert machine_zone(named, link) == zone
    assert machine_zone("", tmp_path / "none") == "UTC"

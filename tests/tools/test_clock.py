from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rapida import tools
from rapida.errors import ConfigurationError
from rapida.providers.build import build
from rapida.tools.base import Tool, ToolCaller
from rapida.tools.clock import ClockOptions, ClockTool

from .conformance import Arguments, ToolConformance

NOON = datetime(2026, 3, 11, 12, 5, tzinfo=UTC)


def clock(zone: str = "UTC") -> ClockTool:
    return ClockTool(ClockOptions(zone), now=NOON.astimezone)


class TestClock(ToolConformance):
    @pytest.fixture
    async def tool(self) -> Tool:
        return clock()

    @pytest.fixture
    def good(self) -> Arguments:
        return {"zone": "Asia/Tokyo"}

    @pytest.fixture
    def bad(self) -> Arguments:
        return {"zone": "Mars/Base"}


async def test_it_tells_weekday_date_and_time_in_the_configured_zone() -> None:
    assert await clock("Europe/Berlin").run({}, ToolCaller(1)) == (
        "Wednesday, 11 March 2026, 13:05 (Europe/Berlin)"
    )


async def test_the_model_may_name_another_zone() -> None:
    assert await clock().run({"zone": "Asia/Tokyo"}, ToolCaller(1)) == (
        "Wednesday, 11 March 2026, 21:05 (Asia/Tokyo)"
    )


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd"])
async def test_an_unknown_zone_goes_back_to_the_model(zone: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        await clock().run({"zone": zone}, ToolCaller(1))


def test_an_unknown_configured_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Mars"):
        build(tools.CATALOGUE, "clock", {"zone": "Mars/Base"})


async def test_without_a_given_clock_it_tells_the_real_time() -> None:
    told = await build(tools.CATALOGUE, "clock", {}).run({}, ToolCaller(1))
    assert str(datetime.now(ZoneInfo("UTC")).year) in told


def test_the_model_knows_it_as_clock() -> None:
    assert clock().spec.name == "clock"

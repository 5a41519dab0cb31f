"""A conversation's timeline over HTTP."""

from __future__ import annotations

from pathlib import Path

from rapida.telemetry.journal import read
from rapida.timeline.draw import CallFacts, draw
from tests.api.conftest import ServedApi

from .test_conversations import a_call

DATABASES = ("sqlite",)  # a timeline is drawn from files

JOURNAL = Path(__file__).parents[1] / "journals" / "barge-in.jsonl"


async def test_a_timeline_is_drawn_from_the_journal_and_what_happened_around_it(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    (api.data_dir / "journals" / f"{number}.jsonl").write_bytes(JOURNAL.read_bytes())
    answer = await api.ask("GET", f"/v1/conversations/{number}/timeline", key=key)
    assert answer.status_code == 200
    told, expected = answer.json(), draw(read(JOURNAL), CallFacts())
    assert [line["text"] for line in told["lines"]] == [line.text for line in expected.lines]
    assert told["lines"][2]["words"][0] == {"text": "This", "heard": True, "start_ms": 2340, "end_ms": 2440}
    assert (told["duration_ms"], told["whole"]) == (5290, True)
    assert told["findings"][0]["rule"] == "barge_in"


async def test_a_timeline_that_is_as_it_was_is_not_sent_again_and_one_that_grew_is(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    path, lines = api.data_dir / "journals" / f"{number}.jsonl", JOURNAL.read_bytes().splitlines(True)
    path.write_bytes(b"".join(lines[:20]))
    first = await api.ask("GET", f"/v1/conversations/{number}/timeline", key=key)
    assert first.json()["whole"] is False
    known = {"if-none-match": first.headers["etag"]}
    again = await api.ask("GET", f"/v1/conversations/{number}/timeline", key=key, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    path.write_bytes(b"".join(lines))
    grown = await api.ask("GET", f"/v1/conversations/{number}/timeline", key=key, headers=known)
    assert (grown.status_code, grown.json()["whole"]) == (200, True)


async def test_without_a_journal_there_is_no_timeline_and_a_foreign_one_is_none(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    (api.data_dir / "journals" / f"{number}.jsonl").unlink()
    gone = await api.ask("GET", f"/v1/conversations/{number}/timeline", key=key)
    assert (gone.status_code, gone.json()["code"]) == (404, "no_journal")
    foreign = await api.ask("GET", f"/v1/conversations/{number + 1}/timeline", key=key)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")

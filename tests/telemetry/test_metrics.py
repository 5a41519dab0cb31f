"""What a scrape shows, and that nobody from outside can make it grow."""

from __future__ import annotations

import pytest

from rapida.call.commands import Stages
from rapida.sockets.session import WireCounts
from rapida.telemetry.metrics import ANSWERS, END_REASONS, TOOL_ENDS, Metrics
from rapida.workers.fair_pool import Waits


def shown(metrics: Metrics) -> dict[str, float]:
    lines = metrics.render().decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def test_a_call_is_active_from_start_to_end_and_counted_by_its_reason() -> None:
    metrics = Metrics()
    metrics.call_started()
    metrics.call_started()
    metrics.call_ended("caller_hangup")
    found = shown(metrics)
    assert found["rapida_calls_active"] == 1
    assert found['rapida_calls_total{reason="caller_hangup"}'] == 1


def test_a_turn_is_shown_stage_by_stage_in_seconds() -> None:
    metrics = Metrics()
    metrics.turn_answered(
        Stages(
            stop_us=200_000,
            final_us=50_000,
            confirm_us=450_000,
            token_us=1,
            sentence_us=2,
            sound_us=3,
            frame_us=4,
            mark_us=5,
            total_us=700_015,
        )
    )
    found = shown(metrics)
    stages = {
        name.split('"')[1]: value
        for name, value in found.items()
        if name.startswith("rapida_turn_stage_seconds_sum")
    }
    assert stages.pop("total") == pytest.approx(0.700015)
    assert stages.pop("saved") == 0
    assert sum(stages.values()) == pytest.approx(0.700015)
    assert found['rapida_turn_stage_seconds_bucket{le="0.2",stage="stop"}'] == 1
    assert found['rapida_turn_stage_seconds_bucket{le="0.1",stage="stop"}'] == 0


def test_everything_that_can_be_counted_is_shown() -> None:
    metrics = Metrics(providers=("deepgram",))
    metrics.webhook_answered("connected")
    metrics.illegal_event()
    metrics.loop_lagged(0.004)
    metrics.provider_failed("stt", "deepgram", retryable=True)
    metrics.tool_ended("late")
    metrics.transcription_refused()
    dropped = [4]
    metrics.watch_detectors(lambda: dropped[0])
    metrics.outcomes_unwritten(2)
    backlog = [3]
    metrics.watch_journal(lambda: backlog[0])
    found = shown(metrics)
    assert found['rapida_webhooks_total{answer="connected"}'] == 1
    assert found["rapida_illegal_events_total"] == 1
    assert found['rapida_loop_lag_seconds_bucket{le="0.005"}'] == 1
    assert found['rapida_provider_failures_total{family="stt",provider="deepgram",retryable="true"}'] == 1
    assert found['rapida_tool_runs_total{end="late"}'] == 1
    assert found["rapida_transcriptions_refused_total"] == 1
    assert found["rapida_vad_windows_dropped_total"] == 4
    assert found["rapida_outcomes_unwritten"] == 2
    assert found["rapida_journal_backlog"] == 3
    backlog[0], dropped[0] = 8, 9
    found = shown(metrics)
    assert (found["rapida_journal_backlog"], found["rapida_vad_windows_dropped_total"]) == (8, 9)


def test_how_long_speech_waited_is_summed_over_the_recognisers() -> None:
    metrics, one, other = Metrics(), Waits(), Waits()
    metrics.watch_recognisers(lambda: [one, other])
    one.add(0.015)
    other.add(0.3)
    other.add(60.0)
    found = shown(metrics)
    name = "rapida_stt_queue_seconds"
    assert found[f"{name}_count"] == 3
    assert found[f"{name}_sum"] == pytest.approx(60.315)
    below = {
        bound: found[f'{name}_bucket{{le="{bound}"}}'] for bound in ("0.01", "0.02", "0.5", "5.0", "+Inf")
    }
    assert below == {"0.01": 0, "0.02": 1, "0.5": 2, "5.0": 2, "+Inf": 3}


def test_labels_from_outside_cannot_make_the_metrics_grow() -> None:
    metrics = Metrics(providers=("deepgram",))
    for number in range(500):
        metrics.call_started()
        metrics.call_ended(f"reason {number}")
        metrics.webhook_answered(f"answer {number}")
        metrics.tool_ended(f"end {number}")
        metrics.provider_failed(f"family {number}", f"provider {number}", retryable=False)
    found = shown(metrics)
    assert found['rapida_calls_total{reason="other"}'] == 500
    assert found['rapida_provider_failures_total{family="other",provider="other",retryable="false"}'] == 500
    assert sum('"other"' in name and "_total" in name for name in found) == 4


def test_the_sockets_own_counters_are_read_when_asked_for() -> None:
    metrics, counts = Metrics(), WireCounts()
    metrics.watch_sockets(counts)
    counts.open, counts.opened, counts.abandoned = 3, 7, 2
    counts.binary += 2
    counts.unstarted += 1
    counts.refused[409] = 4
    counts.closed |= {1006: 5, 4711: 1, 4712: 1}
    found = shown(metrics)
    assert found["rapida_sockets_open"] == 3
    assert (found["rapida_sockets_opened_total"], found["rapida_sockets_abandoned_total"]) == (7, 2)
    assert found['rapida_sockets_faults_total{kind="binary"}'] == 2
    assert found['rapida_sockets_faults_total{kind="unstarted"}'] == 1
    assert found['rapida_sockets_refused_total{status="409"}'] == 4
    assert found['rapida_sockets_closed_total{code="1006"}'] == 5
    assert found['rapida_sockets_closed_total{code="other"}'] == 2


def test_two_apps_in_one_process_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.call_started()
    assert shown(first)["rapida_calls_active"] == 1
    assert shown(second)["rapida_calls_active"] == 0


def test_every_end_reason_answer_and_end_of_a_tool_keeps_its_own_name() -> None:
    metrics = Metrics()
    for reason in END_REASONS:
        metrics.call_started()
        metrics.call_ended(reason)
    for answer in ANSWERS:
        metrics.webhook_answered(answer)
    for end in TOOL_ENDS:
        metrics.tool_ended(end)
    found = shown(metrics)
    assert all(found[f'rapida_calls_total{{reason="{reason}"}}'] == 1 for reason in END_REASONS)
    assert all(found[f'rapida_webhooks_total{{answer="{answer}"}}'] == 1 for answer in ANSWERS)
    assert not any('"other"' in name for name in found)

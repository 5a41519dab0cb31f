"""The metrics of several processes as those of one server."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from rapida.supervisor.summing import lasting, summed
from rapida.telemetry.metrics import Metrics


def process(ended: int, active: int, lags_s: tuple[float, ...]) -> str:
    metrics = Metrics()
    for _ in range(active + ended):
        metrics.call_started()
    for _ in range(ended):
        metrics.call_ended("caller_hangup")
    for lag in lags_s:
        metrics.loop_lagged(lag)
    return metrics.render().decode()


def values(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f"{{{key}={value}}}" for key, value in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counts_gauges_and_buckets_are_added_up_and_the_oldest_start_is_shown() -> None:
    first, second = process(2, 1, (0.0005, 0.3)), process(3, 4, (0.0005,))
    both, one, other = values(summed([first, second])), values(first), values(second)
    assert both["rapida_calls_total{reason=caller_hangup}"] == 5
    assert both["rapida_calls_active"] == 5
    assert both["rapida_loop_lag_seconds_bucket{le=0.001}"] == 2
    assert both["rapida_loop_lag_seconds_count"] == 3
    for name in ("process_start_time_seconds", "rapida_loop_lag_seconds_created"):
        assert both[name] == min(one[name], other[name])
    assert both.keys() == one.keys()


def test_the_sum_of_one_is_what_it_told_itself() -> None:
    told = process(1, 1, (0.002,))
    assert values(summed([told])) == values(told)
    assert {line for line in told.splitlines() if line.startswith("#")} == {
        line for line in summed([told]).splitlines() if line.startswith("#")
    }


def test_of_a_process_that_is_gone_what_it_counted_stays_and_its_gauges_go() -> None:
    gone, living = lasting(process(2, 3, (0.1,))), process(1, 1, ())
    both = values(summed([gone, living]))
    assert both["rapida_calls_total{reason=caller_hangup}"] == 3
    assert both["rapida_calls_active"] == 1
    assert both["rapida_loop_lag_seconds_count"] == 1


def test_before_anything_was_told_there_is_nothing() -> None:
    assert summed([""]) == ""

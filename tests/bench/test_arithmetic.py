"""The bench's arithmetic: what counts of a run, and what several runs come to."""

from __future__ import annotations

import math

import pytest

from tests.bench.figures import Spread, bounds, paired_ratios, per_thousand, percentile, quantiles, rate_of
from tests.bench.outbound import cpu_in_the_middle

SECOND = 1_000_000_000


def test_a_rate_is_that_of_the_middle_whatever_start_and_end_were_like() -> None:
    steady = [10 * SECOND + number * SECOND // 100 for number in range(80)]
    slow_start = [number * SECOND for number in range(10)]
    slow_end = [steady[-1] + (number + 1) * SECOND for number in range(10)]
    assert rate_of(slow_start + steady + slow_end) == pytest.approx(100.0)


def test_the_middle_of_a_run_leaves_out_a_tenth_at_each_end() -> None:
    assert bounds(1000) == (100, 899)


@pytest.mark.parametrize("times", [[], [5], [5, 5, 5, 5]])
def test_too_few_arrivals_tell_no_rate(times: list[int]) -> None:
    with pytest.raises(ValueError, match="tell no rate"):
        rate_of(times)


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (1, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_a_percentile_is_a_value_that_occurred(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_without_values_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_curve_goes_from_the_least_to_the_most_and_never_down() -> None:
    curve = quantiles([9.0, 1.0, 5.0, 3.0, 7.0], steps=10)
    assert (len(curve), curve[0], curve[-1]) == (11, 1.0, 9.0)
    assert curve == sorted(curve)


def test_ratios_are_made_run_by_run() -> None:
    assert paired_ratios([100.0, 50.0], [200.0, 100.0]) == [0.5, 0.5]


def test_ratios_of_unlike_numbers_of_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_ratios([1.0], [1.0, 2.0])


def test_a_spread_is_the_median_between_the_least_and_the_most() -> None:
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0)


def test_cpu_is_counted_between_the_marks_in_the_middle() -> None:
    marks = [(0, 5.0), (100, 6.0), (500, 6.8), (900, 7.6), (1000, 9.0)]
    assert cpu_in_the_middle(marks, 1000) == pytest.approx(2.0)


def test_a_run_too_short_to_tell_its_cpu_tells_none() -> None:
    assert math.isnan(cpu_in_the_middle([(0, 1.0), (990, 2.0)], 1000))
    assert math.isnan(per_thousand(1.0, 0))

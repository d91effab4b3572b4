"""The bench's page: what is met is said, and what is not."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench import plots
from tests.bench.figures import Measured
from tests.bench.plan import BARE_CLIENT, BARE_PAIR, FULL, PLAIN_FAUST, PRODUCT, comparisons
from tests.bench.report import markdown, table, targets_table
from tests.bench.results import Results

PLANNED = comparisons(FULL)


def results(ours: float = 4000.0) -> Results:
    """Two runs of everything; the bare client makes 6,000/s, plain Faust 20/s."""
    made = Results({"CPU": "a fast one"}, 50_000.0)
    for slowed in (1.0, 0.5):  # the machine was half as fast in the second run
        rest = {"most_at_once": 512.0, "cpu_s_per_1000": float("nan"), "peak_mb": 100.0}
        for side, rate in ((PRODUCT, ours), (BARE_CLIENT, 6000.0), (PLAIN_FAUST, 20.0)):
            made.add("outbound-50ms-512", side, Measured({"per_s": rate * slowed, **rest}))
        for side, rate in ((PRODUCT, 2000.0), (BARE_PAIR, 2500.0)):
            made.add("gateway-edna", side, Measured({"per_s": rate * slowed, "p50_ms": 15.0, "p99_ms": 30.0}))
        made.add(
            "latency-amojo",
            PRODUCT,
            Measured({"p50_ms": 4.0, "p90_ms": 9.0, "p99_ms": 60.0, "max_ms": 90.0}, [1.0, 4.0, 9.0, 90.0]),
        )
    return made


def met(made: Results) -> dict[tuple[str, str, str | None], bool]:
    """Whether each target is met."""
    return {
        (each.comparison.name, each.target.figure, each.target.against): each.met for each in made.verdicts(PLANNED)
    }


def test_each_target_is_judged_by_the_median_of_paired_ratios_or_by_the_time_itself() -> None:
    assert met(results()) == {
        ("outbound-50ms-512", "per_s", PLAIN_FAUST): True,
        ("outbound-50ms-512", "per_s", BARE_CLIENT): True,
        ("gateway-edna", "per_s", BARE_PAIR): True,
        ("latency-amojo", "p50_ms", None): True,
        ("latency-amojo", "p99_ms", None): False,
    }


def test_a_slower_product_misses_what_it_is_compared_by() -> None:
    judged = met(results(ours=1900.0))
    assert not judged["outbound-50ms-512", "per_s", PLAIN_FAUST]
    assert not judged["outbound-50ms-512", "per_s", BARE_CLIENT]


def test_the_page_says_in_its_table_what_falls_short() -> None:
    lines = targets_table(results(ours=1900.0).verdicts(PLANNED)).splitlines()
    assert lines[2] == "| edna answers after 50 ms, 512 calls in flight | ≥ 100 × plain Faust agent | 95 | **no** |"
    assert lines[4] == "| webhooks of edna (authorised by key) | ≥ 0.7 × bare handler and producer | 0.80 | yes |"
    assert lines[-1].endswith("| p99 ≤ 50 ms | 60 | **no** |")


def test_the_page_has_a_section_for_what_was_measured_and_none_for_what_was_not() -> None:
    page = markdown(results(), PLANNED)
    assert "Medians of 2 runs" in page
    assert "* CPU: a fast one" in page
    assert "3,000 (2,000–4,000)" in page  # the spread of our rate over both runs
    assert "which answers 50,000 calls a second" in page
    assert "## Gateway" in page
    only_gateway = results()
    only_gateway.runs = {"gateway-edna": only_gateway.runs["gateway-edna"]}
    shorter = markdown(only_gateway, PLANNED)
    assert "## Gateway" in shorter
    assert "## Outbound agent" not in shorter
    assert "latency.svg" not in shorter


def test_what_a_person_wrote_about_the_figures_ends_the_page() -> None:
    assert markdown(results(), PLANNED, "## Why\n\nBecause.\n").endswith("\n\n## Why\n\nBecause.\n")


def test_a_table_has_as_many_cells_in_every_row() -> None:
    tables = [block.splitlines() for block in markdown(results(), PLANNED).split("\n\n") if block.startswith("|")]
    assert len(tables) == 4
    for lines in tables:
        assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_names_are_to_the_left_and_figures_to_the_right() -> None:
    assert table(("", "b"), [("1", "2")]).splitlines() == ["|  | b |", "| --- | --: |", "| 1 | 2 |"]


def test_all_raw_figures_are_kept_as_json_one_run_a_line() -> None:
    document = json.loads(results().document())
    assert document["vendor_ceiling_per_s"] == 50_000
    assert len(document["runs"]) == 12
    first = document["runs"][0]
    assert (first["comparison"], first["side"], first["run"]) == ("outbound-50ms-512", PRODUCT, 1)
    assert first["cpu_s_per_1000"] is None  # too short to tell: null, as NaN is no JSON
    assert results().document().count('"comparison"') == len(document["runs"])


def test_plots_are_drawn_of_what_was_measured(tmp_path: Path) -> None:
    plots.draw(results(), PLANNED, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latency.svg", "throughput.svg"]
    drawn = (tmp_path / "throughput.svg").read_text()
    assert "3,000/s" in drawn
    assert "(ours is 0.67 ×)" in drawn
    plots.draw(results(), PLANNED, tmp_path)
    assert (tmp_path / "throughput.svg").read_text() == drawn  # the same figures, the same picture

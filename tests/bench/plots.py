"""The bench as pictures: bars of throughput with their ratios, and curves of waiting times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from tests.bench.plan import PRODUCT, Comparison
from tests.bench.results import Results

COLOURS = ("#2f6fde", "#9aa5b1", "#d9a441")
CURVE_COLOURS = ("#2f6fde", "#d9722f")
STYLE: dict[str, Any] = {
    "svg.hashsalt": "edna-amocrm",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}


def draw(results: Results, comparisons: Sequence[Comparison], folder: Path) -> None:
    """Write throughput.svg and latency.svg, as far as there are figures for them."""
    measured = [each for each in comparisons if each.name in results.runs]
    rates = [each for each in measured if each.part != "latency"]
    latencies = [each for each in measured if each.part == "latency"]
    with plt.style.context(STYLE):
        if rates:
            _throughput(results, rates, folder / "throughput.svg")
        if latencies:
            _latency(results, latencies, folder / "latency.svg")


def _throughput(results: Results, comparisons: Sequence[Comparison], path: Path) -> None:
    figure, axes = plt.subplots(len(comparisons), 1, figsize=(8, 1.3 * len(comparisons)), squeeze=False)
    for axis, comparison in zip(axes[:, 0], comparisons, strict=True):
        sides = [side for side in comparison.sides if results.spread(comparison.name, side, "per_s")]
        spreads = [results.spread(comparison.name, side, "per_s") for side in sides]
        medians = [spread.median for spread in spreads if spread]
        errors = [
            [spread.median - spread.least for spread in spreads if spread],
            [spread.most - spread.median for spread in spreads if spread],
        ]
        axis.barh(sides, medians, xerr=errors, color=COLOURS[: len(sides)], height=0.7, error_kw={"lw": 0.8})
        for row, (side, median) in enumerate(zip(sides, medians, strict=True)):
            ratio = None if side == PRODUCT else results.ratio(comparison.name, side)
            label = f"{median:,.0f}/s" + (f"   (ours is {_ratio(ratio.median)} ×)" if ratio else "")
            axis.annotate(label, (median + errors[1][row], row), (5, 0), textcoords="offset points", va="center")
        axis.invert_yaxis()
        axis.set_xlim(0, max(medians) * 1.35)
        axis.set_title(comparison.title, loc="left", fontsize=9, fontweight="bold")
        axis.tick_params(axis="y", length=0)
        axis.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    _save(figure, path)


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def _latency(results: Results, comparisons: Sequence[Comparison], path: Path) -> None:
    figure, axis = plt.subplots(figsize=(8, 3.6))
    for comparison, colour in zip(comparisons, CURVE_COLOURS, strict=False):
        for number, measured in enumerate(results.runs[comparison.name][PRODUCT]):
            steps = len(measured.curve) - 1
            shares = [100 * step / steps for step in range(steps + 1)]
            label = comparison.title if number == 0 else None
            axis.plot(measured.curve, shares, color=colour, lw=1.2, alpha=0.8, label=label)
    for target in comparisons[0].targets:
        percent = float(target.figure.removeprefix("p").removesuffix("_ms"))
        axis.plot([target.limit], [percent], marker="x", color="#c0392b", ms=8, ls="", clip_on=False)
        axis.annotate(
            f"p{percent:.0f} ≤ {target.limit:g} ms", (target.limit, percent), (6, -4), textcoords="offset points"
        )
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_formatter(mpl.ticker.StrMethodFormatter("{x:g}"))
    axis.set(xlabel="ms from the webhook sent to the call at the other vendor", ylabel="% of messages", ylim=(0, 100))
    axis.grid(visible=True, lw=0.3)
    axis.legend(frameon=False, loc="lower right")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)

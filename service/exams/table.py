"""A report as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table


def as_table(report: Mapping[str, Any]) -> Group:
    """`report` is what `Report.to_json` gives."""
    everything, served = report["answering_everything"], report["as_served"]
    threshold = report["calibration"]["threshold"]
    scores = Table(title=f"{report['exam']}: {report['n']} questions", title_justify="left")
    for heading in ("score", "answering everything", f"refusing below {threshold:.2f}"):
        scores.add_column(heading, justify="left" if heading == "score" else "right")
    for name in everything:
        scores.add_row(name, _share(everything[name]), _share(served[name]))
    return Group(scores, _kinds(report), _numbers(report))


def scores_table(report: Mapping[str, Any]) -> Table:
    """`report` is what the retrieval exam's gives: the measures of each way of searching, side by side."""
    title = f"{report['collection']}: {report['queries']} queries, {report['documents']} documents in {report['passages']} passages"
    seconds = report["practice_seconds"]
    weight = report["lexical_weight"]
    about = [f"embedder {report['embedder']}", *([] if weight is None else [f"words count {weight:.0%}"])]
    table = Table(
        title=title, title_justify="left", caption_justify="left",
        caption=", ".join([*about, *([] if seconds is None else [f"practised for {seconds:.0f} s"])]),
    )  # fmt: skip
    table.add_column("search")
    for name in next(iter(report["scores"].values())):
        table.add_column(name, justify="right")
    for way, scores in report["scores"].items():
        table.add_row(way, *(f"{100 * value:.1f} %" for value in scores.values()))
    return table


def _kinds(report: Mapping[str, Any]) -> Table:
    table = Table(title="as served", title_justify="left")
    for heading in ("kind", "n", "right", "refused", "wrong", "right when answered"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    kinds = report["kinds"] | {"all": report["as_served"]}
    for kind, row in kinds.items():
        table.add_row(kind, *(str(row[name]) for name in ("n", "right", "refused", "wrong")), _share(row["precision"]))
    return table


def _numbers(report: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    calibration, latency = report["calibration"], report["latency_ms"]
    coverage = next(name for name in calibration if name.startswith("coverage"))
    error, chance = calibration["ece"], calibration["ece_by_chance"]
    table.add_row("calibration error (ECE)", "-" if error is None else f"{error:.3f} (by chance alone {chance:.3f})")
    table.add_row(coverage.replace("_", " "), _share(calibration[coverage]))
    table.add_row("latency, median", f"{latency['median']:.0f} ms")
    table.add_row("latency, 95th percentile", f"{latency['p95']:.0f} ms")
    table.add_row("wall time", f"{report['seconds']:.1f} s")
    table.add_row("model", report["model"])
    for reason, count in report["skipped"].items():
        table.add_row(f"left out: {reason}", str(count))
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"

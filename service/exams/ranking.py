"""How rankings of documents are scored: the field's measures, by ir-measures, which has them from trec_eval.

Nothing of the service is needed here, so that other searches can be scored by the same code (`benchmarks/retrieval.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.exams.exam import ExamError

MEASURES = ("nDCG@10", "R@100", "AP", "RR")  # as ir-measures spells them

Run = dict[str, dict[str, float]]  # query -> document -> score


def measures() -> list[Any]:
    """Raises ExamError where ir-measures is not installed."""
    try:
        import ir_measures
    except ImportError:
        raise ExamError("Rankings are scored with ir-measures; install it with `pip install 'reckoner[exams]'`.") from None
    return [ir_measures.parse_measure(name) for name in MEASURES]


def score(
    runs: Mapping[str, Run], judgements: Mapping[str, Mapping[str, int]]
) -> tuple[dict[str, dict[str, float]], list[dict[str, Any]]]:
    """Of each way of searching the mean of each measure over the queries that are judged, and the measures of each query; of a query that
    nothing was found for they are 0. Raises ExamError where ir-measures is not installed."""
    wanted = measures()
    import ir_measures

    means: dict[str, dict[str, float]] = {}
    marks: list[dict[str, Any]] = []
    for way, run in runs.items():
        of = {query: dict.fromkeys(MEASURES, 0.0) for query in judgements}
        for metric in ir_measures.iter_calc(wanted, judgements, run):
            of[metric.query_id][str(metric.measure)] = metric.value
        marks += [{"query": query, "search": way, **values} for query, values in of.items()]
        means[way] = {name: sum(values[name] for values in of.values()) / max(1, len(of)) for name in MEASURES}
    return means, marks

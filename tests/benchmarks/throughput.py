"""Layers a second inside one process, printed as JSON: throughput.py RUNS.

`parse`, `infer` and each format are timed by themselves, on chains of equal layers, where convshape works
each layer out once, and on one whose layers all differ.  rich's own Table draws the cells of one of them.
"""

import json
import sys
from collections.abc import Callable
from io import StringIO
from statistics import median
from time import perf_counter
from typing import Any

from prepare import chain
from rich.console import Console
from rich.table import Table

from convshape import Report, infer, parse
from convshape.formats import render
from convshape.formats.answer import Page, drawn_cell
from convshape.formats.inference import Inference

FORMATS = ("tsv", "table", "json")

# rich's Table takes seconds: so many runs are enough for it.
RICH_RUNS = 3


def different(length: int) -> str:
    """A chain in which no two layers are equal: their kernels repeat, the channels around them never."""
    lines = (f"conv k={3 + 2 * (n % 3)} p={1 + n % 3} out={8 + n}\n" for n in range(length))
    return "input 3x32x32\n" + "".join(lines)


def seconds(work: Callable[[], Any], runs: int) -> float:
    """The median time of a call."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def measure(name: str, text: str, runs: int) -> dict[str, Any]:
    """The times of each part on one network."""
    network = parse(text)
    report = infer(network)
    # A new Inference each time: it remembers what it has worked out.
    parts = {
        "parse": seconds(lambda: parse(text), runs),
        "infer": seconds(lambda: infer(network), runs),
    } | {format: seconds(lambda format=format: drawn(report, format), runs) for format in FORMATS}
    return {"network": name, "layers": len(network.ops), "seconds": parts}


def drawn(report: Report, format: str) -> str:
    """The text of a report in a format."""
    return render(Inference(report, batch=1, dtype="float32"), format, Page())


def rich_table(report: Report) -> str:
    """The same cells drawn by rich's own Table."""
    sheet = Inference(report, batch=1, dtype="float32").sheet(None, drawn=True)
    table = Table(*(column.title for column in sheet.columns))
    for row in sheet.rows:
        table.add_row(*map(drawn_cell, row))
    out = StringIO()
    Console(file=out, width=200).print(table)
    return out.getvalue()


def main(runs: int) -> None:
    """Measure everything."""
    networks = {f"equal layers, {length:,}": chain(length) for length in (1_000, 10_000, 100_000)}
    networks["layers that all differ, 10,000"] = different(10_000)
    parts = [measure(name, text, runs) for name, text in networks.items()]
    report = infer(chain(10_000))
    few = min(runs, RICH_RUNS)
    tables = {
        "rich": seconds(lambda: rich_table(report), few),
        "convshape": seconds(lambda: drawn(report, "table"), few),
    }
    print(json.dumps({"parts": parts, "tables": tables}))


if __name__ == "__main__":
    main(int(sys.argv[1]))

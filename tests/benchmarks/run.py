"""Time convshape beside its peers: python tests/benchmarks/run.py [--runs N] [--only NAME] [--markdown].

It installs nothing: whole processes are run with the interpreter that runs this file, and a peer that cannot
be imported there is said to be missing.  docs/performance.md explains what is measured and why.

Only the standard library is imported here: the kernel counts the memory of the process that starts another
into the peak of the one that is started, so that the size of this one is the least peak that can be seen.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TextIO

HERE = Path(__file__).parent
PEERS = HERE / "peers"
PACKAGES = ("convshape", "click", "rich", "torch", "torchinfo", "keras", "onnx")

# A process that takes longer than SLOW seconds runs in the first FEW rounds only.
SLOW, FEW = 4.0, 3

Key = tuple[str, str]
"""What a process works on, and what it is: ("resnet50", "torchinfo")."""


@dataclass
class Process:
    """A command, what it needs, and what its runs have taken."""

    command: list[str]
    needs: tuple[str, ...] = ()
    answers: bool = False
    """Whether its last line is the output shape."""
    times: list[float] = field(default_factory=list)
    peak: float = 0.0
    trouble: str = ""

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return median(self.times)

    def takes_part(self, round: int) -> bool:
        """Whether it runs in a round: what failed never does, what is slow in the first few."""
        if self.trouble:
            return False
        return round < FEW or not self.times or self.median < SLOW


@dataclass(frozen=True)
class Target:
    """A goal: a process takes at most so many times another's time, or so many megabytes."""

    text: str
    work: Key
    beside: Key | None
    limit: float
    faster: bool = False
    """Whether the goal is to be `limit` times faster than `beside`."""


def at_most(text: str, work: Key, limit: float, beside: Key) -> Target:
    """At most `limit` times the time of another process."""
    return Target(text, work, beside, limit)


def faster(text: str, work: Key, limit: float, beside: Key) -> Target:
    """At least `limit` times faster than another process."""
    return Target(text, work, beside, limit, faster=True)


def megabytes(text: str, work: Key, limit: float) -> Target:
    """At most `limit` megabytes at the peak."""
    return Target(text, work, None, limit)


HELLO, HELLO_TABLE = ("start-up", "click hello-world"), ("start-up", "click + rich hello-world")
LENET, LENET_JSON = ("lenet5", "convshape, tsv"), ("lenet5", "convshape, json")
LENET_TABLE = ("lenet5", "convshape, table")
RESNET, RESNET_TABLE = ("resnet50", "convshape, tsv"), ("resnet50", "convshape, table")
RESNET_CHECK = ("resnet50", "convshape --check")
CHAIN, CHAIN_100K = ("chain", "convshape, tsv"), ("chain", "convshape, tsv, 100,000 layers")
SWEEP = ("sweep", "convshape solve-input")

TARGETS = [
    at_most("LeNet-5, tsv: at most 1.4 x the click hello-world", LENET, 1.4, HELLO),
    faster("LeNet-5, tsv: 3 x faster than onnx", LENET, 3, ("lenet5", "onnx")),
    faster("LeNet-5, tsv: 30 x faster than torchinfo", LENET, 30, ("lenet5", "torchinfo")),
    at_most("LeNet-5, json: at most 1.4 x the click hello-world", LENET_JSON, 1.4, HELLO),
    faster("LeNet-5, json: 3 x faster than onnx", LENET_JSON, 3, ("lenet5", "onnx")),
    faster("LeNet-5, json: 30 x faster than torchinfo", LENET_JSON, 30, ("lenet5", "torchinfo")),
    at_most("LeNet-5, table: at most 1.4 x the click + rich hello-world", LENET_TABLE, 1.4, HELLO_TABLE),
    faster("ResNet-50, tsv: 30 x faster than torchinfo", RESNET, 30, ("resnet50", "torchinfo")),
    faster("ResNet-50, table: 15 x faster than torchinfo", RESNET_TABLE, 15, ("resnet50", "torchinfo")),
    faster("ResNet-50, tsv: 2.5 x faster than onnx", RESNET, 2.5, ("resnet50", "onnx")),
    faster("10,000 convolutions, tsv: 2 x faster than onnx", CHAIN, 2, ("chain", "onnx")),
    faster("10,000 convolutions, tsv: 80 x faster than torchinfo", CHAIN, 80, ("chain", "torchinfo")),
    megabytes("10,000 convolutions, tsv: under 60 MB", CHAIN, 60),
    at_most("100,000 layers: at most 11 x the time of 10,000", CHAIN_100K, 11, CHAIN),
    at_most("--check on ResNet-50: at most 1.3 x torchinfo", RESNET_CHECK, 1.3, ("resnet50", "torchinfo")),
    at_most("solve-input, 60 layers, 1 to 10,000: at most 10 x LeNet-5, tsv", SWEEP, 10, LENET),
]
TABLE_TARGET = "10,000 convolutions, table: a tenth of rich's Table (in process)"
TABLE_LIMIT = 0.1


def processes(folder: Path) -> dict[Key, Process]:
    """Every process, in the order of a round."""
    script = Path(sys.executable).with_name("convshape")
    ours = [str(script)] if script.exists() else [sys.executable, "-m", "convshape"]

    def infer(name: str, *options: str) -> Process:
        return Process([*ours, "infer", str(folder / f"{name}.cnn"), *options])

    def peer(script: str, *arguments: str, needs: tuple[str, ...] = (), answers: bool = False) -> Process:
        return Process([sys.executable, str(PEERS / script), *arguments], needs, answers)

    def peers(name: str) -> dict[str, Process]:
        rows, ready = str(folder / f"{name}.json"), str(folder / f"{name}.onnx")
        return {
            "onnx": peer("with_onnx.py", ready, needs=("onnx",), answers=True),
            "torch, meta device": peer("with_torch_meta.py", rows, needs=("torch",), answers=True),
            "torchinfo": peer("with_torchinfo.py", rows, needs=("torchinfo", "torch"), answers=True),
            "keras": peer("with_keras.py", rows, needs=("keras", "torch"), answers=True),
        }

    def solve_input(name: str) -> Process:
        return Process([*ours, "solve-input", str(folder / f"{name}.cnn"), "--range", "1:10000"])

    found = {
        HELLO: peer("hello.py", "--name", "world"),
        HELLO_TABLE: peer("hello_table.py", "--name", "world"),
        LENET: infer("lenet5", "-f", "tsv"),
        LENET_JSON: infer("lenet5", "-f", "json"),
        LENET_TABLE: infer("lenet5"),
        SWEEP: solve_input("sweep"),
        (SWEEP[0], "convshape solve-input, strided"): solve_input("strided"),
        RESNET: infer("resnet50", "-f", "tsv"),
        RESNET_TABLE: infer("resnet50"),
        CHAIN: infer("chain", "-f", "tsv"),
        ("chain", "convshape, table"): infer("chain"),
        CHAIN_100K: infer("chain100k", "-f", "tsv"),
        RESNET_CHECK: infer("resnet50", "-f", "tsv", "--check"),
    }
    found[RESNET_CHECK].needs = ("torch",)
    for name in ("lenet5", "resnet50", "chain"):
        found |= {(name, tool): process for tool, process in peers(name).items()}
    return found


def environment() -> dict[str, str]:
    """Ours, but byte code is written, and output is not sent piece by piece."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "NO_COLOR", "FORCE_COLOR")
    return {k: v for k, v in os.environ.items() if k not in dropped} | {"KERAS_BACKEND": "torch"}


def run(process: Process, folder: Path) -> None:
    """Run it once, and note its time and its peak memory."""
    start = time.perf_counter()
    child = subprocess.Popen(
        process.command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # wait4 tells what this child has used; getrusage would tell the most that any child has.
    _, status, usage = os.wait4(child.pid, 0)
    process.times.append(time.perf_counter() - start)
    child.returncode = os.waitstatus_to_exitcode(status)
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    process.peak = max(process.peak, kilobytes / 1000)
    if child.returncode:
        process.trouble = f"failed with {child.returncode}"


def warm_up(process: Process, folder: Path, expected: str) -> None:
    """Run it once untimed: byte code is written, and its answer is seen to be right."""
    missing = [name for name in process.needs if find_spec(name) is None]
    if missing:
        process.trouble = f"missing: {', '.join(missing)}"
        return
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        # Through files: what is read into here would make this process larger, and so every peak.
        code = subprocess.call(process.command, cwd=folder, env=environment(), stdout=output, stderr=errors)
        found = last_line(output)
        if code:
            process.trouble = f"failed: {last_line(errors)[:60]}"
        elif process.answers and found != expected:
            process.trouble = f"found {found}, not {expected}"


def last_line(file: TextIO) -> str:
    """The last line of a file, without the white space around it."""
    file.seek(0)
    last = ""
    for line in file:
        last = line.strip() or last
    return last


def prepare(folder: Path) -> None:
    """Write the networks, and the .onnx files where onnx is there to write them."""
    write = [sys.executable, str(HERE / "prepare.py"), str(folder)]
    subprocess.run(write, check=True, cwd=folder, env=environment())
    if find_spec("onnx") is None:
        return
    for rows in sorted(folder.glob("*.json")):
        make = [sys.executable, str(PEERS / "make_onnx.py"), str(rows), str(rows.with_suffix(".onnx"))]
        subprocess.run(make, check=True, cwd=folder, env=environment())


def expected_shape(folder: Path, name: str) -> str:
    """The output shape of a network, as peers print it."""
    file = folder / f"{name}.shape"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def interleave(chosen: dict[Key, Process], folder: Path, runs: int) -> None:
    """Warm all up, then run them in rounds: A B C, A B C, ..."""
    for (work, tool), process in chosen.items():
        note(f"warming up: {work}, {tool}")
        warm_up(process, folder, expected_shape(folder, work))
    for round in range(runs):
        note(f"round {round + 1} of {runs}")
        for process in chosen.values():
            if process.takes_part(round):
                run(process, folder)


def throughput(folder: Path, runs: int) -> dict[str, object]:
    """What throughput.py has measured in one process."""
    note("in one process: parse, infer and format")
    command = [sys.executable, str(HERE / "throughput.py"), str(runs)]
    told = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def note(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)


# What is printed

Table = list[list[str]]
"""Rows of cells, the titles first; the first column is text, the others are numbers."""


def print_table(title: str, table: Table, *, markdown: bool) -> None:
    """A table under its title, as aligned text or for Markdown."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        [cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(cells)]
        for cells in (list(zip(row, widths, strict=True)) for row in table)
    ]
    print(f"\n### {title}\n" if markdown else f"\n{title}")
    if markdown:
        marks = ["---:" if column else "---" for column in range(len(widths))]
        print(*(f"| {' | '.join(line)} |" for line in [lines[0], marks, *lines[1:]]), sep="\n")
    else:
        print(*(f"  {'   '.join(line)}".rstrip() for line in lines), sep="\n")


def milliseconds(seconds: float) -> str:
    """A time in milliseconds, as exact as it is worth."""
    return f"{seconds * 1000:,.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


def medians(chosen: dict[Key, Process], work: str) -> Table:
    """The processes of one work, each against convshape's first."""
    mine = {tool: process for (name, tool), process in chosen.items() if name == work}
    base = next(iter(mine.values()))
    rows = [["process", "median, ms", "least, ms", "peak, MB", "runs", "times the first"]]
    for tool, process in mine.items():
        if process.trouble or not process.times:
            rows.append([f"{tool} ({process.trouble or 'not run'})", *[""] * 5])
            continue
        ratio = f"{process.median / base.median:.2f}" if base.times else ""
        least = milliseconds(min(process.times))
        cells = [milliseconds(process.median), least, f"{process.peak:.0f}", str(len(process.times)), ratio]
        rows.append([tool, *cells])
    return rows


def verdict(target: Target, chosen: dict[Key, Process]) -> list[str] | None:
    """The row of a target; None where a process of it was not asked for."""
    keys = [key for key in (target.work, target.beside) if key is not None]
    if not all(key in chosen for key in keys):
        return None
    for key in keys:
        if chosen[key].trouble or not chosen[key].times:
            return [target.text, "", "", chosen[key].trouble or "not run"]
    process = chosen[target.work]
    if target.beside is None:
        return [target.text, f"{process.peak:.0f} MB", "", said(process.peak <= target.limit)]
    beside = chosen[target.beside]
    ratios = [process.median / beside.median, min(process.times) / min(beside.times)]
    if target.faster:
        speeds = [1 / ratio for ratio in ratios]
        return [
            target.text,
            *(f"{s:.1f} x faster" for s in speeds),
            said(*(s >= target.limit for s in speeds)),
        ]
    return [target.text, *(f"{r:.2f} x" for r in ratios), said(*(r <= target.limit for r in ratios))]


def said(*met: bool) -> str:
    """Whether a target is met, in a word or two; on a busy machine the medians and the least may disagree."""
    return "met" if all(met) else "unsure" if any(met) else "not met"


def per_second(measured: dict) -> Table:
    """Layers a second, part by part."""
    parts = list(measured["parts"][0]["seconds"])
    rows = [["network", *parts]]
    for entry in measured["parts"]:
        rates = [entry["layers"] / entry["seconds"][part] for part in parts]
        rows.append([entry["network"], *(f"{rate:,.0f}" for rate in rates)])
    return rows


def growth(measured: dict) -> Table:
    """How the time of each part grows when a chain grows tenfold."""
    chains = measured["parts"][:3]
    rows = [["from, to", *chains[0]["seconds"]]]
    for less, more in pairwise(chains):
        ratios = [more["seconds"][part] / less["seconds"][part] for part in less["seconds"]]
        rows.append([f"{less['layers']:,} to {more['layers']:,}", *(f"{ratio:.1f} x" for ratio in ratios)])
    return rows


def installed() -> Iterator[str]:
    """The versions of what is compared."""
    yield f"Python {platform.python_version()}"
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} missing"


def load() -> str:
    """How busy the machine is; other work makes all figures worse, and not evenly."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def report(chosen: dict[Key, Process], measured: dict | None, *, markdown: bool) -> None:
    """Print all tables, the targets last."""
    for work in dict.fromkeys(work for work, _ in chosen):
        print_table(work, medians(chosen, work), markdown=markdown)
    rows = [row for target in TARGETS if (row := verdict(target, chosen))]
    if measured:
        print_table("throughput, layers a second in one process", per_second(measured), markdown=markdown)
        print_table("growth in one process", growth(measured), markdown=markdown)
        times = measured["tables"]
        ratio = times["convshape"] / times["rich"]
        drawn = [["table of 10,000 rows", "ms"], *([k, milliseconds(v)] for k, v in times.items())]
        print_table("the table in one process", drawn, markdown=markdown)
        rows.append([TABLE_TARGET, f"{ratio:.3f} x", "", said(ratio <= TABLE_LIMIT)])
    if rows:
        print_table("targets", [["target", "by medians", "by least", "met"], *rows], markdown=markdown)


def main() -> None:
    """Read the options, measure, print."""
    works = ["start-up", "lenet5", "sweep", "resnet50", "chain"]
    parser = argparse.ArgumentParser(description="Time convshape beside its peers.")
    parser.add_argument("--runs", type=int, default=15, help="rounds (15); slow processes take part in 3")
    parser.add_argument("--only", action="append", choices=[*works, "throughput"], help="measure this alone")
    parser.add_argument("--markdown", action="store_true", help="print tables for Markdown")
    options = parser.parse_args()
    wanted = options.only or [*works, "throughput"]
    if find_spec("convshape") is None:
        parser.exit(2, "convshape is not installed for this interpreter\n")
    folder = Path(tempfile.mkdtemp())
    before = load()
    try:
        prepare(folder)
        chosen = {key: process for key, process in processes(folder).items() if key[0] in wanted}
        interleave(chosen, folder, options.runs)
        measured = throughput(folder, min(options.runs, FEW)) if "throughput" in wanted else None
    finally:
        shutil.rmtree(folder)
    print("; ".join(installed()))
    print(f"{before} before, {load()} after")
    report(chosen, measured, markdown=options.markdown)


if __name__ == "__main__":
    main()

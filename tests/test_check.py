"""--check: what is compared, how disagreement is told, and that torch confirms real networks."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from convshape import BackendError, Report, infer
from convshape.analyses.backends import BACKENDS, load
from convshape.analyses.confirmation import Measured, OutOfMemory, Refused, bytes_needed, confirm
from convshape.analyses.report import tally as count_verdicts
from convshape.cli import main
from convshape.frameworks import Call
from convshape.frameworks.torch import calls as torch_calls
from convshape.layers import Layer, Shape

NETWORKS = sorted((Path(__file__).parent.parent / "convshape/networks").glob("*.cnn"))
FURTHER = {
    "1d": "input 4x100; conv k=5 s=2 p=same out=8; bn; prelu n=8; maxpool k=3 p=1; lppool k=2; flatten; ln",
    "3d": "input 2x6x9x9; conv3d k=3 p=1:0x1x0:1 out=4; inorm; avgpool k=2 ceil=yes; tconv k=3 s=2 out=2",
    "merges": "input 4x8x8; x: relu; add { conv k=3 p=1 out=4 | | tanh }; concat x x; mul { | gap }; scale",
    "moves": "input 8x6x6; pad p=1:2 mode=reflect; crop p=1; upsample scale=1.5; pixelshuffle r=2",
    "asymmetric": "input 1x9x9; tconv k=4 s=2 p=0:1 out=2; conv k=4 s=2 p=same out=2; maxpool k=3 p=0:1",
}


class Fake:
    """A framework that says what it is told to, and remembers what it was asked."""

    name, version = "torch", "0.0"

    def __init__(self, answer: Callable[[tuple[Shape, ...]], Measured]) -> None:
        self.answer = answer
        self.asked: list[tuple[Shape, ...]] = []

    def calls(self, layer: Layer, shape: Shape) -> tuple[Call, ...] | None:
        return torch_calls(layer, shape)

    def measure(self, calls: tuple[Call, ...], shapes: tuple[Shape, ...]) -> Measured:
        self.asked.append(shapes)
        return self.answer(shapes)


def agreeing(shapes: tuple[Shape, ...]) -> Measured:
    return Measured(shapes[0], {})


def raising(error: Exception) -> Callable[[tuple[Shape, ...]], Measured]:
    def answer(shapes: tuple[Shape, ...]) -> Measured:
        raise error

    return answer


def interrupting(shapes: tuple[Shape, ...]) -> Measured:
    raise KeyboardInterrupt


def words(report: Report) -> list[str]:
    return [row.verdict.word for row in report.rows if row.verdict is not None]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="convshape")


@pytest.fixture
def framework(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Fake]:
    """Put a fake in torch's place."""

    def install(answer: Any) -> Fake:
        fake = Fake(answer)
        monkeypatch.setattr("convshape.cli.infer.load", lambda name: fake)
        return fake

    return install


# What is compared, without any framework


@pytest.mark.parametrize(
    ("answer", "word", "detail"),
    [
        (agreeing, "ok", ""),
        (
            lambda shapes: Measured((2, 9, 9), {}),
            "DIFFERS",
            "convshape says 2x4x4, 0 parameters; torch 2x9x9, 0 parameters",
        ),
        (
            lambda shapes: Measured(shapes[0], {"weight": (3,)}),
            "DIFFERS",
            "convshape says 2x4x4, 0 parameters; torch 2x4x4 weight=3, 3 parameters",
        ),
        (raising(Refused("no way")), "DIFFERS", "torch refuses it: no way"),
        (raising(OutOfMemory()), "not checked", "there is no memory for its 256 bytes"),
    ],
)
def test_verdicts(answer: Any, word: str, detail: str) -> None:
    """Shapes, tensors and refusals that differ are differences, told with both answers."""
    verdict = confirm(infer("relu", "2x4x4"), Fake(answer)).rows[1].verdict
    assert verdict is not None
    assert (verdict.word, verdict.detail) == (word, detail)


def test_equal_rows_run_once() -> None:
    """A hundred equal layers on equal shapes, and the input, ask the framework twice."""
    fake = Fake(agreeing)
    report = confirm(infer("100 * relu; tanh", "2x4x4"), fake)
    assert len(fake.asked) == 3
    assert words(report) == ["ok"] * 102


def test_rows_too_large_are_not_checked() -> None:
    """A row over the limit is left out, with the bytes that it would take."""
    report = infer("conv k=3 out=1000; relu", "100x300x300")
    needed = (100 * 300 * 300 + 1000 * 298 * 298 + 901_000) * 4
    assert bytes_needed(report.rows[1]) == needed
    fake = Fake(agreeing)
    checked = confirm(report, fake, max_bytes=needed - 1)
    assert words(checked) == ["ok", "not checked", "not checked"]
    assert checked.rows[1].verdict is not None
    assert checked.rows[1].verdict.detail == f"it would take {needed:,} bytes"
    assert count_verdicts(checked) == (1, 0, 2)


def test_progress_is_told_row_by_row() -> None:
    """The callback is called once a row."""
    ticks: list[int] = []
    confirm(infer("3 * relu", "1x2"), Fake(agreeing), progress=lambda: ticks.append(1))
    assert len(ticks) == 4


# The command


def test_agreement(framework: Any) -> None:
    """Every row says ok, and standard error ends with one line."""
    framework(agreeing)
    result = run("infer", "-i", "1x4x4", "relu; tanh", "--check")
    assert result.exit_code == 0
    assert result.stderr == "3 of 3 rows confirmed by torch 0.0\n"
    assert result.stdout.splitlines()[0].split()[-1] == "torch"
    assert [line.split()[-1] for line in result.stdout.splitlines()[2:5]] == ["ok"] * 3


def test_disagreement_exits_with_1_and_shows_both(framework: Any) -> None:
    """A difference is in the table, on standard error and in the exit code."""
    framework(lambda shapes: Measured((1, 4, 5), {}))
    result = run("infer", "-i", "1x4x4", "relu", "--check", "torch")
    assert result.exit_code == 1
    assert result.stdout.count("DIFFERS") == 2
    assert result.stderr.splitlines() == [
        "0 of 2 rows confirmed by torch 0.0, 2 differing",
        "convshape: #0 input: convshape says 1x4x4, 0 parameters; torch 1x4x5, 0 parameters",
        "#1 relu: convshape says 1x4x4, 0 parameters; torch 1x4x5, 0 parameters",
    ]


def test_json_has_verdicts_and_versions(framework: Any) -> None:
    """Machines get the verdict of each row, the counts and the framework's version."""
    framework(agreeing)
    document = json.loads(run("infer", "-i", "1x4x4", "relu", "--check", "-f", "json").stdout)
    assert [entry["checked"] for entry in document["layers"]] == ["ok", "ok"]
    assert document["check"] == {
        "backend": "torch",
        "version": "0.0",
        "confirmed": 2,
        "differing": 0,
        "not_checked": 0,
    }
    unchecked = json.loads(run("infer", "-i", "1x4x4", "relu", "-f", "json").stdout)
    assert (unchecked["check"], unchecked["layers"][1]["checked"]) == (None, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check", "-i", "1x4x4", "relu"),
        ("-i", "1x4x4", "--check", "relu"),
        ("-i", "1x4x4", "--check", "torch", "relu"),
        ("-i", "1x4x4", "--check=torch", "relu"),
        ("-i", "1x4x4", "relu", "--check"),
    ],
)
def test_check_stands_anywhere(framework: Any, arguments: tuple[str, ...]) -> None:
    """--check needs no value, and does not swallow a SPEC behind it."""
    fake = framework(agreeing)
    assert run("infer", *arguments).exit_code == 0
    assert len(fake.asked) == 2


def test_column_of_the_framework_can_be_picked(framework: Any) -> None:
    """The column is called torch, and check as well."""
    framework(agreeing)
    for name in ("torch", "check"):
        result = run("infer", "-i", "1x4x4", "relu", "--check", "-f", "tsv", "-c", f"index,{name}")
        assert result.stdout == "index\ttorch\n0\tok\n1\tok\n"


@pytest.mark.parametrize(("limit", "count"), [("100", 1), ("0.1kB", None), ("1 KiB", 3), ("200B", 2)])
def test_check_memory(framework: Any, limit: str, count: int | None) -> None:
    """--check-memory takes bytes with the usual units; rows over it say why they are not checked."""
    framework(agreeing)
    result = run("infer", "-i", "1x4x4", "relu; conv k=1 out=3", "--check", "--check-memory", limit)
    if count is None:
        assert (result.exit_code, result.stdout) == (2, "")
        assert "'0.1kB' is not a size" in result.stderr
        return
    unchecked = 3 - count
    assert result.stdout.count("not checked") == unchecked
    assert ("relu is not checked: it would take 128 bytes" in result.stderr) == (count == 1)


def test_garbage_of_a_framework_is_collected(framework: Any) -> None:
    """The process of the command line collects none, but with --check it does."""
    framework(agreeing)
    gc.disable()
    try:
        assert run("infer", "-i", "1x4x4", "relu", "--check").exit_code == 0
        assert gc.isenabled()
    finally:
        gc.enable()


def test_missing_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch the error says what to install, exit code 2."""
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("infer", "-i", "1x4x4", "relu", "--check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "torch cannot be imported" in result.stderr
    assert "hint: install it with: pip install 'convshape[torch]'" in result.stderr
    with pytest.raises(BackendError):
        load("torch")


def test_interrupt_ends_cleanly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves no traceback and nothing on standard output; the exit code is a shell's 130."""
    monkeypatch.setattr("convshape.cli.infer.load", lambda name: Fake(interrupting))
    result = run("infer", "-i", "1x4x4", "relu", "--check")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "\n")


# With torch


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed (extra 'torch')")


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_torch_confirms_every_row_of_real_networks(torch: Any, path: Path) -> None:
    """All rows of every network in convshape/networks are confirmed by torch."""
    report = confirm(infer(path.read_text(encoding="utf-8")), load("torch"))
    assert count_verdicts(report) == (len(report.rows), 0, 0)


@pytest.mark.parametrize("spec", FURTHER.values(), ids=FURTHER)
def test_torch_confirms_what_those_networks_do_not_have(torch: Any, spec: str) -> None:
    """One, two and three axes; asymmetric padding, SAME, ceil, merges, shuffles."""
    report = confirm(infer(spec), load("torch"))
    assert [row.verdict for row in report.rows if row.verdict and not row.verdict.confirmed] == []


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_whole_networks_in_torch(torch: Any, path: Path) -> None:
    """Run from end to end on torch's own tensors, a network has our shape, parameters and MACs."""
    from torch.utils.flop_counter import FlopCounterMode

    report = infer(path.read_text(encoding="utf-8"))
    parameters = 0
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        outputs = [torch.zeros(1, *report.input)]
        for row in report.rows[1:]:
            assert row.op is not None
            tensors = [outputs[index] for index in row.inputs]
            for call in torch_calls(row.op.layer, row.shapes[0]) or ():
                module = getattr(torch.nn, call.function, None)
                if module is not None:
                    layer = module(**call.arguments).eval()
                    parameters += sum(p.numel() for p in layer.parameters())
                    tensors = [layer(*tensors)]
                elif call.listed:
                    tensors = [getattr(torch, call.function)(tensors, **call.arguments)]
                else:
                    function = partial(getattr(torch, call.function), **call.arguments)
                    tensors = [reduce(function, tensors) if len(tensors) > 1 else function(*tensors)]
            outputs.append(tensors[0])
    assert tuple(outputs[report.network.output].shape[1:]) == report.output
    assert parameters == report.totals.parameters
    assert counter.get_total_flops() == 2 * report.totals.macs


def test_torch_that_disagrees_is_seen(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula broken on purpose, and a layer that torch refuses, are both told apart from ok."""
    monkeypatch.setattr("convshape.axis.Window.output_size", lambda self, size: size)
    report = confirm(infer("conv k=3 out=2; conv k=9 out=2", "1x8x8"), load("torch"))
    assert words(report) == ["ok", "DIFFERS", "DIFFERS"]
    last = report.rows[-1].verdict
    assert last is not None
    assert last.detail.startswith("torch refuses it: ")


def test_lenet_on_the_command_line(torch: Any) -> None:
    """The command that the documentation shows."""
    path = next(path for path in NETWORKS if path.stem == "lenet5")
    result = run("infer", str(path), "--check")
    assert result.exit_code == 0
    assert result.stderr == f"13 of 13 rows confirmed by torch {torch.__version__.partition('+')[0]}\n"


def test_interrupt_of_a_running_check(torch: Any) -> None:
    """Ctrl-C in the middle of torch's work ends the command at once and cleanly."""
    spec = "; ".join(f"conv k=3 p=1 out={n}" for n in range(200, 1200))
    process = subprocess.Popen(
        [sys.executable, "-m", "convshape", "infer", "-i", "8x64x64", "--check", spec],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_every_backend_has_an_extra() -> None:
    """What the hint says to install is there: an extra of the backend's name."""
    pyproject = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(BACKENDS) <= set(pyproject["project"]["optional-dependencies"])

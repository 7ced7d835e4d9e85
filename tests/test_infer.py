"""Inference: shapes, parameters, MACs, memory and border samples, against figures worked out by hand."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from convshape import ConvshapeError, infer, parse
from convshape.layers import KINDS


class Case(NamedTuple):
    """A spec with figures from the literature or worked out by hand."""

    spec: str
    input: str
    output: tuple[int, ...]
    parameters: int
    macs: int


CASES = {
    "one convolution of LeNet-5": Case("conv k=5 s=1 p=0 out=6", "1x32x32", (6, 28, 28), 156, 117_600),
    "the pure-convolution LeNet": Case(
        "conv k=5 out=6; tanh; conv k=5 out=16; tanh; conv k=5 out=120",
        "1x32x32",
        (120, 20, 20),
        156 + 2_416 + 48_120,
        25 * 6 * 784 + 25 * 6 * 16 * 576 + 25 * 16 * 120 * 400,
    ),
    "a fully-connected layer": Case("flatten; linear out=10", "1x28x28", (10,), 7_850, 7_840),
    "without a bias": Case("conv k=3 out=8 bias=no", "3x8x8", (8, 6, 6), 216, 216 * 36),
    "grouped: each filter sees its group": Case("conv k=3 g=2 out=8", "4x8x8", (8, 6, 6), 152, 144 * 36),
    "depthwise": Case("dwconv k=3 p=1 mult=2", "4x8x8", (8, 8, 8), 80, 72 * 64),
    "transposed, by input position": Case("tconv k=4 s=2 p=1 out=2", "3x5x5", (2, 10, 10), 98, 96 * 25),
    "1d": Case("conv k=3 d=4 out=2", "1x20", (2, 12), 8, 6 * 12),
    "3d": Case("conv k=3 p=1 s=1x2x2 out=2", "1x4x8x8", (2, 4, 4, 4), 56, 54 * 64),
    "per axis": Case("conv k=1x7 p=0x3 out=2", "1x9x9", (2, 9, 9), 16, 14 * 81),
    "batch norm learns a factor and a shift": Case("bn", "8x4x4", (8, 4, 4), 16, 0),
    "group norm": Case("gn g=4", "8x4x4", (8, 4, 4), 16, 0),
    "layer norm has one of each per value": Case("ln", "8x4x4", (8, 4, 4), 256, 0),
    "instance norm learns nothing": Case("inorm", "8x4x4", (8, 4, 4), 0, 0),
    "prelu": Case("prelu n=8", "8x4x4", (8, 4, 4), 8, 0),
    "one factor a channel": Case("scale", "8x4x4", (8, 4, 4), 8, 0),
    "pixel shuffle": Case("pixelshuffle r=2", "8x4x5", (2, 8, 10), 0, 0),
    "pixel unshuffle": Case("pixelunshuffle r=2", "2x8x10", (8, 4, 5), 0, 0),
    "up by a factor, down by a size": Case("upsample scale=1.5; upsample size=4", "2x5x7", (2, 4, 4), 0, 0),
    "pad, crop, slice": Case("pad p=1:2; crop p=1; slice from=1 to=3", "4x5x5", (2, 6, 6), 0, 0),
    "flat and back": Case("flatten; unflatten shape=4x3x3", "4x9", (4, 3, 3), 0, 0),
    "squeeze and excitation broadcasts": Case(
        "mul { | gap; conv k=1 out=2; silu; conv k=1 out=8; sigmoid }", "8x6x6", (8, 6, 6), 18 + 24, 32
    ),
    "a residual": Case("add { conv k=3 p=1 out=4 | }", "4x6x6", (4, 6, 6), 148, 144 * 36),
    "concatenated channels": Case(
        "x: conv k=1 out=3; conv k=1 out=2; concat x", "1x4x4", (5, 4, 4), 6 + 8, 3 * 16 + 6 * 16
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_figures(case: Case) -> None:
    """Output shape, parameters and MACs are those of the literature, or counted by hand."""
    report = infer(case.spec, case.input)
    assert (report.output, report.totals.parameters, report.totals.macs) == case[2:]


def test_input_of_the_spec_and_its_override() -> None:
    """A spec's own input makes it complete, and an input that is given overrides it."""
    assert infer("input 1x8x8; conv k=3 out=2").output == (2, 6, 6)
    assert infer("input 1x8x8; conv k=3 out=2", (1, 9, 9)).output == (2, 7, 7)


def test_tensors_of_a_convolution_of_many_channels() -> None:
    """Sixteen filters over six channels: a weight of 16x6x5x5 and a bias of 16."""
    row = infer("conv k=5 out=16", "6x14x14").rows[1]
    assert row.facts.tensors == {"weight": (16, 6, 5, 5), "bias": (16,)}


def test_dense_is_what_a_fully_connected_layer_would_need() -> None:
    """LeNet's first convolution has 156 parameters where a fully-connected layer has 4,821,600."""
    rows = infer("conv k=5 out=6; tanh; conv k=1 out=1 bias=no", "1x32x32").rows
    assert [row.dense for row in rows] == [None, 32 * 32 * 4704 + 4704, None, 4704 * 784]


@pytest.mark.parametrize(
    ("spec", "input_shape", "unused"),
    [
        ("conv k=3 s=2 out=1", "1x7x7", (0, 0)),
        ("conv k=3 s=2 out=1", "1x8x7", (1, 0)),
        ("conv k=3 s=2 p=1 out=1", "1x8x8", (0, 0)),  # the padding is short of it, not the input
        ("maxpool k=3 ceil=yes", "1x8x8", (0, 0)),
        ("avgpool k=2 s=5", "1x9x9", (2, 2)),
        ("crop p=2", "1x9x9", (0, 0)),
        ("flatten", "1x9x9", None),
    ],
)
def test_border_samples_that_no_window_reaches(
    spec: str, input_shape: str, unused: tuple[int, ...] | None
) -> None:
    """The samples behind the last window are counted for each axis; a layer without windows has none."""
    assert infer(spec, input_shape).rows[1].facts.unused == unused


def test_memory_is_bytes_of_each_output_times_the_batch() -> None:
    """Float32 takes 4 bytes a value, the dtype and the batch scale it."""
    spec, shape = "conv k=3 out=2; relu", "1x4x4"
    values = [16, 8, 8]
    assert [row.memory for row in infer(spec, shape).rows] == [4 * v for v in values]
    report = infer(spec, shape, batch=3, dtype="float16")
    assert [row.memory for row in report.rows] == [6 * v for v in values]
    assert report.totals.memory == 6 * sum(values)


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("relu; relu; relu", 32),  # an input and an output at a time
        ("conv k=1 out=4; conv k=1 out=1", 80),
        ("x: relu; relu; relu; add x", 48),  # x waits for the end
        ("x: relu; relu; relu", 32),  # a name alone keeps nothing
        ("add { relu; relu | }", 48),
        ("x: relu; conv k=1 out=4; relu; from x", 144),  # the output is kept to the end
    ],
)
def test_peak_memory_counts_what_is_alive_at_once(spec: str, values: int) -> None:
    """A tensor lives from its row to the last row that takes it."""
    assert infer(spec, "1x4x4").totals.peak_memory == 4 * values


def test_equal_layers_on_equal_shapes_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand equal layers ask their kind for its channels a single time."""
    asked = []
    kind = KINDS["relu"]
    monkeypatch.setattr(kind, "channels", lambda self, count: asked.append(count) or count)
    assert len(infer("1000 * relu", "1x4x4").rows) == 1001
    assert len(asked) == 1


def test_reports_of_the_same_are_equal() -> None:
    """Reports compare by what they say, and show it."""
    spec = "conv k=2 s=2 out=3; relu"
    report = infer(spec, "1x5")
    assert report == infer(spec, "1x5")
    assert report.rows[1] != infer(spec, "1x4").rows[1]
    assert len({row.facts for row in (*report.rows, *infer(spec, "1x5").rows)}) == 3
    assert repr(report.rows[1].facts) == (
        "Facts(output=(3, 2), tensors={'weight': (3, 1, 2), 'bias': (3,)}, macs=12, unused=(1,))"
    )


def test_rows_know_their_inputs_and_names() -> None:
    """Inputs are row numbers, the current tensor first; names and `from` make no row."""
    report = infer("a: conv k=1 out=2; b: relu; from a; tanh; add b; top:", "1x3x3")
    assert [(row.index, row.name, row.kind, row.inputs) for row in report.rows] == [
        (0, None, "input", ()),
        (1, "a", "conv", (0,)),
        (2, "b", "relu", (1,)),
        (3, None, "tanh", (1,)),
        (4, "top", "add", (3, 2)),
    ]
    assert report.rows[4].shapes == ((2, 3, 3), (2, 3, 3))


def test_a_network_may_end_in_an_earlier_tensor() -> None:
    """`from` as the last statement makes its tensor the output."""
    assert infer("x: conv k=1 out=7; gap; from x", "1x4x4").output == (7, 4, 4)
    assert infer("x:; gap; from x", "1x4x4").output == (1, 4, 4)


def test_shape_that_is_none_is_refused() -> None:
    """An input from Python is checked as text is."""
    with pytest.raises(ConvshapeError, match=r"^input takes a shape as text .*, not \(0, 3\)"):
        infer("relu", (0, 3))


def test_million_layers_by_repeats_share_what_is_worked_out() -> None:
    """A long network is one of many rows, not of many different ones."""
    report = infer(parse("100000 * { conv k=3 p=1 out=4; relu }"), "4x8x8")
    assert len(report.rows) == 200_001
    assert report.totals.parameters == 100_000 * (4 * 4 * 9 + 4)
    assert len({id(row.facts) for row in report.rows}) == 3
    assert math.prod(report.output) == 256

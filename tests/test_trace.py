"""Receptive fields against the extent of input gradients, size formulas against inference, size by size."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from convshape import Report, ShapeError, axis, infer
from convshape.analyses.trace import Seen, formulas, receptive_fields
from convshape.axis.closed import Closed
from convshape.axis.field import Ends
from convshape.formats.inference import Inference
from convshape.frameworks import Learned
from convshape.frameworks.torch import calls as calls_of
from convshape.layers import Shape

Tally = Callable[[str, int], None]

NETWORKS = sorted((Path(__file__).parent.parent / "convshape/networks").glob("*.cnn"))

# Published figures: Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks",
# Distill, 2019, and the table of the same authors' library, which has the TF-Slim models end-point by
# end-point: receptive field, effective stride, effective padding.  A start is the padding, negative.

ALEXNET = """
conv1: conv k=11 s=4 out=1
pool1: maxpool k=3 s=2
conv2: conv k=5 p=same out=1
pool2: maxpool k=3 s=2
conv3: conv k=3 p=same out=1
conv4: conv k=3 p=same out=1
conv5: conv k=3 p=same out=1
pool5: maxpool k=3 s=2
"""


def vgg(*blocks: int) -> str:
    return "\n".join(
        f"{count} * conv k=3 p=same out=1; pool{number}: maxpool k=2"
        for number, count in enumerate(blocks, 1)
    )


def mobilenet_v1() -> str:
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    blocks = [
        f"dwconv k=3 s={stride} p=same; conv{number}: conv k=1 out=1"
        for number, stride in enumerate(strides, 1)
    ]
    return "\n".join(["conv0: conv k=3 s=2 p=same out=1", *blocks])


def resnet_v1(*blocks: int) -> str:
    """Its bottlenecks, the last of a block with the stride, beside a subsampled identity."""

    def unit(stride: int) -> str:
        inner = f"conv k=1 out=1; conv k=3 s={stride} p=1 out=1; conv k=1 out=1"
        return f"add {{ {inner} | maxpool k=1 s={stride} }}"

    each = [
        f"{count - 1} * {unit(1)}; block{number}: {unit(stride)}"
        for number, (count, stride) in enumerate(zip(blocks, (2, 2, 2, 1), strict=True), 1)
    ]
    return "\n".join(["conv k=7 s=2 p=3 out=1; maxpool k=3 s=2 p=same", *each])


_ONE, _THREE = "conv k=1 out=1", "conv k=3 p=same out=1"


def inception_v2() -> str:
    down = "conv k=3 s=2 p=same out=1"
    mixed = (
        f"concat {{ {_ONE} | {_ONE}; {_THREE} | {_ONE}; {_THREE}; {_THREE} | avgpool k=3 s=1 p=1; {_ONE} }}"
    )
    reduction = f"concat {{ {_ONE}; {down} | {_ONE}; {_THREE}; {down} | maxpool k=3 s=2 p=same }}"
    return f"""
        m1a: conv k=7 s=2 p=same out=1
        m2a: maxpool k=3 s=2 p=same
        m2c: {_ONE}; {_THREE}
        m3a: maxpool k=3 s=2 p=same
        m3b: {mixed}; m3c: {mixed}
        m4a: {reduction}; m4b: {mixed}; m4c: {mixed}; m4d: {mixed}; m4e: {mixed}
        m5a: {reduction}; m5b: {mixed}; m5c: {mixed}
    """


def inception_v3() -> str:
    pool, down = f"avgpool k=3 s=1 p=1; {_ONE}", "conv k=3 s=2 out=1"
    row, column = "conv k=1x7 p=same out=1", "conv k=7x1 p=same out=1"
    both = "concat { conv k=1x3 p=same out=1 | conv k=3x1 p=same out=1 }"
    mixed5 = f"concat {{ {_ONE} | {_ONE}; conv k=5 p=2 out=1 | {_ONE}; {_THREE}; {_THREE} | {pool} }}"
    mixed6 = (
        f"concat {{ {_ONE} | {_ONE}; {row}; {column} | {_ONE}; {column}; {row}; {column}; {row} | {pool} }}"
    )
    mixed7 = f"concat {{ {_ONE} | {_ONE}; {both} | {_ONE}; {_THREE}; {both} | {pool} }}"
    return f"""
        m1a: {down}; m2a: conv k=3 out=1; m2b: {_THREE}; m3a: maxpool k=3 s=2
        m3b: {_ONE}; m4a: conv k=3 out=1; m5a: maxpool k=3 s=2
        m5b: {mixed5}; m5c: {mixed5}; m5d: {mixed5}
        m6a: concat {{ {down} | {_ONE}; {_THREE}; {down} | maxpool k=3 s=2 }}
        m6b: {mixed6}; m6c: {mixed6}; m6d: {mixed6}; m6e: {mixed6}
        m7a: concat {{ {_ONE}; {down} | {_ONE}; {row}; {column}; {down} | maxpool k=3 s=2 }}
        m7b: {mixed7}; m7c: {mixed7}
    """


# A model, its input, and for each end-point the receptive field, the jump and the start.
PUBLISHED: dict[str, tuple[str, str, dict[str, tuple[int, int, int]]]] = {
    "alexnet_v2": (
        ALEXNET,
        "3x321x321",
        {
            "conv1": (11, 4, 0),
            "pool1": (19, 8, 0),
            "conv2": (51, 8, -16),
            "conv3": (99, 16, -32),
            "conv4": (131, 16, -48),
            "conv5": (163, 16, -64),
            "pool5": (195, 32, -64),
        },
    ),
    "vgg_a": (
        vgg(1, 1, 2, 2, 2),
        "3x224x224",
        {
            "pool1": (4, 2, -1),
            "pool2": (10, 4, -3),
            "pool3": (30, 8, -11),
            "pool4": (70, 16, -27),
            "pool5": (150, 32, -59),
        },
    ),
    "vgg_16": (
        vgg(2, 2, 3, 3, 3),
        "3x321x321",
        {
            "pool1": (6, 2, -2),
            "pool2": (16, 4, -6),
            "pool3": (44, 8, -18),
            "pool4": (100, 16, -42),
            "pool5": (212, 32, -90),
        },
    ),
    "mobilenet_v1 at 224": (
        mobilenet_v1(),
        "3x224x224",
        {
            "conv0": (3, 2, 0),
            "conv1": (7, 2, -2),
            "conv3": (19, 4, -6),
            "conv5": (43, 8, -14),
            "conv7": (91, 16, -30),
            "conv11": (219, 16, -94),
            "conv13": (315, 32, -126),
        },
    ),
    "mobilenet_v1 at 321": (
        mobilenet_v1(),
        "3x321x321",
        {
            "conv0": (3, 2, -1),
            "conv1": (7, 2, -3),
            "conv3": (19, 4, -9),
            "conv5": (43, 8, -21),
            "conv7": (91, 16, -45),
            "conv11": (219, 16, -109),
            "conv13": (315, 32, -157),
        },
    ),
    **{
        f"{name} at {size}": (
            resnet_v1(*counts),
            f"3x{size}x{size}",
            {
                f"block{number}": (field, jump, start)
                for number, (field, jump, start) in enumerate(
                    zip(fields, (8, 16, 32, 32), starts, strict=True), 1
                )
            },
        )
        for name, counts, fields, size, starts in [
            ("resnet_v1_50", (3, 4, 6, 3), (35, 99, 291, 483), 224, (-15, -47, -143, -239)),
            ("resnet_v1_50", (3, 4, 6, 3), (35, 99, 291, 483), 321, (-17, -49, -145, -241)),
            ("resnet_v1_101", (3, 4, 23, 3), (35, 99, 835, 1027), 224, (-15, -47, -415, -511)),
            ("resnet_v1_152", (3, 8, 36, 3), (35, 163, 1315, 1507), 321, (-17, -81, -657, -753)),
            ("resnet_v1_200", (3, 24, 36, 3), (35, 419, 1571, 1763), 224, (-15, -207, -783, -879)),
        ]
    },
    "inception_v2 at 224": (
        inception_v2(),
        "3x224x224",
        {
            "m1a": (7, 2, -2),
            "m2a": (11, 4, -2),
            "m3a": (27, 8, -6),
            "m3b": (59, 8, -22),
            "m3c": (91, 8, -38),
            "m4a": (123, 16, -46),
            "m4b": (187, 16, -78),
            "m4e": (379, 16, -174),
            "m5a": (443, 32, -190),
            "m5b": (571, 32, -254),
            "m5c": (699, 32, -318),
        },
    ),
    "inception_v2 at 321": (
        inception_v2(),
        "3x321x321",
        {
            "m1a": (7, 2, -3),
            "m2a": (11, 4, -5),
            "m3a": (27, 8, -13),
            "m3b": (59, 8, -29),
            "m4a": (123, 16, -61),
            "m4e": (379, 16, -189),
            "m5a": (443, 32, -221),
            "m5c": (699, 32, -349),
        },
    ),
    "inception_v3": (
        inception_v3(),
        "3x321x321",
        {
            "m1a": (3, 2, 0),
            "m2b": (11, 2, -2),
            "m3a": (15, 4, -2),
            "m4a": (23, 4, -2),
            "m5a": (31, 8, -2),
            "m5b": (63, 8, -18),
            "m5d": (127, 8, -50),
            "m6a": (159, 16, -58),
            "m6b": (351, 16, -154),
            "m6e": (927, 16, -442),
            "m7a": (1055, 32, -490),
            "m7b": (1183, 32, -554),
            "m7c": (1311, 32, -618),
        },
    ),
}

# Networks of convshape/networks, with what the last row that has the axes of its input sees.
OURS = {
    "vgg16": ("maxpool", Seen(212, (32, 1), -90)),
    "resnet50": ("relu", Seen(427, (32, 1), -213)),
    "unet": ("conv", Seen(204, (1, 1), 0)),
}

# A network, its input, and the formula of its last row, in each form that there is.
TEXTS = [
    ("conv k=7 s=2 p=3 out=1; maxpool k=3 s=2 p=1", "1x180", "floor((L - 11 + 2*5) / 4) + 1"),
    ("conv k=3 p=1:2 out=1", "1x180", "floor((L - 3 + 1 + 2) / 1) + 1"),
    ("conv k=5 out=1", "1x180", "floor((L - 5 + 2*0) / 1) + 1"),
    ("relu; bn; dropout", "1x180", "L"),
    ("conv k=3 p=9 out=1; conv k=15 out=1", "1x180", "floor((L - 17 + 2*9) / 1) + 1"),
    ("conv k=5 out=1; pad p=9", "1x180", "floor((L - 5 + 2*9) / 1) + 1, for L >= 5"),
    ("conv k=3 s=2 p=same out=1; conv k=3 p=same out=1", "1x180", "floor((L + 1) / 2)"),
    ("maxpool k=2 ceil=yes", "1x180", "floor((L + 1) / 2)"),
    ("maxpool k=3 s=2 ceil=yes", "1x180", "floor(L / 2)"),
    ("crop p=2:3", "1x180", "L - 5"),
    ("pad p=4 mode=reflect", "1x180", "L + 8, for L >= 5"),
    ("tconv k=4 s=2 p=1 out=1; conv k=3 p=1 out=1", "1x180", "2 * L"),
    ("tconv k=2 s=3 out=1", "1x180", "3 * L - 1"),
    ("conv k=2 s=2 out=1; tconv k=3 s=2 out=1", "1x180", "2 * floor(L / 2) + 1, for L >= 2"),
    ("upsample scale=3; maxpool k=2", "1x180", None),
    ("upsample scale=1.5", "1x180", None),
    ("upsample scale=0.5", "1x180", "floor(L / 2)"),
    ("conv k=30 out=1; adaptiveavgpool out=7", "1x180", "7, for L >= 30"),
    ("upsample size=9; conv k=3 out=1", "1x180", "7"),
    ("add { conv k=3 p=1 out=1 | }", "1x180", "L"),
    ("concat { maxpool k=2; upsample scale=2 | }", "1x180", "L, for L = 2, 4, 6, ..."),
    ("concat { maxpool k=2 | crop p=90:0 }", "1x180", None),
    ("concat { maxpool k=5; crop p=1 | conv k=5 s=5 out=1; conv k=3 out=1 }", "1x180", "floor(L / 5) - 2"),
    ("concat { maxpool k=3; upsample scale=3; pad p=0:1 | }", "1x181", "L, for L = 4, 7, 10, ..."),
    (
        "concat { maxpool k=2 | upsample scale=0.5 }; pixelunshuffle r=2",
        "1x180x180",
        "floor(L / 4), for L >= 4 with L mod 4 in 0, 1",
    ),
    ("pixelunshuffle r=2; conv k=3 p=1 out=4; pixelshuffle r=2", "1x180x180", "L, for L = 2, 4, 6, ..."),
    ("mul { gap | }", "1x180", "L"),
    ("concat { crop p=4 | maxpool k=2 }", "1x16", None),
]

# Random networks


def padding(r: random.Random, most: int) -> str:
    return f"p={r.randint(0, most)}:{r.randint(0, most)}"


def windows(r: random.Random) -> str:
    """A layer that is a plain window, of any numbers."""
    k, s, d = r.randint(1, 5), r.choice([1, 1, 1, 2, 3]), r.choice([1, 1, 1, 2, 3])
    kind = r.choice(["conv {} d={} {} out=2", "conv {} d={} {} out=2", "dwconv {} d={} {}", "avgpool {}"])
    return kind.format(f"k={k} s={s}", d, padding(r, 3))


def stretching(r: random.Random, linear: str = "linear") -> str:
    """A layer that makes an axis longer, or resizes it."""
    s, d = r.choice([1, 2, 2, 3]), r.choice([1, 1, 2, 3])
    transposed = f"tconv k={r.randint(1, 5)} s={s} d={d} {padding(r, 2)} op={r.choice([0, 0, s - 1])} out=2"
    mode = r.choice(["nearest", "nearest", linear])
    resized = f"upsample scale={r.choice(['2', '2', '3', '0.5', '1.5'])} mode={mode}"
    return r.choice([transposed, transposed, "tconv k=4 s=2 p=1 out=2", resized])


def adjusting(r: random.Random) -> str:
    """A layer that pads, crops or rounds in another way, or leaves the axis alone."""
    return r.choice(
        [
            f"pad {padding(r, 4)}",
            f"pad {padding(r, 4)} mode={r.choice(['reflect', 'replicate', 'circular', 'constant'])}",
            f"crop {padding(r, 4)}",
            f"avgpool k={r.randint(1, 4)} s={r.randint(1, 3)} ceil=yes",
            f"avgpool k=3 s={r.randint(1, 3)} p=1 ceil=yes",
            f"conv k={r.randint(1, 5)} s={r.randint(1, 3)} p={r.choice(['same', 'same-lower'])} out=2",
            "relu",
        ]
    )


def skipping(r: random.Random) -> str:
    """Branches that mostly end in one size."""
    at_one_size = [
        ["", "conv k=3 p=1 out=2", "conv k=5 p=1:3 out=2", "conv k=3 d=2 p=2 out=2", "dwconv k=4 p=same"],
        ["conv k=3 s=2 p=1 out=2", "avgpool k=2 ceil=yes", "conv k=4 s=2 p=same out=2"],
        ["avgpool k=2", "upsample scale=0.5", "conv k=2 s=2 out=2; relu"],
        ["conv k=3 out=2", "crop p=1", "crop p=0:2", "avgpool k=3 s=1"],
        ["tconv k=4 s=2 p=1 out=2", "upsample scale=2", "tconv k=2 s=2 out=2", "tconv k=1 s=2 op=1 out=2"],
        ["", "conv k=3 s=2 p=1 out=2; upsample scale=2", "avgpool k=2; tconv k=2 s=2 out=2"],
        ["crop p=4:4", "conv k=3 out=2; avgpool k=2; conv k=2 out=2; tconv k=2 s=2 out=2; conv k=3 out=2"],
        ["", "avgpool k=3; upsample scale=3", "conv k=3 s=3 p=same out=2; tconv k=3 s=3 out=2; crop p=0:1"],
    ]
    branches = r.choice(at_one_size)
    branches = r.sample(branches, min(len(branches), r.choice([2, 2, 3])))
    return f"{r.choice(['add', 'concat'])} {{ {' | '.join(branches)} }}"


Kind = Callable[[random.Random], str]


def shuffling(r: random.Random) -> str:
    """Layers that move samples between an image and its channels."""
    return r.choice(["conv k=1 out=8; pixelshuffle r=2", "pixelunshuffle r=2; conv k=1 out=2"])


def on_one_axis(kind: Kind, axis: int) -> Kind:
    """The same on one axis of an image, the other one left alone."""

    def both(match: re.Match[str]) -> str:
        key, value = match.groups()
        other = {"p": "0", "op": "0"}.get(key, "1")
        values = [value, other] if axis == 0 else [other, value]
        return f"{key}={'x'.join(values)}"

    return lambda r: re.sub(r"\b(k|s|d|p|op|scale)=([0-9.:]+)", both, kind(r))


def network(r: random.Random, kinds: list[Kind], input: str, axis: int = 0) -> Report:
    """A few random layers in a row, each of a kind, that all accept what comes into them.

    The axis gets neither much shorter nor much longer than that of the input.
    """
    report = infer("identity", input)
    lines: list[str] = []
    for _ in range(r.randint(2, 7)):
        line = r.choice(kinds)(r)
        try:
            longer = infer("\n".join([*lines, line]), input)
        except ShapeError:
            continue
        before, after = longer.input[1 + axis], longer.output[1 + axis]
        if before <= 16 * after and after <= 8 * before:
            report = longer
            lines.append(line)
    return report


def written(report: Report) -> str:
    return "; ".join(row.spec for row in report.rows[1:])


# The torch side: the extent of input gradients


class Ones:
    """Layers as torch modules, with positive weights: no gradient cancels another."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def run(self, report: Report, x: Any) -> Any:
        """The output of the network's last row for a batch of inputs."""
        tensors = [x]
        for row in report.rows[1:]:
            assert row.op is not None
            values = [tensors[index] for index in row.inputs]
            calls = calls_of(row.op.layer, row.shapes[0])
            assert calls is not None, row.spec
            for call in calls:
                values = [self.call(call, values)]
            tensors += values
        return tensors[report.network.output]

    def call(self, call: Any, values: list[Any]) -> Any:
        module = getattr(self.torch.nn, call.function, None)
        if module is not None:
            layer = module(**call.arguments).double().eval()
            with self.torch.no_grad():
                for parameter in layer.parameters():
                    parameter.uniform_(0.5, 1.5)
            return layer(*values)
        assert not any(isinstance(value, Learned) for value in call.arguments.values())
        function = getattr(self.torch, call.function)
        if call.listed:
            return function(values, **call.arguments)
        total = values[0]
        for value in values[1:]:
            total = function(total, value)
        return function(total, **call.arguments) if len(values) == 1 else total

    def extents(self, report: Report, outputs: range, axis: int = 0) -> list[Ends | None]:
        """The first and the last input sample along an axis that each output along it depends on."""
        shape = (len(outputs), *report.input)
        x = self.torch.ones(shape, dtype=self.torch.float64, requires_grad=True)
        y = self.run(report, x)
        assert tuple(y.shape[1:]) == report.output
        along = y.movedim(2 + axis, 1).flatten(2).sum(2)
        sum(along[place, index] for place, index in enumerate(outputs)).backward()
        gradient = x.grad.abs().movedim(2 + axis, 1).flatten(2).sum(2)
        threshold = 1e-13 * gradient.max()
        rows = [(row > threshold).nonzero().flatten().tolist() for row in gradient]
        return [(row[0], row[-1]) if row else None for row in rows]


def seen_in(extents: list[Ends | None], outputs: range) -> Seen | None:
    """What the extents of neighbouring outputs say: None where they never repeat, moved."""
    for turn in range(1, len(outputs) // 3 + 1):
        pairs = list(zip(extents, extents[turn:], strict=False))
        if any((one is None) != (two is None) for one, two in pairs):
            continue
        moves = {b - a for one, two in pairs if one and two for a, b in zip(one, two, strict=True)}
        if len(moves) == 1:
            (move,) = moves
            jump = Fraction(move, turn)
            place = next(place for place, index in enumerate(outputs) if index % turn == 0)
            at_a_turn = extents[place]
            start = None if at_a_turn is None else at_a_turn[0] - outputs[place] // turn * move
            size = max(last - first + 1 for first, last in filter(None, extents))
            return Seen(size, (jump.numerator, jump.denominator), start)
    return None


NOT_DEFINED = Seen(None, None, None)


def seen_by_torch(ones: Ones, report: Report, axis: int = 0) -> Seen | None:
    """What torch shows of outputs in the middle of an axis; None where the borders are too near.

    A few outputs are enough, unless many phases take turns.
    """
    size, length = report.input[1 + axis], report.output[1 + axis]
    for count in (48, 180):
        outputs = range(max(0, length // 2 - count // 2), min(length, length // 2 + count // 2))
        extents = ones.extents(report, outputs, axis)
        reached = [end for ends in extents if ends for end in ends]
        if not reached or min(reached) < size // 8 or max(reached) >= size - size // 8:
            return None
        seen = seen_in(extents, outputs)
        if seen is not None:
            return seen
    return NOT_DEFINED


def disagreements(
    ones: Ones, r: random.Random, kinds: list[Kind], inputs: list[str], count: int, axis: int = 0
) -> list[str]:
    """What differs in so many random networks."""
    found, tried = [], 0
    while tried < count:
        text = r.choice(inputs)
        report = network(r, kinds, text, axis)
        theirs = seen_by_torch(ones, report, axis)
        if theirs is None:
            continue
        tried += 1
        ours = receptive_fields(report)[report.network.output][axis]
        if ours != theirs:
            found.append(f"{text} {written(report)}: convshape {ours}, torch {theirs}")
    return found


@pytest.fixture(scope="module")
def ones() -> Ones:
    """The torch side."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra 'torch')")
    torch.manual_seed(1)
    torch.set_num_threads(1)  # the tensors are too small to share
    return Ones(torch)


def test_chains_against_gradients(ones: Ones, tally: Tally) -> None:
    """Size, jump and start of random networks are those of the extent of their input gradients."""
    kinds = [windows, windows, stretching, adjusting, skipping]
    inputs = ["2x500", "2x501", "2x512", "2x637"]
    assert disagreements(ones, random.Random(1), kinds, inputs, 400) == []
    tally("random networks whose receptive fields torch's gradients confirm", 400)


@pytest.mark.parametrize(("axis", "inputs"), [(0, ["2x240x8", "2x301x8"]), (1, ["2x8x240", "2x8x301"])])
@pytest.mark.parametrize("linear", ["bilinear", "bicubic"])
def test_images_against_gradients(
    axis: int, inputs: list[str], linear: str, ones: Ones, tally: Tally
) -> None:
    """The same on each axis of an image, with what only images have."""
    each = [windows, partial(stretching, linear=linear), adjusting, skipping, shuffling]
    kinds = [on_one_axis(kind, axis) for kind in each]
    assert disagreements(ones, random.Random(2 + axis), kinds, inputs, 60, axis) == []
    tally("random networks whose receptive fields torch's gradients confirm", 60)


@pytest.mark.parametrize("broken", [axis.Window, axis.TransposedWindow, axis.Resize])
def test_the_gradients_can_disagree(broken: Any, ones: Ones, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the taps of one map wrong, the comparison fails."""
    right = broken.taps
    monkeypatch.setattr(broken, "taps", lambda self, index: right(self, index)[:1])
    kinds = [windows, stretching]
    assert disagreements(ones, random.Random(1), kinds, ["2x500"], 20)


def test_the_gradients_see_a_forgotten_dilation(ones: Ones, monkeypatch: pytest.MonkeyPatch) -> None:
    """With taps next to one another, whatever the dilation, the comparison fails."""

    def undilated(self: axis.Window, index: int) -> range:
        start = index * self.stride - self.before
        return range(start, start + self.kernel_size)

    monkeypatch.setattr(axis.Window, "taps", undilated)
    assert disagreements(ones, random.Random(1), [windows], ["2x500"], 20)


# Branches that move at different paces.  The crops bring them to one size for this input only.
PACES = [
    ("add { upsample scale=2; crop p=150 | conv k=3 p=1 out=2 }", "2x300"),
    ("add { conv k=3 s=2 p=1 out=2 | crop p=75 }", "2x300"),
    ("concat { tconv k=3 s=3 out=2; conv k=3 s=2 out=2 | pad p=74:75 }", "2x300"),
    ("concat { avgpool k=3 | avgpool k=2; crop p=25 }; conv k=3 out=2", "2x300"),
]


@pytest.mark.parametrize(("spec", "input"), PACES)
def test_branches_at_different_paces(spec: str, input: str, ones: Ones) -> None:
    """Fields that never repeat, moved, are not defined; behind a global pool they are the input again."""
    report = infer(spec, input)
    outputs = range(60, 140) if report.output[1] >= 140 else range(20, min(report.output[1], 90))
    assert seen_in(ones.extents(report, outputs), outputs) is None
    assert receptive_fields(report)[-1] == (NOT_DEFINED,)
    pooled = infer(f"{spec}; gap", input)
    assert receptive_fields(pooled)[-1] == (Seen(report.input[1], None, 0),)


def test_a_repeated_sample_does_not_move(ones: Ones) -> None:
    """One sample beside many is seen by all of them: there is no jump, though both maps have the same."""
    report = infer("add { conv k=290 s=20 out=2 | conv k=3 s=20 out=2 }", "2x301")
    outputs = range(report.output[1])
    assert set(ones.extents(report, outputs)) == {(0, 289)}
    assert receptive_fields(report)[-1] == (NOT_DEFINED,)


# Networks whose output sees the whole input.
WHOLE = [
    ("conv k=3 p=1 out=2; gap", "2x40"),
    ("conv k=3 p=1 out=2; adaptiveavgpool out=1; conv k=3 p=1 out=4; relu", "2x40"),
    ("avgpool k=2; conv k=3 p=1 out=2; flatten; linear out=3", "2x40"),
    ("avgpool k=2; flatten; linear out=40; unflatten shape=4x10; conv k=3 p=1 out=2", "2x40"),
    ("add { gap | conv k=3 p=1 out=2 }", "2x40"),
    ("concat { gap; upsample scale=40 | upsample scale=2; avgpool k=2 }; conv k=3 out=1", "2x40"),
    ("conv k=3 p=1 out=2; gap", "2x17x23"),
    ("conv k=3 p=1 out=2; flatten; linear out=3; relu; linear out=2", "2x8x9"),
]


@pytest.mark.parametrize(("spec", "input"), WHOLE)
def test_the_whole_input(spec: str, input: str, ones: Ones) -> None:
    """Behind a global pool or a fully-connected layer, all outputs see the input from end to end."""
    report = infer(spec, input)
    sizes = report.input[1:]
    assert receptive_fields(report)[-1] == tuple(Seen(size, None, 0) for size in sizes)
    x = ones.torch.ones((1, *report.input), dtype=ones.torch.float64, requires_grad=True)
    for output in ones.run(report, x).reshape(report.output[0], -1).sum(1):
        (gradient,) = ones.torch.autograd.grad(output, x, retain_graph=True)
        for place, size in enumerate(sizes):
            along = gradient.movedim(2 + place, 0).flatten(1).sum(1).nonzero()
            assert (int(along.min()), int(along.max())) == (0, size - 1)


# What sees a part of the input that depends on its size.
SHARED = ["adaptiveavgpool out=600", "conv k=3 p=1 out=2; adaptiveavgpool out=1000; avgpool k=2"]


@pytest.mark.parametrize("spec", SHARED)
@pytest.mark.parametrize("input", ["2x3000", "2x3100", "2x2400"])
def test_adaptive_pools(spec: str, input: str, ones: Ones) -> None:
    """The windows of an adaptive pool are seen as any others, for the input size that there is."""
    report = infer(spec, input)
    assert receptive_fields(report)[-1][0] == seen_by_torch(ones, report)


@pytest.mark.parametrize("name", ["unet", "wavenet1d", "googlenet", "mobilenet_v2", "squeezenet1_0"])
def test_known_networks_against_gradients(name: str, ones: Ones) -> None:
    """Networks of the collection, in one channel and on one axis, as far as they have it."""
    (path,) = (path for path in NETWORKS if path.stem == name)
    text = path.read_text(encoding="utf-8")
    replaced = re.sub(r"(?m)^input .*", "", text.partition("\ngap")[0])
    for pattern, by in [
        (r"\b(out|mult)=\d+", "out=1"),
        (r"maxpool (k=\d+ s=\d+) ceil=yes", r"avgpool \1 ceil=yes"),
        ("maxpool", "avgpool"),
        ("mul", "add"),
        (r"\b(bn|relu6?|tanh|sigmoid|softmax|dropout)\b( p=[\d.]+)?", "identity"),
    ]:
        replaced = re.sub(pattern, by, replaced)
    report = infer(replaced, "1x4988")
    (seen,) = receptive_fields(report)[report.network.output]
    assert seen == seen_by_torch(ones, report)


# Size formulas, size by size

SIZES = range(1, 2001)


class Sizes:
    """The output sizes of every row, for every input size: by the layers, one size after the other."""

    def __init__(self) -> None:
        self.known: dict[Any, dict[Any, int | None]] = {}

    def of(self, report: Report, sizes: range) -> list[list[int | None]]:
        """For each row its size along the first axis for each input size; None where that is refused.

        The other axes keep the sizes that they have.
        """
        rank = len(report.input) - 1
        rows: list[list[int | None]] = [list(sizes)]
        for row in report.rows[1:]:
            assert row.op is not None
            layer = row.op.layer
            if len(row.output) - 1 != rank or any(len(shape) - 1 != rank for shape in row.shapes):
                rows.append([None] * len(sizes))
                continue
            known = self.known.setdefault((layer, tuple((c, *rest) for c, _, *rest in row.shapes)), {})
            along = []
            for key in zip(*(rows[index] for index in row.inputs), strict=True):
                if key not in known:
                    known[key] = self._one(layer, row.shapes, key)
                along.append(known[key])
            rows.append(along)
        return rows

    def _one(self, layer: Any, shapes: tuple[Shape, ...], sizes: Any) -> int | None:
        if None in sizes:
            return None
        try:
            along = [(c, size, *rest) for (c, _, *rest), size in zip(shapes, sizes, strict=True)]
            return int(layer.output(*along)[1])
        except ShapeError:
            return None


def given_by(closed: Closed, size: int) -> int | None:
    try:
        return closed.output_size(size)
    except ShapeError:
        return None


def differing(report: Report, sizes: Sizes, tried: range = SIZES) -> list[str]:
    """The rows whose formula gives, or refuses, another size than inference."""
    found = []
    for row, axes, expected in zip(report.rows, formulas(report), sizes.of(report, tried), strict=True):
        if not axes or axes[0] is None:
            continue
        answers = [given_by(axes[0].closed, size) for size in tried]
        if answers != expected:
            place = next(p for p, (a, b) in enumerate(zip(answers, expected, strict=True)) if a != b)
            found.append(
                f"{written(report)}: #{row.index} of {tried[place]} is {expected[place]}, "
                f"by {axes[0].text('L')} {answers[place]}"
            )
    return found


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    """Inference that remembers: networks share layers."""
    return Sizes()


def rounding(r: random.Random) -> str:
    """Layers whose size is rounded in another way than a convolution's."""
    k = r.randint(1, 5)
    return r.choice(
        [
            f"maxpool k={k} s={r.randint(1, 3)} p={r.randint(0, k // 2)} ceil=yes",
            f"conv k={k} s={r.randint(1, 4)} p={r.choice(['same', 'same-lower'])} out=2",
            f"pad p={r.randint(0, 6)} mode={r.choice(['reflect', 'circular', 'replicate'])}",
            f"crop {padding(r, 5)}",
            f"upsample scale={r.choice(['2', '3', '0.5', '0.25'])}",
            f"adaptiveavgpool out={r.randint(1, 9)}" if r.random() < 0.2 else "relu",
        ]
    )


def whole_stretching(r: random.Random) -> str:
    """Layers that make an axis longer, by whole factors."""
    s = r.choice([1, 2, 2, 3, 4])
    k, d = r.randint(1, 5), r.choice([1, 1, 2])
    return r.choice(
        [
            f"tconv k={k} s={s} d={d} {padding(r, 3)} op={r.randint(0, max(s, d) - 1)} out=2",
            f"tconv k={s + r.randint(0, 3)} s={s} p=same out=2",
            f"upsample scale={s}",
        ]
    )


def u_net(r: random.Random) -> str:
    """Down, across and up again, with the copies cropped or padded to the smaller size they meet."""
    depth, convolved = r.randint(1, 3), r.choice([0, 1, 2])
    lines, inside = [], 0
    for level in range(depth):
        lines += [f"{convolved} * conv k=3 out=2" if convolved else "relu", f"d{level}:", "maxpool k=2"]
    lines.append("conv k=3 out=2" if convolved else "relu")
    inside = 2 * bool(convolved)
    for level in reversed(range(depth)):
        inside *= 2
        merge = r.choice(["concat", "add"]) if level == depth - 1 else "add"
        lines += [f"u: {r.choice(['tconv k=2 s=2 out=2', 'upsample scale=2'])}"]
        lines += [f"from d{level}; crop p={inside // 2}; {merge} u; conv k=1 out=2"]
        lines += [f"{convolved} * conv k=3 out=2"] if convolved else []
        inside += 2 * 2 * convolved
    return "\n".join(lines)


def broadcasting(r: random.Random) -> str:
    """A gate from a global pool beside what it weighs, or an axis that shrinks until it is repeated."""
    branches = r.choice(["gap | conv k=3 p=1 out=2", "gap; conv k=1 out=2 | ", "conv k=3 s=2 out=2 | gmp"])
    return f"{r.choice(['add', 'mul'])} {{ {branches} }}"


FAMILIES: dict[str, tuple[list[Kind], str, int]] = {
    "windows": ([windows], "2x400", 25),
    "windows and other roundings": ([windows, rounding], "2x400", 25),
    "transposed": ([windows, whole_stretching], "2x200", 30),
    "everything": ([windows, rounding, whole_stretching, skipping, broadcasting], "2x200", 40),
    "skipping": ([skipping, skipping, windows], "2x240", 20),
    "images": ([windows, shuffling, whole_stretching, rounding, skipping], "2x96x96", 25),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_formulas_are_inference(family: str, sizes: Sizes, tally: Tally) -> None:
    """Where a row has a formula, it gives the size that inference gives, and refuses what it refuses."""
    kinds, input, count = FAMILIES[family]
    r = random.Random(family)
    there = rows = 0
    for _ in range(count):
        report = network(r, kinds, input)
        assert differing(report, sizes) == []
        found = [axes[0] for axes in formulas(report) if axes]
        there += sum(formula is not None for formula in found)
        rows += len(found)
    assert there > rows / 2
    tally(f"networks ({family}) whose formulas are inference for 2,000 sizes", count)
    tally("rows in them with a formula", there)
    tally("rows in them without", rows - there)


def test_u_nets(sizes: Sizes, tally: Tally) -> None:
    """Networks that meet their own copies have formulas, on a pattern of sizes."""
    r = random.Random(5)
    there = tried = 0
    while tried < 25:
        text = u_net(r)
        report = next(
            (found for n in range(100, 500) if (found := working(text, n)) and found.output[1] > 1), None
        )
        if report is None:
            continue
        tried += 1
        assert differing(report, sizes) == []
        there += formulas(report)[-1][0] is not None
    assert there > tried / 2
    tally("U-Nets whose formulas are inference for 2,000 sizes", tried)
    tally("of them with a formula", there)


def working(text: str, size: int) -> Report | None:
    try:
        return infer(text, (2, size))
    except ShapeError:
        return None


@pytest.mark.parametrize("path", NETWORKS, ids=[path.stem for path in NETWORKS])
def test_known_networks_keep_their_formulas(path: Path, sizes: Sizes) -> None:
    """All networks of the collection have formulas that are inference, as far as they have axes."""
    report = infer(path.read_text(encoding="utf-8"))
    assert all(None not in axes for axes in formulas(report))
    assert differing(report, sizes, range(1, 400)) == []


def test_formulas_are_inference_from_end_to_end(tally: Tally) -> None:
    """The same through `infer` itself, for a few sizes of a few networks."""
    r = random.Random(6)
    tried = 0
    for _ in range(20):
        report = network(r, [windows, rounding, whole_stretching, skipping], "2x200")
        formula = formulas(report)[report.network.output][0]
        if formula is None:
            continue
        for size in [*range(1, 9), *(r.randint(9, 2000) for _ in range(8))]:
            shape = (2, size)
            try:
                expected: int | None = infer(report.network, shape).output[1]
            except ShapeError:
                expected = None
            assert given_by(formula.closed, size) == expected, (written(report), size)
            tried += 1
    tally("sizes inferred and given by a formula alike", tried)


def test_chains_of_windows_are_one_window(sizes: Sizes, tally: Tally) -> None:
    """Their formula exists and is that of a window, whose extent, stride and padding are the network's."""
    r = random.Random(7)
    for _ in range(200):
        report = network(r, [windows], "2x400")
        for axes, seen in zip(formulas(report), receptive_fields(report), strict=True):
            (formula,), ((size, jump, start),) = axes, seen
            assert formula is not None
            assert formula.window is not None
            extent, stride = formula.window.extent, formula.window.stride
            assert (extent, (stride, 1), -formula.window.before) == (size, jump, start)
            text = formula.text("L")
            assert text == "L" or f"L - {extent} + " in text
            for n in range(formula.closed.least, 500):
                assert formula.window.output_size(n) == formula.closed.output_size(n)
    tally("chains of windows that are one window", 200)


def fits(values: list[tuple[int, int]]) -> bool:
    """Whether some u * floor((n + a) / s) + c of small numbers gives these sizes, found by trying them."""
    (first, least), (last, largest) = values[0], values[-1]
    for step in range(1, 37):
        # Where it fits it grows by u a step, give or take one.
        about = (largest - least) * step // (last - first)
        for factor in range(max(0, about - 1), about + 3):
            for offset in range(step):
                shift = least - factor * ((first + offset) // step)
                if all(factor * ((n + offset) // step) + shift == value for n, value in values):
                    return True
    return False


def test_where_a_chain_has_no_formula_there_is_none(sizes: Sizes, tally: Tally) -> None:
    """Formulas end where no small numbers give the sizes; further on, none is looked for."""
    r = random.Random(8)
    none = rows = 0
    for _ in range(150):
        report = network(r, [windows, whole_stretching], "2x200")
        found = formulas(report)
        along = sizes.of(report, range(200, 600))
        for row in report.rows[1:]:
            rows += 1
            (formula,), (before,) = found[row.index], found[row.inputs[0]]
            if formula is None:
                none += 1
                values = [(n, size) for n, size in enumerate(along[row.index], 200) if size is not None]
                assert before is None or not fits(values), written(report)
    assert 0 < none < rows / 2
    tally("rows of chains with transposed layers", rows)
    tally("of them without a formula, where none of small numbers fits", none)


def test_small_numbers_are_found() -> None:
    """What is to show that no formula fits finds those that do, and no others."""
    assert fits([(n, 3 * ((n + 2) // 7) - 5) for n in range(50, 200)])
    assert fits([(n, 4) for n in range(50, 200)])
    assert not fits([(n, 3 * n // 2) for n in range(50, 200)])
    assert not fits([(n, 2 * n // 3) for n in range(50, 200)])


def test_formulas_can_be_wrong(sizes: Sizes, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a formula that is broken on purpose, networks differ from inference."""
    right = axis.Window.closed
    monkeypatch.setattr(axis.Window, "closed", lambda self: right(self)._replace(least=1))
    r = random.Random(1)
    assert any(differing(network(r, [windows], "2x400"), sizes) for _ in range(20))


# Published figures, texts, large numbers


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_figures(model: str) -> None:
    """Receptive field, jump and start of published models are those of the publication, on both axes."""
    text, input, expected = PUBLISHED[model]
    report = infer(text, input)
    seen = {
        row.name: axes
        for row, axes in zip(report.rows, receptive_fields(report), strict=True)
        if row.name in expected
    }
    assert seen == {
        name: (Seen(size, (jump, 1), start),) * 2 for name, (size, jump, start) in expected.items()
    }


@pytest.mark.parametrize("name", OURS)
def test_known_figures(name: str) -> None:
    """Networks of the collection see what they are known to see, in the last row of that kind on axes."""
    (path,) = (path for path in NETWORKS if path.stem == name)
    report = infer(path.read_text(encoding="utf-8"))
    kind, expected = OURS[name]
    rows = zip(report.rows, receptive_fields(report), strict=True)
    last = [seen for row, seen in rows if row.kind == kind and len(row.output) == 3][-1]
    assert last == (expected, expected)


@pytest.mark.parametrize(("spec", "input", "text"), TEXTS)
def test_texts(spec: str, input: str, text: str | None) -> None:
    """A formula reads as one would write it."""
    (formula, *_) = formulas(infer(spec, input))[-1]
    assert (formula and formula.text("L")) == text


def test_u_net_takes_every_sixteenth_size() -> None:
    """U-Net's own formula names the sizes that its copies fit."""
    (path,) = (path for path in NETWORKS if path.stem == "unet")
    formula, other = formulas(infer(path.read_text(encoding="utf-8")))[-1]
    assert formula == other
    assert formula is not None
    assert formula.text("H") == "H - 184, for H = 188, 204, 220, ..."


def shown(spec: str, input: str) -> Inference:
    return Inference(infer(spec, input), batch=1, dtype="float32")


def test_columns() -> None:
    """Columns show a value for each axis, jumps as fractions, and nothing where no axis has one."""
    answer = shown(
        "conv k=3x5 s=2x1 p=1x2 out=1; upsample scale=2x3; tconv k=1 s=2x1 p=1x0 out=1; gap; flatten", "1x9x8"
    )
    sheet = answer.sheet(["receptive_field", "jump", "start", "formula"], drawn=False)
    assert sheet.rows == [
        ("1x1", "1x1", "0x0", "H"),
        ("3x5", "2x1", "-1x-2", "floor((H - 3 + 2*1) / 2) + 1; floor((W - 5 + 2*2) / 1) + 1"),
        ("3x5", "1x1/3", "-1x-2", "2 * floor((H + 1) / 2); 3 * W"),
        ("3x5", "1/2x1/3", "-x-2", "4 * floor((H + 1) / 2) - 3; 3 * W"),
        ("9x8", None, "0x0", "1"),
        ("9x8", None, "0x0", None),
    ]


def test_entries() -> None:
    """In JSON whole jumps are numbers, others text, and what is not defined is null."""
    answer = shown("conv k=3 s=3 out=1; upsample scale=2; upsample scale=1.5; add { gap | }; flatten", "1x20")
    keys = ("receptive_field", "jump", "start", "formula")
    assert [tuple(entry[key] for key in keys) for entry in answer.entries()] == [
        ([1], [1], [0], ["L"]),
        ([3], [3], [0], ["floor((L - 3 + 2*0) / 3) + 1"]),
        ([3], ["3/2"], [0], ["2 * floor(L / 3)"]),
        ([3], [1], [0], [None]),
        ([20], [None], [0], [None]),
        ([20], [None], [0], [None]),
        ([20], [None], [0], None),
    ]
    paces = shown(*PACES[0]).entries()[-1]
    assert [paces[key] for key in keys[:3]] == [[None], [None], [None]]


def test_equal_maps_of_two_kinds_are_told_apart() -> None:
    """A convolution and a transposed one of the same numbers, on one tensor, are not the same."""
    both = infer("x:; conv k=3 s=2 out=1; from x; tconv k=3 s=2 out=1", "1x40")
    _, (one,), (two,) = receptive_fields(both)
    assert (one.jump, two.jump) == ((2, 1), (1, 2))
    texts = [formula and formula.text("L") for (formula,) in formulas(both)]
    assert texts == ["L", "floor((L - 3 + 2*0) / 2) + 1", "2 * L + 1"]


HUGE = 10**12

# Networks of hostile numbers, on an input of 10^12 samples.
HOSTILE = [
    f"conv k={HUGE} s={HUGE} p={HUGE} out=1",
    f"tconv k={HUGE} s={HUGE} out=1; conv k={HUGE} s=7 out=1; " * 3,
    "tconv k=4096 s=4096 out=1; " + "conv k=10000 out=1; " * 30,
    "tconv k=1000 s=999 out=1; tconv k=7 s=4 d=3 out=1; " + "conv k=5000 p=2500 out=1; " * 30,
    "upsample scale=2; " * 200,
    "upsample scale=2; maxpool k=3 s=2 p=1; " * 200,
    "upsample scale=1.5; upsample scale=0.7; " * 20,
    "add { conv k=3 s=4099 out=1 | conv k=5 s=4099 p=1 out=1 }; " * 2,
    "add { conv k=3 s=5003 out=1 | conv k=3 s=5003 p=1 out=1; conv k=1 out=1 }; add { | relu }",
    f"concat {{ crop p={HUGE // 4} | conv k={HUGE // 4 + 1} out=1; conv k={HUGE // 4 + 1} out=1 }}",
    f"add {{ gap | upsample size={HUGE}; gap }}; adaptiveavgpool out={HUGE - 1}; conv k=3 out=1",
    "100 * add { | conv k=3 p=1 out=1; conv k=3 p=1 out=1 }",
    "100 * { add { | maxpool k=3 s=1 p=1; relu }; concat { | relu } }",
]


@pytest.mark.parametrize("spec", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_numbers_end(spec: str) -> None:
    """However large the numbers, both walks end, in figures or in null."""
    report = infer(spec, (1, HUGE))
    assert len(receptive_fields(report)) == len(formulas(report)) == len(report.rows)

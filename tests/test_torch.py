"""Differential tests: every kind against the real torch module, in values and in refusals.

The torch side is built here, from the layer's parameters, in torch's own terms and without the layer's help;
what `--check` builds from the layer's calls is compared as well.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convshape import ShapeError, axis, infer
from convshape.analyses.report import Facts
from convshape.layers import KINDS, Layer, Shape
from convshape.layers import values as v

torch = pytest.importorskip("torch", reason="torch is not installed (extra 'torch')")

from torch import nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

Module = Callable[[Any], Any]


# The torch side, kind by kind


def spread(values: Any, rank: int) -> tuple[Any, ...]:
    """One value per axis, as torch's modules take them."""
    if len(values) not in (1, rank):
        raise ValueError("a wrong number of values")
    return tuple(values) * rank if len(values) == 1 else tuple(values)


def of_rank(name: str, rank: int) -> Any:
    return getattr(nn, f"{name}{rank}d")


def flat_pairs(pairs: Any, rank: int, sign: int = 1) -> tuple[int, ...]:
    """(before, after) per axis in the order of F.pad: last axis first."""
    return tuple(sign * x for pair in reversed(spread(pairs, rank)) for x in pair)


def same_pairs(layer: Any, shape: Shape) -> Any:
    """The padding in numbers: a word becomes the least total for which ceil(n / S) windows fit."""
    if not isinstance(layer.padding, str):
        return layer.padding
    rank = len(shape) - 1
    if layer.padding == "valid":
        return ((0, 0),)
    kernel, stride = spread(layer.kernel_size, rank), spread(layer.stride or layer.kernel_size, rank)
    dilation = spread(getattr(layer, "dilation", (1,)), rank)
    pairs = []
    for n, k, s, d in zip(shape[1:], kernel, stride, dilation, strict=True):
        windows = len(range(0, n, s))
        total = next(t for t in itertools.count() if len(range(0, n + t - d * (k - 1), s)) >= windows)
        pairs.append((total // 2, total - total // 2))
    return tuple((b, a) if layer.padding == "same" else (a, b) for b, a in pairs)


def conv(layer: Any, shape: Shape, out: int, groups: int) -> Module:
    rank = len(shape) - 1
    pairs = same_pairs(layer, shape)
    padding = nn.Identity()
    symmetric: Any = 0
    if all(b == a for b, a in pairs):
        symmetric = tuple(b for b, _ in spread(pairs, rank))
    else:
        padding = of_rank("ZeroPad", rank)(flat_pairs(pairs, rank))
    sizes = {"stride": spread(layer.stride, rank), "dilation": spread(layer.dilation, rank)}
    module = of_rank("Conv", rank)(
        shape[0],
        out,
        spread(layer.kernel_size, rank),
        padding=symmetric,
        groups=groups,
        bias=layer.bias,
        **sizes,
    )
    return nn.Sequential(padding, module)


def tconv(layer: Any, shape: Shape) -> Module:
    rank = len(shape) - 1
    pairs = spread(layer.padding, rank)
    common = tuple(min(pair) for pair in pairs)
    module = of_rank("ConvTranspose", rank)(
        shape[0],
        layer.out_channels,
        spread(layer.kernel_size, rank),
        stride=spread(layer.stride, rank),
        padding=common,
        output_padding=spread(layer.output_padding, rank),
        groups=layer.groups,
        bias=layer.bias,
        dilation=spread(layer.dilation, rank),
    )
    rest = [(b - c, a - c) for (b, a), c in zip(pairs, common, strict=True)]
    return nn.Sequential(module, of_rank("ZeroPad", rank)(flat_pairs(rest, rank, -1)))


def pool(name: str, layer: Any, shape: Shape, **more: Any) -> Module:
    rank = len(shape) - 1
    sizes = {
        "kernel_size": spread(layer.kernel_size, rank),
        "stride": spread(layer.stride or layer.kernel_size, rank),
        "ceil_mode": layer.ceil,
        **more,
    }
    pairs = spread(same_pairs(layer, shape), rank)
    judge = of_rank(name, rank)(padding=tuple(max(pair) for pair in pairs), **sizes)
    if all(b == a for b, a in pairs) and not isinstance(layer.padding, str):
        return judge

    def asymmetric(x: Any) -> Any:
        # torch judges padding in numbers, on an input that everything else fits
        isinstance(layer.padding, str) or judge(
            torch.zeros(1, 1, *(10 + 3 * math.prod(layer.kernel_size) for _ in pairs))
        )
        return of_rank(name, rank)(**sizes)(of_rank("ConstantPad", rank)(flat_pairs(pairs, rank), 0.0)(x))

    return asymmetric


def lppool(layer: Any, shape: Shape) -> Module:
    rank = len(shape) - 1
    stride = spread(layer.stride or layer.kernel_size, rank)
    kernel = spread(layer.kernel_size, rank)
    if rank == 1:  # LPPool1d takes no tuples
        (kernel,), (stride,) = kernel, stride
    return of_rank("LPPool", rank)(layer.norm_type, kernel, stride=stride, ceil_mode=layer.ceil)


def upsample(layer: Any, shape: Shape) -> Module:
    rank = len(shape) - 1
    scale = None if layer.scale_factor is None else spread(layer.scale_factor, rank)
    size = None if layer.size is None else spread(layer.size, rank)
    return nn.Upsample(size=size, scale_factor=scale and tuple(map(float, scale)), mode=layer.mode)


def pad(layer: Any, shape: Shape) -> Module:
    rank = len(shape) - 1
    name = {"zeros": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad"}
    name |= {"constant": "ConstantPad", "circular": "CircularPad"}
    if layer.mode != "constant" and layer.value != 0:
        raise ValueError("a value goes with mode=constant")
    value = {"value": layer.value} if layer.mode == "constant" else {}
    return of_rank(name[layer.mode], rank)(flat_pairs(layer.padding, rank), **value)


def learned_factor(layer: Any, shape: Shape) -> Module:
    class Factor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(shape[0], *[1] * (len(shape) - 1)))

        def forward(self, x: Any) -> Any:
            return x * self.weight

    return Factor()


def rank_of(shape: Shape) -> int:
    return len(shape) - 1


BUILDERS: dict[str, Callable[[Any, Shape], Module]] = {
    "conv": lambda x, s: conv(x, s, x.out_channels, x.groups),
    "dwconv": lambda x, s: conv(x, s, s[0] * x.multiplier, s[0]),
    "tconv": tconv,
    "maxpool": lambda x, s: pool("MaxPool", x, s, dilation=spread(x.dilation, rank_of(s))),
    "avgpool": lambda x, s: pool("AvgPool", x, s),
    "lppool": lppool,
    "adaptiveavgpool": lambda x, s: of_rank("AdaptiveAvgPool", rank_of(s))(spread(x.output_size, rank_of(s))),
    "adaptivemaxpool": lambda x, s: of_rank("AdaptiveMaxPool", rank_of(s))(spread(x.output_size, rank_of(s))),
    "gap": lambda x, s: of_rank("AdaptiveAvgPool", rank_of(s))(1),
    "gmp": lambda x, s: of_rank("AdaptiveMaxPool", rank_of(s))(1),
    "bn": lambda x, s: of_rank("BatchNorm", rank_of(s) or 1)(s[0], affine=x.affine),
    "gn": lambda x, s: nn.GroupNorm(x.num_groups, s[0], affine=x.affine),
    "ln": lambda x, s: nn.LayerNorm(s, elementwise_affine=x.affine, bias=x.bias),
    "inorm": lambda x, s: of_rank("InstanceNorm", rank_of(s))(s[0], affine=x.affine),
    "relu": lambda x, s: nn.ReLU(),
    "relu6": lambda x, s: nn.ReLU6(),
    "leakyrelu": lambda x, s: nn.LeakyReLU(),
    "prelu": lambda x, s: nn.PReLU(x.num_parameters),
    "elu": lambda x, s: nn.ELU(),
    "selu": lambda x, s: nn.SELU(),
    "celu": lambda x, s: nn.CELU(),
    "gelu": lambda x, s: nn.GELU(),
    "silu": lambda x, s: nn.SiLU(),
    "mish": lambda x, s: nn.Mish(),
    "tanh": lambda x, s: nn.Tanh(),
    "sigmoid": lambda x, s: nn.Sigmoid(),
    "hardswish": lambda x, s: nn.Hardswish(),
    "hardsigmoid": lambda x, s: nn.Hardsigmoid(),
    "softplus": lambda x, s: nn.Softplus(),
    "softmax": lambda x, s: nn.Softmax(dim=1),
    "logsoftmax": lambda x, s: nn.LogSoftmax(dim=1),
    "identity": lambda x, s: nn.Identity(),
    "dropout": lambda x, s: nn.Dropout(x.probability),
    "upsample": upsample,
    "pad": pad,
    "crop": lambda x, s: of_rank("ZeroPad", rank_of(s))(flat_pairs(x.padding, rank_of(s), -1)),
    "pixelshuffle": lambda x, s: nn.PixelShuffle(x.upscale_factor),
    "pixelunshuffle": lambda x, s: nn.PixelUnshuffle(x.downscale_factor),
    "shuffle": lambda x, s: nn.ChannelShuffle(x.groups),
    "slice": lambda x, s: lambda t: t[:, x.start : x.stop] if (x.stop or 0) <= s[0] else 1 / 0,
    "scale": learned_factor,
    "flatten": lambda x, s: nn.Flatten(),
    "unflatten": lambda x, s: nn.Unflatten(1, x.shape),
    "linear": lambda x, s: nn.Linear(s[0], x.out_features, bias=x.bias),
}
MERGES: dict[str, Callable[[list[Any]], Any]] = {
    "add": lambda xs: sum(xs[1:], xs[0]),
    "mul": lambda xs: math.prod(xs[1:], start=xs[0]),
    "concat": lambda xs: torch.cat(xs, dim=1),
}

# What convshape asks more of an input than torch does, and why.
STRICTER: dict[str, Callable[[Any, Shape], bool]] = {
    # torch.nn.Linear works on the last axis of anything; in a network that is a forgotten flatten.
    "linear": lambda x, s: len(s) > 1,
    "unflatten": lambda x, s: len(s) > 1,
    # torch takes (N, C, L) for an image without a batch.
    "pixelshuffle": lambda x, s: len(s) != 3,
    "pixelunshuffle": lambda x, s: len(s) != 3,
    # A (1, C) input is an unbatched (C, L) to torch.
    "inorm": lambda x, s: len(s) == 1,
}


class Answer(NamedTuple):
    """What one side says: nothing where it refuses."""

    output: Shape
    tensors: dict[str, Shape]
    macs: int | None


def theirs(layer: Any, shape: Shape, *, macs: bool = False) -> Answer | None:
    """What the real torch module makes of an input; None where torch refuses, or nothing would be left."""
    try:
        module = BUILDERS[layer.kind](layer, shape)
        if isinstance(module, nn.Module):
            module.eval()
        with torch.no_grad():
            if macs:
                with FlopCounterMode(display=False) as counter:
                    output = module(torch.zeros(1, *shape))
                flops: int | None = counter.get_total_flops()
            else:
                output, flops = module(torch.zeros(1, *shape)), None
    except (RuntimeError, ValueError, IndexError, TypeError, AttributeError, ZeroDivisionError):
        return None
    if 0 in output.shape:
        return None
    named = module.named_parameters() if isinstance(module, nn.Module) else ()
    tensors = {name.rpartition(".")[2]: tuple(p.shape) for name, p in named}
    return Answer(tuple(output.shape[1:]), tensors, None if flops is None else flops // 2)


def ours(layer: Layer, shape: Shape, *, macs: bool = False) -> Answer | None:
    try:
        facts = Facts.of(layer, (shape,))
    except ShapeError:
        return None
    return Answer(facts.output, facts.tensors, facts.macs if macs else None)


def disagreement(layer: Any, shape: Shape, *, macs: bool = False) -> str | None:
    """What the two sides say differently of a layer, if anything."""
    if STRICTER.get(layer.kind, lambda x, s: False)(layer, shape):
        return None if ours(layer, shape) is None else f"{layer.spec()} on {shape} is to be refused"
    one, two = ours(layer, shape, macs=macs), theirs(layer, shape, macs=macs)
    return None if one == two else f"{layer.spec()} on {shape}: convshape {one}, torch {two}"


def symmetric(padding: Any) -> bool:
    return not isinstance(padding, str) and all(before == after for before, after in padding)


# Grids: every combination, on one axis


def grid(kind: str) -> Iterator[tuple[Layer, Shape]]:
    """Every small layer of a kind that slides a window, on every size from 1."""
    cls = KINDS[kind]
    names = [p.name for p in cls.params]
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 0), (2, 1)]
    choices: dict[str, list[Any]] = {"kernel_size": [1, 2, 3, 4], "stride": [1, 2, 3]}
    if "padding" in names:
        choices["padding"] = [(pair,) for pair in pairs]
    if "dilation" in names:
        choices["dilation"] = [1, 2]
    if "output_padding" in names:
        choices["output_padding"] = [0, 1, 2]
    if "ceil" in names:
        choices["ceil"] = [False, True]
    fixed = {"out_channels": 2} if "out_channels" in names else {}
    for values in itertools.product(*choices.values()):
        layer = cls(**dict(zip(choices, values, strict=True)), **fixed)
        if getattr(layer, "ceil", False) and not symmetric(getattr(layer, "padding", ())):
            continue  # torch cannot say it; tests/test_window.py counts the windows one by one
        for size in range(1, 9):
            yield layer, (2, size)


SLIDING = ["conv", "dwconv", "tconv", "maxpool", "avgpool", "lppool"]


@pytest.mark.parametrize("kind", SLIDING)
def test_grid(kind: str, tally: Callable[[str, int], None]) -> None:
    """On one axis, every small window gives torch's size or torch's refusal, and torch's parameters."""
    cases = list(grid(kind))
    found = [text for layer, shape in cases if (text := disagreement(layer, shape))]
    tally("layers compared with torch, no disagreement", len(cases))
    assert found == []


# Random layers of every kind, of every rank


def axes(element: Any, rank: int) -> Any:
    """One value, one per axis, or now and then a wrong number of them."""
    counts = st.sampled_from([1, 1, max(rank, 1), max(rank, 1), 2])
    return counts.flatmap(lambda n: st.tuples(*[element] * n))


def value_strategy(p: Any, rank: int, channels: int) -> Any:
    """Values of one declared parameter, small and mostly fitting."""
    value = p.value
    numbers = st.sampled_from([1, 2, 3, 4, channels])
    strategies: dict[type, Any] = {
        v.Whole: numbers if value == v.Whole() else st.integers(0, 6),
        v.PerAxis: axes(st.integers(0, 2) if value == v.PerAxis(0) else st.integers(1, 4), rank),
        v.Pairs: axes(st.tuples(st.integers(0, 3), st.integers(0, 3)), rank),
        v.PaddingValue: axes(st.integers(0, 2).map(lambda n: (n, n)), rank)
        | axes(st.tuples(st.integers(0, 2), st.integers(0, 2)), rank)
        | st.sampled_from(["same", "same-lower", "valid"]),
        v.YesNo: st.booleans(),
        v.OneOf: st.sampled_from(getattr(value, "words", ("",))),
        v.Number: st.sampled_from([0, 0.5, 1]) if value == v.Number(0, 1) else st.sampled_from([1, 2, 3]),
        v.Factors: axes(st.sampled_from([1, 2, 3, 0.5, 0.7, 1.1, 1.5, 0.29]), rank),
        v.ShapeValue: st.sampled_from([(4, 3), (2, 3, 2), (12,), (5, 2)]),
    }
    return strategies[type(value)]


@st.composite
def layers_and_shapes(draw: Any, kind: str) -> tuple[Layer, Shape]:
    cls = KINDS[kind]
    rank = draw(st.sampled_from([1, 1, 2, 2, 2, 3, 0]))
    shape = (draw(st.sampled_from([1, 2, 4, 6, 12])), *(draw(st.integers(1, 7)) for _ in range(rank)))
    values = {}
    for p in cls.params:
        if p.name.startswith("in_"):
            continue
        if p.required or draw(st.booleans()):
            values[p.name] = draw(value_strategy(p, rank, shape[0]))
    if kind == "tconv" and isinstance(values.get("padding"), str):
        values["padding"] = ((0, 0),)  # TensorFlow's rule; torch has none
    if values.get("ceil") and not symmetric(values.get("padding", ())):
        values["ceil"] = False  # torch cannot say it; tests/test_window.py counts the windows one by one
    return cls(**values), shape


@pytest.mark.parametrize("kind", [kind for kind, cls in KINDS.items() if not cls.merges])
def test_random_layers(kind: str, tally: Callable[[str, int], None]) -> None:
    """Layers of every kind and rank agree with torch in values and refusals; convolutions in MACs too."""
    count = 0

    @settings(max_examples=300 if KINDS[kind].params else 30, deadline=None)
    @given(case=layers_and_shapes(kind))
    def compare(case: tuple[Layer, Shape]) -> None:
        nonlocal count
        count += 1
        assert disagreement(*case, macs=True) is None

    compare()
    tally("layers compared with torch, no disagreement", count)


@pytest.mark.parametrize("kind", [kind for kind, cls in KINDS.items() if cls.merges])
def test_merges(kind: str, tally: Callable[[str, int], None]) -> None:
    """Merges of two or three tensors agree with torch's broadcasting and torch.cat."""
    randomness = random.Random(1)
    count = 0
    for _ in range(2000):
        rank = randomness.choice([0, 1, 2, 3])
        shapes = [
            tuple(randomness.choice([1, 2, 3]) for _ in range(1 + rank))
            for _ in range(randomness.choice([2, 3]))
        ]
        try:
            expected = tuple(MERGES[kind]([torch.zeros(1, *shape) for shape in shapes]).shape[1:])
        except RuntimeError:
            expected = None
        try:
            found = Facts.of(KINDS[kind](), tuple(shapes)).output
        except ShapeError:
            found = None
        assert found == expected, shapes
        count += 1
    tally("layers compared with torch, no disagreement", count)


def test_every_kind_has_a_torch_side() -> None:
    """A new kind without an oracle fails."""
    assert set(BUILDERS) | set(MERGES) == set(KINDS)


# The oracle can fail


@pytest.mark.parametrize(
    "broken",
    [
        lambda self, n: (n + self.before + self.after - self.extent) // self.stride + 2,
        lambda self, n: int((n + self.before + self.after - self.extent) / self.stride) + 1,
        lambda self, n: -(-(n + self.before + self.after - self.extent) // self.stride) + 1,
        lambda self, n: (n + self.before + self.after - self.kernel_size) // self.stride + 1,
    ],
    ids=["one too many", "cut towards zero", "always rounded up", "dilation forgotten"],
)
def test_a_broken_formula_is_seen(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that is broken on purpose makes the grid fail."""
    monkeypatch.setattr(axis.Window, "output_size", broken)
    assert any(disagreement(layer, shape) for layer, shape in grid("conv"))


# Traps that others fell into

TRAPS = [
    ("conv k=5 s=3 out=1", (1, 3), None),  # not 1, not 0
    ("maxpool k=4 s=4 p=2 ceil=yes", (1, 9), (1, 3)),
    ("maxpool k=1 s=2 ceil=yes", (1, 12), (1, 6)),
    ("maxpool k=3 s=4 ceil=yes", (1, 8, 10), (1, 2, 3)),
    ("maxpool k=3 s=3 p=1 ceil=yes", (1, 3, 6, 5), (1, 2, 3, 2)),
    ("maxpool k=5 s=3 ceil=yes", (1, 3), (1, 1)),
    ("conv k=3 s=2 p=same out=1", (1, 5), (1, 3)),
    ("conv k=3 s=2 p=same out=1", (1, 6), (1, 3)),
    ("tconv k=2 s=3 out=1", (1, 4), (1, 11)),
    ("tconv k=3 g=2 out=4", (6, 5, 5), (4, 7, 7)),
    ("prelu n=3", (6, 5), None),
    ("gn g=4", (6, 5), None),
    ("inorm affine=yes", (6, 1, 1), None),
    ("upsample scale=0.29", (1, 100), (1, 28)),
    ("maxpool k=2 p=2", (1, 9), None),
]


@pytest.mark.parametrize(("spec", "shape", "output"), TRAPS)
def test_traps(spec: str, shape: Shape, output: Shape | None) -> None:
    """Known traps, each as torch answers it."""
    if output is None:
        with pytest.raises(ShapeError):
            infer(spec, shape)
    else:
        assert infer(spec, shape).output == output
    node = infer("identity; " + spec, shape).network.ops[1] if output else None
    if node is not None:
        assert disagreement(node.layer, shape) is None


@pytest.mark.parametrize(("size", "pair"), [(5, (1, 1)), (6, (0, 1))])
def test_same_at_stride_2(size: int, pair: tuple[int, int]) -> None:
    """SAME at stride 2 pads 5 on both sides and 6 after it alone."""
    axis = infer("conv k=3 s=2 p=same out=1", (1, size)).rows[1].op.layer.maps_at((1, size))[0]
    assert (axis.before, axis.after) == pair


def test_grouped_transposed_convolution_divides_once() -> None:
    """Its weight is (in, out / groups, k), as torch's is."""
    assert infer("tconv k=3 g=2 out=4", "6x5").rows[1].facts.tensors["weight"] == (6, 2, 3)

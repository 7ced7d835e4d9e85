"""Receptive fields along one axis, against sets of samples that are traced one by one."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from convshape.axis import Adaptive, AxisMap, Resize, Restricted, Same, TransposedWindow, Window
from convshape.axis.field import IDENTITY, WHOLE, Ends, Field, union

Traced = Callable[[int], frozenset[int]]
"""The input samples that an output sample is made of."""

# Maps in a row, with the field that the last output has: its size, the jump and the start.
CHAINS: list[tuple[list[AxisMap], int | None, tuple[int, int], int | None]] = [
    ([], 1, (1, 1), 0),
    ([Window(3, before=1, after=1)], 3, (1, 1), -1),
    ([Window(3, stride=2, dilation=4, before=2)], 9, (2, 1), -2),
    ([Window(7, stride=2, before=3), Window(3, stride=2, before=1)], 11, (4, 1), -5),
    ([Window(1, before=-3, after=-3), Window(2, stride=2)], 2, (2, 1), 3),
    ([Same(Window(3, stride=2)).at(6)], 3, (2, 1), 0),
    ([Same(Window(3, stride=2)).at(5)], 3, (2, 1), -1),
    ([TransposedWindow(2, stride=2)], 1, (1, 2), 0),
    ([TransposedWindow(3, stride=2)], 2, (1, 2), -1),
    ([TransposedWindow(3, stride=2, before=1)], 2, (1, 2), 0),
    ([TransposedWindow(1, stride=2, before=1)], 1, (1, 2), None),
    ([TransposedWindow(1, stride=3), Window(2)], 1, (1, 3), 0),
    ([TransposedWindow(1, stride=3), Window(4)], 2, (1, 3), 0),
    ([Window(2, stride=2), TransposedWindow(2, stride=2)], 2, (1, 1), 0),
    ([Resize(2), Window(3, before=1)], 2, (1, 2), -1),
    ([Resize(1.5)], 1, (2, 3), 0),
    ([Resize(0.5)], 1, (2, 1), 0),
    ([Resize(0.5, reach=0)], 1, (2, 1), 1),
    ([Resize(2, reach=2)], 2, (1, 2), -1),
    ([Resize(2, reach=4)], 4, (1, 2), -2),
    ([Resize(3, reach=2)], 2, (1, 3), -1),
    ([Adaptive(6).at(6)], 1, (1, 1), 0),
    ([Adaptive(7).at(14), Window(3, before=1)], 6, (2, 1), -2),
    ([Adaptive(4).at(10)], 3, (5, 2), 0),
    ([Adaptive(4, reach=2).at(2)], 2, (1, 2), -1),
]

# torch's modules that fill an axis in, as a map of `size` samples.
FILLED: dict[str, tuple[str, dict[str, Any], Callable[[int], AxisMap]]] = {
    **{
        f"{mode}-{factor}": (
            "Upsample",
            {"scale_factor": factor, "mode": mode},
            lambda size, factor=factor, reach=reach: Resize(factor, reach),
        )
        for factor in (1, 2, 3, 5, 0.5, 0.25, 1.5, 2.5, 0.4)
        for mode, reach in (("nearest", 1), ("nearest-exact", 0), ("linear", 2))
    },
    **{
        f"{mode}-to-{outputs}": (
            "Upsample",
            {"size": outputs, "mode": mode},
            lambda size, outputs=outputs, reach=reach: Adaptive(outputs, reach).at(size),
        )
        for outputs in (1, 5, 7, 40, 60, 100, 120)
        for mode, reach in (("nearest", 1), ("nearest-exact", 0), ("linear", 2))
    },
    **{
        f"pool-to-{outputs}": (
            "AdaptiveAvgPool1d",
            {"output_size": outputs},
            lambda size, outputs=outputs: Adaptive(outputs).at(size),
        )
        for outputs in (2, 3, 7, 40, 60, 64)
    },
}


@pytest.fixture
def torch() -> Any:
    """The real torch."""
    return pytest.importorskip("torch", reason="torch is not installed (extra 'torch')")


def of_chain(maps: list[AxisMap]) -> Field | None:
    """The field behind maps in a row."""
    field: Field | None = IDENTITY
    for axis in maps:
        field = field and field.through(axis)
    return field


def traced(maps: list[AxisMap]) -> Traced:
    """The same sample by sample, from the last map back to the input."""

    @cache
    def samples(index: int, depth: int) -> frozenset[int]:
        if depth == 0:
            return frozenset([index])
        taps = maps[depth - 1].taps(index)
        assert taps is not None
        return frozenset().union(*(samples(tap, depth - 1) for tap in taps))

    return lambda index: samples(index, len(maps))


def hull(samples: frozenset[int]) -> Ends | None:
    return (min(samples), max(samples)) if samples else None


def random_map(r: random.Random) -> AxisMap:
    """Any map of small numbers."""
    window = Window(
        r.randint(1, 4), r.choice([1, 1, 2, 3]), r.choice([1, 1, 2, 3]), r.randint(-2, 3), r.randint(0, 3)
    )
    transposed = TransposedWindow(
        r.randint(1, 5), r.randint(1, 4), r.choice([1, 1, 2, 3]), r.randint(0, 3), 0, r.choice([0, 0, 1])
    )
    resized = Resize(r.choice([2, 2, 3, 0.5, 1.5, 0.75]), r.choice([0, 1, 1, 2, 4]))
    adaptive = Adaptive(r.randint(2, 9), r.choice([None, None, 0, 1, 2])).at(r.randint(2, 12))
    return r.choice([window, window, window, transposed, transposed, resized, adaptive])


def random_chain(r: random.Random) -> list[AxisMap]:
    return [random_map(r) for _ in range(r.randint(1, 5))]


def wrong(field: Field, samples: Traced, outputs: range) -> list[int]:
    """The outputs of which the field is not what is traced."""
    return [index for index in outputs if field.of(index) != hull(samples(index))]


@pytest.mark.parametrize(("maps", "size", "jump", "start"), CHAINS)
def test_chains(maps: list[AxisMap], size: int | None, jump: tuple[int, int], start: int | None) -> None:
    """Size, jump and start of chains that can be worked out by hand."""
    field = of_chain(maps)
    assert field is not None
    assert (field.size, field.jump, field.start) == (size, jump, start)


def test_random_chains(tally: Callable[[str, int], None]) -> None:
    """Behind every chain, each output sees from the first to the last sample that is traced back from it."""
    r = random.Random(1)
    known = 0
    for _ in range(1500):
        maps = random_chain(r)
        field = of_chain(maps)
        if field is None:
            continue
        known += 1
        outputs = range(-7, min(len(field.phases), 60) + 7)
        assert wrong(field, traced(maps), outputs) == [], maps
    assert known > 1400
    tally("chains of axis maps whose fields were traced sample by sample", known)


def test_random_unions(tally: Callable[[str, int], None]) -> None:
    """What branches merge into sees what any of them sees, where they move alike; else it is not defined."""
    r = random.Random(2)
    alike = 0
    while alike < 150:
        chains = [random_chain(r) for _ in range(r.randint(2, 3))]
        fields = [of_chain(maps) for maps in chains]
        together = union(fields)
        jumps = {Fraction(*field.jump) for field in fields if field is not None}
        if None in fields or len(jumps) > 1:
            assert together is None
            continue
        if together is None:
            continue
        alike += 1
        each = [traced(maps) for maps in chains]
        samples: Traced = lambda index, each=each: frozenset().union(*(one(index) for one in each))  # noqa: E731
        assert wrong(together, samples, range(-7, min(len(together.phases), 60) + 7)) == [], chains
    tally("unions of fields traced sample by sample", alike)


@pytest.mark.parametrize("broken", [Window, TransposedWindow, Resize])
def test_the_trace_can_fail(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the advance of one map wrong, the fields differ from what is traced."""
    right = broken.advance
    monkeypatch.setattr(broken, "advance", lambda self: (right(self)[0], right(self)[1] + 1))
    r = random.Random(1)
    chains = [random_chain(r) for _ in range(200)]
    fields = [(maps, of_chain(maps)) for maps in chains]
    assert any(wrong(field, traced(maps), range(-7, 40)) for maps, field in fields if field is not None)


@pytest.mark.parametrize("name", FILLED)
def test_what_torch_fills_in(name: str, torch: Any, tally: Callable[[str, int], None]) -> None:
    """Upsampling and adaptive pooling take their samples from where the gradient of torch's module goes."""
    module, arguments, axis_of = FILLED[name]
    size = 60
    axis = axis_of(size)
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    (outputs,) = getattr(torch.nn, module)(**arguments)(x)[0]
    for index, output in enumerate(outputs):
        (gradient,) = torch.autograd.grad(output, x, retain_graph=True)
        expected = [n for n, g in enumerate(gradient[0, 0].tolist()) if abs(g) > 1e-9]
        taps = axis.taps(index)
        # Beyond the border torch takes the sample at the border.
        clipped = range(size) if taps is None else sorted({min(max(tap, 0), size - 1) for tap in taps})
        assert list(clipped) == expected, index
    tally("outputs of torch's upsampling and adaptive pooling traced by gradient", len(outputs))


def test_the_whole_input_is_seen_from_there_on() -> None:
    """Nothing that follows a global pool sees less, and neither does what it is merged into."""
    assert IDENTITY.through(Adaptive(1).at(50)) == WHOLE
    assert IDENTITY.through(Adaptive(1)) == WHOLE
    assert WHOLE.through(Window(3)) == WHOLE
    assert union([WHOLE, IDENTITY]) == WHOLE
    assert union([None, WHOLE]) == WHOLE
    assert union([None, IDENTITY]) is None
    assert (WHOLE.size, WHOLE.start) == (None, None)


def test_a_map_with_refusals_has_the_field_of_its_window() -> None:
    """Which sizes are taken is no matter of what is seen."""
    window = Window(3, stride=3, before=2)
    restricted = Restricted(window, least=5)  # no size is asked for, and none refused
    assert IDENTITY.through(restricted) == IDENTITY.through(window)


HUGE = 10**12


@pytest.mark.parametrize(
    "maps",
    [
        [Window(HUGE, HUGE, HUGE, HUGE)] * 50,
        [TransposedWindow(HUGE, HUGE), Window(HUGE)] * 50,
        [TransposedWindow(HUGE, 64, 63), Window(HUGE, 63)] * 20,
        [TransposedWindow(4096, 4096), Window(10_000)] + [Window(HUGE)] * 20,
        [TransposedWindow(1000, 999), TransposedWindow(7, 4, 3)] + [Window(5000)] * 20,
        [Resize(2)] * 1000,
        [Resize(2), Resize(0.5)] * 1000,
        [Resize(1.000001), Window(HUGE)] * 20,
        [Resize(1e-300), Resize(1e300, reach=4)] * 20,
        [Resize(HUGE - 1, reach=2), Window(HUGE, HUGE)] * 20,
        [Adaptive(HUGE - 1).at(10**40), Adaptive(7).at(HUGE - 1)] * 20,
        [Adaptive(7, reach=4).at(10**40), Window(3)] * 20,
    ],
    ids=range(12),
)
def test_hostile_numbers_end(maps: list[AxisMap]) -> None:
    """Fields that do not repeat soon are given up, and the others are kept as what repeats alone."""
    field = of_chain(maps)
    assert field is None or len(field.phases) <= 4096

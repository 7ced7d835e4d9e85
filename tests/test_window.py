"""The arithmetic of one axis, against windows that are laid out cell by cell.

The oracle below knows no formula: it builds a padded axis of labelled cells, slides the kernel along it and
counts.  Every question is asked of every small configuration, and again of larger ones drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import count, product, takewhile
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convshape.axis import (
    IDENTITY,
    LARGEST,
    Adaptive,
    Resize,
    Restricted,
    Same,
    TransposedWindow,
    Window,
    split,
)
from convshape.errors import ShapeError
from convshape.layers import KINDS, parameter

HUGE = LARGEST
BEFORE, AFTER, BEYOND = "before", "after", "beyond"

larger = settings(max_examples=200, deadline=None)
"""For configurations that are drawn: enough of them, and no clock."""


# The oracle: cells and windows, laid out


def padded(size: int, before: int, after: int) -> list[Any]:
    """The cells of a padded axis in order: a word for a cell of padding, a number for one of the input."""
    cells: list[Any] = list(range(size))
    cells = [BEFORE] * before + cells if before >= 0 else cells[-before:]
    return cells + [AFTER] * after if after >= 0 else cells[:after]


def slide(cells: list[Any], kernel_size: int, stride: int, dilation: int, ceil: bool) -> list[list[Any]]:
    """The cells that each window touches, window by window.

    With `ceil` a window may hang over the end by less than a stride, but one that starts behind the input
    is dropped (torch's MaxPool2d page; ONNX MaxPool and AveragePool).
    """
    if ceil:
        cells = cells + [BEYOND] * (stride - 1)
    windows = []
    start = 0
    while start < len(cells):
        touched = [start + dilation * tap for tap in range(kernel_size)]
        if touched[-1] < len(cells):
            windows.append([cells[place] for place in touched])
        start += stride
    return [w for w in windows if w[0] not in (AFTER, BEYOND)] if ceil else windows


def laid_out(window: Window, size: int) -> list[list[Any]]:
    """The windows of one configuration."""
    cells = padded(size, window.before, window.after)
    return slide(cells, window.kernel_size, window.stride, window.dilation, window.ceil)


@cache
def counted(window: Window, size: int) -> int | None:
    """How many windows there are, or None where none fits."""
    return len(laid_out(window, size)) or None


def missed(window: Window, size: int) -> int | None:
    """How many of the cells that are left of the input lie behind the end of the last window."""
    windows = laid_out(window, size)
    if not windows:
        return None
    cells = padded(size, window.before, window.after)
    last = (len(windows) - 1) * window.stride + window.dilation * (window.kernel_size - 1)
    return sum(isinstance(cell, int) for cell in cells[last + 1 :])


def scattered(window: TransposedWindow, size: int) -> int | None:
    """The length of the axis onto which each input cell adds a kernel, after the cut; None if it is none."""
    reached: set[int] = set()
    for cell in range(size):
        reached.update(cell * window.stride + window.dilation * tap for tap in range(window.kernel_size))
    line = list(range(max(reached) + 1)) + ["added"] * window.output_padding
    return len(line[window.before :][: -window.after or None]) or None


def stretched(factor: float, size: int) -> int | None:
    """How many whole samples fit into a stretched axis, counted one by one; None if not even one does."""
    length = Fraction(size * factor)  # the rounding of the product is part of the definition
    return sum(1 for _ in takewhile(lambda sample: sample <= length, count(1))) or None


# Configurations and the questions asked of them


def answer(question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The answer, with None for a refusal and a list for a range."""
    try:
        found = question(*arguments, **options)
    except ShapeError:
        return None
    return list(found) if isinstance(found, range) else found


def reaches_too_far(window: Window) -> bool:
    """Whether the padding after the input is longer than the kernel, which no pool accepts.

    With `ceil` several windows would start in it; see `test_what_rounds_up_refuses_such_padding`.
    """
    return window.ceil and window.after > window.dilation * (window.kernel_size - 1) + 1


def windows(cls: type[Window], *, most: int = 3) -> Iterator[Window]:
    """Every small window, padded by up to `most` samples on each side."""
    sides = range(most + 1)
    for k, s, d, b, a, ceil in product(range(1, 6), range(1, 5), range(1, 4), sides, sides, (False, True)):
        window = cls(k, s, d, b, a, ceil)
        if not reaches_too_far(window):
            yield window


def bare(cls: type[Window]) -> Iterator[Window]:
    return windows(cls, most=0)


def transposed(cls: type[TransposedWindow]) -> Iterator[TransposedWindow]:
    """Every small transposed window."""
    for k, s, d, b, a in product(range(1, 6), range(1, 5), range(1, 4), range(4), range(4)):
        for added in range(max(s, d)):
            yield cls(k, s, d, b, a, added)


class Mismatch(NamedTuple):
    """A configuration in which the program and the oracle disagree."""

    case: Any
    found: Any
    expected: Any


Sweep = Iterator[Mismatch]
SIZES = range(1, 15)


def output_sizes(cls: type[Window]) -> Sweep:
    for window, size in product(windows(cls), SIZES):
        found, expected = answer(window.output_size, size), counted(Window(*window), size)
        if found != expected:
            yield Mismatch((window, size), found, expected)


def crops(cls: type[Window]) -> Sweep:
    """Negative padding takes cells away; it may leave nothing."""
    for k, s, before, after, size in product((1, 2, 3), (1, 2), range(4), range(4), SIZES):
        window = cls(k, s, before=-before, after=-after)
        found = answer(window.output_size, size), answer(window.unused, size)
        expected = counted(Window(*window), size), missed(Window(*window), size)
        if found != expected:
            yield Mismatch((window, size), found, expected)


def unused(cls: type[Window]) -> Sweep:
    for window, size in product(windows(cls), SIZES):
        found, expected = answer(window.unused, size), missed(Window(*window), size)
        if found != expected:
            yield Mismatch((window, size), found, expected)


def inverses(window: Any, sizes: list[int | None], wanted_sizes: range) -> Sweep:
    """Where the input sizes of an output size are not those, from 1 on, whose outputs of `sizes` have it."""
    for wanted in wanted_sizes:
        expected = [size for size, found in enumerate(sizes, 1) if found == wanted]
        found = answer(window.input_sizes, wanted)
        if found != expected:
            yield Mismatch((window, wanted), found, expected)


def input_sizes(cls: type[Window]) -> Sweep:
    for window in windows(cls, most=2):
        sizes = [counted(Window(*window), size) for size in range(1, 41)]
        yield from inverses(window, sizes, range(1, 7))


def paddings(cls: type[Window]) -> Sweep:
    """The totals, shared out with the odd sample after the input, that give a wanted size."""
    for window, size in product(bare(cls), SIZES):
        candidates = []
        for total in range(41):
            padding = Window(*window)._replace(before=total // 2, after=total - total // 2)
            if not reaches_too_far(padding):
                candidates.append((total, counted(padding, size)))
        for wanted in range(1, 7):
            expected = [total for total, found in candidates if found == wanted]
            possible = {total for total, _ in candidates}
            found = [total for total in answer(window.paddings, size, wanted) if total in possible]
            if found != expected:
                yield Mismatch((window, size, wanted), found, expected)


def same(cls: type[Window]) -> Sweep:
    """The smallest total for which one window fits per stride begun; the odd sample after, or before."""
    for window, size, lower in product(bare(cls), SIZES, (False, True)):
        wanted = len(range(0, size, window.stride))
        total = next(
            total
            for total in range(100)
            if counted(Window(*window)._replace(after=total, ceil=False), size) == wanted
        )
        odd = total % 2
        half = (total - odd) // 2
        expected = (half + odd, half, wanted) if lower else (half, half + odd, wanted)
        chosen = window.same(size, lower=lower)
        found = chosen.before, chosen.after, answer(chosen.output_size, size)
        if found != expected or chosen[:3] != window[:3]:
            yield Mismatch((window, size, lower), found, expected)


def keeping(cls: type[Window]) -> Sweep:
    """The smallest total with which every size up to 50 comes out as it went in."""
    for window in bare(cls):
        expected = None
        for total in reversed(range(20)):
            padding = Window(*window)._replace(before=total // 2, after=total - total // 2)
            if all(counted(padding, size) == size for size in range(1, 51)):
                expected = total
        found = window.keeping()
        if found != expected:
            yield Mismatch(window, found, expected)


def transposed_output_sizes(cls: type[TransposedWindow]) -> Sweep:
    for window, size in product(transposed(cls), range(1, 9)):
        found, expected = answer(window.output_size, size), scattered(TransposedWindow(*window), size)
        if found != expected or window.unused(size) != 0:
            yield Mismatch((window, size), found, expected)


def transposed_input_sizes(cls: type[TransposedWindow]) -> Sweep:
    for window in transposed(cls):
        if window.before == window.after:
            sizes = [scattered(TransposedWindow(*window), size) for size in range(1, 20)]
            yield from inverses(window, sizes, range(1, 11))


def transposed_paddings(cls: type[TransposedWindow]) -> Sweep:
    for window, size in product(transposed(cls), range(1, 5)):
        if window.before == window.after == 0:
            cut = [
                scattered(TransposedWindow(*window)._replace(before=total // 2, after=-(-total // 2)), size)
                for total in range(40)
            ]
            for wanted in range(1, 20):
                expected = [total for total, found in enumerate(cut) if found == wanted]
                found = answer(window.paddings, size, wanted)
                if found != expected:
                    yield Mismatch((window, size, wanted), found, expected)


def transposed_same(cls: type[TransposedWindow]) -> Sweep:
    """The cut after which the output is the input times the stride, or a refusal where it is too short."""
    for window, size, lower in product(transposed(cls), range(1, 9), (False, True)):
        if window.before == window.after == 0:
            whole = scattered(TransposedWindow(*window), size) or 0
            total = whole - sum(window.stride for _ in range(size))
            odd = total % 2
            half = (total - odd) // 2
            expected = None if total < 0 else (half + odd, half) if lower else (half, half + odd)
            found = answer(window.same, size, lower=lower)
            if (found and (found.before, found.after)) != expected:
                yield Mismatch((window, size, lower), found, expected)


def transposed_keeping(cls: type[TransposedWindow]) -> Sweep:
    for window in transposed(cls):
        if window.before == window.after == 0:
            expected = None
            for total in range(20):
                cut = TransposedWindow(*window)._replace(after=total)
                if all(scattered(cut, size) == size for size in range(1, 51)):
                    expected = total
            found = window.keeping()
            if found != expected:
                yield Mismatch(window, found, expected)


def formula(axis: Any, size: int) -> int | None:
    """What the closed formula of a map gives."""
    closed = axis.closed()
    return closed.value(size) if closed.accepts(size) else None


def closed(cls: type[Window]) -> Sweep:
    """The formula of a map gives what is counted, and takes the sizes that are taken."""
    cropping = (cls(k, s, 1, -b, -a) for k, s, b, a in product((1, 3), (1, 2), range(3), range(3)))
    for window in (*windows(cls), *cropping):
        for size in SIZES:
            found, expected = formula(window, size), counted(Window(*window), size)
            if found != expected:
                yield Mismatch((window, size), found, expected)


def transposed_closed(cls: type[TransposedWindow]) -> Sweep:
    for window, size in product(transposed(cls), range(1, 9)):
        found, expected = formula(window, size), scattered(TransposedWindow(*window), size)
        if found != expected:
            yield Mismatch((window, size), found, expected)


def taps(cls: type[Window]) -> Sweep:
    """The input cells that each window touches, and where the next window is."""
    for window, size in product(windows(cls, most=2), (5, 9)):
        step, shift = window.advance()
        for index, cells in enumerate(laid_out(Window(*window), size)):
            reached = window.taps(index)
            found = [cell for cell in reached if 0 <= cell < size]
            expected = [cell for cell in cells if isinstance(cell, int)]
            further = [cell + shift for cell in reached]
            if found != expected or list(window.taps(index + step)) != further:
                yield Mismatch((window, size, index), found, expected)


def transposed_taps(cls: type[TransposedWindow]) -> Sweep:
    """The input cells that reach each output sample."""
    size = 6
    for window in transposed(cls):
        step, shift = window.advance()
        for index in range(scattered(TransposedWindow(*window), size) or 0):
            reached = window.taps(index)
            found = [cell for cell in reached if 0 <= cell < size]
            expected = [
                cell
                for cell in range(size)
                for tap in range(window.kernel_size)
                if cell * window.stride + window.dilation * tap == index + window.before
            ]
            further = [cell + shift for cell in reached]
            if found != expected or list(window.taps(index + step)) != further:
                yield Mismatch((window, index), found, expected)


def in_a_row(cls: type[Window]) -> Sweep:
    """Two windows in a row give what their joint window gives, for every size that the first one takes."""
    small = [cls(*sizes) for sizes in product((1, 2, 3), (1, 2, 3), (1, 2), (0, 1), (0, 2))]
    for first, second in product(small, small):
        joint = first.then(second)
        for size in range(1, 12):
            between = counted(Window(*first), size)
            if between is not None:
                found = None if joint is None else answer(joint.output_size, size)
                expected = counted(Window(*second), between)
                if found != expected:
                    yield Mismatch((first, second, size), found, expected)


def same_maps(cls: type[Same]) -> Sweep:
    """SAME as a map of its own: every answer is that of the padding which the size needs."""
    for window, lower in product(bare(Window), (False, True)):
        axis = cls(window, lower)
        sizes = [len(range(0, size, window.stride)) for size in range(1, 41)]
        for size in SIZES:
            chosen = window.same(size, lower=lower)
            found = axis.at(size), axis.output_size(size), axis.unused(size), formula(axis, size)
            expected = chosen, sizes[size - 1], missed(chosen, size), sizes[size - 1]
            if found != expected:
                yield Mismatch((axis, size), found, expected)
        for wanted in range(1, 7):
            expected_sizes = [size for size, outputs in enumerate(sizes, 1) if outputs == wanted]
            if answer(axis.input_sizes, wanted) != expected_sizes:
                yield Mismatch((axis, wanted), axis.input_sizes(wanted), expected_sizes)


def restricted(cls: type[Restricted]) -> Sweep:
    """A window that takes some sizes alone: what is counted for those, and refusals for the rest."""
    for k, s, b, least, multiple in product((1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2, 5), (1, 2, 3)):
        window = Window(k, s, before=b, after=b)
        axis = cls(window, least=least, multiple=multiple)
        taken = [n for n in range(1, 41) if n >= least and n % multiple == 0]
        for size in SIZES:
            found = answer(axis.output_size, size), formula(axis, size)
            expected = counted(window, size) if size in taken else None
            if found != (expected, expected):
                yield Mismatch((axis, size), found, expected)
        for wanted in range(1, 7):
            expected_sizes = [size for size in taken if counted(window, size) == wanted]
            if answer(axis.input_sizes, wanted) != expected_sizes:
                yield Mismatch((axis, wanted), axis.input_sizes(wanted), expected_sizes)


FACTORS = (1, 2, 3, 7, 0.5, 0.25, 0.1, 0.29, 1.1, 1.5, 2.75, 1 / 3, 2 / 3, 3.0000001)


def resized(cls: type[Resize]) -> Sweep:
    """Outputs by counting, and the inputs of each output by trying all of them."""
    for factor in FACTORS:
        axis = cls(factor)
        sizes = [stretched(factor, size) for size in range(1, 101)]
        for size, expected in enumerate(sizes, 1):
            found = answer(axis.output_size, size)
            exact = expected if axis.closed() is None else formula(axis, size)
            if found != expected or exact != expected or axis.unused(size) != 0:
                yield Mismatch((axis, size), found, expected)
        for wanted in range(1, 10):
            expected_sizes = [size for size, found in enumerate(sizes, 1) if found == wanted]
            found_sizes = answer(axis.input_sizes, wanted)
            if found_sizes != expected_sizes:
                yield Mismatch((axis, wanted), found_sizes, expected_sizes)


SWEEPS: dict[str, tuple[Callable[[Any], Sweep], type[Any]]] = {
    "output_size": (output_sizes, Window),
    "crops": (crops, Window),
    "unused": (unused, Window),
    "input_sizes": (input_sizes, Window),
    "paddings": (paddings, Window),
    "same": (same, Window),
    "keeping": (keeping, Window),
    "transposed output_size": (transposed_output_sizes, TransposedWindow),
    "transposed input_sizes": (transposed_input_sizes, TransposedWindow),
    "transposed paddings": (transposed_paddings, TransposedWindow),
    "transposed same": (transposed_same, TransposedWindow),
    "transposed keeping": (transposed_keeping, TransposedWindow),
    "resize": (resized, Resize),
    "closed": (closed, Window),
    "transposed closed": (transposed_closed, TransposedWindow),
    "taps": (taps, Window),
    "transposed taps": (transposed_taps, TransposedWindow),
    "in a row": (in_a_row, Window),
    "same, as a map": (same_maps, Same),
    "restricted": (restricted, Restricted),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_every_small_configuration_agrees_with_the_cells(name: str) -> None:
    """The arithmetic says what counting says, refusals included, for every small configuration."""
    sweep, cls = SWEEPS[name]
    assert list(sweep(cls)) == []


# The oracle can fail: formulas broken on purpose


def _plus_one(self: Any, size: int) -> int:
    return type(self).__mro__[1].output_size(self, size) + 1


def _truncating(self: Any, size: int) -> int:
    """Division as C does it: towards 0, so that a kernel that is a little too large seems to fit."""
    room = size + self.before + self.after - self.extent
    outputs = int(room / self.stride) + 1
    if outputs < 1:
        raise ShapeError("it does not fit")
    return outputs


def _without_dilation(self: Any, size: int) -> int:
    return Window.output_size(Window(*self)._replace(dilation=1), size)


def _never_dropping(self: Any, size: int) -> int:
    if not self.ceil:
        return Window.output_size(self, size)
    room = size + self.before + self.after - self.extent
    if -(-room // self.stride) < 0:
        raise ShapeError("it does not fit")
    return -(-room // self.stride) + 1


def _always_floor(self: Any, size: int) -> int:
    return Window.output_size(Window(*self)._replace(ceil=False), size)


def _remainder(self: Any, size: int) -> int:
    """What the windows leave over of the padded axis: right only without padding."""
    return (size + self.before + self.after - self.extent) % self.stride


def _careless(self: Any, size: int) -> int:
    """Counts cropped samples, and more than all where the last window ends before the input begins."""
    reached = (self.output_size(size) - 1) * self.stride + self.extent - self.before
    return max(0, size - reached)


def _shorter(self: Any, *sizes: int) -> range:
    found = type(self).__mro__[1].input_sizes(self, *sizes)
    return found[:-1]


def _fewer(self: Any, *sizes: int) -> range:
    return type(self).__mro__[1].paddings(self, *sizes)[1:]


def _lower_always(self: Any, size: int, *, lower: bool = False) -> Any:
    return type(self).__mro__[1].same(self, size, lower=True)


def _another_offset(self: Any) -> Any:
    found = type(self).__mro__[1].closed(self)
    return found._replace(offset=found.offset + 1)


def _another_least(self: Any) -> Any:
    found = type(self).__mro__[1].closed(self)
    return found._replace(least=found.least + 1)


def _one_further(self: Any, index: int) -> range:
    return type(self).__mro__[1].taps(self, index + 1)


def _without_stride(self: Any, other: Any) -> Any:
    return Window(self.extent + other.extent - 1, self.stride * other.stride)


def _at_any_stride(self: Any) -> int:
    return int(self.extent - 1)


BREAKAGES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("output_size", "output_size", _plus_one),
    ("output_size", "output_size", _truncating),
    ("output_size", "output_size", _without_dilation),
    ("output_size", "output_size", _never_dropping),
    ("output_size", "output_size", _always_floor),
    ("crops", "output_size", _plus_one),
    ("crops", "unused", _careless),
    ("unused", "unused", _remainder),
    ("unused", "unused", _careless),
    ("input_sizes", "input_sizes", _shorter),
    ("input_sizes", "output_size", _truncating),
    ("paddings", "paddings", _fewer),
    ("same", "same", _lower_always),
    ("keeping", "keeping", _at_any_stride),
    ("transposed output_size", "output_size", _plus_one),
    ("transposed input_sizes", "input_sizes", _shorter),
    ("transposed paddings", "paddings", _fewer),
    ("transposed same", "same", _lower_always),
    ("transposed keeping", "keeping", _at_any_stride),
    ("resize", "output_size", _plus_one),
    ("resize", "input_sizes", _shorter),
    ("closed", "closed", _another_offset),
    ("closed", "closed", _another_least),
    ("transposed closed", "closed", _another_offset),
    ("transposed closed", "closed", _another_least),
    ("taps", "taps", _one_further),
    ("transposed taps", "taps", _one_further),
    ("in a row", "then", _without_stride),
    ("same, as a map", "output_size", _plus_one),
    ("same, as a map", "input_sizes", _shorter),
    ("restricted", "output_size", _plus_one),
    ("restricted", "closed", _another_least),
)


@pytest.mark.parametrize(("name", "method", "broken"), BREAKAGES)
def test_a_broken_formula_is_seen(name: str, method: str, broken: Callable[..., Any]) -> None:
    """Each sweep finds the slip that it is there for."""
    sweep, cls = SWEEPS[name]
    subclass = type(cls.__name__, (cls,), {method: broken})
    assert next(sweep(subclass), None) is not None


def test_every_sweep_is_known_to_fail() -> None:
    """No sweep is without a slip that it has been seen to find."""
    assert {name for name, _, _ in BREAKAGES} == set(SWEEPS)


# Larger configurations


@st.composite
def larger_windows(draw: st.DrawFn, *, padding: int = 40) -> Window:
    """A window beyond the grid."""
    small, side = st.integers(1, 40), st.integers(0, padding)
    window = Window(
        draw(small), draw(small), draw(st.integers(1, 9)), draw(side), draw(side), draw(st.booleans())
    )
    return window._replace(after=window.extent) if reaches_too_far(window) else window


@larger
@given(larger_windows(), st.integers(1, 400))
def test_larger_windows_agree_with_the_cells(window: Window, size: int) -> None:
    """Output size and unused samples are those counted, or both refuse."""
    assert answer(window.output_size, size) == counted(window, size)
    assert answer(window.unused, size) == missed(window, size)


@larger
@given(larger_windows(), st.integers(1, 12))
def test_larger_windows_know_their_input_sizes(window: Window, wanted: int) -> None:
    """The input sizes of an output are those of which counting gives it, and the two beside are none."""
    sizes = window.input_sizes(wanted)
    for size in (*sizes[:1], *sizes[-1:]):
        assert counted(window, size) == wanted
    for size in (sizes.start - 1, sizes.stop):
        assert size < 1 or counted(window, size) != wanted


@larger
@given(larger_windows(padding=0), st.integers(1, 200), st.integers(1, 12))
def test_larger_windows_know_their_paddings(window: Window, size: int, wanted: int) -> None:
    """The totals for an output are those with which counting gives it, and the two beside are none."""
    totals = window.paddings(size, wanted)
    for total in (totals.start - 1, *totals[:1], *totals[-1:], totals.stop):
        padding = window._replace(before=total // 2, after=total - total // 2)
        if total >= 0 and not reaches_too_far(padding):
            assert (counted(padding, size) == wanted) == (total in totals)


@larger
@given(larger_windows(padding=0), st.integers(1, 400), st.booleans())
def test_same_leaves_nothing_unused(window: Window, size: int, lower: bool) -> None:
    """SAME gives one window per stride begun, and no sample behind one that overlaps or touches the next."""
    chosen = window.same(size, lower=lower)
    assert counted(chosen, size) == len(range(0, size, window.stride))
    if window.extent >= window.stride:
        assert missed(chosen, size) == 0


@larger
@given(larger_windows(), st.integers(1, 400))
def test_ceil_covers_every_sample(window: Window, size: int) -> None:
    """With `ceil`, no sample stays behind windows that overlap or touch (torch's max_pool2d page)."""
    rounded = window._replace(ceil=True)
    if not reaches_too_far(rounded) and window.extent >= window.stride:
        assert answer(rounded.unused, size) in (0, None)


@larger
@given(
    st.builds(
        TransposedWindow,
        *(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9)),
        *(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20)),
    ),
    st.integers(1, 60),
)
def test_larger_transposed_windows_agree_with_the_cells(window: TransposedWindow, size: int) -> None:
    """A transposed window gives what scattering gives, and finds its input again."""
    outputs = scattered(window, size)
    assert answer(window.output_size, size) == outputs
    if outputs is not None:
        assert answer(window.input_sizes, outputs) == [size]


@larger
@given(larger_windows(), st.integers(1, 400))
def test_a_transposed_window_goes_back(window: Window, size: int) -> None:
    """Transposed, a window leads from its outputs back to the input, less what it leaves over."""
    outputs = counted(window._replace(ceil=False), size)
    if outputs is not None:
        rest = (size + window.before + window.after - window.extent) % window.stride
        assert TransposedWindow(*window[:5], output_padding=rest).output_size(outputs) == size


@larger
@given(st.floats(0.01, 20) | st.integers(1, 20), st.integers(1, 300))
def test_larger_factors_agree_with_counting(factor: float, size: int) -> None:
    """A stretched axis has as many samples as fit, and its input is among those of its output."""
    axis = Resize(factor)
    outputs = stretched(factor, size)
    assert answer(axis.output_size, size) == outputs
    if outputs is not None:
        sizes = axis.input_sizes(outputs)
        assert size in sizes
        for beside in (sizes.start - 1, sizes.stop):
            assert beside < 1 or stretched(factor, beside) != outputs


# Single facts

ROUNDED_PRODUCTS = (
    (0.29, 100, 28),  # 28.999999999999996 in double precision, as in torch
    (1.1, 10, 11),  # 11.000000000000002
    (0.1, 3, None),
    (0.1, 10, 1),
    (4.35, 100, 434),  # 434.99999999999994
)


@pytest.mark.parametrize(("factor", "size", "expected"), ROUNDED_PRODUCTS)
def test_a_factor_is_multiplied_in_double_precision(factor: float, size: int, expected: int | None) -> None:
    """The rounding of the product shows in the size."""
    assert answer(Resize(factor).output_size, size) == expected


@pytest.mark.parametrize("size", [1, 7, 50, HUGE])
def test_adaptive_gives_its_size_whatever_the_input(size: int) -> None:
    """Every input has the one output, which every input has, and no other output has any."""
    axis = Adaptive(7)
    assert (axis.output_size(size), axis.unused(size)) == (7, 0)
    assert size in axis.input_sizes(7)
    assert not axis.input_sizes(6)
    assert not axis.input_sizes(8)


def test_identity_leaves_every_size_alone() -> None:
    """The map of an untouched axis changes nothing."""
    for size in (1, 2, 50, HUGE):
        assert IDENTITY.output_size(size) == size
        assert list(IDENTITY.input_sizes(size)) == [size]
        assert IDENTITY.unused(size) == 0


@pytest.mark.parametrize("total", range(9))
def test_the_odd_sample_of_a_total_goes_after(total: int) -> None:
    """A total is shared out in halves, the second being at most one larger."""
    before, after = split(total)
    assert before + after == total
    assert after - before in (0, 1)


ROUNDING_UP = [name for name, cls in KINDS.items() if parameter(cls, "ceil") and parameter(cls, "padding")]


@pytest.mark.parametrize("kind", ROUNDING_UP)
def test_what_rounds_up_refuses_such_padding(kind: str) -> None:
    """No kind with `ceil` lets padding reach beyond its kernel, so that one window at most is dropped."""
    layer = KINDS[kind](kernel_size=2, stride=1, padding=3, ceil=True)
    with pytest.raises(ShapeError, match="more than half the kernel"):
        layer.output((1, 9))


REFUSALS: tuple[tuple[Any, int, str, str], ...] = (
    (
        Window(5, before=1),
        3,
        "the kernel does not fit: it covers 5, and the input has 3 with padding 1 before and 0 after",
        "use a smaller kernel",
    ),
    (
        Window(3, dilation=4),
        4,
        "the kernel does not fit: it covers 9 (kernel_size 3, dilation 4), "
        "and the input has 4 with padding 0 before and 0 after",
        "use a smaller kernel",
    ),
    (
        Window(1, before=-2, after=-3),
        5,
        "2 and 3 samples cut off leave nothing of 5",
        "cut off at most 4 in all",
    ),
    (
        TransposedWindow(3, before=2, after=2),
        2,
        "padding 2 before and 2 after cuts off all of the 4 samples that an input of 2 gives",
        "padding of a transposed convolution shrinks its output: at most 3 in all",
    ),
    (
        Resize(0.25),
        3,
        "a factor of 0.25 leaves nothing of 3",
        "take a factor of at least 1/3, or size=1 instead",
    ),
    (
        Resize(1.5),
        10**400,
        "a factor of 1.5 meets a size beyond double precision",
        "take smaller factors before it, or a whole one",
    ),
)


@pytest.mark.parametrize(("axis", "size", "message", "hint"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_a_refusal_tells_the_numbers_and_the_way_out(axis: Any, size: int, message: str, hint: str) -> None:
    """A refusal states what was found and what would do."""
    with pytest.raises(ShapeError) as caught:
        axis.output_size(size)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_transposed_window_too_short_for_same_says_what_to_add() -> None:
    """Where the kernel leaves gaps, no cut gives n * S; the hinted output_padding does."""
    window = TransposedWindow(1, stride=3)
    with pytest.raises(ShapeError) as caught:
        window.same(4)
    assert caught.value.message == (
        "no padding makes 12 samples of 10: the kernel covers 1, less than the stride 3"
    )
    assert caught.value.hint == "op=2 makes it fit, or take a larger kernel"
    assert window._replace(output_padding=2).same(4).output_size(4) == 12


@larger
@given(larger_windows(padding=5), st.integers(1, 60))
def test_the_lacking_padding_makes_the_kernel_fit(window: Window, size: int) -> None:
    """A kernel that does not fit tells the padding on each side with which it does, and no sample more."""
    if counted(window, size) is None:
        with pytest.raises(ShapeError) as caught:
            window.output_size(size)
        lacking = caught.value.lacking
        assert lacking is not None
        assert counted(window._replace(before=lacking, after=lacking), size) is not None
        short = window._replace(before=lacking - 1, after=lacking - 1, ceil=False)
        assert counted(short, size) is None


VAST = (
    (Window(3).output_size, (HUGE,), HUGE - 2),
    (Window(3, stride=2, before=1, after=1).output_size, (HUGE,), HUGE // 2),
    (Window(HUGE).output_size, (HUGE,), 1),
    (Window(2, stride=HUGE, ceil=True).output_size, (HUGE,), 1),
    (Window(1, before=HUGE, after=HUGE).output_size, (HUGE,), 3 * HUGE),
    (Window(3, stride=2).unused, (HUGE,), 1),
    (Window(2, stride=HUGE).unused, (HUGE,), HUGE - 2),
    (Window(3).input_sizes, (HUGE,), range(HUGE + 2, HUGE + 3)),
    (Window(1, stride=HUGE).input_sizes, (2,), range(HUGE + 1, 2 * HUGE + 1)),
    (Window(3).paddings, (HUGE, HUGE), range(2, 3)),
    (Window(1, stride=HUGE).paddings, (1, 2), range(HUGE, 2 * HUGE)),
    (Window(3, dilation=HUGE).keeping, (), 2 * HUGE),
    (Window(HUGE).same, (HUGE,), Window(HUGE, before=HUGE // 2 - 1, after=HUGE // 2)),
    (TransposedWindow(2, stride=HUGE).output_size, (HUGE,), (HUGE - 1) * HUGE + 2),
    (TransposedWindow(1, stride=HUGE).input_sizes, ((HUGE - 1) * HUGE + 1,), range(HUGE, HUGE + 1)),
    (Resize(HUGE).output_size, (HUGE,), HUGE**2),
    (Resize(0.5).input_sizes, (HUGE // 4,), range(HUGE // 2, HUGE // 2 + 2)),
    (Resize(1 / HUGE).input_sizes, (1,), range(HUGE, HUGE + 1)),
    (Resize(0.5).input_sizes, (HUGE,), range(0)),
    (Resize(1e-300).input_sizes, (HUGE,), range(0)),
    (Resize(5e-324).input_sizes, (1,), range(0)),
)


@pytest.mark.parametrize(("question", "arguments", "expected"), VAST)
def test_huge_numbers_are_answered_at_once(question: Any, arguments: Any, expected: Any) -> None:
    """Nothing counts up to a size: a loop over 10^12 would not end within the life of a test run."""
    found = question(*arguments)
    assert found == expected

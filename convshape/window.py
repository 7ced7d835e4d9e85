"""The arithmetic of one axis: plain integers, no layers, no text.

Nearly every layer slides a window along each spatial axis, so nearly every question about a shape is a
question about `Window`.  The other kinds of axis map (`TransposedWindow`, `Resize`, `Adaptive`) offer the
same answers, so that nobody who carries a size through a network has to ask which kind it is.

Sizes are counted in samples.  F is the extent of the kernel, ``dilation * (kernel_size - 1) + 1``; S the
stride; P the padding of one side, and where the sides differ they are called before and after; n the input
size and o the output size.

This module may import `errors` and `closed` alone.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple, Protocol, Self

from convshape.closed import Closed, constant
from convshape.errors import ShapeError, counted

# The largest number that a spec may hold; beyond it a size is a slip of the finger.
LARGEST = 10**12

Pair = tuple[int, int]
"""Padding along one axis: the samples added before the input and after it."""


class AxisMap(Protocol):
    """What a layer does to the size of one axis."""

    def output_size(self, size: int) -> int:
        """The output size for an input of `size`; a ShapeError where there is none."""

    def unused(self, size: int) -> int:
        """How many samples at the end of an input of `size` no window reaches."""

    def input_sizes(self, size: int) -> range:
        """The input sizes whose output has `size`."""

    def closed(self) -> Closed | None:
        """The output size as a formula of the input size, or None where it has no closed form."""

    def at(self, size: int) -> "AxisMap":
        """The same map with all that depends on the input size worked out for `size`."""

    def taps(self, index: int) -> range | None:
        """The input samples that output sample `index` is made of, ascending; None for all of them."""

    def advance(self) -> tuple[int, int]:
        """(o, n): o output samples further on, everything is n input samples further on."""

    def padding(self) -> Pair:
        """The samples that are added before the input and after it."""

    def derivation(self, size: int, name: str) -> list[str]:
        """How the output size comes about: the formula, the numbers put in, the result, a line each."""


def split(total: int, *, lower: bool = False) -> Pair:
    """Padding in all, shared out before and after; the odd sample goes after, or before with `lower`.

    >>> split(4), split(5), split(5, lower=True)
    ((2, 2), (2, 3), (3, 2))
    """
    less, more = total // 2, total - total // 2
    return (more, less) if lower else (less, more)


def _added(before: int, after: int) -> tuple[str, str]:
    """Padding in a formula, in symbols and in numbers: P is that of one side."""
    if before == after:
        return "2P", f"2*{before}"
    return "before + after", f"{before} + {after}"


def _taken(before: int, after: int) -> tuple[str, str]:
    """The same behind a minus sign."""
    total, numbers = _added(before, after)
    return (total, numbers) if before == after else (f"({total})", f"({numbers})")


def where(near: range, wanted: int, output_size: Callable[[int], int]) -> range:
    """The part of `near` on which the output is the wanted one; where there is none, empty at its place.

    Outputs never shrink as an input or a padding grows, so two bisections find it, however large a stride
    makes the range.
    """

    def output(value: int) -> int:
        try:
            return output_size(value)
        except ShapeError:
            return 0  # too small for any output, and every output is larger than that

    first = bisect_left(near, wanted, key=output)
    last = bisect_right(near, wanted, lo=first, key=output)
    return near[first:last]


class Window(NamedTuple):
    """A kernel that slides along an axis: convolution, pooling, and padding alone (a kernel of 1).

    Source of the output size: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning"
    (2016), relationship 6, with the dilated kernel of relationship 15; `ceil` is torch's ceil_mode.

    A negative `before` or `after` cuts samples off (a crop).

    >>> Window(5).output_size(32)
    28
    >>> Window(3, stride=2, before=1, after=1).output_size(32)
    16
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    ceil: bool = False

    @property
    def extent(self) -> int:
        """F: the samples from the first to the last that the kernel touches.

        >>> Window(3, dilation=2).extent
        5
        """
        return self.dilation * (self.kernel_size - 1) + 1

    def output_size(self, size: int) -> int:
        """``floor((n + before + after - F) / S) + 1``, or with `ceil` the ceiling of the same.

        With `ceil`, a last window that would start in the padding after the input is dropped, as in
        torch (its MaxPool2d page: "sliding windows that would start in the right padded region are
        ignored").

        >>> Window(2, stride=2).output_size(5), Window(2, stride=2, ceil=True).output_size(5)
        (2, 3)
        """
        room = size + self.before + self.after - self.extent
        steps = -(-room // self.stride) if self.ceil else room // self.stride
        if self.ceil and steps * self.stride >= size + self.before:
            steps -= 1
        if steps < 0:
            raise self._misfit(size)
        return steps + 1

    def _misfit(self, size: int) -> ShapeError:
        if self.before < 0 or self.after < 0:
            return ShapeError(
                f"{-self.before} and {-self.after} samples cut off leave nothing of {size}",
                hint=f"cut off at most {size - 1} in all",
                param="padding",
            )
        dilated = f" (kernel_size {self.kernel_size}, dilation {self.dilation})"
        return ShapeError(
            f"the kernel does not fit: it covers {self.extent}"
            f"{dilated if self.dilation > 1 else ''}, "
            f"and the input has {size} with padding {self.before} before and {self.after} after",
            hint="use a smaller kernel",
            param="kernel_size",
            lacking=split(self.extent - size)[1],
        )

    def unused(self, size: int) -> int:
        """The samples at the end that the last window stops short of.

        Equal to ``max(0, rem - after)`` with ``rem = (n + before + after - F) mod S`` where the size is
        rounded down; written through the output size it holds for `ceil` too.  Cropped samples do not
        count: they are left out on purpose.

        >>> Window(3, stride=2).unused(8), Window(3, stride=2).unused(7)
        (1, 0)
        """
        reached = (self.output_size(size) - 1) * self.stride + self.extent - self.before
        # The last window may end in the padding before the input: then it reaches none, not less than that.
        return max(0, size + min(self.after, 0) - max(0, reached))

    def _lengths(self, size: int) -> range:
        """The lengths of a padded input (n + 2P) among which are those that give an output of `size`."""
        exact = self.stride * (size - 1) + self.extent
        if self.ceil:
            return range(exact - self.stride + 1, exact + self.stride + 1)
        return range(exact, exact + self.stride)

    def input_sizes(self, size: int) -> range:
        """``n`` from ``S(o - 1) + F - 2P`` on, S of them (fewer below 1 sample, or with `ceil`).

        >>> Window(3, stride=2).input_sizes(3)
        range(7, 9)
        """
        total = self.before + self.after
        lengths = self._lengths(size)
        near = range(max(1, lengths.start - total), max(1, lengths.stop - total))
        return where(near, size, self.output_size)

    def paddings(self, size: int, wanted: int) -> range:
        """The total ``2P`` from ``S(o - 1) + F - n`` on, S of them, cut at 0.

        >>> Window(3).paddings(32, 32), Window(3, stride=2).paddings(8, 4)
        (range(2, 3), range(1, 3))
        """
        lengths = self._lengths(wanted)
        near = range(max(0, lengths.start - size), max(0, lengths.stop - size))
        return where(near, wanted, lambda total: self.padded(split(total)).output_size(size))

    def closed(self) -> Closed:
        """The formula of `output_size`.

        With `ceil`, let x = n + 2P - F = S q - y with y from 0 to S - 1.  The size is q + 1, less one where
        the last window starts behind the input, y >= F - after; which is floor((x + w - 1) / S) + 1 with
        w = F - after, cut to 0..S.

        >>> Window(2, stride=2, ceil=True).closed().output_size(5)
        3
        """
        return Closed(offset=self._offset, step=self.stride, shift=1, least=self.least).normal()

    @property
    def _offset(self) -> int:
        extra = min(max(self.extent - self.after, 0), self.stride) - 1 if self.ceil else 0
        return self.before + self.after - self.extent + extra

    @property
    def least(self) -> int:
        """The smallest input that gives an output.

        >>> Window(5).least, Window(5, before=1, after=1).least
        (5, 3)
        """
        return max(1, -self._offset)

    def at(self, size: int) -> Self:
        """A window is the same at every size."""
        return self

    def taps(self, index: int) -> range:
        """The samples under the kernel, those in the padding too.

        >>> Window(3, stride=2, dilation=2, before=1).taps(2)
        range(3, 8, 2)
        """
        start = index * self.stride - self.before
        return range(start, start + self.extent, self.dilation)

    def advance(self) -> tuple[int, int]:
        """One output further on, the window is S samples further on."""
        return 1, self.stride

    def padding(self) -> Pair:
        """(before, after); a crop adds none."""
        return max(self.before, 0), max(self.after, 0)

    def derivation(self, size: int, name: str) -> list[str]:
        """The formula of `output_size` with its numbers.

        >>> print(*Window(3, stride=2).derivation(8, "H"), sep="\\n")
        H' = floor((H - F + 2P) / S) + 1
           = floor((8 - 3 + 2*0) / 2) + 1
           = 3
        """
        rounding = "ceil" if self.ceil else "floor"
        lines = []
        if self.dilation > 1:
            lines = [f"F = d (k - 1) + 1 = {self.dilation}*({self.kernel_size} - 1) + 1 = {self.extent}"]
        if min(self.before, self.after) < 0:
            total, padding = _taken(-self.before, -self.after)
            return [f"{name}' = {name} - {total} = {size} - {padding} = {self.output_size(size)}"]
        total, padding = _added(self.before, self.after)
        if (self.kernel_size, self.stride) == (1, 1):
            return [f"{name}' = {name} + {total} = {size} + {padding} = {self.output_size(size)}"]
        lines += [
            f"{name}' = {rounding}(({name} - F + {total}) / S) + 1",
            f"{'':{len(name)}}  = {rounding}(({size} - {self.extent} + {padding}) / {self.stride}) + 1",
            f"{'':{len(name)}}  = {self.output_size(size)}",
        ]
        room = size + self.before + self.after - self.extent
        if self.ceil and -(-room // self.stride) + 1 > self.output_size(size):
            lines[-1] += ": the last window would start behind the input, and is dropped"
        return lines

    def then(self, other: "Window") -> "Window | None":
        """Two windows in a row are one: ``F = F1 + S1 (F2 - 1)``, ``S = S1 S2``, ``before = b1 + S1 b2``.

        None where one of them rounds up or crops.  Source: Araujo, Norris & Sim, "Computing receptive fields
        of convolutional neural networks" (2019).

        >>> Window(3, before=1, after=1).then(Window(2, stride=2))
        Window(kernel_size=4, stride=2, dilation=1, before=1, after=1, ceil=False)
        """
        if self.ceil or other.ceil or min(*self[3:5], *other[3:5]) < 0:
            return None
        return Window(
            self.extent + self.stride * (other.extent - 1),
            self.stride * other.stride,
            before=self.before + self.stride * other.before,
            after=self.after + self.stride * other.after,
        )

    def padded(self, padding: Pair) -> "Window":
        """This window with another padding."""
        return Window(self.kernel_size, self.stride, self.dilation, *padding, self.ceil)

    def keeping(self) -> int | None:
        """The total that keeps any size: ``2P = F - 1`` at stride 1, and none at any other stride.

        >>> Window(3).keeping(), Window(4).keeping(), Window(3, stride=2).keeping()
        (2, 3, None)
        """
        return self.extent - 1 if self.stride == 1 else None

    def same(self, size: int, *, lower: bool = False) -> "Window":
        """This window with SAME padding: ``o = ceil(n / S)``, ``2P = max((o - 1)S + F - n, 0)``.

        The odd sample goes after the input, or before it with `lower` (ONNX SAME_UPPER, SAME_LOWER; the
        former is TensorFlow's "SAME").

        >>> Window(3, stride=2).same(6)[3:5], Window(3, stride=2).same(6, lower=True)[3:5]
        ((0, 1), (1, 0))
        """
        outputs = -(-size // self.stride)
        total = max((outputs - 1) * self.stride + self.extent - size, 0)
        return self.padded(split(total, lower=lower))


class Same(NamedTuple):
    """A window with SAME padding, which follows from the input size: see `Window.same`.

    >>> Same(Window(3, stride=2)).output_size(6), Same(Window(3, stride=2)).at(6).after
    (3, 1)
    """

    window: Window
    lower: bool = False

    def output_size(self, size: int) -> int:
        """``ceil(n / S)``."""
        return self.at(size).output_size(size)

    def unused(self, size: int) -> int:
        """The samples behind the last window: none, unless the stride is above the extent."""
        return self.at(size).unused(size)

    def input_sizes(self, size: int) -> range:
        """The S sizes up to ``oS``."""
        return range(self.window.stride * (size - 1) + 1, self.window.stride * size + 1)

    def padding(self) -> Pair:
        """Not known before the input size is."""
        return 0, 0

    def derivation(self, size: int, name: str) -> list[str]:
        """The size, and the padding that gives it."""
        window = self.at(size)
        outputs, stride = self.output_size(size), window.stride
        total = window.before + window.after
        return [
            f"{name}' = ceil({name} / S) = ceil({size} / {stride}) = {outputs}",
            f"before + after = max(({name}' - 1) S + F - {name}, 0)",
            f"               = max(({outputs} - 1)*{stride} + {window.extent} - {size}, 0)",
            f"               = {total}: {window.before} before, {window.after} after",
        ]

    def closed(self) -> Closed:
        """``floor((n + S - 1) / S)``."""
        return Closed(offset=self.window.stride - 1, step=self.window.stride)

    def at(self, size: int) -> Window:
        """The window with the padding that an input of `size` needs."""
        return self.window.same(size, lower=self.lower)

    def taps(self, index: int) -> range:
        """Of the unpadded window: only `at` a size is more known."""
        return self.window.taps(index)

    def advance(self) -> tuple[int, int]:
        """As of the window."""
        return self.window.advance()


class Restricted(NamedTuple):
    """A window that takes fewer inputs: none below `least` samples, none that `multiple` does not divide.

    `refusal` is the error for a size that it does not take.
    """

    inner: Window
    refusal: Callable[[int], ShapeError]
    least: int = 1
    multiple: int = 1

    def output_size(self, size: int) -> int:
        """That of the window, once the size is seen to be taken."""
        return self.at(size).output_size(size)

    def unused(self, size: int) -> int:
        """That of the window."""
        return self.inner.unused(size)

    def input_sizes(self, size: int) -> range:
        """Those of the window that are taken."""
        near = self.inner.input_sizes(size)
        first = max(near.start, self.least)
        return range(first + -first % self.multiple, near.stop, self.multiple)

    def padding(self) -> Pair:
        """That of the window."""
        return self.inner.padding()

    def derivation(self, size: int, name: str) -> list[str]:
        """That of the window."""
        return self.inner.derivation(size, name)

    def closed(self) -> Closed | None:
        """That of the window, on the sizes that are taken."""
        return Closed(least=self.least, modulus=self.multiple).then(self.inner.closed())

    def at(self, size: int) -> Window:
        """The window, once the size is seen to be taken."""
        if size < self.least or size % self.multiple:
            raise self.refusal(size)
        return self.inner

    def taps(self, index: int) -> range:
        """Those of the window."""
        return self.inner.taps(index)

    def advance(self) -> tuple[int, int]:
        """That of the window."""
        return self.inner.advance()


class TransposedWindow(NamedTuple):
    """The window whose input and output have changed places: transposed convolution.

    Source: Dumoulin & Visin (2016), relationship 14, with dilation and output_padding as on torch's
    ConvTranspose2d page.

    >>> TransposedWindow(2, stride=3).output_size(4)
    11
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    output_padding: int = 0

    @property
    def extent(self) -> int:
        """F: the output samples that one input sample reaches."""
        return self.dilation * (self.kernel_size - 1) + 1

    def _uncut(self, size: int) -> int:
        """The output before `before` and `after` are cut off it."""
        return (size - 1) * self.stride + self.extent + self.output_padding

    def output_size(self, size: int) -> int:
        """``(n - 1)S - 2P + F + output_padding``."""
        outputs = self._uncut(size) - self.before - self.after
        if outputs < 1:
            raise ShapeError(
                f"padding {self.before} before and {self.after} after cuts off all of the "
                f"{counted(self._uncut(size), 'sample')} that an input of {size} gives",
                hint=f"padding of a transposed convolution shrinks its output: "
                f"at most {self._uncut(size) - 1} in all",
                param="padding",
            )
        return outputs

    def unused(self, size: int) -> int:
        """Every input sample reaches the output: 0."""
        return 0

    def input_sizes(self, size: int) -> range:
        """The one n with ``(n - 1)S = o + 2P - F - output_padding``, where there is one.

        >>> TransposedWindow(2, stride=3).input_sizes(11), TransposedWindow(2, stride=3).input_sizes(12)
        (range(4, 5), range(0, 0))
        """
        steps, rest = divmod(size + self.before + self.after - self._uncut(1), self.stride)
        return range(steps + 1, steps + 2) if rest == 0 and steps >= 0 else range(0)

    def paddings(self, size: int, wanted: int) -> range:
        """The one total ``(n - 1)S + F + output_padding - o``, where it is not negative.

        >>> TransposedWindow(4, stride=2).paddings(8, 16)
        range(2, 3)
        """
        total = self._uncut(size) - wanted
        return range(total, total + 1) if total >= 0 and wanted >= 1 else range(0)

    def padding(self) -> Pair:
        """None: padding of a transposed window cuts its output."""
        return 0, 0

    def derivation(self, size: int, name: str) -> list[str]:
        """The formula of `output_size` with its numbers."""
        indent = f"{'':{len(name)}}  "
        total, padding = _taken(self.before, self.after)
        lines = []
        if self.dilation > 1:
            lines = [f"F = d (k - 1) + 1 = {self.dilation}*({self.kernel_size} - 1) + 1 = {self.extent}"]
        return [
            *lines,
            f"{name}' = ({name} - 1) S - {total} + F + op",
            f"{indent}= ({size} - 1)*{self.stride} - {padding} + {self.extent} + {self.output_padding}",
            f"{indent}= {self.output_size(size)}",
        ]

    def closed(self) -> Closed:
        """``S n + F - S - 2P + output_padding``."""
        shift = self._uncut(0) - self.before - self.after
        return Closed(factor=self.stride, shift=shift, least=max(1, -(-(1 - shift) // self.stride)))

    def at(self, size: int) -> Self:
        """It is the same at every size."""
        return self

    def taps(self, index: int) -> range:
        """The n with ``index = S n - before + dilation t`` for some t of the kernel; there may be none.

        >>> TransposedWindow(3, stride=2).taps(4), TransposedWindow(1, stride=2).taps(1)
        (range(1, 3), range(0, 0))
        """
        place = index + self.before
        common = math.gcd(self.dilation, self.stride)
        if place % common:
            return range(0)
        every = self.stride // common  # only every so many samples of the kernel meet one of the input
        first = place // common * pow(self.dilation // common, -1, every) % every
        if first >= self.kernel_size:
            return range(0)
        last = first + (self.kernel_size - 1 - first) // every * every
        low, high = ((place - self.dilation * t) // self.stride for t in (last, first))
        return range(low, high + 1, self.dilation // common)

    def advance(self) -> tuple[int, int]:
        """S outputs further on, the input is one sample further on."""
        return self.stride, 1

    def keeping(self) -> int | None:
        """``2P = F - 1 + output_padding`` at stride 1, and none at any other stride."""
        return self._uncut(1) - 1 if self.stride == 1 else None

    def padded(self, padding: Pair) -> "TransposedWindow":
        """This window with another padding."""
        return TransposedWindow(self.kernel_size, self.stride, self.dilation, *padding, self.output_padding)

    def same(self, size: int, *, lower: bool = False) -> "TransposedWindow":
        """This window with ``o = nS``: the size that a SAME convolution of the same stride came from.

        Source: the output shape of TensorFlow's conv2d_transpose with padding "SAME".

        >>> TransposedWindow(4, stride=2).same(8).output_size(8)
        16
        """
        total = self._uncut(size) - size * self.stride
        if total < 0:
            raise ShapeError(
                f"no padding makes {counted(size * self.stride, 'sample')} of {self._uncut(size)}: "
                f"the kernel covers {self.extent}, less than the stride {self.stride}",
                hint=f"op={self.output_padding - total} makes it fit, or take a larger kernel",
                param="padding",
            )
        return self.padded(split(total, lower=lower))


class Resize(NamedTuple):
    """An axis stretched by a factor: upsampling, and the axes of a pixel shuffle.

    A whole factor is exact.  Any other is multiplied in double precision and rounded down, since that is
    what torch does (its Upsample page); the rounding of the product can be seen in the result.

    `reach` is the number of samples that an output value is filled in from (nearest 1, linear 2, cubic 4);
    beyond one they lie about the output's centre (torch's align_corners=False).  With 0 it is the one sample
    that the centre lies in (nearest-exact).

    >>> Resize(2).output_size(7), Resize(1.5).output_size(7)
    (14, 10)
    """

    factor: int | float
    reach: int = 1

    def output_size(self, size: int) -> int:
        """``floor(n * factor)``."""
        try:
            outputs = math.floor(size * self.factor)
        except OverflowError:
            raise ShapeError(
                f"a factor of {self.factor} meets a size beyond double precision",
                hint="take smaller factors before it, or a whole one",
                param="scale_factor",
            ) from None
        if outputs < 1:
            raise ShapeError(
                f"a factor of {self.factor} leaves nothing of {size}",
                hint=f"take a factor of at least 1/{size}, or size=1 instead",
                param="scale_factor",
            )
        return outputs

    def unused(self, size: int) -> int:
        """Every sample is stretched: 0."""
        return 0

    def input_sizes(self, size: int) -> range:
        """The n with ``o <= n * factor < o + 1``.

        >>> list(Resize(2).input_sizes(14)), list(Resize(2).input_sizes(13))
        ([7], [])
        """
        # Beyond LARGEST nobody can write an input, and a tiny factor would go on to infinity.
        start, stop = (int(min(o / self.factor, LARGEST)) for o in (size, size + 1))
        return where(range(max(1, start - 1), min(stop + 2, LARGEST + 1)), size, self.output_size)

    def padding(self) -> Pair:
        """None."""
        return 0, 0

    def derivation(self, size: int, name: str) -> list[str]:
        """The formula of `output_size` with its numbers."""
        return [f"{name}' = floor({name} * {self.factor}) = {self.output_size(size)}"]

    def closed(self) -> Closed | None:
        """``n * factor`` for a whole factor, ``floor(n / d)`` for one that is exactly 1/d."""
        if isinstance(self.factor, int):
            return Closed(factor=self.factor)
        numerator, denominator = self.factor.as_integer_ratio()
        if numerator == 1:
            return Closed(step=denominator, least=denominator)
        return None

    def at(self, size: int) -> Self:
        """It is the same at every size."""
        return self

    def _ratio(self) -> tuple[int, int]:
        """The factor as it is written, as a fraction."""
        if isinstance(self.factor, int):
            return self.factor, 1
        from fractions import Fraction  # slow to load, and seldom needed

        return Fraction(str(self.factor)).as_integer_ratio()

    def taps(self, index: int) -> range:
        """The sample at ``floor(index / factor)``, or those around ``(index + 1/2) / factor - 1/2``.

        >>> Resize(2).taps(5), Resize(2, reach=2).taps(5)
        (range(2, 3), range(2, 4))
        """
        return _filled_in(index, self._ratio(), self.reach)

    def advance(self) -> tuple[int, int]:
        """The factor as a fraction."""
        return self._ratio()


def _filled_in(index: int, ratio: tuple[int, int], reach: int) -> range:
    """The samples that output sample `index` is made of where `up` of them take the place of `down`."""
    up, down = ratio
    if reach < 2:
        place = (2 * index + (reach == 0)) * down // (2 * up)
        return range(place, place + 1)
    place, rest = divmod((2 * index + 1) * down - up, 2 * up)
    if rest == 0:  # the centre falls on a sample, and its neighbours weigh nothing
        return range(place, place + 1)
    return range(place + 1 - reach // 2, place + 1 + reach // 2)


class Adaptive(NamedTuple):
    """An output of a given size, whatever the input: adaptive and global pooling, resizing to a size.

    `reach` is that of a `Resize`, or None for a pool, whose windows share the input out among them.  Where
    they lie depends on the input size; `inputs` is that size, where it is known.

    >>> Adaptive(7).output_size(50), Adaptive(7).at(50).taps(1)
    (7, range(7, 15))
    """

    size: int
    reach: int | None = None
    inputs: int | None = None

    def output_size(self, size: int) -> int:
        """The given size."""
        return self.size

    def unused(self, size: int) -> int:
        """The windows are cut to the input: 0."""
        return 0

    def input_sizes(self, size: int) -> range:
        """All of them, or none.

        >>> Adaptive(7).input_sizes(6)
        range(0, 0)
        """
        return range(1, LARGEST + 1) if size == self.size else range(0)

    def padding(self) -> Pair:
        """None."""
        return 0, 0

    def derivation(self, size: int, name: str) -> list[str]:
        """Nothing to work out."""
        return [f"{name}' = {self.size} for any {name}"]

    def closed(self) -> Closed:
        """A constant."""
        return constant(self.size)

    def at(self, size: int) -> Self:
        """The same where the input size is known to be `size`."""
        return self._replace(inputs=size)

    def taps(self, index: int) -> range | None:
        """From ``floor(index n / o)`` up to ``ceil((index + 1) n / o)``; the whole input for an output of 1.

        Source: torch.nn.AdaptiveAvgPool2d.  Resizing is that of a `Resize` by o / n.
        """
        if self.inputs is None or (self.reach is None and self.size == 1):
            return None
        if self.reach is not None:
            return _filled_in(index, (self.size, self.inputs), self.reach)
        return range(index * self.inputs // self.size, -(-(index + 1) * self.inputs // self.size))

    def advance(self) -> tuple[int, int]:
        """As of a stride of n / o; where every output is made of the whole input, they move nowhere."""
        if self.inputs is None or (self.reach is None and self.size == 1):
            return 1, 0
        common = math.gcd(self.size, self.inputs)
        return self.size // common, self.inputs // common


IDENTITY = Window(1)
"""The map of an axis that a layer leaves alone."""

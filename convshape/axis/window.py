"""A window that slides along an axis, and what comes of padding that follows from the input.

The arithmetic is plain integers; see `maps` for the letters.
"""

from typing import NamedTuple, Self

from convshape.axis.closed import Closed
from convshape.axis.maps import Pair, added, distinct, split, taken, where
from convshape.errors import ShapeError, counted


@distinct
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
            total, padding = taken(-self.before, -self.after)
            return [f"{name}' = {name} - {total} = {size} - {padding} = {self.output_size(size)}"]
        total, padding = added(self.before, self.after)
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


@distinct
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


@distinct
class Restricted(NamedTuple):
    """A window that takes fewer inputs: none below `least` samples, none that `multiple` does not divide."""

    inner: Window
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
        """The window, once the size is seen to be taken; why it is not, the layer knows."""
        if size < self.least:
            raise ShapeError(
                f"the input has {size}, and {self.least} are needed", lacking=split(self.least - size)[1]
            )
        if size % self.multiple:
            raise ShapeError(f"{self.multiple} does not divide {counted(size, 'sample')}")
        return self.inner

    def taps(self, index: int) -> range:
        """Those of the window."""
        return self.inner.taps(index)

    def advance(self) -> tuple[int, int]:
        """That of the window."""
        return self.inner.advance()


IDENTITY = Window(1)
"""The map of an axis that a layer leaves alone."""

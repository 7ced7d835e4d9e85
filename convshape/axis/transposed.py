"""The window whose input and output have changed places."""

import math
from typing import NamedTuple, Self

from convshape.axis.closed import Closed
from convshape.axis.maps import Pair, distinct, split, taken
from convshape.errors import ShapeError, counted


@distinct
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
        total, padding = taken(self.before, self.after)
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

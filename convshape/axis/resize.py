"""Axes that are stretched by a factor, or brought to a size whatever the input."""

import math
from typing import NamedTuple, Self

from convshape.axis.closed import Closed, constant
from convshape.axis.maps import LARGEST, Pair, distinct, where
from convshape.errors import ShapeError


@distinct
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


@distinct
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

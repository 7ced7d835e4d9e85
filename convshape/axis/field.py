"""Receptive fields: which input samples an output sample is made of, through any chain of axis maps.

Source, for windows: Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks"
(2019).  Behind a transposed convolution or an upsampling neighbouring outputs see fields of different sizes;
they repeat after some outputs, so a field is kept for each of these phases.

This file may import the axis maps.
"""

import math
from typing import NamedTuple

from convshape.axis.maps import AxisMap

# Fields that do not repeat soon are not kept: one map, or one merge, may look at so many.
_MOST_FIELDS = 1 << 14

Ends = tuple[int, int]
"""The first and the last sample of a field."""


class Field(NamedTuple):
    """The field of each phase (None where no input reaches it), and how far all move after one turn of them.

    Without phases, every output sees the whole input.
    """

    phases: tuple[Ends | None, ...]
    advance: int

    @property
    def size(self) -> int | None:
        """The receptive field: the samples from the first to the last, of the phase that sees most."""
        sizes = [last - first + 1 for first, last in filter(None, self.phases)]
        return max(sizes, default=None)

    @property
    def jump(self) -> tuple[int, int]:
        """The input samples from one output to the next, as a fraction in lowest terms."""
        common = math.gcd(self.advance, len(self.phases)) or 1
        return self.advance // common, len(self.phases) // common

    @property
    def start(self) -> int | None:
        """The first input sample that output sample 0 sees; negative in the padding."""
        return self.phases[0][0] if self.phases and self.phases[0] else None

    def of(self, index: int) -> Ends | None:
        """The field of output sample `index`."""
        turns, phase = divmod(index, len(self.phases))
        ends = self.phases[phase]
        moved = turns * self.advance
        return None if ends is None else (ends[0] + moved, ends[1] + moved)

    def through(self, axis: AxisMap) -> "Field | None":
        """The fields behind another map; None where they do not repeat soon enough to be kept.

        >>> from convshape.axis.window import Window
        >>> IDENTITY.through(Window(3, before=1)).through(Window(2, stride=2))
        Field(phases=((-1, 2),), advance=2)
        """
        outputs, inputs = axis.advance()
        if self == WHOLE or inputs == 0:
            return WHOLE
        turns = len(self.phases) // math.gcd(len(self.phases), inputs)
        if outputs * turns > _MOST_FIELDS:
            return None
        ends = [self._at_the_ends(axis.taps(index) or range(0)) for index in range(outputs * turns)]
        if sum(len(part) for parts in ends for part in parts) > _MOST_FIELDS:
            return None
        phases = tuple(_hull([self.of(index) for part in parts for index in part]) for parts in ends)
        return Field(phases, self.advance * inputs * turns // len(self.phases))

    def _at_the_ends(self, taps: range) -> tuple[range, range]:
        """One turn of the phases at either end of the taps.

        Outputs whole turns apart see the same, moved: those between see nothing beyond these.
        """
        turn = len(self.phases) // math.gcd(len(self.phases), taps.step)
        return taps[:turn], taps[turn:][-turn:]


def _hull(fields: list[Ends | None]) -> Ends | None:
    ends = [field for field in fields if field is not None]
    if not ends:
        return None
    return min(first for first, _ in ends), max(last for _, last in ends)


IDENTITY = Field(((0, 0),), 1)
"""The field of an input sample: itself."""

WHOLE = Field((), 0)
"""The field of what sees the whole input."""


def union(fields: list[Field | None]) -> Field | None:
    """The fields of what several branches merge into: None where their jumps differ, or one is not known.

    Beside a branch that sees the whole input, that does not matter.
    """
    if WHOLE in fields:
        return WHOLE
    known = [field for field in fields if field is not None]
    if len(known) < len(fields) or len({field.jump for field in known}) > 1:
        return None
    turn = math.lcm(*(len(field.phases) for field in known))
    if turn * len(known) > _MOST_FIELDS:
        return None
    phases = tuple(_hull([field.of(index) for field in known]) for index in range(turn))
    return Field(phases, known[0].advance * turn // len(known[0].phases))

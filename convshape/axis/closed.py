"""Size formulas in closed form: ``u * floor((n + a) / s) + c``, and how they follow one another.

Every axis map has this form, and so has nearly every chain of them.  What a chain refuses is part of its
formula: the least size, and the sizes modulo a number that branches agree on.

This file may import `errors` alone.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from convshape.errors import ShapeError

# A pattern of sizes that does not repeat within so many is not looked for.
_LONGEST_PATTERN = 1 << 12


class Closed(NamedTuple):
    """``factor * floor((n + offset) / step) + shift`` for n from `least` on, n mod `modulus` in `residues`.

    >>> Closed(offset=-3, step=2, shift=1, least=3).output_size(32)
    15
    """

    factor: int = 1
    offset: int = 0
    step: int = 1
    shift: int = 0
    least: int = 1
    modulus: int = 1
    residues: tuple[int, ...] = (0,)

    def output_size(self, size: int) -> int:
        """The output size; a ShapeError for a size that the chain does not take."""
        if not self.accepts(size):
            raise ShapeError(f"the chain does not take {size} samples")
        return self.value(size)

    def accepts(self, size: int) -> bool:
        """Whether an input of `size` goes through."""
        return size >= self.least and size % self.modulus in self.residues

    def value(self, size: int) -> int:
        """The formula's value, whether the chain takes the size or not."""
        return self.factor * ((size + self.offset) // self.step) + self.shift

    def normal(self) -> Self:
        """The same function with the offset from 0 up to the step, and nothing rounded that need not be.

        >>> Closed(offset=5, step=2).normal()
        Closed(factor=1, offset=1, step=2, shift=2, least=1, modulus=1, residues=(0,))
        """
        if self.factor == 0:
            return self._replace(offset=0, step=1)
        whole, offset = divmod(self.offset, self.step)
        shift = self.shift + self.factor * whole
        rests = {(residue + offset) % self.step for residue in self.residues}
        if self.modulus % self.step == 0 and self.factor % self.step == 0 and len(rests) == 1:
            factor = self.factor // self.step
            return self._replace(
                factor=factor, offset=0, step=1, shift=shift + factor * (offset - rests.pop())
            )
        return self._replace(offset=offset, shift=shift)

    def then(self, other: "Closed") -> Self | None:
        """This formula followed by another, or None where the two have no closed form together.

        With g = gcd(u, s'): floor((u q + k) / s') = floor((u/g q + floor(k/g)) / (s'/g)), which is closed
        where u/g or s'/g is 1.

        >>> Closed(step=2).then(Closed(step=2, least=2)), Closed(factor=2).then(Closed(step=3))
        (Closed(factor=1, offset=0, step=4, shift=0, least=4, modulus=1, residues=(0,)), None)
        """
        valid = self._restricted_to(other)
        if valid is None:
            return None
        common = math.gcd(self.factor, other.step)
        factor, step = self.factor // common, other.step // common
        shift = (self.shift + other.offset) // common
        if step == 1:
            result = valid._replace(factor=other.factor * factor, shift=other.factor * shift + other.shift)
        elif factor == 1:
            result = valid._replace(
                factor=other.factor,
                offset=self.offset + self.step * shift,
                step=self.step * step,
                shift=other.shift,
            )
        else:
            return None
        return result.normal()

    def _restricted_to(self, other: "Closed") -> Self | None:
        """This formula on those sizes whose output the other accepts; None where there are none."""
        if self.factor == 0:
            return self if other.accepts(self.shift) else None
        quotient = -(-(other.least - self.shift) // self.factor)
        least = max(self.least, self.step * quotient - self.offset)
        if other.modulus == 1:
            return self._replace(least=least)
        return self._replace(least=least)._where(
            math.lcm(self.step * other.modulus, self.modulus),
            lambda size: self.value(size) % other.modulus in other.residues,
        )

    def _where(self, period: int, accepted: Callable[[int], bool]) -> Self | None:
        """The formula on those of its sizes that are accepted, repeating with `period`; None without any."""
        if period > _LONGEST_PATTERN:
            return None
        residues = {n for n in range(period) if n % self.modulus in self.residues and accepted(n)}
        if not residues:
            return None
        modulus = next(
            m
            for m in range(1, period + 1)
            if period % m == 0 and all((n + m) % period in residues for n in residues)
        )
        return self._replace(modulus=modulus, residues=tuple(sorted({n % modulus for n in residues})))


def constant(size: int) -> Closed:
    """The formula of an output that does not depend on the input."""
    return Closed(factor=0, shift=size)


def agreeing(formulas: Sequence[Closed], merged: Callable[[tuple[int, ...]], int]) -> Closed | None:
    """The formula of what several branches merge into; None where it has no closed form.

    `merged` gives the merged size for sizes of the branches: the one that all have but for those of 1, or a
    ShapeError.  Branches agree on a pattern of sizes, found by trying one whole period beyond where small
    sizes may be something special; that the small ones are nothing special is then seen by trying them all.
    """
    if len(set(formulas)) == 1:
        return formulas[0]
    period = math.lcm(*(f.step for f in formulas), *(f.modulus for f in formulas))
    growths = {f.factor * period // f.step for f in formulas if f.factor}
    if len(growths) > 1:
        return None  # lines of different slopes meet at single sizes alone
    least = max(f.least for f in formulas)
    constants = [f.shift for f in formulas if f.factor == 0]
    # In each period a branch grows by 1 at least: from here on it is larger than 1 and than any constant.
    far = least + period * max([1, *constants])
    if far + period - least > _LONGEST_PATTERN:
        return None

    def output(size: int) -> int | None:
        if not all(f.accepts(size) for f in formulas):
            return None
        try:
            return merged(tuple(f.value(size) for f in formulas))
        except ShapeError:
            return None

    outputs = {size: output(size) for size in range(least, far + period)}
    first = next((size for size, found in outputs.items() if found is not None), None)
    if first is None:
        return None
    for formula in sorted(formulas, key=lambda f: (f.factor == 0, f.step)):
        anywhere = formula._replace(least=first, modulus=1, residues=(0,))
        found = anywhere._where(period, lambda size: outputs[far + (size - far) % period] is not None)
        if found is not None and all(
            expected == (found.value(size) if found.accepts(size) else None)
            for size, expected in outputs.items()
        ):
            return found.normal()
    return None


def in_words(formula: Closed, name: str) -> str:
    """The formula with `name` for the input size, and the sizes that it holds for where not all.

    >>> in_words(Closed(factor=2, offset=-1, step=2, shift=-3, least=6), "H")
    '2 * floor((H - 1) / 2) - 3, for H >= 6'
    """
    if formula.factor == 0:
        text = str(formula.shift)
    else:
        inside = _plus(name, formula.offset)
        if formula.step > 1:
            bracketed = f"({inside})" if formula.offset else inside
            inside = f"floor({bracketed} / {formula.step})"
        elif formula.offset and formula.factor > 1:
            inside = f"({inside})"
        text = _plus(inside if formula.factor == 1 else f"{formula.factor} * {inside}", formula.shift)
    implied = formula.modulus == 1 and (formula.least == 1 or formula.value(formula.least - 1) < 1)
    return text if implied else f"{text}{sizes_in_words(formula, name)}"


def sizes_in_words(formula: Closed, name: str) -> str:
    """The condition on the input size, to stand behind a formula; nothing where every size does.

    >>> sizes_in_words(Closed(least=180, modulus=16, residues=(12,)), "H")
    ', for H = 188, 204, 220, ...'
    """
    if len(formula.residues) > 1:
        inside = ", ".join(map(str, formula.residues))
        return f", for {name} >= {formula.least} with {name} mod {formula.modulus} in {inside}"
    if formula.modulus > 1:
        first = formula.least + (formula.residues[0] - formula.least) % formula.modulus
        shown = ", ".join(str(first + formula.modulus * turn) for turn in range(3))
        return f", for {name} = {shown}, ..."
    return f", for {name} >= {formula.least}" if formula.least > 1 else ""


def _plus(text: str, number: int) -> str:
    return text if number == 0 else f"{text} {'+' if number > 0 else '-'} {abs(number)}"

"""Closed formulas: how they follow one another, what branches agree on, and how they read."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convshape.axis.closed import Closed, agreeing, constant, in_words
from convshape.errors import ShapeError

# A formula, and how it reads with H for the size.
WORDS = [
    (Closed(), "H"),
    (Closed(offset=-4, least=5), "H - 4"),
    (Closed(offset=6, least=4), "H + 6, for H >= 4"),
    (Closed(offset=3, step=2), "floor((H + 3) / 2)"),
    (Closed(step=4, least=4), "floor(H / 4)"),
    (Closed(factor=2), "2 * H"),
    (Closed(factor=2, offset=-3, least=4), "2 * (H - 3)"),
    (Closed(factor=2, shift=1), "2 * H + 1"),
    (Closed(factor=3, offset=1, step=2, shift=-2), "3 * floor((H + 1) / 2) - 2"),
    (Closed(factor=3, offset=1, step=2, shift=-2, least=5), "3 * floor((H + 1) / 2) - 2, for H >= 5"),
    (Closed(step=2, least=2, modulus=2), "floor(H / 2), for H = 2, 4, 6, ..."),
    (Closed(offset=-184, least=185, modulus=16, residues=(12,)), "H - 184, for H = 188, 204, 220, ..."),
    (Closed(least=3, modulus=4, residues=(0, 3)), "H, for H >= 3 with H mod 4 in 0, 3"),
    (constant(1), "1"),
    (constant(7)._replace(least=29), "7, for H >= 29"),
    (constant(7)._replace(least=3, modulus=2, residues=(1,)), "7, for H = 3, 5, 7, ..."),
]

# Two formulas, and what they are one after the other.
FOLLOWING = [
    (Closed(step=2), Closed(step=3), "floor(H / 6)"),
    (Closed(offset=1, step=2), Closed(offset=-2, least=3), "floor((H + 1) / 2) - 2"),
    (Closed(factor=2), Closed(step=2), "H"),
    (Closed(factor=6), Closed(step=4), None),
    (Closed(factor=6, shift=4), Closed(offset=1, step=3), "2 * H + 1"),
    (Closed(factor=2, shift=1), Closed(step=6), "floor(H / 3)"),
    (Closed(factor=2), Closed(step=3), None),
    (Closed(step=2), Closed(factor=2), "2 * floor(H / 2)"),
    (Closed(step=2), Closed(modulus=2), "floor(H / 2), for H >= 2 with H mod 4 in 0, 1"),
    (Closed(), Closed(least=9), "H, for H >= 9"),
    (Closed(step=2, modulus=2), Closed(factor=2), "H, for H = 2, 4, 6, ..."),
    (Closed(factor=2), Closed(modulus=2, residues=(1,)), None),
    (constant(4), Closed(factor=2, shift=1), "9"),
    (constant(4), Closed(least=5), None),
    (Closed(offset=-4, least=5), constant(1), "1, for H >= 5"),
]

Merged = Callable[[tuple[int, ...]], int]


def equal(sizes: tuple[int, ...]) -> int:
    """As a concatenation merges."""
    if len(set(sizes)) > 1:
        raise ShapeError("the sizes differ")
    return sizes[0]


def repeated(sizes: tuple[int, ...]) -> int:
    """As an addition merges."""
    return equal(tuple(set(sizes) - {1})) if max(sizes) > 1 else 1


def given_by(formula: Closed, size: int) -> int | None:
    try:
        return formula.output_size(size)
    except ShapeError:
        return None


def merged(formulas: list[Closed], merge: Merged, size: int) -> int | None:
    """What the branches merge into, one by one."""
    sizes = [given_by(formula, size) for formula in formulas]
    if None in sizes:
        return None
    try:
        return merge(tuple(n for n in sizes if n is not None))
    except ShapeError:
        return None


@st.composite
def formulas(draw: st.DrawFn, *, positive: bool = False) -> Closed:
    """Any formula of small numbers; with `positive` one whose values are, as those of layers are."""
    modulus = draw(st.integers(1, 6))
    residues = draw(st.sets(st.integers(0, modulus - 1), min_size=1))
    formula = Closed(
        factor=draw(st.integers(0, 6)),
        offset=draw(st.integers(-20, 20)),
        step=draw(st.integers(1, 6)),
        shift=draw(st.integers(-20, 20)),
        least=draw(st.integers(1, 20)),
        modulus=modulus,
        residues=tuple(sorted(residues)),
    )
    if positive:
        assume(formula.factor or formula.shift > 0)
        while formula.value(formula.least) < 1:
            formula = formula._replace(least=formula.least + 1)
    return formula


@st.composite
def several(draw: st.DrawFn) -> list[Closed]:
    """Formulas of branches: those after the first grow as it does, are constant, or anything."""
    first = draw(formulas(positive=True))
    others = []
    for kind in draw(st.lists(st.sampled_from(["alike", "alike", "constant", "anything"]), min_size=1)):
        if kind == "anything":
            others.append(draw(formulas(positive=True)))
        elif kind == "constant":
            others.append(constant(draw(st.integers(1, 9)))._replace(least=draw(st.integers(1, 20))))
        else:
            stretched = draw(st.integers(1, 3))
            other = first._replace(factor=stretched * first.factor, step=stretched * first.step)
            other = other._replace(offset=other.offset + draw(st.integers(-2, 2)))
            assume(other.value(other.least) > 0)
            others.append(other)
    return [first, *others[:2]]


@pytest.mark.parametrize(("formula", "text"), WORDS, ids=[text for _, text in WORDS])
def test_words(formula: Closed, text: str) -> None:
    """A formula reads as one would write it, and names the sizes that it does not hold for."""
    assert in_words(formula, "H") == text


@pytest.mark.parametrize(("first", "second", "text"), FOLLOWING)
def test_following(first: Closed, second: Closed, text: str | None) -> None:
    """Two formulas are one where the gcd lets them, and none where no size goes through."""
    found = first.then(second)
    assert (found and in_words(found, "H")) == text


@given(formulas())
@settings(max_examples=300)
def test_the_normal_form_is_the_same_function(formula: Closed) -> None:
    """It gives the same sizes, takes the same, has its offset below its step, and is its own normal form."""
    normal = formula.normal()
    assert 0 <= normal.offset < normal.step
    assert normal.normal() == normal
    assert [given_by(normal, n) for n in range(1, 80)] == [given_by(formula, n) for n in range(1, 80)]


@given(formulas(), formulas())
@settings(max_examples=500)
def test_following_is_one_after_the_other(first: Closed, second: Closed) -> None:
    """Where there is one formula for two, it gives what they give in turn, and refuses what either does."""
    both = first.then(second)
    assume(both is not None)
    assert both is not None
    for size in range(1, 150):
        between = given_by(first, size)
        expected = None if between is None else given_by(second, between)
        assert given_by(both, size) == expected, size


@given(formulas(), formulas())
@settings(max_examples=200)
def test_where_two_have_no_formula_there_is_none(first: Closed, second: Closed) -> None:
    """Without a pattern of refusals, none means that no formula of small numbers gives the same sizes."""
    first, second = (f._replace(modulus=1, residues=(0,)) for f in (first, second))
    assume(first.factor and second.factor and first.then(second) is None)
    sizes = range(first.least + 20 * first.step, first.least + 120 * first.step)
    values = [second.value(first.value(n)) for n in sizes]
    growth = math.gcd(first.step * second.step, first.factor * second.factor)
    period = first.step * second.step // growth
    for step in range(1, 2 * period + 1):
        factor, rest = divmod(first.factor * second.factor * step, first.step * second.step)
        for offset in range(0 if rest else step):
            bare = Closed(factor=factor, offset=offset, step=step)
            shift = values[0] - bare.value(sizes[0])
            assert any(bare.value(n) + shift != v for n, v in zip(sizes, values, strict=True))


@given(several(), st.sampled_from([equal, repeated]))
@settings(max_examples=500)
def test_agreement_is_what_the_branches_merge_into(branches: list[Closed], merge: Merged) -> None:
    """Where branches have a formula together, it gives what they merge into and refuses what does not."""
    together = agreeing(branches, merge)
    if together is not None:
        for size in range(1, 400):
            assert given_by(together, size) == merged(branches, merge, size), size


@given(formulas(positive=True), st.integers(-3, 3), st.integers(1, 3), st.sampled_from([equal, repeated]))
@settings(max_examples=300)
def test_branches_of_one_slope_agree(one: Closed, moved: int, stretched: int, merge: Merged) -> None:
    """Branches that grow alike have a formula together, unless small sizes are something special."""
    assume(one.factor)
    two = one._replace(
        factor=one.factor * stretched, step=one.step * stretched, offset=one.offset + moved, least=30
    )
    assume(two.value(30) > 1)
    one = one._replace(least=max(one.least, 30))
    assume(one.value(one.least) > 1)
    together = agreeing([one, two], merge)
    found = [merged([one, two], merge, size) for size in range(1, 400)]
    if together is None:
        assert not any(found[200:])
    else:
        assert [given_by(together, size) for size in range(1, 400)] == found


@pytest.mark.parametrize("crop", range(1, 40))
@pytest.mark.parametrize("merge", [equal, repeated])
def test_lines_that_cross_have_no_formula(crop: int, merge: Merged) -> None:
    """n - crop and floor(n / 2) are equal around n = 2 crop, which makes no pattern."""
    assert agreeing([Closed(offset=-crop, least=crop + 1), Closed(step=2, least=2)], merge) is None


def test_equal_branches_keep_their_formula_however_large_its_numbers() -> None:
    """Nothing is tried where there is nothing to agree on."""
    large = Closed(offset=-3, step=10**12, shift=1, least=10**15)
    assert agreeing([large, large, large], equal) == large


def test_a_single_sample_beside_a_tensor_changes_nothing() -> None:
    """A constant 1, as a global pool leaves it, is repeated: the other formula holds, where both do."""
    other = Closed(offset=3, step=4)
    assert agreeing([constant(1), other], repeated) == other
    assert agreeing([constant(1)._replace(least=9), other], repeated) == other._replace(least=9)
    assert agreeing([constant(1), other], equal) is None
    assert agreeing([constant(5), other], repeated) is None


@pytest.mark.parametrize(
    "branches",
    [
        [Closed(step=10**12), Closed(offset=1, step=10**12)],
        [Closed(modulus=10**12), Closed()],
        [constant(10**12), constant(10**12)._replace(least=2)],
        [Closed(factor=10**12), Closed(factor=10**12, least=2)],
        [Closed(modulus=9973), Closed(modulus=9967)],
    ],
)
def test_what_repeats_too_late_is_not_looked_for(branches: list[Closed]) -> None:
    """Hostile numbers end at once, in a formula or in none, and never in a wrong one."""
    together = agreeing(branches, equal)
    if together is not None:
        assert [given_by(together, n) for n in range(1, 99)] == [
            merged(branches, equal, n) for n in range(1, 99)
        ]


def test_a_size_that_is_not_taken_is_an_error() -> None:
    """The formula itself refuses what its chain refuses."""
    formula = Closed(least=4, modulus=2)
    assert formula.output_size(6) == 6
    for size in (2, 5):
        with pytest.raises(ShapeError, match=f"the chain does not take {size} samples"):
            formula.output_size(size)

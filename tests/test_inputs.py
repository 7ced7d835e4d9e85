"""The input sizes that work, against trying every size with plain inference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from convshape import ConvshapeError, NoSolution, ShapeError, infer, parse, solve_input
from convshape.analyses.inputs import Working, rule
from convshape.cli import main

NETWORKS = Path(__file__).parent.parent / "convshape/networks"
UNET = (NETWORKS / "unet.cnn").read_text(encoding="utf-8")
LENET = (NETWORKS / "lenet5.cnn").read_text(encoding="utf-8")

SMALL = {
    "a chain": "conv k=5 s=2 out=4; maxpool k=3 s=2 p=1; conv k=3 p=same s=2 out=4",
    "ceil": "maxpool k=3 s=2 ceil=yes; avgpool k=2 s=3 ceil=yes",
    "up and down": "tconv k=3 s=2 out=4; conv k=4 s=3 out=2; upsample scale=1.5; conv k=3 out=2",
    "a skip that fits even sizes": "x: conv k=3 p=1 out=4; maxpool k=2; upsample scale=2; concat x",
    "a residual": "add { conv k=3 s=2 p=1 out=4 | conv k=1 s=2 out=4 }; add { maxpool k=3 s=1 | crop p=1 }",
    "broadcast": "mul { conv k=1 out=4 | gap; conv k=1 out=4 }; conv k=3 out=2",
    "flat, with an assertion": "conv k=3 s=2 out=2; flatten; linear in=30 out=4",
    "flat, without": "conv k=3 s=2 out=2; flatten; linear out=4",
    "reflection needs samples": "pad p=4 mode=reflect; conv k=3 s=2 out=4; pixelunshuffle r=2",
    "a variance needs two": "conv k=3 s=3 out=2; inorm; conv k=2 out=4; gn g=4",
    "a side that nothing uses": "x: maxpool k=2; from x; conv k=7 out=2; from x",
    "flat and back": "conv k=3 out=2; flatten; linear out=18; unflatten shape=2x3x3; conv k=3 out=4",
    "fixed": "adaptiveavgpool out=3x4; conv k=3 out=2",
}


def tried_one_by_one(
    spec: str, shape: tuple[int, int, int], axes: tuple[int, ...], sizes: range, *, lossless: bool
) -> dict[int, tuple[int, ...]]:
    """The output shape for each size that plain inference accepts, in place of those axes."""
    network = parse(spec)
    found = {}
    for size in sizes:
        tried = list(shape)
        for axis in axes:
            tried[1 + axis] = size
        try:
            report = infer(network, tuple(tried))
        except ShapeError:
            continue
        if lossless and any(
            row.facts.unused and any(row.facts.unused[axis] for axis in axes if axis < len(row.facts.unused))
            for row in report.rows
        ):
            continue
        found[size] = report.output
    return found


@pytest.mark.parametrize("lossless", [False, True], ids=["working", "lossless"])
@pytest.mark.parametrize("square", [False, True], ids=["apart", "square"])
@pytest.mark.parametrize("spec", SMALL.values(), ids=SMALL)
def test_sizes_are_those_of_plain_inference(spec: str, square: bool, lossless: bool) -> None:
    """Column by column or report by report, the same sizes work, with the same outputs."""
    shape, sizes = (4, 18, 22), range(1, 41)
    for axes in [(0, 1)] if square else [(0,), (1,)]:
        expected = tried_one_by_one(spec, shape, axes, sizes, lossless=lossless)
        try:
            report = solve_input(spec, shape, square=square, lossless=lossless, range=sizes)
        except NoSolution:
            # apart, one axis without a solution is enough
            every = [tried_one_by_one(spec, shape, a, sizes, lossless=lossless) for a in ((0,), (1,))]
            assert not expected or (not square and not all(every))
            continue
        working = next(w for w in report.working if w.axes == axes)
        assert working.sizes == tuple(expected)
        if len(next(iter(expected.values()))) == 3:
            assert working.outputs == tuple(output[1 + axes[0]] for output in expected.values())


def test_unet() -> None:
    """The U-Net of Ronneberger et al. takes H = 12 mod 16 from 188 on, and makes 388 of 572."""
    report = solve_input(UNET)
    for working in report.working:
        assert working.sizes == tuple(n for n in range(1, 1025) if n >= 188 and n % 16 == 12)
        assert dict(zip(working.sizes, working.outputs, strict=True))[572] == 388


def test_infer_names_the_nearest_sizes_that_work() -> None:
    """Where branches do not match, the hint has the sizes below and above that do."""
    with pytest.raises(ShapeError) as caught:
        infer(UNET, "1x570x572")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("an input with H of 556 or 572 works; else, ")
    with pytest.raises(ShapeError) as caught:
        infer(UNET, "1x600x600")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("an input with H and W of 588 or 604 works; else, ")


@pytest.mark.parametrize("spec", ["concat { conv k=3 out=1 | }", "add { conv k=3 out=1 | }"])
def test_no_nearest_size_where_none_works(spec: str) -> None:
    """Branches that never match keep their plain hint, though an add would repeat a single sample."""
    with pytest.raises(ShapeError) as caught:
        infer(spec, "1x9x9")
    assert caught.value.hint == "padding, a stride, crop or upsample brings them to one size"


@pytest.mark.parametrize("output", [(5,), (5, 5), (10, 5, 5)])
def test_wanted_output(output: tuple[int, ...]) -> None:
    """An output is one size, one for each axis, or a whole shape."""
    report = solve_input("conv k=3 s=2 out=4; conv k=1 out=10", "1x9x9", output=output)
    assert [working.sizes for working in report.working] == [(11, 12), (11, 12)]


def test_wanted_output_of_a_flat_network() -> None:
    """Behind a flatten, the output is a number of features."""
    report = solve_input("conv k=3 out=2; flatten", "1x5x5", output=(30,), square=False)
    assert [working.sizes for working in report.working] == [(7,), (7,)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"spec": UNET, "range": range(1, 100)}, "no H from 1 to 99 works: #21 conv refuses "),
        (
            {"spec": UNET, "output": (389,)},
            "no H from 1 to 1024 gives the output 389\n"
            "hint: 188 gives 4 and 1020 gives 836; range=range(A, B)",
        ),
        (
            {"spec": LENET.replace("out=120", "out=120 in=1"), "square": True},
            "no H = W from 1 to 1024 works",
        ),
        ({"spec": "gap; inorm", "input": "1x9x9"}, "#2 inorm refuses 1024 of 1024"),
        (
            {"spec": "upsample scale=2; conv k=1 s=2 out=1", "input": "1x9", "lossless": True},
            "no L from 1 to 1024 works: #2 conv refuses, or does not use up, 1024 of 1024",
        ),
        ({"spec": "relu", "input": "9"}, "has no spatial axis"),
        (
            {"spec": "relu", "input": "1x9x9", "output": (1, 2, 3, 4)},
            "the output has 2 spatial axes, so it cannot be 1x2x3x4",
        ),
    ],
)
def test_nothing_works(arguments: dict[str, Any], told: str) -> None:
    """Where no size works, the row that refuses the most is named."""
    with pytest.raises(NoSolution) as caught:
        solve_input(**arguments)
    assert told in str(caught.value)


def test_a_network_that_no_size_can_mend_is_an_error() -> None:
    """Groups that do not divide are no matter of sizes; neither is a missing input."""
    for arguments in [("conv k=3 g=3 out=3", "8x9x9"), ("conv k=3 p=? out=3", "8x9x9"), ("relu", None)]:
        with pytest.raises(ConvshapeError) as caught:
            solve_input(*arguments)
        assert not isinstance(caught.value, NoSolution)


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ((7,), "H = 7 alone"),
        (tuple(range(5, 21)), "every H from 5"),
        (tuple(range(5, 9)), "H from 5 to 8"),
        ((8, 10, 12, 14, 16, 18, 20), "H = 8, 10, 12, ...: every 2nd from 8"),
        ((3, 6, 9), "H = 3, 6, 9: every 3rd from 3 to 9"),
        ((2, 13), "H = 2, 13: every 11th from 2"),
        ((1, 2, 4), "H = 1, 2, 4"),
        ((1, 2, 4, 5, 7, 8, 10, 11, 13), "H = 1, 2, 4, 5, 7, 8, 10, 11, ..."),
    ],
)
def test_rules(sizes: tuple[int, ...], text: str) -> None:
    """Sizes are told as a rule where they follow one, to its end where it has one."""
    assert rule(sizes, range(1, 21), "H") == text


# The command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["solve-input", *arguments], prog_name="convshape")


def test_command() -> None:
    """A rule for people, lists for machines."""
    spec = ("-i", "1x9x9", "conv k=3 s=2 out=4", "--lossless", "--range", "1:9")
    assert "every 2nd from 3" in run(*spec).stdout
    rows = [line.split("\t") for line in run(*spec, "-f", "tsv").stdout.splitlines()]
    assert rows[:3] == [["axis", "size", "output"], ["H", "3", "1"], ["H", "5", "2"]]
    document = json.loads(run(*spec, "-f", "json", "--square").stdout)
    assert document == {
        "schema": 1,
        "input": [1, 9, 9],
        "range": [1, 9],
        "axes": [
            {
                "axis": "H=W",
                "rule": "H=W = 3, 5, 7, ...: every 2nd from 3",
                "sizes": [3, 5, 7, 9],
                "outputs": [1, 2, 3, 4],
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ("-i", "1x9x9", "conv k=3 out=1", "--range", "1:2"),
            1,
            "no H from 1 to 2 works: #1 conv refuses 2 of 2",
        ),
        (("-i", "1x9x9", "relu", "--range", "5"), 2, "'5' is not a range"),
        (("-i", "1x9x9", "relu", "--range", "5:1"), 2, "'5:1' is not a range"),
        (("-i", "1x9x9", "relu", "--range", "1:9999999"), 2, "'1:9999999' is too long a range"),
    ],
)
def test_command_refuses(arguments: tuple[str, ...], code: int, told: str) -> None:
    """What is understood but has no answer exits with 1, the rest with 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr


def test_results_are_records() -> None:
    """The library's answer has sizes and outputs side by side."""
    report = solve_input("conv k=3 s=2 out=4", "1x9", range=range(3, 6))
    assert report.working == (Working((0,), (3, 4, 5), (1, 1, 2)),)

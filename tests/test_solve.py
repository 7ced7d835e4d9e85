"""Solving for padding: answers are put back into inference, and compared with trying every padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convshape import ConvshapeError, NoSolution, ShapeError, format_spec, infer, parse, solve_padding

ANY_SIZE = [
    # the quiz: F=3 needs P=1, F=5 needs P=2
    ("conv k=3 p=? out=6", "conv k=3 p=1 out=6"),
    ("conv k=5 s=1 p=? out=6", "conv k=5 p=2 out=6"),
    ("conv k=1 p=? out=6", "conv k=1 out=6"),
    ("conv k=4 p=? out=6", "conv k=4 p=1:2 out=6"),
    ("conv k=3 d=2 p=? out=6", "conv k=3 p=2 d=2 out=6"),
    ("conv k=3x5 p=? out=6", "conv k=3x5 p=1x2 out=6"),
    ("conv3d k=3 p=? out=6", "conv3d k=3 p=1 out=6"),
    ("maxpool k=3 s=1 p=?", "maxpool k=3 s=1 p=1"),
    ("tconv k=3 p=? out=6", "tconv k=3 p=1 out=6"),
    ("dwconv k=7 p=?", "dwconv k=7 p=3"),
    ("conv k=3 out=6; relu; conv k=5 p=1 out=6", "conv k=3 p=1 out=6\nrelu\nconv k=5 p=2 out=6"),
    ("conv k=3 out=6; conv k=5 p=? out=6", "conv k=3 out=6\nconv k=5 p=2 out=6"),
    ("2 * { conv k=3 p=? out=6 }", "2 * {\n  conv k=3 p=1 out=6\n}"),
]


@pytest.mark.parametrize(("spec", "solved"), ANY_SIZE)
def test_padding_that_keeps_every_size(spec: str, solved: str) -> None:
    """Without an input the padding is F - 1 in all: symmetric where F is odd, one more after where not."""
    assert format_spec(solve_padding(spec).network) == solved + "\n"


@pytest.mark.parametrize("size", [7, 8, 31])
def test_it_does_keep_every_size(size: int) -> None:
    """What is found without an input holds for inputs."""
    network = solve_padding("conv k=4 p=? out=2; maxpool k=3 s=1 p=?; conv k=3x5 d=2 p=? out=1").network
    assert infer(network, (1, size, size + 1)).output == (1, size, size + 1)


def brute_force(spec: str, shape: tuple[int, int], wanted: int) -> list[tuple[int, int]]:
    """Every total padding up to 80, odd sample after, that gives the wanted size."""
    found = []
    for total in range(81):
        pair = (total // 2, total - total // 2)
        try:
            output = infer(spec.replace("?", f"{pair[0]}:{pair[1]}"), shape).output
        except ShapeError:
            continue
        if output[1] == wanted:
            found.append(pair)
    return found


@given(
    kind=st.sampled_from(["conv k={k} s={s} d={d} p=? out=1", "maxpool k={k} s={s} d={d} p=?",
                          "maxpool k={k} s={s} d={d} p=? ceil=yes", "tconv k={k} s={s} d={d} p=? out=1"]),
    k=st.integers(1, 6), s=st.integers(1, 4), d=st.integers(1, 2),
    size=st.integers(1, 12), wanted=st.integers(1, 14),
)  # fmt: skip
def test_solutions_are_all_there_are(kind: str, k: int, s: int, d: int, size: int, wanted: int) -> None:
    """The solutions are those that trying every padding finds; the smallest symmetric one is taken."""
    spec = kind.format(k=k, s=s, d=d)
    expected = brute_force(spec, (1, size), wanted)
    try:
        solved = solve_padding(spec, (1, size), (wanted,)).solved[0]
    except NoSolution:
        assert not expected
        return
    assert list(solved.solutions[0]) == expected
    symmetric = [pair for pair in expected if pair[0] == pair[1]]
    assert solved.padding == ((symmetric or expected)[0],)


def test_output_is_that_of_the_network() -> None:
    """All but the last open layer keep their size, the last is chosen so that the network ends as wanted."""
    report = solve_padding(
        "conv k=3 p=? out=4; maxpool k=2; conv k=5 p=? out=8; maxpool k=2", "1x32x32", "7x7"
    )
    assert [solved.layer.spec() for solved in report.solved] == ["conv k=3 p=1 out=4", "conv k=5 p=1 out=8"]
    assert report.report is not None
    assert report.report.output == (8, 7, 7)
    # 14 and 15 both pool to 7
    assert report.solved[1].solutions[0] == ((1, 1), (1, 2))


@pytest.mark.parametrize("output", [(4,), (4, 4), (6, 4, 4)])
def test_output_in_three_forms(output: tuple[int, ...]) -> None:
    """A wanted output is one size for all axes, one each, or a whole shape."""
    solved = solve_padding("conv k=3 s=2 p=? out=6", "3x8x8", output).solved[0]
    assert solved.sizes == (4, 4)


def test_a_merge_behind_it_leaves_one_size() -> None:
    """Where what follows accepts a single size, that one is found."""
    spec = "add { conv k=3 s=2 p=? out=6 | conv k=1 s=2 out=6 }"
    assert solve_padding(spec, "3x8x8", "4").solved[0].sizes == (4, 4)


def test_a_merge_behind_it_may_ask_for_the_size_to_be_kept() -> None:
    """Half the size, as SAME would give, does not go through the merge; the whole size does."""
    spec = "x: conv k=3 s=2 p=1 out=3; conv k=3 s=2 p=? out=3; add x"
    assert solve_padding(spec, "3x8x8", "4").solved[0].sizes == (4, 4)


def test_axes_are_solved_apart() -> None:
    """A wide input has a padding for each axis."""
    solved = solve_padding("conv k=3x4 s=1x2 p=? out=1", "1x8x9", "8x5").solved[0]
    assert solved.layer.spec() == "conv k=3x4 s=1x2 p=1x2 out=1"


def test_same_is_told_apart_from_keeping_the_size() -> None:
    """At stride 2 SAME gives half the size; the answer has both."""
    solved = solve_padding("conv k=3 s=2 p=? out=1", "1x32x32").solved[0]
    assert (solved.padding, solved.sizes) == (((17, 17),), (32, 32))
    assert solved.same == (((0, 1),), (16, 16))


def test_a_repeat_whose_turns_differ_is_written_out() -> None:
    """A second turn on another size has another padding, so both are written."""
    report = solve_padding("2 * { conv k=3 s=2 p=? out=4; conv k=2 s=2 out=4 }", "4x12x12")
    assert format_spec(report.network).count("conv k=3 s=2") == 2
    assert report.report is not None
    assert report.report.output == (4, 3, 3)


REFUSED = [
    ("relu", None, None, "no layer of this network takes padding"),
    ("conv k=3 s=2 p=? out=1", None, None, "no padding keeps every size"),
    ("conv k=1 p=? out=1", "1x8x8", "7", "the nearest size is 8 with p=0"),
    ("maxpool k=2 p=?", "1x8x8", None, "the nearest size is 5 with p=1"),
    ("tconv k=2 p=? out=1", "1x8x8", "12", "the nearest size is 9 with p=0"),
    ("conv k=3 p=? out=1", "1x8x8", "2x8x8", "it changes sizes, not channels"),
]


@pytest.mark.parametrize(("spec", "input_shape", "output", "told"), REFUSED)
def test_no_solution(spec: str, input_shape: str | None, output: str | None, told: str) -> None:
    """Where nothing does, the error says why, and which sizes are nearest."""
    with pytest.raises(NoSolution) as caught:
        solve_padding(spec, input_shape, output)
    assert told in str(caught.value)


def test_what_is_missing_or_wrong_is_not_a_missing_solution() -> None:
    """A wanted output without an input, or a layer that refuses its input, is an error of another kind."""
    for arguments in [("conv k=3 p=? out=1", None, "4"), ("conv k=3 p=? out=1; flatten", "1x8x8", "4")]:
        with pytest.raises(ConvshapeError) as caught:
            solve_padding(*arguments)
        assert not isinstance(caught.value, NoSolution)
    with pytest.raises(ShapeError):
        solve_padding("conv k=3 p=? out=2 g=2", "3x8x8")


def test_solved_network_is_a_network() -> None:
    """The completed network infers as the completed spec does."""
    report = solve_padding("x: conv k=3 p=? out=4; conv k=5 p=? out=4; add x", "4x9x9")
    assert infer(report.network).rows[-1].output == infer(parse(format_spec(report.network))).output

"""Hints that look at the whole network: the input that works, and the shape that was meant."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from convshape import ShapeError, SpecError, infer, parse, solve_padding
from convshape.cli import main
from convshape.cli.words import in_options

WAV2VEC = "conv k=10 s=5 out=512; conv k=8 s=4 out=512; 3 * conv k=4 s=2 out=512"
TEXT = "concat { conv k=3 out=9; gmp | conv k=4 out=9; gmp | conv k=5 out=9; gmp }; flatten; linear out=2"
LENET = "conv k=5 out=6; maxpool k=2; conv k=5 out=16; maxpool k=2; flatten; linear in=400 out=10"
FIT = "makes it fit, or use a smaller kernel"
LEAVE = "or leave it out: it follows from the input"

HINTS = {
    # The smallest input, alone and with its neighbours.
    "1x400": (WAV2VEC, f"an input with L of 465 or more works; else, p=1 {FIT}"),
    "300x4": (TEXT, f"an input with L of 5 or more works; else, p=1 {FIT}"),
    "3x32x32": ("conv k=33 out=1", f"an input with H and W of 33 or more works; else, p=1 {FIT}"),
    "3x32x40": (
        "conv k=41x44 out=1",
        f"an input with H of 41 or more and W of 44 or more works; else, p=5 {FIT}",
    ),
    "1x28x28": (LENET, f"an input with H and W of 32 works; else, in=256, {LEAVE}"),
    "1x20x20": (
        "conv k=5 out=6; maxpool k=2; conv k=9 out=16; flatten; linear in=400 out=10",
        f"an input with H and W of 30 works; else, p=1 {FIT}",
    ),
    "4x9x9": (
        "pixelunshuffle r=4",
        "an input with H and W of 8 or 12 works; else, 'pad p=1:2' before it adds what is missing",
    ),
    "1x900": ("conv k=3000 out=1", f"an input with L of 3000 or more works; else, p=1050 {FIT}"),
    # All axes of the layer, each where one for all will not do.
    "1x5x1": ("conv k=8 out=1", f"an input with H and W of 8 or more works; else, p=4 {FIT}"),
    "3x4x4": ("maxpool k=8x1", f"an input with H of 8 or more works; else, p=2x0 {FIT}"),
    "1x1x8x9": (
        "avgpool3d k=2",
        f"an input with D of 2 or more works; else, 'pad p=1' before it {FIT}",
    ),
    "2x9x9": ("maxpool k=4x2 p=3", "p=2x1 at most, or an explicit 'pad p=...' before it"),
    "2x8x8": ("tconv k=3 s=3x2 op=5 out=1", "op=2x1 at most"),
    "2x7x7": ("tconv k=1 s=4x2 p=same out=1", "op=3x1 makes it fit, or take a larger kernel"),
    "3x40x50": (
        "pad p=45 mode=reflect",
        "an input with H of 46 or more works; else, p=39x45 at most, or mode=replicate",
    ),
    "3x4x9": ("crop p=5", "an input with H and W of 11 or more works; else, p=1x4 at most"),
    "2x3x1": (
        "tconv k=1 p=2 out=1",
        "an input with H and W of 5 or more works; else, "
        "p=1x0 at most: padding of a transposed convolution shrinks its output",
    ),
    "3x3x8x2": (
        "upsample scale=0.1",
        "an input with D, H and W of 10 or more works; "
        "else, take a factor of at least 1/2, or size=1 instead",
    ),
    "3x8x8": ("slice from=4 to=5", "to=3 at most, and from=2 at most"),
    "1": ("gn g=1", "normalise before the size is 1"),
    "6x1": ("gn g=6", "take fewer groups, or normalise before the size is 1"),
    "1x3": (
        "add { conv k=1 out=2 | conv k=1 out=4 | conv k=1 out=6 }",
        "'conv k=1 out=2' in the others brings all to 2",
    ),
    "1x4": ("add { conv k=1 out=1 | conv k=1 out=4 | conv k=1 out=6 }", "'conv k=1 out=6' turns 4 into 6"),
    # The axes in another order.
    "1x10x100": (
        "conv k=40x3 out=1",
        f"1x100x10, with H and W swapped, works; an input with H of 40 or more works; else, p=15 {FIT}",
    ),
    "224x224x3": ("conv k=7 s=2 out=64", "-i 3x224x224: channels come first"),
    "32x32x3": ("conv k=3 in=3 out=64", "-i 3x32x32: channels come first"),
    "80x3": ("conv k=3 in=3 out=64", "-i 3x80: channels come first"),
    "16x16x4": (
        "conv k=5 out=8",
        f"perhaps you mean -i 4x16x16, since channels come first; an input with W of 5 or more works; "
        f"else, p=1 {FIT}",
    ),
    "1x3x224x224": ("conv k=7 s=2 out=64", "-i 3x224x224: the batch is not part of the shape"),
    "8x3x64x64": (
        "conv2d k=3 out=64",
        "-i 3x64x64: the batch is not part of the shape, and --batch 8 sets it",
    ),
    "8x5x64x64": (
        "conv k=3 in=5 out=64",
        "-i 5x64x64: the batch is not part of the shape, and --batch 8 sets it",
    ),
    "1x40x400": ("conv1d k=3 out=8", "-i 40x400: the batch is not part of the shape"),
    "1x224x224x3": (
        "conv k=7 out=8",
        "-i 3x224x224: channels come first, and the batch is not part of the shape",
    ),
    # What another input does not mend.
    "3x9x9": ("conv k=3 g=2 out=8", "g=1 does"),
    "3x32": ("conv2d k=3 out=8", "conv without 2d takes the rank of its input"),
    "3x31x31": ("conv1d k=3 out=8", "conv without 1d takes the rank of its input"),
    "3x2": (f"conv k={10**12} out=8", f"p=499999999999 {FIT}"),
    "3x1x1": (f"conv k={10**12} d=9 out=8", "use a smaller kernel"),
}  # fmt: skip


def refused(spec: str, shape: str | None) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        infer(spec, shape)
    return caught.value


@pytest.mark.parametrize("shape", HINTS)
def test_hints(shape: str) -> None:
    """The whole hint of a network that does not take its input, as the command line gives it."""
    spec, hint = HINTS[shape]
    assert in_options(refused(spec, shape).hint) == hint


@pytest.mark.parametrize("shape", [shape for shape, (_, hint) in HINTS.items() if hint.startswith("-i ")])
def test_the_shape_that_was_meant_works(shape: str) -> None:
    """The shape that a hint gives to be typed is taken, with the options that stand beside it."""
    spec, hint = HINTS[shape]
    meant = re.match(r"-i (\S+):", hint)
    assert meant is not None
    batch = re.search(r"--batch \d+", hint)
    options = batch[0].split() if batch else []
    assert CliRunner().invoke(main, ["infer", "-i", meant[1], *options, spec]).exit_code == 0


def test_a_shape_in_the_text_is_told_as_its_line() -> None:
    """Where the input has a line of its own, the hint has the line."""
    error = refused("input 224x224x3\nconv k=7 out=8", None)
    assert error.hint == "'input 3x224x224': channels come first"
    infer("input 3x224x224\nconv k=7 out=8")


@pytest.mark.parametrize("command", ["infer", "explain", "infer --check torch"])
def test_every_command_that_infers_gives_the_hint(command: str) -> None:
    """What runs the network says the same where it does not run."""
    result = CliRunner().invoke(main, [*command.split(), "-i", "1x400", WAV2VEC])
    assert result.exit_code == 2
    assert f"  hint: {HINTS['1x400'][1]}\n" in result.stderr


SOLVED = [
    ("conv k=3 p=? out=8; maxpool k=9", "an input with H and W of 9 or more works; else, p=1 makes it fit"),
    ("conv k=3 p=? out=8; conv k=3 in=9 out=4", "in=8, or leave it out"),
]


@pytest.mark.parametrize(("spec", "hint"), SOLVED)
def test_solve_padding_gives_the_hint(spec: str, hint: str) -> None:
    """A layer behind an open padding that does not take its size is told with inputs that it takes."""
    with pytest.raises(ShapeError) as caught:
        solve_padding(spec, "3x8x8")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)
    if "works" in hint:
        solve_padding(spec, "3x9x9")


def test_solve_padding_without_an_input() -> None:
    """Without an input there is none to mend."""
    with pytest.raises(ShapeError) as caught:
        solve_padding("tconv k=3 s=2 op=2 p=? out=8")
    assert caught.value.hint == "op=1 at most"


def test_an_open_padding_keeps_its_hint() -> None:
    """What refuses every input is told as it is."""
    hint = "'convshape solve-padding' finds it; here a number, same or valid is needed"
    assert refused("conv k=3 p=? out=8", "3x8x8").hint == hint


def test_long_networks_do_not_wait() -> None:
    """Beyond 5,000 layers a network keeps the layer's own hint."""
    assert refused("5001 * conv k=3 p=1 out=1; conv k=99 out=1", "1x9").hint == f"p=45 {FIT}"


def test_errors_of_the_text_have_no_such_hint() -> None:
    """A text that is no network is told before any input is tried."""
    with pytest.raises(SpecError):
        parse("conv k=3 channels=8")

"""Teaching text: what it says is what inference and the axis maps say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from convshape import infer
from convshape.cli import main
from convshape.explain import ASCII, UNICODE, explain
from convshape.layers import KINDS

COMMANDS = {
    "no border is lost": ["-i", "1x7x7", "conv k=3 s=2 out=1"],
    "a border is lost": ["-i", "1x8x8", "conv k=3 s=2 out=1"],
    "padding and dilation": ["-i", "3x15x224", "conv k=3 d=2 p=1 s=2 out=6"],
    "ceil": ["-i", "2x9", "maxpool k=4 s=4 p=2 ceil=yes; maxpool k=1 s=2 ceil=yes"],
    "same": ["-i", "1x1024", "conv k=3 p=same s=2 out=3"],
    "asymmetric": ["-i", "1x9", "conv k=4 p=1:2 out=1"],
    "transposed": ["-i", "6x4x5", "tconv k=3 s=2 op=1 out=3"],
    "the rest": [
        "-i",
        "4x6x6",
        "x: relu; upsample scale=2; pad p=1:0; crop p=1; concat { gap | gmp }; bn; flatten; linear out=3",
    ],
}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["explain", *arguments], prog_name="convshape")
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    """Formulas, pictures and counts are what somebody has read and found right."""
    golden(f"explain-{name.replace(' ', '-')}.txt", run(*COMMANDS[name]))


def test_no_golden_file_is_an_orphan() -> None:
    """Every golden file of explanations belongs to a test."""
    expected = {f"explain-{name.replace(' ', '-')}.txt" for name in [*COMMANDS, "ascii"]}
    assert {path.name for path in (Path(__file__).parent / "golden").glob("explain-*")} == expected


def test_plain_ascii(golden: Callable[[str, str], None]) -> None:
    """The same pictures with ASCII characters alone."""
    text = run(*COMMANDS["a border is lost"], "--ascii")
    assert text.isascii()
    golden("explain-ascii.txt", text)


def test_three_windows_and_the_last_row_and_column_untouched() -> None:
    """On 7x7 three windows reach everything; on 8x8 the same three stop before the last."""
    seven, eight = (run(*COMMANDS[name], "--ascii") for name in ("no border is lost", "a border is lost"))
    assert [len(re.findall(r"H'\[\d\]  ", text)) for text in (seven, eight)] == [3, 3]
    assert "unused" not in seven
    assert "H  o o o o o o o x" in eight
    assert "x unused: last row" in eight
    assert "(W' likewise)" in eight


@pytest.mark.parametrize("width", [40, 80, 200])
def test_pictures_are_scaled_to_the_page(width: int) -> None:
    """A long axis is left out in the middle, so that every line of a picture fits."""
    report = infer("conv k=7 s=3 p=3 out=2", "1x5000")
    (section,) = explain(report, width=width, signs=UNICODE)
    pictured = [line for line in section.lines if "]  " in line]
    assert len(pictured) == 8
    assert max(map(len, pictured)) <= width


def cells(line: str) -> str:
    return line.partition("]  ")[2].ljust(200)


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        ("conv k=3 s=2 out=1", 8),
        ("conv k=3 d=3 p=2:1 out=1", 9),
        ("maxpool k=2 ceil=yes", 7),
        ("tconv k=4 s=3 out=1", 3),
        ("upsample scale=2", 4),
    ],
)
def test_pictures_show_the_taps(spec: str, size: int) -> None:
    """Each window covers the samples that its output is made of, and no others."""
    report = infer(spec, (1, size))
    node = report.rows[1].node
    assert node is not None
    axis = node.layer.maps_at((1, size))[0]
    (section,) = explain(report, width=200, signs=ASCII)
    drawn = [line for line in section.lines if "]  " in line]
    taps = [axis.taps(index) or range(0) for index in range(report.output[1])]
    first = min(-axis.padding()[0], *(t[0] for t in taps if t))
    shown = taps if len(taps) <= 8 else [*taps[:4], *taps[-4:]]
    assert len(drawn) == len(shown)
    for line, tapped in zip(drawn, shown, strict=True):
        assert [i + first for i, c in enumerate(cells(line)[::2]) if c == "#"] == list(tapped)


def test_every_kind_can_be_explained() -> None:
    """No kind is without something to say."""
    samples = {
        "conv": "k=3 out=4",
        "dwconv": "k=3",
        "tconv": "k=3 out=4",
        "gn": "g=2",
        "pad": "p=1",
        "crop": "p=1",
        "upsample": "scale=2",
        "pixelshuffle": "r=2",
        "pixelunshuffle": "r=2",
        "shuffle": "g=2",
        "adaptiveavgpool": "out=3",
        "adaptivemaxpool": "out=3",
        **dict.fromkeys(("maxpool", "avgpool", "lppool"), "k=2"),
    }
    flat = {"linear": "out=3", "unflatten": "shape=4x8x8"}
    for kind, cls in KINDS.items():
        line = f"{kind} {samples.get(kind, flat.get(kind, ''))}"
        spec = f"flatten; {line}" if kind in flat else f"{line} {{ relu | tanh }}" if cls.merges else line
        *_, section = explain(infer(spec, "4x8x8"), width=80, signs=UNICODE)
        assert any(section.lines), kind


def test_numbers_that_no_page_holds_are_no_matter() -> None:
    """A window of a million million samples is drawn in no time."""
    text = run("-i", "1x1000000000000", "conv k=999999999999 out=1; maxpool k=2 s=1000000000 p=1")
    assert "L'[0]" in text


def test_ratio_to_a_fully_connected_layer() -> None:
    """LeNet's first convolution learns 156 numbers where a fully-connected layer learns 4,821,600."""
    text = run("-i", "1x32x32", "conv k=5 out=6")
    assert "156 parameters: weight 6x1x5x5 = 150, bias 6\n" in text
    told = "from 1,024 to 4,704 values would have 4,821,600 parameters, 30,908 times as many"
    assert told in " ".join(text.split())


@pytest.mark.parametrize(("color", "bold"), [("always", True), ("never", False), ("auto", False)])
def test_titles_are_bold_where_there_is_color(color: str, bold: bool) -> None:
    """Colors follow the same rules as in tables."""
    assert ("\x1b[1m#1" in run("-i", "1x8", "relu", "--color", color)) is bold


@pytest.mark.parametrize("spec", ["pad p=1 mode=reflect", "pad p=1 mode=circular", "pixelunshuffle r=2"])
def test_axes_that_are_alike_are_drawn_once(spec: str) -> None:
    """H and W have one formula and one picture where both get the same, whatever checks their sizes."""
    text = run("-i", "1x4x4", spec)
    assert text.count("(W' likewise)") == 1
    assert "W'[" not in text
    apart = run("-i", "1x4x6", spec)
    assert "likewise" not in apart
    assert "W'[" in apart


FORMULAS = {
    "conv k=3 s=2 p=1 out=1": ["L' = floor((L - F + 2P) / S) + 1", "   = floor((7 - 3 + 2*1) / 2) + 1"],
    "conv k=3 s=2 p=1:2 out=1": [
        "L' = floor((L - F + before + after) / S) + 1",
        "   = floor((7 - 3 + 1 + 2) / 2) + 1",
    ],
    "pad p=2": ["L' = L + 2P = 7 + 2*2 = 11"],
    "pad p=0:2": ["L' = L + before + after = 7 + 0 + 2 = 9"],
    "crop p=2": ["L' = L - 2P = 7 - 2*2 = 3"],
    "crop p=0:2": ["L' = L - (before + after) = 7 - (0 + 2) = 5"],
    "tconv k=3 s=2 p=1 out=1": ["L' = (L - 1) S - 2P + F + op", "   = (7 - 1)*2 - 2*1 + 3 + 0"],
    "tconv k=3 s=2 p=1:0 d=2 out=1": [
        "F = d (k - 1) + 1 = 2*(3 - 1) + 1 = 5",
        "L' = (L - 1) S - (before + after) + F + op",
        "   = (7 - 1)*2 - (1 + 0) + 5 + 0",
    ],
    "conv k=3 s=2 p=same out=1": [
        "L' = ceil(L / S) = ceil(7 / 2) = 4",
        "before + after = max((L' - 1) S + F - L, 0)",
        "               = max((4 - 1)*2 + 3 - 7, 0)",
        "               = 2: 1 before, 1 after",
    ],
}


@pytest.mark.parametrize("spec", FORMULAS)
def test_p_is_the_padding_of_one_side(spec: str) -> None:
    """P is one side in every formula; both sides, where they differ, are before + after."""
    lines = [line.removeprefix("  ") for line in run("-i", "1x7", spec).splitlines()]
    start = lines.index(FORMULAS[spec][0])
    assert lines[start : start + len(FORMULAS[spec])] == FORMULAS[spec]
    assert not any(re.search(r"(?<!2)P\b", line) for line in lines)


def test_what_no_sample_reaches_is_an_empty_line() -> None:
    """An output that is made of no input sample has an empty line, and the legend says so."""
    lines = run("-i", "1x2", "tconv k=1 s=2 p=1 out=1", "--ascii").splitlines()
    assert lines[6:9] == ["      L  o o", "  L'[0]", "         o sample, empty line: no sample reaches it"]


@pytest.mark.parametrize("width", [30, 40, 80])
def test_legends_and_sentences_are_folded(width: int) -> None:
    """Words never leave the page, however long the legend."""
    report = infer("conv k=3 d=2 s=5 p=1:0 out=1000; flatten; linear out=7", "1x30")
    for section in explain(report, width=width, signs=UNICODE):
        told = [line for line in section.lines if "'" not in line and "=" not in line]
        assert max(map(len, told)) <= width

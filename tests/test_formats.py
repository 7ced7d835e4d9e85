"""Formats: golden files for each, and what must agree between them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from convshape import infer, parse, solve_padding
from convshape.analyses.report import peak_row
from convshape.formats import FORMATS, render
from convshape.formats.answer import Page, rounded, rounded_bytes
from convshape.formats.inference import COLUMNS, Inference
from convshape.formats.kinds import Kind, Kinds
from convshape.formats.networks import Networks
from convshape.formats.padding import Solution
from convshape.layers import KINDS
from convshape.networks import NAMES, text, title

LENET = text("lenet5")
BRANCHES = """input 3x17x16
stem: conv2d k=3 s=2 out=8 bias=no
add {
  concat { conv k=1 out=4 | maxpool k=3 s=1 p=1; conv k=1 out=4 }
  bn
|
}
2 * { relu; conv k=3 p=1 out=8 }
add stem
prelu n=8
flatten
"""


def inference(spec: str, input_shape: str | None = None) -> Inference:
    return Inference(infer(spec, input_shape), batch=1, dtype="float32")


ANSWERS = {
    "lenet5": inference(LENET),
    "branches": inference(BRANCHES),
    "sequence": inference("conv k=5 d=2 out=4; relu; conv1d k=3 s=2 p=same out=8", "2x100"),
    "volume": inference("conv k=3 p=1 out=4; maxpool k=1x2x2; conv k=3 out=8", "1x8x16x16"),
    "padding-any-size": Solution(solve_padding("conv k=5 p=? out=6; relu; conv k=4 p=? out=6")),
    "padding-input": Solution(solve_padding("conv k=3 s=2 p=? out=8; conv k=3 p=? out=4", "3x9x8", "9x8")),
    "kinds": Kinds(),
    "kind": Kind(KINDS["conv"]),
    "networks": Networks({f"@{name}": (title(name), infer(text(name))) for name in NAMES}),
}
CASES = [
    (answer, name)
    for answer in ANSWERS
    for name in FORMATS
    if not (answer in ("kind", "kinds", "networks") and FORMATS[name].of_network)
    and (answer, name) != ("padding-any-size", "shape")
]


@pytest.mark.parametrize(("answer", "name"), CASES, ids=map("-".join, CASES))
def test_golden(answer: str, name: str, golden: Callable[[str, str], None]) -> None:
    """Every answer in every format is what somebody has read and found right."""
    golden(f"{answer}.{name}.txt", render(ANSWERS[answer], name, Page()))


PAGES = {
    "narrow": Page(width=58),
    "wide": Page(width=200),
    "color": Page(color=True),
    "ascii": Page(ascii=True),
    "columns": Page(columns=("layer", "input", "output", "weight", "bias", "dense", "size")),
    "counts": Page(columns=("parameters", "macs", "flops", "memory", "index")),
}


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_golden_tables(name: str, page: Page, golden: Callable[[str, str], None]) -> None:
    """A table fits its page: narrow, wide, coloured, plain ASCII, with columns of choice."""
    golden(f"table-{name}.txt", render(ANSWERS["branches"], "table", page))


def test_no_golden_file_is_an_orphan() -> None:
    """Every golden file belongs to a test; those of `explain` and `help` are seen to elsewhere."""
    expected = {f"{answer}.{name}.txt" for answer, name in CASES} | {f"table-{name}.txt" for name in PAGES}
    files = {path.name for path in (Path(__file__).parent / "golden").iterdir()}
    assert {name for name in files if not name.startswith(("explain-", "help-"))} == expected


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0 k"),
        (416_520, "416.5 k"),
        (999_949, "999.9 k"),
        (999_950, "1.0 M"),
        (101_616_768, "101.6 M"),
        (15_470_264_320, "15.5 G"),
        (999_949 * 10**15, "999.9 E"),
        (10**21, "1.0 * 10^21"),
        (12 * 10**135, "1.2 * 10^136"),
    ],
)
def test_rounded_counts(number: int, said: str) -> None:
    """Counts in notes are short, and rounded as people round."""
    assert rounded(number) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1024**2 - 52, "1023.9 KiB"),
        (1024**2 - 51, "1.0 MiB"),
        (3_101_184, "3.0 MiB"),
        (5 * 1024**4, "5.0 TiB"),
        (1024**7, "1.1 * 10^21 bytes"),
    ],
)
def test_rounded_bytes(number: int, said: str) -> None:
    """Bytes in notes have the largest unit of which there is one."""
    assert rounded_bytes(number) == said


@pytest.mark.parametrize(
    ("spec", "note"),
    [
        (
            "conv k=1 out=2; relu; gap",
            "8,192 MACs; activations of one sample in float32: 80.0 KiB, peak 64.0 KiB at #2 (relu)",
        ),
        (
            "x: conv k=1 out=2; gap",
            "8,192 MACs; activations of one sample in float32: 48.0 KiB, peak 48.0 KiB at #1 (x)",
        ),
        (
            "maxpool k=64",
            "0 MACs; activations of one sample in float32: 16.0 KiB, peak 16.0 KiB at #1 (maxpool)",
        ),
        ("pic: relu; add { tanh | conv k=1 out=9; conv k=1 out=1 | }; concat pic", None),
    ],
)
def test_the_note_says_where_the_peak_is(spec: str, note: str | None) -> None:
    """The row at which the most memory is in use is named, by number and name; its bytes are the total's."""
    report = infer(spec, "1x64x64")
    in_use = [0] * len(report.rows)
    for row in report.rows:
        last = max([row.index, *(later.index for later in report.rows if row.index in later.inputs)])
        last = len(report.rows) - 1 if row.index == report.network.output else last
        for number in range(row.index, last + 1):
            in_use[number] += row.memory
    peak = peak_row(report)
    assert (max(in_use), in_use.index(max(in_use))) == (report.totals.peak_memory, peak.index)
    assert note is None or note in render(Inference(report, batch=1, dtype="float32"), "table", Page())


@pytest.mark.parametrize(
    ("spec", "shape", "remark"),
    [
        ("conv k=3 s=2 out=1", "1x8", "unused: last sample"),
        ("conv k=3 s=4 out=1", "1x10x8", "unused: last 3 rows, last column"),
        ("conv k=3 s=2 out=1", "1x8x7x9", "unused: last depth slice"),
        ("conv k=1 s=2000 out=1", "1x2000", "unused: last 1,999 samples"),
        ("x: relu; add { tanh | x: gelu }", "1x8", "from #2, #3"),
    ],
)
def test_remarks(spec: str, shape: str, remark: str) -> None:
    """What nothing reaches is called as people call it, and rows by their numbers."""
    text = render(inference(spec, shape), "table", Page())
    assert remark in [line.split("   ")[-1] for line in text.splitlines()]


def test_markdown_keeps_the_bars_of_branches() -> None:
    """Where a branch begins there is a bar, escaped, and what is in one is indented as in the table."""
    drawn = render(ANSWERS["branches"], "table", Page(columns=("layer",))).splitlines()[2:-2]
    marked = render(ANSWERS["branches"], "markdown", Page(columns=("layer",))).splitlines()[2:]
    cells = [line.removeprefix("| ").removesuffix(" |") for line in marked]
    shown = [cell.replace("&emsp;", "  ").replace("\\", "") for cell in cells]
    assert [line.rstrip() for line in drawn] == shown[: len(drawn)]
    assert "| | conv k=1 out=4" in shown


def test_machine_formats_are_ascii_and_raw() -> None:
    """No thousands separators, no box characters, nothing beyond ASCII."""
    for name in ("json", "jsonl", "csv", "tsv", "spec", "shape"):
        text = render(ANSWERS["lenet5"], name, Page())
        assert text.isascii()
        assert "61,706" not in text
        assert text.endswith("\n")


def test_formats_agree() -> None:
    """csv, tsv and jsonl tell the same shapes and counts as json."""
    answer = ANSWERS["branches"]
    document = json.loads(render(answer, "json", Page()))
    assert [json.loads(line) for line in render(answer, "jsonl", Page()).splitlines()] == document["layers"]
    page = Page(columns=("index", "output", "parameters", "macs"))
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        records = csv.DictReader(io.StringIO(render(answer, name, page)), delimiter=delimiter)
        assert list(records) == [
            {
                "index": str(entry["index"]),
                "output": "x".join(map(str, entry["output"])),
                "parameters": str(entry["parameters"]),
                "macs": str(entry["macs"]),
            }
            for entry in document["layers"]
        ]


@pytest.mark.parametrize("name", ["parameters", "macs", "memory"])
def test_printed_column_adds_up_to_the_printed_total(name: str) -> None:
    """The numbers that a reader sees, added, are the total that a reader sees."""
    lines = render(ANSWERS["lenet5"], "table", Page(columns=("layer", name))).splitlines()[2:]
    numbers = [int(line.split()[-1].replace(",", "")) for line in lines if line[0] not in "─0123456789"]
    assert sum(numbers[:-1]) == numbers[-1] > 0


def test_spec_format_parses_to_the_same_network() -> None:
    """What -f spec prints is the network it came from, with its input."""
    report = infer(BRANCHES)
    again = infer(render(inference(BRANCHES), "spec", Page()))
    assert [(row.spec, row.inputs, row.output) for row in again.rows] == [
        (row.spec, row.inputs, row.output) for row in report.rows
    ]


def test_every_line_of_a_narrow_table_fits() -> None:
    """The layer's text folds, and no column is dropped."""
    text = render(ANSWERS["branches"], "table", Page(width=60))
    assert max(map(len, text.splitlines())) <= 60
    assert all(title in text for title in ("channels", "H'", "W'", "parameters"))


def test_table_of_brackets_is_not_markup() -> None:
    """A table shows text as it is, whatever rich would read in it."""
    report = infer(parse("x: conv k=1 out=2"), "1x2x2")
    assert "x: conv k=1 out=2" in render(Inference(report, batch=1, dtype="float32"), "table", Page())


def test_every_column_can_be_shown() -> None:
    """Each column of the register renders, in a table and for machines."""
    for name in COLUMNS:
        page = Page(columns=(name,))
        rows = render(ANSWERS["lenet5"], "tsv", page).splitlines()
        assert len(rows) == 14
        assert render(ANSWERS["lenet5"], "table", page).strip()


def test_wide_characters_keep_columns_aligned() -> None:
    """A name of wide characters takes two terminal columns each, and what stands behind it is aligned."""
    text = render(inference("\u5c64\u5c64: relu; tanh", "1x8"), "table", Page())
    _, _, _, wide, narrow = text.splitlines()[:5]
    assert cell_len(wide) == cell_len(narrow) == len(narrow)


def test_color_marks_columns() -> None:
    """With color each column has its own, and without its escapes the table is the plain one."""
    report = inference("conv k=3 s=2 out=1", "1x8")
    plain, colored = (render(report, "table", Page(color=color)) for color in (False, True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert "\x1b[33m   unused: last sample\x1b[0m" in colored

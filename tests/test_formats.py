"""Formats: golden files for each, and what must agree between them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from convshape import infer, parse, solve_padding
from convshape.formats import FORMATS, render
from convshape.formats.answer import Page
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
    assert [(row.text, row.inputs, row.output) for row in again.rows] == [
        (row.text, row.inputs, row.output) for row in report.rows
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

"""Names of tensors in any script, from the text to every format and back."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from convshape import SpecError, format_spec, infer, parse
from convshape.cli import main

# As typed, and as compared and printed.
NAMES = {
    "Chinese": ("\u5c64", "\u5c64"),
    "Cyrillic": ("\u0441\u043b\u043e\u0439.1", "\u0441\u043b\u043e\u0439.1"),
    "Hindi": ("\u092a\u0930\u0924", "\u092a\u0930\u0924"),
    "Arabic": ("\u0637\u0628\u0642\u0629", "\u0637\u0628\u0642\u0629"),
    "an accent apart": ("caf\u0065\u0301-1", "caf\u00e9-1"),
    "Korean letters apart": ("\u1112\u1161\u11ab", "\ud55c"),
    "digits of a script": ("x\u0663", "x\u0663"),
}
IDS = list(NAMES)


@pytest.mark.parametrize(("typed", "name"), NAMES.values(), ids=IDS)
def test_names_in_any_script(typed: str, name: str) -> None:
    """A name is found however it is typed, and is one name in all formats."""
    spec = f"{typed}: relu; tanh; add {name}; {name}1: gelu"
    report = infer(spec, "1x8")
    assert [row.name for row in report.rows] == [None, name, None, None, f"{name}1"]
    assert format_spec(parse(format_spec(parse(spec)))) == format_spec(parse(spec))

    def told(form: str) -> str:
        return CliRunner().invoke(main, ["infer", "-i", "1x8", spec, "-f", form]).stdout

    table = told("table").split("\n")
    assert len({cell_len(line) for line in table if "\u2500" in line}) == 1
    assert f"{name}: relu" in table[3]
    assert f"{name}: relu" in [row["layer"] for row in csv.DictReader(io.StringIO(told("csv")))]
    assert name in [layer["name"] for layer in json.loads(told("json"))["layers"]]
    assert told("spec") == f"input 1x8\n{name}: relu\ntanh\nadd {name}\n{name}1: gelu\n"


@pytest.mark.parametrize(
    "name", ["\u0663x", "\u0301x", "\xb2", "a\u20ac", "\U0001f600", "a\u200bb", "\uff1da"]
)
def test_what_is_no_name(name: str) -> None:
    """A digit or an accent in front, a sign, an emoji, an invisible space: none of them."""
    with pytest.raises(SpecError, match="a tensor cannot be called"):
        parse(f"{name}: relu")


def test_a_terminal_that_has_not_the_letters() -> None:
    """Where standard output cannot show a letter, its code is shown, and nothing crashes."""
    run = subprocess.run(
        [sys.executable, "-m", "convshape", "infer", "-i", "1x8", "\u5c64: relu", "-f", "spec"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, b"input 1x8\n\\u5c64: relu\n")

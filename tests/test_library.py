"""The library: what it takes and refuses, what its answers can do, and that the commands say the same."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import re
import shlex
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

import convshape
from convshape import (
    ArgumentTypeError,
    ArgumentValueError,
    BackendError,
    ConvshapeError,
    NoSolution,
    PaddingReport,
    Report,
    ShapeError,
    Source,
    SpecError,
    UnknownName,
    UnknownRow,
    Verdict,
    check,
    explain,
    format_spec,
    infer,
    networks,
    parse,
    solve_input,
    solve_padding,
)
from convshape.analyses import report as reports
from convshape.cli import main
from convshape.formats.inference import COLUMNS
from convshape.records import Record

SPEC = "conv1: conv k=5 s=2 p=1 out=6; x: relu; upsample scale=4; add { tanh | }; flatten; out: linear out=3"
SHAPE = "3x21x24"


def answers() -> dict[str, Any]:
    """One answer of each kind, with the parts of a report."""
    report = infer(SPEC, SHAPE)
    return {
        "Report": report,
        "Row": report[1],
        "Totals": report.totals,
        "Verdict": Verdict(False, "it differs"),
        "Check": convshape.Check("torch", "2.0"),
        "PaddingReport": solve_padding("conv k=3 p=? out=2; conv k=5 out=1", "3x9x9"),
        "Solved": solve_padding("conv k=3 s=2 p=? out=2", "3x9x9").solved[0],
        "InputReport": solve_input("conv k=3 s=2 out=2", "3x9x9", lossless=True),
        "Working": solve_input("conv k=3 s=2 out=2", "3x9x9").working[0],
        "Section": explain("conv k=3 s=2 out=2", "3x9x9")[0],
    }


# Arguments


class Integer:
    """A whole number of another library, such as NumPy's."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"int64({self.number})"


A_COUNT = "takes a whole number from 1 to 1,000,000,000,000, not"
A_SHAPE = 'takes a shape as text such as "3x224x224" or as a tuple of whole numbers, not'
SIZES = 'takes sizes or a shape as text such as "7x7" or as a tuple of whole numbers, not'
A_SPEC = "takes spec text, a pathlib.Path or a Graph, not"
DTYPES = "takes float32, float64, float16, bfloat16, int8 or uint8, not"
A_RANGE = "takes a range of sizes from 1 up, such as range(1, 1025), not"

VALUE, TYPE = ArgumentValueError, ArgumentTypeError

REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    *(
        (lambda spec=spec: infer(spec, "1x8"), TYPE, f"spec {A_SPEC} {told}")
        for spec, told in [
            (b"relu", "b'relu'"),
            (None, "None"),
            (["relu"], "['relu']"),
            (("relu", "tanh"), "('relu', 'tanh')"),
            (7, "7 (int)"),
            (Source("a", "relu"), "Source(name='a', text='relu')"),
        ]
    ),
    *(
        (lambda batch=batch: infer("relu", "1x8", batch=batch), kind, f"batch {A_COUNT} {told}")
        for batch, kind, told in [
            (0, VALUE, "0"),
            (-3, VALUE, "-3"),
            (10**13, VALUE, "10000000000000"),
            (Integer(0), VALUE, "0"),
            (1.5, TYPE, "1.5 (float)"),
            (True, TYPE, "True"),
            (None, TYPE, "None"),
            ("4", TYPE, "'4'"),
        ]
    ),
    (lambda: infer("relu", "1x8", dtype="int9"), VALUE, f"dtype {DTYPES} 'int9'\nhint: did you mean 'int8'?"),
    (lambda: infer("relu", "1x8", dtype=None), TYPE, f"dtype {DTYPES} None"),
    (lambda: infer("relu", "1x8", dtype=["int8"]), TYPE, f"dtype {DTYPES} ['int8']"),
    *(
        (lambda shape=shape: infer("relu", shape), TYPE, f"input {A_SHAPE} {told}")
        for shape, told in [
            (8, "8 (int)"),
            ((1, 8.0), "(1, 8.0)"),
            ((True, 8), "(True, 8)"),
            ((1, None), "(1, None)"),
            (b"1x8", "b'1x8'"),
            ({1, 8}, "{8, 1} (set)"),
        ]
    ),
    *(
        (
            lambda shape=shape: infer("relu", shape),
            VALUE,
            f"input {A_SHAPE} {shape}\n"
            "hint: expected a shape as in 3x224x224: channels, then one size per axis, each from 1",
        )
        for shape in [(), (0, 3), (3, 0), (-1, 8)]
    ),
    (
        lambda: infer("relu"),
        VALUE,
        "no input shape is given\n"
        "hint: input=\"3x224x224\", or 'input 3x224x224' as the first line of the spec",
    ),
    (lambda: solve_padding("conv k=3 out=1", "1x8x8", 8), TYPE, f"output {SIZES} 8 (int)"),
    (
        lambda: solve_padding("conv k=3 out=1", "1x8x8", (0,)),
        VALUE,
        f"output {SIZES} (0,)\n"
        "hint: expected sizes as in 7 or 7x7, or a whole shape as in 64x7x7, each from 1",
    ),
    (
        lambda: solve_padding("conv k=3 out=1", output="8"),
        VALUE,
        'a wanted output needs an input shape\nhint: give it with input, as in input="3x224x224"',
    ),
    (lambda: solve_input("relu", "1x8", output=8), TYPE, f"output {SIZES} 8 (int)"),
    (lambda: solve_input("relu", "1x8", lossless=1), TYPE, "lossless takes True or False, not 1 (int)"),
    (lambda: solve_input("relu", "1x8", square="yes"), TYPE, "square takes True or False, not 'yes'"),
    *(
        (lambda tried=tried: solve_input("relu", "1x8", range=tried), kind, f"range {A_RANGE} {told}")
        for tried, kind, told in [
            (range(0), VALUE, "range(0, 0)"),
            (range(5, 5), VALUE, "range(5, 5)"),
            (range(9), VALUE, "range(0, 9)"),
            (range(9, 1, -1), VALUE, "range(9, 1, -1)"),
            (range(10**13, 10**13 + 9), VALUE, "range(10000000000000, 10000000000009)"),
            ([range(1, 9)], TYPE, "[range(1, 9)]"),
            ((1, 9), TYPE, "(1, 9)"),
            ("1:9", TYPE, "'1:9'"),
            (None, TYPE, "None"),
        ]
    ),
    (
        lambda: solve_input("relu", "1x8", range=range(1, 2_000_000)),
        VALUE,
        "range takes at most 1,000,000 sizes, not 1,999,999",
    ),
    (
        lambda: explain("relu", "1x8", width=0),
        VALUE,
        "width takes a whole number from 1 to 1,000,000, not 0",
    ),
    (lambda: explain("relu", "1x8", ascii=None), TYPE, "ascii takes True or False, not None"),
    (lambda: check("relu", "1x8", framework="jax"), VALUE, "framework takes torch, not 'jax'"),
    (lambda: check("relu", "1x8", framework=None), TYPE, "framework takes torch, not None"),
    (
        lambda: check("relu", "1x8", max_bytes="2GiB"),
        TYPE,
        "max_bytes takes a whole number from 1, not '2GiB'",
    ),
    (
        lambda: check(infer("relu", "1x8"), "1x9"),
        VALUE,
        "input takes None beside a report, which has its own, not '1x9'",
    ),
    (lambda: parse(3), TYPE, "text takes spec text, a pathlib.Path or several Sources, not 3 (int)"),
    (lambda: parse(["relu"]), TYPE, "text takes spec text, a pathlib.Path or several Sources, not ['relu']"),
    (lambda: parse(b""), TYPE, "text takes spec text, a pathlib.Path or several Sources, not b''"),
    (lambda: parse("relu", name=None), TYPE, "name takes a string, not None"),
    (lambda: parse("relu", max_layers=0), VALUE, f"max_layers {A_COUNT} 0"),
    (lambda: format_spec("relu"), TYPE, "network takes a Graph, not 'relu'"),
    (
        lambda: infer("relu", "1x8").column("mac"),
        VALUE,
        "name takes a column of a report, not 'mac'\nhint: did you mean 'macs'?",
    ),
    (lambda: infer("relu", "1x8").column(3), VALUE, "name takes a column of a report, not 3"),
    (
        lambda: infer("relu", "1x8")[1.5],
        TYPE,
        "a report takes the index of a row or its name, not float",
    ),
]


@pytest.mark.parametrize(("call", "kind", "told"), REFUSED, ids=[told[:60] for _, _, told in REFUSED])
def test_a_wrong_argument_is_told(call: Callable[[], object], kind: type[Exception], told: str) -> None:
    """One error, of ours and of Python's, with the argument's name, what was given and what is taken."""
    with pytest.raises(ConvshapeError) as caught:
        call()
    assert str(caught.value) == told
    assert type(caught.value) is kind
    assert isinstance(caught.value, ValueError | TypeError)


OPTION = re.compile(r"(^|[\s(])-(i|o|b|c|f)\b|--[a-z]")


@pytest.mark.parametrize(
    "call",
    [
        *(call for call, _, _ in REFUSED),
        lambda: infer("conv k=7 out=1", "224x224x3"),
        lambda: infer("conv k=3 in=3 out=1", "8x3x64x64"),
        lambda: infer("conv k=9 out=1", "1x3x3"),
        lambda: solve_input("conv k=3 out=1", "1x3x3", output="5000"),
        lambda: solve_input("conv k=3 out=1", "1x3x3", range=range(1, 3)),
        lambda: solve_input("flatten; linear in=64 out=1", "1x9x9"),
    ],
)
def test_no_hint_speaks_of_options(call: Callable[[], object]) -> None:
    """What the library says can be done from Python; the options for it are the command line's to name."""
    with pytest.raises(ConvshapeError) as caught:
        call()
    assert not OPTION.search(str(caught.value)), str(caught.value)


def test_a_hint_that_speaks_of_options_is_noticed() -> None:
    """The pattern finds options, and no padding or hyphen."""
    assert all(map(OPTION.search, ["give it with -i", "--range A:B tries", "-i 3x8x8 works"]))
    assert not any(map(OPTION.search, ["same-lower", "k - s", "multiply-adds"]))


@pytest.mark.parametrize("shape", [(3, 8), [3, 8], (Integer(3), Integer(8)), "3x8", "(3, 8)"])
def test_what_an_input_may_be(shape: Any) -> None:
    """Text, tuples and lists are shapes, with whole numbers of any kind in them."""
    report = infer("conv k=3 out=2", shape, batch=Integer(2))  # type: ignore[arg-type]
    assert (report.input, report.output, report[1].memory) == ((3, 8), (2, 6), 2 * 2 * 6 * 4)
    assert {type(number) for number in report.input} == {int}


def test_numbers_of_torch_and_numpy_are_taken() -> None:
    """A torch.Size and a NumPy integer are what they say."""
    torch = pytest.importorskip("torch")
    assert infer("relu", torch.zeros(3, 8).shape).output == (3, 8)
    numpy = pytest.importorskip("numpy")
    assert infer("relu", (numpy.int64(3), 8), batch=numpy.int32(2))[1].memory == 2 * 3 * 8 * 4


# Where a spec comes from


def test_a_path_is_a_file(tmp_path: Path) -> None:
    """A pathlib.Path is read as the command line reads files, whatever its name is."""
    path = tmp_path / "a network"
    path.write_bytes(b"\xef\xbb\xbfinput 1x8x8\nconv k=3 out=2\n")
    assert infer(path).output == (2, 6, 6)
    assert parse(path).input == (1, 8, 8)
    assert solve_input(path).working[0].sizes[0] == 3
    path.write_text("relu\ncovn k=3", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        infer(path, "1x8")
    assert str(caught.value).startswith(f"{path}:2: there is no layer 'covn'\n")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "no such file or directory"),
        (b'{"a": 1}', "JSON, which cannot be read yet"),
        (b"relu\0", "binary data, not a spec"),
        (b"relu # \xff", "byte 0xff is not UTF-8"),
    ],
)
def test_a_file_that_is_no_spec(tmp_path: Path, data: bytes | None, told: str) -> None:
    """A file that cannot be read, or is of another program, is told by its name."""
    path = tmp_path / "net.cnn"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SpecError, match=re.escape(told)) as caught:
        infer(path, "1x8")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "@lenet5",
            'a string is spec text; convshape.networks.text("lenet5") is that of a network that is shipped',
        ),
        ("net.cnn", 'a string is spec text; pathlib.Path("net.cnn") is a file'),
        ("README.md/x", 'a string is spec text; pathlib.Path("README.md/x") is a file'),
        ("torch:os:getcwd", "a string is spec text, and no Python is imported for it"),
        ("covn k=3", "did you mean 'conv'?"),
    ],
)
def test_a_string_is_spec_text(text: str, hint: str) -> None:
    """A string opens no file and imports nothing, and the hint says what to write instead."""
    with pytest.raises(SpecError) as caught:
        infer(text, "1x8")
    assert caught.value.hint == hint


def test_a_string_that_happens_to_be_a_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file called as a layer is never looked for."""
    monkeypatch.chdir(tmp_path)
    Path("relu").write_text("gap", encoding="utf-8")
    assert infer("relu", "1x8").output == (1, 8)
    assert infer(Path("relu"), "1x8").output == (1, 1)


# Rows


def test_every_column_is_an_attribute() -> None:
    """The columns of a table are those of the library, in the same order."""
    assert tuple(COLUMNS) == reports.COLUMNS
    for row in infer(SPEC, SHAPE):
        for name in COLUMNS:
            getattr(row, name)


def test_columns_are_those_of_the_json() -> None:
    """Attributes have the values that the JSON has under the same name."""
    report = infer(SPEC, SHAPE)
    for row, layer in zip(report, report.to_dict()["layers"], strict=True):
        for name in layer.keys() - {"checked"}:
            value = getattr(row, name)
            if name == "jump":
                value = [str(jump) if isinstance(jump, Fraction) else jump for jump in value]
            assert json.loads(json.dumps(value)) == layer[name], (row, name)
    assert report.column("jump")[3] == (Fraction(1, 2), Fraction(1, 2))
    assert report.column("remark")[5] == "from #4, #3"
    assert report.column("check") == (None,) * 8


def test_receptive_fields_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk through the network is made for all rows together, when the first is asked."""
    from convshape.analyses import trace

    calls = []
    for name in ("receptive_fields", "formulas"):
        function = getattr(trace, name)
        monkeypatch.setattr(trace, name, lambda report, f=function, n=name: calls.append(n) or f(report))
    report = infer(SPEC, SHAPE)
    assert calls == []
    assert [row.receptive_field for row in report][1] == (5, 5)
    assert [row.start for row in report][1] == (-1, -1)
    assert report[1].formula == ("floor((H - 5 + 2*1) / 2) + 1", "floor((W - 5 + 2*1) / 2) + 1")
    report.to_json()
    assert calls == ["receptive_fields", "formulas"]


def test_rows_make_no_garbage() -> None:
    """A report that is dropped is gone without a collection, also after all of its columns were asked."""

    def garbage(count: int) -> int:
        spec = f"{count} * {{ conv k=3 p=1 out=3; relu }}"
        gc.collect()
        gc.disable()
        try:
            report = infer(spec, "3x9x9")
            for row in report:
                _ = row.receptive_field, row.formula, row.jump
            report.to_json()
            del report, row
            return gc.collect()
        finally:
            gc.enable()

    garbage(2)
    assert garbage(100) == garbage(2)


def test_a_report_is_a_sequence_of_rows() -> None:
    """By number, from the end, by name and as a slice; the last row of a name is meant."""
    report = infer("a: relu; a: tanh; relu", "1x8")
    assert len(report) == 4
    assert list(report) == list(report.rows)
    assert report[0].kind == "input"
    assert report[-1] is report.rows[3]
    assert report[Integer(1)] is report.rows[1]  # type: ignore[call-overload]
    assert report[1:3] == report.rows[1:3]
    assert report["a"] is report.rows[2]
    with pytest.raises(UnknownRow, match="there is no row 4: the report has 4 rows, row 0 the input"):
        report[4]
    with pytest.raises(UnknownName) as caught:
        infer("conv1: conv k=3 out=1", "1x8")["conv2"]
    assert str(caught.value) == "no row is called 'conv2'\nhint: did you mean 'conv1'?"
    assert issubclass(UnknownName, KeyError)
    assert issubclass(UnknownRow, IndexError)


# Answers as values


@pytest.mark.parametrize("name", answers())
def test_an_answer_is_a_value(name: str) -> None:
    """Answers are no tuples; they compare, hash, copy, pickle, do not change, and show themselves."""
    answer, again = answers()[name], answers()[name]
    assert isinstance(answer, Record)
    assert isinstance(answer, getattr(convshape, name))
    assert not isinstance(answer, tuple)
    assert answer is not again
    assert (answer, hash(answer)) == (again, hash(again))
    for other in (copy.copy(answer), copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert type(other) is type(answer)
        assert (other, hash(other)) == (answer, hash(answer))
    assert answer != tuple(answer.fields().values())
    field = next(iter(answer.fields()))
    changed = answer.replace(**{field: None})
    assert changed != answer
    assert getattr(changed, field) is None
    with pytest.raises(AttributeError):
        setattr(answer, field, None)
    with pytest.raises(AttributeError):
        delattr(answer, field)
    if name != "Section":
        assert len(repr(answer)) < 200
        assert "\n" not in repr(answer)


def test_a_row_that_was_pickled_knows_its_columns() -> None:
    """What rows know together goes along."""
    row = pickle.loads(pickle.dumps(infer(SPEC, SHAPE)[1]))
    assert row.receptive_field == (5, 5)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Report", "<Report of 7 layers: 3x21x24 -> 3, 32,139 parameters, 81,180 MACs>"),
        ("Row", "<Row #1 conv1: conv k=5 s=2 p=1 out=6 -> 6x10x11>"),
        ("PaddingReport", "<PaddingReport: #1 conv k=3 p=1 out=2>"),
        (
            "InputReport",
            "<InputReport: H = 3, 5, 7, ...: every 2nd from 3, W = 3, 5, 7, ...: every 2nd from 3>",
        ),
        ("Verdict", "Verdict(confirmed=False, detail='it differs')"),
    ],
)
def test_answers_show_themselves_in_a_line(answer: str, shown: str) -> None:
    """A report of any length is a line in a notebook."""
    assert repr(answers()[answer]) == shown


@pytest.mark.parametrize(
    "error",
    [
        SpecError("a", hint="b"),
        ShapeError("a", param="b"),
        ArgumentTypeError("a"),
        UnknownName("a", hint="b"),
        NoSolution("a"),
        BackendError("a"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_pickle(error: ConvshapeError) -> None:
    """An error comes back whole from another process."""
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_threads_share_a_report() -> None:
    """Several threads may ask a report at once."""
    report = infer("50 * { conv k=3 p=1 out=3; relu }", "3x9x9")
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(report.column("receptive_field"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


# The commands say the same


class Case(NamedTuple):
    """A call of the library, and the command that asks the same."""

    call: Callable[[], Any]
    command: str


CASES = [
    Case(lambda: infer("conv k=5 out=6; tanh", "1x32x32"), "infer -i 1x32x32 'conv k=5 out=6; tanh'"),
    Case(lambda: infer(SPEC, SHAPE), f"infer -i {SHAPE} '{SPEC}'"),
    Case(
        lambda: infer("relu", "1x8", batch=3, dtype="float16"),
        "infer -i 1x8 --batch 3 --dtype float16 relu",
    ),
    *(
        Case(lambda name=name: infer(networks.text(name)), f"infer @{name}")
        for name in ("lenet5", "unet", "resnet18")
    ),
    Case(lambda: solve_padding("conv k=5 p=? out=6"), "solve-padding 'conv k=5 p=? out=6'"),
    Case(
        lambda: solve_padding("conv k=7 s=2 p=? out=64", "3x224x224", "112"),
        "solve-padding -i 3x224x224 -o 112 'conv k=7 s=2 p=? out=64'",
    ),
    Case(
        lambda: solve_input("conv k=3 s=2 out=8", "3x9x9", lossless=True, range=range(1, 13)),
        "solve-input -i 3x9x9 --lossless --range 1:12 'conv k=3 s=2 out=8'",
    ),
    Case(
        lambda: solve_input("conv k=3 s=2 out=8", "3x9x9", square=True, output=(4, 4)),
        "solve-input -i 3x9x9 --square -o 4x4 'conv k=3 s=2 out=8'",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.command for case in CASES])
def test_the_command_prints_what_the_library_says(case: Case) -> None:
    """`to_json` is the text of `-f json`, and `to_dict` what stands in it."""
    answer = case.call()
    result = CliRunner().invoke(main, [*shlex.split(case.command), "-f", "json"])
    assert result.exit_code == 0
    assert answer.to_json() == result.output
    assert answer.to_dict() == json.loads(result.output)


def test_explanations_are_those_of_the_command() -> None:
    """The sections, indented, are what `explain` prints."""
    sections = explain("conv k=3 s=2 out=1; relu", "1x5", width=98, ascii=True)
    lines = [line for s in sections for line in (s.title, "", *(f"  {line}".rstrip() for line in s.lines))]
    result = CliRunner().invoke(main, ["explain", "--ascii", "-i", "1x5", "conv k=3 s=2 out=1; relu"])
    assert result.output == "".join(f"{line}\n" for line in lines)
    assert str(sections[0]).startswith(f"{sections[0].title}\n\nL' = ")


@pytest.mark.parametrize(
    ("call", "command"),
    [
        (lambda: infer("relu"), "infer relu"),
        (lambda: infer("conv k=7 out=1", "224x224x3"), "infer -i 224x224x3 'conv k=7 out=1'"),
        (lambda: infer("conv k=3 in=3 out=1", "8x3x64x64"), "infer -i 8x3x64x64 'conv k=3 in=3 out=1'"),
        (
            lambda: solve_padding("conv k=3 p=? out=1", output="8"),
            "solve-padding -o 8 'conv k=3 p=? out=1'",
        ),
        (
            lambda: solve_input("conv k=3 out=1", "1x3x3", range=range(1, 3)),
            "solve-input -i 1x3x3 --range 1:2 'conv k=3 out=1'",
        ),
        (
            lambda: solve_input("flatten; linear in=49 out=1", "1x3x9"),
            "solve-input -i 1x3x9 'flatten; linear in=49 out=1'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_errors_are_those_of_the_command(call: Callable[[], object], command: str) -> None:
    """The same message, with options in the hint where the library has arguments."""
    with pytest.raises(ConvshapeError) as caught:
        call()
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.exit_code == (1 if isinstance(caught.value, NoSolution) else 2)
    told = str(caught.value)
    assert told.splitlines()[0] in result.output
    assert "hint: " in told
    assert OPTION.search(result.output)
    assert not re.search(r'input="|range=|square=|batch=', result.output)


def test_check_confirms_a_spec_and_a_report() -> None:
    """Verdicts stand on every row, for a spec and for its report alike."""
    pytest.importorskip("torch")
    checked = check("conv k=3 out=2; relu", "1x8x8")
    assert checked.column("check") == ("ok", "ok", "ok")
    assert checked == check(infer("conv k=3 out=2; relu", "1x8x8"))
    assert checked.check is not None
    assert checked.check.backend == "torch"
    assert check("conv k=3 out=2", "1x8x8", max_bytes=1)[1].check == "not checked"
    assert json.loads(checked.to_json())["check"]["confirmed"] == 3


def test_everything_that_is_named_is_there() -> None:
    """Names in `__all__` can be imported, what is loaded later among them."""
    assert [name for name in convshape.__all__ if not hasattr(convshape, name)] == []
    assert isinstance(infer("relu", "1x8"), Report)
    assert convshape.PaddingReport is PaddingReport

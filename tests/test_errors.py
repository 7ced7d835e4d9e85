"""Errors: what was expected, what was found, what to type, and carets under exactly the guilty characters.

Every bad input of the table below runs through the command line and through the library; what is told is
compared whole with a transcript in ``tests/errors``, which reads as a terminal does and which ``--rewrite``
writes anew.  Read what changes there as a user would who is annoyed already.
"""

from __future__ import annotations

import ast
import random
import re
import shlex
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import convshape
from convshape import (
    ConvshapeError,
    NoSolution,
    ShapeError,
    Source,
    Span,
    SpecError,
    infer,
    parse,
    solve_padding,
)
from convshape.axis import Resize
from convshape.cli import main
from convshape.cli.words import in_options
from convshape.errors import nearest, printable
from convshape.files import SUFFIXES
from convshape.formats.inference import COLUMNS
from convshape.layers import AXES, KINDS, Layer, Param, find, parameter

TRANSCRIPTS = Path(__file__).parent / "errors"
PACKAGE = Path(convshape.__file__).parent
SHAPE = "3x32x32"


class Case(NamedTuple):
    """A spec that is refused, and the command that refuses it."""

    spec: str
    shape: str | None
    command: str
    options: tuple[str, ...]

    @property
    def arguments(self) -> list[str]:
        """What is typed after ``convshape``."""
        shape = [] if self.shape is None else ["-i", self.shape]
        return [self.command, *shape, *self.options, self.spec]

    def error(self) -> ConvshapeError:
        """What the library raises."""
        with pytest.raises(ConvshapeError) as caught:
            self.run()
        return caught.value

    def run(self, spec: str | None = None) -> object:
        """What the library answers, to another spec if one is given."""
        text = self.spec if spec is None else spec
        if self.command == "infer":
            return infer(text, self.shape)
        output = self.options[1] if self.options[:1] == ("-o",) else None
        return solve_padding(text, self.shape, output)


def case(spec: str, shape: str | None = SHAPE, command: str = "infer", *options: str) -> Case:
    return Case(spec, shape, command, options)


TABLE: dict[str, list[Case]] = {
    # Words that the language does not have.
    "words": [
        case("covn k=3 out=8"),
        case("Conv k=3 out=8"),
        case("conv4d k=3 out=8"),
        case("relu2d"),
        case("convolution k=3 out=8"),
        case("zzzz k=3"),
        case("k=3 conv"),
        case("[relu]"),
        case("conv(3, 8)"),
        case("conv, k=3 out=8"),
        case("3 relu"),
        case("2 * 3 * relu"),
        case("2 * x: relu"),
        case("x: y: relu"),
        case("relu -> tanh"),
        case("relu tanh"),
        case("conv k=3 out=8 relu"),
    ],
    # Keys that a kind does not have, has twice, or misses.
    "keys": [
        case("conv k=5 uot=6"),
        case("conv K=5 out=6"),
        case("conv k=3 dil=2 out=8"),
        case("conv zz=5 out=6"),
        case("relu k=3"),
        case("conv 3 8"),
        case("conv k:3 out=8"),
        case("conv -k 3"),
        case("conv k=3 out=8 foo"),
        case("conv k=3 k=5 out=8"),
        case("conv k=3 kernel=5 out=8"),
        case("conv k=3 out=8 filters=9"),
        case("bn affine=yes affine=no"),
        case("conv"),
        case("conv k=5"),
        case("conv out=8"),
        case("gn"),
        case("maxpool s=2"),
        case("linear"),
        case("unflatten"),
        case("pad mode=zeros"),
        case("adaptiveavgpool"),
        case("pixelshuffle"),
    ],
    # Spaces around the equals sign, and nothing behind it.
    "equals": [
        case("conv k = 3 out=8"),
        case("conv k= 3 out=8"),
        case("conv k =3 out=8"),
        case("conv =3 out=8"),
        case("conv k=3 out=8 ="),
        case("conv k= out=6"),
        case("conv k=3 out="),
        case("conv k==3 out=8"),
        case("relu = 3"),
    ],
    # Values that are none, of every kind of value.
    "values": [
        case("conv k=3 out=0"),
        case("conv k=3 out=-8"),
        case("conv k=3 out=1e3"),
        case("conv k=3 out=8.0"),
        case("conv k=3 out=1_000"),
        case("conv k=3 out=\u0663"),
        case("conv k=3 out=1000000000001"),
        case("conv k=3 out=" + "9" * 60),
        case("slice from=-1"),
        case("slice to=0"),
        case("conv k=0 out=8"),
        case("conv k=3.5 out=8"),
        case("conv k=3x out=8"),
        case("conv k=3,3 out=8"),
        case("conv k=(3,3) out=8"),
        case("conv k=3\xd73 out=8"),
        case("conv k=3x3x3x3 out=8"),
        case("conv k=1000000000001 out=8"),
        case("conv k=3x0 out=8"),
        case("tconv k=3 op=-1 out=8"),
        case("conv k=3 p=-1 out=8"),
        case("conv k=3 p=smae out=8"),
        case("conv k=3 p=1:2:3 out=8"),
        case("conv k=3 p=1: out=8"),
        case("conv k=3 p=:1 out=8"),
        case("conv k=3 p=1x2x3x4 out=8"),
        case("conv k=3 p=1000000000001 out=8"),
        case("pad p=same"),
        case("crop p=1:2x"),
        case("pad p=1x2x3x4"),
        case("conv k=3 out=8 bias=maybe"),
        case("conv k=3 out=8 bias=NO"),
        case("maxpool k=2 ceil=2"),
        case("upsample scale=2 mode=neerest"),
        case("pad p=1 mode=Reflect"),
        case("upsample scale=0"),
        case("upsample scale=-1"),
        case("upsample scale=x"),
        case("upsample scale=1/2"),
        case("upsample scale=1x2x3x4"),
        case("upsample scale=1e13"),
        case("upsample scale=1e400"),
        case("upsample scale=nan"),
        case("dropout p=2"),
        case("dropout p=-0.5"),
        case("dropout p=half"),
        case("lppool k=2 norm=0"),
        case("lppool k=2 norm=1e13"),
        case("pad p=1 mode=constant value=x"),
        case("pad p=1 mode=constant value=-1e99"),
        case("unflatten shape=3x"),
        case("unflatten shape=3x0"),
        case("unflatten shape=1x2x3x4x5"),
        case("unflatten shape=1000000000001"),
    ],
    # The input shape: where it stands, and what it is.
    "inputs": [
        case("relu; input 3x3x3", None),
        case("input 3x32x32\nrelu\ninput 3x32x32", None),
        case("input 3x32x32; input 3x32x32; relu", None),
        case("2 * { input 3x3 }", None),
        case("{ input 3x3; relu }", None),
        case("x: input 3x3", None),
        case("2 * input 3x3", None),
        case("input", None),
        case("input 3x", None),
        case("input a; relu", None),
        case("input 1x3x8x8x8; relu", None),
        case("input 0x2; relu", None),
        case("input 3x1000000000001; relu", None),
        case("input 3x32x32 { relu }", None),
        case("Input 3x3; relu", None),
        case("inputt 3x3; relu", None),
        case("input=3x3; relu", None),
        case("input: 3x3; relu", None),
        case("relu", None),
        case("", None),
        case("# nothing\n;;", None),
        case("input 3x32x32", None),
    ],
    # Names of tensors.
    "names": [
        case("add x"),
        case("x: conv k=3 out=8; add y"),
        case("stem: conv k=3 out=8; add stam"),
        case("from x"),
        case("x: add x"),
        case("3 * from x"),
        case("relu; concat a a"),
        case("y: 2 * add y"),
        case("from"),
        case("from x y"),
        case("from relu"),
        case("from 3"),
        case("add relu"),
        case("add x,y"),
        case("add 3"),
        case("concat x=1"),
        case("relu: conv k=3 out=8"),
        case("input2: relu; from: relu"),
        case("1x: relu"),
        case(": relu"),
        case("a,b: relu"),
        case("a b: relu"),
        case("\u5c64: relu; add \u5c45"),
        case("\u5c64\u5c64\u5c641: relu; add \u5c64\u5c64\u5c642"),
        case("\xb2: relu"),
        case("a\u20ac: relu"),
        case("\U0001f600: relu"),
        case(".a: relu"),
    ],
    # Blocks, branches and repeats.
    "braces": [
        case("add { relu"),
        case("add { relu |"),
        case("add {\n  relu\n|\n  tanh\n"),
        case("{"),
        case("}"),
        case("relu }"),
        case("relu\n}\n"),
        case("relu | relu"),
        case("|"),
        case("{ relu | relu }"),
        case("2 * { relu | relu }"),
        case("{ relu } relu"),
        case("{ relu } { relu }"),
        case("add { relu | relu } relu"),
        case("relu { relu }"),
        case("conv k=3 out=8 { relu }"),
        case("from x { relu }"),
        case("add x { relu | }"),
        case("x { relu }"),
        case("add"),
        case("2 * concat"),
        case("add | relu"),
        case("add\n{ relu | }"),
        case("add { conv k=3 out=8 }"),
        case("mul { }"),
        case("3 *"),
        case("x: 3*"),
        case("* relu"),
        case("x * relu"),
        case("0 * relu"),
        case("3.5 * relu"),
        case("99999999999999999999 * relu"),
        case("{" * 65 + " relu " + "}" * 65),
    ],
    # Networks without end.
    "too-many": [
        case("1000001 * relu"),
        case("1000 * { relu; 1000 * tanh }"),
        case("600000 * relu; 600000 * tanh"),
        case("1000000 * { 1000000 * { } }"),
        case("1000000 * { 1000000 * { x: } }"),
        case("x:; 1000000 * { 2 * from x }"),
        case("1000000 * { x: }\n1000000 * { y: }"),
        case("x:; 500000 * add x x x"),
    ],
    # Inputs of the wrong rank.
    "ranks": [
        case("conv2d k=3 out=8", "3x32"),
        case("conv1d k=3 out=8"),
        case("maxpool3d k=2"),
        case("bn2d", "3x32"),
        case("dropout1d", "3"),
        case("conv k=3x3x3 out=8"),
        case("conv k=3x3 out=8", "3x32"),
        case("conv k=3 s=1x2x3 out=8"),
        case("conv k=3 p=1x2x3 out=8"),
        case("conv k=3 d=1x1x1 out=8"),
        case("tconv k=3 op=0x0x0 out=8"),
        case("maxpool k=2x2x2"),
        case("adaptiveavgpool out=2x2x2"),
        case("pad p=1x1x1"),
        case("crop p=1x1x1"),
        case("upsample scale=2x2x2"),
        case("upsample size=2x2x2"),
        case("conv k=3 out=8", "10"),
        case("flatten; conv k=3 out=8"),
        case("dwconv k=3", "10"),
        case("tconv k=3 out=8", "10"),
        case("maxpool k=2", "10"),
        case("avgpool k=2", "10"),
        case("lppool k=2", "10"),
        case("adaptiveavgpool out=2", "10"),
        case("adaptivemaxpool out=2", "10"),
        case("gap", "10"),
        case("gmp", "10"),
        case("inorm", "10"),
        case("upsample scale=2", "10"),
        case("pad p=1", "10"),
        case("crop p=1", "10"),
        case("shuffle g=2", "10"),
        case("pixelshuffle r=2", "4x8"),
        case("pixelshuffle r=2", "4"),
        case("pixelunshuffle r=2", "4x8x8x8"),
        case("linear out=10"),
        case("fc out=10", "3x4"),
        case("linear out=10", "1x1"),
        case("unflatten shape=3x4"),
    ],
    # Numbers that do not go with the input.
    "numbers": [
        case("conv k=3 g=2 out=8"),
        case("conv k=3 g=3 out=8"),
        case("conv k=3 g=4 out=18", "12x8x8"),
        case("conv k=3 g=64 out=64"),
        case("conv k=3 g=2 out=8", "1x8x8"),
        case("tconv k=3 g=4 out=6", "6x8x8"),
        case("tconv k=3 g=2 out=8"),
        case("gn g=2"),
        case("gn g=64", "32x8x8"),
        case("gn g=5", "1x4x4"),
        case("shuffle g=2"),
        case("conv k=1 g=999999999988 out=999999999989", "999999999989x1"),
        case("conv k=3 in=4 out=8"),
        case("conv k=3 in=3 out=8", "1x28x28"),
        case("dwconv k=3 in=4"),
        case("tconv k=3 in=4 out=8"),
        case("linear out=10 in=5", "7"),
        case("linear out=10 in=5", "1"),
        case("prelu n=5"),
        case("prelu n=5", "1x4"),
        case("gn g=3", "3x1x1"),
        case("gn g=3", "3"),
        case("inorm", "3x1x1"),
        case("slice to=4"),
        case("slice from=3"),
        case("slice from=2 to=2"),
        case("slice to=4", "1x8"),
        case("pixelshuffle r=2"),
        case("pixelshuffle r=2", "1x8x8"),
        case("pixelunshuffle r=3"),
        case("pixelunshuffle r=3", "3x7x9"),
        case("pixelunshuffle r=3", "3x9x8"),
        case("pixelunshuffle r=3", "1x1x1"),
        case("unflatten shape=3x4", "13"),
        case("unflatten shape=1", "13"),
    ],
    # Windows that do not fit, and paddings that do not go.
    "windows": [
        case("conv k=33 out=8"),
        case("conv k=40 p=1x2 out=8"),
        case("conv k=33 p=valid out=8"),
        case("conv k=33 p=0:0 out=8"),
        case("conv k=1x33 out=8"),
        case("conv k=3 d=20 out=8"),
        case("conv k=3 out=8", "1x2x9"),
        case("conv k=5 out=8", "1x9x9x3"),
        case("dwconv k=40 p=2"),
        case("conv k=1000000000000 out=8"),
        case("conv k=1000000000000 d=3 out=8"),
        case("b: 2 * conv k=33 out=8"),
        case("conv2d kernel_size=33 out=8"),
        case("maxpool k=33"),
        case("maxpool k=80"),
        case("avgpool k=33"),
        case("lppool k=33"),
        case("maxpool k=2 d=40"),
        case("maxpool k=4x2", "1x1x1"),
        case("avgpool k=2", "1x1x8x8"),
        case("maxpool k=2 p=2"),
        case("maxpool k=3 p=0:2"),
        case("maxpool k=2x6 p=3"),
        case("avgpool k=1 p=1"),
        case("maxpool k=3 d=3 p=2"),
        case("tconv k=3 s=2 op=2 out=8"),
        case("tconv k=3 op=1 out=8"),
        case("tconv k=3 d=2 op=2 out=8"),
        case("tconv k=3 s=3x2 op=2 out=8"),
        case("tconv k=1 p=1 out=8", "3x1x1"),
        case("tconv k=3 p=100 out=8"),
        case("tconv k=1 s=2 p=same out=8"),
        case("tconv k=2 s=4 p=same out=8"),
        case("conv k=3 p=? out=8"),
        case("maxpool k=3 s=1 p=?"),
        case("crop p=16"),
        case("crop p=16:17"),
        case("crop p=1:0", "3x1x1"),
        case("pad p=1 value=3"),
        case("pad p=1 value=3 mode=reflect"),
        case("pad p=32 mode=reflect"),
        case("pad p=33 mode=circular"),
        case("pad p=1 mode=reflect", "3x1x1"),
        case("pad p=0x3 mode=reflect", "3x8x3"),
        case("upsample"),
        case("upsample scale=2 size=3"),
        case("upsample scale=2 mode=linear"),
        case("upsample scale=2 mode=bilinear", "3x8"),
        case("upsample scale=2 mode=trilinear", "3x8"),
        case("upsample scale=0.01"),
        case("upsample scale=0.5", "3x8x1"),
        case("100 * upsample scale=999999999999.5"),
    ],
    # Tensors that do not go together.
    "merges": [
        case("add { conv k=3 p=1 out=8 | }"),
        case("add { conv k=3 out=3 | }"),
        case("add { conv k=3 out=8 | }"),
        case("mul { conv k=3 s=2 p=1 out=3 | conv k=3 out=3 }"),
        case("concat { conv k=3 out=8 | }"),
        case("concat { conv k=1x3 out=8 | conv k=1 out=8 | conv k=1 out=4 }"),
        case("x: relu; conv k=3 out=3; add x"),
        case("x: relu; conv k=3 out=3; concat x x"),
        case("x: relu; conv k=1 out=2; mul x"),
        case("add { flatten | }"),
        case("x: flatten; unflatten shape=3x1024; add x"),
        case("x: flatten; linear out=10; add x"),
        case("add {\n  conv k=3 out=8\n|\n  conv k=1 out=8\n}"),
        case("b: 2 * add { conv k=3 out=3 | }"),
        case("relu\nadd { # a residual\n  conv k=3 out=3\n| }"),
        case("x: relu; maxpool k=2; upsample scale=2; concat x", "3x31x45"),
        case("x: relu; maxpool k=2; upsample scale=2; concat x", "3x32x45"),
    ],
    # Questions that solve-padding cannot answer; those about a network, not about its spec, with 1.
    "paddings": [
        case("relu", SHAPE, "solve-padding"),
        case("conv k=3 s=2 p=? out=8", None, "solve-padding"),
        case("tconv k=3 s=2 p=? out=8", None, "solve-padding"),
        case("conv k=1000000000000 d=1000000000000 p=? out=8", None, "solve-padding"),
        case("maxpool k=2 p=?", "3x8x8", "solve-padding"),
        case("avgpool k=1 s=3 p=?", "3x8x8", "solve-padding"),
        case("conv k=3 s=2 p=? out=8", "3x9x9", "solve-padding", "-o", "2"),
        case("conv k=3 s=2 p=? out=8; maxpool k=2", "3x9x9", "solve-padding", "-o", "1000000000000"),
        case("tconv k=3 s=2 p=? out=8", "3x8x8", "solve-padding", "-o", "18"),
        case("conv k=1000000000000 d=1000000000000 p=? out=8", "3x8x8", "solve-padding"),
        case("conv k=1000000000000 d=1000000000000 p=? out=8", "3x8x8", "solve-padding", "-o", "1"),
        case("conv k=2 p=? out=8; conv k=2 s=2 out=4; upsample scale=2", "3x8x8", "solve-padding", "-o", "7"),
        case("conv k=3 p=? out=8", "3x9x9", "solve-padding", "-o", "9x5x5"),
        case("conv k=3 p=? out=8", "3x9x9", "solve-padding", "-o", "8x8x8x8"),
        case("conv k=3 p=? out=8", "3x9x9x9", "solve-padding", "-o", "8x8"),
        case("conv k=3 p=? out=8", None, "solve-padding", "-o", "8"),
        case("conv k=3 p=? out=8; flatten", "3x9x9", "solve-padding", "-o", "8"),
        case("conv k=3 p=? out=8", "10", "solve-padding"),
        case("conv k=3 p=? g=2 out=8", "3x8x8", "solve-padding"),
        case("conv2d k=3x3x3 p=? out=8", None, "solve-padding"),
        case("conv2d k=3 p=? out=8", "3x8", "solve-padding"),
        case("tconv k=3 s=2 op=2 p=? out=8", None, "solve-padding"),
        case("conv k=3 p=? out=8; conv k=3 in=9 out=4", "3x8x8", "solve-padding"),
        case("conv k=3 p=? uot=8", "3x8x8", "solve-padding"),
    ],
}  # fmt: skip

CASES = [case for cases in TABLE.values() for case in cases]


def invoke(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="convshape")


def told(error: ConvshapeError) -> str:
    """What the command line makes of an error of the library: its hint speaks of options."""
    error.hint = in_options(error.hint)
    return f"{error}\n" if error.span else f"convshape: {error}\n"


@pytest.mark.parametrize("name", TABLE)
def test_messages(name: str, rewrite: bool) -> None:
    """Every message is, to the character, the one that was read and found good."""
    texts = []
    for each in TABLE[name]:
        typed = " ".join(shlex.quote(argument) for argument in each.arguments)
        texts.append(f"$ convshape {typed}\n{invoke(*each.arguments).stderr}")
    text = "\n".join(texts)
    path = TRANSCRIPTS / f"{name}.txt"
    if rewrite:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_transcript_is_an_orphan() -> None:
    """Every file of transcripts belongs to a part of the table."""
    assert {path.stem for path in TRANSCRIPTS.iterdir()} == set(TABLE)


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.spec[:40])
def test_library_and_command_line_agree(each: Case) -> None:
    """The library raises what the command line tells: on stderr alone, with the exit code of its kind."""
    error = each.error()
    result = invoke(*each.arguments)
    assert isinstance(result.exception, SystemExit)
    assert result.stderr == told(error)
    assert result.stdout == ""
    assert result.exit_code == (1 if isinstance(error, NoSolution) else 2)


# What the library alone, or the command line alone, can be given

# What no spec of the table shows: caught and told in other words, behind an earlier refusal, or tested apart.
SILENT = ("the sizes differ", "beyond double precision", "too many statements")

ROOMS = ("layers", "window", "spec", "network")


def pattern(node: ast.expr) -> str:
    """The regular expression of the texts that an expression may have."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(pattern, node.values))
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.IfExp):
        return pattern(node.value)
    if isinstance(node, ast.IfExp):
        return f"(?:{pattern(node.body)}|{pattern(node.orelse)})"
    return ".*"


def messages(source: str) -> Iterator[str]:
    """The regular expressions of the messages that a source raises, each with words of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            text = pattern(node.args[0])
            if node.func.id in ("SpecError", "ShapeError", "ConvshapeError") and re.search(r"\w", text):
                yield text


SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}


@pytest.mark.parametrize("module", [name for name in SOURCES if name.split(".")[0] in ROOMS])
def test_every_message_is_in_the_table(module: str) -> None:
    """Whatever a layer, a window, the language or a network refuses is refused in the table too."""
    known = "\n".join(each.error().message for each in [*CASES, *LIBRARY])
    missing = [text for text in messages(SOURCES[module]) if not re.search(f"(?m){text}$", known)]
    assert [text for text in missing if not any(re.escape(words) in text for words in SILENT)] == []


def test_a_message_that_is_not_in_the_table_is_seen() -> None:
    """The search finds messages of every form."""
    source = """
raise SpecError("one")
raise ShapeError(f"two {x}", hint="three")
raise ShapeError(f"{'four' if x else 'five'} six" if y else "seven")
raise ShapeError(error.message)
raise ValueError("eight")
"""
    assert list(messages(source)) == ["one", r"two\ .*", r"(?:(?:four|five)\ six|seven)"]


class Call(NamedTuple):
    """Arguments that only the library takes."""

    arguments: tuple[object, ...]
    told: str

    def error(self) -> ConvshapeError:
        with pytest.raises(ConvshapeError) as caught:
            solve_padding(*self.arguments)  # type: ignore[arg-type]
        return caught.value


LIBRARY = [
    Call(
        ("relu", "3x"),
        "input:1: '3x' is not a shape\n  3x\n  ^^\n"
        "  hint: expected a shape as in 3x224x224: channels, then one size per axis, each from 1",
    ),
    Call(
        ("relu", (3, 0)),
        'input takes a shape as text such as "3x224x224" or as a tuple of whole numbers, not (3, 0)\n'
        "hint: expected a shape as in 3x224x224: channels, then one size per axis, each from 1",
    ),
    Call(
        ("relu", (3, 2.0)),
        'input takes a shape as text such as "3x224x224" or as a tuple of whole numbers, not (3, 2.0)',
    ),
    Call(
        ("relu", "3x8x8", "x"),
        "output:1: 'x' is not a shape\n  x\n  ^\n"
        "  hint: expected sizes as in 7 or 7x7, or a whole shape as in 64x7x7, each from 1",
    ),
    Call(
        ("relu;" * (16 * 2**20 // 5 + 1),),
        "<spec>: more than 16 MiB\nhint: shorten it with repeats, as in '3 * relu'",
    ),
]


@pytest.mark.parametrize("call", LIBRARY, ids=lambda call: repr(call.arguments)[:30])
def test_library(call: Call) -> None:
    """What is no text of a spec is shown in the same way."""
    assert str(call.error()) == call.told


@pytest.mark.parametrize(
    ("text", "line"), [("x:\nrelu\n\n{\nrelu\ny: }", 5), ("relu\n#\n\nadd { |\n | }", 5)]
)
def test_too_many_statements(text: str, line: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of more statements and branches than a network may have steps is refused half read."""
    monkeypatch.setattr("convshape.language.spec.MAX_LAYERS", 4)
    with pytest.raises(SpecError) as caught:
        parse(text, max_layers=3)
    first, *_, last = str(caught.value).split("\n")
    assert first == f"<spec>:{line}: too many statements: the limit is 4"
    assert last == "  hint: max_layers=N raises the limit"
    parse(text, max_layers=6)


def test_a_size_beyond_double_precision() -> None:
    """A factor that is no whole number says so where it cannot be multiplied."""
    with pytest.raises(ShapeError) as caught:
        Resize(1.5).output_size(10**400)
    assert str(caught.value) == (
        "a factor of 1.5 meets a size beyond double precision\n"
        "hint: take smaller factors before it, or a whole one"
    )


# Files

NOT_YET = ", which cannot be read yet\nhint: write the network as a spec: 'convshape help spec' shows how"

FILES = {
    "typo.cnn": (
        b"input 3x8x8\n# a comment\nconv k=5 uot=16\nrelu\n",
        "typo.cnn:3: conv has no parameter 'uot'\n  conv k=5 uot=16\n           ^^^\n"
        "  hint: did you mean 'out'?",
    ),
    "dos.cnn": (
        b"input 3x8x8\r\nconv k=5 uot=16\r\nrelu\r\n",
        "dos.cnn:2: conv has no parameter 'uot'\n  conv k=5 uot=16\n           ^^^\n"
        "  hint: did you mean 'out'?",
    ),
    "mark.cnn": (
        b"\xef\xbb\xbfcovn k=3 out=8",
        "mark.cnn:1: there is no layer 'covn'\n  covn k=3 out=8\n  ^^^^\n  hint: did you mean 'conv'?",
    ),
    "empty.cnn": (
        b"",
        "convshape: empty.cnn: there is no layer in it\nhint: a spec is a line such as 'conv k=3 out=8'",
    ),
    "binary.cnn": (
        b"\x7fELF\x00\x01",
        "convshape: binary.cnn: binary data, not a spec\nhint: a spec is UTF-8 text",
    ),
    "utf16.cnn": (
        "relu".encode("utf-16"),
        "convshape: utf16.cnn: binary data, not a spec\nhint: a spec is UTF-8 text",
    ),
    "latin.cnn": (
        b"input 3x8x8\nrelu # caf\xe9 noir\n",
        "latin.cnn:2: byte 0xe9 is not UTF-8\n  relu # caf\ufffd noir\n            ^\n"
        "  hint: save the file as UTF-8",
    ),
    "marked.cnn": (
        b"\xef\xbb\xbf\xe6\x97\xa5\xffrelu",
        "marked.cnn:1: byte 0xff is not UTF-8\n  \u65e5\ufffdrelu\n    ^\n  hint: save the file as UTF-8",
    ),
    "cut.cnn": (
        b"relu\n\xf0\x9f",
        "cut.cnn:2: byte 0xf0 is not UTF-8\n  \ufffd\n  ^\n  hint: save the file as UTF-8",
    ),
    "long.cnn": (
        b"#" * (16 * 2**20 + 1),
        "convshape: long.cnn: more than 16 MiB\nhint: shorten it with repeats, as in '3 * relu'",
    ),
    "esc\x1b31m.cnn": (
        b"relo",
        "esc?31m.cnn:1: there is no layer 'relo'\n  relo\n  ^^^^\n  hint: did you mean 'relu'?",
    ),
    "net.txt": (
        b"relo",
        "net.txt:1: there is no layer 'relo'\n  relo\n  ^^^^\n  hint: did you mean 'relu'?",
    ),
    "net.pt2": (b"PK\x03\x04\x00", f"convshape: net.pt2: an exported PyTorch program{NOT_YET}"),
    "net.onnx": (b"\x08\x0a\x12\x00", f"convshape: net.onnx: an ONNX model{NOT_YET}"),
    "net.keras": (b"PK\x03\x04\x00", f"convshape: net.keras: a Keras model{NOT_YET}"),
    "net.json": (b'{\n  "class_name": "Sequential"}', f"convshape: net.json: JSON{NOT_YET}"),
    "large.json": (b'[{"a": 1},' + b" " * 16 * 2**20, f"convshape: large.json: JSON{NOT_YET}"),
    "any.txt": (b"{}", f"convshape: any.txt: JSON{NOT_YET}"),
    "spec.json": (
        b"{ relo }",
        "spec.json:1: there is no layer 'relo'\n  { relo }\n    ^^^^\n  hint: did you mean 'relu'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong in a file is told with its name and line."""
    data, message = FILES[name]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    result = invoke("infer", "-i", "3x8x8", name)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{message}\n")


NO_FILES = [
    ("missing.cnn", "missing.cnn: no such file or directory"),
    ("./missing", "./missing: no such file or directory"),
    ("no/such.cnn", "no/such.cnn: no such file or directory"),
    ("./", "./: is a directory"),
    ("a\x1b31m\x07\udcff/b.cnn", "a?31m??/b.cnn: no such file or directory"),
    *((f"net{suffix}", f"net{suffix}: no such file or directory") for suffix in SUFFIXES),
    ("two.pt2:detect", "two.pt2:detect: no such file or directory"),
    ("@scope/net", "@scope/net: no such file or directory"),
    ("x" * 300 + ".cnn", "x" * 300 + ".cnn: file name too long"),
    ("\x1b" * 41 + ".cnn", "?" * 41 + ".cnn: no such file or directory"),
    ("a\0b.cnn", "a?b.cnn: embedded null byte"),
]


@pytest.mark.parametrize(("path", "message"), NO_FILES, ids=lambda text: ascii(text)[:40])
def test_no_files(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is told with the name that was typed, and how a file is told from a spec."""
    monkeypatch.chdir(tmp_path)
    result = invoke("infer", "-i", "3x8x8", "relu", path)
    hint = "hint: a SPEC names a file if it has a / or ends in .cnn, .pt2, .onnx, .keras, .json or .txt"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"convshape: {message}\n{hint}\n")


SOURCES_OF_TEXT = [
    (["infer", "-i", "3x8x8", "relu", "-", "relo"], b"relu", "<spec 3>:1"),
    (["infer", "-i", "3x8x8", "relo"], None, "<spec>:1"),
    (["infer", "-i", "3x8x8", "relu", "-"], b"relo", "<stdin>:1"),
    (["infer", "-i", "3x8x8"], b"relo", "<stdin>:1"),
    (["solve-padding", "relu", "-", "relu"], b"\n\nrelo\n", "<stdin>:3"),
]


@pytest.mark.parametrize(("arguments", "stdin", "place"), SOURCES_OF_TEXT)
def test_sources(arguments: list[str], stdin: bytes | None, place: str) -> None:
    """Each of several sources has a name, and lines of its own."""
    result = invoke(*arguments, stdin=stdin)
    expected = f"{place}: there is no layer 'relo'\n  relo\n  ^^^^\n  hint: did you mean 'relu'?\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)


# Options

THERE_ARE = f"there are {', '.join(COLUMNS)}"
A_SHAPE = "expected a shape as in 3x224x224: channels, then one size per axis, each from 1"
SIZES = "expected sizes as in 7 or 7x7, or a whole shape as in 64x7x7, each from 1"
RELU = ("infer", "relu", "-i", "3x8x8")
OPEN = ("solve-padding", "conv k=3 p=? out=8", "-i", "3x8x8")

OPTIONS: list[tuple[tuple[str, ...], str]] = [
    (("infer", "relu", "-i", "3x"), f"--input:1: '3x' is not a shape\n  3x\n  ^^\n  hint: {A_SHAPE}"),
    (("infer", "relu", "-i", ""), f"--input:1: '' is not a shape\n\n  ^\n  hint: {A_SHAPE}"),
    (("infer", "relu", "-i", "0x8"), f"--input:1: '0x8' is not a shape\n  0x8\n  ^^^\n  hint: {A_SHAPE}"),
    (("infer", "relu", "-i", "-3x8"), f"--input:1: '-3x8' is not a shape\n  -3x8\n  ^^^^\n  hint: {A_SHAPE}"),
    (
        ("infer", "relu", "--input", "1,3,8,8,8"),
        "--input:1: '1,3,8,8,8' is not a shape\n  1,3,8,8,8\n  ^^^^^^^^^\n"
        f"  hint: {A_SHAPE}, three axes at most and no batch",
    ),
    (
        ("infer", "relu", "-i", "\u65e5\x1b"),
        f"--input:1: '\u65e5?' is not a shape\n  \u65e5?\n  ^^^\n  hint: {A_SHAPE}",
    ),
    (
        ("infer", "relu", "-i", "9" * 50),
        f"--input:1: '{'9' * 37}...' is not a shape\n  {'9' * 50}\n  {'^' * 50}\n"
        f"  hint: {A_SHAPE}; numbers go up to 1000000000000",
    ),
    ((*RELU, "--expect", "8,,8"), f"--expect:1: '8,,8' is not a shape\n  8,,8\n  ^^^^\n  hint: {A_SHAPE}"),
    ((*OPEN, "-o", "8y8"), f"--output:1: '8y8' is not a shape\n  8y8\n  ^^^\n  hint: {SIZES}"),
    (
        (*RELU, "-c", "layers"),
        f"convshape: there is no column 'layers'\nhint: did you mean 'layer'? {THERE_ARE}",
    ),
    ((*RELU, "-c", "foo"), f"convshape: there is no column 'foo'\nhint: {THERE_ARE}"),
    ((*RELU, "-c", "layer,,macs"), f"convshape: there is no column ''\nhint: {THERE_ARE}"),
    ((*RELU, "-c", "\x1b[2J"), f"convshape: there is no column '?[2J'\nhint: {THERE_ARE}"),
    (
        (*RELU, "-c", "macs", "-f", "json"),
        "convshape: --columns cannot be used with --format json\nhint: use it with table, csv, tsv, markdown",
    ),
    (
        ("solve-padding", "conv k=3 p=? out=8", "-f", "shape"),
        "convshape: the final shape needs an input shape\nhint: give it with -i, as in -i 3x224x224",
    ),
    (("layers", "cnov"), "convshape: there is no layer 'cnov'\nhint: did you mean 'conv'?"),
    (("layers", "zzzz"), "convshape: there is no layer 'zzzz'\nhint: 'convshape layers' lists them"),
    (
        ("layers", "Conv2DTransposed"),
        "convshape: there is no layer 'Conv2DTransposed'\nhint: did you mean 'tconv2d'?",
    ),
    (("layers", "lstm"), "convshape: there is no layer 'lstm'\nhint: recurrent layers are not supported"),
    (
        ("layers", "lrn"),
        "convshape: there is no layer 'lrn'\n"
        "hint: use 'identity', which also keeps the shape and learns nothing",
    ),
    (
        ("infer", "relu;relu", "-i", "3x8x8", "--max-layers", "1"),
        "<spec>:1: too many layers: up to here there are 2 layers, and the limit is 1\n"
        "  relu;relu\n       ^^^^\n  hint: --max-layers raises the limit",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), OPTIONS, ids=lambda value: ascii(value)[:60])
def test_options(arguments: tuple[str, ...], message: str) -> None:
    """A value that an option does not take is shown, with one that it takes."""
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{message}\n")


# What click refuses, in our words
FORMATS_ARE = "expected table, json, jsonl, csv, tsv, markdown, spec or shape"
A_BATCH = "expected a whole number from 1 to 1000000000000"
CLICK = [
    ((*RELU, "-f", "yaml"), "--format cannot be 'yaml'", FORMATS_ARE),
    ((*RELU, "-f", "jsno"), "--format cannot be 'jsno'", f"did you mean 'json'? {FORMATS_ARE}"),
    (
        ("layers", "-f", "spec"),
        "--format cannot be 'spec'",
        "expected table, json, jsonl, csv, tsv or markdown",
    ),
    ((*RELU, "-b", "0"), "--batch cannot be '0'", A_BATCH),
    ((*RELU, "-b", "x"), "--batch cannot be 'x'", A_BATCH),
    ((*RELU, "-b", "1" + "0" * 5000), f"--batch cannot be '1{'0' * 36}...'", A_BATCH),
    ((*RELU, "-b", "1" + "0" * 4000), f"--batch cannot be '1{'0' * 36}...'", A_BATCH),
    ((*RELU, "--dtype", "int4"), "--dtype cannot be 'int4'", "did you mean 'int8'? expected float32, "),
    ((*RELU, "--color", "pink"), "--color cannot be 'pink'", "expected auto, always or never"),
    ((*RELU, "--color", "\x1b[2J"), "--color cannot be '?[2J'", "expected auto, always or never"),
    ((*RELU, "--max-layers", "0"), "--max-layers cannot be '0'", "expected a whole number from 1"),
    ((*RELU, "--check=jax"), "--check cannot be 'jax'", "expected torch"),
    ((*RELU, "--nope"), "there is no option '--nope'", "'convshape infer --help' shows what it takes"),
    ((*RELU, "-k", "3"), "there is no option '-k'", "'convshape infer --help' shows what it takes"),
    ((*RELU, "--fromat", "csv"), "there is no option '--fromat'", "did you mean '--format'?"),
    ((*RELU, "-i"), "-i needs a value", "write -i CxHxW"),
    ((*RELU, "-f"), "-f needs a value", "write -f table|json|jsonl|csv|tsv|markdown|spec|shape"),
    (("solve-input", "relu", "--square=1"), "--square takes no value", "write --square alone"),
    (("infr",), "there is no command 'infr'", "did you mean 'infer'?"),
    (("zzzz",), "there is no command 'zzzz'", "'convshape --help' lists them"),
    (("conv", "k=3"), "there is no command 'conv'", "the command comes first, as in: convshape infer SPEC"),
    (("@lenet5",), "there is no command '@lenet5'", "the command comes first, as in: convshape infer SPEC"),
    (("--versoin",), "there is no option '--versoin'", "did you mean '--version'?"),
    (
        ("-i", "3x8x8", "infer", "relu"),
        "there is no option '-i'",
        "options go after the command, as in: convshape infer -i",
    ),
    (("--",), "missing command", "'convshape --help' shows what it takes"),
    (
        ("layers", "conv", "relu"),
        "'relu' is one argument too many",
        "'convshape layers --help' shows what it takes",
    ),
    (("help", "zzzz"), "there is no help on 'zzzz'", "'convshape help' lists the topics"),
    (("help", "colums"), "there is no help on 'colums'", "did you mean 'columns'?"),
    (("help", "conv"), "there is no help on 'conv'", "'convshape layers conv' shows that kind of layer"),
    (
        (*RELU, "--input", "1x9x9"),
        "--input is given twice: '3x8x8' and '1x9x9'",
        "a network has one input shape",
    ),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), CLICK, ids=lambda value: ascii(value)[:60])
def test_what_click_refuses(arguments: tuple[str, ...], message: str, hint: str) -> None:
    """What click refuses is told as everything else, with what to do; the answer stays empty."""
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    if hint.endswith(" "):
        assert result.stderr.startswith(f"convshape: {message}\nhint: {hint}")
    else:
        assert result.stderr == f"convshape: {message}\nhint: {hint}\n"


# Words without quotes

STAR = 'quote the spec, as in "3 * relu": the shell turns a bare * into file names'
PIPE = 'quote the spec, as in "add { relu | tanh }": the shell takes | for a pipe'
TOGETHER = "quote the spec to keep its words together, as in"
CUT = "or quote the spec, if the shell cut it at ; | or #"
NO_INPUT = "-i 3x224x224, or 'input 3x224x224' as the first line of the spec"

# What stands behind ``convshape infer``, as a shell parts it, and what is told: the message, the line, what
# is under the carets, and the hint.
WORDS = [
    (
        "conv k=5 out=6 tnah",
        "there is no layer 'tnah'",
        "conv k=5 out=6; tnah",
        "tnah",
        "did you mean 'tanh'?",
    ),
    (
        "cnov k=5 out=6 tanh",
        "there is no layer 'cnov'",
        "cnov k=5 out=6; tanh",
        "cnov",
        "did you mean 'conv'?",
    ),
    (
        "relu conv k=5 uot=6",
        "conv has no parameter 'uot'",
        "relu; conv k=5 uot=6",
        "uot",
        "did you mean 'out'?",
    ),
    ("k=5 conv", "expected a kind of layer before 'k=5'", "k=5; conv", "k=5", "as in 'conv k=3 out=8'"),
    (
        "conv k==5",
        "conv needs k= (kernel size) and out= (output channels)",
        "conv; k==5",
        "conv",
        "add k=... out=...",
    ),
    (
        "conv k = 5 out=6",
        "expected KEY=VALUE, found 'k'",
        "conv k = 5 out=6",
        "k",
        "remove the spaces around '='",
    ),
    ("conv k= 5 out=6", "k= has no value", "conv k= 5 out=6", "k=", "remove the spaces around '='"),
    (
        "conv k =5 out=6",
        "expected KEY=VALUE, found 'k'",
        "conv k =5 out=6",
        "k",
        "remove the spaces around '='",
    ),
    (
        "relu x: tanh concat x",
        "concat needs something to merge with",
        "relu; x: tanh; concat; x",
        "concat",
        f'{TOGETHER} "concat x"',
    ),
    (
        "x: relu y: add x",
        "add needs something to merge with",
        "x: relu; y: add; x",
        "add",
        f'{TOGETHER} "add x"',
    ),
    (
        "x: relu from x",
        "'from' needs the name of one tensor",
        "x: relu; from; x",
        "from",
        f'{TOGETHER} "from x"',
    ),
    ("input 3x8x8 relu", "'input' needs a shape", "input; 3x8x8; relu", "input", f'{TOGETHER} "input 3x8x8"'),
    ("3 README.md docs relu", "there is no layer '3'", "3; README.md; docs; relu", "3", STAR),
    ("relu x: 3 README.md relu", "there is no layer '3'", "relu; x: 3; README.md; relu", "3", STAR),
    ("2 '*' relu", "there is no layer '2'", "2; *; relu", "2", STAR),
    ("relu '*' relu", "a count is missing before '*'", "relu; *; relu", "*", STAR),
    (
        "add { conv k=3 p=1 out=3",
        "this '{' is never closed",
        "add; { conv k=3 p=1 out=3",
        "{",
        PIPE,
    ),
    ("relu { conv k=3 p=1 out=3", "this '{' is never closed", "relu; { conv k=3 p=1 out=3", "{", PIPE),
    (
        "relu conv k=3",
        "conv needs out= (output channels)",
        "relu; conv k=3",
        "conv k=3",
        f"add out=...; {CUT}",
    ),
    ("conv k=3 relu", "conv needs out= (output channels)", "conv k=3; relu", "conv k=3", "add out=..."),
    ("'conv k=3'", "conv needs out= (output channels)", "conv k=3", "conv k=3", "add out=..."),
    ("'relu # one' k=3", "expected a kind of layer before 'k=3'", "k=3", "k=3", "as in 'conv k=3 out=8'"),
    ("'relu;' relo", "there is no layer 'relo'", "relu; relo", "relo", "did you mean 'relu'?"),
    (
        "@lenet5' relu'",
        "there is no layer '@lenet5'",
        "@lenet5 relu",
        "@lenet5",
        "give a network as an argument of its own, as in: convshape infer @lenet5 relu",
    ),
    (
        "'my net.cnn'",
        "there is no layer 'my'",
        "my net.cnn",
        "my",
        "give a file as an argument of its own, or by < if its name has spaces or brackets",
    ),
    (
        "LICENSE",
        "there is no layer 'LICENSE'",
        "LICENSE",
        "LICENSE",
        "write ./LICENSE to read the file of that name",
    ),
]


@pytest.mark.parametrize(("typed", "message", "line", "guilty", "hint"), WORDS, ids=[w[0] for w in WORDS])
def test_words(
    typed: str, message: str, line: str, guilty: str, hint: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without quotes carets stand under the guilty word; hints name the quotes where a shell changed it."""
    monkeypatch.chdir(root)
    result = invoke("infer", "-i", "3x8x8", *shlex.split(typed))
    told, shown, carets, hinted = result.stderr.splitlines()
    assert result.exit_code == 2
    assert re.fullmatch(rf"<spec>:\d: {re.escape(message)}", told)
    assert (shown, hinted) == (f"  {line}", f"  hint: {hint}")
    assert shown[carets.index("^") : carets.rindex("^") + 1] == guilty


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["conv", "k=3", "out=8"],
            f"no input shape is given\nhint: {NO_INPUT}; or quote the spec, if it has a ; in it",
        ),
        (["conv k=3 out=8"], f"no input shape is given\nhint: {NO_INPUT}"),
        (["@lenet"], "no network '@lenet' ships with convshape\nhint: did you mean '@lenet5'?"),
        (["@zzzz"], "no network '@zzzz' ships with convshape\nhint: 'convshape networks' lists them"),
        (["@"], "no network '@' ships with convshape\nhint: 'convshape networks' lists them"),
        (
            ["nets/lenet5.cnn"],
            "nets/lenet5.cnn: no such file or directory\n"
            "hint: did you mean '@lenet5', which ships with convshape?",
        ),
        *(
            (
                [word, "k=3"],
                f"'k=3' follows '{word}', not a layer\n"
                "hint: KEY=VALUE belongs to the layer before it, as in: conv k=3 out=8",
            )
            for word in ("@lenet5", "-", "net.cnn", "./net")
        ),
    ],
)
def test_words_that_are_no_text(arguments: list[str], told: str) -> None:
    """What names nothing, and what has no layer to belong to."""
    result = invoke("infer", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"convshape: {told}\n")


def test_two_files_with_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two files the second may not have an input of its own, and the hint says what to do."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.cnn", "b.cnn"):
        Path(name).write_text("# a network\ninput 3x8x8\nrelu\n", encoding="utf-8")
    result = invoke("infer", "a.cnn", "b.cnn")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "b.cnn:2: 'input' is not the first statement\n  input 3x8x8\n  ^^^^^^^^^^^\n"
        "  hint: several SPECs make one network: run each by itself, or remove this line\n"
    )


def test_expect() -> None:
    """That the network ends in another shape is an answer: printed, and then told on stderr."""
    result = invoke(*RELU, "-f", "shape", "--expect", "3x8x9")
    assert (result.exit_code, result.stdout) == (1, "3x8x8\n")
    assert result.stderr == "convshape: expected 3x8x9, but the network ends in 3x8x8\n"


# Every kind and key, from the register

PARAMS = [
    pytest.param(cls, p, key, id=f"{kind} {key}=")
    for kind, cls in KINDS.items()
    for p in cls.params
    for key in p.keys
]


@pytest.mark.parametrize(("cls", "p", "key"), PARAMS)
def test_every_key_refuses_a_value(cls: type[Layer], p: Param, key: str) -> None:
    """A value that is none is shown under its key, as it was typed, with what the key expects."""
    with pytest.raises(SpecError) as caught:
        parse(f"relu; x: 2 * {cls.kind} {key}=! # odd")
    before = f"relu; x: 2 * {cls.kind} {key}="
    assert str(caught.value) == (
        f"<spec>:1: {key}= cannot be '!'\n  {before}! # odd\n  {' ' * len(before)}^\n"
        f"  hint: expected {p.value.expected}"
    )


@pytest.mark.parametrize(("cls", "p", "key"), PARAMS)
def test_every_key_is_found_when_misspelt(cls: type[Layer], p: Param, key: str) -> None:
    """A key with two letters swapped is told from the one that was meant."""
    swapped = key[:-2] + key[-1] + key[-2] if len(key) > 2 else key.upper()
    keys = {each for other in cls.params for each in other.keys}
    error = case(f"{cls.kind} {swapped}=1").error()
    assert error.message == f"{cls.kind} has no parameter '{swapped}'"
    assert error.span is not None
    assert error.span.text == swapped
    assert error.hint is not None
    meant = MEANT.fullmatch(error.hint)
    assert meant is not None
    assert meant[1] in keys
    if len(key) > 3:
        assert parameter(cls, meant[1]) == p


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_every_kind_is_found_when_misspelt(cls: type[Layer]) -> None:
    """A kind with two letters swapped is told from the one that was meant."""
    swapped = cls.kind[:-2] + cls.kind[-1] + cls.kind[-2]
    found = nearest(swapped, list(KINDS))
    assert len(cls.kind) < 3 or found in KINDS
    assert len(cls.kind) < 6 or found == cls.kind


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_every_required_key_is_asked_for(cls: type[Layer]) -> None:
    """Without what it requires a kind says what that is, and what its hint adds is enough to be read."""
    required = [p for p in cls.params if p.required]
    if not required:
        return
    error = case(cls.kind).error()
    needs = " and ".join(f"{p.key}= ({p.doc})" for p in required)
    assert str(error) == (
        f"<spec>:1: {cls.kind} needs {needs}\n  {cls.kind}\n  {'^' * len(cls.kind)}\n"
        f"  hint: add {' '.join(f'{p.key}=...' for p in required)}"
    )


# Hints that can be typed

INPUTS = re.compile(r"(.*?); else, (.*)")
KEY_VALUE = re.compile(r"(?:take )?([a-z]+)=([\w:.-]+)")
ALSO = re.compile(r", and ([a-z]+)=(\d+) at most")
INSTEAD = re.compile(r"([a-z]+)=(\w+) instead")
STATEMENT = re.compile(r"(?:put )?'([a-z]+(?: [a-z]+=[\w:]+)*)' (?:before|turns)")
MEANT = re.compile(r"did you mean '([^']+)'\?")


def mended(each: Case, error: ConvshapeError) -> str | None:
    """The spec after what the hint says has been typed, or None where the hint gives nothing to type."""
    span, hint = error.span, INPUTS.sub(r"\2", error.hint or "")
    if span is None or span.source.text != each.spec:
        return None
    before, behind = each.spec[: span.start], each.spec[span.end :]
    meant, statement = MEANT.match(hint), STATEMENT.match(hint)
    value = KEY_VALUE.match(hint) or INSTEAD.search(hint)
    if meant:
        return f"{before}{meant[1]}{behind}"
    start = max(before.rfind(mark) for mark in ";{|*\n:") + 1
    if statement and behind.lstrip().startswith("{"):  # a merge of branches: at the end of the first
        return each.spec.replace("|", f"; {statement[1]} |", 1)
    if statement:
        return f"{each.spec[:start]} {statement[1]}; {each.spec[start:]}"
    if value is None:
        return None
    key, new = value.groups()
    head, *words = re.split(r"[;}|\n]", each.spec[start:])[0].split()
    cls, _ = find(head) or (Layer, None)
    given = [f"{key}={new}", *(f"{also}={number}" for also, number in ALSO.findall(hint))]
    replaced = {parameter(cls, each.partition("=")[0]) for each in given}
    kept = [word for word in words if parameter(cls, word.partition("=")[0]) not in replaced]
    if "instead" in hint:
        kept.remove(span.text)
    end = start + len(re.split(r"[;}|\n]", each.spec[start:])[0])
    return f"{each.spec[:start]} {' '.join([head, *kept, *given])}{each.spec[end:]}"


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.spec[:40])
def test_hints_work(each: Case) -> None:
    """Where a hint gives something to type, that is no longer refused, at least not for the same reason."""
    error = each.error()
    spec = mended(each, error)
    if spec is None or each.command != "infer":
        return
    try:
        each.run(spec)
    except ConvshapeError as next_error:
        assert next_error.message != error.message, spec  # noqa: PT017


# One hint is enough for these.
ENOUGH = [
    case("covn k=3 out=8"), case("conv kernle=5 out=6"), case("relo"), case("stem: relu; add stam"),
    case("conv k=33 out=8"), case("conv k=3 d=20 out=8"), case("conv k=40 p=1x2 out=8"),
    case("dwconv k=40 p=2"), case("maxpool k=33"), case("maxpool k=80"), case("maxpool k=2 d=40"),
    case("maxpool k=4x2", "1x1x1"), case("lppool k=33"), case("avgpool k=3", "1x1"),
    case("conv k=9 out=8", "1x1"), case("conv k=5 s=3 out=2", "1x2x3x4"), case("maxpool k=2 p=2"),
    case("maxpool k=3 p=0:2"), case("avgpool k=1 p=1"), case("maxpool k=2x6 p=3"),
    case("tconv k=3 s=2 op=2 out=8"), case("tconv k=3 op=1 out=8"), case("tconv k=3 d=2 op=2 out=8"),
    case("tconv k=1 s=2 p=same out=8"), case("tconv k=2 s=4 p=same out=8"), case("conv k=3 in=4 out=8"),
    case("dwconv k=3 in=4"), case("tconv k=3 in=4 out=8"), case("linear out=10 in=5", "7"),
    case("linear out=10"), case("relu; linear out=10 in=3072"), case("conv k=3 g=2 out=8"),
    case("conv k=3 g=4 out=18", "12x8x8"), case("tconv k=3 g=4 out=6", "6x8x8"),
    case("conv k=3 g=5 out=9", "4x8x8"), case("gn g=64", "32x8x8"), case("shuffle g=2"), case("prelu n=5"),
    case("conv k=1 g=999999999988 out=999999999989", "999999999989x1"), case("slice to=4"),
    case("slice from=3"), case("slice from=2 to=2"), case("pixelshuffle r=2"), case("pixelunshuffle r=3"),
    case("pixelunshuffle r=3", "3x7x9"), case("pixelunshuffle r=5", "3x1x2"),
    case("unflatten shape=3x4", "13"), case("unflatten shape=3x1024"), case("pad p=32 mode=reflect"),
    case("pad p=33 mode=circular"), case("pad p=1 mode=reflect", "3x1x1"), case("upsample"),
    case("upsample scale=0.01"), case("upsample scale=2 mode=linear"),
    case("upsample scale=2 mode=trilinear", "3x8"), case("add { conv k=3 p=1 out=8 | }"),
    case("x: relu; conv k=1 out=2; mul x"), case("x: flatten; linear out=10; add x"),
    case("add { relu; conv k=1 out=2 | conv k=1 out=4 }"),
]  # fmt: skip


@pytest.mark.parametrize("each", ENOUGH, ids=lambda each: each.spec[:40])
def test_one_hint_is_enough(each: Case) -> None:
    """What the hint gives to type makes the whole network work."""
    spec = mended(each, each.error())
    assert spec is not None
    each.run(spec)


@given(
    st.sampled_from(["conv out=2", "dwconv", "maxpool", "avgpool", "lppool"]),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=2),
    st.integers(1, 40),
)
def test_the_padding_that_makes_it_fit(kind: str, axes: list[tuple[int, int]], kernel_size: int) -> None:
    """Whatever the sizes, the proposed padding fits at once, on all axes."""
    shape = "x".join(["2", *(str(size) for size, _ in axes)])
    stride = "x".join(str(s) for _, s in axes)
    each = case(f"{kind} k={kernel_size} s={stride}", shape)
    try:
        each.run()
    except ShapeError as error:
        spec = mended(each, error)
        assert spec is not None
        each.run(spec)


@pytest.mark.parametrize("each", TABLE["paddings"], ids=lambda each: " ".join(each.arguments)[:60])
def test_the_sizes_within_reach(each: Case) -> None:
    """The paddings that a refusal proposes give the sizes that it says."""
    error = each.error()
    for size, padding in re.findall(r"(\d+) with (p=[\d:]+)", error.hint or ""):
        report = infer(each.spec.replace("p=?", padding), each.shape)
        assert str(report.output[1]) == size


@pytest.mark.parametrize("each", TABLE["merges"], ids=lambda each: each.spec[:40])
def test_the_input_sizes_that_work(each: Case) -> None:
    """Every input size that a hint proposes is one that works."""
    hint = each.error().hint or ""
    assert each.shape is not None
    channels, *old = each.shape.split("x")
    ways = [[size] for size in old]
    for axes, sizes in re.findall(r"((?:[A-Z], )*[A-Z](?: and [A-Z])*) of (\d+(?: or \d+)*)", hint):
        for index, name in enumerate(AXES[len(old)]):
            if name in axes:
                ways[index] = sizes.split(" or ")
    for proposed in product(*ways):
        if [*proposed] != old:
            infer(each.spec, "x".join([channels, *proposed]))


def test_the_padding_that_solves() -> None:
    """What is left open is closed by the command that the error names."""
    error = case("conv k=5 p=? out=8").error()
    assert error.hint is not None
    name = re.match("'convshape ([a-z-]+)'", error.hint)
    assert name is not None
    result = invoke(name[1], "-i", SHAPE, "conv k=5 p=? out=8", "-f", "spec")
    assert (result.exit_code, result.stderr) == (0, "")
    assert invoke("infer", "-", stdin=result.stdout.encode()).exit_code == 0


@pytest.mark.parametrize("option", ["-i 3x224x224", "'input 3x224x224'"])
def test_the_input_that_is_missing(option: str) -> None:
    """Both ways to give the input shape are ways to give it."""
    hint = in_options(case("conv k=3 out=8", None).error().hint)
    assert hint is not None
    assert option in hint
    if option.startswith("-i"):
        assert invoke("infer", "conv k=3 out=8", *option.split()).exit_code == 0
    else:
        infer(option.strip("'") + "\nconv k=3 out=8")


@pytest.mark.parametrize("name", TABLE)
def test_examples_can_be_read(name: str) -> None:
    """What a hint shows after "as in" is a spec, once its letters stand for something."""
    hints = [each.error().hint or "" for each in TABLE[name]]
    for example in {text for hint in hints for text in re.findall(r"as in '([^']+)'", hint)}:
        spec = re.sub(r"\bA\b|\bB\b|\.\.\.", "tanh", example)
        parse(f"{spec}\nrelu" if spec.startswith("input") else f"x: relu\n{spec}")


# The drawing

DRAWINGS = [
    ("plain", "conv k=5 uot=6", 9, 12, "conv k=5 uot=6\n           ^^^"),
    ("the first character", "abc", 0, 1, "abc\n  ^"),
    ("the last character", "abc", 2, 3, "abc\n    ^"),
    ("behind the end", "abc", 3, 4, "abc\n     ^"),
    ("nothing", "abc", 1, 1, "abc\n   ^"),
    ("an empty text", "", 0, 0, "\n  ^"),
    ("a line of several", "one\ntwo\nthree", 4, 7, "two\n  ^^^"),
    ("from one line to the next", "one\ntwo", 1, 6, "one\n   ^^"),
    ("the end of a line", "one\ntwo", 3, 4, "one\n     ^"),
    ("Windows line ends", "one\r\ntwo\r\n", 5, 8, "two\n  ^^^"),
    ("a carriage return alone", "a\rb c", 4, 5, "a?b c\n      ^"),
    ("spaces at the end", "one   ", 0, 3, "one\n  ^^^"),
    ("spaces before", "    one", 4, 7, "    one\n      ^^^"),
    ("tabs before", "\t\tone", 2, 5, "  one\n    ^^^"),
    ("tabs between", "a\tb\tc", 4, 5, "a b c\n      ^"),
    ("a tab", "a\tb", 1, 2, "a b\n   ^"),
    ("wide characters before", "\u65e5\u672c x", 3, 4, "\u65e5\u672c x\n       ^"),
    ("wide characters", "a \u65e5\u672c b", 2, 4, "a \u65e5\u672c b\n    ^^^^"),
    ("full-width letters", "\uff21\uff22", 1, 2, "\uff21\uff22\n    ^^"),
    ("half-width letters", "\uff71\uff72", 1, 2, "\uff71\uff72\n   ^"),
    ("an accent of its own", "e\u0301 x", 3, 4, "e\u0301 x\n    ^"),
    ("an accent alone", "x\u0301", 1, 2, "x\u0301\n  ^"),
    ("an emoji", "\U0001f600 x", 2, 3, "\U0001f600 x\n     ^"),
    ("an escape sequence", "\x1b[31mred", 5, 8, "?[31mred\n       ^^^"),
    ("a bell, a backspace, a null", "\x07\x08\x00x", 0, 4, "???x\n  ^^^^"),
    ("a C1 control", "\x9b31m", 0, 1, "?31m\n  ^"),
    ("writing from right to left", "\u202eabc", 1, 4, "?abc\n   ^^^"),
    ("invisible spaces", "a\u200b\u00a0\u2028b", 4, 5, "a???b\n      ^"),
    ("half of a pair", "a\ud800b", 1, 2, "a?b\n   ^"),
    ("a byte that is no text", "\udcffb", 1, 2, "?b\n   ^"),
    ("the start of a long line", "x" * 300, 0, 3, "x" * 160 + "...\n  ^^^"),
    ("the middle of a long line", "a" * 100 + "b" * 5 + "c" * 300, 100, 105,
     "..." + "a" * 40 + "b" * 5 + "c" * 115 + "...\n" + " " * 45 + "^^^^^"),
    ("the end of a long line", "a" * 300 + "b", 300, 301, "..." + "a" * 40 + "b\n" + " " * 45 + "^"),
    ("more than is shown", "a" * 300, 0, 300, "a" * 160 + "...\n  " + "^" * 160),
    ("a line that is just not too long", "a" * 160, 0, 160, "a" * 160 + "\n  " + "^" * 160),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "start", "end", "drawn"), [d[1:] for d in DRAWINGS], ids=[d[0] for d in DRAWINGS]
)
def test_drawing(text: str, start: int, end: int, drawn: str) -> None:
    """The source line is shown in printable characters, with carets under the guilty ones alone."""
    span = Span(Source("f", text), start, end)
    line = text.count("\n", 0, start) + 1
    expected = f"f:{line}: m\n  {drawn}\n  hint: h" if text else f"f:{line}: m\n{drawn}\n  hint: h"
    assert str(ConvshapeError("m", span=span, hint="h")) == expected


def test_parts_of_an_error() -> None:
    """A message alone, with a hint, and with a place; the data of it are its attributes."""
    span = Span(Source("f", "abc"), 0, 1)
    assert str(ConvshapeError("m")) == "m"
    assert str(ConvshapeError("m", hint="h")) == "m\nhint: h"
    assert str(ConvshapeError("m", span=span)) == "f:1: m\n  abc\n  ^"
    error = ShapeError("m", span=span, hint="h", param="p")
    assert (error.message, error.span, error.hint, error.param) == ("m", span, "h", "p")
    assert span.text == "a"


@given(st.text(max_size=250), st.integers(0, 260), st.integers(0, 20))
def test_drawings_are_safe(text: str, start: int, length: int) -> None:
    """Whatever the source holds: three lines, all printable, none of them long, and carets in one run."""
    start = min(start, len(text))
    end = min(start + length, len(text))
    first, shown, carets = str(ConvshapeError("m", span=Span(Source("f", text), start, end))).split("\n")
    assert first == f"f:{text.count(chr(10), 0, start) + 1}: m"
    assert shown == "" or shown.isprintable()
    assert len(shown) <= 2 + 3 + 160 + 3
    assert re.fullmatch(r"  ( *)(\^+)", carets)


@given(st.text(alphabet="ab \t;#{}|\x1b", max_size=30), st.text(alphabet="abc", min_size=1, max_size=8))
def test_carets_stand_under_the_word(before: str, word: str) -> None:
    """Where every character takes one column, the carets are where the word is."""
    text = f"{before}{word}"
    span = Span(Source("f", text), len(before), len(text))
    _, shown, carets = str(ConvshapeError("m", span=span)).split("\n")
    assert shown[carets.index("^") : carets.rindex("^") + 1] == word


# The drawing on a terminal

WIDTHS = (40, 80, 200)


def under(shown: str, carets: str) -> str:
    """The characters that stand above the carets, column by column."""
    first, behind = carets.index("^"), len(carets)
    column, found, above = 0, "", False
    for character in shown:
        if cell_len(character):  # else it is drawn over the one before
            above = first <= column < behind
        found += character * above
        column += cell_len(character)
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("each", CASES, ids=lambda each: each.spec[:40])
def test_every_error_at_every_width(each: Case, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither line is wider than the terminal, and the carets are under the word."""
    error = each.error()
    if error.span is None:
        return
    monkeypatch.setenv("COLUMNS", str(width))
    _, shown, carets, *_ = str(error).split("\n")
    guilty = printable(error.span.text.split("\n")[0].rstrip())
    assert max(cell_len(shown), cell_len(carets)) <= width
    if guilty:
        found = under(shown, carets)
        assert found == guilty or (guilty.startswith(found) and len(found) >= width - 8)


LONG = st.text(alphabet="ab \u65e5\u0301\uff21\u00e9\t;", max_size=200)


@pytest.mark.parametrize("width", WIDTHS)
@given(LONG, st.text(alphabet="xyz\u6f22", min_size=1, max_size=12), LONG)
def test_the_word_is_found_in_any_line(width: int, before: str, word: str, behind: str) -> None:
    """However long the line, whatever wide or combining characters stand around, the word is above."""
    text = f"{before}{word} {behind}"
    span = Span(Source("f", text), len(before), len(before) + len(word))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        _, shown, carets = str(ConvshapeError("m", span=span)).split("\n")
    assert under(shown, carets) == word
    assert carets.strip() == "^" * cell_len(word)
    assert max(cell_len(shown), cell_len(carets)) <= width


CUT = [
    (40, "x" * 300, 0, 3, "x" * 32 + "...\n  ^^^"),
    (40, "a" * 38, 37, 38, "a" * 38 + "\n" + " " * 39 + "^"),
    (40, "a" * 39, 38, 39, "..." + "a" * 32 + "\n" + " " * 36 + "^"),
    (40, "a" * 38, 38, 39, "..." + "a" * 31 + "\n" + " " * 36 + "^"),
    (40, "\u65e5" * 30, 10, 11, "..." + "\u65e5" * 16 + "...\n" + " " * 19 + "^^"),
    (40, "e\u0301" * 60, 0, 2, "e\u0301" * 32 + "...\n  ^"),
    (200, "a" * 198, 0, 198, "a" * 198 + "\n  " + "^" * 198),
    (200, "a" * 199, 0, 199, "a" * 192 + "...\n  " + "^" * 192),
    (5, "a" * 30, 29, 30, "..." + "a" * 12 + "\n" + " " * 16 + "^"),
    (0, "a" * 161, 0, 1, "a" * 160 + "...\n  ^"),
    (10**7, "a" * 161, 0, 1, "a" * 160 + "...\n  ^"),
]


@pytest.mark.parametrize(("width", "text", "start", "end", "drawn"), CUT)
def test_what_is_cut(
    width: int, text: str, start: int, end: int, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that does not fit is cut around the word; COLUMNS that is no width is as if it were not set."""
    monkeypatch.setenv("COLUMNS", str(width))
    error = ConvshapeError("m", span=Span(Source("f", text), start, end))
    assert str(error) == f"f:1: m\n  {drawn}"


def test_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without COLUMNS, the width is that of the terminal behind standard error."""
    import os
    import sys

    class Terminal:
        def fileno(self) -> int:
            return 2

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((40 * (number == 2), 24)))
    assert str(ConvshapeError("m", span=Span(Source("f", "x" * 99), 0, 1))).count("x") == 32


# Hints on random networks


def random_layer(rng: random.Random, rank: int) -> str:
    """A layer that is easily refused."""

    def each(low: int, high: int) -> str:
        return "x".join(str(rng.randint(low, high)) for _ in range(rng.choice((1, rank))))

    return rng.choice(
        (
            f"conv k={each(1, 9)} s={each(1, 3)} out=4",
            f"conv k={each(1, 5)} p={each(0, 3)} d={each(1, 4)} out=4",
            f"dwconv k={each(1, 6)} s={each(1, 2)} mult=2",
            f"maxpool k={each(1, 6)} p={each(0, 3)} s={each(1, 3)}",
            f"avgpool k={each(1, 6)}",
            f"lppool k={each(1, 6)} s={each(1, 3)}",
            f"tconv k={each(1, 4)} s={each(1, 3)} p={each(0, 4)} op={each(0, 2)} out=4",
            f"tconv k={each(1, 4)} s={each(1, 4)} p=same out=4",
            f"pad p={each(0, 6)} mode={rng.choice(('reflect', 'circular', 'zeros'))}",
            f"crop p={each(0, 5)}",
            f"upsample scale={rng.choice(('0.5', '0.25', '2'))}",
            *(["pixelunshuffle r=2"] if rank == 2 else []),
            f"slice from={rng.randint(0, 4)} to={rng.randint(1, 6)}",
            f"conv k=1 g={rng.randint(1, 4)} out={rng.randint(1, 9)}",
            "relu",
        )
    )


def inputs_of(hint: str, shape: tuple[int, ...], rng: random.Random) -> Iterator[tuple[int, ...]]:
    """The inputs that a hint says work."""
    swapped = re.search(r"(\d+(?:x\d+)*), with H and W swapped, works", hint)
    if swapped:
        yield tuple(map(int, swapped[1].split("x")))
    told = re.search(r"an input with (.*?) works", hint)
    if told is None:
        return
    ways = [[size] for size in shape[1:]]
    for axes, words in re.findall(
        r"((?:[A-Z], )*[A-Z](?: and [A-Z])*) of (\d+ or more|\d+(?: or \d+)*)", told[1]
    ):
        sizes = [int(size) for size in re.findall(r"\d+", words)]
        if words.endswith("more"):
            sizes += [sizes[0] + 1, sizes[0] + rng.randint(2, 400)]
        for index, name in enumerate(AXES[len(shape) - 1]):
            if name in axes:
                ways[index] = sizes
    for sizes_ in product(*ways):
        yield (shape[0], *sizes_)


def refusal(spec: str, shape: object) -> ShapeError | None:
    """What is said of a network that does not take the shape."""
    try:
        infer(spec, shape)  # type: ignore[arg-type]
    except ShapeError as error:
        return error
    return None


def layer_of(spec: str, error: ShapeError | None) -> int:
    """The number of the layer that refuses; beyond all where none does."""
    return 10**6 if error is None or error.span is None else spec.count(";", 0, error.span.start)


def test_hints_of_random_networks_work(tally: Callable[[str, int], None]) -> None:
    """Each input that a hint proposes works, and each change of a layer leads past that layer."""
    rng = random.Random(12)
    refused = proposed = typed = 0
    for _ in range(500):
        rank = rng.randint(1, 3)
        spec = "; ".join(random_layer(rng, rank) for _ in range(rng.randint(1, 5)))
        if rng.random() < 0.2:
            spec += f"; flatten; linear in={rng.choice((4, 16, 36, 64))} out=2"
        shape = (rng.randint(1, 6), *(rng.randint(1, 12) for _ in range(rank)))
        error = refusal(spec, shape)
        if error is None:
            continue
        refused += 1
        hint = error.hint or ""
        inputs = list(inputs_of(hint, shape, rng))
        assert [other for other in inputs if refusal(spec, other)] == [], (spec, shape, hint)
        meant = re.match(r"(?:perhaps )?-i ([0-9x]+)", hint)
        proposed += len(inputs) + bool(meant)
        if meant:
            assert layer_of(spec, refusal(spec, meant[1])) > layer_of(spec, error), (spec, shape, hint)
        each = Case(spec, "x".join(map(str, shape)), "infer", ())
        text = mended(each, error)
        if text is not None:
            typed += 1
            # What stands behind may be refused now, or another value of the layer; a 'pad' is one layer more.
            added = text.count(";") - spec.count(";")
            further = refusal(text, shape)
            past = layer_of(text, further) - layer_of(spec, error) - added
            assert past > 0 or (further and past == 0 and further.param != error.param), (spec, shape, text)
    tally("random networks refused", refused)
    tally("inputs proposed by hints, and tried", proposed)
    tally("changes proposed by hints, and typed", typed)
    assert min(refused, proposed, typed) > 300


# The words of a message


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.spec[:40])
def test_style(each: Case) -> None:
    """Messages begin small and end without a stop, none shows Python's names, and every one has a hint."""
    error = each.error()
    assert error.hint
    for text in (error.message, error.hint):
        own = re.sub(r"'[^']*'", "x", text)
        assert own[:1] == own[:1].lower()
        assert re.search(r"[^.! ]$|[^.]\.\.\.$", own)
        assert "  " not in own
        assert not re.search(r"\(\d+,|<class|Error|None|True|False", own)
        assert not re.search(r"\b1 (?:channels|features|samples|values|axes|layers)", own)


def test_exit_codes_are_those_of_click() -> None:
    """What click itself refuses has the exit code of what we refuse."""
    assert click.UsageError.exit_code == 2

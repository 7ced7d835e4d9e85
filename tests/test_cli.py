"""The command line, as people and pipelines use it."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from convshape import __version__
from convshape.cli import main
from convshape.cli.pages import PAGES
from convshape.cli.words import joined
from convshape.files import is_file
from convshape.formats import FORMATS
from convshape.formats.inference import COLUMNS
from convshape.layers import KINDS
from convshape.networks import NAMES

LENET = "convshape/networks/lenet5.cnn"


@pytest.fixture(autouse=True)
def _in_the_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="convshape")


def shell(command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a pipeline with the command of this interpreter's environment first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path},
        timeout=60,
        check=False,
        **options,
    )


PIPELINES = [
    (
        'convshape solve-padding "conv k=5 s=1 p=? out=6" -f spec | convshape infer -i 1x32x32 -f shape -',
        "6x32x32\n",
    ),
    (
        'convshape solve-padding "conv k=5 p=? out=6" -f spec | convshape infer -i 1x9x9 -f tsv - | cut -f2',
        "layer\ninput\nconv k=5 p=2 out=6\n",
    ),
    (
        "printf 'conv k=3 out=8\\nconv k=3 out=8\\n' | convshape infer -i 3x9x9 -f tsv | cut -f1",
        "index\n0\n1\n2\n",
    ),
    (
        'convshape infer -i 1x32x32 "conv k=5 s=1 p=0 out=6" -f tsv | tail -1',
        "1\tconv k=5 out=6\t6\t28\t28\t156\n",
    ),
    (f"convshape infer {LENET} -f tsv -c parameters | awk '{{ s += $1 }} END {{ print s }}'", "61706\n"),
    (
        'convshape infer -i 1x8x8 "1000000 * relu" -f tsv | head -1',
        "index\tlayer\tchannels\tH\tW\tparameters\n",
    ),
    ("python -m convshape infer -i 1x8x8 relu -f shape", "1x8x8\n"),
]


@pytest.mark.parametrize(("command", "output"), PIPELINES)
def test_pipelines(command: str, output: str) -> None:
    """Commands pipe into each other and into the shell's tools, quietly."""
    done = shell(command)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


def test_reader_that_leaves_early_is_no_error() -> None:
    """A pipe closed after the first line ends the command quietly, with exit code 0."""
    done = shell('convshape infer -i 1x8x8 "200000 * relu" -f tsv | head -1; echo ${PIPESTATUS[@]}')
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0 0", "")


def test_full_disk_is_told() -> None:
    """An answer that cannot be written is an error, not a traceback."""
    done = shell("convshape infer -i 1x8x8 relu > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "convshape: cannot write the answer: no space left on device\n"


def test_lenet_from_a_file() -> None:
    """LeNet-5 with pooling and linear layers has 61,706 parameters."""
    result = run("infer", LENET)
    assert result.exit_code == 0
    assert "61,706" in result.stdout


def test_specs_follow_one_another(tmp_path: Path) -> None:
    """Text, files and standard input are joined in order."""
    file = tmp_path / "tail.cnn"
    file.write_text("flatten\nlinear out=3\n", encoding="utf-8")
    result = run("infer", "-i", "1x8x8", "conv k=3 out=2", "-", str(file), "-f", "spec", stdin="relu\n")
    assert result.stdout == "input 1x8x8\nconv k=3 out=2\nrelu\nflatten\nlinear out=3\n"


def test_file_without_suffix_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    """A single word with a slash names a file, and a mark at its start is no text."""
    file = tmp_path / "net"
    file.write_bytes(b"\xef\xbb\xbfinput 1x4x4\r\nrelu\r\n")
    assert run("infer", str(file), "-f", "shape").stdout == "1x4x4\n"


@pytest.mark.parametrize(("expect", "code"), [("6x28x28", 0), ("6,28,28", 0), ("6x30x30", 1)])
def test_expect(expect: str, code: int) -> None:
    """--expect decides the exit code; the answer is printed all the same."""
    result = run("infer", "-i", "1x32x32", "conv k=5 out=6", "-f", "shape", "--expect", expect)
    assert (result.exit_code, result.stdout) == (code, "6x28x28\n")
    assert ("expected 6x30x30" in result.stderr) == (code == 1)


def test_no_solution_exits_with_1_and_prints_nothing() -> None:
    """What is understood but has no answer is told apart from what is not understood."""
    result = run("solve-padding", "conv k=3 s=2 p=? out=1", "-f", "spec")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("<spec>:1: conv: at stride 2 no padding keeps every size")


def test_nothing_is_printed_before_an_error() -> None:
    """A network that breaks in its last row leaves standard output empty."""
    result = run("infer", "-i", "1x8x8", "conv k=3 out=2; conv k=9 out=2", "-f", "tsv")
    assert (result.exit_code, result.stdout) == (2, "")


def test_help_without_a_spec_on_a_terminal() -> None:
    """With no SPEC and no pipe the help is shown."""
    code, text = on_terminal("convshape infer", columns=80)
    assert code == 0
    assert text.startswith("Usage: convshape infer")


@pytest.mark.parametrize("name", [[], *([name] for name in main.commands)], ids=" ".join)
def test_help_has_an_example(name: list[str]) -> None:
    """-h and --help are the same, and show how a command is used."""
    short, long = run(*name, "-h"), run(*name, "--help")
    assert short.stdout == long.stdout
    assert "\n  convshape " in short.stdout


def test_every_option_has_a_help_text_of_sentences() -> None:
    """One or two sentences an option."""
    for command in main.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert (parameter.help or "").endswith((".", ").")), parameter


@pytest.mark.parametrize("command", ["infer", "infer -f json", "solve-padding", "solve-input", "explain"])
def test_garbage_does_not_grow_with_the_network(command: str) -> None:
    """What is dropped holds no cycles, so that the process need not collect garbage."""

    def garbage(length: int) -> int:
        spec = "".join(f"x{n}: conv k=3 p=1 out={n}; add {{ relu | }}; mul x{n}\n" for n in range(1, length))
        gc.collect()
        gc.disable()
        try:
            assert run(*command.split(), "-i", "1x8x8", spec).exit_code == 0
            return gc.collect()
        finally:
            gc.enable()

    garbage(2)  # what is made once in a process
    assert garbage(100) == garbage(2)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option: str) -> None:
    """The version is that of the package."""
    assert run(option).stdout == f"convshape {__version__}\n"


# Words without quotes

UNQUOTED = [
    ("conv k=5 s=1 p=0 out=6 tanh", "conv k=5 s=1 p=0 out=6; tanh"),
    ("relu tanh", "relu; tanh"),
    ("relu 'conv k=3' out=8 tanh", "relu; conv k=3 out=8; tanh"),
    ("x: conv k=3 out=8 y: x2: relu", "x: conv k=3 out=8; y: x2: relu"),
    ("relu x:", "relu; x:"),
    ("'relu; conv k=3' 'out=8; tanh' gelu", "relu; conv k=3 out=8; tanh; gelu"),
    ("'k=3'", "k=3"),
    ("'conv k=3 # one' out=8", "conv k=3 # one\nout=8"),
    ("'relu # one' tanh", "relu # one\ntanh"),
    ("'relu # one\n' tanh gelu", "relu # one\ntanh; gelu"),
    ("'relu\n' tanh", "relu; tanh"),
    ("conv k==3", "conv; k==3"),
    ("conv a!=3 b<=3", "conv; a!=3; b<=3"),
    ("conv k = 3 out= 8", "conv k = 3 out= 8"),
    ("2 '*' { relu tanh }", "2; *; { relu; tanh }"),
    ("'add {' relu '|' tanh '}' gelu", "add { relu | tanh }; gelu"),
    ("' relu ' ' tanh '", "relu; tanh"),
    ("' relu '", " relu "),
]


@pytest.mark.parametrize(("typed", "spec"), UNQUOTED)
def test_words_are_joined(typed: str, spec: str) -> None:
    """Words make the spec that would be typed in quotes."""
    assert joined(shlex.split(typed)) == spec


FILES = ["a.cnn", "a.pt2", "a.onnx", "a.keras", "a.json", "a.txt", "./a", "a/b", "/", "a.pt2:main", "@a/b"]
NO_FILES = [
    "a",
    "a.py",
    "a b.cnn",
    "k=a.cnn",
    "conv(1/2)",
    "[a/b]",
    "{a/b}",
    "a.cnn:b",
    "-",
    "@a",
    "x:",
    "",
    "a/b c",
]


@pytest.mark.parametrize("word", [*FILES, *NO_FILES])
def test_which_words_are_files(word: str) -> None:
    """A file has a / or a known ending, and neither spaces nor = nor brackets."""
    assert is_file(word) is (word in FILES)


LAYERS = st.lists(
    st.sampled_from(
        ["conv k=3 out=2", "relu", "maxpool k=2 s=1 p=0:1", "x: tanh", "conv2d k=1x3 out=4 bias=no", "bn"]
    ),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(LAYERS)
def test_quotes_make_no_difference(layers: list[str]) -> None:
    """A spec without signs of the shell says the same network with quotes and without."""
    bare = run("infer", "-i", "3x32x32", "-f", "spec", *" ".join(layers).split())
    assert bare.exit_code == 0
    assert bare.stdout == run("infer", "-i", "3x32x32", "-f", "spec", "; ".join(layers)).stdout


def test_the_words_of_the_issue() -> None:
    """Words without quotes give the table that the quoted spec gives."""
    bare = run(*["infer", "-i", "1x32x32", "conv", "k=5", "s=1", "p=0", "out=6", "tanh"])
    assert bare.exit_code == 0
    assert bare.stdout == run("infer", "-i", "1x32x32", "conv k=5 s=1 p=0 out=6; tanh").stdout


# Networks that are shipped


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_network_is_a_spec(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """@NAME is the network's file wherever the program runs, and a file of that name is not looked at."""
    expected = run("infer", f"convshape/networks/{name}.cnn", "-f", "tsv").stdout
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"@{name}").write_text("relo", encoding="utf-8")
    result = run("infer", f"@{name}", "-f", "tsv")
    assert (result.exit_code, result.stdout) == (0, expected)


def test_networks_are_listed_with_the_figures_of_inference() -> None:
    """Each line of the list is what `infer` says of its network."""
    lines = run("networks", "-f", "tsv").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == [f"@{name}" for name in NAMES]
    for line in lines[1:]:
        name, taken, given, parameters, macs, title = line.split("\t")
        document = json.loads(run("infer", name, "-f", "json").stdout)
        assert taken == "x".join(map(str, document["input"]))
        assert given == "x".join(map(str, document["output"]))
        assert int(parameters) == document["totals"]["parameters"]
        assert int(macs) == document["totals"]["macs"]
        assert title


# Help


def test_summaries_are_whole() -> None:
    """The list of commands has the whole first sentence of each, and cuts none."""
    listed = " ".join(run("--help").stdout.split())
    for name, command in main.commands.items():
        sentence = " ".join((command.help or "").partition(".\n")[0].split()).rstrip(".")
        assert f"{name} {sentence}." in listed


@pytest.mark.parametrize("name", main.commands)
def test_help_on_a_command(name: str) -> None:
    """`help COMMAND` is `COMMAND --help`."""
    assert run("help", name).stdout == run(name, "--help").stdout


@pytest.mark.parametrize("name", [[], *([name] for name in main.commands)])
def test_help_fits_a_terminal(name: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of the program's help, or a command's, is longer than 80 columns, examples among them."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(*name, "--help").stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("name", PAGES)
def test_help_pages(name: str, golden: Callable[[str, str], None]) -> None:
    """Each page is what somebody has read and found right, and fits a terminal."""
    result = run("help", name)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    golden(f"help-{name}.txt", result.stdout)


def test_no_golden_page_is_an_orphan(root: Path) -> None:
    """Every golden file of a page belongs to a page."""
    files = {path.name for path in (root / "tests" / "golden").glob("help-*")}
    assert files == {f"help-{name}.txt" for name in PAGES}


def test_help_lists_its_topics() -> None:
    """`help` alone has every page and every command."""
    text = run("help").stdout
    for topic in (*PAGES, *main.commands):
        assert re.search(rf"^  {topic}  +\S", text, re.MULTILINE), topic


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("spec", list(KINDS)),
        ("columns", list(COLUMNS)),
        ("formats", list(FORMATS)),
        ("exit-codes", ["0", "1", "2"]),
    ],
)
def test_a_help_page_has_its_whole_register(page: str, names: list[str]) -> None:
    """What a page lists is what there is."""
    text = run("help", page).stdout
    assert set(names) <= set(re.findall(r"^  (\S+)  +\S|^  (?:\w+)$", text, re.MULTILINE))


def every_help() -> list[str]:
    """The help of the program and of every command."""
    return [run(*name, "--help").stdout for name in ([], *([name] for name in main.commands))]


def test_examples_in_the_help_run_anywhere(tmp_path: Path) -> None:
    """Every example of every help runs in an empty folder: no file of the project is needed."""
    examples = {
        line.strip() for text in every_help() for line in text.splitlines() if line.startswith("  convshape ")
    }
    assert len(examples) > len(main.commands)
    for example in sorted(examples):
        done = shell(example, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), example


def test_help_names_no_file_of_the_project() -> None:
    """No help sends its reader to a page that is not installed."""
    assert not [text for text in every_help() if re.search(r"docs/|\.md\b", text)]


# How wide it is in a pipe


@pytest.mark.parametrize(("columns", "width"), [("44", 44), ("60", 60), ("0", None), ("", None), ("x", None)])
def test_columns_count_in_a_pipe(columns: str, width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS is the width of a table where it is set to a number, and else nothing folds."""
    arguments = ("infer", "-i", "1x32x32", "conv kernel_size=5 padding=2 out=6 bias=no in=1 groups=1; tanh")
    natural = run(*arguments).stdout
    monkeypatch.setenv("COLUMNS", columns)
    rows = run(*arguments).stdout.splitlines()[:-3]
    assert (max(map(len, rows)) <= width) if width else (rows == natural.splitlines()[:-3])
    assert "bias=no" in "".join(rows)


def test_columns_count_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long axis is drawn as wide as COLUMNS says."""

    def width() -> int:
        lines = run("explain", "-i", "1x500", "conv k=3 out=1").stdout.splitlines()
        return max(len(line) for line in lines if "L[" in line or "  L  " in line)

    natural = width()
    monkeypatch.setenv("COLUMNS", "60")
    assert width() <= 60 < natural <= 100
    monkeypatch.setenv("COLUMNS", "200")
    assert width() > 100


# On a terminal


def on_terminal(command: str, *, columns: int, **environment: str) -> tuple[int, str]:
    """Run a command on a terminal of so many columns; its exit code and what it drew."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "CI")}
    process = subprocess.Popen(
        ["bash", "-c", command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=base | {"PATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment},
    )
    os.close(theirs)
    drawn = b""
    try:
        while chunk := os.read(ours, 4096):
            drawn += chunk
    except OSError:
        pass  # Linux tells the end of a terminal so
    os.close(ours)
    return process.wait(timeout=30), drawn.decode().replace("\r\n", "\n")


INFER = 'convshape infer -i 1x32x32 "conv kernel_size=5 padding=2 out=6 bias=no; tanh"'


@pytest.mark.parametrize("columns", [44, 80, 200])
def test_table_fits_the_terminal(columns: int) -> None:
    """However narrow, no line is wider than the terminal and no column is dropped."""
    _, text = on_terminal(INFER, columns=columns, NO_COLOR="1")
    assert max(map(len, text.splitlines())) <= columns
    assert all(title in text for title in ("layer", "channels", "H'", "W'", "parameters"))


@pytest.mark.parametrize(
    ("options", "environment", "colored"),
    [
        ("", {}, True),
        ("", {"NO_COLOR": "1"}, False),
        ("", {"TERM": "dumb"}, False),
        ("--color never", {}, False),
        ("--color always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colors_on_a_terminal(options: str, environment: dict[str, str], colored: bool) -> None:
    """Colors are on where a person can see them and has not said no; an option beats the environment."""
    _, text = on_terminal(f"{INFER} {options}", columns=100, **environment)
    assert ("\x1b[" in text) is colored


@pytest.mark.parametrize(("color", "colored"), [("auto", False), ("always", True), ("never", False)])
def test_colors_in_a_pipe(color: str, colored: bool) -> None:
    """A pipe gets colors when they are asked for alone."""
    assert ("\x1b[" in run("infer", "-i", "1x4x4", "relu", "--color", color).stdout) is colored


def test_nothing_folds_in_a_pipe() -> None:
    """A table in a pipe is as wide as it needs to be."""
    spec = "conv k=3x3 s=1x1 p=0:1x2:3 d=1x1 g=1 out=64 in=64 bias=no; concat { relu | tanh | mish | relu }"
    lines = run("infer", "-i", "64x32x32", spec, "-c", "layer,tensors,input,output,macs,memory").stdout
    assert max(map(len, lines.splitlines())) > 120
    assert "conv k=3x3 s=1x1 p=0:1x2:3 d=1x1 out=64 in=64 bias=no" in lines


def test_ascii_where_the_terminal_has_nothing_else() -> None:
    """Without UTF-8 the table is drawn in ASCII."""
    done = shell("PYTHONIOENCODING=ascii convshape infer -i 1x4x4 relu")
    assert done.returncode == 0
    assert done.stdout.isascii()


# Completion, by the shell's own way of asking


def complete(*typed: str) -> list[str]:
    """What a shell that parts words as we do is offered for the last word."""
    words = " ".join(f"'{word}'" if " " in word or not word else word for word in typed)
    done = CliRunner().invoke(
        main,
        prog_name="convshape",
        env={
            "_CONVSHAPE_COMPLETE": "zsh_complete",
            "COMP_WORDS": f"convshape {words}",
            "COMP_CWORD": str(len(typed)),
        },
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.strip().splitlines()
    kinds, values = lines[::3], lines[1::3]
    found = zip(kinds, values, strict=True)
    return [value.replace("\\:", ":") for kind, value in found if kind == "plain"]


COMPLETIONS: list[tuple[tuple[str, ...], Callable[[list[str]], bool]]] = [
    (("sol",), lambda found: found == ["solve-input", "solve-padding"]),
    (("infer", "--exp"), lambda found: found == ["--expect"]),
    (("infer", "-f", ""), lambda found: found == list(FORMATS)),
    (("infer", "--color", "al"), lambda found: found == ["always"]),
    (("infer", "-c", "para"), lambda found: found == ["parameters"]),
    (("infer", "-c", "index,ma"), lambda found: found == ["index,macs"]),
    (("infer", "-c", ""), lambda found: found == list(COLUMNS)),
    (("layers", "adap"), lambda found: found == ["adaptiveavgpool", "adaptivemaxpool"]),
    (("layers", ""), lambda found: found == list(KINDS)),
    (("infer", "pixels"), lambda found: found[:1] == ["pixelshuffle"]),
    (("infer", "conv2"), lambda found: found[:1] == ["conv2d"]),
    (("infer", "conv k=3 o"), lambda found: found == ["conv k=3 out="]),
    (("infer", "relu; maxpool c"), lambda found: found == ["relu; maxpool ceil="]),
    (("infer", "relu; tan"), lambda found: found == ["relu; tanh"]),
    (("infer", "nonsense k"), lambda found: found == []),
    (("infer", "@le"), lambda found: found == ["@lenet5", "@lenet5-conv"]),
    (("infer", "@"), lambda found: found == [f"@{name}" for name in NAMES]),
    (("infer", "@lenet5", "sig"), lambda found: found == ["sigmoid"]),
    (("infer", "conv", "o"), lambda found: found == ["out="]),
    (("infer", "-i", "1x8x8", "conv", "k=3", "o"), lambda found: found == ["out="]),
    (("infer", "conv", "k=3", "x:", "maxp"), lambda found: found[:1] == ["maxpool"]),
    (("infer", "conv", "net.cnn", "k"), lambda found: found == []),
    (("infer", "x:sig"), lambda found: found == ["x:sigmoid"]),
    (("infer", "3 * conv k=3 o"), lambda found: found == ["3 * conv k=3 out="]),
    (("infer", "x: maxpool p=0:1 c"), lambda found: found == ["x: maxpool p=0:1 ceil="]),
    (("help", "sp"), lambda found: found == ["spec"]),
    (("help", "sol"), lambda found: found == ["solve-padding", "solve-input"]),
]


@pytest.mark.parametrize(("typed", "expected"), COMPLETIONS, ids=[" ".join(t) for t, _ in COMPLETIONS])
def test_completion(typed: tuple[str, ...], expected: Callable[[list[str]], bool]) -> None:
    """Commands, options, formats, columns, kinds and keys are completed, inside quotes too."""
    found = complete(*typed)
    assert expected(found), found


class Bash:
    """An interactive bash on a terminal of its own, in which the completion is set up."""

    def __init__(self, folder: Path) -> None:
        self.lines = folder / "lines"
        self.lines.touch()
        start = folder / "bashrc"
        start.write_text(
            f'PATH="{Path(sys.executable).parent}:$PATH"\n'
            'eval "$(_CONVSHAPE_COMPLETE=bash_source convshape)"\n'
            f'bind -x \'"\\C-g": printf "%s|\\n" "$READLINE_LINE" >> {self.lines}\'\n'
            "PS1='ready> '\n",
            encoding="utf-8",
        )
        self.master, theirs = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--rcfile", str(start), "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=os.environ | {"TERM": "dumb", "HISTFILE": "", "INPUTRC": "/dev/null"},
            start_new_session=True,
        )
        os.close(theirs)
        drawn = b""
        while b"ready> " not in drawn:  # before that the terminal itself would act on what is typed
            drawn += os.read(self.master, 65536)
        os.set_blocking(self.master, False)

    def typed(self, text: str) -> str:
        """The line after a text and the tabulator were typed."""
        before = self.lines.read_text(encoding="utf-8")
        os.write(self.master, f"{text}\t\x07\x15".encode())
        for _ in range(1500):
            time.sleep(0.02)
            with contextlib.suppress(BlockingIOError, OSError):
                os.read(self.master, 65536)
            now = self.lines.read_text(encoding="utf-8")
            if now.endswith("|\n") and now != before:
                return now.removeprefix(before)[:-2]
        raise AssertionError(f"bash does not answer to {text!r}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


IN_BASH = [
    ("convshape solve-p", "convshape solve-padding "),
    ("convshape infer @vg", "convshape infer @vgg16 "),
    ("convshape infer @le", "convshape infer @lenet5"),
    ("convshape infer -i 1x8x8 @vgg16 softp", "convshape infer -i 1x8x8 @vgg16 softplus "),
    ("convshape infer conv k=3 ou", "convshape infer conv k=3 out="),
    ("convshape infer x: sigm", "convshape infer x: sigmoid "),
    ("convshape infer x:sigm", "convshape infer x:sigmoid "),
    ("convshape infer --color=al", "convshape infer --color=always "),
    ("convshape infer -c index,ma", "convshape infer -c index,macs "),
    ('convshape infer "conv k=3 ou', 'convshape infer "conv k=3 out="'),  # bash closes the quote
    ("convshape infer 'relu; sigm", "convshape infer 'relu; sigmoid' "),
    ("convshape infer '2 * sigm", "convshape infer '2 * sigmoid' "),
    ("true; convshape infer @vg", "true; convshape infer @vgg16 "),
    ("convshape infer ./net", "convshape infer ./network.cnn "),
    ("convshape help col", "convshape help columns "),
]


def test_completion_in_bash(tmp_path: Path) -> None:
    """In a real bash, which parts words at @ = and :, the tabulator makes of a line what it should."""
    (tmp_path / "network.cnn").touch()
    bash = Bash(tmp_path)
    try:
        assert [(text, bash.typed(text)) for text, _ in IN_BASH] == IN_BASH
    finally:
        bash.end()


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts(name: str) -> None:
    """There is a script for each shell."""
    done = shell(f"_CONVSHAPE_COMPLETE={name}_source convshape")
    assert done.returncode == 0
    assert "_CONVSHAPE_COMPLETE" in done.stdout

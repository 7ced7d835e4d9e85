"""The pages for users: what they show is run, what is generated is compared, what they link to is there.

Blocks that need torch are run where it is installed.

docs/contributing.md says how a page is written.  `pytest --rewrite` writes outputs and generated parts anew.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner

from convshape import infer, parse
from convshape.analyses.report import ITEM_SIZES, Check
from convshape.cli import main
from convshape.cli.pages import EXAMPLE
from convshape.cli.refusals import EXIT_CODES
from convshape.formats import FORMATS
from convshape.formats.inference import COLUMNS, Inference
from convshape.formats.kinds import default, summary
from convshape.layers import KINDS, Layer, PaddingValue, base

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


# What stands on a page


class Block(NamedTuple):
    """A fenced block: its language, the comment on the line before it, and the lines that it spans."""

    page: Path
    language: str
    mark: str
    first: int
    last: int
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    fence, first = "", 0
    for number, line in enumerate(lines):
        opening = re.fullmatch(r"(`{3,})(.*)", line)
        if not fence and opening:
            fence, first = opening[1], number
        elif fence and line == fence:
            comment = re.fullmatch(r"<!-- (.*) -->", lines[first - 1]) if first else None
            mark = comment[1] if comment else ""
            text = "".join(f"{inner}\n" for inner in lines[first + 1 : number])
            found.append(Block(page, lines[first].lstrip("`"), mark, first, number, text))
            fence = ""
    assert not fence, f"{page.name}:{first + 1}: this block is never closed"
    return found


def prose(page: Path) -> list[str]:
    """The lines of a page that stand outside of its blocks and generated parts."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for block in blocks(page):
        lines[block.first : block.last + 1] = [""] * (block.last + 1 - block.first)
    return re.sub(GENERATED, "", "\n".join(lines)).splitlines()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    inside = {number for block in blocks(page) for number in range(block.first, block.last + 1)}
    headings = [
        line.lstrip("# ").lower()
        for number, line in enumerate(lines)
        if number not in inside and re.match(r"#+ ", line)
    ]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def every_block(*languages: str, mark: str | None = None) -> list[Any]:
    """Parameters for a test: the page and the number of each block in one of the languages.

    With `mark`, of those alone that have it.
    """
    return [
        pytest.param(page, number, id=f"{page.name}:{block.first + 1}")
        for page in PAGES
        for number, block in enumerate(blocks(page))
        if block.language in languages and mark in (None, block.mark)
    ]


# Commands and their output


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown.

    A command is a line that starts with ``$``, and the lines right behind it that start with ``>``.
    """
    for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command = re.match(r".*\n(> .*\n)*", session)
        assert command, "a command ends with its line"
        yield command[0], session[command.end() :]


def run(command: str) -> str:
    """Both outputs of a command, and a last line ``(exit N)`` where its exit code is not 0."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    scripts = Path(sys.executable).parent
    environment["PATH"] = f"{scripts}{os.pathsep}{environment['PATH']}"
    environment["PYTHONIOENCODING"] = "utf-8"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout + (f"(exit {done.returncode})\n" if done.returncode else "")


def replay(text: str) -> str:
    """A console block with the outputs that its commands give now."""
    return "".join(f"$ {shown}{run(re.sub('^> ', '', shown, flags=re.M))}" for shown, _ in sessions(text))


@pytest.mark.parametrize(("page", "number"), every_block("console"))
def test_a_command_prints_what_its_page_shows(page: Path, number: int, rewrite: bool) -> None:
    """Every command of a page, run in the project's folder, gives the output below it, and none crashes."""
    compare(page, number, rewrite)


def compare(
    page: Path, number: int, rewrite: bool, compared: Callable[[str], str] = lambda text: text
) -> None:
    """Run the commands of a block and compare, or write, what they print."""
    block = blocks(page)[number]
    assert block.text.startswith("$ ")
    now = replay(block.text)
    assert "Traceback (most recent call last)" not in now, now
    if rewrite and compared(now) != compared(block.text):
        lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
        lines[block.first + 1 : block.last] = [now]
        page.write_text("".join(lines), encoding="utf-8")
        block = blocks(page)[number]
    assert compared(block.text) == compared(now)


@pytest.mark.parametrize(
    "shown",
    ["$ echo one\ntwo\n", "$ false\n", "$ true\n(exit 1)\n", "$ echo one\none\n\n", "$ echo error >&2\n"],
)
def test_a_wrong_output_is_noticed(shown: str) -> None:
    """The comparison of outputs can fail: on the text, on the exit code, on a blank line, on an error."""
    assert replay(shown) != shown


def test_a_session_is_read_as_a_shell_would() -> None:
    """Commands may go on behind ``> ``, stand in a pipe, fail, and follow one another."""
    shown = "$ printf 'one\\n> two' | cat\none\ntwo$ false | true\n(exit 1)\n"
    assert list(sessions(shown)) == [("printf 'one\\n> two' | cat\n", "one\ntwo$ false | true\n(exit 1)\n")]
    shown = "$ cat <<< 'one\n> two'\none\ntwo\n$ false | true\n(exit 1)\n"
    assert len(list(sessions(shown))) == 2
    assert replay(shown) == shown


WITH_TORCH = "with torch"
"""The mark of a text block whose commands need torch."""


@pytest.mark.parametrize(("page", "number"), every_block("text", mark=WITH_TORCH))
def test_a_command_with_torch_prints_what_its_page_shows(page: Path, number: int, rewrite: bool) -> None:
    """Where torch is installed, commands that need it are run too; its version may be another."""
    if find_spec("torch") is None:
        pytest.skip("torch is not installed (extra 'torch')")
    compare(page, number, rewrite, unversioned)


def unversioned(text: str) -> str:
    """A text without the version of torch."""
    return re.sub(r"(?<=by torch )[0-9.]+", "N", text)


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind that is registered in a test is gone after it."""
    before = dict(KINDS)
    monkeypatch.setattr(base, "_WORDS", dict(base._WORDS))
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.mark.usefixtures("own_kinds")
@pytest.mark.parametrize(("page", "number"), every_block("pycon"))
def test_python_prints_what_its_page_shows(page: Path, number: int) -> None:
    """A session with the Python prompt gives what stands below each line."""
    block = blocks(page)[number]
    session = doctest.DocTestParser().get_doctest(block.text, {}, page.name, page.name, block.first + 1)
    told: list[str] = []
    results = doctest.DocTestRunner().run(session, out=told.append)
    assert results.attempted
    assert not results.failed, "".join(told)


@pytest.mark.parametrize(("page", "number"), every_block("cnn"))
def test_a_spec_on_a_page_is_a_network(page: Path, number: int) -> None:
    """Every spec that is shown by itself can be parsed, and inferred where it gives its input."""
    network = parse(blocks(page)[number].text)
    if network.input is not None:
        assert infer(network).output


@pytest.mark.parametrize(("page", "number"), every_block("yaml"))
def test_the_steps_of_a_workflow_succeed(page: Path, number: int) -> None:
    """The steps of a workflow file that run convshape exit with 0; a file without any is not shown."""
    steps = re.findall(r"run: (convshape .+)\n", blocks(page)[number].text)
    assert steps
    for step in steps:
        assert "(exit " not in run(step), step


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """A block is run or compared by a test here; what is not is plain text, or a set-up of two kinds."""
    for block in blocks(page):
        at = f"{page.name}:{block.first + 1}"
        if block.language in SHELLS:
            assert f"_CONVSHAPE_COMPLETE={block.language}_source convshape" in block.text, at
        elif block.language == "sh":
            assert block.mark in SETUP, at
        else:
            assert block.language in ("console", "pycon", "cnn", "yaml", "text", "markdown"), at
            shows_commands = block.language in ("console", "markdown") or block.mark == WITH_TORCH
            assert shows_commands or not block.text.startswith("$ "), at


# Setting up

SETUP = ("setup command", "test command")
SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("mark", SETUP)
def test_a_set_up_command_is_one_line_at_one_place(mark: str) -> None:
    """Each of the two commands to begin with stands on the README once, in one line that can be pasted."""
    marked = [block for page in PAGES for block in blocks(page) if block.mark == mark]
    (block,) = marked
    assert block.page.name == "README.md"
    assert block.language == "sh"
    assert re.fullmatch(
        r"python3 -m venv \.venv && \.venv/bin/pip install \S.* && \.venv/bin/.+\n", block.text
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_completion_is_set_up_as_the_page_says(shell: str) -> None:
    """The line for each shell stands on the page, and names a script that completes convshape."""
    assert [b for b in blocks(ROOT / "docs" / "cli.md") if b.language == shell]
    script = CliRunner().invoke(main, env={"_CONVSHAPE_COMPLETE": f"{shell}_source"}, prog_name="convshape")
    assert script.exit_code == 0
    assert f"_CONVSHAPE_COMPLETE={shell}_complete" in script.output


# Generated parts


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _codes(words: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(_code, words))


def _plain(text: str) -> str:
    """Text for a cell or a paragraph: what Markdown would take for emphasis is none."""
    return text.replace("*", "\\*").replace("|", "\\|")


def _keys(cls: type[Layer]) -> str:
    required = [f"{p.key}=" for p in cls.params if p.required]
    rest = [f"{p.key}={'' if p.default is None else default(p)}" for p in cls.params if not p.required]
    return " ".join([*map(_code, required), *([f"[{' '.join(map(_code, rest))}]"] if rest else [])])


def _ranked(cls: type[Layer]) -> str:
    return _code(f"{cls.kind}2d") if cls.ranked else ""


def _kinds() -> str:
    rows = [
        [_code(kind), _codes(cls.aliases), _ranked(cls), _keys(cls), _plain(summary(cls))]
        for kind, cls in KINDS.items()
    ]
    return _table(["kind", "also", "with its rank", "keys", "what it does"], rows)


def _parameters() -> str:
    """A section for each kind that has more to say than its row."""
    sections = []
    for kind, cls in KINDS.items():
        first, *rest = [line.strip() for line in (cls.__doc__ or "").strip().splitlines()]
        if not (rest or cls.params):
            continue
        sentences = re.sub(r"\. +(?=[A-Z])", ".\n", " ".join(line for line in rest if line))
        section = [f"### {kind}", _plain(first), *([_plain(sentences)] if rest else [])]
        if cls.params:
            rows = [
                [_code(p.key), _codes(p.keys[1:]), _plain(p.doc), default(p), _plain(p.value.expected)]
                for p in cls.params
            ]
            section.append(_table(["key", "also", "meaning", "default", "takes"], rows))
        sections.append("\n\n".join(section))
    return "\n\n".join(sections)


def _contexts() -> Iterator[click.Context]:
    """The program and each command, as if asked for help on a page of 80 columns."""
    program = click.Context(main, info_name="convshape", terminal_width=80, **main.context_settings)
    yield program
    for name, command in main.commands.items():
        yield click.Context(command, info_name=name, parent=program)


def _exit_codes() -> str:
    rows = [[str(code), *texts] for code, texts in EXIT_CODES.items()]
    return _table(["code", "meaning", "for example"], rows)


def _help() -> str:
    return "\n\n".join(
        f"## {context.command_path}\n\n```text\n{context.get_help()}\n```" for context in _contexts()
    )


def _commands() -> str:
    rows = [
        [_code(f"convshape {name}"), command.get_short_help_str(limit=200)]
        for name, command in main.commands.items()
    ]
    return _table(["command", "what it does"], rows)


def _those(condition: Callable[[type[Layer]], bool]) -> str:
    return f"{_codes(kind for kind, cls in KINDS.items() if condition(cls))}."


def _opened(cls: type[Layer]) -> bool:
    return any(isinstance(p.value, PaddingValue) for p in cls.params)


PARTS: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "kind names": lambda: _those(lambda cls: True),
    "kinds": _kinds,
    "parameters of kinds": _parameters,
    "kinds with an open padding": lambda: _those(_opened),
    "kinds with MACs": lambda: _those(lambda cls: cls.macs is not Layer.macs),
    "kinds that learn": lambda: _those(lambda cls: cls.tensors is not Layer.tensors),
    "help": _help,
    "the language on one page": lambda: f"```cnn\n{EXAMPLE}```",
    "exit codes": _exit_codes,
    "columns": lambda: _table(["column", "what it says"], [[_code(n), c.doc] for n, c in COLUMNS.items()]),
    "formats": lambda: _table(
        ["format", "what it is", "has `--columns`"],
        [[_code(name), entry.doc, "yes" if entry.tabular else ""] for name, entry in FORMATS.items()],
    ),
    "types": lambda: _table(
        ["`--dtype`", "bytes of a value"], [[_code(name), str(size)] for name, size in ITEM_SIZES.items()]
    ),
}
"""Every generated part by its name, with what makes its text."""

GENERATED = re.compile(r"^<!-- generated: ([\w ]+) -->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_up_to_date(page: Path, rewrite: bool) -> None:
    """What a page has between its marks is what the registers and the commands say today."""
    written = page.read_text(encoding="utf-8")
    now = GENERATED.sub(lambda m: f"<!-- generated: {m[1]} -->\n\n{PARTS[m[1]]()}\n\n<!-- end -->", written)
    if rewrite and now != written:
        page.write_text(now, encoding="utf-8")
        written = now
    assert written == now


def test_every_generated_part_stands_somewhere() -> None:
    """No part is made for nothing, and no mark is left open or asks for a part that nobody makes."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert {m[1] for text in texts for m in GENERATED.finditer(text)} == set(PARTS)
    for text in texts:
        marks = re.findall(r"^<!-- (generated|end)", text, re.MULTILINE)
        assert marks == ["generated", "end"] * (len(marks) // 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_row(kind: str) -> None:
    """The page of the language has one row for each kind, with every key that it takes."""
    page = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
    (table,) = [part[2] for part in GENERATED.finditer(page) if part[1] == "kinds"]
    (row,) = re.findall(rf"^\| `{kind}` \|.*$", table, re.MULTILINE)
    assert all(f"`{p.key}=" in row for p in KINDS[kind].params)


def test_every_option_has_a_help_text() -> None:
    """No command and no option is without a word of help."""
    for context in _contexts():
        assert context.command.help, context.command_path
        options = [p for p in context.command.get_params(context) if isinstance(p, click.Option)]
        assert options
        assert not [f"{context.command_path} {p.opts[0]}" for p in options if not p.help]


# JSON, field by field

DOCUMENTS = {
    "infer": ["infer -i 3x8x8 'x: conv k=3 p=1 out=3; add x; gap; flatten; linear out=2'"],
    "solve-padding": [
        "solve-padding 'conv k=3 p=? out=1'",
        "solve-padding -i 3x8x8 -o 4 'conv k=3 s=2 p=? out=1'",
    ],
    "solve-input": ["solve-input -i 3x8x8 'conv k=3 out=1'"],
    "layers": ["layers"],
    "networks": ["networks"],
    "layers KIND": ["layers conv"],
}
"""By the heading of docs/json.md, commands whose documents have every field between them."""

NAMED_BY_USERS = "layers[].tensors"
"""The one object whose keys are no fields: they are the names of a layer's tensors."""


def fields(value: Any, at: str = "") -> Iterator[str]:
    """The paths of all fields of a document, such as ``layers[].kind``."""
    if isinstance(value, dict) and at != NAMED_BY_USERS:
        for key, inner in value.items():
            path = f"{at}.{key}" if at else key
            yield path
            yield from fields(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner, f"{at}[]")


def documents(heading: str) -> Iterator[dict[str, Any]]:
    """The documents that have the fields of one table; with a framework's word where it may have one."""
    for command in DOCUMENTS[heading]:
        result = CliRunner().invoke(main, [*shlex.split(command), "-f", "json"])
        assert result.exit_code == 0, result.output
        yield json.loads(result.output)
    if heading == "infer":
        report = infer("relu", "1x8").replace(check=Check("framework", "1.0"))
        yield Inference(report, batch=1, dtype="float32").document()


@pytest.mark.parametrize("heading", DOCUMENTS)
def test_every_field_of_the_json_is_on_its_page(heading: str) -> None:
    """The fields that a command writes are those of its table on docs/json.md, in that order."""
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## `{re.escape(heading)}`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    found: dict[str, None] = {}
    for document in documents(heading):
        found |= dict.fromkeys(fields(document))
    assert re.findall(r"^\| `(.*?)` \|", section, re.MULTILINE) == list(found)


# The picture


def test_the_picture_shows_what_the_command_prints(rewrite: bool) -> None:
    """docs/screen.svg is what its script draws today, and loads nothing from elsewhere."""
    script = runpy.run_path(str(ROOT / "docs" / "make_screen.py"))
    now = script["picture"]()
    if rewrite:
        script["PICTURE"].write_text(now, encoding="utf-8")
    written = script["PICTURE"].read_text(encoding="utf-8")
    assert written == now
    assert "61,706" in written
    assert not re.search(r"url\((?!#)|href|@import", written)


# Links and sentences


def links(page: Path) -> Iterator[str]:
    """Where the links of a page lead, those to other sites left out."""
    text = re.sub(r"`[^`\n]*`", "", "\n".join(prose(page)))
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return (target for target in targets if not target.startswith("https://"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link between files leads to a file that is there, and to a heading of it."""
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_can_be_reached() -> None:
    """The README links to every page."""
    linked = {(ROOT / target.partition("#")[0]).resolve() for target in links(ROOT / "README.md")}
    assert {page.name for page in PAGES[1:]} <= {path.name for path in linked}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_sentence_has_its_line(page: Path) -> None:
    """Outside of tables, no line of a page holds two sentences: changes are easier to read so."""
    lines = [re.sub(r"^(- |\d\. )", "", line) for line in prose(page) if not line.startswith("|")]
    assert not [line for line in lines if re.search(r"[.?!]`?\)? +[A-Z`]", line)]

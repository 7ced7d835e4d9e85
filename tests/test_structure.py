"""The structure: who may import whom, what start-up loads, and that kinds are named in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import convshape
from convshape.cli import main
from convshape.layers import KINDS

PACKAGE = Path(convshape.__file__).parent

# The rooms from bottom to top; a module may import from rooms below its own, and from its own.
ROOMS = [
    *("errors", "records", "axis", "layers", "frameworks", "graph", "walk", "language", "analyses"),
    *("networks", "formats", "files", "library", "", "cli", "__main__"),
]

# What else may be imported, and where; anything not listed may be imported anywhere.
ONLY_IN = {
    "click": {"cli"},
    "rich": {"formats.table"},
    "json": {"records"},
    "csv": {"formats.delimited"},
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def imports(source: str) -> set[str]:
    """The modules that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def violations(module: str, source: str) -> list[str]:
    """What a module imports and may not."""
    room = ROOMS.index(module.split(".")[0])
    found = []
    for name in sorted(imports(source)):
        top, _, rest = name.partition(".")
        if top == "convshape" and ROOMS.index(rest.split(".")[0]) > room:
            found.append(name)
        if not {module, module.split(".")[0]} & ONLY_IN.get(top, {module}):
            found.append(name)
    return found


SOURCES = {module_name(path): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_downwards(module: str) -> None:
    """A module imports from its own room and those below it alone."""
    assert violations(module, SOURCES[module]) == []


def test_the_import_rule_can_fail() -> None:
    """An import that runs upwards, or of a library in the wrong place, is seen."""
    assert violations("axis.window", "from convshape.layers import KINDS") == ["convshape.layers"]
    assert violations("layers.conv", "def f():\n    import rich.table") == ["rich.table"]
    assert violations("cli", "import click\nfrom convshape import infer") == []
    assert violations("cli.infer", "import click") == []
    assert violations("formats.table", "import click") == ["click"]


def compiles_annotations(source: str) -> bool:
    """Whether a source defines NamedTuples with annotations that are strings."""
    tree = ast.parse(source)
    bases = {
        ast.unparse(base) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases
    }
    return "__future__" in imports(source) and "NamedTuple" in bases


def test_named_tuples_have_plain_annotations() -> None:
    """Modules that define NamedTuples do without string annotations: typing would compile each of them."""
    assert [module for module, source in SOURCES.items() if compiles_annotations(source)] == []
    assert compiles_annotations("from __future__ import annotations\nclass Row(NamedTuple): pass")


def words_and_names(source: str) -> tuple[set[str], set[str]]:
    """The whole string constants of a source, docstrings left out, and its identifiers."""
    tree = ast.parse(source)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    words, names = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            words.add(node.value)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add(node.name)
    return words, names


def kinds_named(source: str) -> set[str]:
    """The kinds that a source names, as a word or by their class."""
    words, names = words_and_names(source)
    kinds = {word for kind, cls in KINDS.items() for word in (kind, *cls.aliases)}
    return (words & kinds - {"dense"}) | (names & {cls.__name__ for cls in KINDS.values()})


def test_no_kind_is_named_outside_its_family() -> None:
    """No code outside families and tables of frameworks compares with a kind's name or uses its class.

    `guesses` is a table of the names that others have for them.
    "dense" is the name of a column as well, the field's own word for what it shows.
    """
    for module, source in SOURCES.items():
        if not module.startswith(("layers.", "frameworks.")) and module != "language.guesses":
            assert kinds_named(source) == set(), module
    assert kinds_named("if kind == 'conv': Conv()") == {"conv", "Conv"}


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends."""
    code = (
        "import sys\n"
        "from convshape.cli import main\n"
        f"try: main({list(arguments)!r}, prog_name='convshape')\n"
        "finally: print(*sorted(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


HEAVY = {"rich", "torch", "json", "csv", "difflib", "dataclasses", "importlib.metadata", "unicodedata"}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["--help"], set()),
        (["infer", "--input", "1x8x8", "conv k=3 out=2", "--format", "shape"], set()),
        (["infer", "--input", "1x8x8", "conv k=3 out=2", "--format", "spec"], set()),
        (["infer", "--input", "1x8x8", "conv k=3 out=2", "--format", "tsv"], {"csv"}),
        (["infer", "--input", "1x8x8", "conv k=3 out=2", "--format", "json"], {"json"}),
        (["infer", "--input", "1x8x8", "conv k=3 out=2"], {"rich", "dataclasses", "unicodedata", "json"}),
        (["infer", "--input", "1x8x8", "conv k=3 out=2", "--format", "markdown"], set()),
        (["solve-padding", "conv k=3 p=? out=2", "--format", "spec"], set()),
        (["solve-input", "--input", "1x8x8", "conv k=3 out=2", "--format", "csv"], {"csv"}),
        (["explain", "--input", "1x8x8", "conv k=3 out=2"], set()),
        (["layers", "--format", "tsv"], {"csv"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_start_up_loads_what_is_used(arguments: list[str], allowed: set[str]) -> None:
    """A command loads neither rich, json, csv nor difflib unless its answer needs it.

    Long options, since click's own parser loads difflib whenever it meets a short one.
    """
    assert loaded(*arguments) & HEAVY <= allowed


@pytest.mark.parametrize("name", [name for name in main.commands if name != "infer"])
def test_a_command_loads_no_other(name: str) -> None:
    """A command's module is loaded when the command is asked for."""
    module = f"convshape.cli.{name.replace('-', '_')}"
    assert module not in loaded("infer", "--input", "1x8x8", "relu", "--format", "shape")
    assert module in loaded(name, "--help")


def test_no_garbage_is_collected() -> None:
    """The process of the command line does not look for garbage; tests/test_cli.py sees why."""
    code = (
        "import atexit, gc, sys\n"
        "def collections(): return sum(generation['collections'] for generation in gc.get_stats())\n"
        "from convshape.__main__ import run\n"
        "before = collections()\n"
        "atexit.register(lambda: print(collections() - before, file=sys.stderr))\n"
        "run()"
    )
    command = [sys.executable, "-c", code, "infer", "-i", "1x8x8", "9999 * relu", "--format", "shape"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("1x8x8\n", "0\n")

"""What `infer` takes, every command takes: odd layers and random networks, in all formats.

The random networks alone, as many as one likes::

    python tests/test_every_command.py --networks 5000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import pytest
from click.testing import CliRunner

from convshape import ConvshapeError, infer
from convshape.cli import main
from convshape.explain import ASCII, UNICODE, explain
from convshape.formats import FORMATS
from convshape.formats.inference import COLUMNS
from convshape.layers import KINDS, Layer

# Seconds that one command may take: far more than any needs, far less than a loop over 10^12 sizes.
PATIENCE = 5

HUGE = 10**12

# Networks that infer takes, with their input; each name says what is odd about it.
ODD = {
    "nothing of the input is reached": ("1x2", "tconv k=1 s=2 p=1 out=1"),
    "nor along one of two axes": ("1x2x3", "tconv k=1x3 s=2x1 p=1x0 out=1"),
    "nor by the layers behind it": ("1x2", "tconv k=1 s=2 p=1 out=1; conv k=3 p=4 out=2; gap"),
    "gaps between what is reached": ("1x3x3", "tconv k=1 s=3 d=2 out=1; tconv k=2 s=5 op=4 out=1"),
    "gaps that a dilation makes": ("2x4", "tconv k=3 s=4 d=6 out=1"),
    "no gap in the phase of the dilation": ("1x5", "tconv k=3 s=2 d=2 p=1:0 out=1"),
    "all cut off but one": ("1x8x8", "tconv k=4 s=2 p=8:9 out=1"),
    "a stride beyond the input": ("1x3", "conv k=1 s=7 out=1; conv k=1 s=1000000000000 out=1"),
    "a window in the padding alone": ("1x1", "conv k=2 s=3 p=4 out=1; maxpool k=2 s=3 p=1"),
    "the first window before the input": ("1x4", "conv k=2 s=2 p=5:0 out=1"),
    "padding that covers everything": ("1x1x1", "pad p=1000:1000; conv k=2001 out=1"),
    "padding on one side": ("1x4x5", "pad p=0:3x2:0 mode=replicate; crop p=3:0x0:2"),
    "reflected and wrapped": (
        "1x4x4",
        "pad p=3 mode=reflect; pad p=10 mode=circular; pad p=1 mode=constant value=2",
    ),
    "cropped to one sample": ("1x9", "crop p=8:0"),
    "cropped to the middle": ("1x9x9x9", "crop p=4"),
    "size 1 everywhere": ("1x1x1x1", "conv k=1 out=1; maxpool k=1; upsample scale=1; gap; bn"),
    "SAME of one sample": (
        "1x1",
        "conv k=9 s=4 p=same out=1; tconv k=3 s=2 p=same out=1; conv k=2 p=same-lower out=1",
    ),
    "ceil beyond the input": (
        "2x9",
        "maxpool k=4 s=4 p=2 ceil=yes; maxpool k=1 s=2 ceil=yes; lppool k=5 s=9 ceil=yes",
    ),
    "pooled to more than there is": ("1x2x3", "adaptiveavgpool out=7x1; adaptivemaxpool out=50"),
    "resized to more and to less": (
        "1x3",
        "upsample size=10 mode=linear; upsample size=1; upsample size=4 mode=nearest-exact",
    ),
    "stretched and shrunk": (
        "1x7x7",
        "upsample scale=0.3x2.5 mode=bicubic; upsample scale=1.1; upsample scale=0.5x0.34",
    ),
    "an awkward factor": (
        "1x100",
        "upsample scale=1.000000001; upsample scale=0.9999999; upsample scale=0.02",
    ),
    "flat": ("7", "linear out=3; relu; bn; dropout; unflatten shape=3x1x1; flatten; softmax"),
    "flat and merged": ("4", "x: linear out=4; add { relu | tanh | }; mul x; concat x"),
    "folded into three axes": (
        "64",
        "unflatten shape=1x4x4x4; tconv k=3 out=2; flatten; unflatten shape=432x1",
    ),
    "three axes": (
        "2x5x6x7",
        "conv k=1x2x3 s=3x2x1 d=2x1x3 p=0x1:0x2 out=4; avgpool k=1; upsample scale=2x1x0.5",
    ),
    "channels moved": (
        "8x3x3",
        "pixelshuffle r=2; pixelunshuffle r=3; shuffle g=9; slice from=17 to=18; scale",
    ),
    "a merge of different paces": (
        "1x8x8",
        "add { conv k=1 s=8 out=1 | gap | conv k=8 out=1 }; concat { | relu }",
    ),
    "a merge with what is not reached": ("1x2", "add { tconv k=1 s=2 p=1 out=1 | gap | conv k=2 out=1 }"),
    "nothing at all": ("3x4x5", "identity"),
    "a name and no layer": ("3x4x5", "x:; x2:"),
    "rows that lead nowhere": ("1x9x9", "x: conv k=3 out=2; conv k=7 out=4; from x"),
    "a long axis": (f"1x{HUGE}", f"conv k={HUGE - 1} out=1; maxpool k=2 s=1000 p=1"),
    "many outputs": (f"1x{HUGE}", "conv k=3 p=1 out=1; maxpool k=3 s=2; relu"),
    "many outputs of a stretch": (
        f"1x{HUGE}",
        f"upsample scale={HUGE}; tconv k={HUGE} s={HUGE} d={HUGE} out=1",
    ),
    "a vast kernel": ("1x1", f"conv k={HUGE} s={HUGE} d={HUGE} p=same out=1"),
    "a vast transposed kernel": ("1x3x2", f"tconv k={HUGE} s={HUGE - 1} d={HUGE} out=1"),
    "a vast padding": ("1x3", f"pad p={HUGE}; conv k=3 d={HUGE} out=1; crop p=0:1"),
    "vast channels": ("1x1x1", f"conv k=1 out={HUGE}; dwconv k=1 mult={HUGE}; flatten; linear out={HUGE}"),
    "pooled to vast sizes": ("1x3x5", f"adaptiveavgpool out={HUGE}; upsample size=7x{HUGE} mode=bilinear"),
    "pooled from vast sizes": (
        f"1x{HUGE}",
        f"adaptiveavgpool out={HUGE - 1}; upsample size={HUGE - 11} mode=linear",
    ),
    "pooled from more than a machine word counts": (
        f"1x{HUGE}",
        f"upsample scale={HUGE}; adaptiveavgpool out=2; upsample size={HUGE}",
    ),
    "vast and wrapped": (f"1x{HUGE}", f"pad p={HUGE - 1} mode=reflect"),
    "sizes of a hundred digits": ("1x3", "150 * upsample scale=4"),
    "a field that grows": ("1x1000", "40 * { conv k=3 p=1 out=1; tconv k=4 s=2 p=1 out=1; maxpool k=2 }"),
}

RUNNER = CliRunner()

Run = tuple[str, ...]


@contextmanager
def quick(what: object) -> Iterator[None]:
    """Fail where the body takes too long, whether or not it ends."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < PATIENCE, what


def ran(*arguments: str) -> click.testing.Result:
    """What a command answers; an AssertionError where it crashes or hangs."""
    with quick(arguments):
        result = RUNNER.invoke(main, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments}: {result.exception!r}") from result.exception
    assert result.exit_code in (0, 1, 2), arguments
    return result


def formats(command: str) -> list[str]:
    """The formats of a command; none where it has one alone."""
    options = (p.type for p in main.commands[command].params if p.name == "format_name")
    return [name for kind in options if isinstance(kind, click.Choice) for name in kind.choices]


def questions(command: str, input: str) -> list[Run]:
    """A command's arguments: once in each format, and once with each option that changes what is asked."""
    spatial = input.partition("x")[2]
    size = spatial.split("x")[0] or "1"
    least = max(1, int(size) - 2)
    tried = f"{least}:{int(size) + 2 if int(size) < HUGE - 2 else size}"
    asked: dict[str, list[Run]] = {
        "infer": [("-c", ",".join(COLUMNS), "-f", name) for name in ("table", "csv", "markdown")],
        "solve-padding": [("-o", "1"), ("-o", size)],
        "solve-input": [("--lossless",), ("--square",), ("-o", "1"), ("--range", tried)],
        "explain": [("--ascii",), ("--color", "always")],
    }
    return [*(("-f", name) for name in formats(command)), *asked[command]]


COMMANDS = [name for name, command in main.commands.items() if any(p.name == "specs" for p in command.params)]


def test_every_command_is_asked() -> None:
    """A new command that takes a network is asked too, or this fails."""
    assert set(COMMANDS) == {"infer", "solve-padding", "solve-input", "explain"}
    assert set(FORMATS) == set(formats("infer"))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ODD)
def test_odd_layers(name: str, command: str) -> None:
    """What infer takes crashes no command, in no format; and explain and infer answer it."""
    input, spec = ODD[name]
    assert infer(spec, input).rows
    for question in questions(command, input):
        result = ran(command, "-i", input, *question, f" {spec}")
        if command in ("infer", "explain"):
            assert result.exit_code == 0, result.stderr
        if question == ("-f", "json") and result.exit_code == 0:
            json.loads(result.stdout)


@pytest.mark.parametrize("width", [-1, 20, 40, 80, 200])
@pytest.mark.parametrize("name", ODD)
def test_odd_pictures(name: str, width: int) -> None:
    """Explanations are drawn on pages of any width, in both alphabets."""
    input, spec = ODD[name]
    report = infer(spec, input)
    for signs in (UNICODE, ASCII):
        with quick(name):
            assert len(list(explain(report, width=width, signs=signs))) == len(report.rows) - 1


# Random networks


def number(r: random.Random) -> int:
    """A number for a layer: mostly small, now and then at an edge or vast."""
    return (
        r.choice((1, 1, 1, 2, 2, 3, 3, 4, 5, 7))
        if r.random() < 0.93
        else r.choice((0, 16, 100, 4097, HUGE - 1, HUGE))
    )


def values(r: random.Random, make: Callable[[random.Random], str]) -> str:
    """One value for all axes, or one for each of up to three."""
    return "x".join(make(r) for _ in range(r.choice((1, 1, 1, 1, 2, 2, 3))))


def sizes(r: random.Random) -> str:
    return values(r, lambda r: str(number(r)))


def paddings(r: random.Random) -> str:
    if r.random() < 0.2:
        return r.choice(("same", "same-lower", "valid"))
    return values(r, lambda r: r.choice((f"{number(r)}", f"{r.randrange(4)}:{number(r)}", "0")))


def factors(r: random.Random) -> str:
    return values(
        r, lambda r: r.choice(("2", "3", "0.5", "1.5", "0.3", "1", "2.7", "100", "0.01", str(HUGE)))
    )


def word(*words: str) -> Callable[[random.Random], str]:
    return lambda r: r.choice(words)


# How the values of keys are drawn; all others are plain numbers.
VALUES: dict[str, Callable[[random.Random], str]] = {
    "k": sizes,
    "s": sizes,
    "d": sizes,
    "op": sizes,
    "size": sizes,
    "p": paddings,
    "scale": factors,
    "mode": word(
        "nearest",
        "nearest-exact",
        "linear",
        "bilinear",
        "bicubic",
        "trilinear",
        "reflect",
        "circular",
        "zeros",
    ),
    "value": word("0", "-0.5"),
    "norm": word("2", "1.5"),
    "shape": word("2x2", "4", "1x3x3", "2x1x2x3", "1x1"),
    **dict.fromkeys(("bias", "affine", "ceil"), word("yes", "no")),
}


# Layers with numbers for each axis come more often than the others, and those that keep every size seldom.
AXES_KEYS = {"k", "p", "scale"}
MAPPED = [kind for kind, cls in KINDS.items() if cls.merges or cls.maps is not Layer.maps]
SLIDING = [kind for kind in MAPPED if AXES_KEYS & {p.key for p in KINDS[kind].params}]


def layer(r: random.Random) -> str:
    """A layer with the keys that its kind requires and some of the others; it need not fit."""
    kind = r.choice(r.choice((SLIDING, SLIDING, SLIDING, MAPPED, list(KINDS))))
    cls = KINDS[kind]
    if cls.merges:
        return f"{kind} {{ {' | '.join(r.choice(('', layer(r))) for _ in range(r.choice((2, 2, 3))))} }}"
    if kind == "tconv" and r.random() < 0.5:  # what is cut off and skipped leaves outputs without an input
        s, before, after = r.randint(1, 5), r.randint(0, 3), r.randint(0, 5)
        return f"tconv k={r.randint(1, 3)} s={s} p={before}:{after} op={r.randrange(s)} out={r.randint(1, 3)}"
    rank = f"{r.randint(1, 3)}d" if cls.ranked and r.random() < 0.2 else ""
    given = [p.key for p in cls.params if p.key != "in" and (p.required or r.random() < 0.4)]
    return " ".join(
        [kind + rank, *(f"{key}={VALUES.get(key, lambda r: str(number(r)))(r)}" for key in given)]
    )


def network(r: random.Random) -> tuple[str, str]:
    """An input and a few layers that infer takes."""
    input = "x".join(
        str(r.choice((1, 1, 2, 3, 4, 8, 9, 16, 31))) for _ in range(r.choice((1, 2, 2, 3, 3, 3, 4)))
    )
    if r.random() < 0.03:
        input += f"x{HUGE}" if input.count("x") < 3 else ""
    lines: list[str] = []
    for _ in range(60):
        line = layer(r)
        try:
            infer("\n".join([*lines, line]), input)
        except ConvshapeError:
            continue
        lines.append(line)
        if len(lines) == 5:
            break
    return input, "; ".join(lines) or "identity"


def asked(r: random.Random, input: str, spec: str) -> None:
    """Ask one network everything; an AssertionError where an answer is missing or wrong."""
    columns = ("-c", "layer,receptive_field,jump,start,formula,unused,remark")
    for run in (
        ("infer", *columns, "-f", "csv"),
        ("infer", "-f", r.choice(("table", "markdown", "json"))),
        ("explain", *(["--ascii"] if r.random() < 0.5 else [])),
    ):
        result = ran(*run, "-i", input, f" {spec}")
        assert result.exit_code == 0, (run, result.stderr)
    spatial = [int(size) for size in input.split("x")[1:]]
    for extra in ((), ("--square",), ("--lossless",)):
        size = r.choice(spatial or [1])
        tried = f"{max(1, size - 2)}:{min(size + 2, HUGE)}"
        result = ran("solve-input", "-i", input, *extra, "--range", tried, "-f", "json", f" {spec}")
        if result.exit_code == 0 and extra == ():
            for axis, found in zip(spatial, json.loads(result.stdout)["axes"], strict=True):
                assert axis in found["sizes"] or not size - 2 <= axis <= size + 2, (input, spec, found)
    ran("solve-padding", "-i", input, *r.choice(((), ("-o", "1"))), f" {spec}")


def each_asked(count: int, seed: int, report: Callable[[AssertionError], None] | None = None) -> int:
    """Ask so many random networks everything; how many failed, where `report` is told instead of raising."""
    failed = 0
    for index in range(count):
        r = random.Random(f"{seed}:{index}")
        input, spec = network(r)
        try:
            asked(r, input, spec)
        except AssertionError as error:
            if report is None:
                raise
            report(error)
            failed += 1
    return failed


def test_random_networks(tally: Callable[[str, int], None]) -> None:
    """No random network that infer takes crashes another command."""
    assert each_asked(400, seed=2026) == 0
    tally("random networks asked by every command", 400)


def test_a_crash_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that raises is no answer."""
    monkeypatch.setattr("convshape.explain.last_of", None)
    with pytest.raises(AssertionError, match="not callable"):
        ran("explain", "-i", "1x8", "conv k=3 s=2 out=1")


def test_a_wait_is_seen() -> None:
    """A command that takes too long is no answer."""
    with pytest.raises(AssertionError, match="slow"), quick("slow"):
        time.sleep(PATIENCE + 0.1)


def _main() -> int:
    """Ask as many random networks as one likes, and say how many failed."""
    parser = argparse.ArgumentParser(description="Give random networks to every command.")
    parser.add_argument("--networks", type=int, default=5000, help="how many networks to try")
    parser.add_argument("--seed", type=int, default=1, help="where the random numbers start")
    given = parser.parse_args()
    start = time.monotonic()
    failed = each_asked(given.networks, given.seed, report=lambda error: print(error))
    print(f"{given.networks} networks in {time.monotonic() - start:.0f} s: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(_main())

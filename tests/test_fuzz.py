"""Hostile input: whatever the command line is given, it answers with 0, 1 or 2, and says why.

The fuzzer alone tries as many inputs as one likes, and counts them::

    python tests/test_fuzz.py --inputs 20000 --seed 1
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from convshape.cli import main
from convshape.layers import KINDS, find, words

# Seconds that one input may take, and layers that a network may have while many inputs are tried.
PATIENCE = 20
FEW_LAYERS = 2000

# Specs that are fine, which mutations spoil; most inputs of theirs are 3x32x32.
CORPUS = (
    "input 1x32x32\nconv k=5 out=6\ntanh\navgpool k=2\nconv k=5 out=16; tanh; avgpool k=2\nflatten\n"
    "linear out=120; tanh; linear out=84; tanh; linear out=10",
    "input 3x64x64\nconv k=7 s=2 p=3 out=16 bias=no; bn; relu; maxpool k=3 s=2 p=1\n"
    "2 * { add { conv k=3 p=1 out=16 bias=no; bn; relu; conv k=3 p=1 out=16 bias=no; bn | }; relu }\n"
    "gap; flatten; linear out=10",
    "conv k=3x5 s=1x2 p=0:1x2:3 d=2 g=3 out=12 in=3 bias=no",
    "x: conv k=3 p=same out=8; y: conv k=3 p=same-lower out=8; concat x y; from x; mul y; add x y",
    "dwconv k=3 p=1 mult=2; pixelshuffle r=1; shuffle g=2; slice from=1 to=5; scale; prelu n=4",
    "tconv k=4 s=2 p=1 op=1 out=8; upsample scale=1.5x2 mode=nearest; upsample size=7; crop p=1:2",
    "conv k=5 p=? out=8; maxpool k=2 s=1 p=? ceil=yes; tconv k=3 p=? out=4",
    "pad p=1x2 mode=reflect; pad p=1 mode=constant value=-0.5; lppool k=2 norm=1.5; dropout2d p=0.1",
    "flatten; unflatten shape=3x4x256; gn g=3; ln bias=no; inorm affine=yes; softmax; adaptivemaxpool out=3",
    "add { conv k=1 out=4 | conv k=3 p=1 out=4 | mul { sigmoid | identity } ; conv k=1 out=4 }",
    "concat { 3 * conv k=3 p=1 out=2 | { relu; relu6 } | x: gelu }; x:; pixelunshuffle r=2 # the end",
)  # fmt: skip

# Numbers that nobody means: at the edges, beyond them, in other scripts and notations.
HOSTILE = (
    "0", "1", "-1", "00", "+3", "1.0", "0.1", "1e3", "1e400", "-1e400", "nan", "inf", "0x10", "1_000", "",
    "999999999999", "1000000000000", "1000000000001", "9" * 30, "9" * 10_000, "1" + "0" * 5000,
    "0" * 9000 + "7", "5e-324", "1e-9", "999999999989", "999999999988", "\u0663", "\u00b2", "\uff11", "3x",
    "x3", "3xx3", "1x" * 300, "1:", ":1", "1:2:3", "0:1000000000000", "?", "same", "valid", "yes", "2x3",
    "2x3x4", "2x3x4x5", "2147483648", "18446744073709551616", "0.30000000000000004", "1.7976931348623157e308",
)  # fmt: skip

# What is cut, doubled, swapped and put in, beside the words of the language.
FRAGMENTS = (
    "{", "}", "|", ";", "\n", "#", ":", "*", "=", " ", "\t", "\r\n", "x:", "add x", "from x", "concat x x",
    "add {", "| }", "{ }", "2 *", "1000000 *", "2000 * {", "input 3x8x8", "p=?", "p=same", "k=3", "out=8",
    "=3", "\x00", "\x1b[31m", "\x07", "\u202e", "\u2028", "\u65e5\u672c", "e\u0301", "\ud800", "\U0001f600",
    "\ufeff", "'", '"', "\\", "(3, 8)", "--", "-", "\u00d7", "\u200b",
)  # fmt: skip

KEYS = sorted({key for cls in KINDS.values() for p in cls.params for key in p.keys})
SHAPES = (
    "3x32x32",
    "1x1x1",
    "3x7",
    "16",
    "3x4x5x6",
    "4x1000000000000x1",
    "1000000000000",
    "2,9,9",
    "(8, 8, 8)",
)
RUNNER = CliRunner()


class Attempt(NamedTuple):
    """What the command line is given."""

    arguments: list[str]
    stdin: bytes | None = None


def number(rng: random.Random) -> str:
    """A number, hostile as often as not."""
    return rng.choice(HOSTILE) if rng.random() < 0.5 else str(rng.choice((1, 2, 3, 4, 5, 8, 16, 33, 64)))


def pair(rng: random.Random) -> str:
    """KEY=VALUE, seldom one that fits."""
    return f"{rng.choice(KEYS)}={number(rng)}"


def layer(rng: random.Random) -> str:
    """A line with the keys that its kind requires and a few more, whose values may be anything."""
    word = rng.choice(list(words()))
    found = find(word)
    assert found is not None
    params = [p for p in found[0].params if p.required or rng.random() < 0.4]
    values = [f"{rng.choice(p.keys)}={number(rng)}" for p in params]
    return " ".join([word, *values, *(pair(rng) for _ in range(rng.random() < 0.1))])


def fragment(rng: random.Random) -> str:
    """Something to put into a spec."""
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(FRAGMENTS)
    if kind == 1:
        return number(rng)
    return (layer(rng) + ";") if kind == 2 else pair(rng) if kind == 3 else chr(rng.randrange(1, 0x2FF))


def mutated(rng: random.Random, text: str) -> str:
    """The text after a few accidents: pieces deleted, doubled, swapped, put in, and numbers replaced."""
    for _ in range(rng.randrange(1, 5)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 1, 2, 5, 20)))
        piece = text[start:end]
        accident = rng.randrange(6)
        if accident == 0:
            text = text[:start] + text[end:]
        elif accident == 1:
            text = text[:end] + piece * rng.choice((1, 1, 3, 50)) + text[end:]
        elif accident == 2:
            other = rng.randrange(len(text) + 1)
            text = text[:start] + text[other : other + 5] + text[end:]
        elif accident == 3:
            digits = [i for i, c in enumerate(text) if c.isdigit()] or [start]
            place = rng.choice(digits)
            text = text[:place] + number(rng) + text[place + 1 :]
        else:
            text = text[:start] + rng.choice(("", " ")) + fragment(rng) + rng.choice(("", " ")) + text[start:]
    return text


def spec(rng: random.Random) -> str:
    """A spec: a spoilt one, one of random layers, or noise."""
    kind = rng.randrange(10)
    if kind < 6:
        return mutated(rng, rng.choice(CORPUS))
    if kind < 9:
        return rng.choice(("; ", "\n")).join(layer(rng) for _ in range(rng.randrange(1, 6)))
    return "".join(fragment(rng) for _ in range(rng.randrange(0, 30)))


# The options that are tried, by the name of their parameter, with the chance of each and what it is given.
OPTIONS: dict[str, tuple[float, Callable[[random.Random], str]]] = {
    "input_shape": (0.8, lambda rng: rng.choice(SHAPES) if rng.random() < 0.9 else number(rng)),
    "output": (0.4, lambda rng: rng.choice(("8", "1", "1000000000000", "16x16", "8x8x8", number(rng)))),
    "columns": (0.1, lambda rng: rng.choice(("macs", "layer,output", "flops", "", "foo,", number(rng)))),
    "expect": (0.1, lambda rng: rng.choice(SHAPES)),
    "batch": (0.1, number),
    "color": (0.1, lambda rng: rng.choice(("always", "never"))),
    "max_layers": (1, lambda rng: str(FEW_LAYERS)),
}

COMMANDS = [name for name, command in main.commands.items() if any(p.name == "specs" for p in command.params)]


def options(rng: random.Random, command: str) -> Iterator[str]:
    """Options that the command has, mostly with values that it accepts."""
    for param in main.commands[command].params:
        if isinstance(param.type, click.Choice) and param.name == "format_name" and rng.random() < 0.7:
            yield from (param.opts[0], rng.choice(list(param.type.choices)))
        chance, value = OPTIONS.get(param.name or "", (0, number))
        if rng.random() < chance:
            yield from (param.opts[0], value(rng))


def attempt(rng: random.Random) -> Attempt:
    """One hostile input."""
    command = rng.choice([*COMMANDS, "infer", "layers"])
    given = [command, *options(rng, command)]
    if command == "layers":
        word = rng.choice([*KINDS, fragment(rng), number(rng)])
        return Attempt([*given, "--", *([word] if rng.random() < 0.8 else [])])
    kind = rng.randrange(10)
    if kind == 0:
        return Attempt([*given, "-"], rng.randbytes(rng.randrange(200)))
    text = spec(rng)
    if kind < 6:
        return Attempt(given, text.encode("utf-8", "replace"))
    if kind == 6:  # without quotes; nothing here is a file
        return Attempt([*given, "--", *(word for word in text.split() if "/" not in word)])
    # As an argument it must not name a file.
    return Attempt([*given, "--", *(f" {part} " for part in text.split("\n")[: rng.randrange(1, 4)])])


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError where the body takes longer."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer within {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def judged(code: int, stdout: str, stderr: str) -> int:
    """The exit code, once everything about the outcome is as it has to be."""
    assert code in (0, 1, 2), f"exit code {code}"
    assert "Traceback" not in stderr, stderr
    assert "\x1b" not in stderr, "control characters reach the terminal"
    if code:
        assert stderr.strip(), "no message"
    if code == 2:
        assert not stdout, "half an answer before an error"
    return code


def outcome(given: Attempt, command: click.Command = main) -> int:
    """The exit code that a command gives to an input, once it has behaved; an AssertionError otherwise."""
    with limited(PATIENCE):
        result = RUNNER.invoke(command, given.arguments, input=given.stdin)
    error = result.exception
    assert error is None or isinstance(error, SystemExit), f"{given}: {error!r}"
    try:
        return judged(result.exit_code, result.stdout, result.stderr)
    except AssertionError as error:
        raise AssertionError(f"{given}: {error}") from None


def fuzz(
    inputs: int, seed: int, *, report: Callable[[Attempt, Exception], None] | None = None
) -> Counter[int]:
    """Try that many inputs; how many ended in each exit code.

    With `report`, what misbehaves is told there and counted as -1, and the next one is tried.
    """
    outcomes: Counter[int] = Counter()
    for index in range(inputs):
        given = attempt(random.Random(f"{seed}:{index}"))
        try:
            outcomes[outcome(given)] += 1
        except AssertionError as error:
            if report is None:
                raise
            report(index, error)
            outcomes[-1] += 1
    return outcomes


# In the process


def test_fuzzer(tally: Callable[[str, int], None]) -> None:
    """A few hundred hostile inputs end in every exit code there is, and in no other way."""
    outcomes = fuzz(600, seed=2026)
    assert set(outcomes) == {0, 1, 2}
    tally("hostile inputs refused or answered", sum(outcomes.values()))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_bytes(data: bytes) -> None:
    """Any bytes on standard input are a network or an error."""
    outcome(Attempt(["infer", "-i", "3x8x8", "--max-layers", "100"], data))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from([*FRAGMENTS, *CORPUS]), st.text(max_size=8)), max_size=12))
def test_text(pieces: list[str]) -> None:
    """Any text as a spec is a network or an error."""
    outcome(Attempt(["infer", "-i", "3x8x8", "--max-layers", "100", "--", " " + " ".join(pieces)]))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["infer", "solve-padding"]),
    st.sampled_from(["conv out=8", "maxpool", "tconv out=8", "avgpool", "lppool", "dwconv"]),
    st.lists(st.tuples(st.sampled_from("kspdg"), st.sampled_from(HOSTILE)), max_size=4),
    st.sampled_from(SHAPES),
    st.sampled_from([[], ["-o", "8"], ["-o", "1000000000000"], ["-o", "1"]]),
)
def test_hostile_numbers(
    command: str, start: str, pairs: list[tuple[str, str]], shape: str, output: list[str]
) -> None:
    """No number that a key is given makes a window hang or break."""
    line = " ".join([start, "k=3", *(f"{key}={value}" for key, value in pairs)])
    outcome(Attempt([command, "-i", shape, *(output if command == "solve-padding" else []), line]))


LARGEST = 10**12
WINDOWS = ((LARGEST, LARGEST, LARGEST), (LARGEST, 1, 1), (1, LARGEST, 1), (2, 1, LARGEST), (3, LARGEST, 1))
HUGE = [
    f"{kind} k={k} s={s} d={d}{padding}"
    for kind in ("conv out=2", "tconv out=2", "maxpool")
    for k, s, d in WINDOWS
    for padding in ("", " p=?", f" p={LARGEST}", " p=same")
]  # fmt: skip


@pytest.mark.parametrize("line", HUGE)
def test_the_largest_numbers(line: str) -> None:
    """Kernels, strides and dilations of 10^12 have an answer, small inputs and large."""
    for shape in ("1x8x8", f"1x{LARGEST}", f"1x1x{LARGEST}x2"):
        outcome(Attempt(["infer", "-i", shape, line]))
        for wanted in ([], ["-o", "8"], ["-o", "1"], ["-o", str(LARGEST)]):
            outcome(Attempt(["solve-padding", "-i", shape, *wanted, line]))
    outcome(Attempt(["solve-padding", line]))


# Growth without end: each would take years, or all the memory, if it were not refused or folded.
BOMBS = {
    "repeats of repeats": "1000000 * { 1000000 * { } }",
    "repeats of layers": "1000000 * { 1000000 * { relu } }",
    "names alone": "1000000 * { 1000000 * { x: } }",
    "names in a row": "1000000 * { x: };" * 1000 + "relu",
    "from alone": "x:; 1000000 * { 1000000 * from x }",
    "empty blocks": "1000000 * { {}; {}; {} }",
    "empty repeats in a row": "1000000 * { };" * 1000 + "relu",
    "branches": "1000000 * add { | | | | }",
    "operands": "x:; 1000000 * add " + "x " * 1000,
    "nested repeats": "2 * { " * 60 + "relu" + " }" * 60,
    "nesting": "{" * 1_000_000,
    "doubled channels": "10000 * { x:; concat x }",
    "doubled sizes": "10000 * upsample scale=2",
    "squared sizes": "1000 * upsample scale=999999999999.5",
    "flattened": "1000 * { flatten; unflatten shape=1x1x1 }",
    "groups": "conv k=1 out=999999999989; conv k=1 g=999999999988 out=999999999989",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(bomb: str) -> None:
    """What grows without end is refused in a moment."""
    start = time.monotonic()
    assert outcome(Attempt(["infer", "-i", "3x8x8", "-f", "shape"], BOMBS[bomb].encode())) == 2
    outcome(Attempt(["solve-padding", "-i", "3x8x8", "-f", "shape"], BOMBS[bomb].encode()))
    assert time.monotonic() - start < PATIENCE


# In a process of its own, whose memory and time are limited

_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv.pop(1)),) * 2)
from convshape.cli import main
main(prog_name="convshape")
"""

MIB = 2**20
LONGEST = 16 * MIB

# What fills 16 MiB, as a beginning and what is repeated behind it.
LONG = {
    "semicolons": ("", ";"),
    "layers": ("", "relu;"),
    "names": ("", "x:\n"),
    "comments": ("", "#\n"),
    "one word": ("", "c"),
    "one number": ("conv out=8 k=", "1"),
    "keys": ("conv ", "k=1 "),
    "words": ("conv ", "a "),
    "blocks": ("", "{}\n"),
    "braces": ("", "{"),
    "a line": ("relu", " "),
}


def run(given: Attempt, *, memory: int, seconds: int = 60) -> int:
    """The exit code of the real command within so many bytes and seconds, once it has behaved."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(memory), *given.arguments],
        input=given.stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    return judged(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("bomb", ["repeats of repeats", "names alone", "nesting", "doubled channels"])
def test_bombs_in_little_memory(bomb: str) -> None:
    """A refusal needs hardly more memory than the start of the program."""
    given = Attempt(["infer", "-i", "3x8x8"], BOMBS[bomb].encode())
    assert run(given, memory=256 * MIB, seconds=PATIENCE) == 2


@pytest.mark.parametrize("long", ["one word", "keys", "braces"])
def test_the_longest_text(long: str) -> None:
    """16 MiB of text are read or refused within bounded memory."""
    start, rest = LONG[long]
    text = (start + rest * (LONGEST // len(rest)))[:LONGEST]
    assert run(Attempt(["infer", "-i", "3x8x8"], text.encode()), memory=1536 * MIB) == 2


def test_a_longer_text() -> None:
    """A byte more than 16 MiB is refused without being read."""
    given = Attempt(["infer", "-i", "3x8x8", "-"], b"#" * (LONGEST + 1))
    assert run(given, memory=512 * MIB) == 2


# The checks themselves


@click.command()
def broken() -> None:
    """A command that raises."""
    raise ValueError("broken")


@click.command()
def silent() -> None:
    """A command that fails without a word."""
    raise SystemExit(2)


@click.command()
def chatty() -> None:
    """A command that answers and fails."""
    click.echo("half an answer")
    click.echo("and an error", err=True)
    raise SystemExit(2)


@click.command()
def colourful() -> None:
    """A command that sends control characters to the terminal."""
    click.echo("\x1b[31mred", err=True, color=True)
    raise SystemExit(2)


@click.command()
def other() -> None:
    """A command that ends in another way."""
    click.echo("killed", err=True)
    raise SystemExit(137)


@pytest.mark.parametrize("command", [broken, silent, chatty, colourful, other], ids=lambda c: c.name)
def test_the_check_can_fail(command: click.Command) -> None:
    """Whatever a command may not do is seen."""
    with pytest.raises(AssertionError):
        outcome(Attempt([]), command)


def test_a_hang_is_seen() -> None:
    """What takes too long is stopped."""
    with pytest.raises(TimeoutError), limited(1):
        time.sleep(5)


def test_the_memory_limit_is_one() -> None:
    """A process that is given too little memory does not pass."""
    with pytest.raises(AssertionError):
        run(Attempt(["infer", "-i", "3x8x8"], b"#" * LONGEST), memory=32 * MIB)


def short(error: Exception) -> str:
    """The beginning and the end of a long message."""
    text = str(error)
    return text if len(text) < 1000 else f"{text[:600]} ... {text[-400:]}"


def _main() -> int:
    """Run the fuzzer alone, and say how many inputs it tried and how they ended."""
    parser = argparse.ArgumentParser(description="Throw hostile inputs at convshape.")
    parser.add_argument("--inputs", type=int, default=20_000, help="how many inputs to try")
    parser.add_argument("--seed", type=int, default=1, help="where the random numbers start")
    parser.add_argument("--long", action="store_true", help="try every text of 16 MiB too")
    given = parser.parse_args()
    start = time.monotonic()
    outcomes = fuzz(given.inputs, given.seed, report=lambda index, error: print(f"{index}: {short(error)}"))
    for name, (first, rest) in LONG.items() if given.long else ():
        text = (first + rest * (LONGEST // len(rest)))[:LONGEST]
        begun = time.monotonic()
        code = run(Attempt(["infer", "-i", "3x8x8", "-f", "shape"], text.encode()), memory=2048 * MIB)
        outcomes[code] += 1
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(
            f"16 MiB of {name}: exit code {code}, {time.monotonic() - begun:.1f} s, at most {peak} MiB so far"
        )
    tried = ", ".join(f"{count} with exit code {code}" for code, count in sorted(outcomes.items()))
    print(f"{sum(outcomes.values())} inputs in {time.monotonic() - start:.0f} s: {tried}")
    return 1 if outcomes[-1] else 0


if __name__ == "__main__":
    sys.exit(_main())

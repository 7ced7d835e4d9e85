"""Write what the benchmark runs on into a folder: prepare.py FOLDER.

Specs of the networks, and of those that peers run on the rows as the torch calls of convshape's own layers:
so the peers are given the same network, and none of them loads convshape.
"""

import json
import sys
from pathlib import Path

from convshape import Report, infer
from convshape.frameworks.torch import calls
from convshape.layers import format_shape

NETWORKS = Path(__file__).parents[2] / "convshape" / "networks"

CHAIN = "conv k=3 p=1 out=64\n"
SWEEP = "input 1x500x500\n20 * { conv k=3 out=8; conv k=3 p=1 out=8; maxpool k=2 s=1 }\n"
STRIDED = "input 1x500x500\n5 * { 10 * conv k=3 p=1 out=8; conv k=3 s=2 p=1 out=8; relu }\n"


def chain(length: int) -> str:
    """A chain of equal convolutions, each on a line of its own."""
    return "input 3x32x32\n" + CHAIN * length


def rows(report: Report) -> str:
    """The rows as JSON: what each takes its inputs from, and its torch calls."""
    layers = [
        {
            "inputs": row.inputs,
            "calls": [
                {"function": call.function, "arguments": call.arguments}
                for call in calls(row.op.layer, row.shapes[0]) or ()
            ],
        }
        for row in report.rows
        if row.op is not None
    ]
    return json.dumps({"input": report.input, "rows": layers, "output": report.network.output})


def prepare(folder: Path) -> None:
    """Write all files: specs, and for the peers the rows and the output shape that they have to find."""
    specs = {name: (NETWORKS / f"{name}.cnn").read_text(encoding="utf-8") for name in ("lenet5", "resnet50")}
    specs["chain"] = chain(10_000)
    for name, text in specs.items():
        report = infer(text)
        (folder / f"{name}.json").write_text(rows(report), encoding="utf-8")
        (folder / f"{name}.shape").write_text(format_shape(report.output), encoding="utf-8")
    specs |= {"chain100k": chain(100_000), "sweep": SWEEP, "strided": STRIDED}
    for name, text in specs.items():
        (folder / f"{name}.cnn").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))

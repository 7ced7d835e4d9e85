"""Write a network as the .onnx file that with_onnx.py reads: make_onnx.py ROWS FILE.

The learned tensors are inputs of the graph, shapes without values: a file without weights is the least that
shape inference can be given.
"""

import sys
from typing import Any

import onnx
from onnx import TensorProto, helper
from rows import Call, Network, load

SIMPLE = {
    "ReLU": "Relu",
    "Tanh": "Tanh",
    "add": "Add",
    "Flatten": "Flatten",
    "AdaptiveAvgPool2d": "GlobalAveragePool",
}


def _window(arguments: dict[str, Any]) -> dict[str, Any]:
    """The attributes of what slides a window."""
    kernel = arguments["kernel_size"]
    padding = arguments.get("padding", (0,) * len(kernel))
    return {"kernel_shape": kernel, "strides": arguments["stride"], "pads": [*padding, *padding]}


def operator(call: Call) -> tuple[str, dict[str, Any], list[list[int]]]:
    """The operator of a call, its attributes and the shapes of its learned tensors."""
    arguments = call.arguments
    if call.function in SIMPLE:
        return SIMPLE[call.function], {}, []
    if call.function == "Conv2d":
        out, groups = arguments["out_channels"], arguments["groups"]
        weight = [out, arguments["in_channels"] // groups, *arguments["kernel_size"]]
        attributes = _window(arguments) | {"dilations": arguments["dilation"], "group": groups}
        return "Conv", attributes, [weight] + ([[out]] if arguments["bias"] else [])
    if call.function in ("MaxPool2d", "AvgPool2d"):
        kind = "MaxPool" if call.function == "MaxPool2d" else "AveragePool"
        return kind, _window(arguments) | {"ceil_mode": int(arguments.get("ceil_mode", False))}, []
    if call.function == "BatchNorm2d":
        return "BatchNormalization", {}, [[arguments["num_features"]]] * 4
    if call.function == "Linear":
        out = arguments["out_features"]
        return "Gemm", {"transB": 1}, [[out, arguments["in_features"]], [out]]
    raise NotImplementedError(call.function)


def onnx_model(network: Network) -> onnx.ModelProto:
    """The network as onnx has it."""
    nodes = []
    inputs = [helper.make_tensor_value_info("t0", TensorProto.FLOAT, [1, *network.input])]
    for number, row in enumerate(network.rows, 1):
        (call,) = row.calls
        kind, attributes, learned = operator(call)
        names = [f"t{number}.{index}" for index in range(len(learned))]
        inputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in zip(names, learned, strict=True)
        ]
        taken = [f"t{index}" for index in row.inputs]
        nodes.append(helper.make_node(kind, [*taken, *names], [f"t{number}"], **attributes))
    output = helper.make_tensor_value_info(f"t{network.output}", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "network", inputs, [output]))


if __name__ == "__main__":
    onnx.save(onnx_model(load(sys.argv[1])), sys.argv[2])

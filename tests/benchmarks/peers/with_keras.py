"""The summary that keras prints of a network: with_keras.py ROWS."""

import sys
from typing import Any

import keras
from keras import layers
from rows import Call, Network, load, tell

FIRST = "channels_first"


def _window(make: Any, arguments: dict[str, Any], tensor: Any, **more: Any) -> Any:
    """A layer that slides a window: with padding of its own where it keeps the size, else after zeros."""
    kernel, strides = arguments["kernel_size"], arguments["stride"]
    padding = arguments.get("padding", (0,) * len(kernel))
    keeps = set(strides) == {1} and all(2 * p == k - 1 for k, p in zip(kernel, padding, strict=True))
    if any(padding) and not keeps:
        tensor = layers.ZeroPadding2D(padding, data_format=FIRST)(tensor)
    return make(strides=strides, padding="same" if keeps else "valid", data_format=FIRST, **more)(tensor)


def apply(call: Call, tensors: list[Any]) -> Any:
    """The tensor behind a call."""
    arguments, tensor = call.arguments, tensors[0]
    simple = {
        "ReLU": layers.ReLU,
        "Tanh": lambda: layers.Activation("tanh"),
        "Flatten": layers.Flatten,
        "AdaptiveAvgPool2d": lambda: layers.GlobalAveragePooling2D(data_format=FIRST, keepdims=True),
        "BatchNorm2d": lambda: layers.BatchNormalization(axis=1),
    }
    if call.function in simple:
        return simple[call.function]()(tensor)
    if call.function == "add":
        return layers.Add()(tensors)
    if call.function == "Conv2d":
        return _window(
            layers.Conv2D,
            arguments,
            tensor,
            filters=arguments["out_channels"],
            kernel_size=arguments["kernel_size"],
            use_bias=arguments["bias"],
        )
    if call.function in ("MaxPool2d", "AvgPool2d"):
        make = layers.MaxPooling2D if call.function == "MaxPool2d" else layers.AveragePooling2D
        return _window(make, arguments, tensor, pool_size=arguments["kernel_size"])
    if call.function == "Linear":
        return layers.Dense(arguments["out_features"], use_bias=arguments["bias"])(tensor)
    raise NotImplementedError(call.function)


def keras_model(network: Network) -> keras.Model:
    """The network as a functional model."""
    tensors = [keras.Input(network.input)]
    for row in network.rows:
        (call,) = row.calls
        tensors.append(apply(call, [tensors[index] for index in row.inputs]))
    return keras.Model(tensors[0], tensors[network.output])


if __name__ == "__main__":
    sys.setrecursionlimit(1_000_000)  # a functional model walks its layers by recursion
    model = keras_model(load(sys.argv[1]))
    model.summary()
    tell(model.output_shape)

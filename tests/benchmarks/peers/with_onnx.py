"""The shapes that onnx.shape_inference finds in a ready file, printed: with_onnx.py FILE."""

import sys

import onnx
from onnx import shape_inference
from rows import tell


def sizes(value: onnx.ValueInfoProto) -> list[int]:
    """The shape of a tensor."""
    return [axis.dim_value for axis in value.type.tensor_type.shape.dim]


if __name__ == "__main__":
    inferred = shape_inference.infer_shapes(onnx.load(sys.argv[1]), strict_mode=True)
    for value in inferred.graph.value_info:
        print(value.name, *sizes(value))
    tell(sizes(inferred.graph.output[0]))

"""The example networks: the figures of each against what is published, and that people can read the files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from convshape import Network, Node, format_spec, infer, parse

FOLDER = Path(__file__).parent.parent / "docs" / "networks"
SHIFT = "an off-by-one in every figure would pass only if the oracle had it too"


class Known(NamedTuple):
    """What is known of a network from elsewhere.

    `gmacs` is written as its source writes it: its decimals say how exactly it is to be met.
    """

    input: tuple[int, ...]
    output: tuple[int, ...]
    parameters: int
    gmacs: str | None
    source: str


TORCHVISION = "torchvision's metadata of the weights: num_params and _ops"
COUNTED = "no figure of its authors: counted by torch, numel and FlopCounterMode / 2, on modules written apart"
IMAGE, CLASSES = (3, 224, 224), (1000,)

NETWORKS = {
    "lenet5.cnn": Known(
        (1, 32, 32),
        (10,),
        61_706,
        "0.00041652",
        "by hand, layer by layer: 156 + 2,416 + 48,120 + 10,164 + 850 parameters, "
        "117,600 + 240,000 + 48,000 + 10,080 + 840 MACs",
    ),
    "lenet5-conv.cnn": Known(
        (1, 32, 32),
        (120, 20, 20),
        50_692,
        "0.0207",
        "by hand: 156 + 2,416 + 48,120 parameters, 117,600 + 1,382,400 + 19,200,000 MACs",
    ),
    "alexnet.cnn": Known(IMAGE, CLASSES, 61_100_840, "0.714", TORCHVISION),
    "vgg16.cnn": Known(IMAGE, CLASSES, 138_357_544, "15.47", TORCHVISION),
    "googlenet.cnn": Known(IMAGE, CLASSES, 6_624_904, "1.498", TORCHVISION),
    "resnet18.cnn": Known(IMAGE, CLASSES, 11_689_512, "1.814", TORCHVISION),
    "resnet50.cnn": Known(IMAGE, CLASSES, 25_557_032, "4.089", TORCHVISION),
    "densenet121.cnn": Known(IMAGE, CLASSES, 7_978_856, "2.834", TORCHVISION),
    "squeezenet1_0.cnn": Known(IMAGE, CLASSES, 1_248_424, "0.819", TORCHVISION),
    "mobilenet_v2.cnn": Known(IMAGE, CLASSES, 3_504_872, "0.301", TORCHVISION),
    "efficientnet_b0.cnn": Known(IMAGE, CLASSES, 5_288_548, "0.386", TORCHVISION),
    "unet.cnn": Known((1, 572, 572), (2, 388, 388), 31_030_658, "150.428424448", COUNTED),
    "dcgan.cnn": Known((100, 1, 1), (3, 64, 64), 3_576_704, "0.104628224", COUNTED),
    "wavenet1d.cnn": Known((256, 16_000), (256, 16_000), 142_816, "2.260992", COUNTED),
    "c3d.cnn": Known((3, 16, 112, 112), (487,), 79_991_015, "38.548959232", COUNTED),
}

LONGEST_LINE = 110
LONGEST_SECTION = 22
SMALL = 20  # rows up to which a network may be written layer by layer

each_network = pytest.mark.parametrize("name", NETWORKS)


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def without_places(network: Network) -> list[Node]:
    """The nodes of a network, wherever in a text they stand."""
    nowhere = network.nodes[0].span
    return [node._replace(span=nowhere) for node in network.nodes]

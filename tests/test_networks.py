"""The example networks: the figures of each against what is published, and that people can read the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from convshape import format_spec, infer, networks, parse

FOLDER = Path(__file__).parent.parent / "convshape" / "networks"


class Known(NamedTuple):
    """What is known of a network from elsewhere.

    `gmacs` is written as its source writes it: its decimals say how exactly it is to be met.
    """

    input: tuple[int, ...]
    output: tuple[int, ...]
    parameters: int
    gmacs: str
    source: str


TORCHVISION = "torchvision's metadata of the weights: num_params and _ops"
COUNTED = (
    "no figure of its authors known: counted by torch (numel, FlopCounterMode / 2) on modules written apart"
)
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


def giga(macs: int, like: str) -> str:
    """MACs in thousands of millions, with as many decimals as the figure `like`."""
    return f"{macs / 1e9:.{len(like.partition('.')[2])}f}"


def sections(text: str) -> list[list[str]]:
    """The lines of a file between its empty lines."""
    return [section.splitlines() for section in text.strip().split("\n\n")]


def test_every_file_stands_in_the_table() -> None:
    """No network is without figures, and no figures are without a network; all of them are shipped."""
    assert {path.name for path in FOLDER.glob("*.cnn")} == set(NETWORKS)
    assert [f"{name}.cnn" for name in networks.NAMES] == sorted(NETWORKS, key=lambda name: Path(name).stem)


@each_network
def test_a_shipped_network_is_its_file(name: str) -> None:
    """The text behind a name is the file, and its first line is a title by itself."""
    stem = name.removesuffix(".cnn")
    assert networks.text(stem) == text_of(name)
    title = networks.title(stem)
    assert f"# {title}" == text_of(name).splitlines()[0]
    assert re.search(r"\(.* (19|20)\d\d\b.*\)", title)
    assert not title.endswith((".", ","))


@pytest.mark.parametrize("name", ["", "lenet", "../networks/lenet5", "lenet5.cnn", "/etc/passwd"])
def test_what_is_not_in_the_list_is_not_looked_for(name: str) -> None:
    """A name that is not in the list never becomes a path."""
    with pytest.raises(KeyError):
        networks.text(name)


@each_network
def test_shapes(name: str) -> None:
    """A network takes and gives the shapes that its source says."""
    report = infer(text_of(name))
    assert (report.input, report.output) == (NETWORKS[name].input, NETWORKS[name].output)


@each_network
def test_parameters(name: str) -> None:
    """A network has exactly as many parameters as its source says."""
    assert infer(text_of(name)).totals.parameters == NETWORKS[name].parameters


@each_network
def test_macs(name: str) -> None:
    """A network has the multiply-adds that its source says, to the last decimal given there."""
    known = NETWORKS[name].gmacs
    assert giga(infer(text_of(name)).totals.macs, known) == known


def test_the_figures_tell_networks_apart() -> None:
    """One channel more in one layer shows in the parameters and in the rounded multiply-adds."""
    known = NETWORKS["alexnet.cnn"]
    totals = infer(text_of("alexnet.cnn").replace("out=384", "out=385")).totals
    assert totals.parameters != known.parameters
    assert giga(totals.macs, known.gmacs) != known.gmacs


def test_c3d_for_ucf101() -> None:
    """With the 101 classes of UCF101, C3D has the parameters that its file says."""
    assert infer(text_of("c3d.cnn").replace("out=487", "out=101")).totals.parameters == 78_409_573


@each_network
def test_the_normal_form_is_the_same_network(name: str) -> None:
    """Formatting a file and parsing that gives the same graph, and the same text again, with all comments."""
    network = parse(text_of(name))
    normal = format_spec(network)
    again = parse(normal)
    assert again == network
    assert format_spec(again) == normal
    assert [line.strip() for line in normal.splitlines() if "#" in line] == [
        line.strip() for line in text_of(name).splitlines() if "#" in line
    ]


@each_network
def test_the_head_says_what_it_is(name: str) -> None:
    """A file starts with a comment that has its parameters and a year, then the input, then an empty line."""
    *comments, first = sections(text_of(name))[0]
    head = " ".join(line.removeprefix("#").strip() for line in comments)
    assert all(line.startswith("# ") for line in comments)
    assert f"{NETWORKS[name].parameters:,} parameters" in head
    assert re.search(r"\b(19|20)\d\d\b", head)
    assert first == f"input {'x'.join(map(str, NETWORKS[name].input))}"


@each_network
def test_people_can_read_it(name: str) -> None:
    """A file comes in short sections, each under a comment that says which part of the network it is."""
    text = text_of(name)
    assert all(section[0].startswith("# ") for section in sections(text))
    assert max(len(section) for section in sections(text)) <= LONGEST_SECTION
    assert max(len(line) for line in text.splitlines()) <= LONGEST_LINE
    assert text.isascii()
    assert text.endswith("\n")


@each_network
def test_no_large_network_is_a_list_of_layers(name: str) -> None:
    """Beyond a few layers a file is shorter than its network: what repeats or stands together is one line."""
    lines = [line for line in text_of(name).splitlines() if line and not line.startswith("#")]
    rows = infer(text_of(name)).rows
    assert len(lines) < len(rows) or len(rows) <= SMALL

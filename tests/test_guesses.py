"""What people write for a kind or a key leads to what it is here, and a slip to what was meant."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from convshape import ShapeError, SpecError, infer, parse
from convshape.errors import nearest
from convshape.language import guesses
from convshape.language.guesses import called_hint, key_hint, kind_hint
from convshape.layers import KINDS, find, words

LISTED = "'convshape layers' lists them"

# Other names of what we have, with the word to put in their place.
RENAMED: dict[str, dict[str, str]] = {
    "torch": {
        "Conv1d": "conv1d", "nn.Conv2d": "conv2d", "torch.nn.Conv3d": "conv3d", "LazyConv2d": "conv2d",
        "ConvTranspose2d": "convtranspose2d", "F.max_pool2d": "maxpool2d", "AvgPool3d": "avgpool3d",
        "LPPool2d": "lppool2d", "AdaptiveAvgPool2d": "adaptiveavgpool2d", "BatchNorm2d": "batchnorm2d",
        "SyncBatchNorm": "bn", "InstanceNorm2d": "instancenorm2d", "GroupNorm": "groupnorm",
        "LayerNorm": "layernorm", "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leakyrelu", "SiLU": "silu",
        "GELU": "gelu", "PReLU": "prelu", "LogSoftmax": "logsoftmax", "Softmax2d": "softmax",
        "Dropout2d": "dropout2d", "AlphaDropout": "dropout", "ZeroPad2d": "pad2d", "Upsample": "upsample",
        "PixelShuffle": "pixelshuffle", "ChannelShuffle": "shuffle", "Identity": "identity",
        "Flatten": "flatten", "Unflatten": "unflatten", "Linear": "linear", "LazyLinear": "linear",
        "torch.cat": "concat", "addmm": "linear",
    },
    "keras": {
        "Conv2D": "conv2d", "layers.Convolution2D": "conv2d", "Conv2DTranspose": "convtranspose2d",
        "DepthwiseConv2D": "dwconv2d", "MaxPooling2D": "maxpool2d", "MaxPool1D": "maxpool1d",
        "AveragePooling2D": "avgpool2d", "GlobalAveragePooling2D": "gap", "GlobalMaxPooling1D": "gmp",
        "BatchNormalization": "bn", "GroupNormalization": "gn", "Dense": "dense", "Dropout": "dropout",
        "SpatialDropout2D": "dropout2d", "GaussianDropout": "dropout", "ZeroPadding2D": "pad2d",
        "Cropping2D": "crop", "UpSampling2D": "upsample", "Add": "add", "Multiply": "mul",
        "Concatenate": "concat", "ELU": "elu", "tf.keras.layers.LeakyReLU": "leakyrelu", "Softmax": "softmax",
    },
    "tensorflow": {
        "conv2d_transpose": "convtranspose2d", "depthwise_conv2d": "dwconv2d", "max_pool2d": "maxpool2d",
        "tf.nn.avg_pool": "avgpool", "batch_normalization": "bn", "space_to_depth": "pixelunshuffle",
        "depth_to_space": "pixelshuffle", "atrous_conv2d": "conv2d", "conv2d_backprop_input": "tconv2d",
        "tf.concat": "concat", "leaky_relu": "leakyrelu", "log_softmax": "logsoftmax",
    },
    "caffe": {
        "Convolution": "conv", "Deconvolution": "tconv", "InnerProduct": "linear", "BatchNorm": "batchnorm",
        "Scale": "scale", "PReLU": "prelu", "ReLU": "relu", "TanH": "tanh", "Sigmoid": "sigmoid",
        "BNLL": "softplus", "Concat": "concat", "Crop": "crop", "Slice": "slice", "Dropout": "dropout",
        "ShuffleChannel": "shuffle", "Flatten": "flatten", "Softmax": "softmax",
    },
    "darknet": {
        "[maxpool]": "maxpool", "[avgpool]": "gap", "[connected]": "linear", "[upsample]": "upsample",
        "[batchnorm]": "batchnorm", "[deconvolutional]": "tconv", "[softmax]": "softmax", "[reorg]":
        "pixelunshuffle", "[dropout]": "dropout", "leaky": "leakyrelu", "logistic": "sigmoid",
    },
    "onnx": {
        "Gemm": "linear", "GlobalAveragePool": "gap", "AveragePool": "avgpool", "ConvTranspose":
        "convtranspose", "InstanceNormalization": "inorm", "Sum": "add", "LpPool": "lppool", "HardSwish":
        "hardswish", "DepthToSpace": "pixelshuffle",
    },
}  # fmt: skip

# What we have not, with words of the remedy.
SAID: dict[str, dict[str, str]] = {
    "torch": {
        "LocalResponseNorm": "use 'identity'", "Hardtanh": "use 'identity'",
        "LogSigmoid": "use 'identity'", "RReLU": "use 'identity'",
        "GLU": "'mul { slice to=32 | slice from=32; sigmoid }'", "RMSNorm": "'scale'",
        "LSTM": "not supported", "GRU": "not supported", "RNN": "not supported",
        "MultiheadAttention": "not supported", "Embedding": "not supported",
        "TransformerEncoderLayer": "not supported", "Unfold": "not supported",
        "permute": "axes cannot be swapped", "x.view": "'flatten'", "reshape": "'unflatten shape=64x7x7'",
        "squeeze": "'flatten'", "chunk": "'slice from=0 to=32'", "F.interpolate": "'upsample scale=2'",
        "MaxUnpool2d": "'upsample scale=2'", "ReflectionPad2d": "'pad p=1 mode=reflect'",
        "ReplicationPad2d": "'pad p=1 mode=replicate'", "CircularPad2d": "'pad p=1 mode=circular'",
        "ConstantPad2d": "'pad p=1 mode=constant value=0'", "CrossEntropyLoss": "leave it out",
        "matmul": "'linear out=10'", "torch.mean": "'gap'", "FractionalMaxPool2d": "'adaptivemaxpool out=7'",
    },
    "keras": {
        "SeparableConv2D": "'dwconv k=3 p=1 bias=no; conv k=1 out=64'", "Attention": "not supported",
        "LayerNormalization": "'gn g=1'", "Activation": "'relu'", "Reshape": "'flatten'",
        "Permute": "axes cannot be swapped", "RepeatVector": "'unflatten shape=64x1; upsample size=10'",
        "Average": "'add x'", "Subtract": "'add x'", "InputLayer": "'input 3x224x224'", "Rescaling":
        "'identity'", "ConvLSTM2D": "not supported", "TimeDistributed": "'conv k=1 out=64'",
        "GaussianNoise": "'identity'", "LocallyConnected2D": "'conv k=3 out=8' gives the same shape",
        "Resizing": "'upsample size=14'", "Lambda": "'identity'",
    },
    "tensorflow": {
        "lrn": "use 'identity'", "local_response_normalization": "use 'identity'",
        "bias_add": "bias=no", "separable_conv2d": "'dwconv k=3 p=1 bias=no; conv k=1 out=64'",
        "transpose": "axes cannot be swapped", "reduce_mean": "'gap'", "expand_dims": "'unflatten ",
        "image.resize_bilinear": "'upsample scale=2'", "clip": "'identity'",
    },
    "caffe": {
        "LRN": "use 'identity'", "Pooling": "'maxpool k=2'", "Eltwise": "'add x'", "Data":
        "'input 3x224x224'", "SoftmaxWithLoss": "leave it out", "Power": "'identity'", "Interp": "'upsample",
        "Accuracy": "leave it out", "Split": "'slice ", "ROIPooling": "not supported",
    },
    "darknet": {
        "[convolutional]": "'conv k=3 p=1 out=64'; 'bn' and 'leakyrelu' follow", "[route]": "'concat x'",
        "[shortcut]": "'add x'", "[net]": "'input 3x416x416'", "[yolo]": "leave it out", "[local]":
        "'conv k=3 out=8' gives the same shape", "[cost]": "leave it out", "[region]": "leave it out",
    },
    "papers": {
        "sepconv": "'dwconv k=3 p=1 bias=no; conv k=1 out=64'", "attention": "not supported", "lstm":
        "not supported", "se": "'mul { gap; ", "spp": "'concat { adaptivemaxpool out=1; ", "residual":
        "'add { conv k=3 p=1 out=64; relu | }'", "glu": "it halves the channels", "hardtanh": "'identity'",
        "upconv": "'tconv k=2 s=2 out=64'", "pool": "'avgpool k=2'", "maxout": "not supported",
        "CReLU": "'concat { relu | relu }'", "droppath": "'identity'",
    },
}  # fmt: skip

# Lines with a key of another framework, and our key or the words of the remedy.
KEYS: dict[str, dict[str, str]] = {
    "torch": {
        "linear in=3 out_dim=10": "out", "bn num_features=64": "leave it out: it follows from the input",
        "conv k=3 out=8 padding_mode=zeros": "it changes no shape",
        "relu inplace=True": "it changes no shape",
        "bn eps=1e-5": "it changes no shape", "bn momentum=0.1": "it changes no shape",
        "ln elementwise_affine=no": "affine", "maxpool k=2 return_indices=True": "it changes no shape",
        "gn num_channels=8 g=2": "leave it out: it follows", "softmax dim=1": "the axis of the channels",
        "upsample scale=2 align_corners=True": "it changes no shape", "conv k=3 out=8 device=cpu": "no count",
        "leakyrelu negative_slope=0.2": "it changes no shape",
    },
    "keras": {
        "conv k=3 output_channels=8": "out", "dense units=10": "out", "maxpool pool_size=2": "k",
        "conv k=3 out=8 dilation_rate=2": "d", "conv k=3 out=8 use_bias=no": "bias", "dropout rate=0.2": "p",
        "conv k=3 out=8 activation=relu": "'relu'", "dwconv k=3 channel_multiplier=2": "mult",
        "conv k=3 out=8 input_shape=3": "'input 3x224x224'", "conv k=3 out=8 name=stem": "'x: relu'",
        "conv k=3 out=8 kernel_initializer=x": "it changes no shape",
        "upsample interpolation=nearest": "mode",
        "conv k=3 out=8 border_mode=same": "p", "conv k=3 out=8 subsample=2": "s", "bn center=no": "affine",
        "unflatten target_shape=3x4": "shape", "crop cropping=1": "p",
    },
    "tensorflow": {
        "maxpool ksize=2": "k", "conv k=3 out=8 dilations=2": "d", "dropout keep_prob=0.8": "p=0.2 zeroes",
        "pixelshuffle block_size=2": "r", "conv k=3 out=8 data_format=x": "it changes no shape",
        "pad paddings=1": "p", "gap keepdims=yes": "it changes no shape",
    },
    "caffe": {
        "conv num_output=64 k=3": "out", "conv k=3 out=8 group=2": "g", "conv k=3 out=8 bias_term=no": "bias",
        "linear num_output=10": "out", "conv kernel_h=3 kernel_w=5 out=8": "joined by x",
        "dropout dropout_ratio=0.5": "p", "conv k=3 out=8 weight_filler=x": "it changes no shape",
        "conv k=3 out=8 pad_h=1": "joined by x",
    },
    "darknet": {
        "conv size=3 out=8": "k", "maxpool size=2": "k", "conv k=3 out=8 batch_normalize=1": "'bn'",
        "upsample stride=2": "scale", "linear output=10": "out", "dropout probability_=0.5": "probability",
    },
    "onnx": {
        "conv kernel_shape=3 out=8": "k", "conv k=3 out=8 pads=1": "p", "tconv k=3 out=8 output_pads=1": "op",
    },
    "papers": {
        "conv k=3 channels=8": "out", "conv k=3 units=8": "out", "conv k=3 width=8": "out",
        "conv k=3 out=8 rate=2": "d", "dwconv k=3 filters=8": "leave it out: it follows",
        "relu channels=8": "leave it out: it follows", "conv k=3 out=8 nobias=yes": "bias=no leaves",
        "conv k=3 out=8 repeat=3": "'3 * relu'", "conv k=3 c_out=8": "out",
    },
}  # fmt: skip


def hint(spec: str) -> str:
    """The hint of a spec that is refused."""
    with pytest.raises(SpecError) as caught:
        parse(spec)
    assert caught.value.hint is not None
    return caught.value.hint


def rows(tables: dict[str, dict[str, str]]) -> list[object]:
    return [
        pytest.param(written, meant, id=f"{framework}: {written}")
        for framework, table in tables.items()
        for written, meant in table.items()
    ]


@pytest.mark.parametrize(("written", "meant"), rows(RENAMED))
def test_another_name_leads_to_the_kind(written: str, meant: str) -> None:
    """A word for what we have is told with ours, which is a kind; some are ours as they are."""
    if find(written) is None:
        assert hint(written) == f"did you mean '{meant}'?"
    assert find(meant) is not None


@pytest.mark.parametrize(("written", "remedy"), rows(SAID))
def test_what_is_missing_says_what_to_do(written: str, remedy: str) -> None:
    """A word for what we have not says how it is written instead, or that it cannot be."""
    told = hint(f"{written} k=3")
    assert remedy in told
    assert "did you mean" not in told


@pytest.mark.parametrize(("line", "remedy"), rows(KEYS))
def test_another_key_leads_to_ours(line: str, remedy: str) -> None:
    """A key of another framework leads to ours, or says what to do without."""
    told = hint(line)
    assert told == f"did you mean '{remedy}'?" if remedy.isalpha() else remedy in told


WRONG = [
    ("lrn", "ln"), ("sepconv", "deconv"), ("glu", "gelu"), ("hardtanh", "tanh"), ("attention", "flatten"),
    ("crelu", "relu"), ("softmin", "softmax"), ("rmsnorm", "bn"), ("maxout", "maxpool"),
    ("log", "logsoftmax"), ("unfold", "unflatten"), ("logsigmoid", "sigmoid"), ("convlstm", "conv"),
    ("tanhshrink", "tanh"), ("rnn", "bn"), ("stack", "scale"), ("gather", "mul"), ("route", "gmp"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "guessed"), WRONG)
def test_no_hint_points_the_wrong_way(written: str, guessed: str) -> None:
    """What is spelt alike and is something else is not guessed, as it was once."""
    assert hint(written) != f"did you mean '{guessed}'?"


SLIPS = [
    ("covn", "conv"), ("con", "conv"), ("convv", "conv"), ("relo", "relu"), ("sigmod", "sigmoid"),
    ("flaten", "flatten"), ("linaer", "linear"), ("batchnrom", "batchnorm"), ("drop", "dropout"),
    ("pixelshufle", "pixelshuffle"), ("nb", "bn"), ("convs", "conv"), ("upsampel2", "upsample"),
    ("stied", None), ("zzzz", None), ("soft", None), ("adaptive", None), ("xy", None), ("", None),
    (",", None), ("x" * 99, None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SLIPS)
def test_slips_of_the_finger(written: str, meant: str | None) -> None:
    """One letter, or two in a long word; a start that can only go on in one way; nothing further off."""
    assert nearest(written, list(words())) == meant


@pytest.mark.parametrize("written", ["zzzz", "foo", "blob", "stuff2d"])
def test_nobody_writes_that(written: str) -> None:
    """A word that nobody is known to write leads to the list."""
    assert hint(written) == LISTED
    assert kind_hint(written) is None


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("nn.Conv2d(3, 64, 7)", "conv2d k=3 out=8"), ("MaxPool2d(2)", "maxpool2d k=3"), ("ReLU()", "relu"),
        ("layers.Dense(10)", "dense out=10"), ("Add()([x, y])", "add x"),
        ("nn.Upsample(2)", "upsample scale=2"),
        ("nn.GroupNorm(4, 8)", "groupnorm g=4"), ("nn.PixelShuffle(2)", "pixelshuffle r=2"),
        ("Foo(3)", "conv k=3 out=8"),
    ],
)  # fmt: skip
def test_calls_of_python(written: str, line: str) -> None:
    """A layer that is written as in Python is shown as a line, which can be read."""
    assert hint(written) == f"write a layer as in '{line}'"
    parse(f"x: relu; {line}")


def test_calls_of_what_is_missing() -> None:
    """A call of what we have not says the same as its name."""
    assert called_hint("nn.LSTM(3,") == kind_hint("LSTM")


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_every_kind_has_an_example(cls: type) -> None:
    """The example of each kind can be read, whatever it requires."""
    line = called_hint(f"{cls.kind}(").split("'")[1]  # type: ignore[attr-defined]
    parse(f"x: relu; {line}")


REMEDIES = [
    *guesses._DARKNET.values(),
    *guesses._SAYINGS.values(),
    *guesses._ALWAYS.values(),
    *(otherwise for _, otherwise in guesses._MEANT.values()),
]
EXAMPLES = sorted({text for remedy in REMEDIES for text in re.findall(r"'([^']+)'(?! )|'([^']+)' ", remedy)})


@pytest.mark.parametrize("example", sorted({text for pair in EXAMPLES for text in pair if text}))
def test_every_remedy_can_be_typed(example: str) -> None:
    """What a remedy has in quotes is a spec, and some input goes through it."""
    if example.startswith("input "):
        infer(f"{example}\nrelu")
        return
    spec = f"x: identity\n{example}"
    parse(spec)
    for shape in ("64x32x32", "64x32", "64", "3136"):
        try:
            infer(spec, shape)
        except ShapeError:
            continue
        return
    pytest.fail(f"nothing goes through {example!r}")


def test_the_tables_hold_what_is_no_word_of_the_language() -> None:
    """Each word stands once, none is a kind already, every row leads to a kind or a parameter of ours."""
    kinds = [*guesses._SAYINGS, *guesses._RENAMED.values()]
    written = [word for row in kinds for word in row.split()]
    assert [word for word, count in Counter(written).items() if count > 1] == []
    assert [word for word in written if find(word) is not None] == []
    assert [kind for kind in guesses._RENAMED if find(kind) is None] == []
    keys = [word for table in (guesses._MEANT, guesses._ALWAYS) for row in table for word in row.split()]
    assert [word for word, count in Counter(keys).items() if count > 1] == []
    names = {p.name for cls in KINDS.values() for p in cls.params}
    assert [name for meant, _ in guesses._MEANT.values() for name in meant if name not in names] == []
    assert [name for name in guesses._EXAMPLES if name not in names] == []


def test_a_key_that_nobody_writes() -> None:
    """Neither a slip nor a known word: the keys are listed."""
    assert hint("conv zz=5 out=6") == "conv takes k=, s=, p=, d=, g=, out=, in=, bias="
    assert key_hint(KINDS["conv"], "zz") is None

"""all-mpnet-base-v2 as an ONNX graph, its large matrices in 8 bits.

MPNet is BERT with a bias on attention by distance, the same in every layer (Song et al. 2020).

How rounding is kept from costing accuracy: each token's vector is divided by its largest number before it is rounded,
and the product is multiplied by it afterwards, so that one loud token does not coarsen all others (per-token
quantization: Yao et al. 2022, ZeroQuant); a matrix has a scale for each of its columns; and the few inputs that are far
larger than the rest are multiplied in full precision (Dettmers et al. 2022, LLM.int8()).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from workers.classifier.weights import Array

LAYERS, HEADS, WIDTH, EPSILON = 12, 12, 768, 1e-5
BY_DISTANCE = "encoder.relative_attention_bias.weight"
FIRST_PLACE = 2  # the makers' table of positions begins after that of padding
OPSET, MICROSOFT, IR = 21, 1, 10
BY_MICROSOFT, TINY = "com.microsoft", 1e-6
LOUD = 16  # inputs of a matrix that keep full precision
# Weights take 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, which 8 would overflow.
MOST = 63


class _Graph:
    """Nodes and constants of a model with these weights, as they are added. A value is its name."""

    def __init__(self, weights: Mapping[str, Array], *, exact: bool) -> None:
        self.weights, self.exact = weights, exact
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[np.generic]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """The name of the node's first output; others are `name.1` and on."""
        name = f"v{len(self.nodes)}"
        names = [name, *(f"{name}.{number}" for number in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return name


def build(weights: Mapping[str, Array], *, exact: bool = False) -> onnx.ModelProto:
    """`ids` [windows, tokens] and `bias` [windows, heads, tokens, tokens] in, `hidden` [windows, tokens, width] out.

    `exact`: nothing is rounded, to measure what rounding costs.
    """
    graph = _Graph(weights, exact=exact)
    x, norm = _embedded(graph), "embeddings.LayerNorm"
    for number in range(LAYERS):
        x, norm = _layer(graph, f"encoder.layer.{number}.", x, norm)
    graph.nodes.append(helper.make_node("Identity", [x], ["hidden"]))
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["windows", "tokens"]),
        helper.make_tensor_value_info("bias", TensorProto.FLOAT, ["windows", HEADS, "tokens", "tokens"]),
    ]
    output = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["windows", "tokens", WIDTH])
    made = helper.make_graph(graph.nodes, "mpnet", inputs, [output], graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(BY_MICROSOFT, MICROSOFT)]
    return helper.make_model(made, opset_imports=opsets, ir_version=IR)


def _embedded(graph: _Graph) -> str:
    words = graph.weights["embeddings.word_embeddings.weight"]
    table = graph.constant(words if graph.exact else words.astype(np.float16))
    word = graph.add("Cast", graph.add("Gather", table, "ids"), to=TensorProto.FLOAT)
    places = graph.constant(graph.weights["embeddings.position_embeddings.weight"][FIRST_PLACE:])
    begin, length = graph.constant(np.array([0])), graph.add("Shape", "ids", start=1, end=2)
    return _added(graph, word, graph.add("Slice", places, begin, length, begin), "embeddings.LayerNorm")


def _layer(graph: _Graph, base: str, x: str, norm: str) -> tuple[str, str]:
    """`norm`: the name of the normalization that `x` comes from. Returns the same of the layer's output."""
    attended, fed = f"{base}attention.LayerNorm", f"{base}output.LayerNorm"
    told = _biased(graph, _attention(graph, base, x, norm), f"{base}attention.attn.o")
    x = _added(graph, x, told, attended)
    wide = _linear(graph, x, [f"{base}intermediate.dense"], attended)
    narrow = _biased(graph, graph.add("Gelu", wide, domain=BY_MICROSOFT), f"{base}output.dense")
    return _added(graph, x, narrow, fed), fed


def _attention(graph: _Graph, base: str, x: str, norm: str) -> str:
    three = _linear(graph, x, [f"{base}attention.attn.{part}" for part in "qkv"], norm)
    query = graph.add("Split", three, axis=-1, num_outputs=3, outputs=3)
    parts = (query, f"{query}.1", f"{query}.2", "", "", "bias")
    return graph.add("MultiHeadAttention", *parts, domain=BY_MICROSOFT, num_heads=HEADS)


def _added(graph: _Graph, one: str, other: str, norm: str) -> str:
    both = graph.add("Add", one, other)
    parts = (graph.constant(graph.weights[f"{norm}.{part}"]) for part in ("weight", "bias"))
    return graph.add("LayerNormalization", both, *parts, axis=-1, epsilon=EPSILON)


def _biased(graph: _Graph, x: str, name: str) -> str:
    """What the named layer makes of `x`."""
    product = _product(graph, x, graph.weights[f"{name}.weight"].T)
    return graph.add("Add", product, graph.constant(graph.weights[f"{name}.bias"]))


def _linear(graph: _Graph, x: str, names: Sequence[str], norm: str) -> str:
    """What the named layers make of `x`, side by side; `x` comes from the normalization `norm`."""
    weight = np.concatenate([graph.weights[f"{name}.weight"] for name in names]).T
    bias = graph.constant(np.concatenate([graph.weights[f"{name}.bias"] for name in names]))
    loud = _loud(graph, norm)
    if graph.exact:
        return graph.add("Add", graph.add("MatMul", x, graph.constant(weight)), bias)
    quiet = np.ones(WIDTH, dtype=np.float32)
    quiet[loud] = 0
    few = graph.add("Gather", x, graph.constant(np.array(loud)), axis=-1)
    full = graph.add("MatMul", few, graph.constant(weight[loud]))
    rest = graph.add("Mul", x, graph.constant(quiet))
    inputs = (rest, *_whole(graph, weight * quiet[:, None]), "", bias)
    return graph.add("Add", graph.add("DynamicQuantizeMatMul", *inputs, domain=BY_MICROSOFT), full)


def _loud(graph: _Graph, norm: str) -> list[int]:
    """Which numbers a normalization makes largest: it gives them mean `bias` and deviation `weight`."""
    reach = np.abs(graph.weights[f"{norm}.bias"]) + 3 * np.abs(graph.weights[f"{norm}.weight"])
    return sorted(np.argsort(-reach)[:LOUD].tolist())


def _product(graph: _Graph, x: str, weight: Array) -> str:
    if graph.exact:
        return graph.add("MatMul", x, graph.constant(weight))
    largest = graph.add("ReduceMax", graph.add("Abs", x), graph.constant(np.array([-1])), keepdims=1)
    largest = graph.add("Max", largest, graph.constant(np.array(TINY, dtype=np.float32)))
    inputs = (graph.add("Div", x, largest), *_whole(graph, weight))
    return graph.add("Mul", graph.add("DynamicQuantizeMatMul", *inputs, domain=BY_MICROSOFT), largest)


def _whole(graph: _Graph, weight: Array) -> tuple[str, str]:
    """`weight` as whole numbers, and what they were multiplied by, column by column."""
    scale = (np.maximum(np.abs(weight).max(axis=0), TINY) / MOST).astype(np.float32)
    return graph.constant(np.round(weight / scale).astype(np.int8)), graph.constant(scale)

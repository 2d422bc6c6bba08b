"""The encoder: token windows in, one vector per token out, on CTranslate2, which is here for Whisper anyway.

MPNet is BERT with a bias on attention by distance, the same in every layer (Song et al. 2020); the runtime has that
for T5, and then has no absolute positions. Those are read as a second kind of token, one per place in the window.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.converters import utils
from ctranslate2.specs import TransformerEncoderModelSpec, common_spec, transformer_spec
from tokenizers import Tokenizer

from workers.classifier.weights import Array

LAYERS, HEADS, EPSILON, FARTHEST = 12, 12, 1e-5, 128
FIRST_PLACE = 2  # the makers' table of positions begins after that of padding
# int8 takes half of the time and a quarter of the memory, and costs two points of micro F1 and four of macro.
COMPUTE = "float32"
TOKENS_AT_ONCE = 512  # on one core more at once is no faster, and pads short windows more


def write(folder: Path, weights: Mapping[str, Array], tokenizer: Tokenizer, *, compute: str = COMPUTE) -> None:
    """The weights in the runtime's own format."""
    spec = _spec(weights, tokenizer)
    spec.validate()
    spec.optimize(quantization=compute)
    spec.save(str(folder))


class Encoder:
    """What `write` wrote, loaded in a tenth of a second."""

    def __init__(self, folder: Path) -> None:
        self._encoder = ctranslate2.Encoder(str(folder), device="cpu", compute_type="default", intra_threads=1)

    def read(self, windows: Sequence[Sequence[int]]) -> list[Array]:
        """Per window its tokens' vectors, [tokens, 768]."""
        longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        found: dict[int, Array] = {}
        for batch in _batches(longest_first, windows):
            ids = [list(windows[index]) for index in batch]
            places = [list(range(len(one))) for one in ids]
            hidden = np.array(self._encoder.forward_batch(ids, token_type_ids=places).last_hidden_state)
            found |= {index: hidden[row, : len(windows[index])] for row, index in enumerate(batch)}
        return [found[index] for index in range(len(windows))]


def _batches(order: Sequence[int], windows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Windows of like length together: a short one beside a long one is padded to its length."""
    batches: list[list[int]] = []
    for index in order:
        if batches and len(windows[batches[-1][0]]) * (len(batches[-1]) + 1) <= TOKENS_AT_ONCE:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _spec(weights: Mapping[str, Array], tokenizer: Tokenizer) -> TransformerEncoderModelSpec:
    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        relative_attention_bias=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.position_embeddings.weight"][FIRST_PLACE:]
    _norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        _layer(layer, weights, f"encoder.layer.{number}.")
    spec = TransformerEncoderModelSpec(encoder, pooling_layer=False)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    spec.register_vocabulary([token for token, _ in vocabulary])
    spec.config.unk_token = "[UNK]"  # noqa: S105 - a token of language
    spec.config.layer_norm_epsilon = EPSILON
    return spec


def _layer(layer: transformer_spec.TransformerEncoderLayerSpec, weights: Mapping[str, Array], base: str) -> None:
    attention = layer.self_attention
    parts = [common_spec.LinearSpec() for _ in range(3)]
    for part, name in zip(parts, ("q", "k", "v"), strict=True):
        _linear(part, weights, f"{base}attention.attn.{name}")
    utils.fuse_linear(attention.linear[0], parts)
    _linear(attention.linear[1], weights, f"{base}attention.attn.o")
    _norm(attention.layer_norm, weights, f"{base}attention.LayerNorm")
    attention.relative_attention_bias = weights["encoder.relative_attention_bias.weight"]
    attention.relative_attention_max_distance = np.dtype("int32").type(FARTHEST)
    _linear(layer.ffn.linear_0, weights, f"{base}intermediate.dense")
    _linear(layer.ffn.linear_1, weights, f"{base}output.dense")
    _norm(layer.ffn.layer_norm, weights, f"{base}output.LayerNorm")


def _linear(spec: common_spec.LinearSpec, weights: Mapping[str, Array], name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: common_spec.LayerNormSpec, weights: Mapping[str, Array], name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

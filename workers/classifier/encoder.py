"""The encoder: token windows in, one vector per token out, on CTranslate2, which is here for Whisper anyway."""

import tempfile
from collections.abc import Mapping, Sequence

import ctranslate2
import numpy as np
from ctranslate2.converters import utils
from ctranslate2.specs import TransformerEncoderModelSpec, common_spec, transformer_spec
from tokenizers import Tokenizer

from workers.classifier.weights import Array

LAYERS, HEADS, EPSILON = 6, 12, 1e-12
# int8 halves the time of float32 and moves no finding that matters: `make eval` prints the same figures with both.
COMPUTE = "int8"
TOKENS_AT_ONCE = 4096


class Encoder:
    """BERT as MiniLM has it. Loading takes a third of a second: the runtime's own format is written and read once."""

    def __init__(self, weights: Mapping[str, Array], tokenizer: Tokenizer, *, compute: str = COMPUTE) -> None:
        spec = _spec(weights, tokenizer)
        spec.validate()
        spec.optimize(quantization=compute)
        with tempfile.TemporaryDirectory() as folder:
            spec.save(folder)
            self._encoder = ctranslate2.Encoder(folder, device="cpu", compute_type=compute, intra_threads=1)

    def read(self, windows: Sequence[Sequence[int]]) -> list[Array]:
        """Per window its tokens' vectors, [tokens, 384]."""
        longest_first = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        found: dict[int, Array] = {}
        for batch in _batches(longest_first, windows):
            output = self._encoder.forward_batch([list(windows[index]) for index in batch])
            hidden = np.array(output.last_hidden_state)
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
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
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
    parts = [common_spec.LinearSpec() for _ in range(3)]
    for part, name in zip(parts, ("query", "key", "value"), strict=True):
        _linear(part, weights, f"{base}attention.self.{name}")
    utils.fuse_linear(layer.self_attention.linear[0], parts)
    _linear(layer.self_attention.linear[1], weights, f"{base}attention.output.dense")
    _norm(layer.self_attention.layer_norm, weights, f"{base}attention.output.LayerNorm")
    _linear(layer.ffn.linear_0, weights, f"{base}intermediate.dense")
    _linear(layer.ffn.linear_1, weights, f"{base}output.dense")
    _norm(layer.ffn.layer_norm, weights, f"{base}output.LayerNorm")


def _linear(spec: common_spec.LinearSpec, weights: Mapping[str, Array], name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: common_spec.LayerNormSpec, weights: Mapping[str, Array], name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

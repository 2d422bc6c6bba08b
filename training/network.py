"""The network that is trained: all-mpnet-base-v2 as it came, low-rank changes to it, and a layer that names categories.

MPNet: Song et al. 2020. Low-rank adaptation (LoRA): Hu et al. 2021. Written for this one shape of model, so that
training needs nothing but torch.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.classifier.encoder import buckets
from workers.classifier.graph import BY_DISTANCE, EPSILON, FIRST_PLACE, HEADS, LAYERS, WIDTH

LEFT_ALONE = 4  # the lowest layers, which know words and grammar: changing them as well takes a fifth longer to train
ATTENTION = {"query": "q", "key": "k", "value": "v", "out": "o"}  # our names, the makers'
NOT_SEEN = -1e4  # added to attention where there is no token; fits half precision


@dataclass(frozen=True)
class Shape:
    """What is chosen about the changes and the last layer."""

    features: int
    outputs: int
    rank: int
    dropout: float


class Changed(nn.Module):
    """A frozen linear layer plus a trained low-rank change: W + up @ down * scale."""

    def __init__(self, weight: Tensor, bias: Tensor, *, rank: int, scale: float = 2.0) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        change = functional.linear(functional.linear(x, self.down), self.up)
        return functional.linear(x, self.weight, self.bias) + change * self.scale


class Layer(nn.Module):
    def __init__(self, weights: Mapping[str, Tensor], number: int, shape: Shape) -> None:
        super().__init__()
        base = f"encoder.layer.{number}."

        def linear(name: str) -> Changed:
            changed = Changed(weights[f"{base}{name}.weight"], weights[f"{base}{name}.bias"], rank=shape.rank)
            return changed.requires_grad_(number >= LEFT_ALONE)

        for ours, theirs in ATTENTION.items():
            setattr(self, ours, linear(f"attention.attn.{theirs}"))
        self.wide, self.narrow = linear("intermediate.dense"), linear("output.dense")
        self.attended, self.fed = (
            _norm(weights, f"{base}{name}") for name in ("attention.LayerNorm", "output.LayerNorm")
        )
        self.dropout = shape.dropout

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.attended(x + self._drop(self.out(self._attend(x, bias))).float())
        return self.fed(x + self._drop(self.narrow(functional.gelu(self.wide(x)))).float())

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, _ = x.shape
        parts = (self.query(x), self.key(x), self.value(x))
        query, key, value = (part.view(batch, length, HEADS, -1).transpose(1, 2) for part in parts)
        heard = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        return heard.transpose(1, 2).reshape(batch, length, WIDTH)


class Network(nn.Module):
    """Token ids of windows in, logits per sentence and output out."""

    def __init__(self, weights: Mapping[str, Tensor], shape: Shape) -> None:
        super().__init__()
        self.register_buffer("word", weights["embeddings.word_embeddings.weight"])
        self.register_buffer("place", weights["embeddings.position_embeddings.weight"][FIRST_PLACE:])
        self.register_buffer("by_distance", weights[BY_DISTANCE])
        self.norm = _norm(weights, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer(weights, number, shape) for number in range(LAYERS))
        self.dropout = shape.dropout
        self.head = nn.Linear(WIDTH + shape.features, shape.outputs)

    def forward(self, ids: Tensor, mask: Tensor, pool: Tensor, features: Tensor) -> Tensor:
        """`ids`, `mask`: [windows, tokens]; `pool`: [sentences, windows * tokens], rows sum to 1."""
        length = ids.shape[1]
        x = self.norm(self.word[ids] + self.place[:length])
        bias = self.by_distance[torch.from_numpy(buckets(length))].permute(2, 0, 1)[None]
        bias = bias.masked_fill(~mask[:, None, None, :], NOT_SEEN)
        for layer in self.layers:
            x = layer(x, bias)
        sentences = functional.dropout(pool @ x.float().reshape(-1, WIDTH), self.dropout, self.training)
        return self.head(torch.cat([sentences, features], dim=1))

    def changed(self) -> Iterator[tuple[str, Changed]]:
        """Every changed layer with the name its weight has in the makers' file."""
        names = {ours: f"attention.attn.{theirs}" for ours, theirs in ATTENTION.items()}
        names |= {"wide": "intermediate.dense", "narrow": "output.dense"}
        for number, layer in enumerate(self.layers[LEFT_ALONE:], LEFT_ALONE):
            for ours, theirs in names.items():
                yield f"encoder.layer.{number}.{theirs}", getattr(layer, ours)


def _norm(weights: Mapping[str, Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(WIDTH, eps=EPSILON)
    norm.load_state_dict({part: weights[f"{name}.{part}"] for part in ("weight", "bias")})
    return norm.requires_grad_(requires_grad=False)

"""The network that is trained: all-MiniLM-L6-v2 as it came, low-rank changes to it, and a layer that names categories.

BERT: Devlin et al. 2019. Low-rank adaptation (LoRA): Hu et al. 2021. Written for this one shape of model, so that
training needs nothing but torch.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS, HEADS, WIDTH, EPSILON = 6, 12, 384, 1e-12


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
        return (
            functional.linear(x, self.weight, self.bias)
            + functional.linear(functional.linear(x, self.down), self.up) * self.scale
        )


class Layer(nn.Module):
    def __init__(self, weights: dict[str, Tensor], number: int, *, rank: int, dropout: float) -> None:
        super().__init__()
        base = f"encoder.layer.{number}."

        def linear(name: str) -> Changed:
            return Changed(weights[f"{base}{name}.weight"], weights[f"{base}{name}.bias"], rank=rank)

        self.query, self.key, self.value = (linear(f"attention.self.{name}") for name in ("query", "key", "value"))
        self.out = linear("attention.output.dense")
        self.wide, self.narrow = linear("intermediate.dense"), linear("output.dense")
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            for part in ("weight", "bias"):
                self.register_buffer(f"{name}.{part}".replace(".", "_"), weights[f"{base}{name}.{part}"])
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        drop = lambda y: functional.dropout(y, self.dropout, self.training)  # noqa: E731 - a word for what is done twice
        x = self._norm(x + drop(self.out(self._attend(x, mask))), "attention_output_LayerNorm")
        return self._norm(x + drop(self.narrow(functional.gelu(self.wide(x)))), "output_LayerNorm")

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        split = [part(x).view(batch, length, HEADS, -1).transpose(1, 2) for part in (self.query, self.key, self.value)]
        attended = functional.scaled_dot_product_attention(*split, attn_mask=mask[:, None, None, :])
        return attended.transpose(1, 2).reshape(batch, length, WIDTH)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(
            x, (WIDTH,), getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias"), EPSILON
        )


class Network(nn.Module):
    """Token ids of windows in, logits per sentence and output out."""

    def __init__(self, weights: dict[str, Tensor], *, features: int, outputs: int, rank: int, dropout: float) -> None:
        super().__init__()
        for name in ("word", "position", "token_type"):
            self.register_buffer(name, weights[f"embeddings.{name}_embeddings.weight"])
        self.register_buffer("norm_weight", weights["embeddings.LayerNorm.weight"])
        self.register_buffer("norm_bias", weights["embeddings.LayerNorm.bias"])
        self.layers = nn.ModuleList(Layer(weights, n, rank=rank, dropout=dropout) for n in range(LAYERS))
        self.dropout = dropout
        self.head = nn.Linear(WIDTH + features, outputs)

    def forward(self, ids: Tensor, mask: Tensor, pool: Tensor, features: Tensor) -> Tensor:
        """`ids`, `mask`: [windows, tokens]; `pool`: [sentences, windows * tokens], rows sum to 1."""
        places = self.position[: ids.shape[1]]
        x = functional.layer_norm(
            self.word[ids] + places + self.token_type[0], (WIDTH,), self.norm_weight, self.norm_bias, EPSILON
        )
        for layer in self.layers:
            x = layer(x, mask)
        sentences = pool @ x.reshape(-1, WIDTH)
        sentences = functional.dropout(sentences, self.dropout, self.training)
        return self.head(torch.cat([sentences, features], dim=1))

    def changed(self) -> Iterator[tuple[str, Changed]]:
        """Every changed layer with the name its weight has in the makers' file."""
        names = {
            "query": "attention.self.query",
            "key": "attention.self.key",
            "value": "attention.self.value",
            "out": "attention.output.dense",
            "wide": "intermediate.dense",
            "narrow": "output.dense",
        }
        for number, layer in enumerate(self.layers):
            for ours, theirs in names.items():
                yield f"encoder.layer.{number}.{theirs}", getattr(layer, ours)

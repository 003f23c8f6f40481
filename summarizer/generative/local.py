"""A model on this machine: sequence-to-sequence or causal, by Hugging Face id or folder (transformers)."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer.errors import GenerationFailed
from summarizer.generative.writer import LocalModel, messages_for, plain_prompt
from summarizer.model import Fallback

_ANSWER_TOKENS = 200
_MIN_INPUT_TOKENS, _MAX_INPUT_TOKENS = 64, 8192  # attention grows with the square of the input
_RETRY_AFTER_S = 600.0  # a model that failed to load is not loaded again for every article
_TOKENS_PER_SENTENCE = 40
_HEADLINE_TOKENS = 60


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory. transformers does not type its tokenizers and models."""

    tokenizer: Any
    model: Any
    is_seq2seq: bool
    device: str
    positions: int  # tokens that it can attend to; for a causal model, prompt and answer together
    prefix: str  # what T5 and similar models were trained to expect before a text

    def count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def prompt(self, text: str, headline: str, sentences: int) -> str:
        """The model's input: the bare text for a summarization model, otherwise instructions and the text."""
        if self.is_seq2seq:
            return f"{self.prefix}{text}"
        if not self.tokenizer.chat_template:
            return plain_prompt(text, headline=headline, sentences=sentences)
        messages = messages_for(text, headline=headline, sentences=sentences)
        return str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


class LocalWriter:
    """A `Writer`. Loads on first use, on the GPU if there is one; decoding is deterministic.

    One thread at a time uses the model; texts run in batches.
    """

    def __init__(self, choice: LocalModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._choice = choice
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._failed: tuple[float, GenerationFailed] | None = None

    @property
    def name(self) -> str:
        folder = Path(self._choice.name)
        return folder.name if folder.is_dir() else self._choice.name

    @property
    def max_input_tokens(self) -> int:
        loaded = self._load()
        if loaded.is_seq2seq:
            taken = loaded.count(loaded.prefix) + 2
        else:
            taken = loaded.count(loaded.prompt("", "", 9)) + _HEADLINE_TOKENS + _ANSWER_TOKENS
        return max(_MIN_INPUT_TOKENS, min(loaded.positions - taken, _MAX_INPUT_TOKENS))

    def count_tokens(self, text: str) -> int:
        return self._load().count(text)

    def write(self, texts: Sequence[str], *, headline: str, sentences: int) -> tuple[str, ...]:
        loaded = self._load()
        prompts = [loaded.prompt(text, headline, sentences) for text in texts]
        limit = max(8, min(_ANSWER_TOKENS, _TOKENS_PER_SENTENCE * sentences, loaded.positions // 2 - 2))
        answers: list[str] = []
        with self._lock:
            for start in range(0, len(prompts), self._choice.batch_size):
                answers += _generate(loaded, prompts[start : start + self._choice.batch_size], limit)
        return tuple(answers)

    def check(self) -> str:
        loaded = self._load()
        kind = "sequence-to-sequence" if loaded.is_seq2seq else "causal"
        return f"{self.name} ({kind}, on {loaded.device}, {self.max_input_tokens} tokens at a time)"

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                if self._failed and self._clock() - self._failed[0] < _RETRY_AFTER_S:
                    raise self._failed[1]
                try:
                    self._loaded = _load(self._choice.name)
                except GenerationFailed as error:
                    self._failed = self._clock(), error
                    raise
            return self._loaded


def _load(name: str) -> _Loaded:
    # Imported here: together they take seconds, and only generated briefs need them.
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    # Progress bars would draw over the terminal chat; failures are reported below, in one line.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call] # left untyped there
    transformers_logging.set_verbosity(logging.CRITICAL)
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        config = AutoConfig.from_pretrained(name)
        # A causal class would load from any folder, with random weights if the folder has none for it.
        is_seq2seq = bool(getattr(config, "is_encoder_decoder", False))
        family: Any = AutoModelForSeq2SeqLM if is_seq2seq else AutoModelForCausalLM
        tokenizer: Any = AutoTokenizer.from_pretrained(name)
        dtype = torch.float32 if device == "cpu" else "auto"
        model, report = family.from_pretrained(name, dtype=dtype, output_loading_info=True)
    except (OSError, ValueError, KeyError, ImportError, SafetensorError, RuntimeError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise _not_loaded(name, reason) from error
    if report["missing_keys"]:
        raise _not_loaded(name, "it has no weights for generating text (a model for another task?)")
    if not is_seq2seq:
        tokenizer.padding_side = "left"  # a causal model's answer has to follow its prompt directly
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tasks = getattr(config, "task_specific_params", None) or {}
    return _Loaded(
        tokenizer=tokenizer,
        model=model.eval().to(device),
        is_seq2seq=is_seq2seq,
        device=device,
        positions=_positions(config, tokenizer),
        prefix=str((tasks.get("summarization") or {}).get("prefix") or ""),
    )


def _not_loaded(name: str, reason: str) -> GenerationFailed:
    return GenerationFailed(f"the model {name} cannot be loaded: {reason}", reason=Fallback.NOT_LOADED)


def _positions(config: Any, tokenizer: Any) -> int:
    named = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions"))
    known = [n for n in (*named, tokenizer.model_max_length) if isinstance(n, int) and n < 10**9]
    return min(known, default=1024)


def _generate(loaded: _Loaded, prompts: Sequence[str], answer_tokens: int) -> list[str]:
    import torch

    tokens = loaded.tokenizer(
        list(prompts),
        padding="longest",
        truncation=True,
        max_length=loaded.positions - (0 if loaded.is_seq2seq else answer_tokens),
        # A chat template has added its own special tokens already.
        add_special_tokens=loaded.is_seq2seq or not loaded.tokenizer.chat_template,
        return_tensors="pt",
    ).to(loaded.device)
    if not loaded.is_seq2seq:
        tokens.pop("token_type_ids", None)
    with torch.inference_mode():
        made = loaded.model.generate(
            **tokens,
            do_sample=False,
            max_new_tokens=answer_tokens,
            max_length=None,
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
    own = made if loaded.is_seq2seq else made[:, tokens["input_ids"].shape[1] :]
    answers: list[str] = loaded.tokenizer.batch_decode(own, skip_special_tokens=True)
    return answers

"""Which model is to write, as values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A sequence-to-sequence or causal model that transformers loads."""

    name: str  # a hub id, or a folder
    batch_size: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be asked of a model in a day (UTC). None: any number."""

    requests: int | None = None
    tokens: int | None = None  # of prompts and answers together


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that speaks OpenAI's chat completions: vLLM, Ollama, a vendor's."""

    url: str  # up to and with "/v1"
    name: str  # of the model, there
    key: str | None = field(default=None, repr=False)
    window_tokens: int = 8192  # of prompt and answer
    timeout_s: float = 60.0  # for one answer, from connecting to its last byte
    budget: Budget = Budget()


ModelChoice = LocalModel | Endpoint

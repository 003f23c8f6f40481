"""The port to whatever writes, and the adapters behind it."""

from collections.abc import Sequence
from typing import Protocol

from summarizer.generative.ledger import Ledger
from summarizer.generative.model import Endpoint, ModelChoice


class Writer(Protocol):
    """Condenses texts. Every method but `name` raises NotWritten where the model cannot be had."""

    @property
    def name(self) -> str:
        """The model's, as readers and operators know it."""

    @property
    def window(self) -> int:
        """How much text one call can take, in tokens of the model's own."""

    def size(self, text: str) -> int:
        """How many of those tokens `text` takes; where that is not known, not less."""

    def write(self, texts: Sequence[str], *, headline: str, sentences: int) -> tuple[str, ...]:
        """Each text of an article in about so many sentences, as the model put it, in the order given.

        No text may be larger than `window`. The same texts give the same words, as far as the model can.
        """

    def check(self) -> str:
        """What is there, in a few words for `pullquote doctor`; spends no budget."""


def open_writer(choice: ModelChoice, ledger: Ledger) -> Writer:
    """The adapter for a model; nothing is loaded or asked yet. ledger: where budgets are kept."""
    # Imported here: a house whose briefs are extractive needs neither.
    if isinstance(choice, Endpoint):
        from summarizer.generative.endpoint import EndpointWriter

        return EndpointWriter(choice, ledger)
    from summarizer.generative.local import LocalWriter

    return LocalWriter(choice)

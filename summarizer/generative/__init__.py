"""Briefs that a model writes and the evidence check lets pass; nothing heavy is imported before its use."""

from summarizer.generative.model import Budget, Endpoint, LocalModel, ModelChoice
from summarizer.generative.summarizer import Generative
from summarizer.generative.writer import Writer, open_writer

__all__ = ["Budget", "Endpoint", "Generative", "LocalModel", "ModelChoice", "Writer", "open_writer"]

"""Passages that speak to a language model instead of to a reader: no news, and no evidence."""

import re

_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules|above|previous|directions)\b"
    r"|\b(?:system|developer) (?:prompt|message|instructions?)\b"
    r"|\byou are (?:now )?(?:an? )?(?:ai|assistant|language model|chatbot|llm)\b"
    r"|\bas an? (?:ai|language model)\b"
    r"|\b(?:dear|hey|attention|note to) (?:the )?(?:ai|bot|model|assistant|llm|summari[sz]er)s?\b"
    r"|\b(?:please|kindly|must|now) (?:write|say|reply|answer|output|respond|print|summari[sz]e)\b"
    r"|(?:\A|[.!?:]\s+)(?:write|say|reply|answer|output|respond|print)(?: only| just)?(?: that\b| with\b|:)"
    r"|<\|?/?(?:im_start|im_end|system|assistant|user|endoftext|article)\b"
    r"|\[/?INST\]|^\s*(?:system|assistant)\s*:",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


def speaks_to_a_model(passage: str) -> bool:
    """Whether a passage gives orders to whatever condenses it.

    A list of known phrases stops known tricks only. What gets past it is still held against the article.
    """
    return _TO_A_MODEL.search(passage) is not None

"""Prompt injection: text that gives instructions to a language model. It is no news and no evidence."""

import re

_INSTRUCTION = re.compile(
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


def is_prompt_injection(text: str) -> bool:
    """Whether a paragraph or headline gives instructions to a language model.

    Known phrases only. The evidence check still compares what a model writes with the article.
    """
    return _INSTRUCTION.search(text) is not None

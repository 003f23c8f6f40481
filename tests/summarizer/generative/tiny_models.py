"""Models small enough to make here. Each knows one sentence of words that all differ, and says it always.

Nothing is trained but the tokenizer: a word's vector is its own, every layer adds nothing to it, and the head
maps each word of the sentence to the one behind it, and every other word to the first.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

_BOS, _PAD, _EOS, _UNK = range(4)
_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def save_seq2seq(folder: Path, *, says: str, corpus: str, positions: int = 512) -> None:
    """A BART that answers `says`."""
    tokenizer = _tokenizer(f"{says}\n{corpus}", positions)
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=len(tokenizer),
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=1,
        decoder_attention_heads=1,
        encoder_ffn_dim=8,
        decoder_ffn_dim=8,
        max_position_embeddings=positions,
        tie_word_embeddings=False,
        bos_token_id=_BOS,
        pad_token_id=_PAD,
        eos_token_id=_EOS,
        decoder_start_token_id=_EOS,
        forced_eos_token_id=None,
    )
    model = BartForConditionalGeneration(config)
    _say(model, tokenizer, says, starts_with=_EOS)
    _save(model, tokenizer, folder)


def save_causal(
    folder: Path, *, says: str, corpus: str, positions: int = 1024, chat_template: str | None = None
) -> None:
    """A GPT-2 that goes on with `says`."""
    tokenizer = _tokenizer(f"{says}\n{corpus}", positions)
    tokenizer.chat_template = chat_template
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=len(tokenizer),
        n_inner=8,
        n_layer=1,
        n_head=1,
        n_positions=positions,
        tie_word_embeddings=False,
        bos_token_id=_BOS,
        pad_token_id=_PAD,
        eos_token_id=_EOS,
    )
    model = GPT2LMHeadModel(config)
    _say(model, tokenizer, says, starts_with=None)
    _save(model, tokenizer, folder)


def save_encoder(folder: Path, *, corpus: str) -> None:
    """A BERT: no model that writes."""
    tokenizer = _tokenizer(corpus, 128)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    _save(BertModel(config), tokenizer, folder)


def _say(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, says: str, *, starts_with: int | None
) -> None:
    """starts_with: what the model generates behind at first; None: any word."""
    ids = tokenizer(says, add_special_tokens=False)["input_ids"]
    if len(set(ids)) < len(ids):
        raise ValueError("a word stands in it twice")
    size = len(tokenizer)
    head = torch.zeros(size, size)
    head[ids[0], :] = 1.0
    for now, following in zip(ids, [*ids[1:], _EOS], strict=True):
        head[:, now] = 0.0
        head[following, now] = 1.0
    if starts_with is not None:
        head[:, starts_with] = 0.0
        head[ids[0], starts_with] = 1.0
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lm_head" in name:
                weights.copy_(head)
            elif name.endswith(("shared.weight", "embed_tokens.weight", "wte.weight")):
                weights.copy_(torch.eye(size))
            elif ("norm" in name or ".ln_" in name) and name.endswith(".weight"):
                weights.fill_(1.0)
            else:
                weights.zero_()


def _tokenizer(corpus: str, positions: int) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator([corpus], trainers.WordLevelTrainer(special_tokens=_SPECIAL))
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # transformers leaves it untyped
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=positions,
    )


def _save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)

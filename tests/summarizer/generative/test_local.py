"""Models that the tests make and save, loaded and run by the code that loads any other."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.defaults import sample_article
from summarizer.errors import GenerationFailed
from summarizer.extractive import Extractive
from summarizer.generative import Generative, LocalModel
from summarizer.generative.chunks import split_article
from summarizer.generative.local import LocalWriter
from summarizer.model import Fallback
from tests.summarizer import made
from tests.summarizer.generative.tiny_models import save_causal, save_encoder, save_seq2seq

TRUE = "Jim Mattis ruled out any military collaboration between the US and Russia."
FALSE = "Sergei Shoigu ruled out any military collaboration between the US and Germany."
CORPUS = sample_article().path.read_text("utf-8")
ARTICLE = made.article(
    "United States Secretary of Defense Jim Mattis on Thursday ruled out any military collaboration between "
    "the US and Russia.",
    "Russian Defense Minister Sergei Shoigu said Moscow is ready to restore cooperation with the Pentagon.",
    headline="Mattis Rules Out Military Collaboration with Russia",
)
CHAT_TEMPLATE = "{% for m in messages %}<s> {{ m.role }} : {{ m.content }}\n{% endfor %}<s> assistant :"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_seq2seq(folder / "bart", says=TRUE, corpus=CORPUS)
    save_seq2seq(folder / "liar", says=FALSE, corpus=f"{CORPUS} Germany")
    save_seq2seq(folder / "short", says=TRUE, corpus=CORPUS, positions=80)
    save_causal(folder / "gpt", says=TRUE, corpus=CORPUS)
    save_causal(folder / "chat", says=TRUE, corpus=CORPUS, chat_template=CHAT_TEMPLATE)
    save_encoder(folder / "bert", corpus=CORPUS)
    return folder


def generative(model: Path) -> Generative:
    return Generative(writer=LocalWriter(LocalModel(name=str(model))), extractive=Extractive(), encode=None)


@pytest.mark.parametrize("name", ["bart", "gpt", "chat"])
def test_any_kind_of_model_writes(folder: Path, name: str) -> None:
    brief = generative(folder / name).brief(ARTICLE, ())
    assert (brief.model, brief.fallback) == (name, None)
    assert brief.bullets[0].text == TRUE
    assert (brief.bullets[0].generated, brief.bullets[0].evidence) == (True, (0,))


def test_an_invention_of_a_local_model_is_not_shown(folder: Path) -> None:
    brief = generative(folder / "liar").brief(ARTICLE, ())
    assert (brief.model, brief.fallback) == (None, Fallback.UNSUPPORTED)
    assert FALSE not in {bullet.text for bullet in brief.bullets}


@pytest.mark.parametrize(
    ("name", "kind"), [("bart", "sequence-to-sequence"), ("gpt", "causal"), ("chat", "causal")]
)
def test_a_model_says_what_it_is(folder: Path, name: str, kind: str) -> None:
    assert LocalWriter(LocalModel(name=str(folder / name))).check().startswith(f"{name} ({kind}, on ")


def test_a_long_article_is_summarized_in_batches_of_chunks_that_fit(folder: Path) -> None:
    writer = LocalWriter(LocalModel(name=str(folder / "short"), batch_size=2))
    long = made.article(*CORPUS.split("\n\n")[12:40])
    parts = split_article(long, writer.count_tokens, max_tokens=writer.max_input_tokens)
    assert len(parts) > 2
    assert max(map(writer.count_tokens, parts)) <= writer.max_input_tokens <= 80
    assert len(writer.write(parts, headline="", sentences=2)) == len(parts)
    assert generative(folder / "short").brief(ARTICLE, ()).model == "short"


def test_the_same_texts_give_the_same_words_alone_and_in_a_batch(folder: Path) -> None:
    writer = LocalWriter(LocalModel(name=str(folder / "gpt"), batch_size=3))
    texts = [CORPUS[:200], CORPUS[200:900], CORPUS[900:1000]]
    together = writer.write(texts, headline="", sentences=2)
    assert together == tuple(writer.write([text], headline="", sentences=2)[0] for text in texts)


@pytest.mark.parametrize(
    ("name", "complaint"), [("bert", "no weights for generating text"), ("nothing", "cannot be loaded")]
)
def test_a_model_that_cannot_write_is_an_error_of_one_line(folder: Path, name: str, complaint: str) -> None:
    (folder / "nothing").mkdir(exist_ok=True)
    with pytest.raises(GenerationFailed, match=complaint) as caught:
        LocalWriter(LocalModel(name=str(folder / name))).check()
    assert caught.value.reason is Fallback.NOT_LOADED
    assert "\n" not in str(caught.value)


def test_a_model_that_failed_to_load_is_loaded_again_only_after_a_while(tmp_path: Path) -> None:
    now = [0.0]
    writer = LocalWriter(LocalModel(name=str(tmp_path / "late")), clock=lambda: now[0])
    (tmp_path / "late").mkdir()
    with pytest.raises(GenerationFailed):
        writer.check()
    save_seq2seq(tmp_path / "late", says=TRUE, corpus=CORPUS)
    with pytest.raises(GenerationFailed):
        writer.check()
    now[0] = 601.0
    assert writer.check()


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_one_line() -> None:
    code = (
        "from summarizer.generative.local import LocalWriter\n"
        "from summarizer.generative import LocalModel\n"
        "from summarizer.errors import GenerationFailed\n"
        "try: LocalWriter(LocalModel(name='nobody/no-such-model')).check()\n"
        "except GenerationFailed as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"HF_HUB_OFFLINE": "1", "PATH": "", "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("the model nobody/no-such-model cannot be loaded: ")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.slow
def test_nothing_heavy_is_imported_before_a_model_is_used() -> None:
    code = (
        "import sys, bot.app.application, summarizer.generative, summarizer.evidence\n"
        "from summarizer.generative import LocalModel, open_writer\n"
        "from summarizer.generative.ledger import RefusingLedger\n"
        "open_writer(LocalModel(name='somebody/some-model'), RefusingLedger())\n"
        "print(sorted({'torch', 'transformers'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"

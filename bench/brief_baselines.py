"""The baselines of the briefs: the article's beginning, sumy's rankers, hand-set weights, and an oracle."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from summarizer.extractive.word_model import NAMES, FloatArray, WordModel, WordTable
from summarizer.text.sentences import split_sentences

Predictor = Callable[[Mapping[str, Any]], str]  # an article with `text`, for the oracle also `summary`

BUDGET_WORDS = 60  # the scorer reads no further
_WORD = re.compile(r"\w+(?:[’'-]\w+)*")


class MissingDependency(Exception):
    """A baseline needs a package that is not installed; the message says which."""


class SumySummarizer(Protocol):
    def __call__(self, document: Any, sentences_count: int) -> Sequence[Any]:
        """The best sentences of a sumy document, in its order."""


def lead(article: Mapping[str, Any]) -> str:
    """The first 60 words, cut in mid-sentence as the scorer cuts them: the strongest simple baseline."""
    return " ".join(article["text"].split()[:BUDGET_WORDS])


def lead_sentences(article: Mapping[str, Any]) -> str:
    """The first sentences that fit whole into 60 words: what a reader could be shown."""
    sentences = [span.of(article["text"]) for span in split_sentences(article["text"])]
    taken = sentences[:1]
    for sentence in sentences[1:]:
        if len(" ".join([*taken, sentence]).split()) > BUDGET_WORDS:
            break
        taken.append(sentence)
    return " ".join(taken)


def hand_set_model() -> WordModel:
    """What a newsroom knows without data: an editor keeps names, and what is said early and often."""
    return WordModel(WordTable(seen={}, kept={}, articles=0), hand_set_log_odds)


def hand_set_log_odds(features: FloatArray) -> FloatArray:
    """As `Networks.log_odds`."""
    by_name = dict(zip(NAMES, features.T, strict=True))
    odds: FloatArray = (
        -3.0
        + 0.5 * by_name["log count"]
        + 2.0 * by_name["nearness to the top, mean"]
        + 0.6 * by_name["in sentence 1"]
        + 0.7 * by_name["capitalised, share"]
    )
    return odds


def sumy_predictor(algorithm: str) -> Predictor:
    """sumy's `LexRank` or `TextRank` with its English stemmer and stop words, filled up to 60 words.

    Sentences are cut by our own splitter: sumy's needs a model that it downloads. Raises MissingDependency.
    """
    try:
        from sumy.nlp.stemmers import Stemmer
        from sumy.parsers.plaintext import PlaintextParser
        from sumy.summarizers.lex_rank import LexRankSummarizer
        from sumy.summarizers.text_rank import TextRankSummarizer
        from sumy.utils import get_stop_words
    except ImportError as error:
        raise MissingDependency(f"not measured: {error}; pip install 'sumy>=0.11'") from error
    chosen = {"LexRank": LexRankSummarizer, "TextRank": TextRankSummarizer}[algorithm]
    summarizer = chosen(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    tokenizer = _Tokenizer()

    def predict(article: Mapping[str, Any]) -> str:
        document = PlaintextParser.from_string(article["text"], tokenizer).document
        return _filled(summarizer, document)

    return predict


def _filled(summarizer: SumySummarizer, document: Any) -> str:
    """As many of the best sentences as it takes to fill the budget, in the article's order."""
    brief = ""
    for count in range(1, len(document.sentences) + 1):
        brief = " ".join(str(sentence) for sentence in summarizer(document, count))
        if len(brief.split()) >= BUDGET_WORDS:
            break
    return brief


class _Tokenizer:
    """The two methods that sumy calls."""

    def to_sentences(self, paragraph: str) -> tuple[str, ...]:
        return tuple(span.of(paragraph) for span in split_sentences(paragraph))

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(_WORD.findall(sentence))


def oracle_predictor() -> Predictor:
    """The sentences that raise ROUGE-1 F1 most, taken greedily by one who sees the highlights: a ceiling.

    After Nallapati et al. (2017), SummaRuNNer. Raises MissingDependency.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingDependency(f"not measured: {error}; pip install rouge-score") from error
    scorer = RougeScorer(["rouge1"], use_stemmer=True)

    def predict(article: Mapping[str, Any]) -> str:
        def gain(brief: str) -> float:
            return float(scorer.score(article["summary"], brief)["rouge1"].fmeasure)

        sentences = [span.of(article["text"]) for span in split_sentences(article["text"])]
        chosen: list[int] = []
        best = 0.0
        while True:
            left = [i for i in range(len(sentences)) if i not in chosen]
            tried = [(_cut(sentences, [*chosen, i]), i) for i in left]
            score, i = max(((gain(brief), i) for brief, i in tried), default=(0.0, -1))
            if score <= best:
                return _cut(sentences, chosen)
            best = score
            chosen.append(i)

    return predict


def _cut(sentences: Sequence[str], chosen: Sequence[int]) -> str:
    return " ".join(" ".join(sentences[i] for i in sorted(chosen)).split()[:BUDGET_WORDS])

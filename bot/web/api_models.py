"""The JSON of the API as models, from which its description is made. Answers are written by `bot.output`."""

from typing import Literal

from pydantic import BaseModel, Field

from corpus.models import AnswerKind, BlockKind, Condition, Confidence, MarkKind

ISO = "ISO 8601, in UTC, to the second."
Span = tuple[int, int]


class ArticleModel(BaseModel):
    """An article without its text."""

    id: str = Field(description="Opaque and stable.")
    path: str = Field(description="Path of its post below the archive's folder.")
    title: str
    url: str | None = Field(description="Where it was published.")
    published: str | None = Field(description=ISO)
    author: str | None
    categories: list[str] = Field(description="From the widest to the narrowest.")


class BlockModel(BaseModel):
    """What a paragraph was in the post."""

    kind: BlockKind
    level: int = Field(
        description="Of a heading 1 to 6 (0: a line in bold), of a list's item its depth from 1, of a row 1 "
        "if it is a table's head; else 0."
    )


class MarkModel(BaseModel):
    """A stretch of a paragraph that is marked up, or a picture that stands before `start`."""

    paragraph: int
    start: int = Field(description="First code point of the paragraph's text.")
    end: int = Field(description="Code point after the last.")
    kind: MarkKind
    target: str | None = Field(description="Address of a link or a picture.")
    alt: str | None = Field(description="Description of a picture.")


class ArticleTextModel(ArticleModel):
    """A whole article."""

    paragraphs: list[str] = Field(description="Plain text.")
    image: str | None = Field(description="Address of the picture at its head.")
    blocks: list[BlockModel] = Field(description="One for each paragraph.")
    marks: list[MarkModel]


class PassageModel(BaseModel):
    """A passage: consecutive paragraphs of an article, as they are searched and shown."""

    id: str
    ordinal: int = Field(description="Position in the article, from 0; its page is /a/{article}#p{ordinal}.")
    text: str


class HitModel(BaseModel):
    """An article that was found, with its best passage."""

    article: ArticleModel
    passage: PassageModel
    sentences: list[Span] = Field(description="Answering sentences: code points of the passage's text.")
    highlights: list[Span] = Field(description="Words of the question: code points of the passage's text.")
    score: float = Field(description="Comparable within one answer only.")
    more_in_article: int
    same_story: list[str] = Field(description="Ids of articles that tell the same.")


class FiltersModel(BaseModel):
    """What a question was narrowed to."""

    category: str | None
    author: str | None
    since: str | None
    until: str | None
    phrases: list[str]
    excluded: list[str]


class UnmetModel(BaseModel):
    """A filter that nothing passes; the question was answered without it."""

    condition: Condition
    value: str
    nearest: list[str]


class AnswerModel(BaseModel):
    """An answer. `hits` are filled with the nearest there are, whatever the confidence."""

    id: None
    question: str
    kind: AnswerKind
    confidence: Confidence
    score: float = Field(ge=0, le=1)
    answer: str | None = Field(description="The answering sentences, or what is said in words.")
    total: int | None = Field(description="Number of articles of a list or a count.")
    filters: FiltersModel
    unmet: list[UnmetModel]
    suggestions: list[str]
    hits: list[HitModel]
    milliseconds: float
    parts: list["AnswerModel"] = Field(description="For several questions in one text, the answer to each.")
    previous: None


class LatestModel(BaseModel):
    """The newest articles, and the number of all."""

    articles: list[ArticleModel]
    total: int


class CategoryModel(BaseModel):
    """A category with all below it."""

    id: str
    name: str
    path: list[str]
    articles: int = Field(description="Number of articles in it and below.")
    children: list["CategoryModel"]


class CountModel(BaseModel):
    """A period of a trend."""

    start: str = Field(description="First day.")
    articles: int


class TrendModel(BaseModel):
    """How many articles contain some words, by periods; those without articles are included."""

    words: str
    by: Literal["week", "month"]
    from_: str | None = Field(alias="from", description="First day of the first period.")
    to: str | None = Field(description="First day of the last period.")
    counts: list[CountModel]


class ErrorDetail(BaseModel):
    """Why a request was not answered."""

    code: Literal["bad_request", "not_found", "method_not_allowed", "too_long", "too_many", "busy", "failed"]
    message: str


class ErrorModel(BaseModel):
    """The body of every error."""

    error: ErrorDetail

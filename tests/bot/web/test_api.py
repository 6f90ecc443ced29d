"""The API over HTTP: the JSON of the command line, as its description says, and errors in words."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot import output
from bot.web.api_models import (
    AnswerModel,
    ArticleTextModel,
    CategoryModel,
    ErrorModel,
    LatestModel,
    TrendModel,
)
from bot.web.options import SiteOptions
from corpus import Corpus, IndexUnavailableError
from tests.bot.web.sites import article_id, parse, served, shown

Api = tuple[httpx.AsyncClient, Corpus]

MODELS: dict[str, Any] = {
    "/api/ask": AnswerModel,
    "/api/latest": LatestModel,
    "/api/categories": list[CategoryModel],
    "/api/articles/{id}": ArticleTextModel,
    "/api/trend": TrendModel,
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with served(tmp_path) as (client, corpus):
        yield client, corpus


def check(kind: Any, value: Any) -> None:
    """The JSON has the words of its model, all of them and no others."""
    adapter = TypeAdapter[Any](kind)
    assert adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True) == value


async def test_each_answer_has_the_words_of_its_description(api: Api) -> None:
    client, corpus = api
    paths = [
        ("/api/ask", "/api/ask?q=望江大桥什么时候恢复通行"),
        ("/api/ask", "/api/ask?q=望江大桥什么时候恢复通行？半亩茶饮涨了多少？"),
        ("/api/ask", "/api/ask?q=分类:没有 茶"),
        ("/api/latest", "/api/latest"),
        ("/api/categories", "/api/categories"),
        ("/api/articles/{id}", f"/api/articles/{article_id(corpus, '望江大桥')}"),
        ("/api/trend", "/api/trend?q=半亩茶饮"),
        ("/api/trend", "/api/trend?q=无此词"),
    ]
    for kind, path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        check(MODELS[kind], answer.json())


async def test_answers_are_those_of_the_command_line(api: Api) -> None:
    client, corpus = api
    bridge = article_id(corpus, "望江大桥")
    text = corpus.article(bridge)
    assert text is not None
    assert (await client.get(f"/api/articles/{bridge}")).json() == output.article_text(text)
    page = corpus.latest(limit=2, offset=1)
    assert (await client.get("/api/latest?limit=2&offset=1")).json() == output.latest(page)
    roots = [output.category(root) for root in corpus.categories()]
    assert (await client.get("/api/categories")).json() == roots
    asked = (await client.get("/api/ask", params={"q": "望江大桥什么时候恢复双向通行", "limit": 1})).json()
    assert asked["confidence"] == "answer"
    [hit] = asked["hits"]
    [start, end] = hit["sentences"][0]
    assert "1月5日" in hit["passage"]["text"][start:end]


async def test_filters_narrow_and_wrong_ones_are_refused_in_words(api: Api) -> None:
    client, _ = api
    asked = (
        await client.get("/api/ask?q=半亩茶饮&category=金融&author=江城日报&since=2022-06&until=2022")
    ).json()
    assert [hit["article"]["title"] for hit in asked["hits"]] == ["半亩茶饮上市首日涨两成"]
    assert (asked["filters"]["since"], asked["filters"]["until"]) == ("2022-06-01", "2022-12-31")
    wrong = {
        "/api/ask": "q",
        "/api/ask?q=": "q",
        "/api/ask?q=%20%00": "q",
        "/api/ask?q=a&category=没有这个": "没有这个",
        "/api/ask?q=a&author=没有此人": "没有此人",
        "/api/ask?q=a&since=某天": "since",
        "/api/ask?q=a&since=2022&until=2021": "until",
        "/api/ask?q=a&limit=0": "limit",
        "/api/ask?q=a&limit=51": "limit",
        "/api/ask?q=a&limit=x": "limit",
        "/api/latest?offset=-1": "offset",
        "/api/latest?limit=" + "9" * 5_000: "limit",
        "/api/latest?category=没有这个": "没有这个",
        "/api/trend?q=a&by=day": "by",
    }
    for path, named in wrong.items():
        answer = await client.get(path)
        assert answer.status_code == 400, path
        check(ErrorModel, answer.json())
        assert answer.json()["error"]["code"] == "bad_request"
        assert named in answer.json()["error"]["message"], path


async def test_errors_have_one_form(api: Api) -> None:
    client, _ = api
    requests: list[tuple[str, str, int, str]] = [
        ("GET", "/api/articles/" + "a" * 11, 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/ask/", 404, "not_found"),
        ("POST", "/api/ask?q=a", 405, "method_not_allowed"),
        ("DELETE", "/api/latest", 405, "method_not_allowed"),
        ("GET", "/api/ask?q=" + "a" * 1_001, 413, "too_long"),
        ("GET", "/api/trend?q=" + "a" * 101, 413, "too_long"),
        ("GET", "/api/latest?category=" + "a" * 201, 413, "too_long"),
    ]
    for method, path, status, code in requests:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), path
        check(ErrorModel, answer.json())
        assert (answer.headers.get("Allow") == "GET, HEAD") == (status == 405)
        assert answer.headers["Cache-Control"] == "no-store"
    answer = await client.request("GET", "/api/latest", content=b"body")
    assert answer.json()["error"]["code"] == "too_long"


async def test_who_asks_too_much_is_told_in_json(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://news.example.org")
    headers = {"X-Forwarded-For": "203.0.113.7"}
    async with served(tmp_path, options=options) as (client, _):
        answers = await asyncio.gather(*(client.get("/api/trend?q=半亩", headers=headers) for _ in range(60)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    for answer in refused:
        check(ErrorModel, answer.json())
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(IndexUnavailableError("being made"), 503, "busy"), (RuntimeError("inner words"), 500, "failed")],
)
async def test_what_cannot_be_read_is_told_without_inner_words(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    client, _ = api
    monkeypatch.setattr(Corpus, "latest", fail)
    answer = await client.get("/api/latest")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "inner words" not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_programs_may_ask_whether_there_is_news(api: Api) -> None:
    client, _ = api
    first = await client.get("/api/latest")
    again = await client.get("/api/latest", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/api/latest?limit=1", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    head = await client.head("/api/latest")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_private_archive_is_not_for_other_sites(tmp_path: Path) -> None:
    async with served(tmp_path, options=SiteOptions(is_public=False)) as (client, _):
        assert "Access-Control-Allow-Origin" not in (await client.get("/api/latest")).headers


async def test_where_whole_texts_are_not_shown_the_api_gives_a_beginning(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://news.example.org", whole_texts=False)
    async with served(tmp_path, options=options) as (client, corpus):
        answer = (await client.get(f"/api/articles/{article_id(corpus, '望江大桥')}")).json()
    check(ArticleTextModel, answer)
    assert len(answer["paragraphs"]) == 1
    assert len(answer["paragraphs"][0]) <= 300


async def test_the_page_about_the_api_names_every_call_and_parameter_without_script(api: Api) -> None:
    client, _ = api
    description = (await client.get("/api/openapi.json")).json()
    assert set(description["paths"]) == set(MODELS)
    page = await client.get("/api/docs")
    tree = parse(page.text)
    assert not list(tree.iter("script"))
    written = shown(tree, ".//main")
    for path, call in description["paths"].items():
        assert f"GET {path}" in written
        assert all(one["name"] in written for one in call["get"].get("parameters", []))


async def test_below_a_path_the_description_says_where(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://example.org/news")
    async with served(tmp_path, options=options) as (client, _):
        description = (await client.get("/news/api/openapi.json")).json()
        assert description["servers"] == [{"url": "/news"}]
        assert (await client.get("/news/api/latest")).status_code == 200


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Values that a parameter may have by its description, beside all that it may not."""
    kinds = [st.text(max_size=30), st.text(min_size=190, max_size=1_100), st.just("")]
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "integer":
            kinds += [st.integers(one["minimum"], one["maximum"]).map(str), st.integers().map(str)]
        kinds += [st.sampled_from(one["enum"])] if "enum" in one else []
    return st.one_of(
        st.sampled_from(["金融", "江城日报", "2022-06", "望江大桥", "半亩 -茶", "\ud800\x00"]), *kinds
    )


def test_whatever_is_asked_gets_what_the_description_promises(tmp_path: Path) -> None:
    """Every parameter of every call with every kind of value: an answer or an error of the described form."""
    loop = asyncio.new_event_loop()
    run: Callable[[Coroutine[Any, Any, Any]], Any] = loop.run_until_complete
    context = served(tmp_path)
    client, _ = run(context.__aenter__())
    calls = run(client.get("/api/openapi.json")).json()["paths"]

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(calls)))
        address, query = path, []
        for one in calls[path]["get"].get("parameters", []):
            value = data.draw(values_of(one["schema"]), label=one["name"])
            written = value.encode("utf-8", "surrogatepass")
            if one["in"] == "path":
                address = address.replace("{id}", percent(written))
            elif one["required"] or data.draw(st.booleans()):
                query.append(f"{one['name']}={percent(written)}")
        answer = run(client.get(f"{address}?{'&'.join(query)}"))
        described = calls[path]["get"]["responses"]
        assert str(answer.status_code) in described, answer.text
        check(MODELS[path] if answer.status_code == 200 else ErrorModel, json.loads(answer.text))

    try:
        ask()
    finally:
        run(context.__aexit__(None, None, None))
        run(loop.shutdown_default_executor())
        loop.close()


def percent(written: bytes) -> str:
    """Write bytes in an address."""
    return "".join(f"%{byte:02X}" for byte in written)

"""The commands of `baotong` as people and programs use them."""

import json
import os
import resource
import subprocess
import sys
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.assertions import assert_all
from tests.bot.command_line import Baotong, in_terminal, one_line
from tests.botapi.harness import PROJECT

ANSWER_KEYS = [
    "id",
    "question",
    "kind",
    "confidence",
    "score",
    "answer",
    "total",
    "filters",
    "unmet",
    "suggestions",
    "hits",
    "milliseconds",
    "parts",
    "previous",
]
HIT_KEYS = ["article", "passage", "sentences", "highlights", "score", "more_in_article", "same_story"]
ARTICLE_KEYS = ["id", "path", "title", "url", "published", "author", "categories"]


def test_an_answer_in_json_has_exactly_the_promised_words(indexed: Baotong) -> None:
    answer = indexed.json("ask", "临江大桥什么时候通车", "--json")
    assert list(answer) == ANSWER_KEYS
    assert list(answer["filters"]) == ["category", "author", "since", "until", "phrases", "excluded"]
    hit = answer["hits"][0]
    assert list(hit) == HIT_KEYS
    assert list(hit["article"]) == ARTICLE_KEYS
    assert list(hit["passage"]) == ["id", "ordinal", "text"]
    assert hit["article"]["title"] == "临江大桥十月一日零时通车"
    assert hit["article"]["published"] == "2026-09-20T00:00:00Z"
    text = hit["passage"]["text"]
    assert "".join(text[start:end] for start, end in hit["sentences"]) == answer["answer"]
    assert_all(hit["highlights"], lambda span: 0 <= span[0] < span[1] <= len(text))


def test_conditions_that_nothing_meets_are_in_the_json(indexed: Baotong) -> None:
    answer = indexed.json("ask", '分类:城市栏目 作者:没有这家 临江大桥 "没有这句话" -地铁', "--json")
    assert answer["filters"]["category"] is answer["filters"]["author"] is None
    assert answer["filters"]["excluded"] == ["地铁"]
    assert answer["unmet"] == [
        {"condition": "category", "value": "城市栏目", "nearest": ["城市"]},
        {"condition": "author", "value": "没有这家", "nearest": []},
        {"condition": "phrase", "value": "没有这句话", "nearest": []},
    ]
    assert indexed.json("ask", "分类:城市 临江大桥", "--json")["unmet"] == []


def test_offsets_count_code_points_of_the_original_text(tmp_path: Path) -> None:
    text = "𠮷野家😀在临江开了第一家分店。店长叫𡈽屋，每天六点开门，雨天也不例外。"
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/a.md").write_text(f"---\ntitle: 新店\n---\n<p>{text}</p>", encoding="utf-8")
    answer = Baotong(tmp_path, tmp_path / "posts").json("ask", "店长每天几点开门", "--json")
    [hit] = answer["hits"]
    assert hit["passage"]["text"] == text
    assert "".join(text[start:end] for start, end in hit["sentences"]) == answer["answer"]
    assert {text[start:end] for start, end in hit["highlights"]} >= {"店长", "开门"}


def test_published_is_utc_or_null_and_url_is_canonical_or_null(tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    posts.mkdir()
    for name, lines in {
        "1": "title: 123456789\ndate: Thu, 30 Dec 2021 06:52:50 GMT",
        "2": "title: 二\ndate: 2021-12-30 08:00:00\nlink: https://example.org/二",
        "3": "title: 三\nlink: javascript:alert(1)",
    }.items():
        (posts / f"{name}.md").write_text(f"---\n{lines}\n---\n正文", encoding="utf-8")
    site = {"SITE_URL": "https://news.example.org/", "PERMALINK": "p/:abbrlink.html"}
    exported = Baotong(tmp_path, posts)("export", environment=site).stdout
    dated, local, undated = map(json.loads, exported.splitlines())
    assert dated["published"] == "2021-12-30T06:52:50Z"
    assert dated["url"] == "https://news.example.org/p/bb3d.html"
    assert local["published"] == "2021-12-30T00:00:00Z"
    assert datetime.fromisoformat(local["published"]).utcoffset() is not None
    assert local["url"] == "https://example.org/%E4%BA%8C"
    assert undated["published"] is None
    assert undated["url"].startswith("https://news.example.org/p/")


def test_what_was_never_indexed_is_indexed_first_and_visibly(fresh: Baotong) -> None:
    result = fresh("ask", "临江大桥", "--json")
    assert json.loads(result.stdout)["hits"]
    assert result.stderr.startswith(f"Indexing {fresh.archive} first")
    assert fresh("ask", "临江大桥", "--json").stderr == ""


@pytest.mark.parametrize("words", [["latest"], ["categories", "--json"], ["export"], ["ask", "--batch"]])
def test_every_command_that_reads_indexes_first(fresh: Baotong, words: list[str]) -> None:
    result = fresh(*words, given='{"question": "地铁"}\n')
    assert result.returncode == 0
    assert "城市" in result.stdout or "地铁" in result.stdout
    assert result.stderr.startswith("Indexing ")


def test_another_archive_than_the_one_indexed_is_never_answered_from(fresh: Baotong, tmp_path: Path) -> None:
    assert fresh("index").returncode == 0
    (tmp_path / "other").mkdir()
    other = {"CORPUS_DIR": str(tmp_path / "other")}
    for words in (["ask", "地铁"], ["ask", "--batch"], ["latest"], ["export"]):
        result = fresh(*words, environment=other)
        assert (result.returncode, result.stdout) == (1, "")
        assert str(fresh.archive) in result.stderr
        assert "--force" in result.stderr
    assert "PROBLEM archive: CORPUS_DIR names" in fresh("check", environment=other).stdout
    assert fresh("index", environment=other).returncode == 1
    assert fresh("index", "--force", environment=other).returncode == 0


def test_an_archive_of_ones_own_takes_the_place_of_the_sample(fresh: Baotong) -> None:
    assert fresh("index", environment={"CORPUS_DIR": ""}).returncode == 0
    result = fresh("ask", "临江大桥什么时候通车")
    assert result.stderr.startswith(f"Indexing {fresh.archive} first")
    assert result.stdout.startswith("临江大桥十月一日零时通车\n")
    assert fresh.json("latest", "--json")["total"] == 15
    assert fresh("index", environment={"CORPUS_DIR": str(fresh.folder)}).returncode == 1


def test_without_a_folder_the_one_indexed_last_is_meant(fresh: Baotong) -> None:
    unset = {"CORPUS_DIR": ""}
    assert fresh("index", str(fresh.archive), environment=unset).returncode == 0
    assert " 0 added" in fresh("index", environment=unset).stdout
    assert "临江" in fresh("latest", environment=unset).stdout


def test_an_archive_without_posts_says_so(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/notes.txt").write_text("x")
    baotong = Baotong(tmp_path, tmp_path / "posts")
    result = baotong("index")
    assert result.returncode == 0
    said = f"baotong: no posts found in {tmp_path / 'posts'}: they end in .md, .markdown or .html\n"
    assert result.stderr == said
    asked = baotong("ask", "地铁")
    assert (asked.stdout, asked.stderr) == ("没有找到相关的文章。\n", said)
    assert "还没有收录文章" in baotong("chat", given="地铁哪天通车\n").stdout
    assert baotong("latest").stdout == "没有文章。\n"
    assert baotong("categories").stdout == "没有分类。\n"
    assert baotong("export").stdout == ""
    assert "posts end in .md" in baotong("check").stdout


def test_the_card_shows_title_source_link_and_passage_with_the_answer_marked(indexed: Baotong) -> None:
    lines = indexed("ask", "临江大桥什么时候通车").stdout.splitlines()
    assert lines[:4] == [
        "临江大桥十月一日零时通车",
        "临江晚报 · 2026年9月20日 · 城市",
        "https://paper.example.com/2026/bridge?id=1&page=2",
        "",
    ]
    assert any("【临江大桥将于2026年10月1日零时正式通车。" in line for line in lines)
    assert_all(pairwise(lines), any)


def test_in_a_terminal_the_answering_sentence_is_bold(indexed: Baotong) -> None:
    shown = in_terminal(indexed, "ask", "临江大桥什么时候通车", columns=60)
    assert "\x1b[1;33m" in shown or "\x1b[1;4;33m" in shown
    assert "【" not in shown


@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colours_the_answering_sentence_stands_in_brackets(
    indexed: Baotong, changes: dict[str, str]
) -> None:
    assert "【" in in_terminal(indexed, "ask", "临江大桥什么时候通车", environment=changes)


def test_dates_are_those_of_the_time_zone(indexed: Baotong) -> None:
    title = "临江大桥十月一日零时通车"
    path = next(line.split("\t")[0] for line in indexed("latest").stdout.splitlines() if line.endswith(title))
    assert "2026年9月20日" in indexed("show", path).stdout
    assert "2026年9月19日" in indexed("show", path, environment={"TIMEZONE": "America/Los_Angeles"}).stdout


def test_a_pipe_gets_whole_lines_with_tabs(indexed: Baotong) -> None:
    lines = indexed("latest", "--limit", "4").stdout.splitlines()
    assert len(lines) == 4
    assert_all(lines, lambda line: len(line.split("\t")) == 4)


@pytest.mark.parametrize("columns", [30, 100])
def test_titles_stay_whole_at_any_width(indexed: Baotong, columns: int) -> None:
    shown = in_terminal(indexed, "latest", "--limit", "15", columns=columns)
    assert "…" not in shown
    if columns == 100:
        assert "地铁广告收入去年增长一成" in shown


def test_progress_is_a_bar_that_goes_when_it_is_done(fresh: Baotong) -> None:
    shown = in_terminal(fresh, "index")
    assert "reading" in shown
    # A report on what took long follows where it did.
    assert "articles" in "".join(shown.rstrip().splitlines()[-2:])
    assert "reading" not in "".join(shown.rstrip().splitlines()[-2:])


def test_trend_counts_articles_by_periods_and_says_so_where_there_are_none(indexed: Baotong) -> None:
    found = indexed.json("trend", "临江", "大桥", "--json")
    articles = [
        one for one in indexed.json("latest", "--limit", "100", "--json")["articles"] if one["published"]
    ]
    assert (found["words"], found["by"]) == ("临江 大桥", "month")
    assert found["from"] == found["counts"][0]["start"]
    assert found["to"] == found["counts"][-1]["start"]
    assert 0 < sum(one["articles"] for one in found["counts"]) <= len(articles)
    lines = indexed("trend", "临江", "大桥").stdout.splitlines()
    assert lines == [f"{one['start'][:7]}\t{one['articles']}" for one in found["counts"]]
    weeks = indexed.json("trend", "临江", "大桥", "--by", "week", "--json")
    assert weeks["by"] == "week"
    assert sum(one["articles"] for one in weeks["counts"]) == sum(one["articles"] for one in found["counts"])
    assert all(date.fromisoformat(one["start"]).weekday() == 0 for one in weeks["counts"])
    nothing = indexed.json("trend", "量子超导", "--json")
    assert (nothing["from"], nothing["to"], nothing["counts"]) == (None, None, [])
    assert "没有提到“量子超导”" in indexed("trend", "量子超导").stdout
    one_line(indexed("trend", "大桥", "--by", "day"), "week", code=2)


@pytest.mark.parametrize("columns", [20, 80])
def test_the_bars_of_a_trend_fit_the_terminal(indexed: Baotong, columns: int) -> None:
    shown = in_terminal(indexed, "trend", "大桥", columns=columns)
    bars = [line.count("█") for line in shown.splitlines()]
    assert 0 < max(bars) < columns
    assert "篇" in shown


def test_latest_categories_show_and_export_agree(indexed: Baotong) -> None:
    page = indexed.json("latest", "--limit", "3", "--json")
    assert len(page["articles"]) == 3
    assert_all(page["articles"], lambda article: list(article) == ARTICLE_KEYS)
    roots = indexed.json("categories", "--json")
    assert sum(root["articles"] for root in roots) == page["total"]
    assert set(roots[0]) == {"id", "name", "path", "articles", "children"}
    first = page["articles"][0]
    shown = indexed.json("show", first["id"], "--json")
    assert shown == indexed.json("show", first["path"], "--json")
    exported = [json.loads(line) for line in indexed("export").stdout.splitlines()]
    assert len(exported) == page["total"]
    assert shown in exported
    assert list(shown) == [*ARTICLE_KEYS, "paragraphs", "image", "blocks", "marks"]
    only = indexed.json("latest", roots[0]["name"], "--json")
    assert only["total"] == roots[0]["articles"]


def test_an_ambiguous_category_is_asked_about_in_lists_and_searched_everywhere(indexed: Baotong) -> None:
    result = indexed("latest", "要闻")
    assert result.returncode == 2
    assert "say which: " in result.stderr
    assert "城市/临江晚报/要闻" in result.stderr
    answer = indexed.json("ask", "地铁", "--category", "要闻", "--limit", "9", "--json")
    assert len({tuple(hit["article"]["categories"]) for hit in answer["hits"]}) > 1


def test_words_without_quotes_are_one_question(indexed: Baotong) -> None:
    one, several = (
        indexed.json("ask", *words, "--limit", "3", "--json")
        for words in (["临江大桥 通车"], ["临江大桥", "通车"])
    )
    assert several["question"] == "临江大桥 通车"
    assert several["hits"] == one["hits"]


def test_what_latest_lists_in_front_is_what_show_takes(indexed: Baotong) -> None:
    for line in indexed("latest", "--limit", "2").stdout.splitlines():
        number, _, _, title = line.split("\t")
        assert indexed("show", number).stdout.startswith(title)


def test_the_tree_of_categories_keeps_its_counts_however_deep_and_narrow(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    names = "".join(f" - 第{number}层分类\n" for number in range(300))
    (tmp_path / "posts/a.md").write_text(
        f"---\ntitle: 深\ncategories:\n{names}---\n<p>正文。</p>", encoding="utf-8"
    )
    baotong = Baotong(tmp_path, tmp_path / "posts")
    assert "a.md: 300 categories, of which the first 50 are kept" in baotong("index").stdout
    shown = in_terminal(baotong, "categories", columns=40)
    counts = [line.partition("层分类")[2] for line in shown.splitlines() if "层分类" in line]
    assert len(counts) == 5
    assert_all(counts, lambda count: "1" in count)
    assert "45 个" in shown


def test_options_narrow_an_answer(indexed: Baotong) -> None:
    answer = indexed.json(
        *("ask", "地铁", "--category", "城市", "--author", "江岸新闻"),
        *("--since", "2026-09", "--until", "2026-09-30", "--json"),
    )
    assert answer["filters"] == {
        "category": "城市",
        "author": "江岸新闻",
        "since": "2026-09-01",
        "until": "2026-09-30",
        "phrases": [],
        "excluded": [],
    }
    assert [hit["article"]["title"] for hit in answer["hits"]] == ["地铁票价听证会下周举行"]


def test_a_second_index_changes_nothing_and_reports_in_json(fresh: Baotong) -> None:
    first, second = (fresh.json("index", "--json") for _ in range(2))
    assert list(first) == [
        "added",
        "changed",
        "removed",
        "unchanged",
        "skipped",
        "warnings",
        "seconds",
        "stages",
        "waiting",
        "passed_over",
    ]
    assert first["added"] > 0
    assert (second["added"], second["changed"], second["removed"]) == (0, 0, 0)
    assert second["unchanged"] == first["added"]
    assert fresh("index").stdout.startswith(f"{first['added']} articles: 0 added")


def test_what_is_left_out_is_named_each_time_and_the_exit_code_stays_zero(tmp_path: Path) -> None:
    archive = tmp_path / "posts"
    (archive / "folder.md").mkdir(parents=True)
    for path, text in {
        "folder.md/inside.md": "里面的文章。",
        "good.md": "---\ntitle: 好\n---\n<p>正文。</p>",
        "draft.md": "---\ntitle: 稿\ndraft: true\n---\n<p>正文。</p>",
        "giant.md": "x" * 2_000,
    }.items():
        (archive / path).write_text(text, encoding="utf-8")
        os.utime(archive / path, (1_000_000_000, 1_000_000_000))
    baotong = Baotong(tmp_path, archive)
    small = {"MAX_POST_BYTES": "1000"}
    for added, unchanged in ((2, 0), (0, 2)):
        result = baotong("index", "--json", environment=small)
        assert result.returncode == 0
        report = json.loads(result.stdout)
        assert (report["added"], report["unchanged"]) == (added, unchanged)
        assert [one["path"] for one in report["skipped"]] == ["draft.md", "folder.md", "giant.md"]
        assert report["skipped"][0]["reason"] == "draft"
    lines = baotong("index", environment=small).stdout.splitlines()
    assert lines[0].startswith("2 articles: 0 added")
    assert lines[1:3] == ["skipped:", "  draft.md: draft"]


def test_as_a_process_it_is_the_same(indexed: Baotong) -> None:
    given = '{"id": 1, "question": "临江大桥什么时候通车"}\n'
    whole = json.loads(indexed.process("ask", "--batch", given=given).stdout)
    assert whole["hits"] == json.loads(indexed("ask", "--batch", given=given).stdout)["hits"]


def test_the_first_answer_costs_about_a_second_of_a_processor(indexed: Baotong) -> None:
    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    costs = []
    for _ in range(3):
        before = spent()
        assert indexed.process("ask", "临江大桥", "--json").returncode == 0
        costs.append(spent() - before)
    assert min(costs) < 1.5  # 0.7 on an idle machine; a busy one makes the same work cost more


def test_asking_loads_neither_the_library_for_telegram_nor_the_parsers_of_posts() -> None:
    code = (
        "import sys, bot.cli.commands, bot.cli.json_lines, bot.cli.terminal_render, corpus; "
        "print(*({'telegram', 'httpx', 'bs4', 'lxml', 'markdown_it'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, check=False, capture_output=True, text=True
    )
    assert (ran.stdout.strip(), ran.returncode) == ("", 0)


def test_the_version_is_told(indexed: Baotong) -> None:
    assert indexed("--version").stdout.startswith("baotong ")


def test_help_says_in_one_whole_line_what_each_command_does(indexed: Baotong) -> None:
    shown = indexed("--help").stdout
    commands = shown.partition("Commands:")[2]
    assert "..." not in commands
    assert "Answer a question from the archive." in commands
    shown = indexed("ask", "--help").stdout
    assert "ask [OPTIONS] [QUESTION]" in shown
    assert "--since DAY" in shown


def test_a_backup_of_a_living_database_can_be_restored(fresh: Baotong, tmp_path: Path) -> None:
    from bot.storage.database import State

    with State.open(fresh.data / "bot.sqlite3") as state:
        with state.transaction() as connection:
            connection.execute("INSERT INTO inbox (update_id, lane, kind, asked) VALUES (5, '', '', 0)")
        assert fresh("backup", "copy.sqlite3").returncode == 0
    (fresh.data / "bot.sqlite3").unlink()
    (tmp_path / "copy.sqlite3").rename(fresh.data / "bot.sqlite3")
    with State.open(fresh.data / "bot.sqlite3") as state:
        assert state.connection().execute("SELECT update_id FROM inbox").fetchall() == [(5,)]

"""Similar articles."""

from pathlib import Path

from tests.corpus.archives import Folder, opened, post

STORY = "临江大桥今天恢复通车，比计划提前三天，市民在桥上合影，收费站没有排队。" * 5


def test_copies_of_an_article_are_not_similar_to_it_but_further_reports_are(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write_named(20)
    folder.write("一.md", post("临江大桥恢复通车", STORY, author="江岸周刊"))
    folder.write("二.md", post("临江大桥恢复通车了", STORY, author="临江晚报"))
    folder.write("三.md", post("大桥恢复通车首日", "临江大桥恢复通车首日收费站排队。", author="临江晚报"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        text = corpus.article("一.md")
        assert text is not None
        paths = [article.path for article in corpus.similar(text.article.id)]
    assert "三.md" in paths
    assert "二.md" not in paths

"""Facts about the archive, for questions about it (有多少篇文章, 有哪些分类, 数据截止到什么时候)."""

from corpus.models import ArchiveFacts
from corpus.retrieval.protocols import Articles
from corpus.store.categories import category_tree


def archive_facts(store: Articles) -> ArchiveFacts:
    """Read what an archive holds."""
    articles, _, newest = store.counts()
    roots = category_tree(store.category_rows())
    return ArchiveFacts(
        articles=articles,
        first=store.first_published(),
        last=newest,
        categories=tuple((root.name, root.articles) for root in roots),
        outlets=tuple((name, count) for name, count in store.author_counts() if name),
    )

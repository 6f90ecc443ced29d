"""Each module of `bot` and `corpus` has its tests in a known place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NOT_LISTED_YET = ("corpus/answering", "corpus/dialogue", "corpus/question", "corpus/text")
"""Packages whose modules are not looked at: their tests are being moved."""

_ENGINE = "cluster/test_contract.py"
_ARCHIVE = "corpus/test_corpus_update.py"
_IMPORTER = "corpus/sources/imports/test_importer.py"
_INBOX = "bot/inbox/test_inbox.py"
_INDEX = "corpus/index/test_index.py"
_JIT = "corpus/index/test_jit.py"
_JOBS = "bot/service/test_jobs.py"
_STORE = "corpus/store/test_store.py"
_CHAT = "bot/cli/test_chat.py"

TESTED_THROUGH = {
    "bot/cli/checks/feeds.py": "bot/cli/test_feeds.py",
    "bot/process/processor_time.py": "bot/test_refresh.py",
    "corpus/files.py": "corpus/updating/test_write_lock.py",
    "corpus/posts/code_regions.py": "corpus/posts/test_escaping.py",
    "corpus/posts/html_builder.py": "corpus/posts/test_blocks.py",
    "bot/cli/archive.py": "bot/cli/test_commands.py",
    "bot/cli/chat/html_reader.py": _CHAT,
    "bot/cli/chat/loop.py": _CHAT,
    "bot/cli/chat/memory_api.py": _CHAT,
    "bot/cli/chat/screen.py": _CHAT,
    "bot/cli/checks/files.py": "bot/cli/test_trouble.py",
    "bot/cli/checks/findings.py": "bot/cli/test_trouble.py",
    "bot/cli/checks/posts.py": "bot/cli/test_trouble.py",
    "bot/cli/checks/telegram.py": "bot/cli/test_trouble.py",
    "bot/cli/console.py": "bot/cli/test_commands.py",
    "bot/cli/progress.py": "bot/cli/test_commands.py",
    "bot/cli/sources.py": "bot/cli/test_feeds.py",
    "bot/handlers/context.py": "bot/handlers/test_ask.py",
    "bot/handlers/examples.py": "bot/handlers/test_start.py",
    "bot/handlers/replies.py": "bot/handlers/test_ask.py",
    "bot/handlers/settings_panel.py": "bot/handlers/test_settings.py",
    "bot/handlers/small_talk.py": "bot/handlers/test_ask.py",
    "bot/inbox/options.py": _INBOX,
    "bot/inbox/update.py": _INBOX,
    "bot/inbox/worker.py": _INBOX,
    "bot/messages/menus.py": "bot/handlers/test_settings.py",
    "bot/messages/render_context.py": "bot/messages/test_render.py",
    "bot/metrics.py": "test_operations.py",
    "bot/service/application.py": "bot/handlers/test_ask.py",
    "bot/service/deliveries.py": _JOBS,
    "bot/service/delivery_run.py": _JOBS,
    "bot/service/notices.py": "faults/test_updates.py",
    "bot/service/receiving.py": "faults/test_network.py",
    "bot/service/runner.py": "faults/test_ending.py",
    "bot/storage/connections.py": "bot/storage/test_votes.py",
    "bot/web/api_models.py": "bot/web/test_api.py",
    "bot/web/connections.py": "bot/service/test_webhook.py",
    "bot/web/errors.py": "bot/web/test_api.py",
    "bot/web/limits.py": "bot/web/test_gate.py",
    "bot/web/listing.py": "bot/web/test_searching.py",
    "bot/web/options.py": "bot/web/test_site.py",
    "bot/web/rendering.py": "bot/web/test_site.py",
    "bot/web/responder.py": "bot/web/test_site.py",
    "bot/web/responses.py": "bot/web/test_site.py",
    "bot/web/server.py": "bot/service/test_webhook.py",
    "bot/web/visit.py": "bot/web/test_site.py",
    "corpus/corpus.py": "corpus/test_corpus_browse.py",
    "corpus/engine/articles.py": _ENGINE,
    "corpus/engine/engine.py": "cluster/test_engine.py",
    "corpus/engine/filling.py": "cluster/test_engine.py",
    "corpus/engine/lists.py": _ENGINE,
    "corpus/engine/mapping.py": _ENGINE,
    "corpus/engine/model.py": _ENGINE,
    "corpus/engine/session.py": _ENGINE,
    "corpus/errors.py": "corpus/test_damage.py",
    "corpus/index/array_file.py": _INDEX,
    "corpus/index/draft.py": _INDEX,
    "corpus/index/grouping.py": _INDEX,
    "corpus/index/inverting.py": "corpus/updating/test_documents.py",
    "corpus/index/kernel_search.py": _JIT,
    "corpus/index/kernels/layout.py": _JIT,
    "corpus/index/kernels/lookup.py": _JIT,
    "corpus/index/kernels/reading.py": _JIT,
    "corpus/index/kernels/top_k.py": _JIT,
    "corpus/index/kernels/windows.py": _JIT,
    "corpus/index/labels.py": "corpus/retrieval/test_names.py",
    "corpus/index/merge_policy.py": _INDEX,
    "corpus/index/posting_reader.py": _INDEX,
    "corpus/index/ranking.py": _INDEX,
    "corpus/index/segment_writer.py": _INDEX,
    "corpus/index/segments.py": _INDEX,
    "corpus/index/snapshot.py": _INDEX,
    "corpus/models.py": "corpus/test_corpus_browse.py",
    "corpus/retrieval/archive.py": "corpus/retrieval/test_phrase_filter.py",
    "corpus/retrieval/han_spelling.py": "corpus/retrieval/test_spelling.py",
    "corpus/retrieval/parameters.py": "corpus/retrieval/test_retriever.py",
    "corpus/retrieval/plausibility.py": "corpus/retrieval/test_spelling.py",
    "corpus/retrieval/repeats.py": "corpus/retrieval/test_standing_queries.py",
    "corpus/sources/discovery.py": "corpus/sources/test_feed_reader.py",
    "corpus/sources/feed_list.py": "corpus/sources/test_feed_reader.py",
    "corpus/sources/identity.py": "corpus/sources/test_storing.py",
    "corpus/sources/options.py": "corpus/sources/test_feed_reader.py",
    "corpus/sources/rebuilding.py": "corpus/sources/test_feed_reader.py",
    "corpus/sources/state.py": "corpus/sources/test_storing.py",
    "corpus/sources/network.py": "corpus/sources/test_fetching.py",
    "corpus/sources/json_feed.py": "corpus/sources/test_parsing.py",
    "corpus/sources/entries.py": "corpus/sources/test_parsing.py",
    "corpus/sources/page_fetching.py": "corpus/sources/imports/test_crawling.py",
    "corpus/sources/imports/files.py": _IMPORTER,
    "corpus/sources/imports/known_posts.py": _IMPORTER,
    "corpus/sources/imports/reading.py": _IMPORTER,
    "corpus/sources/imports/storing.py": _IMPORTER,
    "corpus/sources/imports/values.py": _IMPORTER,
    "corpus/store/article_rows.py": _STORE,
    "corpus/store/categories.py": _STORE,
    "corpus/store/damaged_file.py": "corpus/updating/test_maintenance.py",
    "corpus/store/pool.py": _STORE,
    "corpus/store/rows.py": _STORE,
    "corpus/store/schema.py": _STORE,
    "corpus/store/writing.py": _STORE,
    "corpus/updating/index_sync.py": _ARCHIVE,
    "corpus/updating/parse_posts.py": "corpus/updating/test_pipeline.py",
    "corpus/updating/progress.py": "corpus/updating/test_pipeline.py",
    "corpus/updating/store_recovery.py": "corpus/updating/test_maintenance.py",
    "corpus/workers/process.py": "corpus/workers/test_pool.py",
}
"""Module → the test file, below `tests`, that tests it through the module that uses it."""


def modules() -> Iterator[str]:
    for side in ("bot", "corpus"):
        for path in (ROOT / side).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not path.name.startswith("__") and not name.startswith(NOT_LISTED_YET):
                yield name


def own_test(module: str) -> Path:
    path = Path(module)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_has_a_test_file_of_its_name_or_one_that_is_named(module: str) -> None:
    through = TESTED_THROUGH.get(module)
    if own_test(module).exists():
        assert through is None, f"{module} has a test file of its own: take it off the list"
        return
    assert through, f"{module} has neither a test file of its own nor an entry in TESTED_THROUGH"
    assert (ROOT / "tests" / through).is_file(), f"{through} of {module} is gone"


def test_the_list_names_modules_that_exist() -> None:
    assert set(TESTED_THROUGH) <= set(modules())

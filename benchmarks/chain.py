"""Index an archive in a process of its own and its workers, which import this module too; for `bulk`.

python -m benchmarks.chain FOLDER DATA_DIR rjieba|jieba [WORKERS]
"""

import json
import sys
import time
from pathlib import Path


def main(folder: str, data: str, segmenter: str, workers: str | None = None) -> None:
    """Print what it took."""
    if segmenter == "jieba":
        sys.modules["rjieba"] = None  # type: ignore[assignment] # as if it were not installed
    from benchmarks.measuring import peak_memory, processor_seconds
    from corpus import Corpus, CorpusOptions
    from corpus.text import analyzer

    with Corpus.open(CorpusOptions(folder=Path(folder), data_dir=Path(data))) as corpus:
        analyzer.words("外交重点有哪些")  # the dictionary is loaded before, to the good of one process
        start, used = time.perf_counter(), processor_seconds()
        with peak_memory() as memory:
            report = corpus.update(workers=None if workers is None else int(workers))
        figures = {
            "articles": report.added,
            "passages": corpus.statistics().passages,
            "seconds": time.perf_counter() - start,
            "processor_seconds": processor_seconds() - used,
            "peak_bytes": max(memory),
            "stages": dict(report.stages),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])

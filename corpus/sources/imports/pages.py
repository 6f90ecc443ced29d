"""tmp"""
from corpus.posts.main_text import main_text
from corpus.sources.full_text import extract
def body_of(page, *, own=False):
    if not own and (b := extract(page)): return b, "trafilatura"
    return main_text(page), "own"

"""Which articles mean what a question means? A vector an article, by an encoder that an extra brings.

Everything here is optional: without the package of the extra `semantic` nothing is loaded and nothing made.
"""

from corpus.semantic.encoder import Encoder, EncoderUnavailableError, installed_version, load_encoder
from corpus.semantic.reader import SemanticReader, SemanticSnapshot
from corpus.semantic.vector_file import FILE_NAME

__all__ = [
    "FILE_NAME",
    "Encoder",
    "EncoderUnavailableError",
    "SemanticReader",
    "SemanticSnapshot",
    "installed_version",
    "load_encoder",
]

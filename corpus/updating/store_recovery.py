"""Recovery from a store that is too damaged to be opened."""

import logging
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from corpus.errors import DamagedStoreError
from corpus.store.damaged_file import read_meta, set_aside
from corpus.store.store import FILE_NAME, Store
from corpus.updating import pipeline
from corpus.updating.scanning import scan
from corpus.updating.write_lock import write_lock

logger = logging.getLogger(__name__)

DAMAGE_MARK_NAME: Final = "corpus.damaged"
"""File in DATA_DIR that marks the store as damaged: the next update checks all of its rows."""


def renew_store(data_dir: Path, damage: DamagedStoreError, *, folder: Path | None, moment: datetime) -> None:
    """Set a store aside that is too damaged to be opened, and begin an empty one for the next update.

    Args:
        data_dir: Folder of the store.
        damage: What is wrong with the store.
        folder: The archive, if it is known; otherwise it is read from the damaged store if possible.
        moment: The current time; it becomes part of the old store's new name.

    Raises:
        StoreError: It cannot be done, or there is no archive to fill a new store from; nothing was changed.
    """
    path = data_dir / FILE_NAME
    with write_lock(data_dir):
        root = read_meta(path, pipeline.ROOT)
        folder = folder or (Path(root) if root else None)
        if folder is None:
            raise DamagedStoreError(
                f"{path} is damaged, and nothing says which archive it was made from: name that "
                "(`baotong index FOLDER`), or set CORPUS_DIR"
            ) from damage
        if not folder.is_dir() or not scan(folder.resolve()).files:
            raise DamagedStoreError(f"{damage}; it is left as it is, for {folder} has no posts") from damage
        moved_to = set_aside(path, moment)
        with closing(Store(path)) as store:
            store.set_meta(pipeline.ROOT, root or str(folder.resolve()))
        (data_dir / DAMAGE_MARK_NAME).unlink(missing_ok=True)
    logger.warning("%s; it was set aside as %s, and a new one is made from %s", damage, moved_to.name, folder)

"""Where the corpus lies, and how to get a copy of it that holds everything."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.corpus.made import fill

HERE = Path(__file__).parent
FILES = HERE / "files"


def copy_to(folder: Path) -> None:
    """Make a copy of the corpus in an empty folder, with what no repository holds."""
    shutil.copy(HERE / "config.yaml", folder)
    shutil.copytree(FILES, folder / "files")
    fill(folder / "files")

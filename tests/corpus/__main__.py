"""Check the whole corpus in one process: in three languages, the large files in Finnish.

python -m tests.corpus                 write anew what is expected (files/FOLDER/NAME.txt); read every change before it is committed
python -m tests.corpus --json FOLDER   check a copy in FOLDER, and print what came out, with times and memory
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.announcements import read_file
from publisher.config import Config, load_config
from publisher.locale import LANGUAGES, speak
from publisher.yamlfile import render
from tests.corpus.made import MADE
from tests.corpus.running import FILES, copy_to

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def checked(path: Path, config: Config, language: str) -> dict[str, Any]:
    with speak(language):
        began = time.process_time()
        reading = read_file(path, config, now=NOW)
        printed = "\n".join([*(render(problem) for problem in reading.problems), ""]) if reading.problems else ""
        seconds = time.process_time() - began
    return {
        "printed": printed,
        "seconds": seconds,
        "good": reading.announcement is not None,
        "helpless": [one.code for one in reading.problems if not one.remedy],
        "words": [word for one in reading.problems for word in (one.message, one.remedy) if word],
        "places": [
            [one.position.line, one.position.column, one.code, one.warning, one.excerpt] for one in reading.problems
        ],
    }


def check_all(folder: Path) -> dict[str, Any]:
    """Check every file of a copy of the corpus in every language."""
    os.chdir(folder / "files")
    config = load_config(folder / "config.yaml", secrets=False)
    names = sorted(path for path in Path().glob("*/*") if path.name.endswith((".yaml", ".yaml.txt")))
    results = {}
    for path in names:
        # What is large says nothing new in other languages, and takes most of the time.
        languages = LANGUAGES[:1] if path.stem in MADE else LANGUAGES
        results[path.as_posix()] = {language: checked(path, config, language) for language in languages}
    return {"files": results, "megabytes": _most_memory()}


def _most_memory() -> float:
    """Give this process's own peak in megabytes; getrusage would count the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def main() -> None:
    if sys.argv[1:2] == ["--json"]:
        json.dump(check_all(Path(sys.argv[2])), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="tiedote-corpus-") as name:
        copy_to(Path(name))
        results = check_all(Path(name))["files"]
    for old in FILES.glob("*/*.txt"):
        old.unlink()
    for path, result in results.items():
        expected = FILES / path
        expected.with_name(f"{expected.name.partition('.')[0]}.txt").write_text(
            result["fi"]["printed"], encoding="utf-8"
        )
    sys.stdout.write(f"{len(results)} files\n")


if __name__ == "__main__":
    main()

"""Every file of the corpus: the exact words, within a second and 100 MB, in three languages. All of it in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from publisher.locale import LANGUAGES
from tests.corpus.made import MADE
from tests.corpus.running import FILES, copy_to

NAMES = sorted(
    {path.relative_to(FILES).as_posix() for path in FILES.glob("*/*.yaml")}
    | {f"hausjarvi/{name}.yaml" for name in MADE}
    | {path.relative_to(FILES).with_suffix(".yaml").as_posix() for path in FILES.glob("*/*.txt")}
)
"""Those that lie there, those that are made, and those for which something is expected."""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came out of checking everything, by file and language; workers that share the tests share the one process."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    results = shared / "corpus.json"
    try:
        (shared / "corpus").mkdir()
    except FileExistsError:
        for _ in range(1_000):
            if results.exists():
                break
            time.sleep(0.1)
    else:
        copy_to(shared / "corpus")
        command = [sys.executable, "-m", "tests.corpus", "--json", str(shared / "corpus")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
        assert done.returncode == 0, done.stderr[-2000:]
        results.with_suffix(".new").write_text(done.stdout, encoding="utf-8")
        results.with_suffix(".new").rename(results)
    found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_told_exactly_what_is_wrong(checked: dict[str, Any], name: str) -> None:
    """The expected words stand beside the file; a file with a fault is no announcement; it takes less than a second."""
    expected = FILES / f"{name.partition('.')[0]}.txt"
    result = checked["files"].get(name) or checked["files"][f"{name}.txt"]
    assert result["fi"]["printed"] == expected.read_text(encoding="utf-8")
    assert result["fi"]["helpless"] == [], "a fault without a remedy"
    assert result["fi"]["good"] is not any(not warning for *_place, warning, _line in result["fi"]["places"])
    assert max(one["seconds"] for one in result.values()) < 1


def test_the_whole_corpus_fits_into_a_hundred_megabytes(checked: dict[str, Any]) -> None:
    """All files after one another, with all that is imported for them."""
    assert checked["megabytes"] < 100
    assert len(checked["files"]) >= 120


def test_every_fault_is_told_in_three_languages_at_the_same_place(checked: dict[str, Any]) -> None:
    """No message and no remedy of the corpus is left in English, and no place depends on the language."""
    for name, result in checked["files"].items():
        if set(result) < set(LANGUAGES):
            continue
        english = result["en"]["words"]
        for language in ("fi", "sv"):
            assert result[language]["places"] == result["en"]["places"], name
            same = {
                words
                for words, own in zip(english, result[language]["words"], strict=True)
                if words == own and any(letter.isalpha() for letter in words)
            }
            assert not same, (name, language)

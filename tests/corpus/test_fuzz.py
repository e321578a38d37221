"""Whatever stands in a file, `check` says something that can be printed, and never ends with a traceback.

2,000 inputs with every run of the tests; `make fuzz` takes 100,000, or as many as FUZZ_INPUTS says.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.announcements import Reading, read_file
from publisher.config import Config, load_config
from publisher.yamlfile import render, render_github
from tests.corpus.__main__ import NOW
from tests.corpus.running import FILES, copy_to

INPUTS = int(os.environ.get("FUZZ_INPUTS", "2000"))
SAME_EACH_TIME = "FUZZ_INPUTS" not in os.environ
SEEDS = [path.read_bytes() for path in sorted(FILES.glob("*/*.yaml")) if path.stat().st_size < 1_500]
LINES = sorted({line for seed in SEEDS for line in seed.splitlines(keepends=True)})
SIGNS = [
    *(b": ", b" #", b"- ", b"? ", b"[", b"]", b"{", b"}", b"|\n", b">-\n", b"&a ", b"*a", b"!t ", b"%", b"@", b"`", b'"', b"'"),
    *(b"\t", b"\r", b"\n\n", b"---\n", b"...\n", b"<<: ", b"\\", b"\0", b"\x85", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe4", b"\x1b[2J"),
    *(b'"\\U00110000"', b"\\ud800", b"\\0"),
    *("\u00a0".encode(), "\u200b".encode(), "\u2028".encode(), "\u202e".encode(), "👩‍🎓".encode(), b"@[kela]", b"${HOME}", b"#"),
    *(b"~", b"no", b"2026-12-01", b"31.10.2027 klo 3.30", b"https://", b"../" * 9, b"x: {", b"fi: ", b"  ", b"a" * 300),
]  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 1_500),
        st.integers(0, 40),
        st.one_of(st.sampled_from(SIGNS), st.sampled_from(LINES), st.binary(max_size=4)),
    ),
    max_size=8,
)


def edited(source: bytes, edits: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """Put something in, take something out, repeat a part, move the rest."""
    for kind, place, length, new in edits:
        at = place % (len(source) + 1)
        before, part, after = source[:at], source[at : at + length], source[at + length :]
        source = (
            before + new + part + after,
            before + after,
            before + part + new + part + after,
            after + new + before,
            before + new + after,
        )[kind]
    return source


def timed(path: Path, config: Config) -> tuple[Reading, float]:
    """Read a file; tell the seconds of processor time that it took."""
    began = time.process_time()
    reading = read_file(path, config, now=NOW)
    return reading, time.process_time() - began


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Config]:
    """A file to write into, in a copy of the corpus with its pictures, pipes and links; and the configuration."""
    folder = tmp_path_factory.mktemp("fuzz")
    copy_to(folder)
    return folder / "files" / "hausjarvi" / "fuzz.yaml", load_config(folder / "config.yaml", secrets=False)


@settings(
    max_examples=INPUTS,
    deadline=None,
    derandomize=SAME_EACH_TIME,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(source=st.sampled_from(SEEDS), edits=EDITS)
@pytest.mark.timeout(36_000)
def test_no_file_brings_check_down(
    desk: tuple[Path, Config], source: bytes, edits: list[tuple[int, int, int, bytes]]
) -> None:
    """There is an announcement or a fault, never both; each fault stands somewhere in the file and can be printed; it is fast."""
    path, config = desk
    path.write_bytes(edited(source, edits))
    reading, seconds = timed(path, config)
    if seconds >= 1:
        # In a long run Python's collector goes through all that hypothesis keeps, once in a while: a slow file is slow again.
        gc.collect()
        reading, seconds = timed(path, config)
    assert seconds < 1
    assert (reading.announcement is None) is any(not problem.warning for problem in reading.problems)
    lines = path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 200
    for problem in reading.problems:
        assert 1 <= problem.position.line <= lines
        assert problem.position.column >= 1
        assert problem.message
        assert "\x1b" not in render(problem)
        assert "\n" not in render_github(problem)

"""A new user's first hour, by the README's words alone: the lines that are run are taken out of it, so it cannot say anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from publisher.config import load_config
from publisher.rehearsal import open_rehearsal

README = Path(__file__).parents[2] / "README.md"


def test_the_first_hour_of_the_readme_ends_with_a_published_announcement(tmp_path):
    """Every line succeeds in a terminal of 80 columns, the words are out on the sandbox, and nothing is wider than the terminal."""
    _before, _mark, rest = README.read_text(encoding="utf-8").partition(
        "<!-- first hour: the tests run these lines -->"
    )
    block, mark, _after = rest.partition("<!-- first hour end -->")
    assert mark
    lines = [line.strip() for line in block.splitlines() if line.startswith("    ")]
    assert {"init", "new", "check", "plan", "publish", "status"} <= {
        word for line in lines for word in line.split()[1:2]
    }
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "80", "TIEDOTE_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kunta/daycare, kunta: Facebook: a draft" in " ".join(done.stdout.split())
    assert "Facebook: published" in done.stdout
    with open_rehearsal(load_config(tmp_path / "practice" / "config.yaml")) as rehearsal:
        assert rehearsal.sandbox is not None
        (post,) = rehearsal.sandbox.ledger()
    assert post.network == "facebook"
    assert post.text.splitlines()[0] in (tmp_path / "practice/schedules/kunta/daycare.yaml").read_text(encoding="utf-8")

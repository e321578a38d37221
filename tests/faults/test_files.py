"""Files in the queue that want to be read for more than they are: pictures from elsewhere, pipes, devices, swaps, bombs of YAML."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from publisher.model import State
from tests.delivery.town import Town, town, write, write_config, write_picture

PICTURED = "text: Kirjasto on auki.\npublish: {when}\nimage: {{file: {file}, alt: Kirjasto.}}\n"

# ---- 21: paths


def far_away(folder: Path) -> Path:
    """A picture that is not the queue's."""
    outside = folder / "muualla"
    outside.mkdir(exist_ok=True)
    Image.new("RGB", (600, 600), "crimson").save(outside / "salainen.png")
    return outside / "salainen.png"


def test_a_picture_from_elsewhere_is_refused_and_the_rest_of_the_queue_goes_out(tmp_path: Path) -> None:
    """By .., an absolute path, a link, a linked folder, from a pipe or a device: nothing is read, nobody waits, others are sent."""
    (tmp_path / "schedules").mkdir()
    secret = far_away(tmp_path)
    queue = tmp_path / "schedules"
    (queue / "linkki.png").symlink_to(secret)
    (queue / "kansio").symlink_to(secret.parent)
    (queue / "nolla.png").symlink_to("/dev/zero")
    os.mkfifo(queue / "putki.png")
    files = (f"../{secret.parent.name}/{secret.name}", str(secret), "linkki.png", "kansio/salainen.png", "nolla.png")
    for number, file in enumerate((*files, "putki.png", "/dev/zero", "/dev/stdin")):
        write(tmp_path, f"paha-{number}", PICTURED.format(when="asap", file=file))
    write(tmp_path, "hyva", "text: Tämä on kunnossa.\npublish: asap\n")
    with town(tmp_path, channels=("facebook",)) as one:
        began = time.monotonic()
        one.service.read_queue()
        one.work()
        assert time.monotonic() - began < 10
        assert [post.text for post in one.posts("facebook")] == ["Tämä on kunnossa."]
        assert [view.key.announcement for view in one.deliveries()] == ["hyva"]


def link_elsewhere(picture: Path) -> None:
    picture.symlink_to(far_away(picture.parent.parent))


def link_to_the_same_bytes(picture: Path) -> None:
    """Even the right bytes are not taken from outside."""
    twin = picture.parent.parent / "kaksonen.png"
    Image.new("RGB", (900, 600), "teal").save(twin)
    picture.symlink_to(twin)


def pipe(picture: Path) -> None:
    os.mkfifo(picture)


def endless(picture: Path) -> None:
    picture.symlink_to("/dev/zero")


def other_picture(picture: Path) -> None:
    Image.new("RGB", (900, 600), "crimson").save(picture)


def folder(picture: Path) -> None:
    picture.mkdir()


def nothing(_picture: Path) -> None:
    """Leave it away."""


SWAPS = (link_elsewhere, link_to_the_same_bytes, pipe, endless, other_picture, folder, nothing)


@pytest.mark.parametrize("swap", SWAPS)
def test_a_picture_that_is_swapped_between_the_check_and_the_sending_stops_its_post(
    tmp_path: Path, swap: Callable[[Path], None]
) -> None:
    """Nothing of it leaves and nobody waits; when the picture is put right, the post goes out with it."""
    (tmp_path / "schedules").mkdir()
    write_picture(tmp_path, "kuva.png")
    picture = tmp_path / "schedules" / "kuva.png"
    write(tmp_path, "kirjasto", PICTURED.format(when="2026-11-24 10:00", file="kuva.png"))
    with town(tmp_path, channels=("facebook",)) as one:
        one.service.read_queue()
        picture.unlink()
        swap(picture)
        one.work(until=one.clock.now() + timedelta(hours=2))
        assert one.sandbox.ledger() == ()
        assert [entry for entry in one.sandbox.requests() if entry.method == "POST"] == []
        assert one.states() == {"facebook": State.HELD}
        put_right(picture)
        one.service.read_queue()
        one.work()
        (post,) = one.posts("facebook")
        assert (len(post.pictures), post.pictures[0].alt) == (1, "Kirjasto.")


def put_right(picture: Path) -> None:
    if picture.is_dir() and not picture.is_symlink():
        picture.rmdir()
    else:
        picture.unlink(missing_ok=True)
    Image.new("RGB", (900, 600), "teal").save(picture)


# ---- 18: bombs of YAML


def billion_laughs() -> str:
    """430 bytes that are 10^9 leaves when they are walked."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    return "\n".join(lines) + "\ntext: *i\n"


BOMBS = {
    "laughs": billion_laughs(),
    "brackets": "text: " + "[" * 5_000,
    "braces": "{a: " * 5_000,
    "merge": "a: &a {b: c}\ntext: {<<: [" + ", ".join(["*a"] * 3_000) + "]}\n",
    "long": "text: " + "x" * 20_000_000,
    "many": "text:\n" + "- x\n" * 200_000,
    "keys": "".join(f"k{n}: x\n" for n in range(20_000)),
    "itself": "text: &a [*a]\n",
    "tag": "text: !!python/object/apply:os.system ['touch pwned']\n",
}


@pytest.mark.parametrize("where", ["queue", "config"])
def test_bombs_of_yaml_are_refused_in_a_moment_and_within_bounds(tmp_path: Path, where: str) -> None:
    """As announcements, all at once, and each as a configuration: a few seconds and little memory, and the good file is in order."""
    config = write_config(tmp_path, "http://127.0.0.1:9", channels=("facebook",))
    write(tmp_path, "hyva", "text: Tämä on kunnossa.\npublish: asap\n")
    if where == "queue":
        for name, words in BOMBS.items():
            (tmp_path / "schedules" / f"{name}.yaml").write_text(words, encoding="utf-8")
        done, seconds, megabytes = measured("check", "--json", "--config", str(config))
        told = json.loads(done.stdout)
        faulty = {Path(problem["file"]).stem for problem in told["problems"] if problem["severity"] == "error"}
        assert faulty == set(BOMBS)
        assert done.returncode == 1
    else:
        codes = set()
        seconds = megabytes = 0.0
        for name, words in BOMBS.items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(words, encoding="utf-8")
            done, took, most = measured("check", "--config", str(path))
            codes.add(done.returncode)
            seconds, megabytes = max(seconds, took), max(megabytes, most)
            assert "Traceback" not in done.stderr
        assert codes == {1}
    assert seconds < 10
    assert megabytes < 250
    assert not (tmp_path / "pwned").exists()


def measured(*arguments: str) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """Run the command; return what it said, its seconds and its largest memory in megabytes."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _WITH_MEMORY, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    words, _, memory = done.stderr.rpartition("peak ")
    done.stderr = words
    return done, time.monotonic() - began, int(memory) / 1024


_WITH_MEMORY = """
import atexit, sys
atexit.register(lambda: print("peak", open("/proc/self/status").read().split("VmHWM:")[1].split()[0], file=sys.stderr))
from publisher.cli import main
main()
"""


def test_a_bomb_in_the_queue_of_a_running_service_harms_nobody(tmp_path: Path) -> None:
    """The daemon's own reading: the bombs become no delivery, and what is due goes out."""
    (tmp_path / "schedules").mkdir()
    for name, words in BOMBS.items():
        write(tmp_path, name, words)
    write(tmp_path, "hyva", "text: Tämä on kunnossa.\npublish: asap\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with town(tmp_path, channels=("facebook",)) as one:
        assert_only_the_good_one_goes_out(one)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def assert_only_the_good_one_goes_out(one: Town) -> None:
    one.service.read_queue()
    one.work()
    assert {view.key.announcement: view.state for view in one.deliveries()} == {"hyva": State.PUBLISHED}

"""What the system refuses, worded in the reader's language."""

import errno
import os

import pytest

from publisher.errors import why
from publisher.locale import use


@pytest.mark.parametrize(
    "language,words", [("en", "the disk is full"), ("fi", "levy on täynnä"), ("sv", "disken är full")]
)
def test_a_full_disk_is_told_in_the_reader_s_words(language, words):
    """No English of the system's in a Finnish sentence."""
    with use(language):
        assert why(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == words


def test_what_is_not_known_is_told_in_the_system_s_words():
    """In brackets, after a sentence of ours; also where the system has no words."""
    with use("fi"):
        assert why(OSError(errno.EIO, "Input/output error")) == "se ei onnistunut (Input/output error)"
        assert why(OSError("odd")) == "se ei onnistunut (odd)"

"""Any words at all: what was sent is what a resident reads, on every network, and it is known again afterwards."""

from __future__ import annotations

from contextlib import closing

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from channels.base import Post
from channels.sandbox import tweettext
from channels.text import cashtags, mentions, words, x_exact_length
from tests.channels.bench import Bench, the_only

SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
PIECES = st.one_of(
    st.text(SIGNS, min_size=1, max_size=12),
    st.sampled_from(
        [
            *("\n", "\n\n", " ", "#Asiointi", "#1", "(a)", "[b]", "{c|d}", "*e*", "_f_", "~g~", "\\", "<h>", "&", "&amp;", "@", "$"),
            *("https://asiointi.example.fi/hae_lupa?a=b&c=d", "kunta.fi", "👩🏽‍🚒", "🇫🇮", "a\u0308", "שלום", "klo 9.00"),
        ]
    ),
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=10).map("".join).map(str.strip).filter(bool)
TAGS = st.lists(st.sampled_from(["Asiointi", "SähköinenAsiointi", "Åbo_info", "Lupa2026"]), max_size=3, unique=True)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(text=TEXTS, tags=TAGS)
def test_any_words_arrive_whole(bench: Bench, text: str, tags: list[str]) -> None:
    """No hashtag, emoji, link, sign or line break is lost or doubled; and the post is known again, read from the network."""
    post = Post(text=text, hashtags=tuple(tags), pictures=bench.text_needs_picture())
    said = words(post)
    limits = bench.capabilities
    assume(x_exact_length(said) <= limits.max_text if bench.name == "x" else limits.measure(said) <= limits.max_text)
    assume(limits.max_mentions != 0 or not [*mentions(said), *tweettext.mentions(said)])
    assume(limits.max_cashtags is None or len(cashtags(said)) <= limits.max_cashtags)
    bench.fresh()
    done = bench.deliver(post)
    assert done.published is not None, done.refused
    assert the_only(bench.posts()).text == said
    bench.clock.advance(60)
    with closing(bench.connect()) as channel:
        held = channel.read_back([done.published.remote_id])[done.published.remote_id]
        assert channel.is_same(post, held.post)

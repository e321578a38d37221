"""The same line, from the files to the residents and back, on a PostgreSQL server."""

from __future__ import annotations

from tests.end_to_end.conftest import Place, running, touch_long_ago, wait_for
from tests.postgresql import Cluster


def test_a_whole_run_on_postgresql_publishes_everything_once(place: Place, postgresql_cluster: Cluster) -> None:
    """An empty PostgreSQL database is made ready; all goes out once, comments come in, a second daemon says that one is at work."""
    name = postgresql_cluster.create()
    config = place.folder / "config.yaml"
    words = config.read_text(encoding="utf-8")
    config.write_text(words.replace("sqlite:///var/tiedote.db", postgresql_cluster.url_of(name)), encoding="utf-8")
    place.tiedote("run", "--once")
    posts = place.sandbox.ledger()
    assert len(posts) == 12
    assert len({(post.account_id, post.text) for post in posts}) == 12
    place.sandbox.comment(posts[0].id, "Milloin ovet avataan?", author="Aino Mäkelä")
    late = place.folder / "schedules" / "loppi" / "vesi.yaml"
    late.write_text("text: Vesi on poikki keskustassa.\npublish: asap\nchannels: [x]\n", encoding="utf-8")
    touch_long_ago(place.folder)
    with running(place):
        assert wait_for(lambda: len(place.sandbox.ledger()) == 13)
        assert place.tiedote("run", expect=75).stderr.strip()
    place.tiedote("collect", "--all")
    assert [comment["text"] for comment in place.json("comments")["comments"]] == ["Milloin ovet avataan?"]
    place.tiedote("run", "--once")
    assert len(place.sandbox.ledger()) == 13
    postgresql_cluster.drop(name)

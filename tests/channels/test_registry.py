"""The registry: which networks there are, loaded only when asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from channels import registry
from channels.session import Network


def test_our_own_networks_come_first_and_in_order() -> None:
    """People read them in this order everywhere."""
    assert registry.NAMES == ("facebook", "instagram", "x", "linkedin")
    assert registry.names()[:4] == registry.NAMES


def test_twitter_is_taken_for_x() -> None:
    """Staff write either; only one name is kept."""
    assert registry.canonical("twitter") == "x"
    assert registry.canonical("linkedin") == "linkedin"
    assert registry.capabilities("twitter") is registry.capabilities("x")


@pytest.mark.parametrize("name", ["mastodon", "", "X", "session", "../x"])
def test_another_name_is_no_network(name: str) -> None:
    """The error says which there are; no other module of ours can be loaded by its name."""
    with pytest.raises(registry.UnknownChannelError, match="facebook, instagram, x, linkedin"):
        registry.capabilities(name)


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_network_says_what_it_is(name: str) -> None:
    """Limits, a settings model that takes nothing unknown, and a channel that goes by its name."""
    assert registry.capabilities(name).max_text > 0
    model = registry.settings_model(name)
    assert issubclass(model, BaseModel)
    assert (model.model_config["extra"], model.model_config["frozen"]) == ("forbid", True)


def test_settings_of_another_network_are_refused() -> None:
    """A mix-up is told before anything is sent."""
    settings = registry.settings_model("linkedin").model_validate({"organization_id": "1", "access_token": "t"})
    with pytest.raises(TypeError):
        registry.connect("x", settings, Network())


def run(code: str, *, path: Path | None = None) -> object:
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], env=_environment(path)
    )
    return json.loads(done.stdout)


def _environment(path: Path | None) -> dict[str, str]:
    return {"PYTHONPATH": str(path)} if path else {}


def test_limits_and_settings_load_no_library_of_a_network() -> None:
    """`tiedote check` asks for them and has 0.3 seconds: requests, tweepy, facebook-sdk, Pillow and twitter-text wait."""
    loaded = run(
        "import json, sys\n"
        "from channels import registry\n"
        "for name in registry.NAMES: registry.capabilities(name).measure('Moi!'), registry.settings_model(name)\n"
        "heavy = {'requests', 'urllib3', 'tweepy', 'facebook', 'PIL', 'twitter_text', 'sqlalchemy', 'starlette'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    assert loaded == []


def test_a_package_can_bring_a_network(tmp_path: Path) -> None:
    """An installed entry point is a network like ours; it cannot take the place of one of ours."""
    (tmp_path / "mastodon_for_tiedote.py").write_text(
        "from pydantic import BaseModel\n"
        "class Settings(BaseModel): server: str\n"
        "CAPABILITIES = 'limits'\n"
        "def connect(settings, network): return settings.server\n"
    )
    about = tmp_path / "mastodon_for_tiedote-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mastodon-for-tiedote\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[tiedote.channels]\nmastodon = mastodon_for_tiedote\nfacebook = mastodon_for_tiedote\n"
    )
    told = run(
        "import json\n"
        "from channels import registry\n"
        "settings = registry.settings_model('mastodon')(server='mastodon.example')\n"
        "print(json.dumps([registry.names(), registry.capabilities('mastodon'),\n"
        "    registry.connect('mastodon', settings, None), registry.capabilities('facebook') == 'limits']))",
        path=tmp_path,
    )
    assert told == [[*registry.NAMES, "mastodon"], "limits", "mastodon.example", False]

"""Build hook: compiles the translations, and puts the shipped configuration and queue into the wheel.

A wheel needs both inside the package. An editable install reads `config.yaml` and `schedules/` where they stand and only needs the `.mo`
files beside their `.po` files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {"config.yaml": "publisher/shipped/config.yaml", "schedules": "publisher/shipped/schedules"}
"""Path in the source tree to path in the wheel."""


def compile_catalogues(root: Path) -> list[Path]:
    """Write a `.mo` beside every `.po` of `publisher/locale`; return their paths. Fuzzy entries stay in English."""
    written = []
    for source in sorted((root / "publisher" / "locale").glob("**/*.po")):
        target = source.with_suffix(".mo")
        with source.open("rb") as po:
            catalogue = read_po(po)
        with target.open("wb") as mo:
            write_mo(mo, catalogue)
        written.append(target)
    return written


class TiedoteBuildHook(BuildHookInterface[BuilderConfig]):
    """Called by hatchling before each build; `version` is 'standard' for a wheel and 'editable' for `pip install -e`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        catalogues = compile_catalogues(root)
        build_data["artifacts"].extend(f"/{path.relative_to(root).as_posix()}" for path in catalogues)
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"].update({str(root / source): target for source, target in SHIPPED.items()})

"""SQLAlchemy compiles a statement once a database; nearly every test has a database of its own, and all of them ask the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Dialect, Engine


def once(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Return a `create_engine` whose engines for one kind of database share what SQLAlchemy has compiled."""
    compiled: dict[object, object] = {}
    dialects: dict[str, Dialect] = {}

    def made(*arguments: Any, **more: Any) -> Engine:
        engine = make(*arguments, **more)
        known = dialects.setdefault(engine.dialect.name, engine.dialect)
        if known.server_version_info is None:
            dialects[engine.dialect.name] = engine.dialect  # nobody has connected with that one yet
        else:
            engine.dialect = known
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    return made


@contextmanager
def statements_once() -> Iterator[None]:
    """Let every store that is opened meanwhile share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("publisher.store.engine.create_engine", once(sqlalchemy.create_engine))
        yield

"""What every test may ask for: a clock, a migrated database, the sandbox, a mail server. And no way out of the machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.store import Store, migrate
from tests.compiled import statements_once
from tests.guard import sitecustomize as guard
from tests.mailserver import MailServer
from tests.postgresql import Cluster, NoPostgresqlError
from tests.spill import Spill

for _name in [name for name in os.environ if name.startswith("TIEDOTE_") and not name.startswith("TIEDOTE_TEST_")]:
    del os.environ[_name]  # nobody's own settings reach a test
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path(guard.__file__).parent), os.environ.get("PYTHONPATH")])
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="a skipped test fails (as with CI=true)")
    parser.addoption("--live", action="store_true", help="also run the tests that talk to real networks")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Spill(config), "spill")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--live"):
        return
    live = [item for item in items if item.get_closest_marker("live")]
    config.hook.pytest_deselected(items=live)
    items[:] = [item for item in items if item not in live]


def _fail_if_skipped(config: pytest.Config, report: pytest.TestReport | pytest.CollectReport) -> None:
    strict = bool(config.getoption("--strict-skips")) or os.environ.get("CI") == "true"
    if strict and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not item.get_closest_marker("optional"):
        _fail_if_skipped(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(collector.config, report)
    return report


class Refused:
    """The connections that the guard refused in this test; `take` answers for them."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def take(self) -> list[str]:
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return lines


@pytest.fixture(scope="session")
def _refusal_log() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tiedote-refused-"))
    os.environ[guard.REFUSED] = str(folder / "refused")
    yield folder / "refused"
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def refused(_refusal_log: Path) -> Iterator[Refused]:
    """Nothing leaves the machine: a test that tried fails, whatever became of the error."""
    log = Refused(_refusal_log)
    yield log
    assert log.take() == []


@pytest.fixture(scope="session", autouse=True)
def _statements_once() -> Iterator[None]:
    """Compile each of SQLAlchemy's statements once for all tests."""
    with statements_once():
        yield


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that stands at Tuesday, 1 December 2026, 9 o'clock in Finland; aware, in UTC."""
    return lambda: datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server on this machine; `messages` holds what it was given."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """The server that TIEDOTE_TEST_POSTGRESQL names, or one of our own for this session."""
    try:
        cluster = Cluster.open(os.environ.get("TIEDOTE_TEST_POSTGRESQL"))
    except NoPostgresqlError as why:
        pytest.skip(f"no PostgreSQL: {why}")
    with cluster:
        yield cluster


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of this version; each test gets a copy, since a migration takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "tiedote.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _migrated_postgresql(postgresql_cluster: Cluster) -> str:
    """Likewise, as the name of a template database."""
    name = postgresql_cluster.create()
    _migrate(postgresql_cluster.url_of(name))
    return name


def _migrate(url: str) -> None:
    store = Store(url)
    migrate(store, datetime.now(UTC))
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy's address of a migrated, empty database of this test's own, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "tiedote.db"
        shutil.copy(request.getfixturevalue("_migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.create(request.getfixturevalue("_migrated_postgresql"))
    yield cluster.url_of(name)
    cluster.drop(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated, empty store of this test's own, once on SQLite and once on PostgreSQL."""
    store = Store(database_url)
    yield store
    store.close()

"""Alembic's environment: always over a connection that `publisher.store.migrate` opened, so that its transaction rules hold."""

from __future__ import annotations

from alembic import context

from publisher.store.models import Table

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()

"""Alembic's entry: run the steps on the connection that `store/migrate.py` hands over."""

from alembic import context

from rapida.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()

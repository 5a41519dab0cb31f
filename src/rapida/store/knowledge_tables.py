"""The tables of what assistants know and keep: pages of facts with their passages, and appointments."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint

from .columns import document, instant, number, refers, table, text

knowledge_pages = table(
    "knowledge_pages",
    refers("project_id", "projects.id"),
    text("name"),
    # As it was written, to be changed and written again.
    text("text"),
    # Counts up with every change, so that a server sees that its copy is old.
    number("version"),
    instant("updated_at"),
    UniqueConstraint("project_id", "name"),
)

knowledge_passages = table(
    "knowledge_passages",
    refers("page_id", "knowledge_pages.id", cascade=True, primary_key=True),
    number("number", primary_key=True, autoincrement=False),
    text("title"),
    text("text"),
    document("asked"),
    # The embedding as 32-bit floats, and the model that it is of; absent until the page is first asked.
    text("model", optional=True),
    Column("vector", LargeBinary, nullable=True),
    numbered=False,
)

appointments = table(
    "appointments",
    refers("project_id", "projects.id"),
    text("calendar"),
    # The wall clock of the calendar's zone, as 2027-03-31 14:30: what was agreed holds, whatever clocks do.
    text("starts_at"),
    text("name"),
    text("phone"),
    text("note"),
    instant("created_at"),
    instant("updated_at"),
    instant("cancelled_at", optional=True),
)
# Nobody is given a time that somebody has, whatever two calls do at once.
Index(
    "uq_appointments_project_id_calendar_starts_at",
    appointments.c.project_id,
    appointments.c.calendar,
    appointments.c.starts_at,
    unique=True,
    sqlite_where=appointments.c.cancelled_at.is_(None),
    postgresql_where=appointments.c.cancelled_at.is_(None),
)

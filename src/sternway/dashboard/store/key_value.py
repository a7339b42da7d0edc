"""Single values the store keeps by name: secrets, counts, and what was done when."""

import sqlalchemy as sa

from sternway.dashboard.store.database import Store
from sternway.dashboard.store.schema import NOTES

PLAN = "plan:"
"""With a clip's id behind it: the plan that the broker holds for that clip."""


def read_note(connection: sa.Connection, name: str) -> str | None:
    """Return the value kept under ``name``."""
    value: str | None = connection.execute(sa.select(NOTES.c.value).where(NOTES.c.name == name)).scalar()
    return value


def note(store: Store, connection: sa.Connection, name: str, value: str) -> None:
    """Keep ``value`` under ``name``."""
    insert = store.insert(NOTES).values(name=name, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def remove_note(connection: sa.Connection, name: str) -> None:
    """Keep nothing under ``name`` any more."""
    connection.execute(sa.delete(NOTES).where(NOTES.c.name == name))

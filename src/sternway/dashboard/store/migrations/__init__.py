"""How does an older store become today's? One file a step, applied in order by alembic."""

"""The tables, in SQLAlchemy Core so that SQLite and PostgreSQL serve alike. Times are Unix seconds in UTC."""

import sqlalchemy as sa

METADATA = sa.MetaData()

_NAME = sa.String(64)
_RECORD = ("records.id",)

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False),
    sa.Column("store_id", _NAME, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", _NAME, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("boot_id", _NAME, nullable=False),
    sa.Column("monotonic_s", sa.Float(53), nullable=False),
    sa.Column("wall_time", _NAME, nullable=False),
    sa.Column("clock", _NAME, nullable=False),
    sa.Column("at_s", sa.Float(53), nullable=False),
    sa.Column("received_s", sa.Float(53), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.UniqueConstraint("clip_id", "store_id", "seq"),
    sa.Index("records_by_kind", "kind", "at_s"),
    sa.Index("records_by_boot", "clip_id", "boot_id"),
)

COVERED = sa.Table(
    "covered",
    METADATA,
    sa.Column("clip_id", _NAME, primary_key=True),
    sa.Column("store_id", _NAME, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

WALKS = sa.Table(
    "walks",
    METADATA,
    sa.Column("record_id", sa.ForeignKey(*_RECORD, ondelete="CASCADE"), primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False),
    sa.Column("started_s", sa.Float(53), nullable=False),
    sa.Column("ended_s", sa.Float(53), nullable=False),
    sa.Column("variation", _NAME, nullable=False),
    sa.Column("backward_s", sa.Float(53), nullable=False),
    sa.Column("steps_backward_count", sa.Integer, nullable=False),
    sa.Column("stumble_count", sa.Integer, nullable=False),
    sa.Column("level", _NAME, nullable=False),
    sa.Column("reason", _NAME, nullable=False),
    sa.Index("walks_by_clip", "clip_id", "started_s"),
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("record_id", sa.ForeignKey(*_RECORD, ondelete="CASCADE"), primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False),
    sa.Column("boot_id", _NAME, nullable=False),
    sa.Column("time_s", sa.Float(53), nullable=False),
    sa.Column("at_s", sa.Float(53), nullable=False),
    sa.Column("kind", _NAME, nullable=False),
    sa.Column("severity", sa.Float(53), nullable=False),
    sa.Column("cause", _NAME),
    sa.Column("level", _NAME),
    sa.Index("events_by_clip", "clip_id", "at_s"),
    sa.Index("events_by_boot", "clip_id", "boot_id", "time_s"),
)

TRACES = sa.Table(
    "traces",
    METADATA,
    sa.Column("record_id", sa.ForeignKey(*_RECORD, ondelete="CASCADE"), primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False),
    sa.Column("boot_id", _NAME, nullable=False),
    sa.Column("time_s", sa.Float(53), nullable=False),
    sa.Column("at_s", sa.Float(53), nullable=False, index=True),
    sa.Column("samples", sa.LargeBinary, nullable=False),
    sa.Index("traces_by_boot", "clip_id", "boot_id", "time_s"),
)

LABELS = sa.Table(
    "labels",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("record_id", sa.ForeignKey(*_RECORD, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("verdict", _NAME, nullable=False),
    sa.Column("labelled_s", sa.Float(53), nullable=False),
    sa.Column("labelled_by", _NAME, nullable=False),
)

JOURNAL = sa.Table(
    "journal",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False),
    sa.Column("entry_id", _NAME, nullable=False),
    sa.Column("record_id", sa.ForeignKey(*_RECORD, ondelete="CASCADE")),
    sa.Column("at_s", sa.Float(53), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("kind", _NAME, nullable=False),
    sa.Column("entry", sa.JSON, nullable=False),
    sa.Column("written_by", _NAME, nullable=False),
    sa.UniqueConstraint("clip_id", "entry_id"),
    sa.Index("journal_by_day", "clip_id", "day"),
)

PLANS = sa.Table(
    "plans",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("clip_id", _NAME, nullable=False, index=True),
    sa.Column("made_s", sa.Float(53), nullable=False),
    sa.Column("made_by", _NAME, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
)

CLIPS = sa.Table(
    "clips",
    METADATA,
    sa.Column("clip_id", _NAME, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("paired_s", sa.Float(53), nullable=False),
)

PEOPLE = sa.Table(
    "people",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("role", _NAME, nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
)

LOGINS = sa.Table(
    "logins",
    METADATA,
    sa.Column("token_hash", _NAME, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("expires_s", sa.Float(53), nullable=False),
)

INVITATIONS = sa.Table(
    "invitations",
    METADATA,
    sa.Column("code_hash", _NAME, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("role", _NAME, nullable=False),
    sa.Column("expires_s", sa.Float(53), nullable=False),
)

NOTES = sa.Table(
    "notes",
    METADATA,
    sa.Column("name", _NAME, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

"""The DuckDB warehouse: connections, migrations, partition replacement, published snapshots.

SQL text lives in ``sql/``; what the rows mean is decided by ``pipeline.steps``.
"""

from pipeline.warehouse.connection import open_reader, open_writer
from pipeline.warehouse.partitions import replace_partitions
from pipeline.warehouse.snapshot import publish_snapshot

__all__ = ["open_reader", "open_writer", "publish_snapshot", "replace_partitions"]

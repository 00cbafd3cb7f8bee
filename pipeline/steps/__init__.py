"""The steps behind the commands: read, call pure code, write.

One module a command. No formula belongs here (see ``pipeline.margin`` and ``pipeline.backtest``)
and no SQL longer than a line (see ``sql/``).
"""

"""Backtest, pure: exceedances, statistical tests, offset trial, procyclicality.

Arrays and frames in, results out; no files, no connections, no clock. Series lie in rows and
observed days in columns. Reading the warehouse and writing results belong to ``pipeline.steps``.
"""

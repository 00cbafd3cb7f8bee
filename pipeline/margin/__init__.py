"""Margin, pure: scenarios, risk arrays, aggregation along the netting tree, rules.

Arrays and frames in, results out; no files, no connections, no clock. Reading the warehouse and
writing results belong to ``pipeline.steps``.
"""

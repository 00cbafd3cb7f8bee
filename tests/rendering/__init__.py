"""Tests of the report renderer."""

"""Tests on market data that is not part of the repository."""

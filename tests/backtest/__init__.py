"""Tests of the statistical tests, the offset trial and procyclicality."""

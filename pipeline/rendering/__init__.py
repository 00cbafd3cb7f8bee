"""Renders the adequacy report from finished numbers; reads no warehouse and computes no risk."""

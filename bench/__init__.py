"""Speed and memory of the product, measured as ratios on the machine at hand.

``python -m bench`` runs every benchmark. A benchmark is a module of this package with a function
``run() -> list[Measurement]``.
"""

"""Entry point of ``python -m pipeline``; everything else belongs in ``pipeline.cli``."""

from pipeline.cli import main

if __name__ == "__main__":
    main()

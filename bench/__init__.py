"""Benchmarks: `python -m bench [NAME ...]`, or `make bench ONLY=NAME`.

Each module of this package is a benchmark: its `run` yields one `figures.Figure` after the other,
each beside what it is compared with, both measured in the same run on the same machine. The first
line of the module's docstring is the title of its table. Figures are for people: no test rests on
them.
"""

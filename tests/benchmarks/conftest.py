"""Benchmarks are commands: pytest collects none of them, not even for their doctests."""

collect_ignore_glob = ["*.py"]

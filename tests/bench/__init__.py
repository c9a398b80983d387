"""`make bench`: the figures that must stay good, each beside its goal; see docs/benchmarks.md."""

"""`make bench`: the figures that must stay good, each beside its goal; docs/explanation/performance.md explains."""

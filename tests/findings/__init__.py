"""What the built-in agent files in real projects, release after release: docs/findings.md. Needs a package index."""

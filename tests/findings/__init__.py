"""What the built-in agent files in real projects, release by release: docs/explanation/findings.md. Needs an index."""

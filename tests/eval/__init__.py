"""Measures an agent with a model on ten small repositories whose flaws, open questions and fixes are known."""

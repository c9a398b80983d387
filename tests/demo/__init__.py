"""`make demo`: the product in one command, with the fake GitHub in GitHub's place."""

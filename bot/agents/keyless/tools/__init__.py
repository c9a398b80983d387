"""The programs of the keyless agent, a file for each: what it reads, how it is called, what its output says."""

"""`python -m nn.train`: the command, its checkpoints, the files of a run and the live curves."""

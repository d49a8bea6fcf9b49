"""`python -m nn.study NAME`: the small experiments of docs/study.md; each makes a picture."""

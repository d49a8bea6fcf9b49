"""Measurements as commands; `python -m benchmarks` lists them. Nothing in `nn` or `apps` imports
them.
"""

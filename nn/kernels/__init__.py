"""The loops, compiled by Numba: the equation as naive loops, and beside it the tuned form. See
README.md in this folder.
"""

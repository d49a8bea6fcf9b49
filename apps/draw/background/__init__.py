"""What is computed beside the window: in a thread that answers the newest question, or in a
process.
"""

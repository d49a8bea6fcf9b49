"""The look of the window: colours, type, shapes and buttons."""

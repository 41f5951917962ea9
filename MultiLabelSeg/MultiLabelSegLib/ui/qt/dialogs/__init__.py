"""The dialogs of the panel. None waits for its answer: each opens, and calls a function when it is accepted."""

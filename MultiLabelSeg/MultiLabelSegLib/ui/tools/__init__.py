"""The tool box: which tool is on, its options, its preview, and its gestures in slice views."""

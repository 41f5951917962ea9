"""Supervisely's NIfTI data sets and volume projects, in and out, without its server."""

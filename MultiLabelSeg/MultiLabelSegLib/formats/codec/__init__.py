"""Compressed streams of label volumes: DEFLATE straight from runs, and readers that check every byte."""

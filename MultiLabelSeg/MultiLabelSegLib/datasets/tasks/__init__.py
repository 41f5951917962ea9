"""Batches of cases as MITK Segmentation Task Lists."""

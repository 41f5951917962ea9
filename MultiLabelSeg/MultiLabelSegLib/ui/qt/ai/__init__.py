"""The pages of outside programs (nnU-Net, TotalSegmentator) in the panel."""

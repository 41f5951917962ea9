"""Outside programs in the panel: nnU-Net and TotalSegmentator."""

"""TotalSegmentator's training layout: a folder a case with ``ct.nii.gz`` and one mask for each class."""

"""nnU-Net's data sets, version 2 and 1: raw folders with images, label maps and dataset.json."""

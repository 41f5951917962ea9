"""MONAI's datalists: JSON that lists images and label maps for training, validation and testing."""

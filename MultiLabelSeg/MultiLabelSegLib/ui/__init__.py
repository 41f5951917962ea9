"""What the panel shows and does, without Qt: state and presenter. Widgets are in ``qt``."""

"""From mouse events to voxels: one small class a tool."""

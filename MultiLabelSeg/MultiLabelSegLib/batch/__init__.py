"""Many steps in one go: recipes of tools and label operations, on one case or many."""

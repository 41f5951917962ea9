"""The tools: each a dataclass of its parameters that proposes what it would write; locks are asked elsewhere."""

"""Who chooses from the menu: the heuristic table, and planners that must be named."""

"""Many callers of one client at one moment: a region that is dead, a token that has expired."""

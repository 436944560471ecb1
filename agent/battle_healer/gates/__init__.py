"""What stands before and after every exchange: who may go, where, and what was learnt."""

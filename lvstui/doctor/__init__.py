"""The doctor: what is or may be wrong with a director, with the evidence and the remedy. Pure: findings are made from a
State, the facts of the machine, and earlier results."""

"""The doctor: what is wrong with a director, or may be, with the evidence and what mends it. Pure: findings are made of
a State, of the facts of the machine, and of what was judged before."""

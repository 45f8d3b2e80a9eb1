"""Stories: random sequences of what happens on a director, whose truth the script itself writes down.

`truth.py` is the script's own knowledge: what the configuration says, which servers answer their checks, and what a
hand has changed. `site.py` makes it happen on a real kernel under real keepalived daemons. `watch.py` runs in the lab
and prints what the console and the JSON say. `test_stories.py` holds one against the other after each step.
"""

"""The effect of each key and command in the console, one file for each subject; registry.py lists them all."""

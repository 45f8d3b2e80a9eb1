"""What each key and each command does in the console, one file a subject; registry.py names them all."""

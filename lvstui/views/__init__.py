"""State -> rows and columns: pure, read by the console and by the verbs alike."""

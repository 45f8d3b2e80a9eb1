"""What users have on disk from earlier versions is read by every later one.

`written/` holds one file of each kind as the program wrote them before 0.1.0: settings with a key for every action, a
recording, the journal of a restore that was cut off, the audit log with each kind of change, drained weights, the
command history, snapshots, and what `--list --format json` printed. These files are never written anew: when a format
changes, the reader keeps understanding them.
"""

"""Rule sets as text and back: ipvsadm's lines, TOML, JSON. Imports only the director; writers give an iterator of
text, readers a RuleSet with remarks, and nothing here is slower to import than the format at hand needs."""

KINDS = ("ipvsadm", "toml", "json")

"""Rule sets as text and back: ipvsadm lines, TOML, JSON. Imports only the director. Writers yield text, readers return
a RuleSet with remarks, and importing this takes no longer than the chosen format needs."""

KINDS = ("ipvsadm", "toml", "json")

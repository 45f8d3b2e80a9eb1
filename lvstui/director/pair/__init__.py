"""The pair: two directors that take over from each other, compared before a failover does it."""

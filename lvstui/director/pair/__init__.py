"""The pair: two directors that take over from each other, compared before the failover does it."""

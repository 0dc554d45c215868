"""Tables of facts: how a bank's feed folders become Parquet and how SQL asks them. Knows no room and no screen."""

"""The measured promises of haoyou: `python -m bench --list`, `python -m bench NAME`. Loopback only, bounded in time."""

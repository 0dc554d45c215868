"""`python -m haoyou` is the command `haoyou`."""

from haoyou.cli import main

main()

"""The demonstration banks: a program of its own that writes feed folders, as a real core system would.

It imports nothing of the product and the product imports nothing of it; what passes between them is the folder
described in docs/door.md. `berka` replays real, anonymised accounts; `demo` invents a small bank in Guangxi.
"""

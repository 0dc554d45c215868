"""One module a promise: its docstring says what is promised, FULL and SMALL are its doses, `measure` does it."""

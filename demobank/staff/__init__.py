"""The people of a demonstration bank at work: they sign in over HTTP and do what their to-do lists say, day by day.

They know the house only as a browser does, by its public API, and the bank only as its telephones do: whom somebody
talked to is written into the bank's own inbox. See docs/operations/demobank.md, "The people".
"""

"""The bank of the PKDD'99 files, told day by day."""

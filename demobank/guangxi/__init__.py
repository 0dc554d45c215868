"""`demo`: an invented bank in Guangxi. The places are real, the people, companies and numbers are nobody's."""

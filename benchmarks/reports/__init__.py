"""The speed of reports beside other ways to make a PDF."""

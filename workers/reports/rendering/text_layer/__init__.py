"""What a reader of the PDF gets: its text is what the picture shows, letter for letter and in its order."""

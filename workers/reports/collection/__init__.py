"""Parts of the data of a report, each read from the views of other slices."""

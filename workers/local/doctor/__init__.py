"""Whether servers of your own are set up as the product needs them."""

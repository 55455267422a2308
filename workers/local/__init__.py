"""The whole system on one machine: its servers, its workers, and what watches over them."""

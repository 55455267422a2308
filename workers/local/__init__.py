"""The whole system on one machine: its servers, its workers, and their supervision."""

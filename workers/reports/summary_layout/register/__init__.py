"""The pages of a register of disclosures."""

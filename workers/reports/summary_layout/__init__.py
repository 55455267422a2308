"""The pages of a summary: their texts, their charts, and their typesetting."""

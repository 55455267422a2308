"""Being a witness of other sites: cosigning checkpoints of logs that have only grown (C2SP tlog-witness)."""

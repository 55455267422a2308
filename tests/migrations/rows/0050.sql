INSERT INTO audit.witness VALUES ('witness.example/$n', 'cosignature', now(), 'it did not answer');
INSERT INTO audit.attestation VALUES ('log_server', 1$n, 'witness.example/w1', 'cosignature', now(), 'line');

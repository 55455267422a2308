UPDATE administration.settings SET report_confidentiality = 'For the police $n', report_signatories = '{Author, Witness}';
UPDATE reports.report SET restricted_nodes = '["incident-projects/retention"]';

UPDATE reports.request SET recipient = 'Police', reference = 'PV 4', legal_basis = 'Art. 265' WHERE report_id = '$id';
UPDATE reports.report SET recipient = 'Police', reference = 'PV 4', legal_basis = 'Art. 265' WHERE report_id = '$id';

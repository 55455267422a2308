INSERT INTO reports.download VALUES ('$id', 'olivia', now(), true);
INSERT INTO projects.package_download VALUES ('$id', 'olivia', now(), false);

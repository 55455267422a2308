-- Main details and categories were shown to everybody who saw the projects. From now on they are shown to those who are
-- given view on them. A role that says nothing of them keeps what it gave; one that says none now withholds them.
UPDATE administration.role SET permissions = '{"incident-projects/main-details": "view"}' || permissions
WHERE permissions ->> 'incident-projects' IN ('view', 'manage');

UPDATE administration.role SET permissions = '{"incident-projects/categories": "view"}' || permissions
WHERE permissions ->> 'incident-projects' IN ('view', 'manage');

-- Projects that started in a week lie anywhere in the order of a page by date: this index has each week's in it, with the time
-- itself, so that those of other days of the week are passed by without looking at the project.
CREATE INDEX project_by_start_week
    ON projects.project (date_bin('7 days', start_time, '2000-01-03 00:00:00+00'), created_at, id, start_time)
    WHERE start_time IS NOT NULL;

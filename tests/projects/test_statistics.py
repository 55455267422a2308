"""Counts and trends: every figure equals a recount by hand (PRJ-09)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import fmean, median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client import Client, Refused
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.project_queries import ProjectFilter
from contracts.statistics import MOST_GROUPS, Grouping, Interval, ProjectStatistics, Statistics
from tests.support import Site

ZURICH = ZoneInfo("Europe/Zurich")
EARLY = datetime(2026, 3, 27, tzinfo=UTC)
GROUPS: tuple[Grouping, ...] = ("type", "status", "category_1", "category_5", "creator", "camera", "imported")
INTERVALS: tuple[Interval, ...] = ("day", "week", "month", "none")
Row = dict[str, Any]

INSERT = """
    INSERT INTO projects.project (id, number, revision, type_id, status_id, description, start_time, end_time,
        category_1, category_5, created_by, created_at, updated_by, updated_at, imported, retention_exempt)
    SELECT gen_random_uuid(), nextval('projects.number'), 1, r.type_id, r.status_id, '', r.start_time, r.end_time,
        r.category_1, r.category_5, r.created_by, r.created_at, r.created_by, r.created_at, r.imported, false
    FROM json_to_recordset(CAST(:rows AS json)) AS r(type_id int, status_id int, category_1 int, category_5 int,
        created_by text, created_at timestamptz, start_time timestamptz, end_time timestamptz, imported boolean)
"""

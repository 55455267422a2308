"""The client of Incident Manager: `async with connect(...) as client`, then send, ask, download and watch."""

from contracts.administration import AssignRole, ChangeSettings, DefineRole, DeleteRole, UnassignRole
from contracts.administration_queries import (
    GetMe,
    GetProperties,
    GetPropertyHistory,
    GetRoleHistory,
    GetRoles,
    GetSettingHistory,
    GetSettings,
)
from contracts.audit import ProjectActivity, SiteLog
from contracts.dead_letters import DiscardLetter, GetDeadLetter, ListDeadLetters, ReplayLetter
from contracts.destruction import ListCertificates
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.licence import ActivateLicence, GetLicence
from contracts.personal_data import (
    FindInActivities,
    FindInAdministration,
    FindInHolds,
    FindInProjects,
    FindInReports,
)
from contracts.projects.commands import (
    AddSequences,
    CreateProject,
    DeleteProject,
    IncidentData,
    RemoveAllSequences,
    RemoveSequences,
    UpdateProject,
)
from contracts.projects.drafts import ClearDraft, DraftSequences, GetDraft, UndraftSequences
from contracts.projects.export_control import CancelExport, ListExports
from contracts.projects.exports import DownloadPackage, ExportProject
from contracts.projects.history import GetHistory, GetPreserved
from contracts.projects.imports import CheckImport, ImportProjects
from contracts.projects.parts import AddCall, AddComment, DeleteCall, DeleteComment, EditCall, EditComment
from contracts.projects.queries import FindProject, GetOutcome, GetProject, ListProjects, ProjectFilter, Span
from contracts.projects.recordings import Sequence
from contracts.projects.redaction import RedactProject
from contracts.projects.set_aside import LiftRestriction, ListSetAside, RestoreProject, RestrictProject
from contracts.projects.statistics import ProjectStatistics
from contracts.projects.watching import WatchProjects
from contracts.properties import (
    AddCategoryValue,
    AddStatus,
    AddType,
    DefineCategory,
    DefineDataField,
    DeleteCategoryValue,
    DeleteStatus,
    DeleteType,
    EditCategoryValue,
    EditStatus,
    EditType,
    MarkStatus,
)
from contracts.release_requests import RequestRelease, WithdrawRelease
from contracts.report_batch_projects import ListBatchedProjects
from contracts.report_batches import DeleteBatch, DownloadBatch, GenerateBatch, ListBatches
from contracts.report_design import GetDesign, RemoveLogo, RemoveTemplate, SetLogo, SetTemplate
from contracts.report_record import GenerateRecord
from contracts.report_register import GenerateRegister
from contracts.report_summaries import DeleteSummary, DownloadSummary, GenerateSummary, ListSummaries
from contracts.reports import DeleteReport, DownloadReport, GenerateReport, GetReport, ListReports, RecordPrint
from contracts.retention import ChangeHold, HoldProject, ListDue, ListHolds, PreviewRetention, ReleaseProject, Sweep
from contracts.retention_policies import DeletePolicy, ListPolicies, PolicyTerms, SetPolicy
from incidents.client import Client, connect
from incidents.errors import PendingError, Refused, UnreachableError
from incidents.events import CloudEvent
from incidents.submissions import Submitted

__all__ = [
    "ActivateLicence",
    "AddCall",
    "AddCategoryValue",
    "AddComment",
    "AddSequences",
    "AddStatus",
    "AddType",
    "AssignRole",
    "CancelExport",
    "ChangeHold",
    "ChangeSettings",
    "CheckImport",
    "ClearDraft",
    "Client",
    "CloudEvent",
    "Code",
    "CreateProject",
    "DefineCategory",
    "DefineDataField",
    "DefineRole",
    "DeleteBatch",
    "DeleteCall",
    "DeleteCategoryValue",
    "DeleteComment",
    "DeletePolicy",
    "DeleteProject",
    "DeleteReport",
    "DeleteRole",
    "DeleteStatus",
    "DeleteSummary",
    "DeleteType",
    "DiscardLetter",
    "DownloadBatch",
    "DownloadPackage",
    "DownloadReport",
    "DownloadSummary",
    "DraftSequences",
    "EditCall",
    "EditCategoryValue",
    "EditComment",
    "EditStatus",
    "EditType",
    "ExportProject",
    "FindInActivities",
    "FindInAdministration",
    "FindInHolds",
    "FindInProjects",
    "FindInReports",
    "FindProject",
    "GenerateBatch",
    "GenerateRecord",
    "GenerateRegister",
    "GenerateReport",
    "GenerateSummary",
    "GetDeadLetter",
    "GetDesign",
    "GetDraft",
    "GetHistory",
    "GetLicence",
    "GetMe",
    "GetOutcome",
    "GetPreserved",
    "GetProject",
    "GetProperties",
    "GetPropertyHistory",
    "GetReport",
    "GetRoleHistory",
    "GetRoles",
    "GetSettingHistory",
    "GetSettings",
    "HoldProject",
    "ImportProjects",
    "IncidentData",
    "LiftRestriction",
    "ListBatchedProjects",
    "ListBatches",
    "ListCertificates",
    "ListDeadLetters",
    "ListDue",
    "ListExports",
    "ListHolds",
    "ListPolicies",
    "ListProjects",
    "ListReports",
    "ListSetAside",
    "ListSummaries",
    "MarkStatus",
    "PendingError",
    "PolicyTerms",
    "PreviewRetention",
    "ProjectActivity",
    "ProjectFilter",
    "ProjectStatistics",
    "RecordPrint",
    "RedactProject",
    "Refused",
    "ReleaseProject",
    "RemoveAllSequences",
    "RemoveLogo",
    "RemoveSequences",
    "RemoveTemplate",
    "ReplayLetter",
    "RequestRelease",
    "RestoreProject",
    "RestrictProject",
    "Sequence",
    "SetLogo",
    "SetPolicy",
    "SetTemplate",
    "SiteLog",
    "Span",
    "Submitted",
    "Sweep",
    "UnassignRole",
    "UndraftSequences",
    "UnreachableError",
    "UpdateProject",
    "WatchProjects",
    "WithdrawRelease",
    "connect",
    "uuid7",
]

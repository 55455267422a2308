"""Monitoring: alerts that mean something, fire on the first time, and lead to what to do."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import promql_parser
import pytest
import yaml
from promql_parser import BinaryExpr, Call, Expr, VectorSelector

from tests.checks.tree import ROOT, require_none

MONITORING = ROOT / "deploy" / "monitoring"
PAGE = (ROOT / "docs" / "operations.md").read_text()
PARTS = ("expr", "lhs", "rhs", "args", "vector_selector")


@cache
def alerts() -> Mapping[str, dict[str, Any]]:
    """Every alert by its name."""
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def panels() -> Mapping[str, list[str]]:
    """What each panel of the dashboard asks."""
    panel_list = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in panel_list}


def parts(expression: Expr) -> Iterator[Expr]:
    """Every part of an expression, the whole first."""
    yield expression
    for name in PARTS:
        value = getattr(expression, name, None)
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Expr):
                yield from parts(element)


def names(expression: str) -> set[str]:
    """The figures that an expression reads."""
    return read(promql_parser.parse(expression))


def read(expression: Expr) -> set[str]:
    """The figures that a part of an expression reads."""
    return {str(part.name) for part in parts(expression) if isinstance(part, VectorSelector)}


def expressions() -> list[str]:
    """Everything that alerts and panels ask."""
    return [
        *(rule["expr"] for rule in alerts().values()),
        *(expression for queries in panels().values() for expression in queries),
    ]


@pytest.mark.parametrize("expression", expressions())
def test_expressions_read_figures_of_ours(expression: str) -> None:
    """What alerts and panels ask is PromQL, and about something."""
    assert names(expression)


def test_the_two_worst_states_have_their_alerts() -> None:
    """Somebody is woken when messages wait and when the log server is away."""
    worst = {"MessagesWait": "incidents_oldest_pending_seconds", "LogServerAway": "incidents_log_server_oldest_seconds"}
    for alert, figure in worst.items():
        assert alerts()[alert]["labels"]["severity"] == "page"
        assert names(alerts()[alert]["expr"]) == {figure}


def growing(expression: Expr) -> set[str]:
    """The counters whose increase an expression compares."""
    calls = (part for part in parts(expression) if isinstance(part, Call) and part.func.name == "increase")
    return {name for call in calls for name in read(call)}


def appearing(expression: Expr) -> set[str]:
    """The counters that an expression finds when they come up with a count: there now, not there before."""
    results = set()
    for part in parts(expression):
        if isinstance(part, BinaryExpr) and str(part.op) == "unless":
            now = read(part.lhs)
            assert now == read(part.rhs)
            assert any(isinstance(each, VectorSelector) and each.offset for each in parts(part.rhs))
            results |= now
    return results


def test_alerts_fire_the_first_time() -> None:
    """A counter that is first seen with a count has not grown: an alert about its growth asks for that, too."""
    findings = [
        name
        for name, rule in alerts().items()
        if growing(parsed := promql_parser.parse(rule["expr"])) != appearing(parsed)
    ]
    require_none("Add `or (counter > N unless counter offset 15m)`.", findings)
    assert len([name for name, rule in alerts().items() if "increase(" in rule["expr"]]) >= 5


def test_alerts_lead_to_their_row() -> None:
    """Who is woken gets a link to the row of the page that says what to do, wherever the documents are kept."""
    findings = []
    for name, rule in alerts().items():
        anchor = name.lower()
        leads = rule["annotations"]["runbook_url"] == f"{{{{ $externalLabels.docs }}}}/operations.md#{anchor}"
        row = re.search(rf'^\| <a id="{anchor}"></a>`{name}`.* \| .+ \| .+ \|$', PAGE, re.MULTILINE)
        findings += [name] if not leads or not row else []
    require_none("Give it a runbook_url, and its row in docs/operations.md an anchor.", findings)
    prometheus = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert prometheus["global"]["external_labels"]["docs"]


def test_panels_lie_beside_each_other() -> None:
    """No two panels of the dashboard share a place."""
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels) > 20

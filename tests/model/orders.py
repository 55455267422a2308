"""Commands that were under way at once: in which order they may have been carried out."""

from collections.abc import Callable

from tests.model.model import Model
from tests.model.system import CommandResult, SentCommand

Applied = tuple[SentCommand, CommandResult]
Order = tuple[list[Applied], Model]
Judge = Callable[[Model, SentCommand, CommandResult], None]


def explained(model: Model, done: list[Applied], judge: Judge) -> list[Order]:
    """Return orders in which the model does all that was done, one of each end to which they lead.

    Those of one worker and key keep the order of their acceptance, in which they are given.

    Raises:
        AssertionError: There is no such order.
    """
    chains: dict[tuple[str, str], list[Applied]] = {}
    for pair in done:
        _, verb, key, _ = pair[0]
        chains.setdefault((verb.partition(".")[0], key), []).append(pair)
    orders: list[Order] = [([], model)]
    for part in _parts(list(chains.values())):
        orders = [([*before, *order], end) for before, there in orders for order, end in _ways(there, part, judge)]
    assert orders, f"no order explains {[(sent, result[1]) for sent, result in done]}"
    return orders


def _meets(chain: list[Applied]) -> set[str]:
    """Name what a chain may share with others: numbers, a draft list, or everything."""
    shared = set()
    for (principal, command, _, body), _ in chain:
        worker, _, verb = command.partition(".")
        if worker == "administration" or verb == "import":
            return {"everything"}
        if verb == "create":
            shared.add("numbers")
        if verb in {"draft-sequences", "undraft-sequences", "clear-draft"} or body.get("from_draft"):
            shared.add(f"draft of {principal}")
    return shared


def _parts(chains: list[list[Applied]]) -> list[list[list[Applied]]]:
    """Put chains together that may meet; the others do not ask for each other's order."""
    parts: list[tuple[set[str], list[list[Applied]]]] = []
    everything = any("everything" in _meets(chain) for chain in chains)
    for chain in chains:
        shared, beside = ({"everything"} if everything else _meets(chain)), [chain]
        for part in [part for part in parts if part[0] & shared]:
            parts.remove(part)
            shared, beside = shared | part[0], [*part[1], *beside]
        parts.append((shared, beside))
    return [chains for _, chains in parts]


def _ways(model: Model, chains: list[list[Applied]], judge: Judge) -> list[Order]:
    ways: dict[tuple[int, ...], dict[str, Order]] = {(0,) * len(chains): {model.described(): ([], model)}}
    for _ in range(sum(map(len, chains))):
        ways = _step(ways, chains, judge)
    return [order for ends in ways.values() for order in ends.values()]


def _step(
    ways: dict[tuple[int, ...], dict[str, Order]], chains: list[list[Applied]], judge: Judge
) -> dict[tuple[int, ...], dict[str, Order]]:
    """Go one command further in every way; those that meet in one state go on as one."""
    further: dict[tuple[int, ...], dict[str, Order]] = {}
    for places, states in ways.items():
        for order, model in states.values():
            for place_in_order, (place, chain) in enumerate(zip(places, chains, strict=True)):
                if place == len(chain):
                    continue
                attempt = model.copied()
                try:
                    judge(attempt, *chain[place])
                except AssertionError:
                    continue
                reached = (*places[:place_in_order], place + 1, *places[place_in_order + 1 :])
                met = further.setdefault(reached, {})
                met.setdefault(attempt.described(), ([*order, chain[place]], attempt))
    return further

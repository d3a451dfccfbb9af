"""What a query in PromQL asks for."""

import promql_parser

# Labels that Prometheus adds to what it scrapes.
ADDED = {"instance", "job"}
# Metrics that Prometheus makes of its own accord.
OWN = {"up": {"instance", "job"}}
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h"}


def asked(expression):
    """(metric, label) for every label that a query names, and (metric, None) for every metric."""
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return set(_asked(promql_parser.parse(expression)))


def matchers(expression):
    """(metric, label, operator, value) for every matcher of a query."""
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return {
        (selector.name, matcher.name, str(matcher.op), matcher.value)
        for selector in _selectors(promql_parser.parse(expression))
        for matcher in selector.matchers.matchers
    }


def _asked(node):
    for selector in _selectors(node):
        yield selector.name, None
        for matcher in selector.matchers.matchers:
            yield selector.name, matcher.name
    for aggregate in _nodes(node):
        if isinstance(aggregate, promql_parser.AggregateExpr) and aggregate.modifier is not None:
            for selector in _selectors(aggregate):
                yield from ((selector.name, label) for label in aggregate.modifier.labels)


def _selectors(node):
    return [each for each in _nodes(node) if isinstance(each, promql_parser.VectorSelector)]


def _nodes(node):
    yield node
    for name in ("lhs", "rhs", "expr", "args", "param", "vector_selector"):
        below = getattr(node, name, None)
        for each in below if isinstance(below, list) else [below]:
            if each is not None and hasattr(each, "prettify"):
                yield from _nodes(each)

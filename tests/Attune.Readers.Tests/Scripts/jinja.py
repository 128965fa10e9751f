"""Renders templates with Jinja2 as transformers sets it up. Request: [{template, contexts: [variables]}]; answer: for each [{text} or {error}]."""
import datetime
import json
import sys

import jinja2.ext
import jinja2.sandbox
from jinja2 import nodes


class Generation(jinja2.ext.Extension):
    """{% generation %} marks what the model says; the text inside is rendered as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_show"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _show(self, context, caller):
        return caller()


def fail(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
environment.filters["tojson"] = to_json
environment.globals["raise_exception"] = fail
environment.globals["strftime_now"] = lambda pattern: datetime.datetime(2024, 7, 26, 13, 45, 6).strftime(pattern)


def render(template, variables):
    try:
        return {"text": template.render(**variables)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


request = json.load(open(sys.argv[1], encoding="utf-8"))
json.dump([[render(template, variables) for variables in part["contexts"]] for part in request for template in [environment.from_string(part["template"])]], sys.stdout)

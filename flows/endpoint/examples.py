"""The description of the interface, with the model's own columns."""

import base64
from typing import Any

from flows.endpoint.body import TABLES
from pipeline.stages.service import PIXEL, Service


def request_body(service: Service) -> dict[str, Any]:
    """Return the body of ``POST /predict`` as OpenAPI describes it."""
    if service.media:
        files = {"files": [{"name": "scan1.png", "content": base64.b64encode(PIXEL).decode()}]}
        properties = {"name": {"type": "string"}, "content": {"type": "string", "format": "byte"}}
        shape = _list_of(
            "files", {"type": "object", "required": ["name", "content"], "properties": properties}
        )
        binary = {"schema": {"type": "string", "format": "binary"}}
        return _content({"application/json": {"schema": shape, "example": files}, "image/*": binary})
    shape = _list_of(
        "rows", {"type": "object", "properties": _properties(service), "required": _required(service)}
    )
    binary = {"schema": {"type": "string", "format": "binary"}}
    kinds = {
        "application/json": {"schema": shape, "example": {"rows": [service.typical_row()]}},
        **dict.fromkeys(TABLES, binary),
    }
    return _content(kinds)


def _properties(service: Service) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "number": {"type": ["number", "null"]},
        "time": {"type": "string", "format": "date-time"},
    }
    return {
        column["name"]: {
            **kinds.get(column["type"], {"type": ["string", "null"]}),
            "description": column["means"],
        }
        for column in service.columns
    }


def _required(service: Service) -> list[str]:
    return [column["name"] for column in service.columns if column["required"]]


def _list_of(name: str, items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": items}}}


def _content(kinds: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": kinds}

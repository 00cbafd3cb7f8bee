"""Describing what is declared: models with their parameters and sources."""

from dataclasses import asdict
from typing import Any

from pipeline.margin.declaration import list_parameters
from pipeline.settings import Settings
from pipeline.steps.models import find_declarations, load_model

OWN_CHOICE = "Chosen by the author of the model."


def describe_models(settings: Settings) -> tuple[str, dict[str, Any]]:
    """Return every declared model as text and as data.

    Parameters
    ----------
    settings : Settings
        Names the models in force and the data home, which may declare further ones.
    """
    lines, detail = [], []
    for model_id, path in find_declarations(settings).items():
        model = load_model(path)
        in_force = model_id in settings.models
        lines.append(
            f"{model_id}  {model.title}, version {model.version}, parameters"
            f" {model.parameter_hash}{' (in force)' if in_force else ''}"
        )
        declared = asdict(model)
        lines.extend(
            f"    {key} = {write_value(value)}  [{source or OWN_CHOICE}]"
            for key, value, source in list_parameters(model)
        )
        lines.extend(
            f"    offset group {group.id}: {', '.join(group.products)}: {group.rationale}"
            for group in model.offset_groups
        )
        detail.append({**declared, "parameter_hash": model.parameter_hash, "in_force": in_force})
    return "\n".join(lines), {"models": detail}


def write_value(value: object) -> str:
    """Write a value as a person would: the entries of a table between commas."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {write_value(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return "; ".join(write_value(v) for v in value) if value else "none"
    return str(value)

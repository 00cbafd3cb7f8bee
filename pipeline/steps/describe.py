"""Describing what is declared: models with their parameters and sources."""

from dataclasses import asdict
from typing import Any

from pipeline.settings import Settings
from pipeline.steps.models import find_declarations, load_model


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
        for part in ("scenarios", "measure", "coverage", "tree"):
            for name, value in declared[part].items():
                key = f"{part}.{name}"
                source = model.sources.get(key)
                lines.append(f"    {key} = {value}" + (f"  [{source}]" if source else ""))
        lines.extend(
            f"    offset group {group.id}: {', '.join(group.products)}"
            for group in model.offset_groups
        )
        detail.append({**declared, "parameter_hash": model.parameter_hash, "in_force": in_force})
    return "\n".join(lines), {"models": detail}

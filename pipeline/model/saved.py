"""Networks as files: weights as safetensors, what builds them as JSON; nothing is unpickled."""

import json
from pathlib import Path
from pickle import UnpicklingError
from zipfile import BadZipFile

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.extraction.frames import FrameExtractor
from pipeline.extraction.published import translated
from pipeline.foundation.errors import DataError
from pipeline.foundation.files import write_json
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.net import HybridNet

WEIGHTS, BLUEPRINT = "model.safetensors", "model.json"


def save_model(net: HybridNet, blueprint: Blueprint, folder: Path) -> None:
    """Write ``model.safetensors`` and ``model.json``; equal networks give equal bytes."""
    _save(net.state_dict(), folder / WEIGHTS)
    write_json(blueprint.model_dump(mode="json"), folder / BLUEPRINT)


def load_model(folder: Path) -> HybridNet:
    """Return the network that :func:`save_model` wrote, ready to predict.

    Raises:
        DataError: A file is missing, damaged, or does not fit the other.
    """
    net = build_net(read_blueprint(folder), seed=0)
    _fill(net, _load(folder / WEIGHTS), folder / WEIGHTS)
    return net.eval()


def read_blueprint(folder: Path) -> Blueprint:
    """Return what the network that :func:`save_model` wrote is built from.

    Raises:
        DataError: The file is missing, or damaged.
    """
    try:
        return Blueprint.model_validate(json.loads((folder / BLUEPRINT).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise DataError(f"{folder / BLUEPRINT} does not describe a network: {_first_line(error)}") from None


def save_extractor(net: HybridNet, path: Path) -> None:
    """Write the weights of the extractor of each chain and of what stands before it: embedding, the input's norm."""
    _save(_front(net).state_dict(), path)


def load_extractor(net: HybridNet, path: Path) -> str:
    """Put weights into the extractor of ``net``: those that :func:`save_extractor` wrote, or published ones.

    Returns:
        What a person should know about what was taken; empty where every weight was.

    Raises:
        DataError: The file is missing, damaged, or of another extractor.
    """
    tensors, front = _load(path), _front(net)
    own = any(
        "extractor" in name.split(".")[:2] for name in tensors
    )  # of several streams with a number before it
    if own or not isinstance(net.extractor, FrameExtractor):
        _fill(front, tensors, path)
        return ""
    taken = translated(tensors, net.extractor)
    _fill(net.extractor, taken.tensors, path)
    return taken.told


def count_parameters(net: nn.Module) -> int:
    """Return the number of weights, trained or not."""
    return sum(parameter.numel() for parameter in net.parameters())


def _front(net: HybridNet) -> nn.Module:
    fronts = [chain.front for chain in net.all_chains]
    return fronts[0] if len(fronts) == 1 else nn.ModuleList(fronts)


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, path)


def _load(path: Path) -> dict[str, Tensor]:
    if path.suffix in (".pth", ".pt"):
        return _load_pickled(path)
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; give a file with the weights of the extractor") from None
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} cannot be read as safetensors: {_first_line(error)}") from None
    return tensors


def _load_pickled(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file of torch; whatever else could run when it is read is refused."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; give a file with the weights of the extractor") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, BadZipFile, UnpicklingError) as error:
        raise DataError(
            f"{path} cannot be read as weights only ({_first_line(error)}); give a state_dict saved by torch.save, or "
            f"a .safetensors file"
        ) from None
    found = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise DataError(f"{path} holds no weights by name; give a state_dict saved by torch.save")
    return {str(name): tensor for name, tensor in found.items()}


def _fill(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != found:
        names = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
        first = names[0]
        raise DataError(
            f"{path} holds weights of another network: {first} is {found.get(first, 'missing')} there and "
            f"{wanted.get(first, 'unknown')} here ({len(names)} differ); give the settings it was made with"
        )
    module.load_state_dict(tensors)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]

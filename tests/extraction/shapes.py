"""Names and shapes of torchvision's weights, written down from its published networks."""

import torch

NORM = ("weight", "bias", "running_mean", "running_var")
VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")
VGG11 = (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M")


def vgg(plan, *, normalised, classifier=True):
    """``vgg16``, ``vgg16_bn`` and ``vgg11``: ``features.N`` counts every layer, those without weights too."""
    shapes, index, inputs = {}, 0, 3
    for entry in plan:
        if entry == "M":
            index += 1
            continue
        shapes |= {f"features.{index}.weight": (entry, inputs, 3, 3), f"features.{index}.bias": (entry,)}
        if normalised:
            shapes |= _norm(f"features.{index + 1}", entry)
        index += 3 if normalised else 2
        inputs = entry
    if classifier:
        shapes |= {
            "classifier.0.weight": (8, 5),
            "classifier.0.bias": (8,),
        }  # 4096 x 25088, which nobody reads
    return shapes


def resnet18():
    """``resnet18``: two blocks on each of four levels, and a projection where a level begins anew."""
    shapes = {"conv1.weight": (64, 3, 7, 7)} | _norm("bn1", 64)
    inputs = 64
    for level, features in enumerate((64, 128, 256, 512), 1):
        for block in range(2):
            name = f"layer{level}.{block}"
            shapes[f"{name}.conv1.weight"] = (features, inputs, 3, 3)
            shapes |= _norm(f"{name}.bn1", features)
            shapes[f"{name}.conv2.weight"] = (features, features, 3, 3)
            shapes |= _norm(f"{name}.bn2", features)
            if inputs != features:
                shapes[f"{name}.downsample.0.weight"] = (features, inputs, 1, 1)
                shapes |= _norm(f"{name}.downsample.1", features)
            inputs = features
    return shapes | {"fc.weight": (1000, 512), "fc.bias": (1000,)}


def convnext_tiny():
    """``convnext_tiny``: ``features`` has the stem, then blocks and steps down by turns."""
    shapes = {"features.0.0.weight": (96, 3, 4, 4), "features.0.0.bias": (96,)}
    shapes |= {"features.0.1.weight": (96,), "features.0.1.bias": (96,)}
    sizes = (96, 192, 384, 768)
    for level, (features, blocks) in enumerate(zip(sizes, (3, 3, 9, 3), strict=True)):
        if level:
            inputs, name = sizes[level - 1], f"features.{2 * level}"
            shapes |= {f"{name}.0.weight": (inputs,), f"{name}.0.bias": (inputs,)}
            shapes |= {f"{name}.1.weight": (features, inputs, 2, 2), f"{name}.1.bias": (features,)}
        for block in range(blocks):
            name = f"features.{2 * level + 1}.{block}"
            shapes[f"{name}.layer_scale"] = (features, 1, 1)
            shapes |= {f"{name}.block.0.weight": (features, 1, 7, 7), f"{name}.block.0.bias": (features,)}
            shapes |= {f"{name}.block.2.weight": (features,), f"{name}.block.2.bias": (features,)}
            shapes |= {
                f"{name}.block.3.weight": (4 * features, features),
                f"{name}.block.3.bias": (4 * features,),
            }
            shapes |= {
                f"{name}.block.5.weight": (features, 4 * features),
                f"{name}.block.5.bias": (features,),
            }
    shapes |= {"classifier.0.weight": (768,), "classifier.0.bias": (768,)}
    return shapes | {"classifier.2.weight": (1000, 768), "classifier.2.bias": (1000,)}


def drawn(shapes, seed=5):
    """Return weights of these shapes; variances are positive."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(shape, generator=generator) + 0.5
        if name.endswith("running_var")
        else torch.randn(shape, generator=generator) * 0.05
        for name, shape in shapes.items()
    }


def _norm(name, features):
    return {f"{name}.{part}": (features,) for part in NORM}

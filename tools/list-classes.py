#!/usr/bin/python3
"""Lists the classes of Python packages whose objects a pickle can make without running any code of theirs.

    list-classes.py [--only MODULE]... FOLDER...             rows for rules/globals.tsv: module, names, make, why
    list-classes.py --others [--only MODULE]... FOLDER...    the other classes, each with what speaks against it

FOLDER is a package's folder (site-packages/torch, or one in an unpacked wheel); --only shows what is in a module and below
it. The sources are parsed, never imported.
A class is listed when nothing that the unpickler looks at is its own: NEWOBJ calls __new__, BUILD __setstate__ (and
__setattr__ for slots), the items of lists and dicts go through append, extend and __setitem__, a key through __hash__ and
__eq__, an attribute that is not there through __getattr__, and what is thrown away through __del__. The same must hold for
all its bases, up to those in ROOTS; REVIEWED names what was read and does no more than to fill attributes.
"""
import argparse
import ast
import os

OWN = {
    "__new__", "__del__", "__setstate__", "__reduce__", "__reduce_ex__", "__setattr__", "__delattr__", "__getattr__",
    "__getattribute__", "__hash__", "__init_subclass__", "__set_name__", "__get__", "__set__",
}
OF_CONTAINERS = {"append", "extend", "__setitem__", "add", "update"}
CONTAINERS = {"list", "dict", "set", "collections.OrderedDict", "collections.defaultdict", "collections.UserDict"}
ROOTS = CONTAINERS | {
    "object", "tuple", "Exception", "ValueError", "RuntimeError", "abc.ABC", "typing.Generic", "typing.Protocol",
    "enum.Enum", "enum.IntEnum", "str", "int", "float", "Warning", "typing.NamedTuple", "torch.nn.Module", "torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict",
    "torch.nn.Linear", "torch.nn.Conv1d", "torch.nn.Conv2d", "torch.nn.Conv3d", "torch.nn.ConvTranspose2d",
    "torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d", "torch.nn.LayerNorm", "torch.nn.GroupNorm",
    "torch.nn.Embedding", "torch.nn.Dropout", "torch.nn.AvgPool2d", "torch.nn.MaxPool2d", "torch.optim.Optimizer",
    "torch.optim.optimizer.Optimizer", "torch.utils.data.Dataset", "torch.utils.data.Sampler",
    "torch.ao.quantization.observer.ABC",
}
# Of each: what its special methods do. All were read in torch 1.13; none calls what it is given.
REVIEWED = {
    "torch.nn.modules.module.Module": "attributes, registers hooks and parameters by name",
    "torch.nn.modules.rnn.RNNBase": "attributes, names of weights",
    "torch.nn.modules.conv._ConvNd": "attributes, a default",
    "torch.nn.modules.pooling.FractionalMaxPool2d": "attributes",
    "torch.nn.modules.pooling.AvgPool3d": "attributes, defaults",
    "torch.nn.modules.activation.MultiheadAttention": "attributes, a default",
    "torch.nn.modules.activation.Softmax": "attributes, a default",
    "torch.nn.modules.activation.LogSoftmax": "attributes, a default",
    "torch.nn.modules.activation.Softmin": "attributes, a default",
    "torch.nn.modules.container.ModuleList": "modules by number",
    "torch.nn.modules.container.ModuleDict": "modules by name",
    "torch.nn.modules.container.Sequential": "modules by number",
    "torch.optim.optimizer.Optimizer": "attributes, hooks for the profiler, defaults",
    "torch.nn.modules.module._WrappedHook": "attributes, a weak reference",
    "torch.utils.hooks.RemovableHandle": "a weak reference, a number",
    "torch.ao.nn.quantized.modules.conv._ConvNd": "attributes, packs weights",
    "torch.ao.nn.sparse.quantized.linear.LinearPackedParams": "attributes",
    "torch.cuda.amp.grad_scaler.GradScaler": "attributes",
    "torch.nn.modules.transformer.TransformerEncoderLayer": "attributes, a default",
    "torch.nn.modules.transformer.TransformerDecoderLayer": "attributes, a default",
    "torch.ao.quantization.qconfig.QConfig": "a tuple of two, neither of them a module",
    "torch.ao.quantization.qconfig.QConfigDynamic": "a tuple of two",
}
REVIEWED.update({"torch.optim.%s.%s" % (name.lower(), name): "defaults of groups, numbers as tensors" for name in (
    "Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD")})
SKIPPED = {"test", "tests", "testing", "_testing", "__main__", "conftest", "setup", "examples", "scripts"}


class Class:
    def __init__(self, module, node, bases):
        self.module, self.name, self.bases = module, node.name, bases
        self.meta = [k.value for k in node.keywords if k.arg == "metaclass"]
        self.own = set()
        for item in node.body:
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.own.add(item.name)
            elif isinstance(item, ast.Assign):
                self.own.update(t.id for t in item.targets if isinstance(t, ast.Name))

    def path(self):
        return self.module + "." + self.name


def dotted(node):
    if isinstance(node, ast.Call) and dotted(node.func) in ("namedtuple", "collections.namedtuple"):
        return "tuple"
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return head and head + "." + node.attr
    return node.id if isinstance(node, ast.Name) else None


def names_of(tree, module, is_package):
    """What each name at the top of a module stands for, as a dotted name."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                names[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            for a in node.names:
                full = ".".join(above + (node.module.split(".") if node.module else []) + [a.name])
                if a.name == "*":
                    names.setdefault("*", []).append(full)
                else:
                    names[a.asname or a.name] = full
    return names


def read(folder, classes, aliases, stars):
    top = os.path.basename(os.path.abspath(folder))
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for f in sorted(files):
            if not f.endswith(".py") or f[:-3] in SKIPPED:
                continue
            parts = [top] + [p for p in os.path.relpath(os.path.join(here, f[:-3]), folder).split(os.sep)]
            is_package = parts[-1] == "__init__"
            module = ".".join(parts[:-1] if is_package else parts)
            try:
                tree = ast.parse(open(os.path.join(here, f), encoding="utf-8").read())
            except (SyntaxError, UnicodeDecodeError):
                continue
            names = names_of(tree, module, is_package)
            stars[module] = [full[:-2] for full in names.pop("*", [])]
            aliases.update({module + "." + n: full for n, full in names.items()})
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    local = [dotted(b) for b in node.bases]
                    classes[module + "." + node.name] = Class(module, node, [resolve(b, module, names) for b in local])


def resolve(name, module, names):
    if name is None:
        return None
    head, _, rest = name.partition(".")
    if head in names:
        return names[head] + ("." + rest if rest else "")
    return name if head in ROOTS or head in dir(__builtins__) else module + "." + name


def find(name, classes, aliases, stars, depth=0):
    """Follows names that a module has from another one."""
    if name is None or name in classes or name in ROOTS or depth > 8:
        return name
    if name in aliases and aliases[name] != name:
        return find(aliases[name], classes, aliases, stars, depth + 1)
    head, _, tail = name.rpartition(".")
    for other in stars.get(head, []):
        found = find(other + "." + tail, classes, aliases, stars, depth + 1)
        if found in classes or found in ROOTS:
            return found
    return find(aliases[head] + "." + tail, classes, aliases, stars, depth + 1) if head in aliases else name


def against(c, known, seen=()):
    """None, or why objects of this class are not made without its code; a set of its container bases."""
    if c.path() in seen:
        return "inherits from itself", set()
    if any(dotted(m) not in ("ABCMeta", "abc.ABCMeta") for m in c.meta):
        return "has a metaclass", set()
    containers = set()
    for base in c.bases:
        base = find(base, *known)
        if base in ROOTS:
            containers |= {base} & CONTAINERS
        elif base in known[0]:
            why, more = against(known[0][base], known, seen + (c.path(),))
            if why:
                return why, set()
            containers |= more
        else:
            return "inherits from %s, which is not known" % base, set()
    own = c.own & OWN
    if containers:
        own |= c.own & OF_CONTAINERS
    if own and c.path() not in REVIEWED:
        return "%s has its own %s" % (c.path(), ", ".join(sorted(own))), set()
    return None, containers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("folder", nargs="+")
    args = parser.parse_args()
    classes, aliases, stars, rows = {}, {}, {}, {}
    for folder in args.folder:
        read(folder, classes, aliases, stars)
    for path in sorted(classes):
        if args.only and not any(path.startswith(o + ".") for o in args.only):
            continue
        why, _ = against(classes[path], (classes, aliases, stars))
        if args.others and why:
            print("%s\t%s" % (path, why))
        elif not args.others and not why:
            rows.setdefault(classes[path].module, []).append(classes[path].name)
    for module in sorted(rows):
        print("%s\t%s\tmake\tmade without running its class" % (module, " ".join(rows[module])))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
# How often each kind of AST node, each built-in and each method occurs in what is generated.
import ast
import builtins
import collections
import warnings

import areas
from tables import ATTRIBUTE_ROWS

# Not generated: what asks a person or prints a licence, complex numbers (refused by aio), and the nodes
# that no Python 3.13 parser makes any more.
SKIP_BUILTINS = {"copyright", "credits", "license", "help", "exit", "quit", "complex", "_", "__spec__", "__loader__",
        "__package__",
                 "__doc__", "__name__", "_IncompleteInputError", "False", "True", "None", "__build_class__"}
SKIP_NODES = {"AugLoad", "AugStore", "Param", "Suite", "Index", "ExtSlice", "Num", "Str", "Bytes", "NameConstant",
        "Ellipsis", "slice",
              "AST", "mod", "Expression", "Interactive", "FunctionType", "TypeIgnore", "type_ignore", "expr", "stmt",
              "expr_context",
              "_ast_Ellipsis", "boolop", "operator", "unaryop", "cmpop", "excepthandler", "pattern", "type_param"}


def wanted():
    nodes = [name for name, kind in vars(ast).items() if isinstance(kind, type) and issubclass(kind,
            ast.AST) and name not in SKIP_NODES]
    functions = [name for name in dir(builtins) if name not in SKIP_BUILTINS]
    methods = [kind + "." + name for kind, owner in areas.DUNDER_TYPES.items() for name in dir(owner)
               if name not in areas.SKIP_DUNDER and name not in areas.NOT_METHODS]
    methods += [kind + "." + name for kind, name, _ in ATTRIBUTE_ROWS]
    methods += ["generator." + n for n in "send throw close __next__ gi_running gi_suspended gi_yieldfrom gi_frame gi_code".split()]
    methods += ["coroutine." + n for n in "send throw close __await__ cr_running cr_suspended cr_await cr_frame cr_code cr_origin".split()]
    methods += ["async_generator." + n for n in "__anext__ asend athrow aclose ag_running ag_suspended ag_await ag_frame ag_code".split()]
    methods += ["exception." + n for n in "args __cause__ __context__ __suppress_context__ __traceback__ with_traceback add_note __notes__".split()]
    methods += ["asyncio." + n for n in """sleep Lock Event Semaphore Condition Future timeout wait_for gather shield create_task Task.cancel
                call_soon wait as_completed Barrier TaskGroup Queue.put Queue.get Queue.put_nowait Queue.get_nowait Queue.task_done
                Queue.join Queue.qsize Queue.empty Queue.full Queue.shutdown""".split()]
    return nodes, functions, methods


class Coverage:
    def __init__(self):
        self.nodes = collections.Counter()
        self.names = collections.Counter()
        self.methods = collections.Counter()

    def add(self, source, counts):
        self.methods.update(counts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(source)
            except SyntaxError:
                return
        for node in ast.walk(tree):
            self.nodes[type(node).__name__] += 1
            if type(node) is ast.Name:
                self.names[node.id] += 1

    def report(self, out):
        """Prints all counts; true if none of the wanted ones is at zero."""
        missing = []
        for title, names, counts in zip(("AST nodes", "built-ins", "methods and attributes"), wanted(), (self.nodes,
                self.names, self.methods)):
            print("# " + title, file=out)
            for name in sorted(dict.fromkeys(names)):
                print("%9d  %s" % (counts[name], name), file=out)
                if not counts[name]:
                    missing.append(name)
        print("# at zero: " + (", ".join(missing) or "none"), file=out)
        return not missing

"""Compiles what compiled.py links: ``python -m elcheck.checker.search.fast.make``.

Numba turns Python into LLVM's code, function by function, and LLVM optimises them together as one program.
Numba itself would optimise each function with all that it calls, again and again, which takes twice as long.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module

os.environ["NUMBA_OPT"] = "0"  # numba reads it when it is imported

import llvmlite.binding as llvm
import numba
from numba.core.dispatcher import Dispatcher

from elcheck.checker.search.fast import compiled
from elcheck.checker.search.fast.cache import MachineCode, keep, processor
from elcheck.checker.search.fast.compilation import WITH_PARENT

TYPES = {
    "int": "int64",
    "bool": "boolean",
    "None": "void",
    "tuple[int, int]": "UniTuple(int64, 2)",
    **{name: f"CPointer({dtype.name})" for name, dtype in compiled.POINTERS.items()},
}
"""Numba's types of annotations. A function has one version, whatever the width of integers in a call."""


def compiler(function: Callable[..., object]) -> Callable[..., object]:
    """Compile a function without what Python needs, and without counting references (``_nrt``)."""
    *arguments, answer = (TYPES[name] for name in function.__annotations__.values())
    signature = f"{answer}({', '.join(arguments)})"
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    made: Callable[..., object] = numba.njit(signature, nogil=True, error_model="numpy", **bare)(function)
    return made


def everything() -> MachineCode:
    """The functions of calls.py, and all that they call, in one object file."""
    compiled.compiler = compiler
    calls = vars(import_module("elcheck.checker.search.fast.calls")).values()
    symbols, program = {}, llvm.parse_assembly("")
    for function in (each for each in calls if isinstance(each, Dispatcher)):
        ((signature, made),) = function.overloads.items()
        symbols[compiled.name_of(function.py_func)] = made.fndesc.llvm_func_name
        program.link_in(llvm.parse_assembly(function.inspect_llvm(signature)))
    for inner in program.functions:
        if not inner.is_declaration and inner.name not in symbols.values():
            inner.linkage = "internal"
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(*processor(), opt=3, jit=True)
    _optimise(program, machine)
    outside = [each.name for each in program.functions if each.is_declaration and each.name[:5] != "llvm."]
    if outside or not symbols:
        raise RuntimeError(
            f"the program can't be linked by itself, it calls {', '.join(outside) or 'nothing'}"
        )
    return MachineCode(symbols, machine.emit_object(program))


def _optimise(program: llvm.ModuleRef, machine: llvm.TargetMachine) -> None:
    """Optimise a program, without vectors: its loops are over a few fields, and vectors cost more there."""
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(program, passes)


def _end_with_parent() -> None:
    """End when stdin does, which is a pipe from the process that waits for the code."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    if WITH_PARENT in sys.argv:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        keep(everything())
    except OSError as error:
        sys.exit(str(error))

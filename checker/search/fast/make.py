"""Compiles what compiled.py links: ``python -m elcheck.checker.search.fast.make``.

Numba turns Python into LLVM's code, function by function, and LLVM optimises them together as one program.
Numba itself would optimise each function with all that it calls, again and again, which takes twice as long.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from importlib import import_module

os.environ["NUMBA_OPT"] = "0"  # numba reads it when it is imported

import llvmlite.binding as llvm
import numba
from numba.core.codegen import CodeLibrary, JITCodeLibrary, JITCPUCodegen
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


class _Uncalled(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """The code of a function that is never called in this process. Numba would link it with all that it
    calls, and make it machine code, before it lets another function call it, which is half of its time.
    """

    def get_pointer_to_function(self, name: str) -> int:
        """No address: there is no machine code."""
        return 0

    def add_linking_library(self, library: CodeLibrary) -> None:
        """Note what is called, which is linked once for all (``_program_of``)."""
        self._linking_libraries.append(library)


def _no_environment(codegen: JITCPUCodegen, name: str, environment: object) -> None:
    """Leave out what machine code would have of Python: there is none."""


def _program_of(libraries: Iterable[CodeLibrary]) -> llvm.ModuleRef:
    """One program of some libraries and all those that they call."""
    program = llvm.parse_assembly("")
    waiting, seen = list(libraries), set[CodeLibrary]()
    while waiting:
        library = waiting.pop()
        if library not in seen:
            seen.add(library)
            program.link_in(llvm.parse_assembly(library.get_llvm_str()))
            waiting += library._linking_libraries
    return program


def everything() -> MachineCode:
    """The functions of calls.py, and all that they call, in one object file."""
    compiled.compiler = compiler
    JITCPUCodegen._library_class, JITCPUCodegen.set_env = _Uncalled, _no_environment
    calls = vars(import_module("elcheck.checker.search.fast.calls")).values()
    symbols, libraries = {}, []
    for function in (each for each in calls if isinstance(each, Dispatcher)):
        (made,) = function.overloads.values()
        symbols[compiled.name_of(function.py_func)] = made.fndesc.llvm_func_name
        libraries.append(made.library)
    program = _program_of(libraries)
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

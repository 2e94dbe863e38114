"""Which members of a set a loop passes over: those that its first conditions are false of.

``[m for m in s.sent if isinstance(m, Vote) and m.ballot == ballot]`` does nothing for a member that is no
such vote, and neither does a loop that begins with such an ``if``. That is read from the instructions after
the loop's own (FOR_ITER): as long as they look at the member and at values that stay as they are, and what
they come to decides whether the loop goes on to the next member, they are a condition. So the loop depends on
the members that satisfy it alone. Instructions that are not known here end the conditions; another version of
Python may have some.
"""

from __future__ import annotations

import dis
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import CodeType, FrameType, NoneType

from elcheck.checker.model.ids import NodeId

_STAYING = (bool, int, float, str, bytes, NoneType, Enum, NodeId, type)
_COMPARING = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_IGNORED = ("CACHE", "PRECALL", "PUSH_NULL", "NOP", "TO_BOOL", "EXTENDED_ARG", "NOT_TAKEN")
_OF_NAMES = ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL")
_OTHERS = ("LOAD_CONST", "LOAD_ATTR", "BINARY_SUBSCR", "COMPARE_OP", "IS_OP", "CONTAINS_OP", "UNARY_NOT")


class UnknownInstructionError(Exception):
    """An instruction is not one of those that a condition may have."""


@dataclass(frozen=True)
class LoopCondition:
    """Instructions up to a jump, and what they have to come to for a member not to be passed over."""

    instructions: tuple[dis.Instruction, ...]
    wanted: bool


@dataclass(frozen=True)
class LoopFilter:
    """The conditions at the beginning of a loop. ``targets``: the names of its variables, parts of a tuple if
    it ``unpacks``; ``values``: those of the other names in its conditions, which stay as they are.
    """

    code: CodeType
    offset: int
    targets: tuple[str, ...]
    unpacks: bool
    conditions: tuple[LoopCondition, ...]
    values: tuple[tuple[str, type, object], ...]

    def admits(self, member: object) -> bool:
        """Whether the loop may do anything for a member. An error is the loop's own to meet."""
        names = {name: value for name, _, value in self.values}
        try:
            if self.unpacks:
                assert isinstance(member, tuple)
                names.update(zip(self.targets, member, strict=True))
            else:
                names[self.targets[0]] = member
            return all(bool(_come_to(c.instructions, names)) is c.wanted for c in self.conditions)
        except Exception:
            return True


def loop_filter(frame: FrameType) -> LoopFilter | None:
    """The conditions of the loop that a frame is at, None if there are none that are known."""
    try:
        return _loop_filter(frame)
    except (LookupError, UnknownInstructionError):
        return None


def _loop_filter(frame: FrameType) -> LoopFilter | None:
    found = _conditions(frame.f_code, frame.f_lasti)
    if found is None or _is_read_elsewhere(frame.f_code, frame.f_lasti, found[0]):
        return None
    targets, unpacks, conditions = found
    values: dict[str, object] = {}
    known: list[LoopCondition] = []
    for condition in conditions:
        names = {str(i.argval) for i in condition.instructions if i.opname in _OF_NAMES} - set(targets)
        its = {name: _value(frame, name) for name in names}
        if not all(map(_stays, its.values())):
            break
        values |= its
        known.append(condition)
    if not known:
        return None
    told = tuple((name, type(value), value) for name, value in sorted(values.items()))
    return LoopFilter(frame.f_code, frame.f_lasti, targets, unpacks, tuple(known), told)


def is_as_it_was(frame: FrameType, condition: LoopFilter) -> bool:
    """Whether the names in the conditions of a loop still have the values that they had when it began."""
    its = ((_value(frame, name), cls, value) for name, cls, value in condition.values)
    return all(type(now) is cls and now == value for now, cls, value in its)


@cache
def _is_read_elsewhere(code: CodeType, offset: int, names: tuple[str, ...]) -> bool:
    """Whether a function uses the variables of a loop outside of it: what it finds there may be a member that
    the loop has passed over.
    """
    instructions, places = _instructions(code)
    end = int(instructions[places[offset]].argval)
    return any(
        instruction.argval in names and "_FAST" in instruction.opname and "STORE" not in instruction.opname
        for instruction in instructions
        if not offset <= instruction.offset < end
    )


def is_loop_of_comprehension(code: CodeType, offset: int) -> bool:
    """Whether the instruction of an offset is the outer loop of a comprehension."""
    instructions, places = _instructions(code)
    at = places.get(offset, -1)
    before = instructions[at - 1]
    return at > 0 and instructions[at].opname == "FOR_ITER" and before.argval == ".0"


def begins_loop(code: CodeType, offset: int) -> int | None:
    """The offset of the loop through what the instruction of another offset makes, None if there is none."""
    instructions, places = _instructions(code)
    at = places.get(offset, -1)
    if at < 0 or instructions[at].opname != "GET_ITER" or instructions[at + 1].opname != "FOR_ITER":
        return None
    return instructions[at + 1].offset


def _value(frame: FrameType, name: str) -> object:
    for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in names:
            return names[name]
    raise UnknownInstructionError(name)


def _stays(value: object) -> bool:
    """Whether a value can't become another: what stands for one does not count."""
    if type(value) is tuple:
        return all(map(_stays, value))
    return value is isinstance or issubclass(type(value), _STAYING)


@cache
def _instructions(code: CodeType) -> tuple[list[dis.Instruction], dict[int, int]]:
    found = [i for i in dis.get_instructions(code) if i.opname not in _IGNORED]
    return found, {instruction.offset: place for place, instruction in enumerate(found)}


@cache
def _conditions(code: CodeType, offset: int) -> tuple[tuple[str, ...], bool, list[LoopCondition]] | None:
    """The variables of a loop, whether they are unpacked, and its first conditions."""
    instructions, places = _instructions(code)
    at = places[offset] + 1
    unpacks = instructions[at].opname == "UNPACK_SEQUENCE"
    count = int(instructions[at].argval) if unpacks else 1
    at += unpacks
    stores = instructions[at : at + count]
    if any(store.opname != "STORE_FAST" for store in stores):
        return None
    targets = tuple(str(store.argval) for store in stores)
    return targets, unpacks, list(_conditions_from(instructions, places, at + count, offset))


def _conditions_from(
    instructions: list[dis.Instruction], places: dict[int, int], at: int, loop: int
) -> Iterator[LoopCondition]:
    def goes_on(place: int) -> bool:
        """Whether an instruction leads to the next member, and does nothing else."""
        here = instructions[place]
        while here.opname.startswith("JUMP_") and "IF" not in here.opname:
            here = instructions[places[int(here.argval)]]
        return here.offset == loop

    while True:
        begin = at
        while _is_known(instructions[at]):
            at += 1
        jump = instructions[at]
        parts = jump.opname.split("_")
        if jump.opname[:8] != "POP_JUMP" or parts[-1] not in ("TRUE", "FALSE") or at == begin:
            return
        target, jumps_if = places[int(jump.argval)], parts[-1] == "TRUE"
        condition = tuple(instructions[begin:at])
        if goes_on(target):
            yield LoopCondition(condition, not jumps_if)
            at += 1
        elif goes_on(at + 1):
            yield LoopCondition(condition, jumps_if)
            at = target
        else:
            return


def _is_known(instruction: dis.Instruction) -> bool:
    name = instruction.opname
    if name == "CALL":
        return instruction.arg == 2
    return name in _OF_NAMES or name in _OTHERS


def _come_to(instructions: tuple[dis.Instruction, ...], names: Mapping[str, object]) -> object:
    """What instructions come to, of values by their names. Raises what they raise."""
    stack: list[object] = []
    for instruction in instructions:
        name, argument = instruction.opname, instruction.argval
        if name in _OF_NAMES:
            stack.append(names[argument])
        elif name == "LOAD_CONST":
            stack.append(argument)
        elif name == "LOAD_ATTR":
            stack.append(getattr(stack.pop(), argument))
        elif name == "UNARY_NOT":
            stack.append(not stack.pop())
        elif name == "CALL":
            cls, value, function = stack.pop(), stack.pop(), stack.pop()
            if function is not isinstance:
                raise UnknownInstructionError(name)
            stack.append(isinstance(value, cls))  # type: ignore[arg-type]  # or it raises, as there
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(_of_two(name, argument, left, right))
    [found] = stack
    return found


def _of_two(name: str, argument: object, left: object, right: object) -> object:
    if name == "BINARY_SUBSCR":
        return operator.getitem(left, right)  # type: ignore[call-overload]  # or it raises, as there
    if name == "COMPARE_OP":
        sign = str(argument).removeprefix("bool(").removesuffix(")")
        compare: Callable[[object, object], object] = getattr(operator, _COMPARING[sign])
        return compare(left, right)
    found = left is right if name == "IS_OP" else operator.contains(right, left)  # type: ignore[arg-type]
    return found is not bool(argument)

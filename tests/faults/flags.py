"""Values of a Flag: with none of its members, and with several."""

from enum import Flag

from elcheck import Model, Node, Spec, State, action, each, every, guard, holds, inductive, never, node_ids


class Access(Flag):
    READ = 1
    WRITE = 2


class Door(State):
    access: Access = Access(0)


class Opening(Node[Door]):
    def bits(self) -> tuple[Access, ...]:
        return (Access.READ, Access.WRITE)

    @action(over=bits)
    def grant(self, s: Door, bits: Access) -> Door:
        guard(bits not in s.access, "it has that")
        return Door(s.access | bits)

    @action(over=bits)
    def revoke(self, s: Door, bits: Access) -> Door:
        guard(bits in s.access, "it has not")
        return Door(s.access & ~bits)


class OpeningShared(Spec[Door]):
    def bits(self) -> tuple[Access, ...]:
        return (Access.READ, Access.WRITE)

    @action(over=bits)
    def grant(self, s: Door, bits: Access) -> Door:
        guard(bits not in s.access, "it has that")
        return Door(s.access | bits)


def has_both(s: Door) -> bool:
    return s.access == Access.READ | Access.WRITE


def model(spec: bool = False) -> Model:
    """Read and write are granted one by one."""
    if spec:
        claim = inductive("no more than these", holds(Door, lambda s: len(s.access) < 3), [every(Door)])
        properties = [never("both", holds(Door, has_both))]
        return Model(OpeningShared(), properties=properties, inductive=[claim])
    return Model(Opening(), nodes=node_ids(1), properties=[never("both", each(Door, has_both))])

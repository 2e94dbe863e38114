-------------------------- MODULE ewd426_two_steps --------------------------
(* The states and steps of ewd426_two_steps.py. *)
EXTENDS Naturals

CONSTANTS Size, Values

VARIABLES c, moving

Machine == 0..(Size - 1)

Init ==
    /\ c \in [Machine -> 0..(Values - 1)]
    /\ moving = [m \in Machine |-> FALSE]

Privileged(m) == IF m = 0 THEN c[0] = c[Size - 1] ELSE c[m] # c[m - 1]

See(m) ==
    /\ ~moving[m]
    /\ Privileged(m)
    /\ moving' = [moving EXCEPT ![m] = TRUE]
    /\ UNCHANGED c

Move(m) ==
    /\ moving[m]
    /\ c' = [c EXCEPT ![m] = IF m = 0 THEN (@ + 1) % Values ELSE c[m - 1]]
    /\ moving' = [moving EXCEPT ![m] = FALSE]

Next == \E m \in Machine : See(m) \/ Move(m)

Spec == Init /\ [][Next]_<<c, moving>>

SomePrivilege == \E m \in Machine : Privileged(m)
=============================================================================

------------------------------- MODULE ewd426 -------------------------------
(* The states and steps of ewd426.py. *)
EXTENDS Naturals, FiniteSets

CONSTANTS Size, Values

VARIABLE c

Machine == 0..(Size - 1)

Init == c \in [Machine -> 0..(Values - 1)]

Bottom ==
    /\ c[0] = c[Size - 1]
    /\ c' = [c EXCEPT ![0] = (@ + 1) % Values]

Other(m) ==
    /\ c[m] # c[m - 1]
    /\ c' = [c EXCEPT ![m] = c[m - 1]]

Next == Bottom \/ \E m \in Machine \ {0} : Other(m)

Spec ==
    /\ Init
    /\ [][Next]_c
    /\ WF_c(Bottom)
    /\ \A m \in Machine \ {0} : WF_c(Other(m))

Privileged == {m \in Machine : IF m = 0 THEN c[0] = c[Size - 1] ELSE c[m] # c[m - 1]}

SomePrivilege == Privileged # {}

Stability == <>[](Cardinality(Privileged) = 1)
=============================================================================

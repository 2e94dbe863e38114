------------------------------ MODULE fischer -------------------------------
(* The states and steps of fischer.py. *)
EXTENDS Integers

CONSTANTS Processes, Write, Wait

VARIABLES pc, timer, x

vars == <<pc, timer, x>>

Process == 1..Processes
Off == -1

Init ==
    /\ pc = [p \in Process |-> "out"]
    /\ timer = [p \in Process |-> Off]
    /\ x = 0

Goes(p, from, to) == pc[p] = from /\ pc' = [pc EXCEPT ![p] = to]

Tick ==
    /\ \A p \in Process : timer[p] # 0
    /\ timer' = [p \in Process |-> IF timer[p] = Off THEN Off ELSE timer[p] - 1]
    /\ UNCHANGED <<pc, x>>

Ask(p) == Goes(p, "out", "look") /\ UNCHANGED <<timer, x>>

Look(p) == Goes(p, "look", IF x = p THEN "cs" ELSE "free?") /\ UNCHANGED <<timer, x>>

Free(p) ==
    /\ Goes(p, "free?", "write")
    /\ x = 0
    /\ timer' = [timer EXCEPT ![p] = Write]
    /\ UNCHANGED x

Number(p) ==
    /\ Goes(p, "write", "wait")
    /\ x' = p
    /\ timer' = [timer EXCEPT ![p] = Wait]

Waited(p) ==
    /\ Goes(p, "wait", "look")
    /\ timer[p] = 0
    /\ timer' = [timer EXCEPT ![p] = Off]
    /\ UNCHANGED x

Critical(p) == Goes(p, "cs", "leave") /\ UNCHANGED <<timer, x>>

Leave(p) == Goes(p, "leave", "out") /\ x' = 0 /\ UNCHANGED timer

Next ==
    \/ Tick
    \/ \E p \in Process : Ask(p) \/ Look(p) \/ Free(p) \/ Number(p) \/ Waited(p) \/ Critical(p) \/ Leave(p)

Spec == Init /\ [][Next]_vars

Exclusive == \A p, q \in Process : p # q => ~(pc[p] = "cs" /\ pc[q] = "cs")
=============================================================================

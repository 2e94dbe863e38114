----------------------------- MODULE fast_mutex -----------------------------
(* The states and steps of fast_mutex.py. *)
EXTENDS Naturals

CONSTANTS Processes, Nobody

VARIABLES pc, b, j, failed, x, y

vars == <<pc, b, j, failed, x, y>>

Process == 1..Processes

Init ==
    /\ pc = [p \in Process |-> "start"]
    /\ b = [p \in Process |-> FALSE]
    /\ j = [p \in Process |-> 0]
    /\ failed = [p \in Process |-> FALSE]
    /\ x = Nobody
    /\ y = 0

Goes(p, from, to) == pc[p] = from /\ pc' = [pc EXCEPT ![p] = to]

Begin(p) == Goes(p, "start", "raise") /\ UNCHANGED <<b, j, failed, x, y>>

RaiseFlag(p) ==
    /\ Goes(p, "raise", "set x")
    /\ b' = [b EXCEPT ![p] = TRUE]
    /\ UNCHANGED <<j, failed, x, y>>

SetX(p) == Goes(p, "set x", "see y") /\ x' = p /\ UNCHANGED <<b, j, failed, y>>

SeeY(p) ==
    /\ Goes(p, "see y", IF y = 0 THEN "set y" ELSE "give way")
    /\ UNCHANGED <<b, j, failed, x, y>>

GiveWay(p) ==
    /\ Goes(p, "give way", "await y")
    /\ b' = [b EXCEPT ![p] = FALSE]
    /\ UNCHANGED <<j, failed, x, y>>

AwaitY(p) == y = 0 /\ Goes(p, "await y", "start") /\ UNCHANGED <<b, j, failed, x, y>>

SetY(p) == Goes(p, "set y", "see x") /\ y' = p /\ UNCHANGED <<b, j, failed, x>>

SeeX(p) ==
    /\ Goes(p, "see x", IF x = p THEN "cs" ELSE "slow")
    /\ UNCHANGED <<b, j, failed, x, y>>

Slow(p) ==
    /\ Goes(p, "slow", "await flags")
    /\ b' = [b EXCEPT ![p] = FALSE]
    /\ j' = [j EXCEPT ![p] = 1]
    /\ UNCHANGED <<failed, x, y>>

AwaitFlags(p) ==
    /\ pc[p] = "await flags"
    /\ IF j[p] > Processes
       THEN pc' = [pc EXCEPT ![p] = "see y again"] /\ UNCHANGED j
       ELSE ~b[j[p]] /\ j' = [j EXCEPT ![p] = @ + 1] /\ UNCHANGED pc
    /\ UNCHANGED <<b, failed, x, y>>

SeeYAgain(p) ==
    /\ Goes(p, "see y again", "cs")
    /\ y \in {p, 0}
    /\ failed' = [failed EXCEPT ![p] = @ \/ y = 0]
    /\ UNCHANGED <<b, j, x, y>>

Critical(p) ==
    /\ Goes(p, "cs", IF failed[p] THEN "start" ELSE "free y")
    /\ failed' = [failed EXCEPT ![p] = FALSE]
    /\ UNCHANGED <<b, j, x, y>>

FreeY(p) == Goes(p, "free y", "lower") /\ y' = 0 /\ UNCHANGED <<b, j, failed, x>>

LowerFlag(p) ==
    /\ Goes(p, "lower", "start")
    /\ b' = [b EXCEPT ![p] = FALSE]
    /\ UNCHANGED <<j, failed, x, y>>

Next == \E p \in Process :
    \/ Begin(p) \/ RaiseFlag(p) \/ SetX(p) \/ SeeY(p) \/ GiveWay(p) \/ AwaitY(p) \/ SetY(p)
    \/ SeeX(p) \/ Slow(p) \/ AwaitFlags(p) \/ SeeYAgain(p) \/ Critical(p) \/ FreeY(p) \/ LowerFlag(p)

Spec == Init /\ [][Next]_vars

Inside(p) == pc[p] = "cs" /\ ~failed[p]

Exclusive == \A p, q \in Process : p # q => ~(Inside(p) /\ Inside(q))
=============================================================================

------------------------------- MODULE ewd840 -------------------------------
(* The states and steps of ewd840.py. *)
EXTENDS Naturals

CONSTANT Processes

VARIABLES active, black, place, stained

vars == <<active, black, place, stained>>

Process == 0..(Processes - 1)

Init ==
    /\ active \in [Process -> BOOLEAN]
    /\ black \in [Process -> BOOLEAN]
    /\ place \in Process
    /\ stained = TRUE

Probe ==
    /\ place = 0
    /\ stained \/ black[0]
    /\ black' = [black EXCEPT ![0] = FALSE]
    /\ place' = Processes - 1
    /\ stained' = FALSE
    /\ UNCHANGED active

Pass(p) ==
    /\ place = p
    /\ ~active[p] \/ black[p] \/ stained
    /\ place' = p - 1
    /\ stained' = (stained \/ black[p])
    /\ black' = [black EXCEPT ![p] = FALSE]
    /\ UNCHANGED active

Send(p, q) ==
    /\ active[p]
    /\ active' = [active EXCEPT ![q] = TRUE]
    /\ black' = IF q > p THEN [black EXCEPT ![p] = TRUE] ELSE black
    /\ UNCHANGED <<place, stained>>

Rest(p) ==
    /\ active[p]
    /\ active' = [active EXCEPT ![p] = FALSE]
    /\ UNCHANGED <<black, place, stained>>

Next ==
    \/ Probe
    \/ \E p \in Process \ {0} : Pass(p)
    \/ \E p \in Process : Rest(p) \/ \E q \in Process \ {p} : Send(p, q)

Spec == Init /\ [][Next]_vars

Detected == place = 0 /\ ~stained /\ ~black[0] /\ ~active[0]

Sound == Detected => \A p \in Process : ~active[p]
=============================================================================

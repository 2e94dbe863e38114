------------------------------- MODULE bakery -------------------------------
(* The states and steps of bakery.py. *)
EXTENDS Naturals

CONSTANTS Processes, Numbers

VARIABLES num, flag, pc, unread, max, nxt

vars == <<num, flag, pc, unread, max, nxt>>

Process == 1..Processes
Others(p) == Process \ {p}

Init ==
    /\ num = [p \in Process |-> 0]
    /\ flag = [p \in Process |-> FALSE]
    /\ pc = [p \in Process |-> "p1"]
    /\ unread = [p \in Process |-> Process]
    /\ max = [p \in Process |-> 0]
    /\ nxt = [p \in Process |-> p]

Goes(p, from, to) == pc[p] = from /\ pc' = [pc EXCEPT ![p] = to]

P1(p) ==
    /\ Goes(p, "p1", "p2")
    /\ flag' = [flag EXCEPT ![p] = TRUE]
    /\ unread' = [unread EXCEPT ![p] = Others(p)]
    /\ max' = [max EXCEPT ![p] = 0]
    /\ UNCHANGED <<num, nxt>>

P2(p) ==
    /\ pc[p] = "p2"
    /\ IF unread[p] = {}
       THEN pc' = [pc EXCEPT ![p] = "p3"] /\ UNCHANGED <<unread, max>>
       ELSE /\ \E i \in unread[p] :
                /\ unread' = [unread EXCEPT ![p] = @ \ {i}]
                /\ max' = [max EXCEPT ![p] = IF num[i] > @ THEN num[i] ELSE @]
            /\ UNCHANGED pc
    /\ UNCHANGED <<num, flag, nxt>>

P3(p) ==
    /\ Goes(p, "p3", "p4")
    /\ num' = [num EXCEPT ![p] = max[p] + 1]
    /\ UNCHANGED <<flag, unread, max, nxt>>

P4(p) ==
    /\ Goes(p, "p4", "p5")
    /\ flag' = [flag EXCEPT ![p] = FALSE]
    /\ unread' = [unread EXCEPT ![p] = Others(p)]
    /\ UNCHANGED <<num, max, nxt>>

P5(p) ==
    /\ pc[p] = "p5"
    /\ IF unread[p] = {}
       THEN pc' = [pc EXCEPT ![p] = "cs"] /\ UNCHANGED nxt
       ELSE \E i \in unread[p] :
                /\ ~flag[i]
                /\ nxt' = [nxt EXCEPT ![p] = i]
                /\ pc' = [pc EXCEPT ![p] = "p6"]
    /\ UNCHANGED <<num, flag, unread, max>>

P6(p) ==
    LET other == nxt[p] IN
    /\ Goes(p, "p6", "p5")
    /\ \/ num[other] = 0
       \/ num[p] < num[other]
       \/ num[p] = num[other] /\ p < other
    /\ unread' = [unread EXCEPT ![p] = @ \ {other}]
    /\ UNCHANGED <<num, flag, max, nxt>>

Critical(p) == Goes(p, "cs", "p7") /\ UNCHANGED <<num, flag, unread, max, nxt>>

P7(p) ==
    /\ Goes(p, "p7", "p1")
    /\ num' = [num EXCEPT ![p] = 0]
    /\ UNCHANGED <<flag, unread, max, nxt>>

Next == \E p \in Process :
    P1(p) \/ P2(p) \/ P3(p) \/ P4(p) \/ P5(p) \/ P6(p) \/ Critical(p) \/ P7(p)

Spec == Init /\ [][Next]_vars

Bound == \A p \in Process : num[p] <= Numbers

Exclusive == \A p, q \in Process : p # q => ~(pc[p] = "cs" /\ pc[q] = "cs")
=============================================================================

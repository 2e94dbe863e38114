--------------------------- MODULE lamport_mutex ----------------------------
(* The states and steps of lamport_mutex.py. *)
EXTENDS Naturals, Sequences

CONSTANTS Processes, Clock

VARIABLES clock, req, ack, network, crit

vars == <<clock, req, ack, network, crit>>

Process == 1..Processes

Init ==
    /\ clock = [p \in Process |-> 1]
    /\ req = [p \in Process |-> [q \in Process |-> 0]]
    /\ ack = [p \in Process |-> {}]
    /\ network = [p \in Process |-> [q \in Process |-> <<>>]]
    /\ crit = {}

Request(c) == [kind |-> "req", clock |-> c]
Ack == [kind |-> "ack", clock |-> 0]
Release == [kind |-> "rel", clock |-> 0]

Broadcast(p, m) ==
    [network EXCEPT ![p] = [q \in Process |-> IF q = p THEN @[q] ELSE Append(@[q], m)]]

(* The next message from q to p is of this kind. *)
Comes(p, q, kind) == network[q][p] # <<>> /\ Head(network[q][p]).kind = kind

Taken(p, q) == [network EXCEPT ![q][p] = Tail(@)]

Ask(p) ==
    /\ req[p][p] = 0
    /\ req' = [req EXCEPT ![p][p] = clock[p]]
    /\ network' = Broadcast(p, Request(clock[p]))
    /\ ack' = [ack EXCEPT ![p] = {p}]
    /\ UNCHANGED <<clock, crit>>

ReceiveRequest(p, q) ==
    /\ Comes(p, q, "req")
    /\ LET c == Head(network[q][p]).clock IN
        /\ req' = [req EXCEPT ![p][q] = c]
        /\ clock' = [clock EXCEPT ![p] = IF c > @ THEN c + 1 ELSE @ + 1]
    /\ network' = [Taken(p, q) EXCEPT ![p][q] = Append(@, Ack)]
    /\ UNCHANGED <<ack, crit>>

ReceiveAck(p, q) ==
    /\ Comes(p, q, "ack")
    /\ ack' = [ack EXCEPT ![p] = @ \cup {q}]
    /\ network' = Taken(p, q)
    /\ UNCHANGED <<clock, req, crit>>

ReceiveRelease(p, q) ==
    /\ Comes(p, q, "rel")
    /\ req' = [req EXCEPT ![p][q] = 0]
    /\ network' = Taken(p, q)
    /\ UNCHANGED <<clock, ack, crit>>

IsFirst(p) == \A q \in Process \ {p} :
    \/ req[p][q] = 0
    \/ req[p][p] < req[p][q]
    \/ req[p][p] = req[p][q] /\ p < q

Enter(p) ==
    /\ ack[p] = Process
    /\ IsFirst(p)
    /\ p \notin crit
    /\ crit' = crit \cup {p}
    /\ ack' = [ack EXCEPT ![p] = {}]
    /\ UNCHANGED <<clock, req, network>>

Leave(p) ==
    /\ p \in crit
    /\ crit' = crit \ {p}
    /\ network' = Broadcast(p, Release)
    /\ req' = [req EXCEPT ![p][p] = 0]
    /\ UNCHANGED <<clock, ack>>

Next == \E p \in Process :
    \/ Ask(p) \/ Enter(p) \/ Leave(p)
    \/ \E q \in Process \ {p} : ReceiveRequest(p, q) \/ ReceiveAck(p, q) \/ ReceiveRelease(p, q)

Spec == Init /\ [][Next]_vars

Bound == \A p \in Process : clock[p] <= Clock

Exclusive == \A p, q \in crit : p = q
=============================================================================

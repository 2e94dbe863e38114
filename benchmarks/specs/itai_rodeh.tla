----------------------------- MODULE itai_rodeh -----------------------------
(* The states and steps of itai_rodeh.py. *)
EXTENDS Naturals

CONSTANT Processes

VARIABLE at

Process == 0..(Processes - 1)
Successor(p) == (p + 1) % Processes

Fresh(role) == [role |-> role, drew |-> 0, count |-> 0, sent |-> 0, got |-> 0]

Init == at = [p \in Process |-> Fresh("draw")]

Draw(p) ==
    /\ at[p].role = "draw"
    /\ \E drew \in {0, 1} : at' = [at EXCEPT ![p].role = "drawn", ![p].drew = drew]

(* What a process is once it has told its draw, and its successor once it was told. *)
Teller(me) == IF me.role = "drawn" THEN [me EXCEPT !.sent = 1] ELSE [me EXCEPT !.sent = 1, !.drew = 0]

Told(me, other) ==
    IF other.role = "relay"
    THEN [other EXCEPT !.drew = me.drew, !.got = 1]
    ELSE [other EXCEPT !.role = IF other.drew = 0 /\ me.drew = 1 THEN "relay" ELSE "active", !.got = 1]

Tell(p) ==
    LET me == at[p]
        other == at[Successor(p)]
    IN  /\ me.sent = 0
        /\ me.role \in {"drawn", "active"} \/ (me.role = "relay" /\ me.got > 0)
        /\ other.got = 0
        /\ other.role \in {"drawn", "relay"}
        /\ at' = [at EXCEPT ![p] = Teller(me), ![Successor(p)] = Told(me, other)]

(* The same for the counter. *)
Passer(me) ==
    IF me.role = "relay" THEN Fresh("relay") ELSE IF me.got = 1 THEN [me EXCEPT !.sent = 2] ELSE Fresh("draw")

Passed(me, other) ==
    IF other.role = "relay" THEN [other EXCEPT !.count = me.count + 1, !.got = 2]
    ELSE IF other.sent < 2 THEN [other EXCEPT !.got = 2]
    ELSE Fresh(IF me.count = Processes - 1 THEN "leader" ELSE "draw")

PassCounter(p) ==
    LET me == at[p]
        other == at[Successor(p)]
    IN  /\ me.sent = 1
        /\ (me.role = "active" /\ me.got > 0) \/ (me.role = "relay" /\ me.got = 2)
        /\ other.got = 1
        /\ other.role = "active" \/ (other.role = "relay" /\ me.count < Processes - 1)
        /\ at' = [at EXCEPT ![p] = Passer(me), ![Successor(p)] = Passed(me, other)]

Next == \E p \in Process : Draw(p) \/ Tell(p) \/ PassCounter(p)

Spec == Init /\ [][Next]_at

OneLeader == \A p, q \in Process : p # q => ~(at[p].role = "leader" /\ at[q].role = "leader")
=============================================================================

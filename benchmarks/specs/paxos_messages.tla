--------------------------- MODULE paxos_messages ---------------------------
(* The states and steps of paxos_messages.py. *)
EXTENDS Integers, FiniteSets

CONSTANTS Acceptors, Values, Ballots, None

VARIABLES promised, voted, value, sent

vars == <<promised, voted, value, sent>>

Ballot == 0..(Ballots - 1)
Quorum == {q \in SUBSET Acceptors : Cardinality(q) = Cardinality(Acceptors) \div 2 + 1}

Init ==
    /\ promised = [a \in Acceptors |-> -1]
    /\ voted = [a \in Acceptors |-> -1]
    /\ value = [a \in Acceptors |-> None]
    /\ sent = {}

Send(m) == sent' = sent \cup {m}

Phase1a(b) == Send([type |-> "1a", ballot |-> b]) /\ UNCHANGED <<promised, voted, value>>

Phase1b(a) == \E m \in sent :
    /\ m.type = "1a"
    /\ m.ballot > promised[a]
    /\ promised' = [promised EXCEPT ![a] = m.ballot]
    /\ Send([type |-> "1b", acceptor |-> a, ballot |-> m.ballot, voted |-> voted[a], value |-> value[a]])
    /\ UNCHANGED <<voted, value>>

(* All of the quorum have answered, and no answer of theirs tells of a vote later than one for v. *)
Shows(told, q, v) ==
    LET theirs == {m \in told : m.acceptor \in q}
        votes == {m \in theirs : m.voted >= 0}
    IN  /\ \A a \in q : \E m \in theirs : m.acceptor = a
        /\ votes = {} \/ \E m \in votes : m.value = v /\ \A n \in votes : n.voted <= m.voted

(* A set, since TLC takes a step for each quorum that a step quantifies over. *)
Safe(b) ==
    LET told == {m \in sent : m.type = "1b" /\ m.ballot = b}
    IN  {v \in Values : \E q \in Quorum : Shows(told, q, v)}

Phase2a(b) ==
    /\ ~\E m \in sent : m.type = "2a" /\ m.ballot = b
    /\ \E v \in Safe(b) : Send([type |-> "2a", ballot |-> b, value |-> v])
    /\ UNCHANGED <<promised, voted, value>>

Phase2b(a) == \E m \in sent :
    /\ m.type = "2a"
    /\ m.ballot >= promised[a]
    /\ promised' = [promised EXCEPT ![a] = m.ballot]
    /\ voted' = [voted EXCEPT ![a] = m.ballot]
    /\ value' = [value EXCEPT ![a] = m.value]
    /\ Send([type |-> "2b", acceptor |-> a, ballot |-> m.ballot, value |-> m.value])

Next ==
    \/ \E b \in Ballot : Phase1a(b) \/ Phase2a(b)
    \/ \E a \in Acceptors : Phase1b(a) \/ Phase2b(a)

Spec == Init /\ [][Next]_vars

Chosen(v) == \E b \in Ballot, q \in Quorum :
    \A a \in q : [type |-> "2b", acceptor |-> a, ballot |-> b, value |-> v] \in sent

OneChosen == \A v, w \in Values : Chosen(v) /\ Chosen(w) => v = w
=============================================================================

------------------------------- MODULE voting -------------------------------
(* The states and steps of voting.py. *)
EXTENDS Naturals, FiniteSets

CONSTANTS Voters, Values, Ballots

VARIABLES promised, votes

vars == <<promised, votes>>

Ballot == 1..Ballots
Quorum == {q \in SUBSET Voters : Cardinality(q) = Cardinality(Voters) \div 2 + 1}

Init ==
    /\ promised = [a \in Voters |-> 0]
    /\ votes = [a \in Voters |-> {}]

Promise(a, b) ==
    /\ b > promised[a]
    /\ promised' = [promised EXCEPT ![a] = b]
    /\ UNCHANGED votes

(* All of the quorum have promised b, and the last vote of one of them before b, if there is one, is for v. *)
Shows(q, b, v) ==
    LET before == {n \in 0..(b - 1) : \E a \in q, w \in Values : <<n, w>> \in votes[a]}
        last == CHOOSE n \in before : \A m \in before : m <= n
    IN  /\ \A a \in q : promised[a] >= b
        /\ before = {} \/ \E a \in q : <<last, v>> \in votes[a]

(* A set, since TLC takes a step for each quorum that a step quantifies over. *)
Safe(b) == {v \in Values :
    /\ \A other \in Voters, w \in Values : <<b, w>> \in votes[other] => w = v
    /\ \E q \in Quorum : Shows(q, b, v)}

Vote(a, b) ==
    /\ b >= promised[a]
    /\ promised' = [promised EXCEPT ![a] = b]
    /\ \E v \in Safe(b) : votes' = [votes EXCEPT ![a] = @ \cup {<<b, v>>}]

Next == \E a \in Voters, b \in Ballot : Promise(a, b) \/ Vote(a, b)

Spec == Init /\ [][Next]_vars

Chosen == {v \in Values : \E b \in Ballot, q \in Quorum : \A a \in q : <<b, v>> \in votes[a]}

Consensus == Chosen = {} /\ [][Chosen = {} /\ Cardinality(Chosen') = 1]_Chosen
=============================================================================

---------------------------- MODULE RaftElection ----------------------------
(***************************************************************************)
(* Raft's election core for TLC: the problem of models/raft_election.py.   *)
(*                                                                         *)
(* Nothing is removed from the messages.  They are kept as one function    *)
(* for each kind, which is cheaper for TLC than one set of records.  A     *)
(* step that would change nothing is not enabled, so what TLC says to have *)
(* generated is elcheck's transitions and the initial state.               *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS N, \* nodes
          T  \* the highest term

VARIABLES role,    \* of a node
          term,    \* of a node
          voted,   \* of a node: for whom it has voted in its term, or Nobody
          votes,   \* of a node: who has voted for it in its term
          asked,   \* of a term: who has sent RequestVote to all others
          granted  \* of a term and a candidate: who has sent it a Vote

vars == <<role, term, voted, votes, asked, granted>>

Nobody == 0
Node == 1..N
Term == 1..T

Init ==
    /\ role = [i \in Node |-> "follower"]
    /\ term = [i \in Node |-> 0]
    /\ voted = [i \in Node |-> Nobody]
    /\ votes = [i \in Node |-> {}]
    /\ asked = [t \in Term |-> {}]
    /\ granted = [t \in Term |-> [i \in Node |-> {}]]

Timeout(i) ==
    /\ role[i] # "leader"
    /\ term[i] < T
    /\ role' = [role EXCEPT ![i] = "candidate"]
    /\ term' = [term EXCEPT ![i] = @ + 1]
    /\ voted' = [voted EXCEPT ![i] = i]
    /\ votes' = [votes EXCEPT ![i] = {i}]
    /\ asked' = [asked EXCEPT ![term[i] + 1] = @ \cup {i}]
    /\ UNCHANGED granted

BecomeLeader(i) ==
    /\ role[i] = "candidate"
    /\ 2 * Cardinality(votes[i]) > N
    /\ role' = [role EXCEPT ![i] = "leader"]
    /\ UNCHANGED <<term, voted, votes, asked, granted>>

(* Node j can vote in term t: the term is new to it, or it is a follower   *)
(* that has not voted.                                                     *)
CanVote(j, t) ==
    IF term[j] = t
    THEN role[j] = "follower" /\ voted[j] = Nobody
    ELSE term[j] < t

(* Node j gets RequestVote(t) from i.                                      *)
HandleRequestVote(t, i, j) ==
    /\ CanVote(j, t)
    /\ role' = [role EXCEPT ![j] = "follower"]
    /\ term' = [term EXCEPT ![j] = t]
    /\ voted' = [voted EXCEPT ![j] = i]
    /\ votes' = [votes EXCEPT ![j] = {}]
    /\ granted' = [granted EXCEPT ![t][i] = @ \cup {j}]
    /\ UNCHANGED asked

(* Candidate i gets Vote(term[i]) from j.                                  *)
HandleVote(i, j) ==
    /\ votes' = [votes EXCEPT ![i] = @ \cup {j}]
    /\ UNCHANGED <<role, term, voted, asked, granted>>

Next ==
    \/ \E i \in Node : Timeout(i)
    \/ \E i \in Node : BecomeLeader(i)
    \/ \E t \in Term : \E i \in asked[t] : \E j \in Node \ {i} : HandleRequestVote(t, i, j)
    \/ \E i \in Node :
        /\ role[i] = "candidate"
        /\ \E j \in granted[term[i]][i] \ votes[i] : HandleVote(i, j)

Spec == Init /\ [][Next]_vars

OneLeader ==
    \A i, j \in Node :
        (i < j /\ role[i] = "leader" /\ role[j] = "leader") => term[i] # term[j]
=============================================================================

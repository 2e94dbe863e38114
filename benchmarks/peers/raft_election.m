-- Raft's election core for Rumur (Murphi): the problem of models/raft_election.py.
--
--     rumur --threads 1 --symmetry-reduction off --deadlock-detection off -o model.c raft_election.m
--     cc -std=c11 -O3 -march=native -mcx16 -o model model.c -lpthread && ./model
--
-- Nothing is removed from the messages. A step that would change nothing is not enabled.

const
  N: 3; -- nodes; benchmarks/peers.py writes others here
  T: 2; -- the highest term

type
  Node: 0 .. N - 1;
  Term: 0 .. T;
  Role: enum { Follower, Candidate, Leader };
  Server: record
    role: Role;
    term: Term;
    voted: 0 .. N; -- 0: for nobody; else one more than the node
    votes: array [Node] of boolean; -- who has voted for it in its term
  end;

var
  server: array [Node] of Server;
  asked: array [1 .. T] of array [Node] of boolean; -- who has sent RequestVote(term) to all others
  granted: array [1 .. T] of array [Node] of array [Node] of boolean; -- to whom, by whom a Vote(term) was sent

function majority(i: Node): boolean;
var size: 0 .. N;
begin
  size := 0;
  for j: Node do
    if server[i].votes[j] then
      size := size + 1;
    end;
  end;
  return 2 * size > N;
end;

startstate
begin
  clear server;
  clear asked;
  clear granted;
end;

ruleset i: Node do
  rule "timeout"
    server[i].role != Leader & server[i].term < T
  ==>
  begin
    server[i].term := server[i].term + 1;
    server[i].role := Candidate;
    server[i].voted := i + 1;
    clear server[i].votes;
    server[i].votes[i] := true;
    asked[server[i].term][i] := true;
  end;

  rule "become leader"
    server[i].role = Candidate & majority(i)
  ==>
  begin
    server[i].role := Leader;
  end;
end;

ruleset t: 1 .. T; i: Node; j: Node do
  -- j gets RequestVote(t) from i
  rule "request vote"
    i != j & asked[t][i] &
    (server[j].term < t | server[j].term = t & server[j].role = Follower & server[j].voted = 0)
  ==>
  begin
    clear server[j].votes;
    server[j].term := t;
    server[j].role := Follower;
    server[j].voted := i + 1;
    granted[t][i][j] := true;
  end;

  -- i gets Vote(t) from j
  rule "vote"
    granted[t][i][j] & server[i].term = t & server[i].role = Candidate & !server[i].votes[j]
  ==>
  begin
    server[i].votes[j] := true;
  end;
end;

invariant "at most one leader per term"
  forall i: Node do
    forall j: Node do
      i < j & server[i].role = Leader & server[j].role = Leader -> server[i].term != server[j].term
    end
  end;

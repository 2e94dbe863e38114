/* Raft's election core for Spin: the problem of models/raft_election.py.
 *
 *     spin -a -DN=5 -DT=2 raft_election.pml
 *     gcc -O2 -DSAFETY -DNOREDUCE -DNOFAIR -DNOCOMP -o pan pan.c && ./pan -w22
 *
 * One process with one loop, each of whose options is one d_step: a state of Spin is a state of the problem,
 * with none in between, and the initial state already stands at the loop. Sets are bit masks and nothing is
 * removed from them. The options are written out for each node and message by macros, so that all indices are
 * constants. A step that would change nothing is not enabled, so Spin's transitions are elcheck's.
 */
#ifndef N
#define N 3 /* nodes, 2 to 7 */
#endif
#ifndef T
#define T 2 /* the highest term, 1 to 4 */
#endif

#define FOLLOWER 0
#define CANDIDATE 1
#define LEADER 2

#define BIT(i) (1 << (i))
#define HAS(set, i) ((set) & BIT(i))
#define ONE(set, i) (((set) >> (i)) & 1)
#define SIZE(s) (ONE(s, 0) + ONE(s, 1) + ONE(s, 2) + ONE(s, 3) + ONE(s, 4) + ONE(s, 5) + ONE(s, 6))

byte role[N];
byte term[N];
byte voted[N];       /* 0: for nobody; else one more than the node */
byte votes[N];       /* who has voted for it in its term */
byte asked[T];       /* of a term (less one): who has sent RequestVote, which goes to all others at once */
byte granted[T * N]; /* of a term (less one) and a candidate: who has sent it a Vote */
#define GRANTED(t, i) granted[((t) - 1) * N + (i)]

#define TIMEOUT(i) \
    :: d_step { role[i] != LEADER && term[i] < T -> \
        asked[term[i]] = asked[term[i]] | BIT(i); \
        term[i] = term[i] + 1; role[i] = CANDIDATE; voted[i] = i + 1; votes[i] = BIT(i) }

#define BECOME_LEADER(i) \
    :: d_step { role[i] == CANDIDATE && 2 * SIZE(votes[i]) > N -> role[i] = LEADER }

/* j gets RequestVote(t) from i. If t is later than its term it forgets all; in either case it is then a
 * follower without votes that has not voted, so that the same assignments serve both. */
#define REQUEST(t, i, j) \
    :: d_step { i != j && HAS(asked[t - 1], i) \
            && (term[j] < t || (term[j] == t && role[j] == FOLLOWER && voted[j] == 0)) -> \
        term[j] = t; role[j] = FOLLOWER; votes[j] = 0; voted[j] = i + 1; \
        GRANTED(t, i) = GRANTED(t, i) | BIT(j) }

/* i gets Vote(t) from j. */
#define VOTE(t, i, j) \
    :: d_step { i != j && HAS(GRANTED(t, i), j) && term[i] == t && role[i] == CANDIDATE && !HAS(votes[i], j) -> \
        votes[i] = votes[i] | BIT(j) }

#define OR_BOTH_LEAD(t, i, j) || (i < j && role[i] == LEADER && role[j] == LEADER && term[i] == term[j])

/* Something for each node, for each third argument, each second argument, each first argument. */
#define NODES(M) M(0) M(1) IF_2(M(2)) IF_3(M(3)) IF_4(M(4)) IF_5(M(5)) IF_6(M(6))
#define EACH_J(M, t, i) M(t, i, 0) M(t, i, 1) \
    IF_2(M(t, i, 2)) IF_3(M(t, i, 3)) IF_4(M(t, i, 4)) IF_5(M(t, i, 5)) IF_6(M(t, i, 6))
#define PAIRS(M, t) EACH_J(M, t, 0) EACH_J(M, t, 1) \
    IF_2(EACH_J(M, t, 2)) IF_3(EACH_J(M, t, 3)) IF_4(EACH_J(M, t, 4)) IF_5(EACH_J(M, t, 5)) IF_6(EACH_J(M, t, 6))
#define MESSAGES(M) PAIRS(M, 1) IF_TERM_2(PAIRS(M, 2)) IF_TERM_3(PAIRS(M, 3)) IF_TERM_4(PAIRS(M, 4))

#if N > 2
#define IF_2(x) x
#else
#define IF_2(x)
#endif
#if N > 3
#define IF_3(x) x
#else
#define IF_3(x)
#endif
#if N > 4
#define IF_4(x) x
#else
#define IF_4(x)
#endif
#if N > 5
#define IF_5(x) x
#else
#define IF_5(x)
#endif
#if N > 6
#define IF_6(x) x
#else
#define IF_6(x)
#endif
#if T > 1
#define IF_TERM_2(x) x
#else
#define IF_TERM_2(x)
#endif
#if T > 2
#define IF_TERM_3(x) x
#else
#define IF_TERM_3(x)
#endif
#if T > 3
#define IF_TERM_4(x) x
#else
#define IF_TERM_4(x)
#endif

active proctype election() {
end:
    do
    NODES(TIMEOUT)
    NODES(BECOME_LEADER)
    MESSAGES(REQUEST)
    MESSAGES(VOTE)
    :: (false PAIRS(OR_BOTH_LEAD, 0)) -> assert(false)
    od
}

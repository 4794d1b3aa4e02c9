/*
 * The writes of a run as transactions of etcd: RUNS runs of one primary, on whatever hosts, which begin, record an update, move
 * their cursor and end; requests that are lost, or arrive late, and answers that are lost; runs that are paused, or die anywhere;
 * leases that run out; a person who clears the locks of what looks dead, or who forces it. README.md beside this file says which
 * function is which step.
 *
 * How a primary and its followers keep out of each other's way is in shared-source.pml: here its steps are the same ones, each
 * a single transaction. Deliberate mistakes (MUTATE_...) are set by -D, see etcd-store.long.test.ts.
 */
#ifndef RUNS
#define RUNS 2
#endif
#ifdef ALL_IN_TROUBLE      /* many states */
#define IN_TROUBLE(r) true
#else                      /* one run that is in trouble, and another one beside it, before it or after it, which it may disturb */
#define IN_TROUBLE(r) (r == 1)
#endif

c_decl {
  static char seen[32];
  static void was_reached(int n, const char *what) { if (!seen[n]) { seen[n] = 1; printf("reached: %s\n", what); } }
  static void was_broken(const char *promise) { printf("broken: %s\n", promise); }
}
#define REACHED(n, condition, what) if :: (condition) -> c_code { was_reached(n, what); } :: else fi
#define PROMISE(what, condition) if :: (condition) :: else -> c_code { was_broken(what); }; assert(false) fi

/* ------------------------------------------------------------------------------------------------------ the store */

byte running;               /* locks/B/running: the run that has it; 0 for none */
byte created;               /* its create_revision: grows with each creation */
byte records;               /* the newest record of the journal */
byte cursor;
byte wrote[RUNS + 1];       /* writes/RUN: the nonce of the run's last write; its nonces count from 1 */
bool lease[RUNS + 1];       /* the lease of alive/RUN and writes/RUN */

/* A request that has been sent and has not arrived yet; it may do so after its sender has repeated it, or is gone. */
byte late[RUNS + 1];        /* its nonce, 0 for none: the first write begins, the second records, the third moves the cursor, the fourth ends */
byte lateFence[RUNS + 1];   /* the create_revision that it compares */
byte lateRecord[RUNS + 1];
bool delayed[RUNS + 1];     /* one of each run's requests is late at most, and each run is paused once at most: any of them, anywhere */

#define BEGIN 1
#define RECORD 2
#define CURSOR 3
#define END 4

/* ------------------------------------------------------------------------------------------- ghosts, and what is known */

byte creations;
bool cleared[RUNS + 1];     /* a person has cleared the locks of the run */
bool isOver[RUNS + 1];      /* its process is gone */
byte did[RUNS + 1];         /* how many of its writes were done */
byte wanted[RUNS + 1];      /* how many it wanted */
bool inside[RUNS + 1];      /* it goes about its stages */
bool paused[RUNS + 1];
bool wasPaused[RUNS + 1];
bool lost[RUNS + 1];        /* it knows that it cannot renew its lease */

#ifdef MUTATE_NO_FENCE
#define FENCED(fence) true
#else
#ifdef MUTATE_FENCE_BY_NAME /* "a lock of that name stands" */
#define FENCED(fence) (running != 0)
#else
#define FENCED(fence) (running != 0 && created == (fence))
#endif
#endif
#ifdef MUTATE_NO_NONCE
#define NEXT(r, nonce) true
#else
#define NEXT(r, nonce) (wrote[r] + 1 == (nonce))
#endif
#ifdef MUTATE_NO_LEASE
#define LEASED(r) true
#else
#define LEASED(r) lease[r]
#endif
#ifdef MUTATE_BEGIN_NOT_EXCLUSIVE
#define FREE true
#else
#define FREE (running == 0)
#endif
#ifdef MUTATE_RECORD_NOT_ABSENT
#define IS_NEXT(number) true
#else
#define IS_NEXT(number) ((number) == records + 1)
#endif

/* One transaction: all that it compares and all that it puts is at one revision. */
inline apply(r, nonce, fence, number, ok) {
  ok = false;
  if
  :: nonce == BEGIN && NEXT(r, nonce) && LEASED(r) && FREE ->
    PROMISE("nothing is begun for a run whose lease is over", lease[r]);
    PROMISE("one run of a build at a time", running == 0);
    running = r; creations++; created = creations; ok = true
  :: nonce == RECORD && NEXT(r, nonce) && LEASED(r) && FENCED(fence) && IS_NEXT(number) ->
    PROMISE("a record continues the one before it", number == records + 1);
    records = number; ok = true
  :: nonce == CURSOR && NEXT(r, nonce) && LEASED(r) && FENCED(fence) ->
    PROMISE("no cursor goes back", number >= cursor);
    cursor = number; ok = true
  :: nonce == END && NEXT(r, nonce) && LEASED(r) && FENCED(fence) ->
    PROMISE("a run removes its own lock only", running == r);
    running = 0; created = 0; ok = true
  :: else
  fi;
  if
  :: ok ->
    PROMISE("a run that was cleared writes nothing", !cleared[r]);
    wrote[r] = nonce; did[r]++;
    PROMISE("each write is done once", did[r] <= wanted[r])
  :: else
  fi
}

/* ------------------------------------------------------------------------------------------------------ a run */

#define NO_ANSWER 0
#define DONE 1
#define REFUSED 2
#ifdef MUTATE_NO_READ_BACK
#define STANDS_THERE false
#else
#define STANDS_THERE (wrote[me] == nonce && lease[me])
#endif
#define GOES !paused[me]

proctype Run(byte me) {
  byte nonce, fence, number, answer;
  bool ok;

  lease[me] = true;
next:   /* the next write; it is the same until it is answered */
  atomic { GOES -> nonce++; wanted[me]++ };
  if
  :: nonce == RECORD -> atomic { GOES -> number = records + 1 }
  :: else
  fi;
again:
  atomic {
    GOES ->
    if
    :: lost[me] -> goto cutOff                        /* no more requests: its lease may be over */
    :: !lost[me] ->
      answer = NO_ANSWER;
      if
      :: true ->
        apply(me, nonce, fence, number, ok);
        if
        :: ok -> answer = DONE
        :: !ok && STANDS_THERE -> answer = DONE; REACHED(1, true, "a lost answer is read back")
        :: else -> answer = REFUSED;
          PROMISE("a run that is refused has a reason", cleared[me] || !lease[me] || (nonce == BEGIN && running != 0 && running != me))
        fi
      :: wrote[me] < nonce -> apply(me, nonce, fence, number, ok)  /* its answer is lost */
      :: IN_TROUBLE(me) && !delayed[me] -> late[me] = nonce; lateFence[me] = fence; lateRecord[me] = number; delayed[me] = true
      :: IN_TROUBLE(me) -> goto dies                  /* killed, here as anywhere */
      fi
    fi
  };
  if
  :: atomic { answer == NO_ANSWER -> ok = false; goto again }
  :: atomic { answer == REFUSED -> ok = false; goto cutOff }
  :: atomic { answer == DONE -> answer = 0; ok = false }
  fi;
  if
  :: nonce == BEGIN ->
    atomic {
      GOES ->
      fence = created;
#ifndef MUTATE_FENCE_READ_LATER
      if :: running != me -> fence = 255 :: else fi;  /* the revision of its own write, which the answer says */
#endif
      if :: lost[me] -> goto cutOff :: else -> inside[me] = true fi
    }
  :: nonce == CURSOR -> inside[me] = false
  :: nonce == END -> REACHED(2, true, "a run ends"); goto dies
  :: else
  fi;
  goto next;
cutOff:
  REACHED(3, cleared[me], "a run finds that it was cleared");
  REACHED(4, lost[me] && !cleared[me], "a run ends because it cannot renew its lease");
dies:
  atomic { inside[me] = false; isOver[me] = true; nonce = 0; fence = 0; number = 0; answer = 0; ok = false }
}

/* ---------------------------------------------------------------------------- the network, the time, a person */

proctype Network() {
  byte r;
  bool ok;
  do
  :: atomic {
      select(r : 1 .. RUNS);
      if
      :: late[r] != 0 ->
        if
        :: REACHED(5, isOver[r], "a request arrives after its run is gone");
          apply(r, late[r], lateFence[r], lateRecord[r], ok);
          REACHED(6, ok, "a late request is the one that is done")
        :: true                                       /* it never arrives */
        fi;
        late[r] = 0; ok = false
      :: else
      fi;
      r = 0
    }
  od
}

#ifdef MUTATE_ENDS_WITH_ITS_LEASE
#define JUST_AWAKE(r) false
#else
#define JUST_AWAKE(r) true   /* its very next step is to end them */
#endif

/*
 * A lease runs out only when its run does not renew it: it is paused, gone, or knows that it cannot and has ended its stages by
 * then, since it counts from the sending of its last renewal.
 */
proctype Time() {
  byte r;
  do
  :: atomic {
      select(r : 1 .. RUNS);
      if
      :: IN_TROUBLE(r) && !wasPaused[r] && !isOver[r] -> paused[r] = true; wasPaused[r] = true
      :: paused[r] -> paused[r] = false;
#ifndef MUTATE_CLOCK_WITHOUT_SUSPEND
        if :: !lease[r] -> lost[r] = true :: else fi  /* the first that it does is to look at the clock */
#endif
      :: IN_TROUBLE(r) && !lost[r] && !isOver[r] -> lost[r] = true     /* etcd does not answer its renewals */
#ifdef MUTATE_ENDS_WITH_ITS_LEASE
      :: lease[r] && (paused[r] || isOver[r] || lost[r]) -> lease[r] = false
#else
      :: lease[r] && (paused[r] || isOver[r] || (lost[r] && !inside[r])) -> lease[r] = false
#endif
      :: else
      fi;
      PROMISE("no stage goes on beyond its lease, but of a run that is paused", !inside[r] || lease[r] || paused[r] || lost[r] && JUST_AWAKE(r));
      r = 0
    }
  od
}
proctype Person() {
  do
  :: atomic {
      running != 0 ->
      if
      :: !lease[running] -> REACHED(7, !isOver[running], "a person clears the locks of a run that is paused")
      :: lease[running] -> REACHED(8, true, "a person clears the locks of a run that lives")   /* --force */
      fi;
      cleared[running] = true; running = 0; created = 0
    }
  od
}

init {
  byte r;
  atomic {
    for (r : 1 .. RUNS) { run Run(r) }
    run Network();
    run Time();
    run Person();
    r = 0
  }
}

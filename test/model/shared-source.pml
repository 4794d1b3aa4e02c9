/*
 * The shared source protocol: one primary, which updates the source, and NS secondaries, which share it.
 * README.md beside this file says what is modelled, what is not, and which function is which step.
 *
 * Any number of runs, crashes and unlocks, at any moment; only the number of upstream commits (COMMITS) is bounded.
 * Configurations (NS, JOURNAL, ...) and deliberate mistakes (MUTATE_...) are set by -D, see shared-source.test.ts.
 */
#ifndef NS
#define NS 3        /* secondaries */
#endif
#ifndef COMMITS
#define COMMITS 2   /* upstream commits, with JOURNAL */
#endif

c_decl {
  static char seen[32];
  static void was_reached(int n, const char *what) { if (!seen[n]) { seen[n] = 1; printf("reached: %s\n", what); } }
  static void was_broken(const char *promise) { printf("broken: %s\n", promise); }
}
#define REACHED(n, condition, what) if :: (condition) -> c_code { was_reached(n, what); } :: else fi
#ifndef ONLY
#define ONLY 0      /* 1..7: check this promise alone, to see what a mistake leads to */
#endif
#define PROMISE(n, what, condition) if :: (condition) || (ONLY && ONLY != n) :: else -> c_code { was_broken(what); }; assert(false) fi

/* ------------------------------------------------------------------------------------------ files and ghosts */

/* A lock file's content is its owner: a live process (its number, from 2 on), or a dead one. */
#define FREE 0
#define DEAD 1

byte section;              /* the critical section of the primary's directory; freed when its owner dies */
byte running;              /* in the primary's directory: `running`, */
byte update;               /*   `update`, */
byte runningOf[NS];        /*   `running.<secondary>` */
byte ownRunning[NS];       /* `running` in each secondary's own directory */
bool mark;                 /* `moving.json` beside the journal: the source may be half moved. No lock: nobody owns it */

/* Ghosts: what the locks are for, noted without looking at them. Only the steps and `unlock` change them. */
bool primaryRuns;          /* a run of the primary has begun, and has neither ended nor been cleared after a crash */
bool claimed;              /* ... and has neither ended its claim on the update nor given it up */
bool secondaryRuns[NS];
bool joined[NS];           /* a run is between join and leave, or died there and has not been cleared */
bool halfMoved;            /* the source is being moved: nobody may read it */
#ifdef ORPHANS
#define READER 1
#define MOVER 2
byte childOf[NS + 1];      /* a child process (make, git) that outlived its run or the top of its stage; the primary's is at NS */
#endif
#ifdef LIVENESS
bool waiting;              /* the primary has claimed the update and does not update yet */
ltl notStarved { [] (waiting -> <> !waiting) }
#define setWaiting(value) waiting = value
#else
#define setWaiting(value) skip
#endif

#if NS == 1
#define NONE(array) (!array[0])
#define ANOTHER_IS_DEAD(s) false
#elif NS == 2
#define NONE(array) (!array[0] && !array[1])
#define ANOTHER_IS_DEAD(s) (runningOf[1 - s] == DEAD)
#else
#define NONE(array) (!array[0] && !array[1] && !array[2])
#define ANOTHER_IS_DEAD(s) (runningOf[(s + 1) % 3] == DEAD || runningOf[(s + 2) % 3] == DEAD)
#endif

/* Every step may be a run's last. What it made so far stays, and cron starts the build's next process. */
#ifdef NO_CRASHES
#define STEP(action) atomic { action }
#else
#define STEP(action) if :: atomic { action } :: atomic { crash(); goto start } fi
#endif

#ifdef MUTATE_CLEANUP_ON_CRASH
#define LEFT FREE          /* the catch-all handler that the seed warns of */
#else
#define LEFT DEAD
#endif
#define abandon(file) if :: file == me -> file = LEFT :: else fi

inline crash() {
#ifdef ORPHANS
  true;
  if :: child -> if :: childOf[build] = child :: skip fi :: else fi;
  child = 0;
#endif
  d_step {
    if :: section == me -> section = FREE :: else fi;
    if :: running == me && update != me -> claimed = false :: else fi;   /* died before its claim */
    abandon(running);
    abandon(update);
    for (i : 0 .. NS - 1) { abandon(ownRunning[i]); abandon(runningOf[i]) }
    i = 0; newest = 0; from = 0; upto = 0
  }
}

inline remove(file) { PROMISE(3, "3: a lock is removed by its owner only", file == me); file = FREE }
inline enterSection() { section == FREE -> section = me }
inline leaveSection() { section = FREE }

/* --------------------------------------------------------------------------- source, journal, cursors */

#ifdef JOURNAL
byte tree;                    /* the source's revision */
byte target;                  /* what it is being moved to */
byte records;                 /* the journal: records 1 .. records, of the updates recordFrom+1 .. recordTo */
byte recordFrom[COMMITS + 2];
byte recordTo[COMMITS + 2];   /* [0]: the original revision */
byte cursor[NS + 1] = 255;    /* the last record a build has built, 255: no cursor; the primary's is at NS */
bool completed[NS + 1];       /* it has built at all */
byte got[NS + 1];             /* ghost: the update up to which its completed runs have merged */
bool unrecorded;              /* ghost: a person cleared an update that died between the move and its record */
#define NO_CURSOR 255
/* The secondaries are alike and touch only their own cursors: to prove one is to prove all, at a fraction of the states. */
#ifdef WATCH_ONE
#define WATCHED(b) (b == 0)
#else
#define WATCHED(b) true
#endif
#define LAST recordTo[records]
#define NEWS (newest != tree)
#define NOTHING_NEW(b) (WATCHED(b) && cursor[b] == upto && completed[b])

inline append(first, last) {
  recordFrom[records + 1] = first; recordTo[records + 1] = last; records++; unrecorded = false
}
inline baseline() { if :: records == 0 -> append(tree, tree) :: else fi }
inline fetch() {   /* upstream may have committed nothing, some or all, at any time before */
  newest = tree;
  do :: newest < COMMITS -> newest++ :: break od
}
inline beginMove() { halfMoved = true; target = newest }
inline endMove() { tree = target; target = 0; halfMoved = false }
#ifdef MUTATE_RECORD_FROM_HEAD
inline noteHead() { from = tree }
inline recordUpdate() { if :: from != tree -> append(from, tree) :: else fi; from = 0; newest = 0 }
#else
inline noteHead() { skip }
inline recordUpdate() {
  REACHED(1, LAST != tree && unrecorded, "a record also holds an update that crashed before its own record");
  if :: LAST != tree -> append(LAST, tree) :: else fi;
  newest = 0
}
#endif

#ifdef MUTATE_NO_CURSOR_IN_AN_EMPTY_JOURNAL
#define CURSOR_AT(record) (record == 0 -> NO_CURSOR : record)
#else
#define CURSOR_AT(record) record
#endif
inline firstCursor(b) {
  if
  :: WATCHED(b) && cursor[b] == NO_CURSOR -> cursor[b] = CURSOR_AT(records); if :: !completed[b] -> got[b] = LAST :: else fi
  :: else
  fi
}
inline readJournal(b) {
  if :: WATCHED(b) -> upto = records; from = (cursor[b] == NO_CURSOR -> 0 : cursor[b]) :: else fi
}
inline checkSource(b) {   /* what the build reads is whole, and is what its Update.xml says */
  PROMISE(1, "1: nobody reads a half moved source", !halfMoved);
#ifdef STRICT_SOURCE
  PROMISE(6, "6: the source is what the journal says", tree == recordTo[upto] || !WATCHED(b))
#else
  PROMISE(6, "6: the source is what the journal says", tree == recordTo[upto] || unrecorded || !WATCHED(b))
#endif
}
inline cursorFirst(b) {
#ifdef MUTATE_CURSOR_FIRST
  cursor[b] = upto
#else
  skip
#endif
}
inline completeRun(b) {   /* what this run merged continues what the completed runs before it have merged */
  REACHED(2, upto > from + 1, "a run merges two records");
  REACHED(3, b < NS && recordTo[upto] == COMMITS, "a secondary has got every commit");
  if :: WATCHED(b) -> d_step {
    for (i : from + 1 .. upto) {
      PROMISE(4, "4: every update once and in order", recordFrom[i] == got[b]);
      got[b] = recordTo[i]
    }
    cursor[b] = CURSOR_AT(upto); completed[b] = true;
    i = 0; from = 0; upto = 0
  } :: else fi
}
inline makeWhole() { if :: halfMoved -> if :: tree = target :: skip fi; target = 0; halfMoved = false :: else fi }
inline clearUpdate() { unrecorded = (LAST != tree) }   /* by a person: the source stays as the crash left it */
#else   /* the locks alone, for more processes */
#define NEWS true
#define NOTHING_NEW(b) false
inline fetch() { skip }
inline noteHead() { skip }
inline beginMove() { halfMoved = true }
inline endMove() { halfMoved = false }
inline recordUpdate() { skip }
inline readJournal(b) { skip }
inline checkSource(b) { PROMISE(1, "1: nobody reads a half moved source", !halfMoved) }
inline cursorFirst(b) { skip }
inline completeRun(b) { skip }
inline makeWhole() { halfMoved = false }
inline clearUpdate() { skip }
#endif

#ifdef MUTATE_NO_MARK
#define setMark() skip
#else
#define setMark() mark = true
#endif
#define removeMark() mark = false
inline repairSource() {   /* back or forward, but whole; what no mark speaks of is taken for whole */
  if :: mark -> REACHED(17, halfMoved, "a primary repairs a source that a crash left half moved"); makeWhole() :: else fi
}

#ifdef ORPHANS
#define startChild(kind) child = kind
#define endChild() child = 0
inline endTop() {   /* the top process of a stage ends, by a signal, say; what it started may live on */
  if :: childOf[build] = child :: skip fi;
  child = 0
}
#ifdef MUTATE_STAGE_ENDS_WITH_ITS_TOP
#define wholeStage() skip
#else
#define wholeStage() childOf[build] == 0
#endif
#else
#define startChild(kind) skip
#define endChild() skip
#define endTop() skip
#define wholeStage() skip
#endif

inline checkUpdate() {
  PROMISE(1, "1: no update between join and leave", NONE(joined));
#ifdef ORPHANS
  PROMISE(7, "7: no update while a child of a crashed run reads", NONE(childOf) && !childOf[NS])
#endif
}

/* --------------------------------------------------------------------------------------------------- primary */

inline primaryBegins() {
  if
  :: running == FREE && update == FREE
  :: else ->
    PROMISE(3, "3: only a run that is not over blocks the next", primaryRuns || claimed);
    REACHED(4, running > DEAD, "a second process of the primary stops");
    REACHED(5, running == DEAD, "the primary stops at the `running` of a crash");
    REACHED(6, running == FREE && update == DEAD, "the primary stops at the `update` of a crash");
    leaveSection(); goto start
  fi
}
inline createRunning() {
  PROMISE(2, "2: one run in a build directory", !primaryRuns);
  running = me; primaryRuns = true; claimed = true
}
inline createUpdate() { update = me; setWaiting(true) }
inline endUpdate() { remove(update); claimed = false; newest = 0; from = 0; setWaiting(false) }
inline lookForSecondaries() {
  if
  :: NONE(runningOf) -> goto mayUpdate
  :: else ->
    PROMISE(3, "3: only a secondary that has joined blocks the update", !NONE(joined));
    REACHED(7, runningOf[0] == DEAD, "a crashed secondary blocks the update");
    REACHED(8, runningOf[0] > DEAD, "the primary waits for a secondary")
  fi
}

proctype Primary(byte me) {
  byte i, newest, from, upto;
#ifdef ORPHANS
  byte child, build = NS;
#endif

start:   /* beginPrimary */
#ifdef MUTATE_CHECK_BEFORE_CLAIM
  STEP( if :: NONE(runningOf) :: else -> goto start fi );
#endif
  STEP( enterSection() );
  STEP( primaryBegins() );
  STEP( createRunning() );
#ifdef MUTATE_UPDATE_AFTER_RUNNING
  STEP( leaveSection() );
  STEP( enterSection() );
#endif
  STEP( createUpdate() );
  STEP( leaveSection() );

#ifndef MUTATE_CHECK_BEFORE_CLAIM
check:   /* claimUpdate */
#ifdef CHECK_IN_SECTION
  STEP( enterSection() );
  STEP( leaveSection(); lookForSecondaries() );
#else
  STEP( lookForSecondaries() );
#endif
#ifdef MUTATE_NO_WRITER_PREFERENCE
  STEP( remove(update) );
  STEP( enterSection() );
  STEP( update = me; leaveSection() );
#endif
#ifdef LIVENESS
  goto check;
#else
  STEP( if :: goto check :: goto giveUp fi );   /* wait; or abort, at once or after a timeout */
#endif
#endif

mayUpdate:   /* updateSource */
  STEP( setWaiting(false); repairSource() );
  STEP( noteHead(); fetch() );
#ifdef JOURNAL
#ifndef MUTATE_BASELINE_AFTER_UPDATE
  STEP( baseline() );
#endif
  STEP( firstCursor(NS) );
#endif
  if
  :: NEWS ->
#ifndef MUTATE_MARK_AFTER_MOVE
    STEP( setMark() );
#endif
    STEP( checkUpdate(); beginMove(); startChild(MOVER) );
#ifdef MUTATE_MARK_AFTER_MOVE
    STEP( setMark() );
#endif
    STEP( checkUpdate(); endMove(); endChild() )
  :: !NEWS
  :: goto giveUp   /* the fetch failed, nothing was touched */
  fi;
#ifdef MUTATE_BASELINE_AFTER_UPDATE
  STEP( baseline() );
#endif
#ifdef MUTATE_DELETE_UPDATE_BEFORE_RECORD
  STEP( endUpdate() );
  STEP( recordUpdate() );
  STEP( removeMark() );
#else
#ifdef MUTATE_UNMARK_BEFORE_RECORD
  STEP( removeMark() );
#endif
  STEP( recordUpdate() );
  STEP( removeMark() );
  STEP( endUpdate() );
#endif
  STEP( readJournal(NS); if :: NOTHING_NEW(NS) -> upto = 0; from = 0; goto end :: else fi );
  STEP( checkSource(NS); startChild(READER) );   /* the build: its first look at the source */
  STEP( checkSource(NS); endTop() );             /* and its last */
  STEP( wholeStage() );
  STEP( completeRun(NS) );
end:     /* endPrimary; lingering before it is one of the delays that any step may have */
  STEP( remove(running); primaryRuns = false );
  goto start;

giveUp:
  STEP( endUpdate() );
  goto end
}

/* ----------------------------------------------------------------------------------------------- secondaries */

#ifdef JOIN_NEEDS_RECORD   /* what stagelock does, see README.md */
#define SOURCE_AHEAD (LAST != tree)
#else
#define SOURCE_AHEAD false
#endif
#ifdef MUTATE_BUILD_IGNORES_MARK
#define MARKED false
#else
#define MARKED mark
#endif
#define MUST_WAIT (update != FREE || SOURCE_AHEAD || MARKED)

inline secondaryBegins() {
  PROMISE(2, "2: one run in a build directory", !secondaryRuns[s]);
  ownRunning[s] = me; secondaryRuns[s] = true
}
inline secondProcess() {
  REACHED(15, ownRunning[s] > DEAD, "a second process of a secondary stops");
  REACHED(16, ownRunning[s] == DEAD, "a secondary stops at the `running` of a crash");
#ifdef MUTATE_SECOND_PROCESS_CLEANS_UP
  ownRunning[s] = FREE
#endif
}
inline mayJoin() {
  if
  :: runningOf[s] != FREE ->
    PROMISE(3, "3: only its own crashed run stops a secondary", joined[s] && runningOf[s] == DEAD);
    REACHED(9, true, "a secondary stops at its own `running.<name>` of a crash");
    leaveSection(); goto stop
  :: runningOf[s] == FREE && MUST_WAIT ->
    PROMISE(3, "3: only an update makes a secondary wait", claimed || SOURCE_AHEAD || MARKED);
    REACHED(10, update == DEAD, "a secondary waits at the `update` of a crash");
    leaveSection(); goto wait
  :: else
  fi
}
inline createRunningOf() {
  PROMISE(5, "5: nobody joins once the update is claimed", !claimed);
  PROMISE(2, "2: one run in a build directory", !joined[s]);
  REACHED(11, ANOTHER_IS_DEAD(s), "a secondary joins beside a crashed one");
  REACHED(12, running == DEAD, "a secondary joins while a crashed primary's `running` is left");
  REACHED(13, running > DEAD, "a secondary joins while the primary builds");
  runningOf[s] = me; joined[s] = true;
  REACHED(14, NS == 3 && joined[0] && joined[NS / 2] && joined[NS - 1], "three secondaries are joined")
}

inline leavePrimary() { remove(runningOf[s]); joined[s] = false }

proctype Secondary(byte me; byte s) {
  byte i, newest, from, upto;
#ifdef ORPHANS
  byte child, build = s;
#endif

start:   /* beginSecondary: exclusive creation in its own directory */
#ifdef MUTATE_BEGIN_NOT_EXCLUSIVE
  STEP( if :: ownRunning[s] == FREE :: else -> goto start fi );
  STEP( secondaryBegins() );
#else
  STEP( if :: ownRunning[s] == FREE -> secondaryBegins() :: else -> secondProcess(); goto start fi );
#endif
#ifdef MUTATE_JOURNAL_BEFORE_JOIN
  STEP( firstCursor(s) );
  STEP( readJournal(s) );
#endif

join:    /* joinPrimary */
#ifdef MUTATE_JOIN_WITHOUT_SECTION
  STEP( if :: runningOf[s] != FREE -> goto stop :: runningOf[s] == FREE && MUST_WAIT -> goto wait :: else fi );
  STEP( createRunningOf() );
#else
#ifdef LOOK_BEFORE_SECTION
  STEP( if :: MUST_WAIT -> goto wait :: else fi );
#endif
  STEP( enterSection() );
  STEP( mayJoin() );
  STEP( createRunningOf() );
  STEP( leaveSection() );
#endif

#ifdef JOURNAL
#ifndef MUTATE_JOURNAL_BEFORE_JOIN
  STEP( firstCursor(s) );   /* mergeUpdates */
  STEP( readJournal(s); if :: NOTHING_NEW(s) -> upto = 0; from = 0; goto leave :: else fi );
#endif
#endif
  STEP( cursorFirst(s); checkSource(s); startChild(READER) );   /* the build: its first look at the source */
  STEP( checkSource(s); endTop() );                             /* and its last */
  STEP( wholeStage() );
#ifdef LEAVE_BEFORE_CURSOR   /* no mistake, as it turns out */
  STEP( leavePrimary() );
  STEP( completeRun(s) );
  goto stop;
#else
#ifdef JOURNAL
  STEP( completeRun(s) );
#endif
#endif
leave:
  STEP( leavePrimary() );
stop:
  STEP( remove(ownRunning[s]); secondaryRuns[s] = false );
  goto start;

wait:    /* for the end of the update, or until a timeout; watching the file needs no section */
  STEP( if :: !MUST_WAIT -> goto join :: goto stop fi )
}

/* -------------------------------------------------------------------------------------------- a person: unlock */

#if defined(ORPHANS) && !defined(MUTATE_UNLOCK_DESPITE_CHILDREN)
#define OVER(file, b) (file == DEAD && childOf[b] == 0)
#else
#define OVER(file, b) (file == DEAD)
#endif

/* unlock: one file at a time, in any order, stopping anywhere; look again and remove, together in the section. */
#ifndef MUTATE_UNLOCK_WITHOUT_SECOND_LOOK
#define CLEAR(s) \
  :: atomic { section == FREE && OVER(runningOf[s], s) -> runningOf[s] = FREE; joined[s] = false } \
  :: atomic { OVER(ownRunning[s], s) -> ownRunning[s] = FREE; secondaryRuns[s] = false }

proctype Person() {
  do
  :: atomic { section == FREE && OVER(update, NS) -> clearUpdate(); update = FREE; claimed = false }
#ifdef MUTATE_UNLOCK_REMOVES_MARK
  :: atomic { update == FREE && running == FREE -> mark = false }
#endif
  :: atomic { section == FREE && OVER(running, NS) -> running = FREE; primaryRuns = false }
  CLEAR(0)
#if NS > 1
  CLEAR(1)
#endif
#if NS > 2
  CLEAR(2)
#endif
  od
}
#else
proctype Person() {   /* looks, thinks, and removes what is there by then */
  do
  :: runningOf[0] == DEAD -> atomic { if :: runningOf[0] == DEAD -> joined[0] = false :: else fi; runningOf[0] = FREE }
  :: ownRunning[0] == DEAD ->
    atomic { if :: ownRunning[0] == DEAD -> secondaryRuns[0] = false :: else fi; ownRunning[0] = FREE }
  od
}
#endif

#ifdef ORPHANS
proctype Children() {   /* a child that outlived its run goes on for a while */
  do
  :: atomic {
      childOf[NS] == MOVER ->
      PROMISE(1, "1: no update between join and leave", NONE(joined));
      if :: halfMoved -> endMove() :: else fi;
      childOf[NS] = 0
    }
  :: childOf[NS] == READER -> childOf[NS] = 0
  :: childOf[0] -> childOf[0] = 0
#if NS > 1
  :: childOf[1] -> childOf[1] = 0
#endif
#if NS > 2
  :: childOf[2] -> childOf[2] = 0
#endif
  od
}
#endif

#define PRIMARY_A 2
#define PRIMARY_B 3
#define SECONDARY_B 4   /* a second process of secondary 0 */
#define SECONDARY_A(s) (5 + s)

init {
  atomic {
    run Primary(PRIMARY_A);
#ifdef TWICE   /* cron may start a build while it runs */
    run Primary(PRIMARY_B);
    run Secondary(SECONDARY_B, 0);
#endif
    run Secondary(SECONDARY_A(0), 0);
#if NS > 1
    run Secondary(SECONDARY_A(1), 1);
#endif
#if NS > 2
    run Secondary(SECONDARY_A(2), 2);
#endif
#ifndef NO_CRASHES
    run Person();
#endif
#ifdef MUTATE_UNLOCK_WITHOUT_SECOND_LOOK
    run Person();
#endif
#ifdef ORPHANS
    run Children();
#endif
  }
}

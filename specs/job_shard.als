/*
 * The life of jobs in one shard: what a command may do, and what holds whatever is done in whatever order.
 *
 * A step is one event of a record, applied at once, as in the code: a command that enqueues a job which a worker waits for is the
 * two steps enqueue and leaseTask. A command that is refused changes nothing: it is the step idle.
 *
 * Time is what may have happened: a start time comes, a deadline passes. A place stands for (priority, start time, arrival), which
 * orders due tasks and never ties; a job that gets a new place may get any that is free.
 *
 * Checks are by induction: the invariant holds in the first state, and a step leads from any state where it holds to one where it
 * holds. So they speak of histories of every length. The runs start in the first state: what they show can be reached.
 *
 * [SILO-...] names the lines of Java that enforce the clause it stands at: see README.md.
 */
module job_shard

open util/ordering[Nr] as number
open util/ordering[Token] as log
open util/ordering[Place] as order

/** An attempt number: 1, 2, 3 ... */
sig Nr {}

/** A lease token: where the lease stands in the log. */
sig Token {}

/** Priority, start time and arrival as one value; the first is served first. */
sig Place {}

/** A concurrency limit of one tenant. */
sig Limit {}

enum Status { Scheduled, Running, Succeeded, Failed, Cancelled }

enum Outcome { Success, Failure, Crash, Cancellation }

sig Job {
  limits: set Limit,           -- its lease takes a slot of each
  wide: set Limit,             -- of these it allows two holders, of the others one
  var status: set Status,      -- none: there is no such job
  var attempt: set Nr,         -- the number that waits, runs or was the last
  var relative: set Nr,        -- the same, counted from the last enqueue or restart
  var lastRelative: set Nr,    -- retry policy: the relative number behind which no other follows
  var history: Nr -> Outcome,  -- attempts that ended
  var place: set Place,
  var slots: set Limit,        -- what its lease holds: nothing else holds a slot
  var lease: Worker -> Token,
  var token: set Token,        -- of its last lease
  var fence: set Token         -- newest token that a store outside has seen with a write for this job
}

sig Worker {
  var knows: Job -> Token      -- leases that it was told of; it never forgets, so it speaks of old ones too
}

sig Keyed in Job {}            -- jobs with the unique key: one is enough to tell
var sig Flagged in Job {}      -- its running lease is to be cancelled: the mark lies in the lease and goes with it
var sig Future in Job {}       -- the pending task: its start time has not come
var sig Ready in Job {}        -- the pending task: it is due, and waits for a worker and for room in its limits
var sig Reserved in Job {}     -- the due task that what becomes free of its limits is kept for: volatile
var sig Overdue in Job {}      -- the lease's deadline has passed
var sig Unclaimed in Job {}    -- nobody spoke of the lease since the shard was opened
var sig Reported in Job {}     -- a report ended the last lease
var sig Paused in Job {}       -- its task group or its tenant is paused; which jobs have one in common is not told
var sig Used in Token {}       -- the log so far

fun pending: set Job { Future + Ready }
fun leased: set Job { lease.Token.Worker }
fun holders[l: Limit]: set Job { slots.l }
fun leaseToken[j: Job]: set Token { Worker.(j.lease) }

// ---- the first state

pred init {
  no status and no attempt and no relative and no lastRelative and no history and no place and no slots
  no lease and no token and no fence and no knows
  no Flagged + Future + Ready + Overdue + Unclaimed + Reported
  no Used and no Paused and no Reserved
}

// ---- what a step leaves alone

/** Every row but that of j. */
pred onlyJob[j: Job] {
  let o = Job - j {
    o <: status' = o <: status and o <: attempt' = o <: attempt and o <: relative' = o <: relative
    o <: lastRelative' = o <: lastRelative and o <: history' = o <: history and o <: place' = o <: place
    o <: slots' = o <: slots and o <: lease' = o <: lease and o <: token' = o <: token
    Flagged' & o = Flagged & o and Future' & o = Future & o and Ready' & o = Ready & o
    Overdue' & o = Overdue & o and Unclaimed' & o = Unclaimed & o and Reported' & o = Reported & o
  }
}

pred keepWorld { knows' = knows and fence' = fence and Used' = Used and Paused' = Paused }
pred keepPolicy[j: Job] { j.lastRelative' = j.lastRelative }
pred keepNumbers[j: Job] { j.attempt' = j.attempt and j.relative' = j.relative and j.history' = j.history }
pred keepFlag[j: Job] { j in Flagged' iff j in Flagged }
pred keepLease[j: Job] {
  j.lease' = j.lease and j.token' = j.token and j.slots' = j.slots
  j in Overdue' iff j in Overdue
  j in Unclaimed' iff j in Unclaimed
  j in Reported' iff j in Reported
}
pred keepTask[j: Job] {
  j.place' = j.place
  j in Future' iff j in Future
  j in Ready' iff j in Ready
}

/** A job without a lease holds nothing, whatever ended it. */
pred noLease[j: Job] {
  no j.lease' and j not in Overdue' + Unclaimed'
  no j.slots'                                                                 // [SILO-LIMIT-3]
}
pred noTask[j: Job] { no j.place' and j not in Future' + Ready' }

/** A new pending task: it waits for its start time, or is due. */
pred newTask[j: Job] {
  one j.place' and no j.place' & (Job - j).place                              // [SILO-PLACE-1]
  j in Future' iff j not in Ready'
}

// ---- enqueue

/** No other job that has not ended has the unique key of this one. */
pred keyIsFree[j: Job] { j in Keyed implies no k: Keyed - j | some k.status and k.status in Scheduled + Running }

pred enqueue[j: Job] {
  keyIsFree[j]                                                                // [SILO-UNIQUE-1]
  no j.status                                                                 // [SILO-ENQ-1]
  j.status' = Scheduled and j not in Flagged'                                 // [SILO-ENQ-2]
  j.attempt' = number/first and j.relative' = number/first and no j.history'
  one j.lastRelative'
  newTask[j]
  noLease[j] and no j.token' and j not in Reported'
  onlyJob[j] and keepWorld
}

// ---- start time

pred startComes[j: Job] {
  j in Future
  Future' = Future - j and Ready' = Ready + j
  j.place' = j.place
  j.status' = j.status and keepNumbers[j] and keepPolicy[j] and keepFlag[j] and keepLease[j]
  onlyJob[j] and keepWorld
}

// ---- who may be leased

/** By the job's own maximum, whatever the others allow. */
pred hasRoom[j: Job, l: Limit] { l in j.wide implies lone holders[l] else no holders[l] }

/** It would take a slot that is kept: the task with the reservation had no room in that limit then, by its own maximum. */
pred isKeptBack[j: Job] { some r: Reserved - j, l: r.limits & j.limits | l not in r.wide or some holders[l] }

pred couldRun[j: Job] { j in Ready - Paused and not isKeptBack[j] and all l: j.limits | hasRoom[j, l] }

/** A task that could run comes first and wants a slot of the same limit. One that lacks another slot keeps nobody back. */
pred isBehind[j: Job] { some k: Job - j | couldRun[k] and some k.limits & j.limits and lt[k.place, j.place] }

pred mayBeLeased[j: Job] {
  j in Ready                                                                  // [SILO-DEQ-1]
  j not in Paused                                                             // [SILO-PAUSE-1]
  all l: j.limits | hasRoom[j, l]                                             // [SILO-LIMIT-4]
  j in Reserved or not isBehind[j]                                            // [SILO-LIMIT-ORDER]
  not isKeptBack[j]                                                           // [SILO-LIMIT-RESERVE]
}

// ---- leases

/** All slots of the job with its lease, none before: a task that held one and waited for another could wait for ever. */
pred leaseTask[j: Job, w: Worker] {
  mayBeLeased[j]
  j.slots' = j.limits                                                         // [SILO-LIMIT-1]
  beginLease[j, w]
}

/** By its id, for an operator: whatever its start time, its limits and who comes first. */
pred leaseById[j: Job, w: Worker] {
  j in pending
  no j.slots'                                                                 // [SILO-LIMIT-2]
  beginLease[j, w]
}

pred beginLease[j: Job, w: Worker] {
  j not in Future' + Ready'                                                   // [SILO-DEQ-3]
  j.place' = j.place
  some t: Token {
    all u: Used | lt[u, t]                                                    // [SILO-TOKEN-1]
    j.lease' = w -> t and j.token' = t                                        // [SILO-DEQ-4]
    Used' = Used + t
    knows' = knows or knows' = knows + w -> j -> t
  }
  j not in Overdue' + Unclaimed' + Reported'
  j.status' = Running                                                         // [SILO-DEQ-6]
  keepNumbers[j] and keepPolicy[j] and keepFlag[j]
  onlyJob[j] and fence' = fence and Paused' = Paused
}

/** Renews, also when the job is to be cancelled. */
pred heartbeat[j: Job, w: Worker, t: Token] {
  w -> t in j.lease                                                           // [SILO-HB-1] [SILO-HB-2]
  j in leased
  Overdue' = Overdue - j and Unclaimed' = Unclaimed - j                       // [SILO-HB-3]
  status' = status and attempt' = attempt and relative' = relative and lastRelative' = lastRelative
  history' = history and place' = place and slots' = slots and lease' = lease and token' = token
  Flagged' = Flagged and Future' = Future and Ready' = Ready and Reported' = Reported
  keepWorld
}

pred deadlinePasses[j: Job] {
  j in leased and j not in Overdue
  Overdue' = Overdue + j and Unclaimed' = Unclaimed
  status' = status and attempt' = attempt and relative' = relative and lastRelative' = lastRelative
  history' = history and place' = place and slots' = slots and lease' = lease and token' = token
  Flagged' = Flagged and Future' = Future and Ready' = Ready and Reported' = Reported
  keepWorld
}

/** The process ended and the shard was opened again: each lease has its full length, and nobody claimed it yet. */
pred reopen {
  no Overdue' and Unclaimed' = leased                                         // [SILO-OPEN-1]
  status' = status and attempt' = attempt and relative' = relative and lastRelative' = lastRelative
  history' = history and place' = place and slots' = slots and lease' = lease and token' = token
  Flagged' = Flagged and Future' = Future and Ready' = Ready and Reported' = Reported
  keepWorld
}

// ---- how an attempt ends

pred endWith[j: Job, o: Outcome, s: Status] {
  j.history' = j.history + j.attempt -> o and j.attempt' = j.attempt and j.relative' = j.relative
  j.status' = s
  noTask[j]
}

pred isLast[j: Job] { gte[j.relative, j.lastRelative] }

/** A failure, reported or by expiry: no retry for a job that is to be cancelled. */
pred failWith[j: Job, o: Outcome] {
  j in Flagged implies endWith[j, o, Cancelled]                               // [SILO-FAIL-CXL]
  j not in Flagged and isLast[j] implies endWith[j, o, Failed]                // [SILO-FAIL-3]
  j not in Flagged and not isLast[j] implies {                                // [SILO-RETRY-3]
    j.history' = j.history + j.attempt -> o                                   // [SILO-RETRY-4]
    j.attempt' = j.attempt.next and j.relative' = j.relative.next and one j.attempt'
    j.status' = Scheduled
    newTask[j]                                                                // [SILO-RETRY-5]
  }
}

/** A worker speaks of a lease that it was told of, perhaps long ago. It counts if that lease still runs. */
pred report[j: Job, w: Worker, t: Token, o: Outcome] {
  w -> j -> t in knows
  t in leaseToken[j]                                                          // [SILO-TOKEN-2]
  noLease[j]                                                                  // [SILO-SUCC-2]
  o = Success implies endWith[j, Success, Succeeded]                          // [SILO-SUCC-3]
  o = Failure implies failWith[j, Failure]
  o = Cancellation implies endWith[j, Cancellation, Cancelled]                // [SILO-CXL-ACK]
  o != Crash
  j.token' = j.token and j in Reported'                                       // [SILO-REPORT-1]
  keepPolicy[j] and j not in Flagged'
  onlyJob[j] and keepWorld
}

/** Back to the due ones under the same number and at its old place, without slots; a job that is to be cancelled ends instead. */
pred giveBack[j: Job] {
  noLease[j] and j.token' = j.token
  j not in Reported'
  j in Flagged implies endWith[j, Cancellation, Cancelled] else {
    j.status' = Scheduled
    j in Ready' and j not in Future'                                          // [SILO-RETURN-2]
    j.place' = j.place
    keepNumbers[j]                                                            // [SILO-RETURN-1]
  }
  keepPolicy[j] and j not in Flagged'
  onlyJob[j] and keepWorld
}

pred returnLease[j: Job, w: Worker, t: Token] {
  w -> t in j.lease                                                           // [SILO-RETURN-3]
  giveBack[j]
}

/** Nobody spoke of it since the shard was opened: the attempt is not spent. */
pred returnUnclaimed[j: Job] {
  j in Overdue & Unclaimed                                                    // [SILO-REAP-UNCLAIMED]
  giveBack[j]
}

/** Too many leases in a row that expired end the job, whatever the policy; how many is not modelled. */
pred expire[j: Job] {
  j in leased                                                                 // [SILO-REAP-1]
  j in Overdue                                                                // [SILO-REAP-2]
  j not in Unclaimed
  j in Flagged implies endWith[j, Cancellation, Cancelled]                    // [SILO-REAP-CXL]
  j not in Flagged implies {
    failWith[j, Crash]                                                        // [SILO-REAP-3]
    or endWith[j, Crash, Failed]                                              // [SILO-REAP-LOOP]
  }
  noLease[j] and j.token' = j.token and j not in Reported'                    // [SILO-REAP-REL]
  keepPolicy[j] and j not in Flagged'
  onlyJob[j] and keepWorld
}

// ---- cancel, restart, expedite, delete

pred cancel[j: Job] {
  j.status in Scheduled + Running and some j.status and j not in Flagged      // [SILO-CXL-1]
  j.status = Running implies {
    j in Flagged'                                                             // [SILO-CXL-2]
    j.status' = Running and keepTask[j]
  } else {
    j not in Flagged'
    j.status' = Cancelled
    noTask[j]                                                                 // [SILO-CXL-3]
  }
  keepNumbers[j] and keepPolicy[j] and keepLease[j]
  onlyJob[j] and keepWorld
}

pred restart[j: Job] {
  some j.status and j.status in Cancelled + Failed                            // [SILO-RESTART-1] [SILO-RESTART-2]
  j not in leased                                                             // [SILO-RESTART-3]
  keyIsFree[j]                                                                // [SILO-UNIQUE-2]
  j not in Flagged'                                                           // [SILO-RESTART-4]
  newTask[j]                                                                  // [SILO-RESTART-5]
  j.status' = Scheduled                                                       // [SILO-RESTART-6]
  some j.history implies j.attempt' = max[j.history.Outcome].next else j.attempt' = number/first
  one j.attempt' and j.relative' = number/first
  j.history' = j.history
  keepPolicy[j] and keepLease[j]
  onlyJob[j] and keepWorld
}

/** The start time becomes now, and with it the place. */
pred expedite[j: Job] {
  j in Future                                                                 // [SILO-EXP-4] [SILO-EXP-5]
  j not in Flagged                                                            // [SILO-EXP-3]
  Future' = Future - j and Ready' = Ready + j
  one j.place' and no j.place' & (Job - j).place
  j.status' = j.status and keepNumbers[j] and keepPolicy[j] and keepFlag[j] and keepLease[j]
  onlyJob[j] and keepWorld
}

pred delete[j: Job] {
  some j.status and j.status in Succeeded + Failed + Cancelled                // [SILO-DEL-1]
  no j.status' and no j.attempt' and no j.relative' and no j.lastRelative'
  no j.history'                                                               // [SILO-DEL-2]
  noTask[j] and noLease[j] and no j.token' and j not in Flagged' + Reported'
  onlyJob[j] and keepWorld
}

// ---- import

/** Status, number and task by a history that was brought in: its last attempt and the policy decide. */
pred settle[j: Job] {
  let h = j.history', n = h.Outcome, last = max[n], o = last.h {
    all m: n | prevs[m] in n and one m.h                                      // no gap, one outcome each
    no h implies {
      j.status' = Scheduled and j.attempt' = number/first and j.relative' = number/first
    }
    some h and o = Success implies j.status' = Succeeded                      // [SILO-IMP-5]
    some h and o = Cancellation implies j.status' = Cancelled
    some h and o = Failure and gte[last, j.lastRelative'] implies j.status' = Failed
    some h and o = Failure and lt[last, j.lastRelative'] implies {
      j.status' = Scheduled and j.attempt' = last.next and j.relative' = last.next
    }
    some h and j.status' != Scheduled implies j.attempt' = last and j.relative' = last
  }
  j.status' = Scheduled implies newTask[j] else noTask[j]                     // [SILO-IMP-6] [SILO-IMP-7]
  j.status' = Scheduled implies keyIsFree[j]                                  // [SILO-UNIQUE-3]
  one j.status' and one j.lastRelative' and one j.attempt'
  j not in Flagged'                                                           // [SILO-IMP-FLAG]
}

pred onlyLastNotFailed[h: Nr -> Outcome] {
  all m: h.Outcome - max[h.Outcome] | m.h = Failure
  Crash not in Nr.h
}

pred import[j: Job] {
  no j.status                                                                 // [SILO-IMP-1]
  onlyLastNotFailed[j.history']                                               // [SILO-IMP-3]
  settle[j]
  noLease[j] and no j.token' and j not in Reported'
  onlyJob[j] and keepWorld
}

pred reimport[j: Job] {
  some j.status                                                               // [SILO-REIMP-1]
  j.status != Running                                                         // [SILO-REIMP-2] [SILO-REIMP-3]
  j.status != Succeeded                                                       // [SILO-REIMP-4]
  j.history in j.history'                                                     // [SILO-IMP-2]
  let new = j.history' - j.history {
    some new
    no new.Outcome & j.history.Outcome
    onlyLastNotFailed[new]
  }
  settle[j]                                                                   // [SILO-REIMP-5] [SILO-REIMP-7]
  keepLease[j]
  onlyJob[j] and keepWorld
}

// ---- outside the shard

/** A worker writes to a store of its own, which refuses tokens older than it has seen. */
pred write[j: Job, w: Worker, t: Token] {
  w -> j -> t in knows
  lte[j.fence, t]
  fence' = fence ++ j -> t
  knows' = knows and Used' = Used and Paused' = Paused
  allRows
}

// ---- pauses

/** Task groups or tenants are paused or resumed, whatever jobs they have and will have. What runs goes on. */
pred pause {
  knows' = knows and fence' = fence and Used' = Used
  allRows                                                                     // [SILO-PAUSE-2]
}

pred idle { allRows and keepWorld }

pred allRows {
  status' = status and attempt' = attempt and relative' = relative and lastRelative' = lastRelative
  history' = history and place' = place and slots' = slots and lease' = lease and token' = token
  Flagged' = Flagged and Future' = Future and Ready' = Ready
  Overdue' = Overdue and Unclaimed' = Unclaimed and Reported' = Reported
}

pred outside[j: Job] {
  enqueue[j] or cancel[j] or restart[j] or expedite[j] or delete[j] or import[j] or reimport[j]
}

/** A reservation is given, moved and dropped whenever it may be: no check but of liveness asks why. */
pred reserve { lone Reserved' and Reserved' in Ready' }

pred step {
  reserve
  idle or reopen or pause
  or some j: Job {
    outside[j] or startComes[j] or deadlinePasses[j] or returnUnclaimed[j] or expire[j]
    or some w: Worker {
      leaseTask[j, w] or leaseById[j, w]
      or some t: Token {
        heartbeat[j, w, t] or returnLease[j, w, t] or write[j, w, t] or some o: Outcome | report[j, w, t, o]
      }
    }
  }
}
pred begins { init and always step }

// ---- what holds in every state

pred rowsAreWhole {
  all j: Job {
    lone j.status
    some j.status implies one j.attempt and one j.relative and one j.lastRelative and lte[j.relative, j.attempt]
    no j.status implies no j.attempt + j.relative + j.lastRelative and no j.history and no j.place and no j.token
  }
  Flagged + Future + Ready + leased + Reported in status.Status
}

pred onePendingTask {
  all j: Job | j.status = Scheduled iff j in pending
  no Future & Ready
}

pred runningMeansLeased {
  all j: Job | j.status = Running iff j in leased
  Overdue + Unclaimed in leased
}

pred oneLeasePerJob { all j: Job | lone j.lease.Token and lone leaseToken[j] }

pred placesNeverTie {
  all j: Job | lone j.place and (some j.place iff j.status in Scheduled + Running and some j.status)
  all disj a, b: Job | no a.place & b.place
}

pred tokensAreOfTheLog {
  all j: Job | lone j.token and leaseToken[j] in j.token
  Job.token + Job.(Worker.knows) in Used
  all disj a, b: Job | no a.token & b.token
}

/** What a worker was told of a lease that runs is true, and no later lease was told to anyone. */
pred workersKnowNoOtherHolder {
  all j: leased, w: Worker, t: w.knows[j] | lte[t, leaseToken[j]] and (t = leaseToken[j] implies j.lease = w -> t)
}

pred presentHolderIsNotFencedOff {
  all j: Job | lone j.fence and j.fence in Worker.knows[j]
  all j: leased | lte[j.fence, leaseToken[j]]
}

/** Only a lease carries the mark: nothing is leased that was called off. */
pred cancelledNeverWaits { Flagged in leased }

pred historyIsOfTheNumbers {
  all j: Job | let n = j.history.Outcome {
    all m: n | one m.(j.history)
    j.status in Scheduled + Running and some j.status implies n = prevs[j.attempt]
    j.status in Succeeded + Failed and some j.status implies n = prevs[j.attempt] + j.attempt
    j.status = Cancelled implies n in prevs[j.attempt] + j.attempt and prevs[j.attempt] in n
    some j.history.Success implies j.status = Succeeded and j.history.Success = j.attempt
    j.status = Succeeded implies some j.history.Success
  }
}

/** A lease holds all slots of its job, or none if it was by id; nothing else holds one. */
pred allSlotsOrNone { all j: Job | some j.slots implies j in leased and j.slots = j.limits }

pred limitsAreKept {
  all l: Limit {
    all disj a, b, c: Job | not (a + b + c in holders[l])
    all disj a, b: holders[l] | l in a.wide + b.wide
  }
}

pred oneTaskHasTheReservation { lone Reserved and Reserved in Ready }

pred keyHasOneHolder { lone j: Keyed | some j.status and j.status in Scheduled + Running }

pred invariant {
  rowsAreWhole and onePendingTask and runningMeansLeased and oneLeasePerJob and placesNeverTie
  tokensAreOfTheLog and workersKnowNoOtherHolder and presentHolderIsNotFencedOff and cancelledNeverWaits
  historyIsOfTheNumbers and allSlotsOrNone and limitsAreKept and oneTaskHasTheReservation and keyHasOneHolder
}

// ---- checks of the invariant, clause by clause: each holds at first, and a step keeps it

check rowsAreWhole { (init implies rowsAreWhole) and (invariant and step implies after rowsAreWhole) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check onePendingTask { (init implies onePendingTask) and (invariant and step implies after onePendingTask) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check runningMeansLeased { (init implies runningMeansLeased) and (invariant and step implies after runningMeansLeased) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check oneLeasePerJob { (init implies oneLeasePerJob) and (invariant and step implies after oneLeasePerJob) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check placesNeverTie { (init implies placesNeverTie) and (invariant and step implies after placesNeverTie) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check tokensAreOfTheLog { (init implies tokensAreOfTheLog) and (invariant and step implies after tokensAreOfTheLog) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check workersKnowNoOtherHolder {
  (init implies workersKnowNoOtherHolder) and (invariant and step implies after workersKnowNoOtherHolder)
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check presentHolderIsNotFencedOff {
  (init implies presentHolderIsNotFencedOff) and (invariant and step implies after presentHolderIsNotFencedOff)
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check cancelledNeverWaits { (init implies cancelledNeverWaits) and (invariant and step implies after cancelledNeverWaits) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check historyIsOfTheNumbers {
  (init implies historyIsOfTheNumbers) and (invariant and step implies after historyIsOfTheNumbers)
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check allSlotsOrNone { (init implies allSlotsOrNone) and (invariant and step implies after allSlotsOrNone) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check limitsAreKept { (init implies limitsAreKept) and (invariant and step implies after limitsAreKept) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check oneTaskHasTheReservation {
  (init implies oneTaskHasTheReservation) and (invariant and step implies after oneTaskHasTheReservation)
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check keyHasOneHolder { (init implies keyHasOneHolder) and (invariant and step implies after keyHasOneHolder) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

// ---- checks of what a step may change

check endedAttemptsStay {
  invariant and step implies all j: Job | some j.status' implies j.history in j.history'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check statusGoesItsWays {
  invariant and step implies all j: Job {
    no j.status and some j.status' implies j.status' != Running
    j.status = Scheduled implies some j.status'
    j.status = Running implies some j.status'
    j.status = Succeeded implies j.status' in Succeeded
    j.status = Failed implies j.status' != Running
    j.status = Cancelled implies j.status' != Running
    j.status' = Running implies j.status in Scheduled + Running
  }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check cancelledJobIsNotRetried {
  invariant and step implies all j: Flagged | j.status = Running implies j.status' in Running + Succeeded + Cancelled
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check successAfterCancelCounts {
  invariant and step implies all j: Flagged, w: Worker, t: Token |
    report[j, w, t, Success] implies j.status' = Succeeded and j.attempt -> Success in j.history'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check flagGoesOnlyWithItsLease {
  invariant and step implies all j: Flagged - Flagged' | j not in leased'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check numbersNeverRepeat {
  invariant and step implies all j: Job {
    some j.status and some j.status' implies lte[j.attempt, j.attempt']
    j.status' = Running implies no j.attempt' & j.history'.Outcome
  }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check expirySpendsTheAttempt {
  invariant and step implies all j: leased - Flagged | expire[j] implies j.attempt -> Crash in j.history' and j.attempt not in j.history.Outcome
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check returnSpendsNothing {
  invariant and step implies all j: leased |
    j.history' = j.history and j.status' = Scheduled implies
      j.attempt' = j.attempt and j.relative' = j.relative and j.place' = j.place and j in Ready' and no j.slots'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check unclaimedLeaseIsNotFailed {
  invariant and step implies all j: Unclaimed & leased - leased' - Flagged |
    no Worker.(j.lease) & Worker.knows[j] implies j.history' = j.history
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check retryCountIsKept {
  invariant and step implies all j: leased |
    j.status' = Scheduled and j.history' != j.history implies lt[j.relative, j.lastRelative] and lte[j.relative', j.lastRelative]
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check tokenRises {
  invariant and step implies all j: Job | j.token' != j.token and some j.token' implies
    (all t: Used | lt[t, j.token'])
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check leaseEndsForAReason {
  invariant and step implies (all j: Job | returnUnclaimed[j] implies j in Overdue & Unclaimed) and all j: leased - leased' {
    (some w: Worker, t: Token | returnLease[j, w, t] or some o: Outcome | report[j, w, t, o])
    or j in Overdue and (returnUnclaimed[j] and j in Unclaimed or j.attempt -> Crash in j.history')
  }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check leaseIsNeverOverwritten {
  invariant and step implies all j: Job | j.lease' != j.lease implies no j.lease or no j.lease'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check endedLeaseNeverComesBack {
  invariant and step implies all j: Job | no leaseToken[j] implies no (Worker.(j.lease')) & Used
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check onlyItsHolderReports {
  invariant and step implies all j: Job, w: Worker, t: Token, o: Outcome | report[j, w, t, o] implies j.lease = w -> t
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check onlyItsHolderRenews {
  invariant and step implies all j: Job, w: Worker, t: Token |
    (heartbeat[j, w, t] or returnLease[j, w, t]) implies j.lease = w -> t
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check alreadyReportedIsTrue {
  invariant and step implies {
    all j: Reported' - Reported | j in leased and j not in leased' and some j.history' - j.history
    all j: Job, w: Worker, t: Token, o: Outcome | report[j, w, t, o] implies j in Reported'
  }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check pausedTaskIsNotGivenOut {
  invariant and step implies all j: Paused {
    no w: Worker | leaseTask[j, w]
    j.lease' in j.lease or some w: Worker | leaseById[j, w]
  }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check pauseTouchesNoJob {
  invariant and step and Paused' != Paused implies status' = status and lease' = lease and history' = history and slots' = slots
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check writesNeverGoBack {
  invariant and step implies all j: Job | lte[j.fence, j.fence'] and (some j.fence implies some j.fence')
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check slotsComeWithTheLease {
  invariant and step implies all j: Job | j.slots' in j.slots or j in leased' - leased and j.slots' = j.limits
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check slotsGoWithTheLease {
  invariant and step implies all j: leased | j.slots' = (j in leased' implies j.slots else none)
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check whoCouldRunIsNotOvertaken {
  invariant and step implies all j: leased' - leased - Reserved, k: Ready & Ready' |
    some j.slots' & k.limits and couldRun[k] implies lt[j.place, k.place]
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check reservationIsKept {
  invariant and step implies all j: leased' - leased, r: Reserved - j, l: j.slots' & r.limits | after hasRoom[r, l]
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check waiterKeepsItsPlace {
  invariant and step implies all j: Ready & Ready' | j.place' != j.place implies reimport[j]
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check cancelFreesAtOnce {
  invariant and step implies all j: pending | cancel[j] implies
    j.status' = Cancelled and no j.slots' and j not in Future' + Ready'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check expediteKeepsTheAttempt {
  invariant and step implies all j: Job | expedite[j] implies
    j.status = Scheduled and j.status' = Scheduled and j.attempt' = j.attempt and j.history' = j.history and no j.slots'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check importOnlyMakesJobs {
  invariant and step implies all j: Job | import[j] implies
    no j.status and j.status' != Running and Crash not in Nr.(j.history') and no j.slots' and j not in leased'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check reimportOnlyAdds {
  invariant and step implies all j: Job | reimport[j] implies
    j.history in j.history' and some j.history' - j.history and j.status in Scheduled + Failed + Cancelled
    and j not in leased + leased' + Flagged' and no j.slots'
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

check onlyOneJobChanges {
  invariant and step and not reopen implies lone { j: Job |
    j.status' != j.status or j.history' != j.history or j.slots' != j.slots or j.lease' != j.lease or j.attempt' != j.attempt }
} for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

// ---- in the end

/** Who waits, who runs and who holds what: all that the limits are about. */
pred linesAreSound {
  allSlotsOrNone and limitsAreKept and oneTaskHasTheReservation and no Ready & leased
  all j: Ready | one j.place
  all disj a, b: Ready | a.place != b.place
}

/**
 * What a step may do to these. Tokens and attempt numbers of a scope come to an end, and with them the steps that need a new
 * one; a move needs none, so moves can go on for ever.
 */
pred move {
  reserve
  no Job or some j: Job {
    all k: Job - j {
      k.place' = k.place and k.slots' = k.slots
      k in Ready' iff k in Ready
      k in leased' iff k in leased
    }
    j in leased and j in leased' implies j.slots' = j.slots
    j not in leased' implies no j.slots'
    j in leased' - leased implies { no j.slots' or mayBeLeased[j] and j.slots' = j.limits }
    j not in Ready' & leased'
    j in Ready' implies one j.place' and no j.place' & (Ready - j).place
  }
}

check stepsAreMoves { (invariant implies linesAreSound) and (invariant and step implies move) }
  for 4 but 2 Worker, 2 Limit, 5 Token, 2..2 steps

/** Of tasks that wait for ever one has the reservation for good: in the program it lasts longer each time. */
pred reservationsAreGiven {
  (some j: Job | eventually always j in Ready - Paused) implies some j: Job | eventually always j in Reserved - Paused
}

/**
 * If leases end and a lease that can be made for good is made, no task waits for ever, whatever else is asked for: no deadlock
 * among jobs with several limits, and no starvation by jobs with few.
 */
check everyWaiterIsServed {
  linesAreSound and always move and reservationsAreGiven
  and (all j: Job | always eventually j not in leased)
  and (all j: Job | always eventually not mayBeLeased[j])
  implies no j: Job | eventually always j in Ready - Paused
} for 3 but 1 Worker, 2 Limit, 1 Nr, 1 Token, 1..6 steps

// ---- runs: what can happen, from the first state on

run jobSucceeds { begins and some j: Job | eventually j.status = Succeeded } for 2 but 2 Nr, 2 Token, 6..6 steps

run jobFailsAfterARetry {
  begins and some j: Job | eventually (j.status = Failed and some disj m, n: Nr | m + n in j.history.Failure)
} for 2 but 2 Nr, 2 Token, 9..9 steps

run leaseExpiresAndTheTaskIsGivenAgain {
  begins and some j: Job, disj v, w: Worker | eventually (some j.history.Crash and some w.knows[j] and some v.(j.lease))
} for 2 but 2 Nr, 2 Token, 9..9 steps

run lateReportComesAfterTheNextLease {
  begins and some j: Job, t: Token | eventually (j in leased and t in Worker.knows[j] and lt[t, leaseToken[j]]
    and once t in leaseToken[j] and eventually j.status = Succeeded)
} for 2 but 2 Nr, 2 Token, 9..9 steps

run workerNeverHearsOfItsLease {
  begins and some j: Job | eventually (j in leased and no Worker.knows[j] and eventually j in Overdue)
} for 2 but 2 Nr, 2 Token, 7..7 steps

run heartbeatSavesTheLease {
  begins and some j: Job | eventually (j in Overdue and after (j in leased and j not in Overdue and j not in Unclaimed)
    and eventually (reopen and j in leased and eventually (j in leased - Unclaimed)))
} for 2 but 2 Nr, 2 Token, 9..9 steps

run returnedTaskIsLeasedAgain {
  begins and some j: Job | eventually (j in Ready and some j.token and eventually (j in leased and no j.history))
} for 2 but 2 Nr, 2 Token, 8..8 steps

run unclaimedLeaseIsReturned {
  begins and some j: Job | eventually (returnUnclaimed[j] and j not in Flagged)
} for 2 but 2 Nr, 2 Token, 8..8 steps

run olderWriterIsFencedOff {
  begins and some j: Job, t: Token | eventually (t in Worker.knows[j] and lt[t, j.fence] and j in leased)
} for 2 but 2 Nr, 2 Token, 10..10 steps

run waitingJobIsCancelled {
  begins and some j: Job | eventually (j in Ready and some j.limits and after j.status = Cancelled)
} for 2 but 2 Nr, 2 Token, 6..6 steps

run runningJobIsCancelledAndFails {
  begins and some j: Job | eventually (j in Flagged & leased and not isLast[j] and after
    (j.status = Cancelled and some j.history.Failure))
} for 2 but 2 Nr, 2 Token, 7..7 steps

run uniqueKeyIsTakenAgain {
  begins and some disj j, k: Keyed | eventually (some j.status and j.status = Failed and k.status = Scheduled)
} for 2 but 2 Nr, 2 Token, 7..7 steps

run crashLoopEndsTheJob {
  begins and some j: Job | eventually (expire[j] and not isLast[j] and after j.status = Failed)
} for 2 but 2 Nr, 2 Token, 7..7 steps

run cancelledLeaseExpires {
  begins and some j: Job | eventually (j in Flagged and expire[j])
} for 2 but 2 Nr, 2 Token, 7..7 steps

run runningJobIsCancelledAndSucceeds {
  begins and some j: Job | eventually (j in Flagged and after j.status = Succeeded)
} for 2 but 2 Nr, 2 Token, 7..7 steps

run cancelledJobIsRestartedAndWaits {
  begins and some disj j, k: Job | eventually (j.status = Cancelled and some j.history and after
    (j in Ready and some j.limits & k.slots and not mayBeLeased[j] and eventually (k not in leased and j in leased)))
} for 2 but 2 Nr, 3 Token, 11..11 steps

run failedJobIsRestarted {
  begins and some j: Job | eventually (j.status = Failed and after (j.status = Scheduled and j.attempt != j.relative))
} for 2 but 2 Nr, 2 Token, 7..7 steps

run futureJobIsExpedited {
  begins and some j: Job | eventually (expedite[j] and j.place' != j.place and eventually j in leased)
} for 2 but 2 Nr, 2 Token, 6..6 steps

run jobWaitsForItsSlots {
  begins and some disj j, k: Job | eventually (j in Ready and k in leased and some j.limits & k.slots
    and eventually (some j.slots and no k.slots))
} for 2 but 2 Nr, 2 Token, 9..9 steps

run jobTakesTwoSlotsAtOnce {
  begins and some j: Job | eventually (#j.limits = 2 and j in Ready and no j.slots and after #j.slots = 2)
} for 2 but 2 Nr, 2 Token, 4..4 steps

run twoJobsHoldAWideLimit {
  begins and some disj j, k: Job, l: Limit | eventually j + k in holders[l]
} for 2 but 2 Nr, 2 Token, 7..7 steps

run laterWaiterStaysBehind {
  begins and some disj j, k: Job | eventually (j + k in Ready - Paused and no Reserved and isBehind[j]
    and (all l: j.limits | hasRoom[j, l]) and eventually (some k.slots and j in Ready and eventually some j.slots))
} for 2 but 2 Nr, 2 Token, 8..8 steps

run blockedJobKeepsNobodyBack {
  begins and some disj i, j, k: Job | eventually (i in leased and j + k in Ready and some j.limits & k.limits
    and lt[k.place, j.place] and some i.slots & k.limits and after (some j.slots and eventually some k.slots))
} for 3 but 2 Worker, 2 Limit, 2 Nr, 3 Token, 10..10 steps

run reservationKeepsASlot {
  begins and some disj i, j, k: Job | eventually (i in leased and j + k in Ready - Paused and k in Reserved
    and lt[j.place, k.place] and some i.slots & k.limits and (all l: j.limits | hasRoom[j, l])
    and not mayBeLeased[j] and after (k in Reserved and after after #k.slots = 2))
} for 3 but 2 Worker, 2 Limit, 2 Nr, 3 Token, 10..10 steps

run jobIsLeasedByItsIdPastItsLimits {
  begins and some disj j, k: Job | eventually (j + k in leased and some j.limits & k.slots - j.slots)
} for 2 but 2 Nr, 2 Token, 6..6 steps

run returnedTaskWaitsForRoom {
  begins and some disj j, k: Job | eventually (some j.slots and after (j in Ready and after
    (j in Ready and some k.slots & j.limits and not mayBeLeased[j] and eventually some j.slots)))
} for 2 but 2 Nr, 3 Token, 9..9 steps

run finishedJobIsImported {
  begins and some disj i, j, k: Job | eventually (i.status = Succeeded and j.status = Failed and k.status = Cancelled)
  and always no leased
} for 3 but 2 Worker, 2 Limit, 2 Nr, 2 Token, 5..5 steps

run importedJobGoesOn {
  begins and some j: Job | eventually (import[j] and j.status' = Scheduled and some j.history' and eventually j in leased)
} for 2 but 3 Nr, 2 Token, 6..6 steps

run cancelledJobIsImportedAgain {
  begins and some j: Job | eventually (reimport[j] and j.status = Cancelled and some j.history
    and eventually j in leased)
} for 2 but 3 Nr, 2 Token, 9..9 steps

run waitingJobIsImportedAgain {
  begins and some j: Job | eventually (reimport[j] and j in Ready and j in Ready' and j.place' != j.place)
} for 2 but 3 Nr, 2 Token, 6..6 steps

run deletedJobIsMadeAgain {
  begins and some j: Job | eventually (some j.status and after (no j.status and eventually some j.status))
} for 2 but 2 Nr, 2 Token, 6..6 steps

run lastWaiterIsServed {
  begins and some disj i, j: Job | eventually (i + j in Ready and some i.limits & j.limits
    and eventually (some i.slots and j in Ready and eventually i + j in status.Succeeded))
} for 2 but 2 Nr, 2 Token, 9..9 steps

run pausedTaskIsLeasedOnceItIsResumed {
  begins and some j: Job | eventually (j in Paused & Ready and eventually (j in Ready - Paused and eventually j in leased))
} for 2 but 2 Nr, 2 Token, 7..7 steps

run pausedJobRunsOn {
  begins and some j: Job | eventually (j in leased - Paused and after (j in leased & Paused and eventually j.status = Succeeded))
} for 2 but 2 Nr, 2 Token, 7..7 steps

/*
 * What operators and time make of limits in one shard: rate buckets, maxima that are set for keys, slots that are dropped, and caps
 * on the running jobs of tenants. The order among those who wait is in job_shard; here anybody goes who may.
 *
 * A step is one event, applied at once. An opening of the shard is none: all of this is in the log or follows from it. A maximum or cap
 * of two stands for larger ones.
 *
 * Checks are by induction, as in job_shard; the runs start in the first state.
 */
module limits

/** As many as this. */
enum Max { Zero, One, Two }

/** A concurrency limit. */
sig Limit {
  var most: lone Max           -- set by an operator, in place of each job's own; none: each job's own
}

/** One start's worth of a bucket. */
sig Hit {}

/** The bucket of a rate limit, of equal terms for all jobs that name it. */
sig Bucket {
  hits: set Hit,               -- in it when it is full
  var spent: set Hit           -- gone from it by now
}

sig Group {
  var ring: set Tenant         -- tenants that take turns in this task group: volatile
}

sig Tenant {
  var cap: lone Max            -- running jobs that it may have in each task group; none: any number
}

sig Job {
  tenant: Tenant,
  group: Group,
  limits: set Limit,
  wide: set Limit,             -- of these it allows two holders by itself, of the others one
  buckets: set Bucket,
  var slots: set Limit         -- what its lease holds
}

var sig Ready in Job {}        -- due, and waits
var sig Leased in Job {}
var sig Ended in Job {}
var sig Known in Bucket {}     -- has a row; one that has none is full

fun holders[l: Limit]: set Job { slots.l }
fun running[t: Tenant, g: Group]: set Job { Leased & tenant.t & group.g }

pred init {
  no most and no spent and no ring and no cap and no slots
  no Ready + Leased + Ended and no Known
}

// ---- who may start

/** By what is set for the key, else by the job's own maximum. */
pred allowsTwo[j: Job, l: Limit] { l.most = Two or no l.most and l in j.wide }

pred hasRoom[j: Job, l: Limit] {
  l.most != Zero                                                               // [SILO-MAX-1]
  allowsTwo[j, l] implies lone holders[l] else no holders[l]                  // [SILO-MAX-2]
}

pred hasHits[j: Job] { all b: j.buckets | some b.hits - b.spent }

pred isBelowCap[t: Tenant, g: Group] {
  t.cap = One implies no running[t, g]
  t.cap = Two implies lone running[t, g]
}

pred mayStart[j: Job] {
  j in Ready and all l: j.limits | hasRoom[j, l]
  hasHits[j]                                                                  // [SILO-RATE-1]
  j.tenant in j.group.ring                                                    // [SILO-CAP-1]
}

/** A tenant takes turns in a group while it has a task there that waits, and fewer that run than its cap. */
pred ringFollows {
  all g: Group, t: Tenant |
    t in g.ring' iff some Ready' & tenant.t & group.g and (after isBelowCap[t, g])
}

pred ringsAreRight {
  all g: Group, t: Tenant | t in g.ring iff some Ready & tenant.t & group.g and isBelowCap[t, g]
}

// ---- steps

pred keepJobs { Ready' = Ready and Leased' = Leased and Ended' = Ended }
pred keepBuckets { spent' = spent and Known' = Known }
pred keepSettings { most' = most and cap' = cap }
pred onlySlotsOf[j: Job] { all k: Job - j | k.slots' = k.slots }

pred enqueue[j: Job] {
  j not in Ready + Leased + Ended
  Ready' = Ready + j and Leased' = Leased and Ended' = Ended
  slots' = slots and keepBuckets and keepSettings
}

/** What a start takes from a bucket; from an empty one what it does not have. */
fun next[b: Bucket]: set Hit { some b.hits - b.spent implies b.hits - b.spent else Hit - b.spent }

/** All slots and a hit of every bucket in one step: who waits for the one spends nothing of the other. */
pred start[j: Job] {
  mayStart[j]
  j.slots' = j.limits and onlySlotsOf[j]
  all b: j.buckets | some h: next[b] | b.spent' = b.spent + h                 // [SILO-RATE-2]
  all b: Bucket - j.buckets | b.spent' = b.spent
  Known' = Known + j.buckets
  Ready' = Ready - j and Leased' = Leased + j and Ended' = Ended and keepSettings
}

/** By its id, for an operator: past limits and caps, and without hits. It is one of those that run. */
pred startById[j: Job] {
  j in Ready
  no j.slots' and onlySlotsOf[j]
  Ready' = Ready - j and Leased' = Leased + j and Ended' = Ended
  keepBuckets and keepSettings
}

/** Whatever ends the lease: it gives its slots back and no hit. The task ends or waits again. */
pred end[j: Job] {
  j in Leased                                                                 // whether or not its slots were dropped
  no j.slots' and onlySlotsOf[j]
  keepBuckets                                                                 // [SILO-RATE-3]
  Leased' = Leased - j and keepSettings
  Ready' = Ready + j and Ended' = Ended or Ended' = Ended + j and Ready' = Ready
}

/** Time gives hits back: some, or at the end of a window all. */
pred fill[b: Bucket] {
  b.spent' in b.spent and b.spent' != b.spent
  all c: Bucket - b | c.spent' = c.spent
  Known' = Known and keepJobs and slots' = slots and keepSettings
}

/** A bucket that is full is as good as none. */
pred forget[b: Bucket] {
  b in Known
  no b.spent                                                                  // [SILO-RATE-4]
  Known' = Known - b and spent' = spent
  keepJobs and slots' = slots and keepSettings
}

pred setMax[l: Limit] {
  all k: Limit - l | k.most' = k.most
  keepJobs and slots' = slots                                                 // [SILO-MAX-3]
  keepBuckets and cap' = cap
}

pred setCap[t: Tenant] {
  t.cap' != Zero
  all u: Tenant - t | u.cap' = u.cap
  keepJobs and slots' = slots                                                 // [SILO-CAP-3]
  keepBuckets and most' = most
}

/** The slots of one limit are taken from those that hold them. They run on. */
pred dropHolders[l: Limit] {
  all j: Job | j.slots' = j.slots - l                                         // [SILO-DROP-1]
  keepJobs                                                                    // [SILO-DROP-2]
  keepBuckets and keepSettings
}

pred idle { keepJobs and slots' = slots and keepBuckets and keepSettings }

pred step {
  ringFollows                                                                 // [SILO-CAP-2]
  idle
  or (some j: Job | enqueue[j] or start[j] or startById[j] or end[j])
  or (some b: Bucket | fill[b] or forget[b])
  or (some l: Limit | setMax[l] or dropHolders[l])
  or (some t: Tenant | setCap[t])
}
pred begins { init and always step }

// ---- what holds in every state

pred rowsAreWhole {
  no Ready & Leased and no Ready & Ended and no Leased & Ended
  Zero not in Tenant.cap
  all j: Job | j.slots in j.limits and (some j.slots implies j in Leased)
}

pred bucketsAreNeverOverdrawn { all b: Bucket | b.spent in b.hits }

pred forgottenMeansFull { no (Bucket - Known).spent }

pred invariant { rowsAreWhole and bucketsAreNeverOverdrawn and forgottenMeansFull and ringsAreRight }

check rowsAreWhole { (init implies rowsAreWhole) and (invariant and step implies after rowsAreWhole) }
  for 4 but 2..2 steps, 2 Limit, 2 Bucket

check bucketsAreNeverOverdrawn {
  (init implies bucketsAreNeverOverdrawn) and (invariant and step implies after bucketsAreNeverOverdrawn)
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check forgottenMeansFull { (init implies forgottenMeansFull) and (invariant and step implies after forgottenMeansFull) }
  for 4 but 2..2 steps, 2 Limit, 2 Bucket

check ringsAreRight { (init implies ringsAreRight) and (invariant and step implies after ringsAreRight) }
  for 4 but 2..2 steps, 2 Limit, 2 Bucket

// ---- what a step may do

check hitsGoWithTheStart {
  invariant and step implies {
    all b: Bucket | some b.spent' - b.spent implies one b.spent' - b.spent and some j: Leased' - Leased {
      b in j.buckets and j.slots' = j.limits
      all c: j.buckets | one c.spent' - c.spent
    }
    all j: Leased' - Leased | some j.slots' implies all b: j.buckets | one b.spent' - b.spent
  }
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check onlyTimeGivesHitsBack {
  invariant and step implies all b: Bucket | some b.spent - b.spent' implies keepJobs and slots' = slots and keepSettings
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check setMaximumStandsForAll {
  invariant and step implies all j: Leased' - Leased, l: j.slots' {
    l.most != Zero
    l.most = One implies no holders[l]
    l.most = Two implies lone holders[l]
    no l.most and l not in j.wide implies no holders[l]
  }
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check settingsTakeNothing {
  invariant and step and not keepSettings implies keepJobs and slots' = slots and spent' = spent
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check droppedHoldersRunOn {
  invariant and step implies all j: Leased | j in Leased' and j.slots' != j.slots implies {
    keepJobs and spent' = spent
    some l: Limit | all k: Job | k.slots' = k.slots - l
  }
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check capIsKept {
  invariant and step implies all j: Job | start[j] implies {
    j.tenant.cap = One implies no running[j.tenant, j.group]
    j.tenant.cap = Two implies lone running[j.tenant, j.group]
  }
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

check nobodyWaitsForNothing {
  invariant implies all j: Ready |
    (all l: j.limits | hasRoom[j, l]) and hasHits[j] and isBelowCap[j.tenant, j.group] implies mayStart[j]
} for 4 but 2..2 steps, 2 Limit, 2 Bucket

// ---- runs

run bucketRunsDryAndFills {
  begins and some disj j, k: Job, b: j.buckets & k.buckets | eventually (j in Leased and k in Ready and b.hits = b.spent
    and no k.limits and eventually (no b.spent and eventually k in Leased))
} for 2 but 6..6 steps

run fullBucketIsForgotten {
  begins and some j: Job, b: j.buckets | eventually (b in Known and j in Ended and eventually b not in Known)
} for 2 but 6..6 steps

run startWaitsForSlotAndHit {
  begins and some disj i, j, k: Job, b: j.buckets & k.buckets | eventually (i + k in Leased and j in Ready
    and some i.slots & j.limits and b.hits = b.spent and eventually (hasHits[j] and not mayStart[j] and after
    (hasHits[j] and eventually (j in Leased and b in Known))))
} for 3 but 10..10 steps, 1 Bucket, 1 Limit, 1 Group, 1 Tenant

run closedLimitIsOpenedAgain {
  begins and some j: Job, l: j.limits & j.wide | eventually (l.most = Zero and j in Ready and eventually (no l.most and eventually j in Leased))
} for 2 but 6..6 steps

run maximumStandsForJobsOwn {
  begins and some disj i, j: Job, l: i.limits & j.limits | eventually (l.most = Two and i + j in holders[l] and no (i + j).wide)
} for 2 but 6..6 steps

run maximumIsLoweredBelowItsHolders {
  begins and some disj i, j: Job, l: Limit | eventually (i + j in holders[l] and l.most = Zero and eventually i + j in Ended)
} for 2 but 9..9 steps

run droppedHolderEnds {
  begins and some disj i, j: Job, l: Limit | eventually (i in holders[l] and l not in i.wide + j.wide and no l.most and after
    (i in Leased and no i.slots and eventually (i in Leased and j in holders[l] and eventually i in Ended)))
} for 2 but 8..8 steps

run cappedTenantLeavesTheRing {
  begins and some disj i, j: Job, t: Tenant | eventually (t.cap = One and i in Leased and j in Ready and i.tenant = t and j.tenant = t
    and i.group = j.group and t not in j.group.ring and eventually (t in j.group.ring and eventually j in Leased))
} for 2 but 8..8 steps

run loweredCapEvictsNobody {
  begins and some disj i, j: Job, t: Tenant | eventually (i + j in running[t, i.group] and no t.cap
    and after (t.cap = One and i + j in Leased and eventually i + j in Ended))
} for 2 but 8..8 steps

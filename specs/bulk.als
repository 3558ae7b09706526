/*
 * One bulk change in one shard: which jobs it changes, and what its totals say, whatever else happens to the jobs and however often
 * the shard is opened anew.
 *
 * A step is one record, applied at once, as in job_shard. Between two slices of the scan anything may happen. What a job is to the
 * filter and the verb is one bit: whether the bulk change would change it as it is now.
 *
 * Checks are by induction, as in job_shard; the runs start in the first state.
 */
module bulk

open util/ordering[Time] as clock

/** A millisecond of the shard's clock. Several records may have the same. */
sig Time {}

/** A job key: none is given twice. */
sig Job {
  var changedAt: set Time      -- when its status last changed; none: there is no such job, or no more
}

var sig Made in Job {}         -- keys that were given
var sig Fitting in Job {}      -- it matches, and the verb does not refuse it
var sig Now in Time {}
var sig AsOf in Time {}        -- when the bulk change began; none: it has not
var sig Before in Job {}       -- jobs whose keys were given before that of the bulk change
var sig Seen in Job {}         -- the scan looked at them since the shard was opened
var sig Counted in Job {}      -- the total, as the log has it
one sig Bulk {}
var sig Over in Bulk {}

var sig Hit in Job {}          -- to tell: changed by the last step, which was a slice
var sig ByBulk in Job {}       -- to tell: changed by any slice
var sig Later in Job {}        -- to tell: made or changed by others in a later ms than that in which the bulk change began

fun there: set Job { changedAt.Time }
fun inScope: set Job { { j: Before & there | lte[j.changedAt, AsOf] } }

pred init {
  no changedAt and no Made + Fitting + Before + Seen + Counted + Hit + ByBulk + Later and no AsOf and no Over
  one Now
}

// ---- what a step leaves alone

pred keepJobs { changedAt' = changedAt and Made' = Made and Fitting' = Fitting and Later' = Later }
pred keepOthers[s: set Job] {
  all o: Job - s | o.changedAt' = o.changedAt and (o in Fitting' iff o in Fitting)
}
pred keepBulk { AsOf' = AsOf and Before' = Before and Over' = Over }
pred keepTotals { Counted' = Counted and ByBulk' = ByBulk and no Hit' }

// ---- what happens to jobs

pred isLater[j: Job] { Later' = (some AsOf and gt[Now, AsOf] implies Later + j else Later) }

pred make[j: Job] {
  j not in Made
  Made' = Made + j and j.changedAt' = Now
  keepOthers[j] and isLater[j]
  keepBulk and keepTotals and Seen' = Seen and Now' = Now
}

/** By anybody else: a new status, its deletion, or something that only stands in the way of the verb. */
pred change[j: Job] {
  j in there
  j.changedAt' = Now or no j.changedAt' or j.changedAt' = j.changedAt and j not in Fitting'
  no j.changedAt' implies j not in Fitting'
  Made' = Made
  keepOthers[j]
  j.changedAt' = Now and j.changedAt != Now implies isLater[j] else Later' = Later
  keepBulk and keepTotals and Seen' = Seen and Now' = Now
}

pred timePasses {
  Now' = Now.next and one Now'
  keepJobs and keepBulk and keepTotals and Seen' = Seen
}

// ---- the bulk change

pred begin {
  no AsOf
  AsOf' = Now                                                                 // [SILO-BULK-1]
  Before' = Made                                                              // [SILO-BULK-1]
  one AsOf' and no Seen' and no Over'
  keepJobs and keepTotals and Now' = Now
}

/** Looks at some jobs that it has not seen, and changes those of them that it is about. The total goes up in the same record. */
pred slice {
  some AsOf and no Over
  Seen in Seen'
  let hit = (Seen' - Seen) & inScope & Fitting {
    Hit' = hit and ByBulk' = ByBulk + hit
    Counted' = Counted + hit                                                  // [SILO-BULK-2]
    all j: hit | j not in Fitting' and (j.changedAt' = Now or no j.changedAt' or j.changedAt' = j.changedAt)
    keepOthers[hit]
  }
  Made' = Made and Later' = Later and keepBulk and Now' = Now
}

pred finish {
  some AsOf and no Over
  there & Before in Seen                                                      // [SILO-BULK-3]
  Over' = Bulk
  keepJobs and keepTotals and Seen' = Seen and AsOf' = AsOf and Before' = Before and Now' = Now
}

/** Nobody logs how far a scan is: it begins anew. */
pred reopen {
  no Seen'
  keepJobs and keepBulk and keepTotals and Now' = Now
}

pred idle { keepJobs and keepBulk and keepTotals and Seen' = Seen and Now' = Now }

pred step {
  idle or timePasses or begin or slice or finish or reopen
  or (some j: Job | make[j] or change[j])
}
pred begins { init and always step }

// ---- what holds in every state

pred stateIsWhole {
  one Now and lone AsOf and (all j: Job | lone j.changedAt and lte[j.changedAt, Now])
  there in Made and Fitting in there
  no AsOf implies no Before + Seen + Counted + ByBulk + Hit + Later and no Over
}

/** It looks back: to jobs that were there, and to a time that was. */
pred scopeIsOfThePast { Before in Made and lte[AsOf, Now] }

pred totalIsWhatWasDone { Counted = ByBulk }

/** What was seen and is still to be changed came to it in the very ms in which the bulk change began. */
pred seenIsDone { all j: Seen & inScope & Fitting | j.changedAt = AsOf }

pred doneIsDone { all j: ByBulk & inScope & Fitting | j.changedAt = AsOf }

pred laterIsOutOfScope { no Later & inScope }

pred invariant {
  stateIsWhole and scopeIsOfThePast and totalIsWhatWasDone and seenIsDone and doneIsDone and laterIsOutOfScope
}

check stateIsWhole { (init implies stateIsWhole) and (invariant and step implies after stateIsWhole) }
  for 4 but 2..2 steps

check scopeIsOfThePast { (init implies scopeIsOfThePast) and (invariant and step implies after scopeIsOfThePast) }
  for 4 but 2..2 steps

check totalIsWhatWasDone { (init implies totalIsWhatWasDone) and (invariant and step implies after totalIsWhatWasDone) }
  for 4 but 2..2 steps

check seenIsDone { (init implies seenIsDone) and (invariant and step implies after seenIsDone) }
  for 4 but 2..2 steps

check doneIsDone { (init implies doneIsDone) and (invariant and step implies after doneIsDone) }
  for 4 but 2..2 steps

check laterIsOutOfScope { (init implies laterIsOutOfScope) and (invariant and step implies after laterIsOutOfScope) }
  for 4 but 2..2 steps

// ---- what a step may change

check laterJobsAreNotTouched {
  invariant and step implies no Hit' & Later
} for 4 but 2..2 steps

check onlyTheFirstMsIsTouchedTwice {
  invariant and step implies all j: Hit' & ByBulk | j.changedAt = AsOf
} for 4 but 2..2 steps

check nothingIsLeftOut {
  invariant and step implies (some Over' - Over implies all j: inScope & Fitting | j.changedAt = AsOf)
} for 4 but 2..2 steps

check totalNeverFalls {
  invariant and step implies Counted in Counted'
} for 4 but 2..2 steps

// ---- runs: what can happen, from the first state on

run bulkChangeEnds { begins and eventually (some Over and #Counted = 2) } for 3 but 6..6 steps

run scanBeginsAnew {
  begins and eventually (reopen and some Counted and eventually (no Seen & Counted and some Seen and #Counted = 2
    and eventually some Over))
} for 3 but 9..9 steps

run jobChangesInBetween {
  begins and eventually (some Later & Before & Fitting and some Over and some Before - Later & Counted)
} for 3 but 8..8 steps

run jobIsTouchedTwiceInOneMs { begins and eventually some Hit' & ByBulk } for 2 but 8..8 steps

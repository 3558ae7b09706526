/*
 * The log of one shard: append, sync, acknowledge, roll, crash, recovery, carry forward and trim.
 *
 * A record is one place in the file of a cycle and what was written there once. Its fields do not change; what changes is where it
 * can be read: in the page cache, or on the disk too. `previous` is the checksum chain: the record before it, which its own checksum covers.
 *
 * A power failure leaves any part of what was not synced, since the kernel writes back what it likes whenever it likes. A killed
 * process leaves the page cache as it was. Damage is a step of its own, taken only where a check says so.
 *
 * Checks are by induction, as in job_shard.als. [SILO-...] names lines of Java: see README.md.
 */
module log

open util/ordering[Cycle] as cycles
open util/ordering[Epoch] as epochs

sig Cycle {}

sig Epoch {}

/** A job, or whatever has an image. */
sig Entity {}

/** Start is the document that begins a cycle; it states the end of the one before. */
enum Kind { Start, Make, Change, Remove, Image, Carried }

enum Phase { Down, Opening, Serving }

sig Record {
  previous: lone Record,
  cycle: one Cycle,
  epoch: one Epoch,
  kind: one Kind,
  claim: lone Record,          -- durable to here, as far as its writer knew
  about: lone Entity,
  copies: lone Record,         -- Image: the event whose values it repeats
  through: lone Cycle          -- Carried: the cycle that may become the first
}

one sig Log {
  var phase: set Phase,
  var tail: set Record,        -- the last record, in the memory of the process
  var synced: set Record,      -- the last one of which it knows that it is durable
  var markRecord: set Record,  -- the durable mark: a record,
  var markEpoch: set Epoch,    -- the highest epoch that served,
  var firstKept: set Cycle         -- and the first cycle that is kept
}

var sig Readable in Record {}  -- in the page cache, or on the disk
var sig OnDisk in Record {}    -- survives a power failure
var sig Written in Record {}   -- ever; for a place is written once
var sig Durable in Record {}   -- acknowledged as durable
var sig Appended in Record {}  -- acknowledged as appended; no promise is left after a power failure
var sig Served in Record {}    -- starts of openings that served

// ---- what recovery makes of the records it can read

fun newest[a: set Record]: set Record { { s: a & kind.Start | no t: a & kind.Start | gt[t.cycle, s.cycle] } }

/** The records of the newest cycle whose chain is whole. */
fun whole[a: set Record]: set Record {
  { r: a & cycle.(newest[a].cycle) | newest[a] in r.*previous and r.*previous & cycle.(r.cycle) in a }  // [SILO-LOG-REC-1]
}

fun end[a: set Record]: set Record { { r: whole[a] | whole[a] in r.*previous } }

fun kept: set Record { { r: Record | gte[r.cycle, Log.firstKept] } }

/** Something that was claimed durable is not there: the shard is quarantined, nothing is cut off. */
pred corrupt[a: set Record] {
  Log.markRecord not in end[a].*previous                                          // [SILO-LOG-REC-2]
  or (end[a].*previous & kept) not in a                                           // [SILO-LOG-REC-3]
  or (a & cycle.(newest[a].cycle)).claim not in end[a].*previous                  // [SILO-LOG-REC-4]
}

/** What the log is: by memory while the process lives, by recovery while it does not. */
fun chain: set Record { Log.phase = Down implies end[Readable].*previous else Log.tail.*previous }

pred isKnown[e: Entity, at: set Record] {
  some r: at.*previous & about.e | r.kind != Remove and no s: at.*previous & about.e | r in s.^previous
}

fun value[e: Entity, at: set Record]: set Record {
  let r = { r: at.*previous & about.e | no s: at.*previous & about.e | r in s.^previous } | r.kind = Image implies r.copies else r - kind.Remove
}

/** Replay of what is kept: only a creating event or an image makes an entity known. */
pred isReplayed[e: Entity, at: set Record] {
  some r: at.*previous & kept & about.e | r.kind in Make + Image                  // [SILO-REPLAY-1]
    and no s: at.*previous & about.e | s.kind = Remove and r in s.^previous
}

/** The CarriedThrough by which the log was trimmed. */
fun governing: set Record { { c: chain & kept & kind.Carried | c.through = Log.firstKept } }

// ---- the first state: a mark that names no cycle is written before the first is made

pred init {
  Log.phase = Down and Log.firstKept = cycles/first
  no tail and no synced and no markRecord and no markEpoch
  no Readable + OnDisk + Written + Durable + Appended + Served
}

// ---- steps

pred keepMark { markRecord' = markRecord and markEpoch' = markEpoch and firstKept' = firstKept }
pred keepMemory { phase' = phase and tail' = tail and synced' = synced }
pred keepFiles { Readable' = Readable and OnDisk' = OnDisk and Written' = Written }
pred keepPromises { Durable' = Durable and Appended' = Appended and Served' = Served }

/** Each place is written once. */
pred write[r: Record] { r not in Written and Written' = Written + r and Readable' = Readable + r and OnDisk' = OnDisk }

/** A new cycle behind what recovery found, under a higher epoch. Not durable yet, and nothing is served yet. */
pred begin[r: Record] {
  Log.phase = Down and not corrupt[Readable]                                  // [SILO-LOG-OPEN-1]
  end[Readable].*previous & kept & cycle.(end[Readable].cycle) in OnDisk          // [SILO-LOG-OPEN-2]
  write[r] and r.kind = Start
  r.previous = end[Readable]                                                      // [SILO-LOG-OPEN-3]
  all s: Readable + Log.markRecord | gt[r.cycle, s.cycle]
  gte[r.cycle, Log.firstKept]
  all e: (Readable & kind.Start).epoch + Log.markEpoch | gt[r.epoch, e]       // [SILO-LOG-EPOCH-1]
  no r.claim + r.copies and no r.about and no r.through
  Log.phase' = Opening and Log.tail' = r and no Log.synced'
  keepMark and keepPromises
}

/** The start is durable and so is the epoch: from here on commands are decided. */
pred serve {
  Log.phase = Opening
  Log.synced = Log.tail                                                       // [SILO-LOG-EPOCH-2]
  Log.phase' = Serving and tail' = tail and synced' = synced
  Log.markRecord' = Log.synced and Log.markEpoch' = Log.tail.epoch and firstKept' = firstKept   // [SILO-LOG-EPOCH-3]
  Served' = Served + Log.tail and Durable' = Durable and Appended' = Appended
  keepFiles
}

pred append[r: Record] {
  Log.phase = Serving
  write[r] and r.kind != Start
  r.previous = Log.tail                                                           // [SILO-LOG-APPEND-1]
  r.cycle = Log.tail.cycle and r.epoch = Log.tail.epoch                       // [SILO-LOG-APPEND-2]
  r.claim = Log.synced                                                        // [SILO-LOG-APPEND-3]
  r.kind in Make + Change + Remove + Image implies one r.about else no r.about
  r.kind = Make implies not isKnown[r.about, Log.tail]
  r.kind in Change + Remove + Image implies isKnown[r.about, Log.tail]
  r.kind = Image implies r.copies = value[r.about, Log.tail] else no r.copies // [SILO-CARRY-1]
  r.kind = Carried implies one r.through and isCarried[r.through] else no r.through
  Log.tail' = r and phase' = phase and synced' = synced
  keepMark and keepPromises
}

/** Every entity that lives at r has a creating event or an image in f or a later cycle. */
pred isCarriedAt[f: Cycle, r: Record] {
  all e: Entity | isKnown[e, r] implies
    some i: r.*previous & about.e | i.kind in Make + Image and gte[i.cycle, f]
      and no s: r.*previous & about.e | s.kind = Remove and i in s.^previous
}

/** The cycle may become the first one. */
pred isCarried[f: Cycle] {
  gt[f, Log.firstKept] and lte[f, Log.tail.cycle]
  isCarriedAt[f, Log.tail]                                                    // [SILO-CARRY-2]
}

/** Reaches the file of the active cycle, and no other. */
pred sync {
  Log.phase != Down
  OnDisk' = OnDisk + (Readable & cycle.(Log.tail.cycle)) and Readable' = Readable and Written' = Written
  Log.synced' = Log.tail and tail' = tail and phase' = phase                  // [SILO-LOG-SYNC-1]
  keepMark and keepPromises
}

/** The kernel writes back what it likes. */
pred writeBack {
  OnDisk in OnDisk' and OnDisk' in Readable and Readable' = Readable and Written' = Written
  keepMemory and keepMark and keepPromises
}

pred roll[r: Record] {
  Log.phase = Serving
  Log.synced = Log.tail                                                       // [SILO-LOG-ROLL-1]
  write[r] and r.kind = Start and r.previous = Log.tail and r.epoch = Log.tail.epoch
  all s: Readable + Log.markRecord | gt[r.cycle, s.cycle]
  no r.claim + r.copies and no r.about and no r.through
  Log.tail' = r and phase' = phase and synced' = synced
  keepMark and keepPromises
}

pred mark {
  Log.phase = Serving
  Log.markRecord' = Log.synced                                                // [SILO-LOG-MARK-1]
  markEpoch' = markEpoch and firstKept' = firstKept
  keepMemory and keepFiles and keepPromises
}

pred acknowledgeDurable[r: Record] {
  Log.phase = Serving and r in Log.tail.*previous and r.epoch = Log.tail.epoch and r.kind != Start
  r in Log.synced.*previous                                                       // [SILO-LOG-ACK-1]
  Log.markRecord.cycle = Log.synced.cycle                                     // [SILO-LOG-ACK-2]
  Durable' = Durable + r and Appended' = Appended and Served' = Served
  keepMemory and keepFiles and keepMark
}

pred acknowledgeAppended[r: Record] {
  Log.phase = Serving and r.epoch = Log.tail.epoch and r.kind != Start
  r in Log.tail.*previous                                                         // [SILO-LOG-ACK-3]
  Appended' = Appended + r and Durable' = Durable and Served' = Served
  keepMemory and keepFiles and keepMark
}

/** The mark names the first kept cycle before a file goes. */
pred trim[c: Record] {
  Log.phase = Serving and c.kind = Carried
  c in Log.synced.*previous                                                       // [SILO-TRIM-1]
  c in kept and gt[c.through, Log.firstKept]
  Log.firstKept' = c.through and Log.markRecord' = Log.synced and markEpoch' = markEpoch    // [SILO-TRIM-2]
  keepMemory and keepFiles and keepPromises
}

pred deleteTrimmed {
  Readable' = Readable & kept and OnDisk' = OnDisk & kept                     // [SILO-TRIM-3]
  Written' = Written
  keepMemory and keepMark and keepPromises
}

pred kill {
  Log.phase' = Down and no tail' and no synced'
  keepFiles and keepMark and keepPromises
}

pred powerFails {
  Log.phase' = Down and no tail' and no synced'
  Readable' = OnDisk and OnDisk' = OnDisk and Written' = Written
  no Appended' and Durable' = Durable and Served' = Served
  keepMark
}

/** Not a step: what the disk had confirmed is gone. */
pred damage {
  Log.phase = Down
  Readable' in Readable and OnDisk' = OnDisk & Readable' and Written' = Written
  keepMemory and keepMark and keepPromises
}

pred step {
  serve or sync or writeBack or mark or deleteTrimmed or kill or powerFails
  or some r: Record | begin[r] or append[r] or roll[r] or acknowledgeDurable[r] or acknowledgeAppended[r] or trim[r]
}

pred begins { init and always step }

// ---- what holds in every state

/** The chain goes down through whole cycles, each with one start. */
pred chainIsSound {
  lone Log.tail and lone Log.synced and lone Log.markRecord and lone Log.markEpoch and one Log.firstKept and one Log.phase
  Log.phase = Down implies no Log.tail + Log.synced else one Log.tail
  Readable + Log.tail + Log.markRecord + Durable + Appended + Served in Written
  all r: Written {
    r.previous + r.claim + r.copies in Written and r not in r.^previous
    r.kind = Start implies no r.claim and all p: r.previous | lt[p.cycle, r.cycle] and lte[p.epoch, r.epoch]
    r.kind != Start implies one r.previous and r.cycle = r.previous.cycle and r.epoch = r.previous.epoch
    r.claim in r.^previous
    r.kind = Carried implies one r.through and lte[r.through, r.cycle] else no r.through
    r.kind in Make + Change + Remove + Image implies one r.about else no r.about
  }
  Log.firstKept != cycles/first implies one Log.markRecord and lte[Log.firstKept, Log.markRecord.cycle]
  Readable & kind.Start in chain
  all disj r, s: Readable & kind.Start | r.cycle != s.cycle
}

/** Nothing that was cut off can be taken for a continuation. */
pred nothingHangsOnTheChain {
  all r: Readable - chain | r.previous not in chain and r.kind != Start
  all disj r, s: Readable | r.cycle = s.cycle implies r.previous != s.previous or r.kind = Start or s.kind = Start
}

pred chainIsReadable {
  chain & kept in Readable and OnDisk in Readable
  Log.phase != Down implies Log.tail in Readable
}

/** What is relied on is on the disk: all cycles but the last, what the process knows to be synced, and what is claimed. */
pred claimsAreDurable {
  Log.synced in Log.tail.*previous
  Log.phase = Serving implies Log.markRecord in Log.synced.*previous and one Log.synced
  let solid = Log.synced + Log.markRecord + Readable.claim | solid in chain and solid.*previous & kept in OnDisk
  (chain & kept) - cycle.(newest[Readable].cycle) in OnDisk
}

pred crashIsNoCorruption { not corrupt[OnDisk] and (Log.phase = Down implies not corrupt[Readable]) }

pred durableIsFound {
  Durable in end[OnDisk].*previous and Durable in chain and Durable & kept in OnDisk
  all r: Durable | some Log.markRecord and lte[r.cycle, Log.markRecord.cycle]
}

pred appendedOutlivesTheProcess { Appended in chain and Appended & kept in Readable }

pred epochsOfServiceRise {
  all s: Served | lte[s.epoch, Log.markEpoch]
  all disj s, t: Served | s.epoch != t.epoch
  Log.phase = Serving implies Log.tail.epoch = Log.markEpoch
  Log.phase = Opening implies (all e: Log.markEpoch | gt[Log.tail.epoch, e])
}

/** Events of an entity come between its making and its removal, and an image repeats the last of them. */
pred eventsAreInOrder {
  all r: Written {
    r.kind = Make implies not isKnown[r.about, r.previous]
    r.kind in Change + Remove + Image implies isKnown[r.about, r.previous]
    r.kind = Image implies r.copies = value[r.about, r.previous]
  }
}

pred carriedIsTrue { all c: Written & kind.Carried, r: Written | c in r.*previous implies isCarriedAt[c.through, r] }

/** A log that was trimmed holds the CarriedThrough that allowed it, durably. */
pred governingIsThere { Log.firstKept != cycles/first implies some governing & OnDisk & end[OnDisk].*previous }

pred invariant {
  chainIsSound and nothingHangsOnTheChain and chainIsReadable and claimsAreDurable and crashIsNoCorruption
  durableIsFound and appendedOutlivesTheProcess and epochsOfServiceRise
  eventsAreInOrder and carriedIsTrue and governingIsThere
}

// ---- checks of the invariant, clause by clause: each holds at first, and a step keeps it

check chainIsSound { (init implies chainIsSound) and (invariant and step implies after chainIsSound) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check nothingHangsOnTheChain { (init implies nothingHangsOnTheChain) and (invariant and step implies after nothingHangsOnTheChain) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check chainIsReadable { (init implies chainIsReadable) and (invariant and step implies after chainIsReadable) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

// slow: tens of seconds
check claimsAreDurable { (init implies claimsAreDurable) and (invariant and step implies after claimsAreDurable) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

// slow: tens of seconds
check crashIsNoCorruption { (init implies crashIsNoCorruption) and (invariant and step implies after crashIsNoCorruption) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

// slow: tens of seconds
check durableIsFound { (init implies durableIsFound) and (invariant and step implies after durableIsFound) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check appendedOutlivesTheProcess {
  (init implies appendedOutlivesTheProcess) and (invariant and step implies after appendedOutlivesTheProcess)
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check epochsOfServiceRise { (init implies epochsOfServiceRise) and (invariant and step implies after epochsOfServiceRise) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check eventsAreInOrder { (init implies eventsAreInOrder) and (invariant and step implies after eventsAreInOrder) }
  for 4 but 3 Cycle, 3 Epoch, 2 Entity, 2..2 steps

check carriedIsTrue { (init implies carriedIsTrue) and (invariant and step implies after carriedIsTrue) }
  for 4 but 3 Cycle, 3 Epoch, 2 Entity, 2..2 steps

check governingIsThere { (init implies governingIsThere) and (invariant and step implies after governingIsThere) }
  for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

// ---- what follows

check durableOutlivesPowerFailure {
  invariant and powerFails implies after (Durable in end[Readable].*previous and Durable & kept in Readable and not corrupt[Readable])
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check appendedOutlivesKill {
  invariant and kill implies after (Appended in end[Readable].*previous and Appended & kept in Readable and not corrupt[Readable])
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

/** From the first opening that served on, what lies beside the chain never becomes part of it, whatever crashes follow. */
check cutOffStaysCutOff {
  invariant and step and Log.phase = Serving implies no (Written - chain) & chain'
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check epochIsAboveAllThatServed {
  invariant and serve implies all s: Served | lt[s.epoch, Log.tail.epoch]
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check nothingIsAcknowledgedBeforeItsSync {
  invariant and step implies
    (Durable' - Durable) & kept in OnDisk and (Log.phase != Serving implies Durable' + Appended' in Durable + Appended)
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

/** Damage at or before what the mark or a record that is left claims is corruption, never a shorter log. */
check claimedDamageIsFound {
  invariant and damage and some (Log.markRecord + (Readable' & cycle.(newest[Readable'].cycle)).claim).*previous & kept - Readable' implies
    after corrupt[Readable]
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

/** Of what was acknowledged as durable a disk can lose unnoticed only what was synced behind the mark, in the mark's cycle. */
check lostUnnoticedIsBehindTheMark {
  invariant and damage and after not corrupt[Readable] implies
    all r: Durable & kept - end[Readable'].*previous | Log.markRecord in r.^previous and r.cycle = Log.markRecord.cycle
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

/** Replay of what is kept makes known what the whole history does, from the governing CarriedThrough on. */
check replayOfATrimmedLogGivesTheSame {
  invariant implies all r: chain & kept, e: Entity |
    (Log.firstKept = cycles/first or some governing & r.*previous) implies (isKnown[e, r] iff isReplayed[e, r])
} for 5 but 3 Cycle, 3 Epoch, 2 Entity, 1..1 steps

check replayKnowsWhatEventsName {
  invariant implies all r: chain & kept & kind.(Change + Remove) |
    (Log.firstKept = cycles/first or some governing & r.^previous) implies isReplayed[r.about, r.previous]
} for 5 but 3 Cycle, 3 Epoch, 2 Entity, 1..1 steps

check imageHasTheLastValues {
  invariant implies all r: chain & kind.Image | value[r.about, r] = value[r.about, r.previous]
} for 5 but 3 Cycle, 3 Epoch, 2 Entity, 1..1 steps

check carriedIsDurableBeforeTheTrim {
  invariant and step and firstKept' != firstKept implies
    some c: OnDisk & kind.Carried & end[OnDisk].*previous | c.through = Log.firstKept' and c in kept'
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

check markNamesTheFirstCycleBeforeFilesGo {
  invariant and step and not powerFails implies (Readable - Readable') & kept = none
} for 4 but 3 Cycle, 3 Epoch, 1 Entity, 2..2 steps

// ---- runs: what can happen, from the first state on

run powerFailsAndDurableIsFoundAgain {
  init and some disj a, b, c: Record {
    begin[a] ; sync ; serve ; append[b] ; sync ; acknowledgeDurable[b] ; powerFails ; begin[c] ; sync ; serve ; b in chain & Durable
  }
} for 3 but 2 Cycle, 2 Epoch, 1 Entity, 12..12 steps

run powerFailsAndNothingIsLeft {
  init and some disj a, b, c: Record {
    begin[a] ; sync ; serve ; append[b] ; acknowledgeAppended[b] ; powerFails ; begin[c] ; sync ; serve ; b not in chain + Appended
  }
} for 3 but 2 Cycle, 2 Epoch, 1 Entity, 11..11 steps

run tornTailIsCutOff {
  init and some disj a, b, c, d: Record {
    begin[a] ; sync ; serve ; append[b] ; append[c] ; writeBack ; powerFails ; begin[d] ; sync ; serve ;
    (c in Readable - chain and b not in Readable)
  }
} for 4 but 2 Cycle, 2 Epoch, 2 Entity, 11..11 steps

run killLosesNothing {
  init and some disj a, b, c: Record {
    begin[a] ; sync ; serve ; append[b] ; acknowledgeAppended[b] ; kill ; writeBack ; begin[c] ; sync ; serve ; b in chain & Appended
  }
} for 3 but 2 Cycle, 2 Epoch, 1 Entity, 12..12 steps

run openingCrashesBeforeItsSync {
  init and some disj a, b, c: Record {
    begin[a] ; powerFails ; begin[b] ; sync ; kill ; begin[c] ; sync ; serve ; (a.epoch = b.epoch and Served = c)
  }
} for 3 but 3 Cycle, 2 Epoch, 1 Entity, 10..10 steps

run rolledLogIsRead {
  init and some disj a, b, c, d: Record {
    begin[a] ; sync ; serve ; append[b] ; sync ; roll[c] ; append[d] ; sync ; mark ; acknowledgeDurable[d] ; powerFails ;
    (chain = a + b + c + d and not corrupt[Readable])
  }
} for 4 but 2 Cycle, 1 Epoch, 2 Entity, 12..12 steps

run rollIsLostAndTheOldCycleIsRead {
  init and some disj a, b, c: Record {
    begin[a] ; sync ; serve ; append[b] ; sync ; roll[c] ; powerFails ; (chain = a + b and not corrupt[Readable])
  }
} for 3 but 2 Cycle, 1 Epoch, 1 Entity, 8..8 steps

run damageIsFound {
  init and some disj a, b, c: Record {
    begin[a] ; sync ; serve ; append[b] ; append[c] ; sync ; mark ; kill ; damage ; (corrupt[Readable] and b not in Readable)
  }
} for 3 but 1 Cycle, 1 Epoch, 2 Entity, 10..10 steps

run damageBehindTheMarkIsNot {
  init and some disj a, b: Record {
    begin[a] ; sync ; serve ; append[b] ; sync ; acknowledgeDurable[b] ; kill ; damage ;
    (b in Durable - Readable and not corrupt[Readable])
  }
} for 2 but 1 Cycle, 1 Epoch, 1 Entity, 9..9 steps

run logIsTrimmed {
  init and some disj a, b, c, d, e, f: Record {
    b.kind = Make and d.kind = Image and e.kind = Carried
    begin[a] ; sync ; serve ; append[b] ; sync ; roll[c] ; append[d] ; append[e] ; sync ; trim[e] ; deleteTrimmed ; kill ; begin[f] ;
    (b not in Readable and isReplayed[b.about, f] and not corrupt[Readable] and governing = e)
  }
} for 6 but 3 Cycle, 2 Epoch, 1 Entity, 14..14 steps

run trimmedLogSkipsWhatIsNotKnown {
  init and some disj a, b, c, d, e: Record {
    b.kind = Make and d.kind = Remove and e.kind = Carried
    begin[a] ; sync ; serve ; append[b] ; sync ; roll[c] ; append[d] ; append[e] ; sync ; trim[e] ; deleteTrimmed ;
    (d in kept and b not in Readable and not isReplayed[b.about, d])
  }
} for 5 but 2 Cycle, 1 Epoch, 1 Entity, 12..12 steps

/** When schedules fire: the arithmetic of intervals, cron expressions and time zones. Any thread. */
@NullMarked
package io.silo.shard.schedule;

import org.jspecify.annotations.NullMarked;

package io.silo.torture.kill;

import io.silo.protocol.CommandConsumer;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;

/** A child with a bug that the checker has to catch. */
final class FlawedChild extends ShardChild {
    /** The bugs. */
    enum Flaw {
        /** Enqueues are acknowledged before they are appended. */
        EARLY("missing|of the batch"),
        /** Now and then an outcome is acknowledged and forgotten. */
        LOST_OUTCOME("is (RUNNING|SCHEDULED)"),
        /** Now and then a delete is acknowledged and forgotten. */
        LOST_DELETE("there again"),
        /** A batch is not one record, and its jobs come in duty cycles of their own: what one cycle appends is written at once. */
        HALF_BATCH("of the batch|is missing"),
        /** What is recovered is not what the log says. */
        OTHER_STATE("another state");

        /** Found in the sentence that it has to be caught with. */
        final Pattern sentence;

        Flaw(String sentence) {
            this.sentence = Pattern.compile(sentence);
        }
    }

    private final Flaw flaw;
    private final SplittableRandom random;
    private final ChildCommands single = new ChildCommands();
    private boolean isCycleDone;

    private FlawedChild(Flaw flaw, Arguments arguments) {
        super(arguments);
        this.flaw = flaw;
        this.random = new SplittableRandom(arguments.seed());
    }

    public static void main(String[] words) {
        final Flaw flaw = Flaw.valueOf(System.getProperty("flaw"));
        new FlawedChild(flaw, Arguments.parse(words)).run();
        System.exit(0);
    }

    @Override
    void ask(long index, ChildVerb verb, long[] numbers, DirectBuffer bytes, int length) {
        final boolean now = random.nextInt(8) == 0;
        switch (verb) {
            case ENQUEUE -> {
                if (flaw == Flaw.HALF_BATCH && numbers.length > 1) {
                    writeAsked(index, verb, numbers);
                    for (long number : numbers) {
                        submit(
                                single.out,
                                single.enqueue(0, io.silo.protocol.command.Durability.DURABLE, number, 1, 0));
                    }
                    return;
                }
                super.ask(index, verb, numbers, bytes, length);
                if (flaw == Flaw.EARLY) {
                    writeToldOk(index, numbers.length);
                }
            }
            case SUCCEED, FAIL -> {
                if (flaw == Flaw.LOST_OUTCOME && now) {
                    writeAsked(index, verb, numbers);
                    writeToldOk(index, numbers.length / 2);
                } else {
                    super.ask(index, verb, numbers, bytes, length);
                }
            }
            case DELETE -> {
                if (flaw == Flaw.LOST_DELETE && now) {
                    writeAsked(index, verb, numbers);
                    writeToldOk(index, 2 * numbers.length);
                } else {
                    super.ask(index, verb, numbers, bytes, length);
                }
            }
            default -> super.ask(index, verb, numbers, bytes, length);
        }
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        if (flaw != Flaw.HALF_BATCH) {
            return super.poll(consumer, limit);
        }
        isCycleDone = !isCycleDone;
        return isCycleDone ? super.poll(consumer, 1) : 0;
    }

    @Override
    long digest(long ofState) {
        return System.getProperty("flaw").equals(Flaw.OTHER_STATE.name()) ? ofState + 1 : ofState;
    }
}

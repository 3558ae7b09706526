package io.silo.tools;

import io.silo.client.Explanation;
import io.silo.client.Job;
import io.silo.client.JobStatus;
import io.silo.client.SiloClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says why something is as it is. */
@Command(
        name = "explain",
        description = "Say why something does not happen.",
        subcommands = {ExplainCommand.OfJob.class})
final class ExplainCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: job");
        }
    }

    /** {@code silo explain job}. */
    @Command(
            name = "job",
            description = {
                "Say why a job does not run: in one sentence, and the figures behind it.",
                "It names the first thing that keeps the job: its start time, a pause, a limit, its place, or that no worker asks."
            })
    static final class OfJob extends JobCommand.OfOneJob {
        @Override
        int call(SiloClient client) {
            final Explanation job = client.explain(tenant(), id);
            String errorCode = null;
            if (job.status() == JobStatus.FAILED) {
                final Job ended = client.getJobAsync(tenant(), id, false).join();
                errorCode = ended.errorCode();
            }
            if (common.json) {
                Out.of(spec).println(Output.line(ExplainOutput.json(job, errorCode)));
            } else {
                ExplainOutput.text(job, errorCode, Out.of(spec));
            }
            return ExitCode.OK;
        }
    }
}

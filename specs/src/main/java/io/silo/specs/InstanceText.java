package io.silo.specs;

import edu.mit.csail.sdg.alloy4.Err;
import edu.mit.csail.sdg.ast.Sig;
import edu.mit.csail.sdg.translator.A4Solution;

/**
 * An instance of a model as text: what stays the same, then every state with what differs from the state before. Stateless.
 */
final class InstanceText {
    private static final String OWN = "this/";

    private InstanceText() {}

    static String of(A4Solution solution) throws Err {
        final StringBuilder text = new StringBuilder("in every state\n");
        append(text, solution, false, 0);
        for (int state = 0; state < solution.getTraceLength(); state++) {
            text.append("state ").append(state);
            if (state > 0) {
                text.append(", what is new");
            }
            text.append('\n');
            append(text, solution, true, state);
        }
        if (solution.getTraceLength() > 1) {
            text.append("then again from state ")
                    .append(solution.getLoopState())
                    .append('\n');
        }
        return text.toString();
    }

    private static void append(StringBuilder text, A4Solution solution, boolean isVariable, int state) throws Err {
        for (Sig sig : solution.getAllReachableSigs()) {
            if (!sig.label.startsWith(OWN)) {
                continue;
            }
            final String name = sig.label.substring(OWN.length());
            if ((sig.isVariable != null) == isVariable && sig.isEnum == null && sig.isOne == null) {
                line(text, name, solution.eval(sig, state).toString(), before(solution, sig, isVariable, state));
            }
            for (Sig.Field field : sig.getFields()) {
                if ((field.isVariable != null) == isVariable) {
                    line(
                            text,
                            name + "." + field.label,
                            solution.eval(field, state).toString(),
                            before(solution, field, isVariable, state));
                }
            }
        }
    }

    private static String before(
            A4Solution solution, edu.mit.csail.sdg.ast.Expr expression, boolean isVariable, int state) throws Err {
        return isVariable && state > 0 ? solution.eval(expression, state - 1).toString() : "";
    }

    private static void line(StringBuilder text, String name, String value, String before) {
        if (!value.equals(before)) {
            text.append("  ").append(name).append(" = ").append(value).append('\n');
        }
    }
}

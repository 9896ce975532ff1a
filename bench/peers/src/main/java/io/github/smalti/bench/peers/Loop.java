package io.github.smalti.bench.peers;

/// Workload C: all steps of a drawing, and after each the same choice of the next code by guidance, in Java for all
/// engines. The tokens are given rather than chosen, so that all engines do the same work to the last step.
final class Loop implements Work {
    private static final float GUIDANCE = 10;

    private final StepWork step;
    private final StepNetwork network;
    private float[] logits;

    Loop(StepWork step, StepNetwork network) {
        this.step = step;
        this.network = network;
    }

    @Override
    public float run() throws Exception {
        float sum = 0;
        for (int position = 0; position < network.positions(); position++) {
            step.at(position);
            step.run();
            logits = step.outputs();
            for (int image = 0; image < network.images(); image++) sum += mostLikely(image);
        }
        return sum;
    }

    /// The code with the largest guided logit.
    private int mostLikely(int image) {
        int with = image * network.columns();
        int without = (network.images() + image) * network.columns();
        int best = 0;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < network.columns(); i++) {
            float guided = logits[without + i] + GUIDANCE * (logits[with + i] - logits[without + i]);
            if (guided > most) {
                most = guided;
                best = i;
            }
        }
        return best;
    }

    @Override
    public float[] outputs() { return logits; }

    @Override
    public void close() throws Exception { step.close(); }
}

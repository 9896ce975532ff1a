package io.github.smalti.bench.peers;

import io.github.smalti.core.Precision;
import io.github.smalti.transformer.RuDalleAccess;

/// Smalti's side of a step of ruDALL-E: its cache keeps, and a step reads, only what the layers' masks allow. The text and
/// the codes before the step are read in blocks.
final class RuDalleStep implements StepWork {
    private final RuDalleAccess model;
    private final int textLength;
    private int code;
    private float[] logits;

    RuDalleStep(Precision precision, RuDalleNetwork network) {
        model = new RuDalleAccess(network.folder(), precision, network.text(), network.codes());
        textLength = network.textLength();
    }

    @Override
    public void fill(int from, int to) { model.readUpTo(to - textLength); }

    @Override
    public void at(int position) { code = position - textLength; }

    @Override
    public float run() {
        logits = model.step(code);
        return logits[0];
    }

    @Override
    public float[] outputs() { return logits; }

    @Override
    public void close() { model.close(); }
}

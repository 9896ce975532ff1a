package io.github.smalti.bench.peers;

/// A step after all steps before it; then steps further on in the same drawing; never back.
final class LateStep implements Work {
    private final StepWork step;
    private int position;

    LateStep(StepWork step, int position) throws Exception {
        this.step = step;
        goOn(position);
    }

    private void goOn(int next) throws Exception {
        step.fill(position, next);
        position = next;
        step.at(next);
    }

    @Override
    public boolean become(String[] words) throws Exception {
        int next = Integer.parseInt(words[3]);
        if (next < position) return false;
        goOn(next);
        return true;
    }

    @Override
    public float run() throws Exception { return step.run(); }

    @Override
    public float[] outputs() throws Exception { return step.outputs(); }

    @Override
    public void close() throws Exception { step.close(); }
}

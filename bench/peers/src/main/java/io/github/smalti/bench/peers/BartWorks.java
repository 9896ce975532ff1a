package io.github.smalti.bench.peers;

import io.github.smalti.core.Precision;
import io.github.smalti.transformer.BartAccess;
import java.util.Arrays;

/// Smalti's side of workloads B, C, D and H.
final class BartWorks {
    private BartWorks() {}

    /// Two prompts.
    static final class Encode implements Work {
        private final BartAccess model;
        private final EncoderNetwork network;
        private final int[] ids;
        private float[] hidden;

        Encode(Precision precision, String name) {
            network = new EncoderNetwork(name);
            model = new BartAccess(Network.folder(name), precision, false);
            ids = Arrays.stream(network.ids()).mapToInt(id -> (int) id).toArray();
        }

        @Override
        public float run() {
            hidden = model.encode(ids, network.length());
            return hidden[0];
        }

        @Override
        public float[] outputs() { return hidden; }

        @Override
        public void close() { model.close(); }
    }

    /// A decoder step.
    static final class Step implements StepWork {
        private final BartAccess model;
        private final StepNetwork network;
        private int position;
        private float[] logits;

        Step(Precision precision, StepNetwork network) {
            this.network = network;
            model = new BartAccess(Network.folder(network.model()), precision, true);
            model.start(network.hidden(), network.length(), network.images());
        }

        @Override
        public void at(int next) { position = next; }

        @Override
        public float run() {
            logits = model.step(network.tokens(position), position);
            return logits[0];
        }

        @Override
        public float[] outputs() { return logits; }

        @Override
        public void close() { model.close(); }
    }
}

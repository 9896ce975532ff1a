package io.github.smalti.bench.peers;

import io.github.smalti.core.Precision;
import io.github.smalti.transformer.BartAccess;

/// Smalti's side of workloads B and D.
final class BartWorks {
    private BartWorks() {}

    /// Two prompts of 64 tokens.
    static final class Encode implements Work {
        private final BartAccess model;
        private final int[] ids = new int[EncoderNetwork.PROMPTS * EncoderNetwork.LENGTH];
        private float[] hidden;

        Encode(Precision precision) {
            model = new BartAccess(Network.folder("mini"), precision);
            for (int i = 0; i < ids.length; i++) ids[i] = (int) EncoderNetwork.ids()[i];
        }

        @Override
        public float run() {
            hidden = model.encode(ids, EncoderNetwork.LENGTH);
            return hidden[0];
        }

        @Override
        public float[] outputs() { return hidden; }

        @Override
        public void close() { model.close(); }
    }

    /// A decoder step after all steps before it.
    static final class Step implements Work {
        private final BartAccess model;
        private int position;
        private float[] logits;

        Step(Precision precision, int position) {
            model = new BartAccess(Network.folder("mini"), precision);
            model.start(StepNetwork.hidden(), EncoderNetwork.LENGTH);
            for (int i = 0; i < StepNetwork.POSITIONS; i++) model.step(StepNetwork.token(i), i);
            this.position = position;
        }

        @Override
        public boolean become(String[] words) {
            position = Integer.parseInt(words[3]);
            return true;
        }

        @Override
        public float run() {
            logits = model.step(StepNetwork.token(position), position);
            return logits[0];
        }

        @Override
        public float[] outputs() { return logits; }

        @Override
        public void close() { model.close(); }
    }
}

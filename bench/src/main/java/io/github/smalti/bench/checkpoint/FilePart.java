package io.github.smalti.bench.checkpoint;

/// A piece of a checkpoint file, in the file's order.
sealed interface FilePart {
    /// Bytes of the piece.
    long byteSize();

    /// Headers, names, shapes.
    ///
    /// @param bytes as they stand in the file
    record Literal(byte[] bytes) implements FilePart {
        @Override
        public long byteSize() { return bytes.length; }
    }

    /// The numbers of a tensor.
    ///
    /// @param tensor the tensor
    record Numbers(RandomTensor tensor) implements FilePart {
        @Override
        public long byteSize() { return tensor.byteSize(); }
    }
}

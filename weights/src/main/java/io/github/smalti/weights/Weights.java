package io.github.smalti.weights;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.GroupNorm;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.core.layer.WinogradWeight;
import io.github.smalti.weights.internal.Int8Matrices;
import io.github.smalti.weights.internal.MappingFault;
import io.github.smalti.weights.internal.PackedRecord;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A model's way to its weights: by path and expected shape, as layers.
///
/// ```java
/// Weights layer = weights.in("decoder.layers", 3);
/// Linear query = layer.in("self_attn").linear("q_proj", dModel, dModel, false);
/// ```
///
/// So a model's constructor documents its checkpoint, and a wrong checkpoint fails at load with file, tensor, expected
/// and found shape. Linear layers and convolutions are packed into native memory at once; embeddings stay mapped.
///
/// The outermost instance owns the packed memory and the checkpoint: closing it closes both and makes every layer
/// unusable. A file that another process cut while it is read gives a [WeightsException], see `docs/formats.md`.
/// Not thread-safe while a model is constructed; [#each] uses all threads by itself.
public final class Weights implements AutoCloseable {
    private final Weights outermost;
    private final Checkpoint checkpoint;
    private final Function<String, TensorLocation> names;
    private final Compute compute;
    private final Precision precision;
    private final Arena arena;
    private final String path;
    private final Int8Matrices int8;
    private final PackedRecord record;
    /// Whether one thread packs what is asked for here, since others do the same for other layers.
    private final boolean packsAlone;
    private final AtomicLong packedBytes;

    /// Opens the way to a checkpoint; this instance closes it.
    ///
    /// @param checkpoint the file
    /// @param names      maps a name that a model asks for to its location in this file's naming scheme
    /// @param compute    what layers compute with
    /// @param precision  how linear layers are packed
    public Weights(Checkpoint checkpoint, Function<String, TensorLocation> names, Compute compute,
            Precision precision) {
        this.outermost = this;
        this.checkpoint = checkpoint;
        this.names = names;
        this.compute = compute;
        this.precision = precision;
        this.arena = compute.memory().open();
        this.path = "";
        this.int8 = new Int8Matrices(checkpoint);
        this.record = new PackedRecord();
        this.packsAlone = false;
        this.packedBytes = new AtomicLong();
    }

    private Weights(Weights outer, String path, boolean packsAlone) {
        this.outermost = outer.outermost;
        this.checkpoint = outer.checkpoint;
        this.names = outer.names;
        this.compute = outer.compute;
        this.precision = outer.precision;
        this.arena = outer.arena;
        this.path = path;
        this.int8 = outer.int8;
        this.record = outer.record;
        this.packsAlone = packsAlone;
        this.packedBytes = outer.packedBytes;
    }

    /// The same weights, one or more levels of names deeper.
    ///
    /// @param name levels joined by dots
    /// @return a view that the outermost instance closes
    public Weights in(String name) { return new Weights(this, path + name + ".", packsAlone); }

    /// The same weights below one element of a list.
    ///
    /// @param list  levels joined by dots
    /// @param index the element
    /// @return a view that the outermost instance closes
    public Weights in(String list, int index) { return in(list + "." + index); }

    /// The layers of a list, several at a time, each packed by one thread.
    ///
    /// Native memory is zeroed when it is allocated and mapped when it is first written, both by the thread that does it:
    /// for gigabytes that takes longer than packing, so that threads should not wait there for each other.
    ///
    /// @param list  levels joined by dots
    /// @param count number of layers
    /// @param layer makes one layer from its weights, on any thread; without convolutions by Winograd's algorithm, whose
    ///              weights all threads pack
    /// @param <T>   the kind of layer
    /// @return the layers in their order
    public <T> List<T> each(String list, int count, Function<Weights, T> layer) {
        var layers = new AtomicReferenceArray<T>(count);
        compute.team().run(count, (i, _) -> layers.set(i,
                layer.apply(new Weights(this, path + list + "." + i + ".", true))));
        return IntStream.range(0, count).mapToObj(layers::get).toList();
    }

    /// The instance at the root of all names, which owns the memory.
    public Weights outermost() { return outermost; }

    /// The checkpoint's file name, for messages.
    public String file() { return checkpoint.file(); }

    /// What layers compute with.
    public Compute compute() { return compute; }

    /// How linear layers are packed.
    public Precision precision() { return precision; }

    /// Whether the matrices of linear layers lie packed in the file, see [PackedTensors], so that they take no memory.
    public boolean arePackedInFile() { return PackedTensors.precision(checkpoint) != null; }

    /// Bytes of native memory that packed weights take so far.
    public long packedBytes() { return packedBytes.get(); }

    /// Whether the checkpoint holds a tensor.
    ///
    /// @param name its name below this path
    public boolean has(String name) { return checkpoint.has(names.apply(path + name).name()); }

    /// A tensor of any shape, turned as a model expects it: for what is inferred from shapes.
    ///
    /// @param name its name below this path
    /// @return a view, valid until the outermost instance is closed
    /// @throws WeightsException if there is no such tensor
    public TensorView tensor(String name) {
        TensorLocation location = names.apply(path + name);
        record.read(location.name());
        return location.of(checkpoint);
    }

    /// A tensor of a known shape.
    ///
    /// @param name  its name below this path
    /// @param shape the shape it must have
    /// @return a view, valid until the outermost instance is closed
    /// @throws WeightsException if there is no such tensor, its shape differs, it holds no floating-point numbers, or the
    ///                          file has them in a packed matrix only
    public TensorView tensor(String name, long... shape) {
        TensorLocation location = names.apply(path + name);
        record.read(location.name());
        TensorView view = shaped(name, shape);
        if (!view.dtype().isFloat()) {
            throw new WeightsException(file(), path + name, "expected floating-point numbers, found " + view);
        }
        if (PackedTensors.isShapeOnly(checkpoint, view)) {
            throw new WeightsException(file(), path + name, "expected its numbers, found its shape beside packed "
                    + "matrices; the file was packed by another version, convert the original again");
        }
        return view;
    }

    private TensorView shaped(String name, long... shape) {
        TensorView view = names.apply(path + name).of(checkpoint);
        if (Arrays.equals(view.shape(), shape)) return view;
        throw new WeightsException(file(), path + name, "expected " + TensorView.describe(null, shape) + ", found "
                + view + "; the configuration belongs to another checkpoint");
    }

    /// A tensor of a known shape that is given to [#linear(String, float\[\], TensorView...)] and not read otherwise:
    /// a matrix of [Int8Tensors] is given as its bytes, one that lies packed in the file as its shape.
    ///
    /// @param name  its name below this path
    /// @param shape the shape it must have
    /// @return a view, valid until the outermost instance is closed
    /// @throws WeightsException if there is no such tensor, its shape differs, or it holds neither floating-point numbers
    ///                          nor 8 bits for this precision
    public TensorView matrix(String name, long... shape) {
        record.packed(names.apply(path + name).name());
        TensorView view = shaped(name, shape);
        if (view.dtype().isFloat()) return view;
        if (shape.length != 2 || !int8.knows(names.apply(path + name).name())) {
            throw new WeightsException(file(), path + name, "expected floating-point numbers, found " + view);
        }
        if (precision != Precision.INT8) {
            throw new WeightsException(file(), path + name, "was converted to int8 and can be loaded at int8 only, not "
                    + "at " + precision.name().toLowerCase(Locale.ROOT) + "; load it so, or the original");
        }
        return view;
    }

    /// A vector on the heap.
    ///
    /// @param name   its name below this path
    /// @param length its length
    /// @return a new array
    public float[] vector(String name, int length) { return array(name, length); }

    /// The numbers of a tensor on the heap, row-major.
    ///
    /// @param name  its name below this path
    /// @param shape the shape it must have
    /// @return a new array
    public float[] array(String name, long... shape) {
        TensorView tensor = tensor(name, shape);
        return MappingFault.guard(file(), tensor::toFloats);
    }

    /// A fully connected layer from `<name>.weight` (outputs, inputs) and, if asked for, `<name>.bias`.
    ///
    /// @param name    the layer's name
    /// @param inputs  length of an input row
    /// @param outputs length of an output row
    /// @param hasBias whether there is a bias
    /// @return the layer
    public Linear linear(String name, int inputs, int outputs, boolean hasBias) {
        float[] bias = hasBias ? vector(name + ".bias", outputs) : null;
        return linear(name, bias, matrix(name + ".weight", outputs, inputs));
    }

    /// One layer for several that share their inputs; outputs lie side by side, so the inputs are read once.
    ///
    /// @param names   the layers' names
    /// @param inputs  length of an input row
    /// @param outputs length of each layer's output row
    /// @param hasBias whether the layers have biases
    /// @return the layer, with names.length · outputs outputs
    public Linear fusedLinear(String[] names, int inputs, int outputs, boolean hasBias) {
        TensorView[] rows = new TensorView[names.length];
        float[] bias = hasBias ? new float[names.length * outputs] : null;
        for (int i = 0; i < names.length; i++) {
            rows[i] = matrix(names[i] + ".weight", outputs, inputs);
            if (hasBias) System.arraycopy(vector(names[i] + ".bias", outputs), 0, bias, i * outputs, outputs);
        }
        return linear(String.join("+", names), bias, rows);
    }

    /// A fully connected layer from matrices that lie elsewhere or were cut.
    ///
    /// @param name the layer's name, of its own below this path
    /// @param bias one float per output, or null
    /// @param rows matrices (outputs, inputs), laid side by side
    /// @return the layer
    public Linear linear(String name, float[] bias, TensorView... rows) {
        PackedMatrix weight;
        if (arePackedInFile()) {
            weight = PackedTensors.matrix(checkpoint, path + name, precision, rows);
        } else {
            weight = MappingFault.guard(file(), () -> packed(rows));
            packedBytes.addAndGet(weight.data().byteSize());
        }
        record.put(path + name, weight);
        return new Linear(compute, weight, bias);
    }

    private PackedMatrix packed(TensorView... rows) {
        boolean isInt8 = precision == Precision.INT8 && Stream.of(rows).anyMatch(part -> !part.dtype().isFloat());
        if (isInt8) return int8.pack(packsAlone ? null : compute.team(), arena, rows);
        return packsAlone
                ? PackedMatrix.pack(arena, precision, rows)
                : PackedMatrix.pack(compute.team(), arena, precision, rows);
    }

    /// A convolution from `<name>.weight` (outputs, inputs, kernel, kernel) and `<name>.bias`; always float32.
    ///
    /// @param name    the layer's name
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @param kernel  1, 3 or 7
    /// @param stride  1 or 2
    /// @return the layer
    public Conv2d conv2d(String name, int inputs, int outputs, int kernel, int stride) {
        TensorView weight = tensor(name + ".weight", outputs, inputs, kernel, kernel);
        Conv2d.Padding padding = stride == 1 ? Conv2d.Padding.EVERY_SIDE : Conv2d.Padding.RIGHT_AND_BOTTOM;
        return conv2d(vector(name + ".bias", outputs), weight, stride, padding);
    }

    /// A convolution from a kernel that lies elsewhere or was changed; always float32.
    ///
    /// @param bias    one float per output, or null
    /// @param weight  (outputs, inputs, kernel, kernel)
    /// @param stride  1 or 2
    /// @param padding where zeros are taken
    /// @return the layer
    public Conv2d conv2d(float[] bias, TensorView weight, int stride, Conv2d.Padding padding) {
        PackedMatrix packed = MappingFault.guard(file(), () -> packsAlone
                ? PackedMatrix.packConvolution(arena, Precision.F32, weight)
                : PackedMatrix.packConvolution(compute.team(), arena, Precision.F32, weight));
        packedBytes.addAndGet(packed.data().byteSize());
        return new Conv2d(compute, packed, bias, (int) weight.size(1), (int) weight.size(2), stride, padding);
    }

    /// A 3×3 convolution of stride 1 from `<name>.weight` (outputs, inputs, 3, 3) and `<name>.bias`, made for a picture:
    /// by Winograd's algorithm where that pays, see [WinogradWeight#isWorthwhile]; always float32.
    ///
    /// @param name    the layer's name
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @param pixels  pixels of the picture that the layer is made for; 0 for the weight that takes least memory
    /// @return the layer, for pictures of any size
    public Conv2d conv3x3(String name, int inputs, int outputs, long pixels) {
        TensorView kernel = tensor(name + ".weight", outputs, inputs, 3, 3);
        return conv3x3(vector(name + ".bias", outputs), kernel, pixels);
    }

    /// As [#conv3x3(String, int, int, long)], from a kernel that lies elsewhere or was changed.
    ///
    /// @param bias   one float per output, or null
    /// @param kernel (outputs, inputs, 3, 3)
    /// @param pixels pixels of the picture that the layer is made for
    /// @return the layer, for pictures of any size
    public Conv2d conv3x3(float[] bias, TensorView kernel, long pixels) {
        if (!WinogradWeight.isWorthwhile((int) kernel.size(1), (int) kernel.size(0), pixels)) {
            return conv2d(bias, kernel, 1, Conv2d.Padding.EVERY_SIDE);
        }
        WinogradWeight weight = MappingFault.guard(file(), () -> WinogradWeight.pack(compute.team(), arena, kernel));
        packedBytes.addAndGet(weight.bytes());
        return new Conv2d(compute, weight, bias);
    }

    /// A layer norm from `<name>.weight` and `<name>.bias`, each of which may be missing (1 and 0).
    ///
    /// @param name     the layer's name
    /// @param features length of a row
    /// @param eps      added to the variance
    /// @return the layer
    /// @throws WeightsException if both are missing
    public LayerNorm layerNorm(String name, int features, float eps) {
        boolean scaled = has(name + ".weight");
        boolean shifted = has(name + ".bias");
        if (!scaled && !shifted) {
            throw new WeightsException(file(), path + name, "expected a layer norm, found neither weight nor bias");
        }
        return new LayerNorm(compute, features, scaled ? vector(name + ".weight", features) : null,
                shifted ? vector(name + ".bias", features) : null, eps);
    }

    /// A group norm from `<name>.weight` and `<name>.bias`.
    ///
    /// @param name     the layer's name
    /// @param groups   groups of channels
    /// @param channels channels
    /// @param eps      added to the variance
    /// @return the layer
    public GroupNorm groupNorm(String name, int groups, int channels, float eps) {
        return new GroupNorm(compute, groups, vector(name + ".weight", channels), vector(name + ".bias", channels),
                eps);
    }

    /// A table of vectors from `<name>.weight` (rows, features); it stays mapped.
    ///
    /// @param name     the layer's name
    /// @param rows     number of vectors
    /// @param features length of a vector
    /// @return the layer
    public Embedding embedding(String name, int rows, int features) {
        return new Embedding(tensor(name + ".weight", rows, features));
    }

    /// Writes what a model asked for as a checkpoint with the same names whose matrices need no packing, see
    /// [PackedTensors].
    ///
    /// @param file     where; it must not exist
    /// @param metadata texts about it
    /// @throws IOException      as of [SafetensorsWriter#write]
    /// @throws WeightsException if the checkpoint is packed already, or was cut meanwhile
    public void writePacked(Path file, Map<String, String> metadata) throws IOException {
        PackedTensors.write(file, checkpoint, precision, record, metadata);
    }

    /// Frees the packed weights and closes the checkpoint; closing twice has no effect.
    @Override
    public void close() {
        if (arena.scope().isAlive()) arena.close();
        checkpoint.close();
    }
}

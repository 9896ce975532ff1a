package io.github.smalti.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/// A strided, read-only view of a stored tensor; it copies nothing until it is asked for floats.
///
/// | part | meaning |
/// |---|---|
/// | `shape` | elements along each axis; rank 0 is a scalar |
/// | `strides` | distance of neighbours along each axis, in elements |
/// | `offset` | the first element's number within `data` |
///
/// A view is valid while the arena behind `data` is open (usually the checkpoint that made it). Immutable and
/// thread-safe.
public final class TensorView {
    private final DType dtype;
    private final long[] shape;
    private final long[] strides;
    private final MemorySegment data;
    private final long offset;

    /// Makes a view and checks that every element lies within `data`.
    ///
    /// @param dtype   type of the elements
    /// @param shape   elements along each axis
    /// @param strides distance of neighbours, in elements, not negative
    /// @param data    where the elements lie
    /// @param offset  number of the first element
    /// @throws IndexOutOfBoundsException if an element would lie outside of `data`
    public TensorView(DType dtype, long[] shape, long[] strides, MemorySegment data, long offset) {
        this.dtype = Objects.requireNonNull(dtype);
        this.shape = shape.clone();
        this.strides = strides.clone();
        this.data = data;
        this.offset = offset;
        checkBounds();
    }

    /// A view of elements in C order that fill `data` from its start.
    ///
    /// @param dtype type of the elements
    /// @param shape elements along each axis
    /// @param data  where the elements lie
    /// @return the view
    public static TensorView contiguous(DType dtype, long[] shape, MemorySegment data) {
        return new TensorView(dtype, shape, contiguousStrides(shape), data, 0);
    }

    /// Strides of a tensor in C order.
    ///
    /// @param shape elements along each axis
    /// @return distance of neighbours along each axis, in elements
    public static long[] contiguousStrides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride = Math.multiplyExact(stride, Math.max(1, shape[axis]));
        }
        return strides;
    }

    private void checkBounds() {
        if (shape.length != strides.length) throw new IllegalArgumentException("shape and strides differ in rank");
        long last = offset;
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] < 0 || strides[axis] < 0) throw new IllegalArgumentException("negative shape or stride");
            if (shape[axis] == 0) return;
            last = Math.addExact(last, Math.multiplyExact(shape[axis] - 1, strides[axis]));
        }
        Objects.checkIndex(Math.multiplyExact(last, dtype.bytes()) + dtype.bytes() - 1, data.byteSize());
        if (offset < 0) throw new IndexOutOfBoundsException("offset " + offset);
    }

    /// Type of the stored elements.
    public DType dtype() { return dtype; }

    /// Elements along each axis (a copy).
    public long[] shape() { return shape.clone(); }

    /// Number of axes.
    public int rank() { return shape.length; }

    /// Elements along one axis.
    ///
    /// @param axis the axis, from 0
    public long size(int axis) { return shape[axis]; }

    /// Distance of neighbours along one axis, in elements.
    ///
    /// @param axis the axis, from 0
    public long stride(int axis) { return strides[axis]; }

    /// Number of elements.
    public long elementCount() {
        long count = 1;
        for (long size : shape) count = Math.multiplyExact(count, size);
        return count;
    }

    /// The memory behind a contiguous view, for copying it whole.
    ///
    /// @return a slice of exactly this view's elements
    /// @throws IllegalStateException if the elements are not in C order
    public MemorySegment bytes() {
        if (!Arrays.equals(strides, contiguousStrides(shape))) throw new IllegalStateException("not contiguous");
        return data.asSlice(offset * dtype.bytes(), elementCount() * dtype.bytes());
    }

    /// The slice at one index of an axis; that axis disappears.
    ///
    /// @param axis  the axis
    /// @param index the position along it
    /// @return a view of rank one less
    public TensorView select(int axis, long index) {
        Objects.checkIndex(index, shape[axis]);
        return new TensorView(dtype, without(shape, axis), without(strides, axis), data,
                offset + index * strides[axis]);
    }

    /// A range along one axis.
    ///
    /// @param axis the axis
    /// @param from first position
    /// @param to   position after the last
    /// @return a view of the same rank
    public TensorView slice(int axis, long from, long to) {
        Objects.checkFromToIndex(from, to, shape[axis]);
        long[] cut = shape.clone();
        cut[axis] = to - from;
        return new TensorView(dtype, cut, strides, data, offset + from * strides[axis]);
    }

    /// The same elements with the axes in another order.
    ///
    /// @param axes for each axis of the result, the axis of this view; `permute(1, 0)` transposes a matrix
    /// @return the view
    public TensorView permute(int... axes) {
        if (axes.length != shape.length) throw new IllegalArgumentException("rank " + shape.length + " expected");
        long[] newShape = new long[axes.length];
        long[] newStrides = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            newShape[i] = shape[axes[i]];
            newStrides[i] = strides[axes[i]];
        }
        return new TensorView(dtype, newShape, newStrides, data, offset);
    }

    /// The same elements with all axes behind the first as one, or this view where they are not evenly spaced.
    TensorView withOneTail() {
        int last = shape.length - 1;
        long count = 1;
        for (int axis = last; axis > 0; axis--) {
            if (shape[axis] != 1 && strides[axis] != count * strides[last]) return this;
            count *= shape[axis];
        }
        return new TensorView(dtype, new long[]{shape[0], count}, new long[]{strides[0], strides[last]}, data, offset);
    }

    /// One element as float32.
    ///
    /// @param indices a position along every axis
    /// @return the value, widened or rounded
    public float at(long... indices) {
        long index = offset;
        for (int axis = 0; axis < shape.length; axis++) {
            index += Objects.checkIndex(indices[axis], shape[axis]) * strides[axis];
        }
        return dtype.read(data, index);
    }

    /// All elements in C order as float32, on the heap: for small tensors.
    ///
    /// @return a new array
    /// @throws ArithmeticException if the tensor has more elements than an array can hold
    public float[] toFloats() {
        float[] out = new float[Math.toIntExact(elementCount())];
        if (out.length == 0) return out;
        int end = copy(0, offset, out, 0);
        assert end == out.length;
        return out;
    }

    /// All elements of an integer tensor in C order.
    ///
    /// @return a new array
    /// @throws IllegalStateException for a floating-point type
    public long[] toLongs() {
        long[] out = new long[Math.toIntExact(elementCount())];
        long[] dense = contiguousStrides(shape);
        for (int i = 0; i < out.length; i++) {
            long index = offset;
            for (int axis = 0; axis < shape.length; axis++) index += i / dense[axis] % shape[axis] * strides[axis];
            out[i] = dtype.readLong(data, index);
        }
        return out;
    }

    /// Copies a vector or scalar as float32.
    ///
    /// @param out   where to
    /// @param outAt first index written
    public void copyTo(float[] out, int outAt) { copy(0, offset, out, outAt); }

    /// Copies one row of a matrix as float32, without making a view of it.
    ///
    /// @param row   which row
    /// @param out   where to
    /// @param outAt first index written
    public void copyRow(long row, float[] out, int outAt) {
        if (shape.length != 2) throw new IllegalStateException("expected a matrix, found " + this);
        copyLine(offset + Objects.checkIndex(row, shape[0]) * strides[0], out, outAt);
    }

    private int copy(int axis, long index, float[] out, int outAt) {
        if (axis == shape.length) {
            out[outAt] = dtype.read(data, index);
            return outAt + 1;
        }
        if (axis == shape.length - 1) {
            copyLine(index, out, outAt);
            return outAt + (int) shape[axis];
        }
        int at = outAt;
        for (long i = 0; i < shape[axis]; i++) at = copy(axis + 1, index + i * strides[axis], out, at);
        return at;
    }

    private void copyLine(long index, float[] out, int outAt) {
        int count = (int) shape[shape.length - 1];
        long stride = strides[shape.length - 1];
        if (stride == 1) {
            dtype.read(data, index, count, out, outAt);
            return;
        }
        for (int i = 0; i < count; i++) out[outAt + i] = dtype.read(data, index + i * stride);
    }

    private static long[] without(long[] values, int axis) {
        long[] out = new long[values.length - 1];
        System.arraycopy(values, 0, out, 0, axis);
        System.arraycopy(values, axis + 1, out, axis, out.length - axis);
        return out;
    }

    /// Type and shape in words, for messages: `(1024, 1024) f16`.
    @Override
    public String toString() { return describe(dtype, shape); }

    /// Type and shape in words, for messages.
    ///
    /// @param dtype type of the elements, or null to name the shape alone
    /// @param shape elements along each axis
    /// @return for example `(1024, 1024) f16`
    public static String describe(DType dtype, long... shape) {
        String axes = Arrays.toString(shape);
        String text = "(" + axes.substring(1, axes.length() - 1) + ")";
        return dtype == null ? text : text + " " + dtype.name().toLowerCase(java.util.Locale.ROOT);
    }
}

using System.Buffers;

namespace Attune.Tensors.Backends;

/// <summary>
/// Every primitive in the plainest way, one element at a time in double precision, and no fused method: the definition that other backends are compared with.
/// </summary>
public sealed class ReferenceBackend : IBackend
{
    /// <inheritdoc/>
    public string Tier => "reference";

    /// <inheritdoc/>
    public Storage Allocate(long bytes) => new HostStorage(new byte[bytes]);

    /// <inheritdoc/>
    public void Free(Storage storage)
    {
        // Managed memory goes back by itself.
    }

    /// <inheritdoc/>
    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source) => source.CopyTo(((HostStorage)storage).Data.AsSpan(checked((int)byteOffset)));

    /// <inheritdoc/>
    public void Read(Storage storage, long byteOffset, Span<byte> destination) =>
        ((HostStorage)storage).Data.AsSpan(checked((int)byteOffset), destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public void Fill(Tensor destination, double value)
    {
        var target = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            target.StoreNext(value);
        }
    }

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination)
    {
        if (source.DType == destination.DType && source.DType is DType.I64 or DType.U64)
        {
            CopyWide(source, destination);
            return;
        }

        var from = new Elements(source);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(from.LoadNext());
        }
    }

    /// <inheritdoc/>
    public void Axpy(double alpha, Tensor source, double beta, Tensor destination)
    {
        var from = new Elements(source);
        var old = new Elements(destination);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double before = old.LoadNext();
            to.StoreNext((alpha * from.LoadNext()) + (beta == 0 ? 0 : beta * before));
        }
    }

    /// <inheritdoc/>
    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter)
    {
        var from = new Elements(source);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(ScalarMath.Map(kind, from.LoadNext(), parameter));
        }
    }

    /// <inheritdoc/>
    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate)
    {
        var x = new Elements(source);
        var dY = new Elements(upstream);
        var old = new Elements(destination);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double before = old.LoadNext();
            double gradient = dY.LoadNext() * ScalarMath.MapDerivative(kind, x.LoadNext(), parameter);
            to.StoreNext(accumulate ? before + gradient : gradient);
        }
    }

    /// <inheritdoc/>
    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        var a = new Elements(left);
        var b = new Elements(right);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(ScalarMath.Zip(kind, a.LoadNext(), b.LoadNext()));
        }
    }

    /// <inheritdoc/>
    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination)
    {
        var c = new Elements(condition);
        var a = new Elements(left);
        var b = new Elements(right);
        var to = new Elements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double yes = a.LoadNext();
            double no = b.LoadNext();
            to.StoreNext(c.LoadNext() != 0 ? yes : no);
        }
    }

    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor source, Tensor destination)
    {
        double[] rented = ArrayPool<double>.Shared.Rent(checked((int)destination.Count));
        Span<double> sums = rented.AsSpan(0, (int)destination.Count);
        sums.Fill(kind == ReduceKind.Max ? double.NegativeInfinity : 0);

        // Walk the sums beside the source: the reduced dimensions do not move in them.
        Shape strides = destination.Shape.ContiguousStrides();
        for (int i = 0; i < strides.Rank; i++)
        {
            strides = destination.Shape[i] == 1 && source.Shape[i] != 1 ? StrideZero(strides, i) : strides;
        }

        var place = new StridedIndex(source.Shape, strides, 0);
        var from = new Elements(source);
        for (long i = 0; i < source.Count; i++)
        {
            ref double sum = ref sums[(int)place.Next()];
            double value = from.LoadNext();
            sum = kind switch
            {
                ReduceKind.Sum => sum + value,
                ReduceKind.SumOfSquares => sum + (value * value),
                _ => Math.Max(sum, value),
            };
        }

        var to = new Elements(destination);
        foreach (double sum in sums)
        {
            to.StoreNext(sum);
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public void ArgMax(Tensor source, Tensor destination)
    {
        var from = new Elements(source);
        var to = new Elements(destination);
        for (long row = 0; row < destination.Count; row++)
        {
            double best = double.NegativeInfinity;
            long index = 0;
            for (long i = 0; i < source.Shape[-1]; i++)
            {
                double value = from.LoadNext();
                if (value > best)
                {
                    (best, index) = (value, i);
                }
            }

            to.StoreNext(index);
        }
    }

    /// <inheritdoc/>
    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        long rows = destination.Shape[-2];
        long columns = destination.Shape[-1];
        long inner = left.Shape[-1];
        long batches = rows * columns == 0 ? 0 : destination.Count / (rows * columns);
        int lead = destination.Shape.Rank - 2;
        var leftStart = new StridedIndex(Lead(left.Shape, lead), Lead(left.Strides, lead), left.Offset);
        var rightStart = new StridedIndex(Lead(right.Shape, lead), Lead(right.Strides, lead), right.Offset);
        var to = new Elements(destination);
        var old = new Elements(destination);
        var a = (HostStorage)left.Storage;
        var b = (HostStorage)right.Storage;
        for (long batch = 0; batch < batches; batch++)
        {
            long leftBase = leftStart.Next();
            long rightBase = rightStart.Next();
            for (long m = 0; m < rows; m++)
            {
                for (long n = 0; n < columns; n++)
                {
                    double sum = 0;
                    for (long k = 0; k < inner; k++)
                    {
                        sum += a.Load(left.DType, leftBase + (m * left.Strides[-2]) + (k * left.Strides[-1]))
                            * b.Load(right.DType, rightBase + (k * right.Strides[-2]) + (n * right.Strides[-1]));
                    }

                    double before = old.LoadNext();
                    to.StoreNext((alpha * sum) + (accumulate ? before : 0));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor source, Tensor indices, Tensor destination)
    {
        var from = (HostStorage)source.Storage;
        var to = new Elements(destination);
        var index = new Elements(indices);
        for (long i = 0; i < indices.Count; i++)
        {
            long start = source.Offset + (CheckedRow(index.LoadNext(), source.Shape[0]) * source.Strides[0]);
            for (long c = 0; c < source.Shape[1]; c++)
            {
                to.StoreNext(from.Load(source.DType, start + (c * source.Strides[1])));
            }
        }
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination)
    {
        var from = new Elements(source);
        var to = (HostStorage)destination.Storage;
        var index = new Elements(indices);
        for (long i = 0; i < indices.Count; i++)
        {
            long start = destination.Offset + (CheckedRow(index.LoadNext(), destination.Shape[0]) * destination.Strides[0]);
            for (long c = 0; c < destination.Shape[1]; c++)
            {
                long at = start + (c * destination.Strides[1]);
                to.Store(destination.DType, at, to.Load(destination.DType, at) + from.LoadNext());
            }
        }
    }

    /// <inheritdoc/>
    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate)
    {
        var from = new Elements(source);
        var old = new Elements(destination);
        var to = new Elements(destination);
        uint threshold = DropoutThreshold(probability);
        for (long i = 0; i < destination.Count; i++)
        {
            bool keep = (uint)(RandomState.Bits(random.Seed, random.Counter + (ulong)i) >> 32) >= threshold;
            double value = from.LoadNext();
            double before = old.LoadNext();
            to.StoreNext((keep ? value / (1 - probability) : 0) + (accumulate ? before : 0));
        }
    }

    /// <summary>A random 32-bit number below this drops its element.</summary>
    public static uint DropoutThreshold(double probability) => (uint)Math.Min(uint.MaxValue, Math.Round(probability * 4294967296.0));

    /// <summary>Checks the index of a row.</summary>
    /// <exception cref="TensorException">There is no such row.</exception>
    public static long CheckedRow(double index, long rows) => index >= 0 && index < rows
        ? (long)index
        : throw new TensorException($"row index {index} is out of range: the table has {rows} rows (a vocabulary smaller than the token ids?)");

    private static void CopyWide(Tensor source, Tensor destination)
    {
        var from = new StridedIndex(source);
        var to = new StridedIndex(destination);
        byte[] a = ((HostStorage)source.Storage).Data;
        byte[] b = ((HostStorage)destination.Storage).Data;
        for (long i = 0; i < destination.Count; i++)
        {
            a.AsSpan((int)(from.Next() * 8), 8).CopyTo(b.AsSpan((int)(to.Next() * 8), 8));
        }
    }

    private static Shape StrideZero(in Shape strides, int dimension)
    {
        Span<long> values = stackalloc long[strides.Rank];
        strides.CopyTo(values);
        values[dimension] = 0;
        return Shape.FromStrides(values);
    }

    private static Shape Lead(in Shape shape, int count)
    {
        Span<long> values = stackalloc long[shape.Rank];
        shape.CopyTo(values);
        return Shape.FromStrides(values[..count]);
    }

    /// <summary>Reads or writes the elements of a tensor one after the other.</summary>
    private struct Elements(Tensor tensor)
    {
        private readonly HostStorage _storage = (HostStorage)tensor.Storage;
        private readonly DType _dtype = tensor.DType;
        private StridedIndex _place = new(tensor);

        public double LoadNext() => _storage.Load(_dtype, _place.Next());

        public void StoreNext(double value) => _storage.Store(_dtype, _place.Next(), value);
    }
}

using System.Runtime.CompilerServices;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Scalar;

/// <summary>The primitives for element types that single precision does not hold (integers, F64): rare, small, one element at a time in double precision.</summary>
internal static unsafe class ScalarOperators
{
    public static void Fill(Tensor destination, double value)
    {
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(value);
        }
    }

    public static void Copy(Tensor source, Tensor destination)
    {
        var from = new ScalarElements(source);
        var to = new ScalarElements(destination);
        bool sameType = source.DType == destination.DType;
        uint bytes = (uint)source.DType.SizeInBytes;
        for (long i = 0; i < destination.Count; i++)
        {
            if (sameType)
            {
                Unsafe.CopyBlockUnaligned(to.AddressNext(), from.AddressNext(), bytes);
            }
            else
            {
                to.StoreNext(from.LoadNext());
            }
        }
    }

    public static void Axpy(double alpha, Tensor source, double beta, Tensor destination)
    {
        var from = new ScalarElements(source);
        var old = new ScalarElements(destination);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double before = old.LoadNext();
            to.StoreNext((alpha * from.LoadNext()) + (beta == 0 ? 0 : beta * before));
        }
    }

    public static void Map(MapKind kind, Tensor source, Tensor destination, double parameter)
    {
        var from = new ScalarElements(source);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(ScalarMath.Map(kind, from.LoadNext(), parameter));
        }
    }

    public static void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate)
    {
        var x = new ScalarElements(source);
        var dY = new ScalarElements(upstream);
        var old = new ScalarElements(destination);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double before = old.LoadNext();
            double gradient = dY.LoadNext() * ScalarMath.MapDerivative(kind, x.LoadNext(), parameter);
            to.StoreNext(accumulate ? before + gradient : gradient);
        }
    }

    public static void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        var a = new ScalarElements(left);
        var b = new ScalarElements(right);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            to.StoreNext(ScalarMath.Zip(kind, a.LoadNext(), b.LoadNext()));
        }
    }

    public static void Select(Tensor condition, Tensor left, Tensor right, Tensor destination)
    {
        var c = new ScalarElements(condition);
        var a = new ScalarElements(left);
        var b = new ScalarElements(right);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            double yes = a.LoadNext();
            double no = b.LoadNext();
            to.StoreNext(c.LoadNext() != 0 ? yes : no);
        }
    }

    public static void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate)
    {
        var from = new ScalarElements(source);
        var old = new ScalarElements(destination);
        var to = new ScalarElements(destination);
        uint threshold = ReferenceBackend.DropoutThreshold(probability);
        for (long i = 0; i < destination.Count; i++)
        {
            bool keep = (uint)(RandomState.Bits(random.Seed, random.Counter + (ulong)i) >> 32) >= threshold;
            double value = from.LoadNext();
            double before = old.LoadNext();
            to.StoreNext((keep ? value / (1 - probability) : 0) + (accumulate ? before : 0));
        }
    }

    /// <summary>Each result by a walk over the elements that it is made of, in row-major order.</summary>
    public static void Reduce(ReduceKind kind, Tensor source, Tensor destination)
    {
        Span<long> kept = stackalloc long[source.Shape.Rank];
        Span<long> reduced = stackalloc long[source.Shape.Rank];
        for (int i = 0; i < kept.Length; i++)
        {
            bool isReduced = destination.Shape[i] == 1 && source.Shape[i] != 1;
            kept[i] = isReduced ? 1 : source.Shape[i];
            reduced[i] = isReduced ? source.Shape[i] : 1;
        }

        var inner = new Shape(reduced);
        byte* start = CpuStorage.Start(source);
        var groups = new StridedIndex(new Shape(kept), source.Strides, 0);
        var to = new ScalarElements(destination);
        for (long i = 0; i < destination.Count; i++)
        {
            var place = new StridedIndex(inner, source.Strides, groups.Next());
            double sum = kind == ReduceKind.Max ? double.NegativeInfinity : 0;
            for (long j = 0; j < inner.Count; j++)
            {
                double value = ScalarElements.Load(source.DType, start, place.Next());
                sum = kind switch
                {
                    ReduceKind.Sum => sum + value,
                    ReduceKind.SumOfSquares => sum + (value * value),
                    _ => Math.Max(sum, value),
                };
            }

            to.StoreNext(sum);
        }
    }

    public static void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        int lead = destination.Shape.Rank - 2;
        Span<long> extents = stackalloc long[Shape.MaxRank];
        Span<long> strides = stackalloc long[Shape.MaxRank];
        destination.Shape.CopyTo(extents);
        var batches = new Shape(extents[..lead]);
        left.Strides.CopyTo(strides);
        var leftStart = new StridedIndex(batches, Shape.FromStrides(strides[..lead]), 0);
        right.Strides.CopyTo(strides);
        var rightStart = new StridedIndex(batches, Shape.FromStrides(strides[..lead]), 0);
        var old = new ScalarElements(destination);
        var to = new ScalarElements(destination);
        for (long batch = 0; batch < batches.Count; batch++)
        {
            long a = leftStart.Next();
            long b = rightStart.Next();
            for (long i = 0; i < extents[lead] * extents[lead + 1]; i++)
            {
                (long m, long n) = Math.DivRem(i, extents[lead + 1]);
                double before = old.LoadNext();
                double sum = Dot(left, a + (m * left.Strides[-2]), right, b + (n * right.Strides[-1]));
                to.StoreNext((alpha * sum) + (accumulate ? before : 0));
            }
        }
    }

    private static double Dot(Tensor left, long row, Tensor right, long column)
    {
        byte* a = CpuStorage.Start(left);
        byte* b = CpuStorage.Start(right);
        double sum = 0;
        for (long k = 0; k < left.Shape[-1]; k++)
        {
            sum += ScalarElements.Load(left.DType, a, row + (k * left.Strides[-1])) * ScalarElements.Load(right.DType, b, column + (k * right.Strides[-2]));
        }

        return sum;
    }

    public static void ArgMax(Tensor source, Tensor destination)
    {
        var from = new ScalarElements(source);
        var to = new ScalarElements(destination);
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
}

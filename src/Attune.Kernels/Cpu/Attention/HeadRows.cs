using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Rows;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>A tensor [rows, heads, size] of any float type and strides, read and written by the row of a head.</summary>
internal readonly unsafe struct HeadRows
{
    private const int RowsAhead = 8;
    private const int CacheLine = 64;

    private readonly byte* _start;
    private readonly long _rowStride;
    private readonly long _headStride;
    private readonly long _stride;
    private readonly int _bytes;

    public HeadRows(Tensor tensor)
    {
        _start = CpuStorage.Start(tensor);
        Type = tensor.DType;
        Size = (int)tensor.Shape[2];
        _rowStride = tensor.Strides[0];
        _headStride = tensor.Strides[1];
        _stride = tensor.Strides[2];
        _bytes = Type.SizeInBytes;
    }

    public DType Type { get; }

    /// <summary>Numbers of a row.</summary>
    public int Size { get; }

    /// <summary>Bytes from a row to the next.</summary>
    public nint RowBytes => (nint)_rowStride * _bytes;

    /// <summary>Whether the numbers of a row lie side by side.</summary>
    public bool IsDense => _stride == 1;

    public byte* At(long row, long head) => _start + (((row * _rowStride) + (head * _headStride)) * _bytes);

    /// <summary>Some rows of one head as a matrix [rows, size].</summary>
    public MatrixView View(long row, long head, int rows) => new(At(row, head), Type, rows, Size, _rowStride, _stride);

    /// <summary>Whether the heads of a row follow each other without gaps.</summary>
    public bool HeadsAdjoin => _stride == 1 && _headStride == Size;

    /// <summary>
    /// Asks for some heads of the row <see cref="RowsAhead"/> further on: rows of a head are too far apart for the processor to see what comes next, and at their first use lie in memory.
    /// </summary>
    public void Fetch(long row, long head, int heads)
    {
        byte* start = At(row + RowsAhead, head);
        nint bytes = (nint)heads * Size * _bytes;
        for (nint i = 0; i < bytes && Sse.IsSupported && _stride == 1; i += CacheLine)
        {
            Sse.Prefetch0(start + i);
        }
    }

    /// <summary>Copies a row as single precision.</summary>
    public void Load<V>(long row, long head, float* destination)
        where V : struct, IVec<V> => Blocks.Load<V>(Type, At(row, head), _stride, Size, destination);

    /// <summary>A row in single precision, followed by zeros up to a whole vector: in place where it is that already, else a copy.</summary>
    public float* Read<V>(long row, long head, float* buffer)
        where V : struct, IVec<V>
    {
        if (Type == DType.F32 && _stride == 1 && Size % V.Count == 0)
        {
            return (float*)At(row, head);
        }

        Load<V>(row, head, buffer);
        new Span<float>(buffer + Size, -Size & 15).Clear();
        return buffer;
    }

    /// <summary>Rows of one head: in place where vectors can be loaded from there, else a copy in single precision, each row followed by zeros up to 16 numbers.</summary>
    /// <param name="row">First row.</param>
    /// <param name="head">Head.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="buffer">Room for the copy.</param>
    public RowStrip Strip<V>(long row, long head, int rows, float* buffer)
        where V : struct, IVec<V>
    {
        if (Type is DType.F32 or DType.BF16 && _stride == 1 && Size % V.Count == 0)
        {
            return new RowStrip(At(row, head), (nint)_rowStride * Type.SizeInBytes, rows, Type == DType.BF16);
        }

        int width = (Size + 15) & ~15;
        for (int i = 0; i < rows; i++)
        {
            float* target = buffer + ((nint)i * width);
            Load<V>(row + i, head, target);
            new Span<float>(target + Size, width - Size).Clear();
        }

        return new RowStrip((byte*)buffer, width * sizeof(float), rows, isBF16: false);
    }

    /// <summary>Has the processor fetch rows of one head that are needed soon.</summary>
    [MethodImpl(Compile.Loop)]
    public void Prefetch(long row, long head, int rows)
    {
        int bytes = Sse.IsSupported ? Size * Type.SizeInBytes : 0;
        byte* start = At(row, head);
        nint rowBytes = (nint)_rowStride * Type.SizeInBytes;
        for (int i = 0; i < rows; i++, start += rowBytes)
        {
            for (int offset = 0; offset < bytes; offset += 64)
            {
                Sse.Prefetch0(start + offset);
            }
        }
    }

    /// <summary>sum(a b) of a row of this tensor and one of another.</summary>
    public float Dot<V>(in HeadRows other, long row, long head)
        where V : struct, IVec<V>
    {
        if (Type == DType.BF16 && other.Type == DType.BF16 && _stride == 1 && other._stride == 1 && Size % V.Count == 0)
        {
            return DotBF16<V>((ushort*)At(row, head), (ushort*)other.At(row, head), Size);
        }

        float* left = stackalloc float[AttentionProblem.MaxHeadSize];
        float* right = stackalloc float[AttentionProblem.MaxHeadSize];
        var p = new Pointers { P0 = (byte*)Read<V>(row, head, left), P1 = (byte*)other.Read<V>(row, head, right) };
        return (float)RowLoop<V>.Sum(default(ProductTerm), p, Size);
    }

    /// <summary>Copies a row as bf16.</summary>
    public void LoadBF16<V>(long row, long head, ushort* destination, float* buffer)
        where V : struct, IVec<V>
    {
        if (Type == DType.BF16 && _stride == 1)
        {
            Unsafe.CopyBlockUnaligned(destination, At(row, head), (uint)Size * sizeof(ushort));
            return;
        }

        Load<V>(row, head, buffer);
        Blocks.Store<V>(DType.BF16, (byte*)destination, 1, Size, buffer);
    }

    /// <summary>Writes some heads of a row, or adds to them.</summary>
    /// <param name="row">Row.</param>
    /// <param name="head">First head.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="values">May be changed.</param>
    /// <param name="stride">Floats from a head's values to the next one's.</param>
    /// <param name="accumulate">Whether to add.</param>
    public void Store<V>(long row, long head, int heads, float* values, int stride, bool accumulate)
        where V : struct, IVec<V>
    {
        if (HeadsAdjoin && stride == Size && !accumulate)
        {
            Blocks.Store<V>(Type, At(row, head), 1, heads * Size, values);
            return;
        }

        for (int h = 0; h < heads; h++)
        {
            Store<V>(row, head + h, values + ((nint)h * stride), accumulate);
        }
    }

    /// <summary>Writes a row, or adds to it; <paramref name="values"/> may be changed.</summary>
    public void Store<V>(long row, long head, float* values, bool accumulate)
        where V : struct, IVec<V>
    {
        byte* at = At(row, head);
        if (accumulate)
        {
            float* old = stackalloc float[AttentionProblem.MaxHeadSize];
            Blocks.Load<V>(Type, at, _stride, Size, old);
            var p = new Pointers { P0 = (byte*)values, P1 = (byte*)old, P2 = (byte*)values };
            ElementwiseLoop<V, F32Element>.Run(default(ZipKernel<AddOperator>), p, Size, 0);
        }

        Blocks.Store<V>(Type, at, _stride, Size, values);
    }

    [MethodImpl(Compile.Loop)]
    private static float DotBF16<V>(ushort* left, ushort* right, int count)
        where V : struct, IVec<V>
    {
        V sum = V.Create(0f);
        for (int i = 0; i < count; i += V.Count)
        {
            sum = V.Fma(V.LoadBF16(left + i), V.LoadBF16(right + i), sum);
        }

        return (float)V.SumDouble(sum);
    }
}

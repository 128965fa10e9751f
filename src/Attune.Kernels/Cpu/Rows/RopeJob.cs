using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>Rotates the pairs of every head by the angles of its token's position; an index of the job is a few tokens.</summary>
internal unsafe struct RopeJob<V> : IJob
    where V : struct, IVec<V>
{
    private const int ChunkElements = 16 * 1024;

    private byte* _x;
    private byte* _y;
    private DType _xType;
    private DType _yType;
    private float* _cos;
    private float* _sin;
    private int* _positions;
    private long _tokens;
    private long _heads;
    private int _size;
    private int _pairs;
    private (long Token, long Head) _xStrides;
    private (long Token, long Head) _yStrides;
    private bool _interleaved;
    private bool _inverse;
    private bool _accumulate;

    private readonly int PerChunk => (int)Math.Max(1, ChunkElements / Math.Max(1, _heads * _size));

    public static void Run(WorkerPool pool, Tensor x, Tensor cos, Tensor sin, int* positions, bool interleaved, bool inverse, Tensor y, bool accumulate)
    {
        var job = new RopeJob<V>
        {
            _x = CpuStorage.Start(x),
            _y = CpuStorage.Start(y),
            _xType = x.DType,
            _yType = y.DType,
            _cos = (float*)CpuStorage.Start(cos),
            _sin = (float*)CpuStorage.Start(sin),
            _positions = positions,
            _tokens = x.Shape[0],
            _heads = x.Shape[1],
            _size = (int)x.Shape[2],
            _pairs = (int)cos.Shape[1],
            _xStrides = (x.Strides[0], x.Strides[1]),
            _yStrides = (y.Strides[0], y.Strides[1]),
            _interleaved = interleaved,
            _inverse = inverse,
            _accumulate = accumulate,
        };
        pool.Run(ref job, checked((int)((job._tokens + job.PerChunk - 1) / job.PerChunk)));
    }

    public readonly void Execute(int index, int worker)
    {
        // Heads of whole vectors are rotated in place of their type; odd ones go through a copy in single precision.
        bool direct = !_interleaved && _xType == _yType && _pairs % V.Count == 0;
        long end = Math.Min(_tokens, (long)(index + 1) * PerChunk);
        for (long token = (long)index * PerChunk; token < end; token++)
        {
            long place = (long)_positions[token] * _pairs;
            for (long head = 0; head < _heads; head++)
            {
                byte* from = _x + (((token * _xStrides.Token) + (head * _xStrides.Head)) * _xType.SizeInBytes);
                byte* to = _y + (((token * _yStrides.Token) + (head * _yStrides.Head)) * _yType.SizeInBytes);
                if (direct && _xType == DType.F32)
                {
                    Rotate<F32Element>(from, to, _cos + place, _sin + place);
                }
                else if (direct && _xType == DType.BF16)
                {
                    Rotate<BF16Element>(from, to, _cos + place, _sin + place);
                }
                else
                {
                    RotateCopy(from, to, _cos + place, _sin + place);
                }

                Rest(from, to);
            }
        }
    }

    [MethodImpl(Compile.Loop)]
    private readonly void Rotate<E>(byte* from, byte* to, float* cos, float* sin)
        where E : struct, IElement
    {
        V sign = V.Create(_inverse ? -1f : 1f);
        for (int i = 0; i < _pairs; i += V.Count)
        {
            V a = E.Load<V>(from, i);
            V b = E.Load<V>(from, i + _pairs);
            V c = V.Load(cos + i);
            V s = V.Load(sin + i) * sign;
            V first = V.Fma(a, c, -(b * s));
            V second = V.Fma(b, c, a * s);
            E.Store(to, i, _accumulate ? E.Load<V>(to, i) + first : first);
            E.Store(to, i + _pairs, _accumulate ? E.Load<V>(to, i + _pairs) + second : second);
        }
    }

    [SkipLocalsInit]
    private readonly void RotateCopy(byte* from, byte* to, float* cos, float* sin)
    {
        float* a = stackalloc float[Blocks.Size];
        float* b = stackalloc float[Blocks.Size];
        int stride = _interleaved ? 2 : 1;
        int second = _interleaved ? 1 : _pairs;
        float sign = _inverse ? -1 : 1;
        for (int start = 0; start < _pairs; start += Blocks.Size)
        {
            int count = Math.Min(Blocks.Size, _pairs - start);
            byte* fromA = from + ((long)start * stride * _xType.SizeInBytes);
            Blocks.Load<V>(_xType, fromA, stride, count, a);
            Blocks.Load<V>(_xType, fromA + (second * _xType.SizeInBytes), stride, count, b);
            for (int i = 0; i < count; i++)
            {
                float c = cos[start + i];
                float s = sin[start + i] * sign;
                (a[i], b[i]) = ((a[i] * c) - (b[i] * s), (b[i] * c) + (a[i] * s));
            }

            byte* toA = to + ((long)start * stride * _yType.SizeInBytes);
            Write(toA, stride, count, a);
            Write(toA + (second * _yType.SizeInBytes), stride, count, b);
        }
    }

    /// <summary>The dimensions that are not rotated.</summary>
    [SkipLocalsInit]
    private readonly void Rest(byte* from, byte* to)
    {
        float* run = stackalloc float[Blocks.Size];
        for (int start = 2 * _pairs; start < _size; start += Blocks.Size)
        {
            int count = Math.Min(Blocks.Size, _size - start);
            Blocks.Load<V>(_xType, from + ((long)start * _xType.SizeInBytes), 1, count, run);
            Write(to + ((long)start * _yType.SizeInBytes), 1, count, run);
        }
    }

    [SkipLocalsInit]
    private readonly void Write(byte* to, int stride, int count, float* values)
    {
        if (_accumulate)
        {
            float* old = stackalloc float[Blocks.Size];
            Blocks.Load<V>(_yType, to, stride, count, old);
            for (int i = 0; i < count; i++)
            {
                values[i] += old[i];
            }
        }

        Blocks.Store<V>(_yType, to, stride, count, values);
    }
}

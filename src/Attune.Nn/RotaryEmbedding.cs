using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Cosines and sines [P, R / 2] of the angles of positions 0 to P - 1.</summary>
/// <param name="Cos">Row-major.</param>
/// <param name="Sin">Row-major.</param>
public sealed record RotaryTables(float[] Cos, float[] Sin);

/// <summary>Rotary position embedding of queries and keys; its tables grow with the longest sequence seen.</summary>
public sealed class RotaryEmbedding
{
    private const int SmallestTable = 512;

    private readonly Device _device;
    private readonly Func<int, RotaryTables> _makeTables;
    private readonly int _fixedUpTo;
    private readonly bool _interleaved;
    private int _length;
    private Tensor? _cos;
    private Tensor? _sin;

    /// <summary>Makes an embedding.</summary>
    /// <param name="device">Where the tables live.</param>
    /// <param name="makeTables">Makes the tables of so many positions.</param>
    /// <param name="fixedUpTo">Lengths up to this one share their tables; beyond it every length has its own (dynamic scaling). <see cref="int.MaxValue"/>: always shared.</param>
    /// <param name="interleaved">Whether pairs are neighbours (2i, 2i + 1) instead of halves (i, i + R / 2).</param>
    public RotaryEmbedding(Device device, Func<int, RotaryTables> makeTables, int fixedUpTo = int.MaxValue, bool interleaved = false)
    {
        _device = device;
        _makeTables = makeTables;
        _fixedUpTo = fixedUpTo;
        _interleaved = interleaved;
    }

    /// <summary>Rotates the heads of x [N, H, D] by the positions of their tokens.</summary>
    public Tensor Forward(Tensor x, TokenBatch batch)
    {
        Prepare(batch);
        return x.Rope(_cos!, _sin!, batch.Positions, _interleaved);
    }

    /// <summary>Makes the tables for a batch unless those that are there will do.</summary>
    private void Prepare(TokenBatch batch)
    {
        // One recorded graph serves sequences of every length, so its positions end where the length begins to matter.
        int needed = batch.Recorded is null ? batch.MaxPosition + 1 : Math.Min(batch.MaxPosition + 1, _fixedUpTo);
        int length = needed > _fixedUpTo ? needed : Math.Min(_fixedUpTo, Math.Max(SmallestTable, (int)Math.Min(1L << 30, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed))));
        if (_cos is not null && (length == _length || (length < _length && _length <= _fixedUpTo)))
        {
            return;
        }

        RotaryTables tables = _makeTables(length);
        Shape shape = [length, tables.Cos.Length / length];
        Replace(ref _cos, tables.Cos, shape);
        Replace(ref _sin, tables.Sin, shape);
        _length = length;
    }

    private void Replace(ref Tensor? table, float[] values, in Shape shape)
    {
        if (table is not null)
        {
            _device.Release(table);
        }

        table = _device.Persistent(shape, DType.F32);
        table.CopyFrom<float>(values);
    }
}

using System.Numerics;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>Keeps freed blocks for the next step, so that a training step allocates nothing once its shapes have been seen.</summary>
internal sealed class MemoryPool(IBackend backend)
{
    private const int StepsPerDoubling = 8;
    private const int SmallestBlockBytes = 256;
    private const long SmallestCacheBytes = 64L << 20;

    /// <summary>A request may take a block up to this many classes larger than it needs (twice the size).</summary>
    private const int LargestDetour = StepsPerDoubling;

    private readonly Stack<Storage>?[] _free = new Stack<Storage>?[64 * StepsPerDoubling];
    private long _cachedBytes;

    /// <summary>Bytes in use.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The most bytes that were ever in use.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Bytes asked from the backend and not given back: those in use and those kept for reuse.</summary>
    public long ReservedBytes => LiveBytes + _cachedBytes;

    public Storage Rent(long bytes)
    {
        int wanted = ClassOf(Math.Max(bytes, SmallestBlockBytes));
        for (int index = wanted; index <= Math.Min(wanted + LargestDetour, _free.Length - 1); index++)
        {
            if (_free[index] is { Count: > 0 } stack)
            {
                Storage storage = stack.Pop();
                _cachedBytes -= storage.Bytes;
                Account(storage.Bytes);
                return storage;
            }
        }

        Storage made = backend.Allocate(SizeOf(wanted));
        Account(made.Bytes);
        return made;
    }

    public void Return(Storage storage)
    {
        LiveBytes -= storage.Bytes;
        if (_cachedBytes + storage.Bytes > Math.Max(SmallestCacheBytes, PeakBytes))
        {
            backend.Free(storage);
            return;
        }

        _cachedBytes += storage.Bytes;
        (_free[ClassOf(storage.Bytes)] ??= new Stack<Storage>()).Push(storage);
    }

    /// <summary>Gives all unused blocks back to the backend.</summary>
    public void Trim()
    {
        foreach (Stack<Storage>? stack in _free)
        {
            while (stack is { Count: > 0 })
            {
                backend.Free(stack.Pop());
            }
        }

        _cachedBytes = 0;
    }

    private void Account(long bytes)
    {
        LiveBytes += bytes;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
    }

    /// <summary>The smallest class whose blocks hold <paramref name="bytes"/>.</summary>
    private static int ClassOf(long bytes)
    {
        int power = BitOperations.Log2((ulong)bytes);
        long step = Math.Max(1, (1L << power) / StepsPerDoubling);
        long over = bytes - (1L << power);
        return (power * StepsPerDoubling) + (int)((over + step - 1) / step);
    }

    private static long SizeOf(int index)
    {
        long power = 1L << (index / StepsPerDoubling);
        return power + (index % StepsPerDoubling * (power / StepsPerDoubling));
    }
}

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

        MakeRoom(SizeOf(wanted));
        Storage made = backend.Allocate(SizeOf(wanted));
        Account(made.Bytes);
        return made;
    }

    public void Return(Storage storage)
    {
        LiveBytes -= storage.Bytes;
        _cachedBytes += storage.Bytes;

        // A block that the backend made larger than it was asked for goes to the class whose size it covers.
        int index = ClassOf(storage.Bytes);
        (_free[SizeOf(index) > storage.Bytes ? index - 1 : index] ??= new Stack<Storage>()).Push(storage);
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

    /// <summary>
    /// Before the backend is asked for more: gives unused blocks back, the largest first, while all blocks together would take more than twice the most that was ever in
    /// use. Only new shapes come here, so that a step that repeats keeps all of its blocks.
    /// </summary>
    private void MakeRoom(long bytes)
    {
        long limit = Math.Max(SmallestCacheBytes, 2 * Math.Max(PeakBytes, LiveBytes + bytes));
        for (int index = _free.Length - 1; index >= 0 && ReservedBytes + bytes > limit; index--)
        {
            while (_free[index] is { Count: > 0 } stack && ReservedBytes + bytes > limit)
            {
                Storage storage = stack.Pop();
                _cachedBytes -= storage.Bytes;
                backend.Free(storage);
            }
        }
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
